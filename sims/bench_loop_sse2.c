#define BENCH_BARE bench_bare_sse2
#define BENCH_STRICT bench_strict_sse2
#include "sims/bench_loop.inc"
