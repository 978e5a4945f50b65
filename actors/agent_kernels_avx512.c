// The inner loops for AVX-512; the flags are in CMakeLists.txt.
#define AGENT_KERNELS_TABLE entrain__agent_kernels_avx512
#include "actors/agent_kernels.inc"
