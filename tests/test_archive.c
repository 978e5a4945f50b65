// State in a file (entrain/archive.h): what was written is read; and every file that is not whole, in
// every way in which it may not be, is refused with a sentence, and what was there before stays.
#include "check.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "entrain/archive.h"

static char folder[] = "/tmp/entrain-test-archive-XXXXXX";

static const char *path_of(const char *name) {
    static char paths[4][128];
    static unsigned at;
    char *path = paths[at++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static bool exists(const char *path) { return access(path, F_OK) == 0; }

// --- What is written in most tests

typedef struct thing {
    bool is;
    uint32_t small;
    uint64_t large, several;
    int64_t negative;
    double number;
    char *text, *none, *empty;
    unsigned char bytes[40];
} thing;

static thing a_thing(void) {
    thing made = {.is = true,
                  .small = 7,
                  .large = UINT64_C(1) << 63,
                  .several = 3,
                  .negative = -5,
                  .number = -0.0,
                  .text = strdup("hello"),
                  .empty = strdup("")};
    for (size_t b = 0; b < sizeof made.bytes; b++)
        made.bytes[b] = (unsigned char)(b * 37);
    return made;
}

static void thing_free(thing *it) {
    free(it->text);
    free(it->none);
    free(it->empty);
}

static void thing_archive(thing *it, entrain_archive *archive) {
    entrain_archive_section(archive, "thing");
    entrain_archive_bool(archive, &it->is);
    entrain_archive_u32(archive, &it->small);
    entrain_archive_u64(archive, &it->large);
    entrain_archive_i64(archive, &it->negative);
    entrain_archive_f64(archive, &it->number);
    entrain_archive_count(archive, &it->several, 10, "the number of things");
    entrain_archive_expect(archive, 99, "the answer");
    entrain_archive_text(archive, &it->text, 100, "the text");
    entrain_archive_text(archive, &it->none, 100, "no text");
    entrain_archive_text(archive, &it->empty, 100, "an empty text");
    entrain_archive_bytes(archive, it->bytes, sizeof it->bytes);
}

static unsigned char *thing_bytes(size_t *size_out) {
    entrain_archive *archive;
    entrain_error error = {0};
    thing it = a_thing();
    CHECK_OK(entrain_archive_write_memory(&archive, &error), error);
    assert_false(entrain_archive_is_reading(archive));
    thing_archive(&it, archive);
    assert_true(entrain_archive_bytes_left(archive) == UINT64_MAX);
    unsigned char *data = entrain_archive_data(archive, size_out, &error);
    assert_non_null(data);
    thing_free(&it);
    return data;
}

static void put_file(const char *path, const void *data, size_t size) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static entrain_status read_status(const void *data, size_t size, entrain_error *error_out) {
    entrain_archive *archive = NULL;
    entrain_status status = entrain_archive_read_memory(data, size, "it", &archive, error_out);
    if (status == ENTRAIN_OK) {
        thing it = {0};
        thing_archive(&it, archive);
        status = entrain_archive_end(archive, error_out);
        thing_free(&it);
    }
    return status;
}

// --- Tests

static void what_was_written_is_read(void **state) {
    (void)state;
    size_t size;
    unsigned char *data = thing_bytes(&size);
    entrain_archive *archive;
    entrain_error error = {0};
    thing it = {.text = strdup("goes"), .none = strdup("goes too")}, same = a_thing();
    CHECK_OK(entrain_archive_read_memory(data, size, "it", &archive, &error), error);
    assert_true(entrain_archive_is_reading(archive));
    const uint64_t left = entrain_archive_bytes_left(archive);
    thing_archive(&it, archive);
    assert_true(left >= entrain_archive_bytes_done(archive) &&
                left < entrain_archive_bytes_done(archive) + 64);
    CHECK_OK(entrain_archive_end(archive, &error), error);
    assert_true(it.is && it.small == 7 && it.large == same.large && it.several == 3 && it.negative == -5);
    assert_memory_equal(&it.number, &same.number, sizeof it.number); // -0, too
    assert_string_equal(it.text, "hello");
    assert_null(it.none);
    assert_string_equal(it.empty, "");
    assert_memory_equal(it.bytes, same.bytes, sizeof it.bytes);
    thing_free(&it);
    thing_free(&same);
    free(data);
}

static void a_file_is_the_same_bytes(void **state) {
    (void)state;
    const char *path = path_of("thing"), *part = path_of("thing.part");
    size_t size;
    unsigned char *data = thing_bytes(&size), found[4096];
    entrain_archive *archive;
    entrain_error error = {0};
    thing it = a_thing();
    put_file(path, "old", 3);
    assert_false(entrain_archive_is(path));
    CHECK_OK(entrain_archive_write(path, &archive, &error), error);
    thing_archive(&it, archive);
    assert_true(exists(part)); // the old one is whole until the new one is
    assert_false(entrain_archive_is(path));
    CHECK_OK(entrain_archive_end(archive, &error), error);
    assert_false(exists(part));
    assert_true(entrain_archive_is(path));
    assert_false(entrain_archive_is(path_of("nothing")));
    FILE *file = fopen(path, "rb");
    assert_int_equal(fread(found, 1, sizeof found, file), size);
    fclose(file);
    assert_memory_equal(found, data, size);
    thing_free(&it);
    it = (thing){0};
    CHECK_OK(entrain_archive_read(path, &archive, &error), error);
    thing_archive(&it, archive);
    CHECK_OK(entrain_archive_end(archive, &error), error);
    assert_string_equal(it.text, "hello");
    thing_free(&it);
    free(data);
}

// Several frames, values across their borders, in memory and not.
static void large_ones_have_many_frames(void **state) {
    (void)state;
    enum { COUNT = 300000 };
    uint32_t *numbers = malloc(COUNT * sizeof *numbers), *read = calloc(COUNT, sizeof *read);
    entrain_archive *archive;
    entrain_error error = {0};
    size_t size;
    for (uint32_t n = 0; n < COUNT; n++)
        numbers[n] = n * 2654435761U;
    CHECK_OK(entrain_archive_write_memory(&archive, &error), error);
    bool odd = true;
    entrain_archive_bool(archive, &odd); // so that nothing lies even
    for (uint32_t n = 0; n < COUNT / 2; n++)
        entrain_archive_u32(archive, &numbers[n]);
    entrain_archive_bytes(archive, numbers + COUNT / 2, COUNT / 2 * sizeof *numbers);
    assert_int_equal(entrain_archive_bytes_done(archive), 1 + COUNT * sizeof *numbers);
    unsigned char *data = entrain_archive_data(archive, &size, &error);
    assert_non_null(data);
    CHECK_OK(entrain_archive_read_memory(data, size, "it", &archive, &error), error);
    entrain_archive_bool(archive, &odd);
    entrain_archive_bytes(archive, read, COUNT / 2 * sizeof *read);
    for (uint32_t n = COUNT / 2; n < COUNT; n++)
        entrain_archive_u32(archive, &read[n]);
    CHECK_OK(entrain_archive_end(archive, &error), error);
    assert_memory_equal(read, numbers, COUNT * sizeof *numbers);
    // Two frames change places: every checksum is right, but not where it is.
    const size_t frame = 16 + (256 << 10);
    unsigned char *swapped = malloc(size);
    memcpy(swapped, data, size);
    const size_t head = 32;
    memcpy(swapped + head, data + head + frame, frame);
    memcpy(swapped + head + frame, data + head, frame);
    CHECK_REFUSED(entrain_archive_read_memory(swapped, size, "it", &archive, &error), ENTRAIN_PARSE, error,
                  "damaged");
    // One of them goes.
    memcpy(swapped, data, size);
    memmove(swapped + head, swapped + head + frame, size - head - frame);
    CHECK_REFUSED(entrain_archive_read_memory(swapped, size - frame, "it", &archive, &error), ENTRAIN_PARSE,
                  error, "damaged");
    free(swapped);
    free(data);
    free(read);
    free(numbers);
}

static void torn_anywhere_it_is_refused(void **state) {
    (void)state;
    size_t size;
    unsigned char *data = thing_bytes(&size);
    for (size_t length = 0; length < size; length++) {
        entrain_error error = {0};
        unsigned char *torn = malloc(length + 1);
        memcpy(torn, data, length);
        const entrain_status status = read_status(torn, length, &error);
        assert_int_equal(status, ENTRAIN_PARSE);
        assert_non_null(strstr(error.sentence, length < 32 ? "no checkpoint" : "torn"));
        free(torn);
    }
    free(data);
}

static void any_bit_flipped_it_is_refused(void **state) {
    (void)state;
    size_t size;
    unsigned char *data = thing_bytes(&size);
    for (size_t bit = 0; bit < size * 8; bit++) {
        entrain_error error = {0};
        data[bit / 8] ^= (unsigned char)(1u << bit % 8);
        const entrain_status status = read_status(data, size, &error);
        if (status == ENTRAIN_OK || error.sentence[0] == '\0')
            fail_msg("bit %zu flipped: answered %s", bit, entrain_status_name(status));
        data[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    entrain_error error = {0};
    CHECK_OK(read_status(data, size, &error), error);
    free(data);
}

static void foreign_files_are_refused(void **state) {
    (void)state;
    entrain_archive *archive = NULL;
    entrain_error error = {0};
    CHECK_REFUSED(entrain_archive_read(path_of("missing"), &archive, &error), ENTRAIN_IO, error,
                  "could not be opened");
    assert_non_null(strstr(error.sentence, "/missing"));
    CHECK_REFUSED(entrain_archive_read(folder, &archive, &error), ENTRAIN_IO, error, "no file");
    assert_false(entrain_archive_is(folder));
    put_file(path_of("empty"), "", 0);
    CHECK_REFUSED(entrain_archive_read(path_of("empty"), &archive, &error), ENTRAIN_PARSE, error,
                  "it is empty");
    put_file(path_of("foreign"), "PK\003\004 what somebody else wrote, and more of it", 40);
    CHECK_REFUSED(entrain_archive_read(path_of("foreign"), &archive, &error), ENTRAIN_PARSE, error,
                  "no checkpoint of Entrain's");
    // Nobody writes into a pipe: that must not be waited for.
    assert_int_equal(mkfifo(path_of("pipe"), 0600), 0);
    CHECK_REFUSED(entrain_archive_read(path_of("pipe"), &archive, &error), ENTRAIN_IO, error, "no file");
    assert_false(entrain_archive_is(path_of("pipe")));
    if (geteuid() != 0) {
        put_file(path_of("closed"), "x", 1);
        assert_int_equal(chmod(path_of("closed"), 0), 0);
        CHECK_REFUSED(entrain_archive_read(path_of("closed"), &archive, &error), ENTRAIN_IO, error,
                      "could not be opened");
    }
}

// Whoever wrote it was not this version: its header is right, and says so.
static void other_versions_are_refused(void **state) {
    (void)state;
    for (size_t at = 8; at <= 16; at += 4) { // format, bytes of a frame, build
        size_t size;
        unsigned char *data = thing_bytes(&size);
        entrain_archive *archive = NULL;
        entrain_error error = {0};
        data[at] ^= 1;
        const uint64_t checksum = XXH3_64bits(data, 24);
        memcpy(data + 24, &checksum, sizeof checksum);
        CHECK_REFUSED(entrain_archive_read_memory(data, size, "it", &archive, &error), ENTRAIN_UNSUPPORTED,
                      error, "another version of Entrain");
        free(data);
    }
}

static void what_follows_the_end_is_refused(void **state) {
    (void)state;
    size_t size;
    unsigned char *data = thing_bytes(&size);
    entrain_error error = {0};
    data = realloc(data, size + 1);
    data[size] = 0;
    entrain_archive *archive = NULL;
    CHECK_REFUSED(entrain_archive_read_memory(data, size + 1, "it", &archive, &error), ENTRAIN_PARSE, error,
                  "something follows its end");
    free(data);
}

// --- Bytes are right, and not what is read

typedef void part(entrain_archive *archive);

static void check_pair(part *writes, part *reads, entrain_status wanted, const char *words) {
    entrain_archive *archive;
    entrain_error error = {0};
    size_t size;
    CHECK_OK(entrain_archive_write_memory(&archive, &error), error);
    writes(archive);
    void *data = entrain_archive_data(archive, &size, &error);
    assert_non_null(data);
    CHECK_OK(entrain_archive_read_memory(data, size, "the name", &archive, &error), error);
    reads(archive);
    if (wanted != ENTRAIN_OK && entrain_archive_status(archive, NULL) != ENTRAIN_OK) {
        uint64_t value = 5; // what is read after a failure is 0, and changes nothing
        bool truth = true;
        char *text = strdup("text");
        entrain_archive_u64(archive, &value);
        entrain_archive_bool(archive, &truth);
        entrain_archive_text(archive, &text, 10, "it");
        entrain_archive_section(archive, "other");
        entrain_archive_refuse(archive, ENTRAIN_IO, "later");
        assert_true(value == 0 && !truth && text == NULL && entrain_archive_bytes_left(archive) == 0);
    }
    CHECK_REFUSED(entrain_archive_end(archive, &error), wanted, error, words);
    assert_non_null(strstr(error.sentence, "the name: "));
    free(data);
}

static void put_nothing(entrain_archive *archive) { (void)archive; }
static void put_seven(entrain_archive *archive) {
    uint64_t seven = 7;
    entrain_archive_u64(archive, &seven);
}
static void put_one_section(entrain_archive *archive) { entrain_archive_section(archive, "one"); }
static void put_two_section(entrain_archive *archive) { entrain_archive_section(archive, "two"); }
static void put_count(entrain_archive *archive) {
    uint64_t count = 7;
    entrain_archive_count(archive, &count, entrain_archive_is_reading(archive) ? 6 : 7,
                          "the number of apples");
    assert_true(!entrain_archive_is_reading(archive) || count == 0);
}
static void expect_seven(entrain_archive *archive) {
    entrain_archive_expect(archive, 7, "the number of pears");
}
static void expect_eight(entrain_archive *archive) {
    entrain_archive_expect(archive, 8, "the number of pears");
}
static void put_byte(entrain_archive *archive) {
    unsigned char byte = 2;
    entrain_archive_bytes(archive, &byte, 1);
}
static void put_bool(entrain_archive *archive) {
    bool truth = true;
    entrain_archive_bool(archive, &truth);
}
static void put_text(entrain_archive *archive) {
    char *text = entrain_archive_is_reading(archive) ? NULL : strdup("too long");
    entrain_archive_text(archive, &text, entrain_archive_is_reading(archive) ? 3 : 10, "the name of it");
    assert_true(!entrain_archive_is_reading(archive) || text == NULL);
    free(text);
}
static void put_short_text(entrain_archive *archive) { // says that there are six bytes, and there are none
    uint64_t size = 7;
    entrain_archive_u64(archive, &size);
}
static void read_text(entrain_archive *archive) {
    char *text = NULL;
    entrain_archive_text(archive, &text, 10, "the name of it");
    assert_null(text);
}
static void refuse(entrain_archive *archive) {
    entrain_archive_refuse(archive, ENTRAIN_UNSUPPORTED, "there are no %s", "plums");
}

static void what_is_not_what_was_written_is_refused(void **state) {
    (void)state;
    check_pair(put_one_section, put_two_section, ENTRAIN_MISMATCH, "\"two\" is not where it was expected");
    check_pair(put_seven, put_nothing, ENTRAIN_MISMATCH, "holds more than is read");
    check_pair(put_nothing, put_seven, ENTRAIN_MISMATCH, "ends within");
    check_pair(put_one_section, put_seven, ENTRAIN_MISMATCH, "holds more");
    check_pair(put_count, put_count, ENTRAIN_MISMATCH, "the number of apples is 7, above 6");
    check_pair(expect_seven, expect_eight, ENTRAIN_MISMATCH, "the number of pears was 7 and is 8 now");
    check_pair(put_byte, put_bool, ENTRAIN_PARSE, "a truth that is neither");
    check_pair(put_text, put_text, ENTRAIN_MISMATCH, "the name of it");
    check_pair(put_short_text, read_text, ENTRAIN_MISMATCH, "ends within");
    check_pair(put_seven, refuse, ENTRAIN_UNSUPPORTED, "there are no plums");
}

// --- Writing fails

static void check_unwritten(const char *path, entrain_status status, const entrain_error *error,
                            const char *words) {
    char part_path[160];
    snprintf(part_path, sizeof part_path, "%s.part", path);
    assert_int_equal(status, ENTRAIN_IO);
    if (strstr(error->sentence, words) == NULL || strstr(error->sentence, path) == NULL)
        fail_msg("the sentence \"%s\" does not say \"%s\"", error->sentence, words);
    assert_false(exists(part_path));
}

static void write_much(entrain_archive *archive) {
    static unsigned char block[1 << 16];
    for (int b = 0; b < 32; b++)
        entrain_archive_bytes(archive, block, sizeof block);
}

static void a_full_disk_leaves_what_was_there(void **state) {
    (void)state;
    const char *path = path_of("full");
    entrain_archive *archive;
    entrain_error error = {0};
    struct rlimit before, small;
    put_file(path, "old", 3);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    void (*const handler)(int) = signal(SIGXFSZ, SIG_IGN);
    static const rlim_t limits[] = {0, 100, 300000, 1 << 20}; // in the header, in the first frame, later
    for (size_t l = 0; l < sizeof limits / sizeof *limits; l++) {
        small = before;
        small.rlim_cur = limits[l];
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        entrain_status status = entrain_archive_write(path, &archive, &error);
        if (status == ENTRAIN_OK) {
            write_much(archive);
            status = entrain_archive_end(archive, &error);
        }
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        check_unwritten(path, status, &error, "could not be written");
        assert_non_null(strstr(error.sentence, "make room"));
        struct stat facts;
        assert_int_equal(stat(path, &facts), 0);
        assert_int_equal(facts.st_size, 3);
    }
    signal(SIGXFSZ, handler);
}

static void what_cannot_be_written_is_told(void **state) {
    (void)state;
    entrain_archive *archive = NULL;
    entrain_error error = {0};
    const char *nowhere = path_of("no/where"), *taken = path_of("taken"), *given_up = path_of("given-up");
    entrain_status status = entrain_archive_write(nowhere, &archive, &error);
    check_unwritten(nowhere, status, &error, "No such file");
    // The name is that of a folder: found out at the end.
    assert_int_equal(mkdir(taken, 0700), 0);
    CHECK_OK(entrain_archive_write(taken, &archive, &error), error);
    status = entrain_archive_end(archive, &error);
    check_unwritten(taken, status, &error, "could not be written");
    assert_int_equal(rmdir(taken), 0);
    // Nothing is left of what was given up, or refused.
    CHECK_OK(entrain_archive_write(given_up, &archive, &error), error);
    write_much(archive);
    entrain_archive_abandon(archive);
    assert_false(exists(given_up) || exists(path_of("given-up.part")));
    CHECK_OK(entrain_archive_write(given_up, &archive, &error), error);
    refuse(archive);
    CHECK_REFUSED(entrain_archive_end(archive, &error), ENTRAIN_UNSUPPORTED, error, "no plums");
    assert_false(exists(given_up) || exists(path_of("given-up.part")));
    CHECK_OK(entrain_archive_write_memory(&archive, &error), error);
    refuse(archive);
    size_t size = 1;
    assert_null(entrain_archive_data(archive, &size, &error));
    assert_int_equal(error.status, ENTRAIN_UNSUPPORTED);
    CHECK_OK(entrain_archive_write_memory(&archive, &error), error);
    uint64_t many = 11;
    entrain_archive_count(archive, &many, 10, "the number of nuts"); // what cannot be read is not written
    CHECK_REFUSED(entrain_archive_end(archive, &error), ENTRAIN_MISMATCH, error, "the number of nuts");
    entrain_archive_abandon(NULL);
}

static int open_folder(void **state) {
    (void)state;
    return mkdtemp(folder) != NULL ? 0 : 1;
}
static int remove_folder(void **state) {
    (void)state;
    static const char *const names[] = {"thing", "empty", "foreign", "pipe", "closed", "full"};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++)
        unlink(path_of(names[n]));
    return rmdir(folder); // nothing else was left in it
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(a_file_is_the_same_bytes),
        cmocka_unit_test(large_ones_have_many_frames),
        cmocka_unit_test(torn_anywhere_it_is_refused),
        cmocka_unit_test(any_bit_flipped_it_is_refused),
        cmocka_unit_test(foreign_files_are_refused),
        cmocka_unit_test(other_versions_are_refused),
        cmocka_unit_test(what_follows_the_end_is_refused),
        cmocka_unit_test(what_is_not_what_was_written_is_refused),
        cmocka_unit_test(a_full_disk_leaves_what_was_there),
        cmocka_unit_test(what_cannot_be_written_is_told),
    };
    return cmocka_run_group_tests(tests, open_folder, remove_folder);
}
