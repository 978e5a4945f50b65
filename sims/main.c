// The `entrain` command: finds the command, lets it run, and makes sure that what it printed arrived.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "entrain/engine.h"
#include "sims/interrupt.h"
#include "sims/options.h"
#include "sims/plugins.h"
#include "sims/say.h"
#include "sims/summary.h"

static int unknown_command(const char *name) {
    const char *nearest = command_nearest(name), *dot = strrchr(name, '.');
    if (dot != NULL && (strcmp(dot, ".lua") == 0 || strcmp(dot, ".json") == 0))
        say_error("\"%s\" is a scenario and a command comes first, as in entrain run %s.", name, name);
    else if (nearest != NULL)
        say_error("there is no command \"%s\"; did you mean %s?", name, nearest);
    else
        say_error("there is no command \"%s\"; `entrain help` names those there are.", name);
    return EXIT_USAGE;
}

// `entrain run --help`, anywhere before "--".
static bool asks_for_help(int argc, char **argv) {
    for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

// Before anything else: a scenario may name what they bring.
static bool load_plugins(const cli_options *options) {
    entrain_error error = {0};
    for (uint32_t i = 0; i < options->load_count; i++)
        if (plugins_load(options->loads[i], &error) != ENTRAIN_OK) {
            say_error("%s", error.sentence);
            return false;
        }
    return true;
}

static int dispatch(int argc, char **argv) {
    if (argc < 2) {
        help_overview(stderr);
        return EXIT_USAGE;
    }
    const char *first = argv[1];
    if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0) {
        help_overview(stdout);
        return EXIT_DONE;
    }
    if (strcmp(first, "--version") == 0) {
        printf("entrain %s (%s, x86-64)\n", entrain_version(), build_compiler());
        return EXIT_DONE;
    }
    const cli_command *command = command_find(first);
    if (command == NULL)
        return unknown_command(first);
    if (asks_for_help(argc, argv)) {
        help_command(stdout, command);
        return EXIT_DONE;
    }
    cli_options options;
    entrain_error error = {0};
    if (options_parse(command, argc, argv, &options, &error) != ENTRAIN_OK) {
        say_error("%s", error.sentence);
        return EXIT_USAGE;
    }
    say_set_quiet(options.quiet);
    int code = load_plugins(&options) ? command->run(&options) : EXIT_USAGE;
    options_free(&options);
    return code;
}

// A closed stdin, stdout or stderr: the next file opened would get its number, and words for people would end
// up in data. A descriptor that cannot be used the way it is meant keeps the place, and writing to it fails
// as it should.
static void occupy_standard_streams(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            abort();
}

int main(int argc, char **argv) {
    occupy_standard_streams();
    interrupt_install();
    int code = dispatch(argc, argv);
    errno = 0;
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        // A reader that has seen enough (`entrain list keys | head`) is no failure.
        if (errno == EPIPE || code != EXIT_DONE)
            return code;
        say_error("stdout could not be written: %s.",
                  errno != 0 ? strerror(errno) : "an earlier write failed");
        return EXIT_FAILED;
    }
    return code;
}
