#define BENCH_LOOP bench_loop_avx2
#include "bench_loop.inc"
