#define BENCH_FUSED bench_fused_sse2
#define BENCH_BARE bench_bare_sse2
#include "sims/bench_loop.inc"
