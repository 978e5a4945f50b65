// The inner loops for AVX2; the flags are in CMakeLists.txt.
#define PHASE_KERNELS_TABLE entrain__phase_kernels_avx2
#include "actors/phase_kernels.inc"
