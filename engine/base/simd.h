/// @file simd.h  Which vector instructions to use: a choice of speed, never of results.
#ifndef ENTRAIN_BASE_SIMD_H
#define ENTRAIN_BASE_SIMD_H

#include "entrain/simd.h"

/// ENTRAIN_SIMD_AUTO resolved: the environment variable ENTRAIN_SIMD (sse2, avx2, avx512) if set, else the
/// widest this processor has. A level that the processor lacks, or a word that is none, is refused with a
/// sentence.
entrain_status entrain__simd_resolve(entrain_simd wanted, entrain_simd *level_out, entrain_error *error_out);

#endif
