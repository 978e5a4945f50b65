#define BENCH_LOOP bench_loop_avx512
#include "bench_loop.inc"
