// Checkpoints whose bytes are right and whose contents are nonsense: the state of an engine in the midst
// of everything, changed here and there, framed and checksummed again, and read. It is refused with a
// sentence, or the engine goes on with it; neither may crash, and messages are still conserved. Also files
// that are only bytes.
//
// An input: which world (which one reads), then changes of nine bytes each: what, where, with what.
#include "archive_world.h"

enum { WORLDS = 24, STOPPED_AT = 13, CHANGE_BYTES = 9, CHANGES_MAX = 12 };

typedef struct stream {
    unsigned char *bytes;
    size_t size;
} stream;

// What went through, without its frames.
static stream unframed(const void *file, size_t size) {
    entrain_archive *archive = NULL;
    entrain_error error = {0};
    CHECK_OK(entrain_archive_read_memory(file, size, "it", &archive, &error), error);
    stream all = {.size = (size_t)entrain_archive_bytes_left(archive)}; // and the heads of frames
    all.bytes = calloc(1, all.size);
    while (entrain_archive_status(archive, NULL) == ENTRAIN_OK) {
        entrain_archive_bytes(archive, all.bytes + entrain_archive_bytes_done(archive), 1);
        if (entrain_archive_status(archive, NULL) == ENTRAIN_OK)
            all.size = (size_t)entrain_archive_bytes_done(archive);
    }
    entrain_archive_abandon(archive);
    return all;
}

static void *framed(const stream *all, size_t *size_out) {
    entrain_archive *archive = NULL;
    entrain_error error = {0};
    CHECK_OK(entrain_archive_write_memory(&archive, &error), error);
    entrain_archive_bytes(archive, all->bytes, all->size);
    return entrain_archive_data(archive, size_out, &error);
}

static aw_world world_of(uint64_t number) {
    aw_world world = aw_make(number);
    world.workers = 1;
    world.policy = "serial";
    return world;
}

// Made once.
static const stream *state_of(uint64_t number) {
    static stream states[WORLDS];
    if (states[number].bytes == NULL) {
        aw_world world = world_of(number);
        aw_begin(&world);
        while (entrain_engine_tick(world.engine) < STOPPED_AT)
            aw_tick(&world);
        size_t size;
        void *file = aw_write(&world, &size);
        states[number] = unframed(file, size);
        free(file);
        aw_end(&world);
    }
    return &states[number];
}

static const uint64_t values[] = {0,
                                  1,
                                  2,
                                  3,
                                  7,
                                  0xff,
                                  0x100,
                                  0xffff,
                                  0x10000,
                                  0x7fffffff,
                                  0x80000000,
                                  0xffffffff,
                                  UINT64_C(1) << 44,
                                  UINT64_C(1) << 62,
                                  UINT64_C(1) << 63,
                                  UINT64_MAX};

static void change(stream *all, const uint8_t *how) {
    uint32_t where, what;
    memcpy(&where, how + 1, sizeof where);
    memcpy(&what, how + 5, sizeof what);
    if (all->size < 64)
        return;
    const size_t at = where % (all->size - 32), length = what % 64 + 1;
    const uint64_t value = values[what % 16] + (what >> 4) % 3 - 1;
    switch (how[0] % 8) {
    case 0:
        all->bytes[at] ^= (unsigned char)(1u << what % 8);
        break;
    case 1:
        all->bytes[at] = (unsigned char)what;
        break;
    case 2:
        memcpy(all->bytes + at / 4 * 4, &what, sizeof what);
        break;
    case 3:
        memcpy(all->bytes + at, &value, 4);
        break;
    case 4:
        memcpy(all->bytes + at / 8 * 8, &value, 8);
        break;
    case 5: // a piece of it from elsewhere
        memmove(all->bytes + at % (all->size - 64), all->bytes + (what >> 6) % (all->size - 64), length);
        break;
    case 6: // a piece goes
        if (all->size > at + length) {
            memmove(all->bytes + at, all->bytes + at + length, all->size - at - length);
            all->size -= length;
        }
        break;
    default:
        all->size = how[0] < 64 ? at + 32 : all->size;
        break;
    }
}

static void go_on(aw_world *world, const void *file, size_t size) {
    entrain_error error = {0};
    entrain_status status = aw_read(world, file, size, &error);
    if (status != ENTRAIN_OK) {
        assert_true(error.sentence[0] != '\0');
        assert_int_not_equal(entrain_engine_advance(world->engine, 1, &error), ENTRAIN_OK); // it is broken
        return;
    }
    for (int tick = 0; tick < 3 && status == ENTRAIN_OK; tick++) {
        aw_lives(world, entrain_engine_tick(world->engine));
        status = entrain_engine_advance(world->engine, 1, &error);
    }
    (void)entrain_engine_fingerprint(world->engine);
    entrain_message_count count;
    entrain_engine_count(world->engine, &count);
    assert_int_equal(entrain_message_count_residual(&count), 0);
    size_t again_size;
    if (status == ENTRAIN_OK)
        free(aw_write(world, &again_size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    entrain_archive *archive;
    entrain_error error = {0};
    if (entrain_archive_read_memory(data, size, "the input", &archive, &error) == ENTRAIN_OK)
        entrain_archive_abandon(archive);
    if (size < 2 || size > 2 + CHANGES_MAX * CHANGE_BYTES)
        return 0; // what has changed so much is refused at once
    const stream *valid = state_of(data[0] % WORLDS);
    stream all = {malloc(valid->size), valid->size};
    memcpy(all.bytes, valid->bytes, valid->size);
    for (size_t c = 0; 2 + (c + 1) * CHANGE_BYTES <= size; c++)
        change(&all, data + 2 + c * CHANGE_BYTES);
    size_t file_size;
    void *file = framed(&all, &file_size);
    aw_world world = world_of(data[1] < 250 ? data[0] % WORLDS : data[1] % WORLDS);
    aw_begin(&world);
    go_on(&world, file, file_size);
    aw_end(&world);
    free(file);
    free(all.bytes);
    return 0;
}
