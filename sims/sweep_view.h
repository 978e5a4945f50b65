/// @file sweep_view.h  A sweep's table as a reader looks at it: which axes there are, which values they
/// have, and what the replicas at each amount to.
#ifndef ENTRAIN_SIMS_SWEEP_VIEW_H
#define ENTRAIN_SIMS_SWEEP_VIEW_H

#include "sims/replica_stats.h"
#include "sims/sweep_results.h"
#include "sims/words.h"

#define VIEW_NONE UINT32_MAX

typedef struct view_axis {
    const char *key;    ///< "model.coupling"
    uint32_t column;    ///< of the table
    bool numeric;       ///< all values are numbers
    bool logarithmic;   ///< and lie evenly by their ratios rather than by their differences
    uint32_t count;     ///< of values, at least 2
    const char **texts; ///< [count] as written; numbers ascending, others in the order of their first run
    double *numbers;    ///< [count]
    uint32_t *at;       ///< [rows] which value each row has
    uint32_t with;      ///< axes that go together with this one, value by value (zipped), and are left out
} view_axis;

typedef struct sweep_view {
    const sweep_table *table;
    view_axis
        *axes; ///< those with two values or more: three numbers or more first, then by how many values they
               ///< have
    uint32_t axis_count;
    const char *result;     ///< what is shown
    uint32_t result_column; ///< of the table
    uint32_t theory_column; ///< VIEW_NONE where nothing is known of that result
    bool ladder;
} sweep_view;

/// @p result NULL: "threshold" of a search, else "coherence". ENTRAIN_UNKNOWN with a sentence where no
/// column is called so or none of its cells is a number.
entrain_status sweep_view_make(const sweep_table *table, const char *result, sweep_view *view_out,
                               entrain_error *error_out);
void sweep_view_free(sweep_view *view);
/// Value @p value of @p axis for people: 1.7, where a step of 0.1 led to 1.7000000000000002.
wording sweep_view_value(const view_axis *axis, uint32_t value);
bool sweep_view_done(const sweep_table *table, uint32_t row);

/// Whether what was searched is the coupling at which coherence sets in: of others theory's threshold says
/// nothing.
bool sweep_view_is_onset(const sweep_table *table);

/// The replicas of one place of the picture.
typedef struct view_group {
    uint32_t x, y, z; ///< which values of the axes asked for; 0 where none was
    bool down;        ///< of a ladder
    replica_stats stats;
    double theory; ///< mean over the group; NAN: none
} view_group;
/// Every place that has a number, by z, y, direction, x. @p x, @p y, @p z: of view->axes, or VIEW_NONE.
/// The caller's to free().
view_group *sweep_view_groups(const sweep_view *view, uint32_t x, uint32_t y, uint32_t z,
                              uint32_t *count_out);

#endif
