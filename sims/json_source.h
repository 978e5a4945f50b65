/// @file json_source.h  Scenario files in JSON, and manifests of earlier runs.
#ifndef ENTRAIN_SIMS_JSON_SOURCE_H
#define ENTRAIN_SIMS_JSON_SOURCE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "entrain/status.h"

/// Whether a parse failed for want of memory. Initialise @p fault with {0}: jansson leaves it as it is in
/// some of these cases.
bool json_source_without_memory(const json_error_t *fault);
/// Parses @p text, the content of @p path, into an object. One with a key "scenario" is a manifest: what
/// stands under that key is taken, of a sweep's manifest "sweep" with it, and nothing else. Errors carry
/// file:line:column; a key given twice is an error.
entrain_status json_source_parse(const char *path, const char *text, size_t size, json_t **tree_out,
                                 entrain_error *error_out);

#endif
