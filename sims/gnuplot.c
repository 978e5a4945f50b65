// gnuplot as a subprocess. posix_spawn, because worker threads or their allocator may have left state that a
// forked copy of this process should not touch. Its stderr comes back through a pipe; the end of the pipe is
// the end of gnuplot.
#include "sims/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sims/interrupt.h"
#include "sims/say.h"

static int spawn(const char *directory, int script_fd, int stderr_fd, pid_t *pid_out) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed != 0)
        return failed;
    failed = posix_spawnattr_init(&attributes);
    if (failed != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return failed;
    }
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE); // ignored in this process
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    failed = posix_spawn_file_actions_adddup2(&actions, script_fd, STDIN_FILENO);
    if (failed == 0)
        failed = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (failed == 0)
        failed = posix_spawn_file_actions_adddup2(&actions, stderr_fd, STDERR_FILENO);
    if (failed == 0)
        failed = posix_spawn_file_actions_addchdir_np(&actions, directory);
    // -d: no initialisation files of the user's, which could change the picture.
    char *arguments[] = {"gnuplot", "-d", NULL};
    if (failed == 0)
        failed = posix_spawnp(pid_out, "gnuplot", &actions, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

// An anonymous file that holds @p text, at its beginning: no pipe to fill, nothing to clean up. Below 0 on a
// failure.
static int script_file(const char *text) {
    int fd = memfd_create("entrain-plot", MFD_CLOEXEC);
    size_t size = strlen(text);
    if (fd >= 0 && (write(fd, text, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) != 0)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

// Reads complaints until the pipe ends. The first ones matter most: what does not fit is read and dropped.
static entrain_status listen(int fd, char *text_out, size_t size) {
    double deadline_s = wall_now_s() + GNUPLOT_LIMIT_S;
    size_t used = 0;
    for (;;) {
        double left_s = deadline_s - wall_now_s();
        if (left_s <= 0)
            return ENTRAIN_TIMEOUT;
        if (interrupt_requested())
            return ENTRAIN_CANCELLED;
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        if (poll(&wait, 1, (int)(left_s < 0.2 ? left_s * 1000 + 1 : 200)) <= 0)
            continue;
        char piece[512];
        ssize_t count = read(fd, piece, sizeof piece);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            break;
        size_t kept = (size_t)count < size - 1 - used ? (size_t)count : size - 1 - used;
        memcpy(text_out + used, piece, kept);
        used += kept;
    }
    text_out[used] = '\0';
    return ENTRAIN_OK;
}

// One line of what gnuplot said: blanks for line ends and carets.
static void flatten(char *text) {
    char *to = text;
    bool blank = true;
    for (const char *from = text; *from != '\0'; from++) {
        bool is_blank = *from == '\n' || *from == '\t' || *from == ' ' || *from == '^';
        if (!is_blank)
            *to++ = *from;
        if (is_blank && !blank)
            *to++ = ' ';
        blank = is_blank;
    }
    while (to > text && to[-1] == ' ')
        to--;
    *to = '\0';
}

entrain_status gnuplot_run(const char *directory, const char *script, entrain_error *error_out) {
    int ends[2], script_fd = script_file(script);
    if (script_fd < 0 || pipe2(ends, O_CLOEXEC) != 0) {
        if (script_fd >= 0)
            close(script_fd);
        return entrain_error_set(error_out, ENTRAIN_SYSTEM, "no way to talk to gnuplot: %s", strerror(errno));
    }
    pid_t pid = 0;
    int failed = spawn(directory, script_fd, ends[1], &pid);
    close(script_fd);
    close(ends[1]);
    if (failed != 0) {
        close(ends[0]);
        if (failed == ENOENT)
            return entrain_error_set(error_out, ENTRAIN_UNKNOWN, "gnuplot is not installed");
        return entrain_error_set(error_out, ENTRAIN_SYSTEM, "gnuplot could not be started: %s",
                                 strerror(failed));
    }
    char said[400] = "";
    entrain_status status = listen(ends[0], said, sizeof said);
    close(ends[0]);
    if (status != ENTRAIN_OK)
        kill(pid, SIGKILL);
    int result = 0;
    while (waitpid(pid, &result, 0) < 0 && errno == EINTR)
        continue;
    if (status == ENTRAIN_TIMEOUT)
        return entrain_error_set(error_out, status, "gnuplot took longer than %d s and was stopped",
                                 GNUPLOT_LIMIT_S);
    if (status == ENTRAIN_CANCELLED)
        return entrain_error_set(error_out, status, "interrupted");
    flatten(said);
    if (WIFEXITED(result) && WEXITSTATUS(result) == 0)
        return ENTRAIN_OK;
    return entrain_error_set(error_out, ENTRAIN_SYSTEM, "gnuplot failed: %s",
                             *said != '\0' ? said : "it said nothing");
}
