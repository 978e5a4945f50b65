/// @file lua_sandbox.h  The Lua that scenario files run in: no files, no clock, no end of memory or patience.
///
/// A script may use: the base functions without load, loadfile, dofile, require and collectgarbage; string
/// (without dump), table, math and utf8; range(first, last, step) and logrange(first, last, count). What it
/// computes is repeatable: math
/// is Entrain's own, math.random is counter-based, pairs and next walk in sorted order, table.sort is stable,
/// addresses are never shown. (The `^` operator is libm's pow: its last bit may differ between machines.)
///
/// Limits: memory, counted in the allocator; work, a budget that VM instructions (a count hook), bytes
/// allocated and the steps of C functions draw on; and, behind both, processor time, for what neither sees
/// (comparing two strings of 30 MB is one instruction). Once a limit is passed the script ends: the hook
/// fires on every further instruction, and pcall and xpcall pass the end on, so nothing swallows it.
/// Finalizers (__gc) are refused, because hooks do not run in them.
#ifndef ENTRAIN_SIMS_LUA_SANDBOX_H
#define ENTRAIN_SIMS_LUA_SANDBOX_H

#include <jansson.h>
#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entrain/archive.h"
#include "entrain/random.h"
#include "entrain/status.h"

typedef struct sandbox_limits {
    size_t memory_bytes; ///< default 64 MiB
    int64_t work;        ///< default 10^8: VM instructions, or what costs about as much
    int64_t work_each;   ///< default 1000: more for each value that a function of the index is asked for
    double processor_s;  ///< default 60
    int64_t work_call; ///< default 2 x 10^7: of a call by sandbox_call(), which has no other work to draw on
    bool mute;         ///< print() says nothing
} sandbox_limits;

sandbox_limits sandbox_limits_defaults(void);

typedef struct sandbox sandbox;

/// Runs @p text as the script @p path and turns the table it returns into JSON: lists (keys 1..n) into
/// arrays, tables of text keys into objects, an empty table into an empty object, integers and floats kept
/// apart. Refused with the key's path: functions, userdata, NaN and infinities, tables both list and map,
/// cycles, text that is not UTF-8 or holds NUL, more than 32 levels, more than 20 million values.
entrain_status sandbox_run(const char *path, const char *text, size_t size, const sandbox_limits *limits,
                           json_t **tree_out, entrain_error *error_out);

/// The same, but a function may stand where @p takes says so, given the path ("model.frequency"); the tree
/// has null there. *box_out keeps the functions until it is closed; @p path must live as long.
entrain_status sandbox_open(const char *path, const char *text, size_t size, const sandbox_limits *limits,
                            bool (*takes)(const char *path), sandbox **box_out, json_t **tree_out,
                            entrain_error *error_out);
/// Whether a function stood at @p path.
bool sandbox_has(const sandbox *box, const char *path);
/// What the function at @p path gives for 1 .. @p count, one after the other. The script's limits hold, with
/// `work_each` more for each. Refused with the line: what it raises, and what is no finite number.
entrain_status sandbox_list(sandbox *box, const char *path, uint32_t count, json_t **list_out,
                            entrain_error *error_out);
/// Calls the function at @p path with @p argument as a table. What it returns must be nothing (*reply_out is
/// NULL) or a table, which is turned into JSON as the script's own. The script's state lives on from call to
/// call, its global table `state` too; each call has its own `work_call` and as much processor time as the
/// script. *line_out: where the function begins.
entrain_status sandbox_call(sandbox *box, const char *path, const json_t *argument, json_t **reply_out,
                            int *line_out, entrain_error *error_out);
/// What lives on from call to call of the function at @p path, written or read: the global table `state` and
/// math.random's place. From the first call on, a script that changes anything else that lives on (a
/// global, a local that its functions see) is refused by name, and so is what no checkpoint can hold:
/// functions, tables with metatables or in two places, keys that are no numbers or texts.
void sandbox_archive(sandbox *box, const char *path, entrain_archive *archive);
void sandbox_close(sandbox *box); ///< NULL: nothing

// The rest is between the sandbox's own files.

typedef enum sandbox_end {
    SANDBOX_RUNNING,
    SANDBOX_OUT_OF_WORK,
    SANDBOX_OUT_OF_MEMORY,
    SANDBOX_OUT_OF_TIME,
    SANDBOX_NO_MEMORY, ///< not the script's fault: the machine has none
    SANDBOX_OVER       ///< nor this: whoever runs it wants it to end
} sandbox_end;

enum { SANDBOX_FUNCTIONS_MAX = 64 };
/// A function of the returned table.
typedef struct sandbox_function {
    char path[64];
    int reference; ///< into Lua's registry
} sandbox_function;

struct sandbox {
    lua_State *L;
    sandbox_limits limits;
    const char *path, *text;
    size_t size;
    size_t used_bytes;
    int64_t work, work_left; ///< in all, and of it
    int64_t processor_end_ns;
    sandbox_end end;
    int end_line;         ///< where the script stood at its end; 0: unknown
    int call_line;        ///< where the function that is called begins; 0: none is called
    const char *called;   ///< its path
    bool loaded;          ///< the text is Lua
    bool machine_refused; ///< the machine, not the limit, refused memory
    entrain_random random;
    uint64_t draw_count;
    json_t *tree;                    ///< what has been converted so far
    bool (*takes)(const char *path); ///< NULL: no functions
    sandbox_function functions[SANDBOX_FUNCTIONS_MAX];
    uint32_t function_count;
    // Of scripts (lua_script.h); NULL in scenario files.
    const struct script_host *host;
    void (*open_more)(lua_State *L); ///< what there is beside
    bool returned;                   ///< a table
    json_t *aside;                   ///< a second tree
};

/// A sandbox for @p text, in which nothing has run yet.
entrain_status sandbox_create(const char *path, const char *text, size_t size, const sandbox_limits *limits,
                              sandbox **box_out, entrain_error *error_out);
/// Runs the text. @return what lua_pcall() answered, for sandbox_tell().
int sandbox_start(sandbox *box);
/// The line that the script stands at, 0: unknown.
int sandbox_line(lua_State *L);
/// Pushes @p value as Lua's own. Arrays and objects become tables; null, which no table holds, is left out.
void sandbox_push(lua_State *L, const json_t *value);

sandbox *sandbox_of(lua_State *L);
/// Draws @p work on the budget; does not return when it is used up.
void sandbox_charge(lua_State *L, uint64_t work);
/// Ends the script, past every pcall. Does not return.
int sandbox_stop(lua_State *L, sandbox_end end);
/// Pushes what tostring() gives: no address is ever shown. Returns the text.
const char *sandbox_tostring(lua_State *L, int index, size_t *size_out);
/// Keys of the table at @p index in sorted order (numbers, then strings bytewise), pushed as a list; returns
/// how many. Raises an error for a key of another type. @p what begins its sentence ("pairs").
lua_Integer sandbox_push_sorted_keys(lua_State *L, int index, const char *what);

void sandbox_open_base(lua_State *L);   ///< lua_base.c
void sandbox_open_string(lua_State *L); ///< lua_strings.c
void sandbox_open_table(lua_State *L);  ///< lua_tables.c: table, pairs, next, range, logrange
void sandbox_open_math(lua_State *L);   ///< lua_math.c
/// Converts the table on top of the stack into sandbox->tree (lua_tree.c). Raises an error with the key's
/// path; @p what is the table itself called, "the returned table".
void sandbox_convert(lua_State *L, const char *what);
/// The function kept for @p path, or NULL.
const sandbox_function *sandbox_function_at(const sandbox *box, const char *path);
/// The sentence for what a protected call answered; what was raised lies at the top of the stack.
entrain_status sandbox_tell(sandbox *box, int status, entrain_error *error_out);
/// Gives the script @p work and the processor time of its limits from now on.
void sandbox_allow(sandbox *box, int64_t work);

/// Keeps the function at the top of the stack, which stays there. Raises an error when there are too many.
void sandbox_keep_function(lua_State *L, const char *path);

/// Copies the named fields (NULL-terminated) of the library at the top of the stack into a new table, which
/// replaces it.
void sandbox_keep_only(lua_State *L, const char *const *names);
/// Puts a function in the place of field @p name of the table at the top that first charges for the bytes of
/// its text arguments, then calls what was there.
void sandbox_charge_texts(lua_State *L, const char *const *names);

#endif
