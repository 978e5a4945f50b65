/// @file distribution.h  Values for a whole swarm: drawn, by quantile, or listed.
#ifndef ENTRAIN_DISTRIBUTION_H
#define ENTRAIN_DISTRIBUTION_H

#include <stdint.h>

#include "entrain/status.h"

ENTRAIN_BEGIN_DECLS

typedef enum entrain_distribution_kind {
    ENTRAIN_DISTRIBUTION_CONSTANT, ///< value
    ENTRAIN_DISTRIBUTION_UNIFORM,  ///< low .. high
    ENTRAIN_DISTRIBUTION_NORMAL,   ///< mean, deviation
    ENTRAIN_DISTRIBUTION_LORENTZ,  ///< center, width (half width at half maximum)
    ENTRAIN_DISTRIBUTION_LIST,     ///< values, one per actor
    ENTRAIN_DISTRIBUTION_FILE,     ///< a text file, one number per line ('#' begins a comment), one per actor
    ENTRAIN_DISTRIBUTION_TWISTED,  ///< 2 pi winding j / N: a twisted state of a ring, and, with winding 1,
                                   ///< splay
    /// (Phases.) Ott and Antonsen's density of coherence r0 (`coherence`) around `center`: 2 atan((1 - r0) /
    /// (1 + r0) tan(u / 2)) + center, u uniform on the circle: quantile: 2 pi (j - 1/2) / N - pi. Marvel,
    /// Mirollo and Strogatz (2009).
    ENTRAIN_DISTRIBUTION_MOBIUS,
    /// (Phases.) `clusters` bunches at 2 pi k / clusters + center, of consecutive indices as even as can be,
    /// normal with `deviation` about them. Random or quantile (within each bunch).
    ENTRAIN_DISTRIBUTION_CLUSTERED,
    ENTRAIN_DISTRIBUTION_SPLAY, ///< (Phases.) 2 pi j / N + center: twisted with winding 1
    ENTRAIN_DISTRIBUTION_KIND_COUNT
} entrain_distribution_kind;

/// "constant", "uniform", "normal", "lorentz", "list", "file", "twisted", "mobius", "clustered", "splay";
/// NULL past the end.
ENTRAIN_API const char *entrain_distribution_name(entrain_distribution_kind kind);
ENTRAIN_API const char *entrain_distribution_summary(entrain_distribution_kind kind);
ENTRAIN_API entrain_distribution_kind entrain_distribution_find(const char *name);

typedef enum entrain_sampling {
    ENTRAIN_SAMPLING_RANDOM = 0, ///< each actor draws its own
    ENTRAIN_SAMPLING_QUANTILE,   ///< actor j of 1..N gets the inverse distribution function at (j - 1/2) / N
    ENTRAIN_SAMPLING_COUNT
} entrain_sampling;
ENTRAIN_API const char *entrain_sampling_name(entrain_sampling sampling);

typedef struct entrain_distribution {
    entrain_distribution_kind kind;
    entrain_sampling sampling; ///< uniform, normal, lorentz, mobius, clustered
    double value;              ///< constant
    double low, high;          ///< uniform; low <= high, their difference finite
    double mean, deviation;    ///< normal; deviation >= 0, also clustered
    double center, width;      ///< lorentz (width >= 0); center also mobius, clustered, splay
    double coherence;          ///< mobius: r0, 0 to below 1
    uint32_t clusters;         ///< clustered: 1 to count
    int32_t winding;           ///< twisted
    double jitter; ///< any kind: standard deviation of a normal draw added to each value; >= 0; default 0
    const double *values; ///< list: [value_count], borrowed
    uint32_t value_count;
    const char *file; ///< file: path, borrowed
} entrain_distribution;

ENTRAIN_API entrain_distribution entrain_distribution_constant(double value);

/// Fills values_out[count], in the order of index. Values are drawn with key (seed, stream), actor = index,
/// tick 0, draw 0; jitter with key (seed, ENTRAIN_STREAM_JITTER + 256 stream), the same for any kind. @p what
/// ("model.frequency") opens the sentence of a refusal, or the file and its line do: a parameter out of range
/// or not finite, a list or file of another length, a file's bad line, a value that comes out not finite.
/// values_out is scratch then.
ENTRAIN_API entrain_status entrain_distribution_fill(const entrain_distribution *distribution,
                                                     const char *what, uint64_t seed, uint32_t stream,
                                                     uint32_t count, double *values_out,
                                                     entrain_error *error_out);

ENTRAIN_END_DECLS

#endif
