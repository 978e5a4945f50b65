/// @file sweep_given.h  What a sweep was given: the table `sweep` of a scenario, then the command line; read
/// and checked word by word, not yet expanded (sweep_plan.h, which also says what the words mean).
#ifndef ENTRAIN_SIMS_SWEEP_GIVEN_H
#define ENTRAIN_SIMS_SWEEP_GIVEN_H

#include "sims/sweep_plan.h"

typedef struct given_axis {
    char *key;
    json_t *values;
    bool taken_out; ///< by a --set of one value: `where` still knows it
    int zip;        ///< of which group of `zip` it is one; -1: of none
} given_axis;

typedef struct sweep_given {
    given_axis axes[SWEEP_AXES_MAX];
    uint32_t axis_count;
    char *filter; ///< `where`; NULL: none
    char *order;  ///< as written; NULL: not given
    uint32_t replicas;
    bool own_seeds;
    char *find_key, *find_where; ///< NULL: nothing is searched
    sweep_find find;             ///< its numbers; tolerance 0: not given
    /// --sets that are not swept, in the order typed: borrowed.
    const char **sets;
    uint32_t set_count;
} sweep_given;

/// Reads @p table (NULL: there is none), of the scenario @p path. Zeroed before; sweep_given_free() also
/// after a refusal.
entrain_status sweep_given_table(sweep_given *given, const char *path, const json_t *table,
                                 entrain_error *error_out);
/// The command line on top of it.
entrain_status sweep_given_typed(sweep_given *given, const scenario_source *source, const sweep_words *words,
                                 entrain_error *error_out);
void sweep_given_free(sweep_given *given);

/// "up", "model.coupling: up,down", "balanced", "given": which key is climbed (NULL: none is named), and in
/// which directions, as " up down", "" for none.
typedef struct sweep_order {
    char key[200];      ///< "": none is named
    char directions[2]; ///< 'u', 'd'
    uint32_t count;     ///< of them; 0: no ladder
    bool given;         ///< begun in the order of the runs' numbers
} sweep_order;
entrain_status sweep_order_read(const char *where, const char *text, sweep_order *order_out,
                                entrain_error *error_out);

#endif
