#define BENCH_BARE bench_bare_avx2
#define BENCH_STRICT bench_strict_avx2
#include "sims/bench_loop.inc"
