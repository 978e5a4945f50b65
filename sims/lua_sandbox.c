// Limits, running, and turning Lua's messages into sentences.
#include "sims/lua_sandbox.h"

#include <lualib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sims/lua_script.h"
#include "sims/words.h"

enum { INSTRUCTIONS_PER_HOOK = 1000, BYTES_PER_WORK = 16 };

sandbox_limits sandbox_limits_defaults(void) {
    return (sandbox_limits){.memory_bytes = (size_t)64 << 20,
                            .work = 100000000,
                            .work_each = 1000,
                            .processor_s = 60,
                            .work_call = 20000000};
}

sandbox *sandbox_of(lua_State *L) {
    sandbox *box;
    memcpy(&box, lua_getextraspace(L), sizeof box);
    return box;
}

static int64_t processor_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

// Memory is counted here and nowhere else. An allocation also costs work, and a refused one costs more: Lua
// then collects everything and asks again, which a script at the brink could make it do at every step.
static void *allocate(void *context, void *block, size_t old_size, size_t new_size) {
    sandbox *box = context;
    size_t held = block == NULL ? 0 : old_size; // for a new block old_size is a type tag
    if (new_size == 0) {
        free(block);
        box->used_bytes -= held;
        return NULL;
    }
    if (new_size > held) {
        size_t more = new_size - held;
        if (more > box->limits.memory_bytes - box->used_bytes) {
            box->work_left -= (int64_t)(box->used_bytes / BYTES_PER_WORK);
            return NULL;
        }
        box->work_left -= (int64_t)(more / BYTES_PER_WORK);
    }
    void *moved = realloc(block, new_size);
    if (moved == NULL && new_size <= held)
        return block; // Lua may assume that shrinking never fails
    if (moved == NULL)
        box->machine_refused = true;
    else
        box->used_bytes = box->used_bytes - held + new_size;
    return moved;
}

int sandbox_line(lua_State *L) {
    lua_Debug frame;
    for (int level = 0; lua_getstack(L, level, &frame); level++) {
        lua_getinfo(L, "l", &frame);
        if (frame.currentline > 0)
            return frame.currentline;
    }
    return 0;
}

static void watch(lua_State *L, lua_Debug *frame) {
    (void)frame;
    sandbox *box = sandbox_of(L);
    if (box->end != SANDBOX_RUNNING)
        sandbox_stop(L, box->end);
    box->work_left -= INSTRUCTIONS_PER_HOOK;
    if (box->work_left < 0)
        sandbox_stop(L, SANDBOX_OUT_OF_WORK);
    if (box->host != NULL && box->host->over(box->host->context))
        sandbox_stop(L, SANDBOX_OVER);
    if (processor_ns() > box->processor_end_ns)
        sandbox_stop(L, SANDBOX_OUT_OF_TIME);
}

int sandbox_stop(lua_State *L, sandbox_end end) {
    sandbox *box = sandbox_of(L);
    if (box->end == SANDBOX_RUNNING) {
        box->end = end;
        box->end_line = sandbox_line(L);
    }
    lua_sethook(L, watch, LUA_MASKCOUNT, 1);
    lua_pushlightuserdata(L, box); // needs no memory
    return lua_error(L);
}

void sandbox_charge(lua_State *L, uint64_t work) {
    sandbox *box = sandbox_of(L);
    box->work_left -= work > INT64_MAX / 2 ? INT64_MAX / 2 : (int64_t)work;
    if (box->work_left < 0)
        sandbox_stop(L, SANDBOX_OUT_OF_WORK);
}

void sandbox_allow(sandbox *box, int64_t work) {
    box->work = box->work_left = work;
    box->processor_end_ns = processor_ns() + (int64_t)(box->limits.processor_s * 1e9);
}

static int charge_and_call(lua_State *L) {
    uint64_t bytes = 0;
    for (int i = 1; i <= lua_gettop(L); i++)
        bytes += lua_type(L, i) == LUA_TSTRING ? lua_rawlen(L, i) : 1;
    sandbox_charge(L, bytes / 8);
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

void sandbox_charge_texts(lua_State *L, const char *const *names) {
    for (; *names != NULL; names++) {
        lua_getfield(L, -1, *names);
        lua_pushcclosure(L, charge_and_call, 1);
        lua_setfield(L, -2, *names);
    }
}

void sandbox_keep_only(lua_State *L, const char *const *names) {
    lua_newtable(L);
    for (; *names != NULL; names++) {
        lua_getfield(L, -2, *names);
        lua_setfield(L, -2, *names);
    }
    lua_remove(L, -2);
}

// Everything that may raise an error happens in here, under one protected call.
static int run(lua_State *L) {
    sandbox *box = sandbox_of(L);
    sandbox_open_base(L);
    sandbox_open_string(L);
    sandbox_open_table(L);
    sandbox_open_math(L);
    lua_newtable(L);
    lua_setglobal(L, "state"); // for functions that are called again and again
    if (box->open_more != NULL)
        box->open_more(L);
    lua_settop(L, 0);
    // "=" and one letter: messages then begin "s:12:", and no path is long enough to be cut.
    if (luaL_loadbufferx(L, box->text, box->size, "=s", "t") != LUA_OK)
        return lua_error(L);
    box->loaded = true;
    lua_sethook(L, watch, LUA_MASKCOUNT, INSTRUCTIONS_PER_HOOK);
    lua_call(L, 0, 1);
    box->returned = lua_istable(L, 1);
    if (box->host != NULL)
        return 0;
    if (!lua_istable(L, 1)) {
        bool nothing = lua_isnil(L, 1);
        return luaL_error(L,
                          "the script returned %s%s, and it must end by returning a table, as in "
                          "return { swarm = { size = 1000 } }",
                          nothing ? "nothing" : "a ", nothing ? "" : luaL_typename(L, 1));
    }
    sandbox_convert(L, "the returned table");
    return 0;
}

// Names that Lua users reach for and that are not here.
static const char *absent_name(const char *message) {
    static const char *const names[] = {
        "io",        "os",    "require", "load",           "loadstring", "dofile", "loadfile",
        "coroutine", "debug", "package", "collectgarbage", "warn",       NULL};
    char quoted[64];
    for (int i = 0; names[i] != NULL; i++) {
        snprintf(quoted, sizeof quoted, "(global '%s')", names[i]);
        if (strstr(message, quoted) != NULL)
            return names[i];
    }
    return NULL;
}

// "s:12: text" becomes "dir/file.lua:12: text", on one line.
static entrain_status tell_message(const sandbox *box, const char *message, entrain_error *error_out) {
    char line[16] = "";
    size_t digits = strspn(message + (strncmp(message, "s:", 2) == 0 ? 2 : 0), "0123456789");
    if (strncmp(message, "s:", 2) == 0 && digits > 0 && digits < sizeof line - 2 &&
        message[2 + digits] == ':') {
        snprintf(line, sizeof line, ":%.*s", (int)digits, message + 2);
        message += 2 + digits + 1;
        message += strspn(message, " ");
    } else if (box->call_line > 0) {
        snprintf(line, sizeof line, ":%d", box->call_line);
    }
    const char *absent = absent_name(message);
    char hint[160] = "";
    if (box->host == NULL &&
        (strstr(message, "(global 'simulate')") != NULL || strstr(message, "(global 'sweep')") != NULL ||
         strstr(message, "(global 'csv')") != NULL || strstr(message, "(global 'machine')") != NULL ||
         strstr(message, "(global 'given')") != NULL))
        snprintf(hint, sizeof hint, "; a script that calls simulate or sweep is for `entrain run`");
    else if (absent != NULL)
        snprintf(hint, sizeof hint,
                 "; scenario scripts have no %s, only the base functions, string, table, math and utf8",
                 absent);
    else if (!box->loaded)
        snprintf(hint, sizeof hint, "; the file must be Lua 5.4 that returns a table");
    char text[720];
    words_line(message, text, sizeof text);
    const size_t end = strlen(text);
    const bool asks = end > 0 && text[end - 1] == '?' && hint[0] == '\0'; // "did you mean ...?"
    return entrain_error_set(error_out, box->loaded ? ENTRAIN_INVALID : ENTRAIN_PARSE, "%s%s: %s%s%s",
                             box->path, line, text, hint, asks ? "" : ".");
}

entrain_status sandbox_tell(sandbox *box, int status, entrain_error *error_out) {
    lua_State *L = box->L;
    const char *who = box->called != NULL ? box->called : "the script";
    char line[16] = "";
    if (box->end_line > 0)
        snprintf(line, sizeof line, ":%d", box->end_line);
    bool memory = box->end == SANDBOX_OUT_OF_MEMORY || status == LUA_ERRMEM;
    if (box->end == SANDBOX_NO_MEMORY || (memory && box->machine_refused))
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY,
                                 "%s: no memory left for the scenario; free some.", box->path);
    if (memory)
        return entrain_error_set(error_out, ENTRAIN_LIMIT, "%s%s: %s needs more than %zu MiB of memory; %s.",
                                 box->path, line, who, box->limits.memory_bytes >> 20,
                                 box->called != NULL
                                     ? "keep less from call to call"
                                     : "put long lists into a file and name it (distribution = \"file\")");
    if (box->end == SANDBOX_OUT_OF_WORK)
        return entrain_error_set(error_out, ENTRAIN_LIMIT,
                                 "%s%s: %s did not end within %lld million instructions; look for a loop "
                                 "without end, or for a pattern that backtracks.",
                                 box->path, line, who, (long long)(box->work / 1000000));
    if (box->end == SANDBOX_OUT_OF_TIME)
        return entrain_error_set(error_out, ENTRAIN_LIMIT,
                                 "%s%s: %s did not end within %g s of processor time; do less in it.",
                                 box->path, line, who, box->limits.processor_s);
    if (lua_type(L, -1) != LUA_TSTRING)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "%s: %s raised a %s as an error; raise a text: error(\"what is wrong\").",
                                 box->path, who, luaL_typename(L, -1));
    return tell_message(box, lua_tostring(L, -1), error_out);
}

entrain_status sandbox_create(const char *path, const char *text, size_t size, const sandbox_limits *limits,
                              sandbox **box_out, entrain_error *error_out) {
    if (size > 0 && text[0] == '\x1b')
        return entrain_error_set(error_out, ENTRAIN_PARSE,
                                 "%s: compiled Lua is not accepted; give the script's source text.", path);
    sandbox *box = malloc(sizeof *box);
    if (box != NULL) {
        *box = (sandbox){.limits = *limits,
                         .path = path,
                         .text = text,
                         .size = size,
                         .random = entrain_random_key(1, ENTRAIN_STREAM_SCRIPT)};
        box->L = lua_newstate(allocate, box);
    }
    if (box == NULL || box->L == NULL) {
        free(box);
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "%s: no memory to start Lua; free some.",
                                 path);
    }
    memcpy(lua_getextraspace(box->L), &box, sizeof box);
    *box_out = box;
    return ENTRAIN_OK;
}

int sandbox_start(sandbox *box) {
    sandbox_allow(box, box->limits.work);
    lua_pushcfunction(box->L, run);
    return lua_pcall(box->L, 0, 0, 0);
}

entrain_status sandbox_open(const char *path, const char *text, size_t size, const sandbox_limits *limits,
                            bool (*takes)(const char *path), sandbox **box_out, json_t **tree_out,
                            entrain_error *error_out) {
    sandbox *box = NULL;
    entrain_status status = sandbox_create(path, text, size, limits, &box, error_out);
    if (status != ENTRAIN_OK)
        return status;
    box->takes = takes;
    const int answer = sandbox_start(box);
    if (answer != LUA_OK) {
        entrain_status result = sandbox_tell(box, answer, error_out);
        sandbox_close(box);
        return result;
    }
    *tree_out = box->tree;
    box->tree = NULL;
    *box_out = box;
    return ENTRAIN_OK;
}

void sandbox_close(sandbox *box) {
    if (box == NULL)
        return;
    json_decref(box->tree);
    json_decref(box->aside);
    lua_close(box->L);
    free(box);
}

entrain_status sandbox_run(const char *path, const char *text, size_t size, const sandbox_limits *limits,
                           json_t **tree_out, entrain_error *error_out) {
    sandbox *box = NULL;
    entrain_status status = sandbox_open(path, text, size, limits, NULL, &box, tree_out, error_out);
    sandbox_close(box);
    return status;
}

void sandbox_keep_function(lua_State *L, const char *path) {
    sandbox *box = sandbox_of(L);
    if (box->function_count == SANDBOX_FUNCTIONS_MAX || strlen(path) >= sizeof box->functions->path)
        luaL_error(L, "%s is a function too many; give a list", path);
    lua_pushvalue(L, -1);
    sandbox_function *kept = &box->functions[box->function_count];
    kept->reference = luaL_ref(L, LUA_REGISTRYINDEX); // may raise
    snprintf(kept->path, sizeof kept->path, "%s", path);
    box->function_count++;
}

const sandbox_function *sandbox_function_at(const sandbox *box, const char *path) {
    for (uint32_t i = 0; i < box->function_count; i++)
        if (strcmp(box->functions[i].path, path) == 0)
            return &box->functions[i];
    return NULL;
}

bool sandbox_has(const sandbox *box, const char *path) { return sandbox_function_at(box, path) != NULL; }

static int refuse_result(lua_State *L, const char *path, lua_Integer index) {
    lua_Debug about;
    lua_pushvalue(L, 1);
    lua_getinfo(L, ">S", &about);
    const char *line = about.linedefined > 0 ? lua_pushfstring(L, "s:%d: ", about.linedefined) : "";
    bool number = lua_type(L, 2) == LUA_TNUMBER;
    const char *what = !number                     ? luaL_typename(L, 2)
                       : isnan(lua_tonumber(L, 2)) ? "not a number (NaN)"
                                                   : "infinite";
    return luaL_error(L, "%s%s(%I) is %s; the function must give a finite number for each oscillator", line,
                      path, index, what);
}

// Arguments: the kept function, how many. What it gives is appended to sandbox->tree.
static int call_for_each(lua_State *L) {
    sandbox *box = sandbox_of(L);
    const sandbox_function *kept = lua_touserdata(L, 1);
    lua_Integer count = lua_tointeger(L, 2);
    lua_settop(L, 0);
    lua_rawgeti(L, LUA_REGISTRYINDEX, kept->reference);
    for (lua_Integer i = 1; i <= count; i++) {
        sandbox_charge(L, 1); // a function of C's is no instruction
        lua_pushvalue(L, 1);
        lua_pushinteger(L, i);
        lua_call(L, 1, 1);
        if (lua_type(L, 2) != LUA_TNUMBER || !isfinite(lua_tonumber(L, 2)))
            return refuse_result(L, kept->path, i);
        if (json_array_append_new(box->tree, json_real(lua_tonumber(L, 2))) != 0)
            sandbox_stop(L, SANDBOX_NO_MEMORY);
        lua_settop(L, 1);
    }
    return 0;
}

entrain_status sandbox_list(sandbox *box, const char *path, uint32_t count, json_t **list_out,
                            entrain_error *error_out) {
    int64_t more = box->limits.work_each * (int64_t)count;
    box->work += more;
    box->work_left += more;
    box->tree = json_array();
    if (box->tree == NULL)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY,
                                 "%s: no memory left for the scenario; free some.", box->path);
    lua_pushcfunction(box->L, call_for_each); // neither this nor the next two need memory
    lua_pushlightuserdata(box->L, (void *)sandbox_function_at(box, path));
    lua_pushinteger(box->L, count);
    int status = lua_pcall(box->L, 2, 0, 0);
    if (status != LUA_OK)
        return sandbox_tell(box, status, error_out);
    *list_out = box->tree;
    box->tree = NULL;
    return ENTRAIN_OK;
}
