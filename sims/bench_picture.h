/// @file bench_picture.h  The picture of a benchmark's subject: panels of lines with error bars.
#ifndef ENTRAIN_SIMS_BENCH_PICTURE_H
#define ENTRAIN_SIMS_BENCH_PICTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "sims/bench_report.h"

/// Texts are borrowed until the picture is drawn.
typedef struct bench_point {
    const char *panel;  ///< its title
    const char *series; ///< in the key; the same name has the same colour in every panel
    double x, y, low, high;
} bench_point;

typedef struct bench_picture {
    const char *title, *x_label, *y_label;
    bool x_log, y_log;
    const char *const *x_names; ///< what stands at x = 0, 1, 2 ...; NULL: numbers
    uint32_t x_name_count;
    bench_point *points; ///< bench_picture_add() makes room; bench_picture_free() frees
    uint32_t count, room;
} bench_picture;

void bench_picture_add(bench_picture *picture, bench_point point);
/// bench.png and bench.svg of @p report; without points nothing.
void bench_picture_draw(const bench_picture *picture, bench_report *report);
void bench_picture_free(bench_picture *picture);

#endif
