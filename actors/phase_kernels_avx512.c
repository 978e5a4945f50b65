// The inner loops for AVX512; the flags are in CMakeLists.txt.
#define PHASE_KERNELS_TABLE entrain__phase_kernels_avx512
#include "actors/phase_kernels.inc"
