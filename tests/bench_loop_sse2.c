#define BENCH_LOOP bench_loop_sse2
#include "bench_loop.inc"
