/// @file tidy.h  Included before everything when clang-tidy runs, and only then (tests/run --tidy).
///
/// Its analyzer looks at one file at a time, so it cannot know that entrain_error_set() returns the status it
/// was given; after `return entrain_error_set(...)` it would go on as if that might be ENTRAIN_OK and find
/// nothing but ghosts.
#ifndef ENTRAIN_TESTS_TIDY_H
#define ENTRAIN_TESTS_TIDY_H

#include "entrain/status.h"

#define entrain_error_set(error_out, status, ...)                                                            \
    ((void)(entrain_error_set)(error_out, status, __VA_ARGS__), (status))

#endif
