// Journals: what was appended is found again, whatever became of the file's end; what was damaged is never
// believed; nothing counts that has not been synced.
#include "tests/check.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sims/journal.h"

static char folder[] = "/tmp/entrain-journal.XXXXXX";
static char path[64], other[64];

static unsigned syncs, syncs_refused;
int __real_fdatasync(int file);
int __wrap_fdatasync(int file);
int __wrap_fdatasync(int file) {
    syncs++;
    if (syncs_refused > 0) {
        syncs_refused--;
        errno = ENOSPC;
        return -1;
    }
    return __real_fdatasync(file);
}

static int begin(void **state) {
    (void)state;
    unlink(path);
    unlink(other);
    syncs_refused = 0;
    return 0;
}

static journal *create(void) {
    journal *log = NULL;
    entrain_error error;
    json_t *header = json_pack("{s:s, s:i}", "format", "test", "plan", 7);
    CHECK_OK(journal_create(path, header, &log, &error), error);
    json_decref(header);
    return log;
}

static json_t *entry_of(int number) {
    return json_pack("{s:i, s:f, s:{s:s}}", "run", number, "value", number / 7.0, "inner", "text",
                     "a \"b\" \\ \n c");
}

static void append(journal *log, const char *key, int number) {
    entrain_error error;
    json_t *entry = entry_of(number);
    CHECK_OK(journal_append(log, key, entry, &error), error);
    assert_string_equal(json_string_value(json_object_get(entry, "key")), key);
    json_decref(entry);
}

// Whether the entry with @p key is that of @p number.
static bool holds(const journal *log, const char *key, int number) {
    const json_t *found = journal_find(log, key);
    if (found == NULL)
        return false;
    json_t *wanted = entry_of(number);
    json_object_set_new(wanted, "key", json_string(key));
    const bool equal = json_equal(found, wanted) == 1;
    json_decref(wanted);
    return equal;
}

static char *bytes_of(const char *name, size_t *size_out) {
    FILE *file = fopen(name, "rb");
    assert_non_null(file);
    char *bytes = malloc(1 << 20);
    *size_out = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}

static void write_bytes(const char *name, const char *bytes, size_t size) {
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

static off_t size_of(const char *name) {
    struct stat facts;
    return stat(name, &facts) == 0 ? facts.st_size : -1;
}

static void test_entries_come_back(void **state) {
    (void)state;
    static const char *const keys[] = {"1",  "",    "a \"quoted\" \\ key", "sweep:3:ab/17", "\xc3\xa4",
                                       "\n", "17.2"};
    enum { KEYS = sizeof keys / sizeof *keys };
    journal *log = create();
    entrain_error error;
    for (int k = 0; k < KEYS; k++)
        append(log, keys[k], k);
    append(log, "1", 100); // the latest of several
    json_t *nothing = json_object();
    CHECK_OK(journal_append(log, "nothing", nothing, &error), error);
    json_decref(nothing);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(journal_count(log), KEYS + 1);
        for (int k = 1; k < KEYS; k++)
            assert_true(holds(log, keys[k], k));
        assert_true(holds(log, "1", 100));
        assert_int_equal(json_object_size(journal_find(log, "nothing")), 1);
        assert_null(journal_find(log, "2"));
        journal_close(log);
        json_t *header = NULL;
        CHECK_OK((round == 0 ? journal_open : journal_read)(path, &header, &log, &error), error);
        assert_int_equal(json_integer_value(json_object_get(header, "plan")), 7);
        assert_int_equal(json_object_size(header), 2);
        json_decref(header);
    }
    json_t *entry = entry_of(1);
    CHECK_REFUSED(journal_append(log, "x", entry, &error), ENTRAIN_ORDER, error, "cannot be written");
    json_decref(entry);
    journal_close(log);
    CHECK_REFUSED(journal_create(path, NULL, &log, &error), ENTRAIN_IO, error, "is there already");
    CHECK_REFUSED(journal_open(other, NULL, &log, &error), ENTRAIN_IO, error, "No such file");
    CHECK_REFUSED(journal_open(folder, NULL, &log, &error), ENTRAIN_IO, error, folder);
}

static void test_torn_at_every_byte(void **state) {
    (void)state;
    journal *log = create();
    append(log, "1", 1);
    append(log, "2", 2);
    append(log, "3", 3);
    journal_close(log);
    size_t size = 0, header_size = 0;
    char *bytes = bytes_of(path, &size);
    header_size = (size_t)(strchr(bytes, '\n') - bytes) + 1;
    for (size_t cut = 0; cut <= size; cut++) {
        entrain_error error;
        write_bytes(other, bytes, cut);
        if (cut < header_size) {
            CHECK_REFUSED(journal_open(other, NULL, &log, &error), ENTRAIN_PARSE, error, "first line");
            continue;
        }
        size_t whole = 0;
        for (size_t i = header_size; i < cut; i++)
            whole += bytes[i] == '\n';
        // Read while another writes it: the same entries, and the file stays as it is.
        CHECK_OK(journal_read(other, NULL, &log, &error), error);
        assert_int_equal(journal_count(log), whole);
        journal_close(log);
        assert_int_equal(size_of(other), cut);
        CHECK_OK(journal_open(other, NULL, &log, &error), error);
        assert_int_equal(journal_count(log), whole);
        append(log, "4", 4);
        journal_close(log);
        CHECK_OK(journal_open(other, NULL, &log, &error), error);
        assert_int_equal(journal_count(log), whole + 1);
        for (int k = 1; k <= 4; k++) {
            const char key[] = {(char)('0' + k), '\0'};
            assert_int_equal(holds(log, key, k), k == 4 || k <= (int)whole);
        }
        journal_close(log);
    }
    free(bytes);
}

// No bit can change without its line being missed.
static void test_damaged_anywhere(void **state) {
    (void)state;
    journal *log = create();
    append(log, "1", 1);
    append(log, "2", 2);
    append(log, "3", 3);
    journal_close(log);
    size_t size = 0;
    char *bytes = bytes_of(path, &size);
    unsigned refused = 0, cut = 0;
    for (size_t at = 0; at < size; at++) {
        for (int bit = 0; bit < 8; bit++) {
            entrain_error error;
            bytes[at] ^= (char)(1 << bit);
            write_bytes(other, bytes, size);
            if (journal_open(other, NULL, &log, &error) != ENTRAIN_OK) {
                assert_true(strlen(error.sentence) > 20);
                refused++;
            } else {
                for (int k = 1; k <= 3; k++) {
                    const char key[] = {(char)('0' + k), '\0'};
                    assert_true(journal_find(log, key) == NULL || holds(log, key, k) ||
                                json_object_size(journal_find(log, key)) == 5); // "sum" has another name now
                }
                cut += journal_count(log) < 3;
                journal_close(log);
            }
            bytes[at] ^= (char)(1 << bit);
        }
    }
    assert_true(refused > size * 4); // two lines and the header of four
    assert_true(cut > size);         // the last
    free(bytes);
}

static void test_what_went_down_with_the_machine(void **state) {
    (void)state;
    journal *log = create();
    append(log, "1", 1);
    append(log, "2", 2);
    append(log, "3", 3);
    journal_close(log);
    size_t size = 0;
    char *bytes = bytes_of(path, &size);
    char *second = strstr(bytes, "{\"key\":\"2\"");
    memset(second + 5, 0, 20); // a block that the disk never got, and one after it that it got
    write_bytes(other, bytes, size);
    entrain_error error;
    CHECK_OK(journal_open(other, NULL, &log, &error), error);
    assert_int_equal(journal_count(log), 1);
    assert_true(holds(log, "1", 1));
    journal_close(log);
    memset(second + 5, 'x', 20); // no hole: somebody did this
    write_bytes(other, bytes, size);
    CHECK_REFUSED(journal_open(other, NULL, &log, &error), ENTRAIN_PARSE, error, "line 3, is damaged");
    free(bytes);
    static const char by_hand[] = "{\"format\":\"by hand\"}\n{\"key\":\"7\",\"run\":7}\n{\"run\":8}\n";
    write_bytes(other, by_hand, sizeof by_hand - 1);
    CHECK_OK(journal_open(other, NULL, &log, &error), error); // without sums; the last one is no entry
    assert_int_equal(journal_count(log), 1);
    assert_int_equal(json_integer_value(json_object_get(journal_find(log, "7"), "run")), 7);
    journal_close(log);
}

static void test_nothing_counts_before_it_is_synced(void **state) {
    (void)state;
    journal *log = create();
    entrain_error error;
    append(log, "1", 1);
    const unsigned before = syncs;
    append(log, "2", 2);
    assert_int_equal(syncs, before + 1);
    for (int k = 3; k < 6; k++) {
        const char key[] = {(char)('0' + k), '\0'};
        json_t *entry = entry_of(k);
        CHECK_OK(journal_add(log, key, entry, &error), error);
        json_decref(entry);
    }
    assert_int_equal(syncs, before + 1);
    const off_t size = size_of(path);
    syncs_refused = 1;
    CHECK_REFUSED(journal_sync(log, &error), ENTRAIN_IO, error, "No space left on device");
    assert_true(size_of(path) < size);
    assert_int_equal(journal_count(log), 2);
    assert_null(journal_find(log, "4"));
    append(log, "6", 6); // there is room again
    journal_close(log);
    CHECK_OK(journal_open(path, NULL, &log, &error), error);
    assert_int_equal(journal_count(log), 3);
    assert_true(holds(log, "1", 1) && holds(log, "2", 2) && holds(log, "6", 6));
    journal_close(log);
    unlink(path);
    syncs_refused = 1; // nor is there a journal whose first line was not
    json_t *header = json_object();
    CHECK_REFUSED(journal_create(path, header, &log, &error), ENTRAIN_IO, error, "No space left");
    assert_int_equal(size_of(path), -1);
    CHECK_OK(journal_create(path, header, &log, &error), error);
    json_decref(header);
    journal_close(log);
    CHECK_OK(journal_open(path, NULL, &log, &error), error);
    journal_close(log);
}

// A file that may not grow is a disk that is full: at every byte.
static void test_full_disk(void **state) {
    (void)state;
    struct rlimit before, tight;
    getrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_IGN);
    journal *log = create();
    append(log, "1", 1);
    journal_close(log);
    const off_t one = size_of(path);
    for (off_t room = 0; room < 90; room++) {
        entrain_error error;
        CHECK_OK(journal_open(path, NULL, &log, &error), error);
        tight = before;
        tight.rlim_cur = (rlim_t)(one + room);
        setrlimit(RLIMIT_FSIZE, &tight);
        json_t *entry = entry_of(2);
        const entrain_status status = journal_append(log, "2", entry, &error);
        setrlimit(RLIMIT_FSIZE, &before);
        json_decref(entry);
        assert_int_equal(status, ENTRAIN_IO);
        assert_non_null(strstr(error.sentence, "what was written before is safe, make room"));
        assert_int_equal(size_of(path), one);
        assert_int_equal(journal_count(log), 1);
        assert_null(journal_find(log, "2"));
        journal_close(log);
    }
    entrain_error error;
    CHECK_OK(journal_open(path, NULL, &log, &error), error);
    append(log, "2", 2);
    assert_true(holds(log, "1", 1) && holds(log, "2", 2));
    // Of several at once, those that had room are kept.
    tight.rlim_cur = (rlim_t)(size_of(path) + 250);
    setrlimit(RLIMIT_FSIZE, &tight);
    entrain_status status = ENTRAIN_OK;
    for (int k = 3; k < 9 && status == ENTRAIN_OK; k++) {
        const char key[] = {(char)('0' + k), '\0'};
        json_t *entry = entry_of(k);
        status = journal_add(log, key, entry, &error);
        json_decref(entry);
    }
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(status, ENTRAIN_IO);
    assert_int_equal(journal_count(log), 4);
    assert_true(holds(log, "3", 3) && holds(log, "4", 4));
    assert_null(journal_find(log, "5"));
    journal_close(log);
}

static void test_one_writes(void **state) {
    (void)state;
    journal *log = create(), *second = NULL;
    entrain_error error;
    CHECK_REFUSED(journal_open(path, NULL, &second, &error), ENTRAIN_IO, error, "Another process");
    const pid_t child = fork();
    if (child == 0)
        _exit(journal_open(path, NULL, &second, &error) == ENTRAIN_IO ? 0 : 1);
    int how = 0;
    waitpid(child, &how, 0);
    assert_int_equal(how, 0);
    append(log, "1", 1);
    CHECK_OK(journal_read(path, NULL, &second, &error), error); // who only reads may
    assert_true(holds(second, "1", 1));
    journal_close(second);
    journal_close(log);
    CHECK_OK(journal_open(path, NULL, &log, &error), error);
    // One that was killed may leave a child that has not let go yet: that is waited for.
    const pid_t late = fork();
    if (late == 0) {
        poll(NULL, 0, 200);
        _exit(0);
    }
    journal_close(log);
    CHECK_OK(journal_open(path, NULL, &log, &error), error);
    waitpid(late, &how, 0);
    journal_close(log);
}

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int lines = 50000;

static void test_many(void **state) {
    (void)state;
    journal *log = create();
    entrain_error error;
    json_t *entry = entry_of(0);
    double before_s = now_s();
    for (int k = 0; k < lines; k++) {
        char key[16];
        snprintf(key, sizeof key, "%d", k);
        json_object_set_new(entry, "run", json_integer(k));
        json_t *copy = json_copy(entry);
        CHECK_OK(journal_add(log, key, copy, &error), error);
        json_decref(copy);
    }
    CHECK_OK(journal_sync(log, &error), error);
    json_decref(entry);
    journal_close(log);
    const double wrote_s = now_s() - before_s;
    before_s = now_s();
    CHECK_OK(journal_open(path, NULL, &log, &error), error);
    const double read_s = now_s() - before_s;
    assert_int_equal(journal_count(log), lines);
    for (int k = 0; k < lines; k += lines / 1000) {
        char key[16];
        snprintf(key, sizeof key, "%d", k);
        assert_int_equal(json_integer_value(json_object_get(journal_find(log, key), "run")), k);
    }
    assert_null(journal_find(log, "-1"));
    journal_close(log);
    print_message("%d lines of %.0f bytes: written in %.2f s, read in %.2f s of the processor\n", lines,
                  (double)size_of(path) / lines, wrote_s, read_s);
}

int main(int argc, char **argv) {
    if (argc > 1)
        lines = atoi(argv[1]);
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/runs.jsonl", folder);
    snprintf(other, sizeof other, "%s/other.jsonl", folder);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_entries_come_back, begin),
        cmocka_unit_test_setup(test_torn_at_every_byte, begin),
        cmocka_unit_test_setup(test_damaged_anywhere, begin),
        cmocka_unit_test_setup(test_what_went_down_with_the_machine, begin),
        cmocka_unit_test_setup(test_nothing_counts_before_it_is_synced, begin),
        cmocka_unit_test_setup(test_full_disk, begin),
        cmocka_unit_test_setup(test_one_writes, begin),
        cmocka_unit_test_setup(test_many, begin),
    };
    const int failed = cmocka_run_group_tests_name("journal", tests, NULL, NULL);
    unlink(path);
    unlink(other);
    rmdir(folder);
    return failed;
}
