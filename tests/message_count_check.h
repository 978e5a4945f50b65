/// @file message_count_check.h  Where every message of an engine went, against what is expected.
#ifndef ENTRAIN_TESTS_MESSAGE_COUNT_CHECK_H
#define ENTRAIN_TESTS_MESSAGE_COUNT_CHECK_H

#include "check.h"

#include "entrain/engine.h"

static inline entrain_message_count counted(const entrain_engine *engine) {
    entrain_message_count count;
    entrain_engine_count(engine, &count);
    assert_int_equal(entrain_message_count_residual(&count), 0);
    return count;
}

/// CHECK_COUNT(engine, .sent = 3, .received = 3): what is not named is 0.
#define CHECK_COUNT(engine, ...)                                                                             \
    do {                                                                                                     \
        const entrain_message_count got = counted(engine), due = {__VA_ARGS__};                              \
        assert_int_equal(got.sent, due.sent);                                                                \
        assert_int_equal(got.received, due.received);                                                        \
        assert_int_equal(got.queued, due.queued);                                                            \
        assert_int_equal(got.shed, due.shed);                                                                \
        assert_int_equal(got.conflated, due.conflated);                                                      \
        assert_int_equal(got.undeliverable, due.undeliverable);                                              \
        assert_int_equal(got.cancelled, due.cancelled);                                                      \
        assert_int_equal(got.lost, due.lost);                                                                \
    } while (0)

#endif
