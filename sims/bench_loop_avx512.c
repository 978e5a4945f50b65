#define BENCH_BARE bench_bare_avx512
#define BENCH_STRICT bench_strict_avx512
#include "sims/bench_loop.inc"
