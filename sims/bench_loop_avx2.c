#define BENCH_FUSED bench_fused_avx2
#define BENCH_BARE bench_bare_avx2
#include "sims/bench_loop.inc"
