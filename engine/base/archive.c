// State in a file. What goes through is one stream of bytes, cut into frames:
//
//   header   magic "ENTRAINS", format, bytes of a frame, hash of the build, checksum of these
//   frame    number, bytes, checksum of number and payload; payload
//   ...
//   closing  number UINT32_MAX, 0 bytes, checksum of all checksums before
//
// A section is its tag in the stream: checksums prove that the bytes are those that were written, tags that
// the reader reads what the writer wrote.
#include "entrain/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "engine/base/assert.h"
#include "engine/base/sync_name.h"
#include "engine/base/version.h"

enum { FRAME_BYTES = 256 << 10, FORMAT = 1, TAG_BYTES = 16 };
#define CLOSING UINT32_MAX
static const char magic[8] = {'E', 'N', 'T', 'R', 'A', 'I', 'N', 'S'};

typedef struct header {
    char magic[8];
    uint32_t format, frame_bytes;
    uint64_t build, checksum;
} header;

typedef struct frame {
    uint32_t number, size;
    uint64_t checksum;
} frame;

struct entrain_archive {
    bool reading, in_memory;
    entrain_error error; // the first failure
    char *path, *part;   // path: what sentences name
    int file;            // writing a file; -1
    uint64_t done;       // bytes that went through
    char section[TAG_BYTES];
    // Writing: the frame that is filled; reading: the one that is handed out.
    uint32_t number;
    size_t at, filled;
    XXH64_hash_t sums; // of all checksums so far
    unsigned char *buffer;
    // Memory: what was written, or what is read (which may be a file's).
    unsigned char *data;
    size_t size, room, next;
    void *mapped;
};

// Layouts of what is written change from version to version, and so may the physics.
static uint64_t build_hash(void) { return XXH3_64bits(ENTRAIN_VERSION_TEXT, strlen(ENTRAIN_VERSION_TEXT)); }

static uint64_t header_checksum(const header *head) { return XXH3_64bits(head, offsetof(header, checksum)); }

static uint64_t frame_checksum(uint32_t number, const void *payload, size_t size) {
    return XXH3_64bits_withSeed(payload, size, (uint64_t)number + 1);
}

static XXH64_hash_t add_up(XXH64_hash_t sums, uint64_t checksum) {
    return XXH3_64bits_withSeed(&checksum, sizeof checksum, sums);
}

void entrain_archive_refuse(entrain_archive *archive, entrain_status status, const char *format, ...) {
    if (archive->error.status != ENTRAIN_OK)
        return;
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    entrain_error_set(&archive->error, status, "%s: %s", archive->path, text);
}

static entrain_archive *make(const char *path, bool reading, entrain_error *error_out) {
    entrain_archive *archive = calloc(1, sizeof *archive);
    if (archive != NULL) {
        archive->reading = reading;
        archive->file = -1;
        archive->path = strdup(path);
        if (!reading)
            archive->buffer = malloc(FRAME_BYTES);
    }
    if (archive == NULL || archive->path == NULL || (!reading && archive->buffer == NULL)) {
        entrain_archive_abandon(archive);
        entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "There is no memory to open %s.", path);
        return NULL;
    }
    return archive;
}

// ---- writing

static void refuse_write(entrain_archive *archive) {
    entrain_archive_refuse(archive, ENTRAIN_IO,
                           "it could not be written (%s); make room, or write elsewhere.", strerror(errno));
}

static void put_out(entrain_archive *archive, const void *bytes, size_t size) {
    if (archive->error.status != ENTRAIN_OK)
        return;
    if (archive->in_memory) {
        if (size > archive->room - archive->size) {
            const size_t room = (archive->size + size) * 2;
            unsigned char *data = realloc(archive->data, room);
            if (data == NULL) {
                entrain_archive_refuse(archive, ENTRAIN_NO_MEMORY, "there is no memory for it.");
                return;
            }
            archive->data = data;
            archive->room = room;
        }
        memcpy(archive->data + archive->size, bytes, size);
        archive->size += size;
        return;
    }
    for (const char *from = bytes; size > 0;) {
        const ssize_t wrote = write(archive->file, from, size);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0) {
            refuse_write(archive);
            return;
        }
        from += wrote;
        size -= (size_t)wrote;
    }
}

static void put_frame(entrain_archive *archive) {
    const frame head = {.number = archive->number,
                        .size = (uint32_t)archive->at,
                        .checksum = frame_checksum(archive->number, archive->buffer, archive->at)};
    put_out(archive, &head, sizeof head);
    put_out(archive, archive->buffer, archive->at);
    archive->sums = add_up(archive->sums, head.checksum);
    archive->number++;
    archive->at = 0;
}

static void put_header(entrain_archive *archive) {
    header head = {.format = FORMAT, .frame_bytes = FRAME_BYTES, .build = build_hash()};
    memcpy(head.magic, magic, sizeof magic);
    head.checksum = header_checksum(&head);
    put_out(archive, &head, sizeof head);
}

entrain_status entrain_archive_write(const char *path, entrain_archive **archive_out,
                                     entrain_error *error_out) {
    entrain_archive *archive = make(path, false, error_out);
    if (archive == NULL)
        return ENTRAIN_NO_MEMORY;
    if (asprintf(&archive->part, "%s.part", path) < 0)
        archive->part = NULL;
    if (archive->part == NULL)
        entrain_archive_refuse(archive, ENTRAIN_NO_MEMORY, "there is no memory to open it.");
    else if ((archive->file = open(archive->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) < 0)
        refuse_write(archive);
    else
        put_header(archive);
    if (archive->error.status != ENTRAIN_OK) {
        const entrain_status status = entrain_archive_status(archive, error_out);
        entrain_archive_abandon(archive);
        return status;
    }
    *archive_out = archive;
    return ENTRAIN_OK;
}

entrain_status entrain_archive_write_memory(entrain_archive **archive_out, entrain_error *error_out) {
    entrain_archive *archive = make("the archive in memory", false, error_out);
    if (archive == NULL)
        return ENTRAIN_NO_MEMORY;
    archive->in_memory = true;
    put_header(archive);
    *archive_out = archive;
    return ENTRAIN_OK;
}

static void close_frames(entrain_archive *archive) {
    if (archive->at > 0)
        put_frame(archive);
    const frame closing = {.number = CLOSING, .checksum = archive->sums};
    put_out(archive, &closing, sizeof closing);
}

static void finish_file(entrain_archive *archive) {
    close_frames(archive);
    if (archive->error.status == ENTRAIN_OK && fsync(archive->file) != 0)
        refuse_write(archive);
    if (close(archive->file) != 0)
        refuse_write(archive);
    archive->file = -1;
    if (archive->error.status == ENTRAIN_OK && rename(archive->part, archive->path) != 0)
        refuse_write(archive);
    if (archive->error.status == ENTRAIN_OK)
        entrain__sync_name(archive->path);
}

// ---- reading

static void refuse_damaged(entrain_archive *archive, const char *what) {
    entrain_archive_refuse(archive, ENTRAIN_PARSE, "%s; it cannot be read from. Take an older one.", what);
}

static void look_at_header(entrain_archive *archive) {
    header head;
    if (archive->size < sizeof head || memcmp(archive->data, magic, sizeof magic) != 0) {
        entrain_archive_refuse(archive, ENTRAIN_PARSE, "this is no checkpoint of Entrain's%s.",
                               archive->size == 0 ? " (it is empty)" : "");
        return;
    }
    memcpy(&head, archive->data, sizeof head);
    if (head.checksum != header_checksum(&head))
        refuse_damaged(archive, "its beginning is damaged");
    else if (head.format != FORMAT || head.build != build_hash() || head.frame_bytes != FRAME_BYTES)
        entrain_archive_refuse(archive, ENTRAIN_UNSUPPORTED,
                               "another version of Entrain wrote it (this is %s); go on with that one.",
                               ENTRAIN_VERSION_TEXT);
}

static void look_at_frames(entrain_archive *archive) {
    size_t at = sizeof(header);
    XXH64_hash_t sums = 0;
    for (uint32_t number = 0;; number++) {
        frame head;
        if (archive->size - at < sizeof head) {
            refuse_damaged(archive, "it is torn: its end is missing");
            return;
        }
        memcpy(&head, archive->data + at, sizeof head);
        at += sizeof head;
        if (head.number == CLOSING) {
            if (head.size != 0 || head.checksum != sums)
                refuse_damaged(archive, "it is damaged: its parts do not belong together");
            else if (at != archive->size)
                refuse_damaged(archive, "it is damaged: something follows its end");
            return;
        }
        if (head.number != number || head.size == 0 || head.size > FRAME_BYTES) {
            refuse_damaged(archive, "it is damaged");
            return;
        }
        if (archive->size - at < head.size) {
            refuse_damaged(archive, "it is torn: its end is missing");
            return;
        }
        if (head.checksum != frame_checksum(number, archive->data + at, head.size)) {
            refuse_damaged(archive, "it is damaged: a checksum is wrong");
            return;
        }
        sums = add_up(sums, head.checksum);
        at += head.size;
    }
}

static entrain_status begin_reading(entrain_archive *archive, entrain_archive **archive_out,
                                    entrain_error *error_out) {
    if (archive->error.status == ENTRAIN_OK)
        look_at_header(archive);
    if (archive->error.status == ENTRAIN_OK)
        look_at_frames(archive);
    archive->next = sizeof(header);
    const entrain_status status = entrain_archive_status(archive, error_out);
    if (status == ENTRAIN_OK)
        *archive_out = archive;
    else
        entrain_archive_abandon(archive);
    return status;
}

entrain_status entrain_archive_read_memory(const void *data, size_t size, const char *name,
                                           entrain_archive **archive_out, entrain_error *error_out) {
    entrain_archive *archive = make(name, true, error_out);
    if (archive == NULL)
        return ENTRAIN_NO_MEMORY;
    archive->in_memory = true;
    archive->data = (unsigned char *)(uintptr_t)data; // only read
    archive->size = size;
    return begin_reading(archive, archive_out, error_out);
}

// Copied, not only mapped: what was checked must be what is read, whoever writes to the file meanwhile.
static void take_file(entrain_archive *archive) {
    const int file =
        open(archive->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); // a pipe is refused, not waited for
    struct stat facts;
    if (file < 0 || fstat(file, &facts) != 0) {
        entrain_archive_refuse(archive, ENTRAIN_IO, "it could not be opened: %s.", strerror(errno));
    } else if (!S_ISREG(facts.st_mode)) {
        entrain_archive_refuse(archive, ENTRAIN_IO, "this is no file.");
    } else if (facts.st_size > 0) {
        const size_t size = (size_t)facts.st_size;
        void *mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (mapped == MAP_FAILED) {
            entrain_archive_refuse(archive, ENTRAIN_NO_MEMORY, "there is no memory to read its %zu bytes.",
                                   size);
        } else {
            archive->mapped = archive->data = mapped;
            archive->room = size;
            while (archive->size < size) {
                const ssize_t got = read(file, archive->data + archive->size, size - archive->size);
                if (got < 0 && errno == EINTR)
                    continue;
                if (got < 0)
                    entrain_archive_refuse(archive, ENTRAIN_IO, "it could not be read: %s.", strerror(errno));
                if (got <= 0)
                    break;
                archive->size += (size_t)got;
            }
        }
    }
    if (file >= 0)
        close(file);
}

entrain_status entrain_archive_read(const char *path, entrain_archive **archive_out,
                                    entrain_error *error_out) {
    entrain_archive *archive = make(path, true, error_out);
    if (archive == NULL)
        return ENTRAIN_NO_MEMORY;
    take_file(archive);
    return begin_reading(archive, archive_out, error_out);
}

bool entrain_archive_is(const char *path) {
    char begins[sizeof magic];
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const bool is = file >= 0 && read(file, begins, sizeof begins) == sizeof begins &&
                    memcmp(begins, magic, sizeof begins) == 0;
    if (file >= 0)
        close(file);
    return is;
}

// The frame at `next` begins to be handed out; false: that is the closing one.
static bool next_frame(entrain_archive *archive) {
    frame head;
    memcpy(&head, archive->data + archive->next, sizeof head);
    if (head.number == CLOSING)
        return false;
    archive->next += sizeof head;
    archive->buffer = archive->data + archive->next;
    archive->at = 0;
    archive->filled = head.size;
    archive->next += head.size;
    return true;
}

// ---- both

entrain_status entrain_archive_end(entrain_archive *archive, entrain_error *error_out) {
    if (archive->reading) {
        if (archive->error.status == ENTRAIN_OK && (archive->at < archive->filled || next_frame(archive)))
            entrain_archive_refuse(
                archive, ENTRAIN_MISMATCH,
                "it holds more than is read from it; what goes on is not what was stopped.");
    } else if (!archive->in_memory) {
        if (archive->error.status == ENTRAIN_OK)
            finish_file(archive);
    } else {
        close_frames(archive);
    }
    const entrain_status status = entrain_archive_status(archive, error_out);
    if (status == ENTRAIN_OK && archive->part != NULL) { // it has its name: nothing is to be taken away
        free(archive->part);
        archive->part = NULL;
    }
    entrain_archive_abandon(archive);
    return status;
}

void *entrain_archive_data(entrain_archive *archive, size_t *size_out, entrain_error *error_out) {
    ENTRAIN_ASSERT(archive->in_memory && !archive->reading);
    close_frames(archive);
    void *data = NULL;
    if (entrain_archive_status(archive, error_out) == ENTRAIN_OK) {
        data = archive->data;
        *size_out = archive->size;
        archive->data = NULL;
    }
    entrain_archive_abandon(archive);
    return data;
}

void entrain_archive_abandon(entrain_archive *archive) {
    if (archive == NULL)
        return;
    if (archive->file >= 0)
        close(archive->file);
    if (archive->part != NULL)
        unlink(archive->part);
    if (archive->mapped != NULL)
        munmap(archive->mapped, archive->room);
    if (!archive->reading) {
        free(archive->buffer);
        free(archive->data);
    }
    free(archive->part);
    free(archive->path);
    free(archive);
}

bool entrain_archive_is_reading(const entrain_archive *archive) { return archive->reading; }

entrain_status entrain_archive_status(const entrain_archive *archive, entrain_error *error_out) {
    if (archive->error.status != ENTRAIN_OK && error_out != NULL)
        *error_out = archive->error;
    return archive->error.status;
}

uint64_t entrain_archive_bytes_left(const entrain_archive *archive) {
    if (!archive->reading)
        return UINT64_MAX;
    return archive->error.status == ENTRAIN_OK
               ? archive->filled - archive->at + (archive->size - archive->next)
               : 0;
}

uint64_t entrain_archive_bytes_done(const entrain_archive *archive) { return archive->done; }

void entrain_archive_bytes(entrain_archive *archive, void *data, size_t size) {
    unsigned char *bytes = data;
    if (archive->error.status != ENTRAIN_OK) {
        if (archive->reading && size > 0)
            memset(bytes, 0, size);
        return;
    }
    archive->done += size;
    while (size > 0) {
        if (archive->reading && archive->at == archive->filled && !next_frame(archive)) {
            memset(bytes, 0, size);
            entrain_archive_refuse(archive, ENTRAIN_MISMATCH,
                                   "it ends within \"%s\"; what goes on is not what was stopped.",
                                   archive->section);
            return;
        }
        const size_t limit = archive->reading ? archive->filled : FRAME_BYTES;
        const size_t part = size < limit - archive->at ? size : limit - archive->at;
        if (archive->reading)
            memcpy(bytes, archive->buffer + archive->at, part);
        else
            memcpy(archive->buffer + archive->at, bytes, part);
        archive->at += part;
        bytes += part;
        size -= part;
        if (!archive->reading && archive->at == FRAME_BYTES)
            put_frame(archive);
    }
}

void entrain_archive_section(entrain_archive *archive, const char *tag) {
    char name[TAG_BYTES] = {0}, found[TAG_BYTES];
    const size_t size = strlen(tag);
    ENTRAIN_ASSERT(size > 0 && size < TAG_BYTES);
    memcpy(name, tag, size);
    memcpy(found, name, sizeof found);
    entrain_archive_bytes(archive, found, sizeof found);
    if (memcmp(name, found, sizeof name) != 0)
        entrain_archive_refuse(archive, ENTRAIN_MISMATCH,
                               "\"%s\" is not where it was expected; what goes on is not what was stopped.",
                               name);
    memcpy(archive->section, name, sizeof name);
}

void entrain_archive_u32(entrain_archive *archive, uint32_t *value) {
    entrain_archive_bytes(archive, value, sizeof *value);
}
void entrain_archive_u64(entrain_archive *archive, uint64_t *value) {
    entrain_archive_bytes(archive, value, sizeof *value);
}
void entrain_archive_i64(entrain_archive *archive, int64_t *value) {
    entrain_archive_bytes(archive, value, sizeof *value);
}
void entrain_archive_f64(entrain_archive *archive, double *value) {
    entrain_archive_bytes(archive, value, sizeof *value);
}

void entrain_archive_bool(entrain_archive *archive, bool *value) {
    unsigned char byte = *value;
    entrain_archive_bytes(archive, &byte, 1);
    if (byte > 1)
        entrain_archive_refuse(archive, ENTRAIN_PARSE, "\"%s\" holds a truth that is neither.",
                               archive->section);
    *value = byte == 1;
}

void entrain_archive_count(entrain_archive *archive, uint64_t *value, uint64_t max, const char *what) {
    entrain_archive_u64(archive, value);
    if (*value <= max)
        return;
    entrain_archive_refuse(archive, ENTRAIN_MISMATCH, "%s is %llu, above %llu.", what,
                           (unsigned long long)*value, (unsigned long long)max);
    if (archive->reading)
        *value = 0;
}

void entrain_archive_expect(entrain_archive *archive, uint64_t value, const char *what) {
    uint64_t found = value;
    entrain_archive_u64(archive, &found);
    if (found != value)
        entrain_archive_refuse(archive, ENTRAIN_MISMATCH,
                               "%s was %llu and is %llu now; what goes on is not what was stopped.", what,
                               (unsigned long long)found, (unsigned long long)value);
}

void entrain_archive_text(entrain_archive *archive, char **text, size_t size_max, const char *what) {
    // 0: NULL; else its size and one.
    uint64_t size = archive->reading || *text == NULL ? 0 : strlen(*text) + 1;
    entrain_archive_count(archive, &size, (uint64_t)size_max + 1, what);
    if (!archive->reading) {
        if (size > 0)
            entrain_archive_bytes(archive, *text, (size_t)size - 1);
        return;
    }
    free(*text);
    *text = NULL;
    if (size == 0 || archive->error.status != ENTRAIN_OK)
        return;
    char *read = malloc((size_t)size);
    if (read == NULL) {
        entrain_archive_refuse(archive, ENTRAIN_NO_MEMORY, "there is no memory for %s.", what);
        return;
    }
    entrain_archive_bytes(archive, read, (size_t)size - 1);
    read[size - 1] = '\0';
    if (archive->error.status == ENTRAIN_OK)
        *text = read;
    else
        free(read);
}
