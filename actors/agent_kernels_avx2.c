// The inner loops for AVX2; the flags are in CMakeLists.txt.
#define AGENT_KERNELS_TABLE entrain__agent_kernels_avx2
#include "actors/agent_kernels.inc"
