/// @file command_check.h  Commands of `entrain` run within a test: what they said, and how they ended.
#ifndef ENTRAIN_TESTS_COMMAND_CHECK_H
#define ENTRAIN_TESTS_COMMAND_CHECK_H

#include "tests/check.h"

#include <unistd.h>

#include "sims/options.h"

/// Where stdout and stderr went before.
typedef struct caught {
    FILE *file;
    int kept[2];
} caught;

static inline caught catch_begin(void) {
    caught what = {.file = tmpfile()};
    assert_non_null(what.file);
    fflush(NULL);
    what.kept[0] = dup(STDOUT_FILENO);
    what.kept[1] = dup(STDERR_FILENO);
    dup2(fileno(what.file), STDOUT_FILENO);
    dup2(fileno(what.file), STDERR_FILENO);
    return what;
}

/// What was said since, cut at @p size.
static inline void catch_end(caught what, char *said_out, size_t size) {
    fflush(NULL);
    dup2(what.kept[0], STDOUT_FILENO);
    dup2(what.kept[1], STDERR_FILENO);
    close(what.kept[0]);
    close(what.kept[1]);
    rewind(what.file);
    said_out[fread(said_out, 1, size - 1, what.file)] = '\0';
    fclose(what.file);
}

/// Runs argv[1] with what follows, and returns the exit code; stdout and stderr together are in @p said_out.
static inline int run_command(int argc, char **argv, char *said_out, size_t size) {
    const cli_command *command = command_find(argv[1]);
    assert_non_null(command);
    cli_options options;
    entrain_error error;
    CHECK_OK(options_parse(command, argc, argv, &options, &error), error);
    caught what = catch_begin();
    int code = command->run(&options);
    catch_end(what, said_out, size);
    options_free(&options);
    return code;
}

#endif
