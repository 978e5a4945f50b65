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

#endif
