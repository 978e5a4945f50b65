// The inner loops for SSE2; the flags are in CMakeLists.txt.
#define AGENT_KERNELS_TABLE entrain__agent_kernels_sse2
#include "actors/agent_kernels.inc"
