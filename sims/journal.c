// One line an entry, in the order of appending:
//
//   {"key":"17","run":17,"status":"done", ... ,"sum":"0123456789abcdef"}
//
// `sum` is of the bytes before it: a line whose bits changed is refused, not believed, and a line that is
// right needs no parsing when the journal is opened. Only where each line lies is kept in memory; an entry is
// read again when somebody asks for it.
//
// Up to `synced` the file is on the disk. A write that fails, or whose sync fails, is cut off again: what
// follows it then begins on a line of its own.
#include "sims/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "engine/base/sync_name.h" // rooms: allowed, because how a name gets to the disk is said once
#include "sims/run_directory.h"

static const char sum_opens[] = ",\"sum\":\"";
static const char line_ends[3] = {'"', '}', '\n'};
enum { SUM_DIGITS = 16, SUM_BYTES = sizeof sum_opens - 1 + SUM_DIGITS + 2, CHUNK_BYTES = 1 << 20 };

// Where the latest line with one key lies. size 0: the slot is free.
typedef struct slot {
    uint64_t hash;
    off_t offset;
    size_t size;
    json_t *entry; // once it was asked for
} slot;

struct journal {
    char *path;
    int file;
    bool writing, sync_failed;
    off_t size, synced;
    slot *slots;
    size_t slot_count, used; // a power of two; at most two thirds are used
};

// ---- the table of keys

static uint64_t hash_of(const char *key, size_t size) { return XXH3_64bits(key, size); }

static char *read_line_at(const journal *log, off_t offset, size_t size) {
    char *line = malloc(size + 1);
    size_t got = 0;
    while (line != NULL && got < size) {
        const ssize_t part = pread(log->file, line + got, size - got, offset + (off_t)got);
        if (part < 0 && errno == EINTR)
            continue;
        if (part <= 0) {
            free(line);
            return NULL;
        }
        got += (size_t)part;
    }
    if (line != NULL)
        line[size] = '\0';
    return line;
}

static json_t *parse(const char *line, size_t size) {
    json_t *entry = json_loadb(line, size, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(entry)) {
        json_decref(entry);
        return NULL;
    }
    json_object_del(entry, "sum");
    return entry;
}

// The entry of a slot, the caller's, read where it has not been yet.
static json_t *load(const journal *log, const slot *one) {
    if (one->entry != NULL)
        return json_incref(one->entry);
    char *line = read_line_at(log, one->offset, one->size);
    json_t *entry = line != NULL ? parse(line, one->size) : NULL;
    free(line);
    return entry;
}

// The slot of @p key with its entry, the caller's; or the free one where it belongs, and NULL. Hashes of 64
// bits that agree are looked into.
static slot *slot_of(const journal *log, const char *key, size_t size, json_t **entry_out) {
    *entry_out = NULL;
    const uint64_t hash = hash_of(key, size);
    for (size_t at = hash;; at++) {
        slot *one = &log->slots[at & (log->slot_count - 1)];
        if (one->size == 0)
            return one;
        if (one->hash != hash)
            continue;
        json_t *entry = load(log, one);
        const json_t *found = json_object_get(entry, "key");
        if (json_string_length(found) == size && memcmp(json_string_value(found), key, size) == 0) {
            *entry_out = entry;
            return one;
        }
        json_decref(entry);
    }
}

// The same entries among @p count slots; without those that lie at @p end of the file or behind it.
static bool arrange(journal *log, size_t count, off_t end) {
    slot *slots = calloc(count, sizeof *slots);
    if (slots == NULL)
        return false;
    log->used = 0;
    for (size_t i = 0; i < log->slot_count; i++) {
        const slot *one = &log->slots[i];
        if (one->size == 0 || one->offset >= end) {
            json_decref(one->entry);
            continue;
        }
        size_t at = one->hash;
        while (slots[at & (count - 1)].size != 0)
            at++;
        slots[at & (count - 1)] = *one;
        log->used++;
    }
    free(log->slots);
    log->slots = slots;
    log->slot_count = count;
    return true;
}

static bool make_room(journal *log) {
    if (log->slot_count > 0 && (log->used + 1) * 3 <= log->slot_count * 2)
        return true;
    return arrange(log, log->slot_count > 0 ? log->slot_count * 2 : 64, INT64_MAX);
}

// Room was made.
static void put(journal *log, const char *key, size_t key_size, off_t offset, size_t size) {
    json_t *before;
    slot *one = slot_of(log, key, key_size, &before);
    log->used += one->size == 0;
    json_decref(before);
    json_decref(one->entry);
    *one = (slot){.hash = hash_of(key, key_size), .offset = offset, .size = size};
}

// ---- lines

static void write_sum(char *to, const char *line, size_t size) {
    static const char digits[] = "0123456789abcdef";
    const uint64_t sum = XXH3_64bits(line, size);
    for (int i = 0; i < SUM_DIGITS; i++)
        to[i] = digits[sum >> (60 - 4 * i) & 15];
}

// A whole line with its end, the caller's. @p key NULL: the header, which has none.
static char *line_of(const char *key, json_t *entry, size_t *size_out) {
    json_object_del(entry, "key");
    json_t *name = key != NULL ? json_string(key) : NULL;
    char *text = json_dumps(entry, JSON_COMPACT | JSON_REAL_PRECISION(17));
    char *quoted = name != NULL ? json_dumps(name, JSON_ENCODE_ANY) : NULL;
    char *line = NULL;
    if (text != NULL && (quoted != NULL || key == NULL)) {
        const size_t text_size = strlen(text), key_size = quoted != NULL ? strlen(quoted) : 0;
        line = malloc(text_size + key_size + SUM_BYTES + 32);
        if (line != NULL) {
            char *at = line;
            *at++ = '{';
            if (quoted != NULL)
                at += sprintf(at, "\"key\":%s%s", quoted, text_size > 2 ? "," : "");
            else if (text_size == 2) // something must stand before the sum
                at += sprintf(at, "\"header\":{}");
            memcpy(at, text + 1, text_size - 2); // without braces
            at += text_size - 2;
            const size_t summed = (size_t)(at - line);
            memcpy(at, sum_opens, sizeof sum_opens - 1);
            at += sizeof sum_opens - 1;
            write_sum(at, line, summed);
            memcpy(at + SUM_DIGITS, line_ends, sizeof line_ends);
            *size_out = summed + SUM_BYTES + 1;
        }
    }
    if (name != NULL)
        json_object_set(entry, "key", name);
    json_decref(name);
    free(text);
    free(quoted);
    return line;
}

// Whether the line (without its end) says its own sum.
static bool sum_is_right(const char *line, size_t size) {
    char sum[SUM_DIGITS];
    if (size <= SUM_BYTES)
        return false;
    const char *at = line + size - SUM_BYTES;
    if (memcmp(at, sum_opens, sizeof sum_opens - 1) != 0 || memcmp(line + size - 2, "\"}", 2) != 0)
        return false;
    write_sum(sum, line, size - SUM_BYTES);
    return memcmp(sum, at + sizeof sum_opens - 1, SUM_DIGITS) == 0;
}

static bool has_sum(const char *line, size_t size) {
    return size > SUM_BYTES && memcmp(line + size - SUM_BYTES, sum_opens, sizeof sum_opens - 1) == 0;
}

// What a line is. The key of most can be taken from its beginning; others (written by hand) are parsed.
typedef enum line_kind { LINE_BAD, LINE_GOOD, LINE_NO_MEMORY } line_kind;
static line_kind take_line(journal *log, const char *line, size_t size, off_t offset) {
    static const char opens[] = "{\"key\":\"";
    const bool right = sum_is_right(line, size);
    if (has_sum(line, size) && !right)
        return LINE_BAD;
    if (!make_room(log))
        return LINE_NO_MEMORY;
    if (right && size > sizeof opens && memcmp(line, opens, sizeof opens - 1) == 0) {
        const char *key = line + sizeof opens - 1;
        const char *end = memchr(key, '"', size - sizeof opens);
        if (end != NULL && memchr(key, '\\', (size_t)(end - key)) == NULL) {
            put(log, key, (size_t)(end - key), offset, size);
            return LINE_GOOD;
        }
    }
    json_t *entry = parse(line, size);
    const json_t *key = json_object_get(entry, "key");
    if (json_is_string(key))
        put(log, json_string_value(key), json_string_length(key), offset, size);
    const line_kind kind = json_is_string(key) ? LINE_GOOD : LINE_BAD;
    json_decref(entry);
    return kind;
}

// ---- reading

typedef struct reading {
    journal *log;
    json_t *header;
    uint64_t number;   // of the line that comes next, from 1
    uint64_t bad_line; // the first that is no entry; 0: none yet
    off_t bad_at;
    bool hole; // zeros: a machine that went down before the disk had it
} reading;

static entrain_status no_memory(const char *path, entrain_error *error_out) {
    return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "%s: there is no memory to read it.", path);
}

static entrain_status take_whole_line(reading *in, const char *line, size_t size, off_t offset,
                                      entrain_error *error_out) {
    const uint64_t number = in->number++;
    if (in->bad_line != 0 && in->hole)
        return ENTRAIN_OK; // all behind a hole was not synced
    line_kind kind = LINE_BAD;
    if (number == 1) {
        if (!has_sum(line, size) || sum_is_right(line, size))
            in->header = parse(line, size);
        if (in->header == NULL || json_object_get(in->header, "key") != NULL)
            return entrain_error_set(
                error_out, ENTRAIN_PARSE,
                "%s is no journal of Entrain's, or its first line is damaged; name another "
                "directory.",
                in->log->path);
        kind = LINE_GOOD;
    } else {
        kind = take_line(in->log, line, size, offset);
    }
    if (kind == LINE_NO_MEMORY)
        return no_memory(in->log->path, error_out);
    if (kind == LINE_GOOD && in->bad_line != 0)
        return entrain_error_set(
            error_out, ENTRAIN_PARSE,
            "%s, line %llu, is damaged and stands between good ones; take that line out to "
            "have its run carried out again.",
            in->log->path, (unsigned long long)in->bad_line);
    if (kind == LINE_BAD && in->bad_line == 0) {
        in->bad_line = number;
        in->bad_at = offset;
        in->hole = memchr(line, '\0', size) != NULL;
    }
    if (kind == LINE_GOOD)
        in->log->size = offset + (off_t)size + 1;
    return ENTRAIN_OK;
}

// Line by line, whatever their length; what follows the last line end is torn. log->size: to the last good
// line.
static entrain_status read_lines(reading *in, entrain_error *error_out) {
    size_t room = CHUNK_BYTES, filled = 0;
    char *buffer = malloc(room);
    off_t offset = 0; // of the buffer's first byte
    entrain_status status = buffer != NULL ? ENTRAIN_OK : no_memory(in->log->path, error_out);
    while (status == ENTRAIN_OK) {
        const ssize_t got = read(in->log->file, buffer + filled, room - filled);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            status = entrain_error_set(error_out, ENTRAIN_IO, "%s cannot be read: %s.", in->log->path,
                                       strerror(errno));
        if (got <= 0)
            break;
        size_t from = 0, looked = filled;
        filled += (size_t)got;
        for (char *end;
             status == ENTRAIN_OK && (end = memchr(buffer + looked, '\n', filled - looked)) != NULL;) {
            const size_t next = (size_t)(end - buffer) + 1;
            status = take_whole_line(in, buffer + from, next - 1 - from, offset + (off_t)from, error_out);
            from = looked = next;
        }
        memmove(buffer, buffer + from, filled - from);
        filled -= from;
        offset += (off_t)from;
        if (filled == room) {
            char *larger = realloc(buffer, room * 2);
            if (larger == NULL)
                status = no_memory(in->log->path, error_out);
            else
                buffer = larger;
            room *= larger != NULL ? 2 : 1;
        }
    }
    free(buffer);
    return status;
}

static journal *make(const char *path, entrain_error *error_out) {
    journal *log = calloc(1, sizeof *log);
    if (log != NULL) {
        log->file = -1;
        log->path = strdup(path);
    }
    if (log == NULL || log->path == NULL || !make_room(log)) {
        journal_close(log);
        no_memory(path, error_out);
        return NULL;
    }
    return log;
}

static entrain_status lock(const journal *log, entrain_error *error_out) {
    // Where the file system has no locks, nothing keeps two apart; that is no reason to refuse one.
    if (!run_file_lock(log->file) && errno == EWOULDBLOCK)
        return entrain_error_set(error_out, ENTRAIN_IO,
                                 "Another process is writing %s; wait for its end, or end it.", log->path);
    return ENTRAIN_OK;
}

static entrain_status begin_reading(const char *path, bool writing, json_t **header_out,
                                    journal **journal_out, entrain_error *error_out) {
    journal *log = make(path, error_out);
    if (log == NULL)
        return ENTRAIN_NO_MEMORY;
    reading in = {.log = log, .number = 1};
    entrain_status status = ENTRAIN_OK;
    struct stat facts;
    log->writing = writing;
    log->file = open(path, (writing ? O_RDWR | O_APPEND : O_RDONLY) | O_CLOEXEC | O_NONBLOCK);
    if (log->file < 0 || fstat(log->file, &facts) != 0)
        status = entrain_error_set(error_out, ENTRAIN_IO, "%s cannot be opened: %s.", path, strerror(errno));
    else if (!S_ISREG(facts.st_mode))
        status = entrain_error_set(error_out, ENTRAIN_IO, "%s is no file.", path);
    if (status == ENTRAIN_OK && writing)
        status = lock(log, error_out);
    if (status == ENTRAIN_OK)
        status = read_lines(&in, error_out);
    if (status == ENTRAIN_OK && in.header == NULL)
        status =
            entrain_error_set(error_out, ENTRAIN_PARSE,
                              "%s is empty or torn in its first line; take it away and begin anew.", path);
    if (status == ENTRAIN_OK && writing) {
        if (ftruncate(log->file, log->size) != 0 || fdatasync(log->file) != 0)
            status =
                entrain_error_set(error_out, ENTRAIN_IO, "%s cannot be written: %s.", path, strerror(errno));
        log->synced = log->size;
    }
    if (status != ENTRAIN_OK) {
        json_decref(in.header);
        journal_close(log);
        return status;
    }
    if (header_out != NULL)
        *header_out = in.header;
    else
        json_decref(in.header);
    *journal_out = log;
    return ENTRAIN_OK;
}

entrain_status journal_open(const char *path, json_t **header_out, journal **journal_out,
                            entrain_error *error_out) {
    return begin_reading(path, true, header_out, journal_out, error_out);
}

entrain_status journal_read(const char *path, json_t **header_out, journal **journal_out,
                            entrain_error *error_out) {
    return begin_reading(path, false, header_out, journal_out, error_out);
}

const json_t *journal_find(const journal *log, const char *key) {
    json_t *entry;
    slot *one = slot_of(log, key, strlen(key), &entry);
    json_decref(one->entry);
    return one->entry = entry;
}

json_t *journal_load(const journal *log, const char *key) {
    json_t *entry;
    slot_of(log, key, strlen(key), &entry);
    return entry;
}

size_t journal_count(const journal *log) { return log->used; }

// ---- writing

// Cuts off what is not on the disk, of a write that failed what is no whole line. Where even that fails, what
// is left is torn, and cut off by the next to open it.
static entrain_status refuse_write(journal *log, int fault, entrain_error *error_out) {
    if (log->size > log->synced && ftruncate(log->file, log->size) == 0 && !log->sync_failed &&
        fdatasync(log->file) == 0)
        log->synced = log->size;
    if (ftruncate(log->file, log->synced) == 0)
        log->size = log->synced;
    else
        log->writing = false; // nothing may stand behind a torn line
    log->sync_failed = false;
    arrange(log, log->slot_count, log->synced);
    return entrain_error_set(
        error_out, ENTRAIN_IO, "%s cannot be written: %s; what was written before is safe%s.", log->path,
        strerror(fault), fault == ENOSPC || fault == EDQUOT || fault == EFBIG ? ", make room and go on" : "");
}

static entrain_status write_line(journal *log, const char *line, size_t size, entrain_error *error_out) {
    for (size_t done = 0; done < size;) {
        const ssize_t wrote = write(log->file, line + done, size - done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return refuse_write(log, wrote < 0 ? errno : ENOSPC, error_out);
        done += (size_t)wrote;
    }
    log->size += (off_t)size;
    return ENTRAIN_OK;
}

entrain_status journal_sync(journal *log, entrain_error *error_out) {
    if (log->size == log->synced)
        return ENTRAIN_OK;
    while (fdatasync(log->file) != 0)
        if (errno != EINTR) {
            log->sync_failed = true; // a second one would succeed, and have synced nothing
            return refuse_write(log, errno, error_out);
        }
    log->synced = log->size;
    return ENTRAIN_OK;
}

entrain_status journal_add(journal *log, const char *key, json_t *entry, entrain_error *error_out) {
    if (!log->writing)
        return entrain_error_set(error_out, ENTRAIN_ORDER, "%s cannot be written to any more.", log->path);
    size_t size = 0;
    char *line = make_room(log) ? line_of(key, entry, &size) : NULL;
    if (line == NULL)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "%s: there is no memory for a line.",
                                 log->path);
    const off_t offset = log->size;
    const entrain_status status = write_line(log, line, size, error_out);
    if (status == ENTRAIN_OK)
        put(log, key, strlen(key), offset, size - 1);
    free(line);
    return status;
}

entrain_status journal_append(journal *log, const char *key, json_t *entry, entrain_error *error_out) {
    const entrain_status status = journal_add(log, key, entry, error_out);
    return status == ENTRAIN_OK ? journal_sync(log, error_out) : status;
}

// Opens and locks "path.part", which the one who writes the header gives its name: a journal that has its
// name has its first line. An earlier attempt's is taken over.
static entrain_status open_part(journal *log, const char *part, entrain_error *error_out) {
    for (int attempt = 0; attempt < 10; attempt++) {
        struct stat there, opened;
        log->file = open(part, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        if (log->file < 0)
            break;
        const entrain_status status = lock(log, error_out);
        if (status != ENTRAIN_OK)
            return status;
        // Its owner may have given it its name since: then it is not the part any more.
        if (fstat(log->file, &opened) == 0 && stat(part, &there) == 0 && opened.st_ino == there.st_ino &&
            opened.st_nlink == 1)
            return ENTRAIN_OK;
        close(log->file);
        log->file = -1;
    }
    return entrain_error_set(error_out, ENTRAIN_IO, "%s cannot be written: %s.", part, strerror(errno));
}

// link() refuses a name that is taken, which rename() does not; some file systems have only the latter.
static bool give_name(const char *part, const char *path) {
    if (link(part, path) == 0)
        return unlink(part) == 0;
    if (errno == EEXIST)
        return false;
    if (access(path, F_OK) == 0) {
        errno = EEXIST;
        return false;
    }
    return rename(part, path) == 0;
}

entrain_status journal_create(const char *path, const json_t *header, journal **journal_out,
                              entrain_error *error_out) {
    if (access(path, F_OK) == 0)
        return entrain_error_set(error_out, ENTRAIN_IO,
                                 "%s is there already; go on with --resume, or name another directory.",
                                 path);
    journal *log = make(path, error_out);
    if (log == NULL)
        return ENTRAIN_NO_MEMORY;
    char *part = NULL, *line = NULL;
    size_t size = 0;
    json_t *copy = json_copy((json_t *)(uintptr_t)header); // its own "key" would make an entry of it
    log->writing = true;
    if (asprintf(&part, "%s.part", path) < 0)
        part = NULL;
    if (copy != NULL)
        line = line_of(NULL, copy, &size);
    entrain_status status = part != NULL && line != NULL ? ENTRAIN_OK : no_memory(path, error_out);
    if (status == ENTRAIN_OK)
        status = open_part(log, part, error_out);
    if (status == ENTRAIN_OK && ftruncate(log->file, 0) != 0)
        status = refuse_write(log, errno, error_out);
    if (status == ENTRAIN_OK)
        status = write_line(log, line, size, error_out);
    if (status == ENTRAIN_OK)
        status = journal_sync(log, error_out);
    if (status == ENTRAIN_OK && !give_name(part, path))
        status = refuse_write(log, errno, error_out);
    if (status == ENTRAIN_OK)
        entrain__sync_name(path);
    json_decref(copy);
    free(part);
    free(line);
    if (status != ENTRAIN_OK) {
        journal_close(log);
        return status;
    }
    *journal_out = log;
    return ENTRAIN_OK;
}

void journal_close(journal *log) {
    if (log == NULL)
        return;
    for (size_t i = 0; i < log->slot_count; i++)
        json_decref(log->slots[i].entry);
    if (log->file >= 0)
        close(log->file);
    free(log->slots);
    free(log->path);
    free(log);
}
