/// @file scenario_text.h  scenario_load() without the file: for the loader itself, its tests and the fuzzer.
#ifndef ENTRAIN_SIMS_SCENARIO_TEXT_H
#define ENTRAIN_SIMS_SCENARIO_TEXT_H

#include "sims/lua_sandbox.h"
#include "sims/scenario.h"

/// As scenario_load(), with the file's content given. source->path is what sentences name and what relative
/// paths begin at; its ending says whether the text is Lua or JSON.
entrain_status scenario_load_text(const scenario_source *source, const char *text, size_t size,
                                  const sandbox_limits *limits, scenario *scenario_out,
                                  entrain_error *error_out);

/// Moves past a byte order mark and a first line that begins with "#!", which are not Lua.
void scenario_skip_preamble(const char **text, size_t *size);
/// As scenario_load(), of what the file's table became. @p script has the functions for which null stands in @p tree; it
/// may be NULL.
entrain_status scenario_load_tree(const scenario_source *source, json_t *tree, sandbox *script,
                                  scenario *scenario_out, entrain_error *error_out);

#endif
