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
/// As scenario_load(), of what the file's table became. @p script has the functions for which null stands in
/// @p tree; it may be NULL.
entrain_status scenario_load_tree(const scenario_source *source, json_t *tree, sandbox *script,
                                  scenario *scenario_out, entrain_error *error_out);
/// scenario_load_text() in two steps, so that one reading serves many loads with other --sets (of scripts
/// without functions: what those keep from call to call is theirs).
typedef struct scenario_draft {
    json_t *tree;
    sandbox *script; ///< NULL: it was JSON
} scenario_draft;
entrain_status scenario_read_text(const scenario_source *source, const char *text, size_t size,
                                  const sandbox_limits *limits, scenario_draft *draft_out,
                                  entrain_error *error_out);
entrain_status scenario_resolve_draft(const scenario_source *source, const scenario_draft *draft,
                                      scenario *scenario_out, entrain_error *error_out);
void scenario_draft_free(scenario_draft *draft);
/// The text of the scenario file @p path, NUL-terminated, the caller's to free(); its name must end as one's
/// does.
entrain_status scenario_read_file(const char *path, char **text_out, size_t *size_out,
                                  entrain_error *error_out);

#endif
