// Children, each with a pipe. Nothing here has a thread: the parent looks at pipes and children in
// pool_wait(), where alone SIGCHLD is let through (ppoll), so that an end cannot slip in between looking and
// waiting.
//
// A child stays in its parent's process group: Ctrl-C and Ctrl-Z at a terminal mean all of them. It keeps no
// descriptor of its parent's but 0 to 2 and its pipe: a lock that it held on to would keep a resumed parent
// out, a pipe of a sibling would hide that one's end. It ends by _exit(), so that nothing which the parent
// had in its buffers is written twice.
#include "sims/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sims/say.h"

enum { READ_BYTES = 64 << 10, READS_MAX = 64, LINE_BYTES_MAX = 256 << 20 };

typedef struct child {
    pid_t process; // 0: it has ended
    uint64_t id;
    uint32_t workers;
    size_t bytes;
    int lines;  // -1: no more come
    char *text; // a line that is not whole yet
    size_t size, room;
    double begun_s;
    bool killed; // by us
} child;

struct pool {
    uint32_t workers;
    size_t bytes;
    pool_watch watch;
    child **children;
    struct pollfd *polled;
    size_t count, room;
    uint32_t workers_used;
    size_t bytes_used;
    double created_s, processor_s, held_s; // of those that have ended
    struct sigaction action_before;
    sigset_t mask_before;
};

static double seconds_of(struct timeval time) { return (double)time.tv_sec + 1e-6 * (double)time.tv_usec; }

// What the machine and its cgroup have free, in bytes; 0: it does not say.
static size_t free_bytes(void) {
    unsigned long long found = 0, limit = 0, used = 0;
    char line[128];
    FILE *file = fopen("/proc/meminfo", "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "MemAvailable: %llu kB", &found) == 1)
            break;
    if (file != NULL)
        fclose(file);
    found *= 1024;
    // In a container the root of what is seen is its own group.
    FILE *most = fopen("/sys/fs/cgroup/memory.max", "re"),
         *now = fopen("/sys/fs/cgroup/memory.current", "re");
    if (most != NULL && now != NULL && fscanf(most, "%llu", &limit) == 1 && fscanf(now, "%llu", &used) == 1) {
        const unsigned long long left = limit > used ? limit - used : 1;
        found = found == 0 || left < found ? left : found;
    }
    if (most != NULL)
        fclose(most);
    if (now != NULL)
        fclose(now);
    return (size_t)found;
}

static void on_child(int number) { (void)number; } // it only ends waits

entrain_status pool_create(uint32_t workers, size_t bytes, const pool_watch *watch, pool **pool_out,
                           entrain_error *error_out) {
    pool *jobs = calloc(1, sizeof *jobs);
    if (jobs == NULL)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "There is no memory for children.");
    jobs->workers = workers > 0 ? workers : 1;
    jobs->bytes = bytes > 0 ? bytes : free_bytes() / 10 * 9;
    jobs->watch = *watch;
    jobs->created_s = wall_now_s();
    // Also where whoever started us had it ignored: then children would vanish without a word.
    struct sigaction action = {.sa_handler = on_child, .sa_flags = SA_RESTART};
    sigset_t children;
    sigemptyset(&action.sa_mask);
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigaction(SIGCHLD, &action, &jobs->action_before);
    sigprocmask(SIG_BLOCK, &children, &jobs->mask_before);
    *pool_out = jobs;
    return ENTRAIN_OK;
}

bool pool_has_room(const pool *jobs, uint32_t workers, size_t bytes) {
    if (jobs->workers_used == 0)
        return true;
    if (jobs->workers_used > jobs->workers || workers > jobs->workers - jobs->workers_used)
        return false;
    return jobs->bytes == 0 || bytes == 0 ||
           (jobs->bytes_used <= jobs->bytes && bytes <= jobs->bytes - jobs->bytes_used);
}

static child *make_child(pool *jobs, const pool_job *job) {
    if (jobs->count == jobs->room) {
        const size_t room = jobs->room > 0 ? jobs->room * 2 : 16;
        child **children = realloc(jobs->children, room * sizeof *children);
        if (children != NULL)
            jobs->children = children;
        struct pollfd *polled = children != NULL ? realloc(jobs->polled, room * sizeof *polled) : NULL;
        if (polled == NULL)
            return NULL;
        jobs->polled = polled;
        jobs->room = room;
    }
    child *one = calloc(1, sizeof *one);
    if (one != NULL)
        *one = (child){.id = job->id, .workers = job->workers, .bytes = job->bytes, .lines = -1};
    return one;
}

static void close_all_from(int first) {
#ifdef SYS_close_range
    if (syscall(SYS_close_range, (unsigned)first, ~0u, 0u) == 0)
        return;
#endif
    const long most = sysconf(_SC_OPEN_MAX);
    for (int file = first; file < most && file < (1 << 20); file++)
        close(file);
}

_Noreturn static void be_child(const pool *jobs, const pool_job *job, int pipe_end, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) // it died before it could be said
        _exit(1);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGUSR1, SIG_IGN); // whoever asks all of us for a status means the parent
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_SETMASK, &jobs->mask_before, NULL);
    const int lines_file = STDERR_FILENO + 1;
    if (pipe_end != lines_file)
        dup2(pipe_end, lines_file);
    close_all_from(lines_file + 1);
    fcntl(lines_file, F_SETFD, FD_CLOEXEC); // gnuplot and the like must not hold it
    FILE *lines = fdopen(lines_file, "w");
    int code = 1;
    if (lines != NULL) {
        code = job->body(job->context, job->id, lines);
        if (fflush(lines) != 0)
            code = code == 0 ? 1 : code;
    }
    fflush(stdout);
    fflush(stderr);
    _exit(code);
}

entrain_status pool_begin(pool *jobs, const pool_job *job, entrain_error *error_out) {
    int ends[2];
    if (!pool_has_room(jobs, job->workers, job->bytes))
        return entrain_error_set(error_out, ENTRAIN_FULL, "No worker is free for a further run.");
    child *one = make_child(jobs, job);
    if (one == NULL)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "There is no memory for a further run.");
    if (pipe2(ends, O_CLOEXEC) != 0) {
        free(one);
        return entrain_error_set(error_out, ENTRAIN_SYSTEM, "A pipe to a further run could not be had: %s.",
                                 strerror(errno));
    }
    fflush(NULL); // what is in buffers now is the parent's to write
    const pid_t parent = getpid();
    const pid_t process = fork();
    if (process == 0)
        be_child(jobs, job, ends[1], parent);
    close(ends[1]);
    if (process < 0) {
        const int fault = errno;
        close(ends[0]);
        free(one);
        return entrain_error_set(error_out, ENTRAIN_SYSTEM,
                                 "A process for a further run could not be had: %s.", strerror(fault));
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    one->process = process;
    one->lines = ends[0];
    one->begun_s = wall_now_s();
    jobs->children[jobs->count++] = one;
    jobs->workers_used += one->workers;
    jobs->bytes_used += one->bytes;
    return ENTRAIN_OK;
}

static void stop_reading(child *one) {
    if (one->lines >= 0)
        close(one->lines);
    one->lines = -1;
}

static bool make_line_room(child *one) {
    if (one->room - one->size >= READ_BYTES)
        return true;
    const size_t room = one->room > 0 ? one->room * 2 : 2 * (size_t)READ_BYTES;
    char *text = room <= LINE_BYTES_MAX ? realloc(one->text, room) : NULL;
    if (text == NULL)
        return false;
    one->text = text;
    one->room = room;
    return true;
}

// Hands out the whole lines there are; keeps the beginning of the next. One that writes without end waits for
// its next turn.
static void read_lines(pool *jobs, child *one) {
    for (int turn = 0; turn < READS_MAX && one->lines >= 0; turn++) {
        if (!make_line_room(one)) { // its lines are lost: who misses them sees that they are
            stop_reading(one);
            break;
        }
        const ssize_t got = read(one->lines, one->text + one->size, READ_BYTES);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            break;
        if (got <= 0) {
            stop_reading(one);
            break;
        }
        size_t from = 0, looked = one->size;
        one->size += (size_t)got;
        for (char *end; (end = memchr(one->text + looked, '\n', one->size - looked)) != NULL;) {
            *end = '\0';
            jobs->watch.line(jobs->watch.context, one->id, one->text + from);
            from = looked = (size_t)(end - one->text) + 1;
        }
        memmove(one->text, one->text + from, one->size - from);
        one->size -= from;
    }
}

// Whether it has ended; then all that it wrote and how it ended have been handed out.
static bool look_at(pool *jobs, child *one) {
    struct rusage used;
    int how = 0;
    const pid_t found = wait4(one->process, &how, WNOHANG, &used);
    if (found == 0 || (found < 0 && errno == EINTR)) {
        read_lines(jobs, one);
        return false;
    }
    pool_end end = {.id = one->id, .workers = one->workers, .wall_s = wall_now_s() - one->begun_s, .code = 1};
    read_lines(jobs, one);
    stop_reading(one);
    if (found > 0) {
        end.code = WIFEXITED(how) ? WEXITSTATUS(how) : -1;
        end.signal = WIFSIGNALED(how) ? WTERMSIG(how) : 0;
        end.out_of_memory = end.signal == SIGKILL && !one->killed;
        end.processor_s = seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
        end.resident_bytes_max = (size_t)used.ru_maxrss * 1024;
    }
    one->process = 0;
    jobs->workers_used -= one->workers;
    jobs->bytes_used -= one->bytes;
    jobs->processor_s += end.processor_s;
    jobs->held_s += end.wall_s * one->workers;
    jobs->watch.ended(jobs->watch.context, &end);
    return true;
}

static void wait_for_something(pool *jobs, double wait_s) {
    for (size_t i = 0; i < jobs->count; i++)
        jobs->polled[i] = (struct pollfd){.fd = jobs->children[i]->lines, .events = POLLIN};
    const struct timespec most = {.tv_sec = (time_t)wait_s,
                                  .tv_nsec = (long)((wait_s - (double)(time_t)wait_s) * 1e9)};
    sigset_t open = jobs->mask_before;
    sigdelset(&open, SIGCHLD);
    ppoll(jobs->polled, jobs->count, &most, &open);
}

uint32_t pool_wait(pool *jobs, double wait_s) {
    if (jobs->count > 0)
        wait_for_something(jobs, wait_s > 0 ? wait_s : 0);
    // Those that the watch begins meanwhile have their turn next time.
    const size_t count = jobs->count;
    for (size_t i = 0; i < count; i++)
        look_at(jobs, jobs->children[i]);
    size_t kept = 0;
    for (size_t i = 0; i < jobs->count; i++) {
        child *one = jobs->children[i];
        if (one->process != 0) {
            jobs->children[kept++] = one;
        } else {
            free(one->text);
            free(one);
        }
    }
    jobs->count = kept;
    return (uint32_t)kept;
}

static void tell_all(const pool *jobs, int number) {
    for (size_t i = 0; i < jobs->count; i++) {
        kill(jobs->children[i]->process, number);
        jobs->children[i]->killed = jobs->children[i]->killed || number == SIGKILL;
    }
}

void pool_kill(pool *jobs, uint64_t id) {
    for (size_t i = 0; i < jobs->count; i++) {
        if (jobs->children[i]->id != id)
            continue;
        jobs->children[i]->killed = true;
        kill(jobs->children[i]->process, SIGKILL);
    }
}

void pool_stop(pool *jobs, double patience_s) {
    const double until_s = wall_now_s() + patience_s;
    tell_all(jobs, SIGTERM);
    tell_all(jobs, SIGCONT); // one that stands still would not hear it
    while (jobs->count > 0) {
        const double left_s = until_s - wall_now_s();
        if (left_s <= 0)
            tell_all(jobs, SIGKILL);
        pool_wait(jobs, left_s > 0 ? left_s : 1);
    }
}

double pool_busy(const pool *jobs) {
    double busy_s = jobs->processor_s;
    for (size_t i = 0; i < jobs->count; i++) {
        clockid_t clock;
        struct timespec used;
        if (clock_getcpuclockid(jobs->children[i]->process, &clock) == 0 && clock_gettime(clock, &used) == 0)
            busy_s += (double)used.tv_sec + 1e-9 * (double)used.tv_nsec;
    }
    const double all_s = jobs->workers * (wall_now_s() - jobs->created_s);
    return all_s > busy_s ? busy_s / all_s : 1;
}

double pool_held(const pool *jobs) {
    const double now_s = wall_now_s();
    double held_s = jobs->held_s;
    for (size_t i = 0; i < jobs->count; i++)
        held_s += (now_s - jobs->children[i]->begun_s) * jobs->children[i]->workers;
    const double all_s = jobs->workers * (now_s - jobs->created_s);
    return all_s > held_s ? held_s / all_s : 1;
}

size_t pool_bytes(const pool *jobs) { return jobs->bytes; }

void pool_destroy(pool *jobs) {
    if (jobs == NULL)
        return;
    pool_stop(jobs, 0);
    sigset_t mask = jobs->mask_before;
    sigaction(SIGCHLD, &jobs->action_before, NULL);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    free(jobs->children);
    free(jobs->polled);
    free(jobs);
}
