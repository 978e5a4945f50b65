/// @file bench_loop.h  The loops that Entrain is measured against: no actors, no messages, no tasks, no
/// promise.
#ifndef ENTRAIN_TESTS_BENCH_LOOP_H
#define ENTRAIN_TESTS_BENCH_LOOP_H

#include <stdbool.h>
#include <stdint.h>

/// One swarm of phases on a graph in CSR form, in floating point.
typedef struct bench_loop {
    uint32_t count;
    const uint64_t *offsets;
    const int32_t *speakers;
    const double *frequency;
    const double *gain; ///< K / degree
    double step_s;
    bool far; ///< speakers lie far away: fetch them ahead
    double *phase;
    int32_t *turns;
    double *pairs[2]; ///< [count][2] cos, sin: heard, and being written
} bench_loop;

/// One Euler step of actors first .. last-1: reads pairs[0], writes pairs[1]. Blocked so that sums stay in
/// the first cache; compiled once per vector instruction set; the same kernels as Entrain's.
void bench_loop_sse2(const bench_loop *loop, uint32_t first, uint32_t last);
void bench_loop_avx2(const bench_loop *loop, uint32_t first, uint32_t last);
void bench_loop_avx512(const bench_loop *loop, uint32_t first, uint32_t last);
/// The same with libm's sin and cos, one actor at a time: what one writes first.
void bench_loop_libm(const bench_loop *loop, uint32_t first, uint32_t last);

#endif
