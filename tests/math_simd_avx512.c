// The kernel loops at avx512; compile options in CMakeLists.txt.
#define MATH_SIMD_TABLE math_simd_avx512
#include "math_simd.inc"
