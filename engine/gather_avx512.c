// Gathering with AVX512; the flags are in CMakeLists.txt.
#define GATHER_KERNEL entrain__gather_avx512
#include "engine/gather_kernels.inc"
#define GATHER_WIDE entrain__gather_wide_avx512
#include "engine/gather_wide.inc"
#define FATES_DRAW entrain__fates_draw_avx512
#define FATES_ADD entrain__fates_add_avx512
#include "engine/disturb_kernels.inc"
