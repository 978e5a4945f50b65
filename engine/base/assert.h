/// @file assert.h  Assertions that stay on in release builds: what callers promised, and what was just
/// established.
#ifndef ENTRAIN_BASE_ASSERT_H
#define ENTRAIN_BASE_ASSERT_H

/// Prints the broken fact with its place and aborts. Never returns.
_Noreturn void entrain__assert_failed(const char *fact, const char *file, int line);

#define ENTRAIN_ASSERT(fact)                                                                                 \
    (__builtin_expect(!(fact), 0) ? entrain__assert_failed(#fact, __FILE__, __LINE__) : (void)0)

#endif
