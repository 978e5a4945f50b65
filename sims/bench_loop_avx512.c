#define BENCH_FUSED bench_fused_avx512
#define BENCH_BARE bench_bare_avx512
#include "sims/bench_loop.inc"
