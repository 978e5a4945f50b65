/// @file parameters.h  What a plug-in's model or topology asks for by name: model.parameters and
/// swarm.topology.parameters.
#ifndef ENTRAIN_SIMS_PARAMETERS_H
#define ENTRAIN_SIMS_PARAMETERS_H

#include "entrain/parameter.h"
#include "sims/schema.h"

/// Declared parameters; none where a plug-in's thing has none, and for all that is ours.
typedef struct parameter_list {
    const entrain_parameter *parameters; ///< [count]
    uint32_t count;
} parameter_list;

/// Those of the model or topology called @p kind. @p id: KEY_MODEL_PARAMETERS or KEY_TOPOLOGY_PARAMETERS.
parameter_list parameters_of(schema_key_id id, const char *kind);
/// Makes of @p given (a table, or NULL) the table that has every parameter, keys sorted, with defaults filled
/// in. Refuses names that there are not, with the nearest one that there is, and values out of range.
/// @p where opens the sentence.
entrain_status parameters_resolve(schema_key_id id, const char *kind, const json_t *given, const char *where,
                                  json_t **table_out, entrain_error *error_out);
/// The values of a resolved table in the order declared; values_out has ENTRAIN_PARAMETERS_MAX places.
void parameters_read(schema_key_id id, const char *kind, const json_t *table, double *values_out);

#endif
