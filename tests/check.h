/// @file check.h  What every test includes: cmocka with the headers it forgets, and a few words of our own.
#ifndef ENTRAIN_TESTS_CHECK_H
#define ENTRAIN_TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "entrain/status.h"

/// The call must answer ENTRAIN_OK; otherwise the error's sentence is shown.
#define CHECK_OK(call, error)                                                                                \
    do {                                                                                                     \
        entrain_status check_status = (call);                                                                \
        if (check_status != ENTRAIN_OK)                                                                      \
            fail_msg("%s: %s: %s", #call, entrain_status_name(check_status), (error).sentence);              \
    } while (0)

/// The call must answer @p wanted with a sentence that contains @p words.
#define CHECK_REFUSED(call, wanted, error, words)                                                            \
    do {                                                                                                     \
        entrain_status check_status = (call);                                                                \
        if (check_status != (wanted))                                                                        \
            fail_msg("%s: answered %s, not %s", #call, entrain_status_name(check_status),                    \
                     entrain_status_name(wanted));                                                           \
        if (strstr((error).sentence, (words)) == NULL)                                                       \
            fail_msg("%s: the sentence \"%s\" does not say \"%s\"", #call, (error).sentence, (words));       \
    } while (0)

/// |a - b| <= tolerance, with both shown when not.
#define CHECK_NEAR(a, b, tolerance)                                                                          \
    do {                                                                                                     \
        double check_a = (a), check_b = (b), check_t = (tolerance);                                          \
        double check_d = check_a - check_b;                                                                  \
        if (!(check_d <= check_t && check_d >= -check_t))                                                    \
            fail_msg("%s = %.17g, expected %.17g within %.3g", #a, check_a, check_b, check_t);               \
    } while (0)

#endif
