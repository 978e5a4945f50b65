/// @file lua_script.h  What a script may do beside what a scenario file may: ask for runs, write rows, print.
///
/// The sandbox knows no runs, files or clocks. Each of these calls goes to the script's host (script.c,
/// or a test's own), which says what comes back. Limits hold for what the script does by itself: when a
/// call of simulate or sweep comes back, it is given its work and its processor time anew.
#ifndef ENTRAIN_SIMS_LUA_SCRIPT_H
#define ENTRAIN_SIMS_LUA_SCRIPT_H

#include "sims/csv_file.h"
#include "sims/lua_sandbox.h"

typedef struct script_host {
    /// simulate(tree, options): *result_out becomes the table that it gives back. @p where, "x.lua:12", opens
    /// sentences. null stands in @p tree for functions that @p box has (sandbox_list). @p options may be
    /// NULL.
    entrain_status (*simulate)(void *context, sandbox *box, const char *where, json_t *tree,
                               const json_t *options, json_t **result_out, entrain_error *error_out);
    /// sweep(tree, options), which takes no functions.
    entrain_status (*sweep)(void *context, const char *where, json_t *tree, const json_t *options,
                            json_t **result_out, entrain_error *error_out);
    /// csv(name, columns): a writer.
    entrain_status (*csv)(void *context, const char *where, const char *name, const char *const *columns,
                          uint32_t column_count, csv_file **file_out, entrain_error *error_out);
    /// A piece of what print() says. False: it is too much.
    bool (*print)(void *context, const char *text, size_t size);
    /// Whether the script is to end (Ctrl-C; a disk that is full): asked between instructions and after
    /// each call. No pcall() keeps it from ending then.
    bool (*over)(void *context);
    const json_t *given, *machine; ///< the tables of these names
    void *context;
} script_host;

typedef enum script_end {
    SCRIPT_ENDED,    ///< at its last line
    SCRIPT_RETURNED, ///< at a return of a table
    SCRIPT_OVER,     ///< over() was true: the host knows why
    SCRIPT_RAISED,   ///< with an error, or past a limit: the sentence
} script_end;

/// Runs @p text as the script @p path. @return ENTRAIN_OK unless the end is SCRIPT_RAISED.
entrain_status sandbox_run_script(const char *path, const char *text, size_t size,
                                  const sandbox_limits *limits, const script_host *host, script_end *end_out,
                                  entrain_error *error_out);

/// Whether @p text names simulate, sweep or csv as something to call, outside of comments and texts: only
/// then can it be a script. (A key, as in { sweep = ... } or x.sweep, is none.)
bool script_may_be(const char *text, size_t size);

void sandbox_open_script(lua_State *L); ///< for lua_sandbox.c

#endif
