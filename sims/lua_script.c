// simulate, sweep, csv, print, given and machine, as a script sees them. What they do, its host does.
//
// lua_error() jumps: whatever is owned while Lua may raise lies in the sandbox (tree, aside), which frees it.
#include "sims/lua_script.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sims/given.h"
#include "sims/words.h"

static const char csv_type[] = "csv file";

// --- Errors

// "dir/x.lua:12: sentence." as Lua's own messages are: "s:12: sentence", which sandbox_tell() makes the
// same of again.
static int raise(lua_State *L, int line, const char *sentence) {
    const sandbox *box = sandbox_of(L);
    const size_t size = strlen(box->path);
    size_t length = strlen(sentence);
    length -= length > 0 && sentence[length - 1] == '.';
    const char *rest = sentence;
    if (strncmp(sentence, box->path, size) == 0 && sentence[size] == ':') {
        const char *after = sentence + size + 1;
        const size_t digits = strspn(after, "0123456789");
        if (digits > 0 && digits < 8 && after[digits] == ':') {
            line = atoi(after); // of a function of the index, perhaps
            after += digits + 1;
        }
        rest = after + strspn(after, " ");
    }
    lua_pushfstring(L, "s:%d: ", line);
    lua_pushlstring(L, rest, length - (size_t)(rest - sentence));
    lua_concat(L, 2);
    return lua_error(L);
}

// Where the host, or a limit, has ended the script while it was away, it does not come back.
static void go_on(lua_State *L) {
    sandbox *box = sandbox_of(L);
    if (box->host->over(box->host->context))
        sandbox_stop(L, SANDBOX_OVER);
    if (box->end != SANDBOX_RUNNING)
        sandbox_stop(L, box->end);
}

// --- simulate, sweep

static void let_go(sandbox *box) {
    json_decref(box->tree);
    json_decref(box->aside);
    box->tree = box->aside = NULL;
    for (uint32_t i = 0; i < box->function_count; i++)
        luaL_unref(box->L, LUA_REGISTRYINDEX, box->functions[i].reference);
    box->function_count = 0;
}

static json_t *take(json_t **from) {
    json_t *taken = *from;
    *from = NULL;
    return taken;
}

// Arguments: a table and perhaps one of options. The trees are in box->tree and box->aside after this.
static void take_arguments(lua_State *L, const char *what, const char *options_what) {
    sandbox *box = sandbox_of(L);
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    let_go(box);
    box->takes = NULL;
    if (!lua_isnil(L, 2)) {
        luaL_checktype(L, 2, LUA_TTABLE);
        sandbox_convert(L, options_what);
        box->aside = take(&box->tree);
    }
    lua_getfield(L, 1, "on_sample");
    if (lua_isfunction(L, -1))
        luaL_error(L,
                   "on_sample is a function of this script, and a run has a sandbox of its own; give it as a "
                   "text: on_sample = [[ return { on_sample = function(s) ... end } ]]");
    lua_pop(L, 1);
    box->takes = strcmp(what, "the table given to simulate") == 0 ? given_takes_function : NULL;
    lua_pushvalue(L, 1);
    sandbox_convert(L, what);
    if (!json_is_object(box->tree))
        luaL_error(L, "%s is a list; a scenario is a table of keys, as in { swarm = { size = 1000 } }", what);
    lua_settop(L, 0);
}

// Gives the script what came of it, and its limits anew.
static int hand_over(lua_State *L, int line, entrain_status status, const char *sentence) {
    sandbox *box = sandbox_of(L);
    go_on(L);
    if (status != ENTRAIN_OK)
        return raise(L, line, sentence);
    sandbox_allow(box, box->limits.work);
    sandbox_push(L, box->tree);
    let_go(box);
    return 1;
}

static void place(lua_State *L, int line, char *where_out, size_t bytes) {
    const char *path = sandbox_of(L)->path;
    const size_t size = strlen(path), room = bytes - 16; // a path's end says more than its beginning
    snprintf(where_out, bytes, "%s:%d", size > room ? path + (size - room) : path, line);
}

static int script_simulate(lua_State *L) {
    sandbox *box = sandbox_of(L);
    const int line = sandbox_line(L);
    char where[4200];
    entrain_error error = {0};
    json_t *result = NULL;
    take_arguments(L, "the table given to simulate", "the options given to simulate");
    place(L, line, where, sizeof where);
    json_t *tree = take(&box->tree), *options = take(&box->aside); // nothing raises in between
    entrain_status status =
        box->host->simulate(box->host->context, box, where, tree, options, &result, &error);
    json_decref(tree);
    json_decref(options);
    let_go(box);
    box->tree = result;
    return hand_over(L, line, status, error.sentence);
}

static int script_sweep(lua_State *L) {
    sandbox *box = sandbox_of(L);
    const int line = sandbox_line(L);
    char where[4200];
    entrain_error error = {0};
    json_t *result = NULL;
    take_arguments(L, "the table given to sweep", "the options given to sweep");
    place(L, line, where, sizeof where);
    json_t *tree = take(&box->tree), *options = take(&box->aside);
    entrain_status status = box->host->sweep(box->host->context, where, tree, options, &result, &error);
    json_decref(tree);
    json_decref(options);
    box->tree = result;
    return hand_over(L, line, status, error.sentence);
}

// --- csv

static int script_csv(lua_State *L) {
    const sandbox *box = sandbox_of(L);
    const int line = sandbox_line(L);
    char where[4200];
    size_t size;
    entrain_error error = {0};
    const char *name = luaL_checklstring(L, 1, &size);
    luaL_checktype(L, 2, LUA_TTABLE);
    const lua_Unsigned count = lua_rawlen(L, 2);
    if (strlen(name) != size)
        return luaL_error(L, "csv: the name holds a NUL character");
    if (count > CSV_COLUMNS_MAX)
        return luaL_error(L, "csv: more than %d columns", CSV_COLUMNS_MAX);
    luaL_checkstack(L, (int)count + 8, NULL);
    lua_settop(L, 2);
    const char **columns = lua_newuserdatauv(L, (size_t)(count + 1) * sizeof *columns, 0);
    for (lua_Unsigned i = 0; i < count; i++) {
        if (lua_rawgeti(L, 2, (lua_Integer)i + 1) != LUA_TSTRING)
            return luaL_error(L, "csv: column %d is a %s; give its name, as a text", (int)i + 1,
                              luaL_typename(L, -1));
        columns[i] = lua_tolstring(L, -1, &size); // it stays on the stack
        if (strlen(columns[i]) != size || !words_is_utf8(columns[i], size))
            return luaL_error(L, "csv: the name of column %d is not UTF-8", (int)i + 1);
    }
    csv_file **file = lua_newuserdatauv(L, sizeof(csv_file *), 1);
    luaL_setmetatable(L, csv_type);
    place(L, line, where, sizeof where);
    entrain_status status =
        box->host->csv(box->host->context, where, name, columns, (uint32_t)count, file, &error);
    go_on(L);
    return status == ENTRAIN_OK ? 1 : raise(L, line, error.sentence);
}

static csv_cell cell_of(lua_State *L, int index, const char *column) {
    csv_cell cell = {.kind = CSV_NOTHING};
    const int type = lua_type(L, index);
    if (lua_isinteger(L, index)) {
        cell.kind = CSV_INTEGER;
        cell.integer = lua_tointeger(L, index);
    } else if (type == LUA_TNUMBER) {
        cell.kind = CSV_NUMBER;
        cell.number = lua_tonumber(L, index);
    } else if (type == LUA_TBOOLEAN) {
        cell = (csv_cell){.kind = CSV_TEXT, .text = lua_toboolean(L, index) ? "true" : "false"};
        cell.size = strlen(cell.text);
    } else if (type == LUA_TSTRING) {
        cell.kind = CSV_TEXT;
        cell.text = lua_tolstring(L, index, &cell.size);
        if (memchr(cell.text, '\0', cell.size) != NULL || !words_is_utf8(cell.text, cell.size))
            luaL_error(L, "row: %s is not UTF-8", column);
    } else if (type != LUA_TNIL) {
        luaL_error(L, "row: %s is a %s; only numbers, texts, true, false and nil can stand in a file", column,
                   lua_typename(L, type));
    }
    sandbox_charge(L, 16 + cell.size / 8);
    return cell;
}

// row(a, b, c), or row{ size = a, coherence = b }: what a table says beside the columns is left out.
static int csv_method_row(lua_State *L) {
    csv_file *file = *(csv_file **)luaL_checkudata(L, 1, csv_type);
    const int count = (int)csv_column_count(file), given = lua_gettop(L) - 1, line = sandbox_line(L);
    entrain_error error = {0};
    luaL_checkstack(L, count + 8, NULL);
    if (given == 1 && lua_istable(L, 2)) {
        bool has_any = false;
        for (int i = 0; i < count; i++)
            has_any = lua_getfield(L, 2, csv_column(file, (uint32_t)i)) != LUA_TNIL || has_any;
        if (!has_any && lua_rawlen(L, 2) > 0)
            return luaL_error(L,
                              "row: a list has none of the columns of %s; give row(a, b), or row{ %s = a }",
                              csv_name(file), csv_column(file, 0));
        lua_remove(L, 2);
    } else if (given != count) {
        return luaL_error(L, "row: %d values for the %d columns of %s; give as many (nil for none)", given,
                          count, csv_name(file));
    }
    csv_cell *cells = lua_newuserdatauv(L, (size_t)count * sizeof *cells, 0);
    for (int i = 0; i < count; i++)
        cells[i] = cell_of(L, 2 + i, csv_column(file, (uint32_t)i));
    entrain_status status = csv_row(file, cells, &error);
    return status == ENTRAIN_OK ? 0 : raise(L, line, error.sentence);
}

static int csv_method_close(lua_State *L) {
    csv_file *file = *(csv_file **)luaL_checkudata(L, 1, csv_type);
    const int line = sandbox_line(L);
    entrain_error error = {0};
    return csv_close(file, &error) == ENTRAIN_OK ? 0 : raise(L, line, error.sentence);
}

// --- print

static int script_print(lua_State *L) {
    const script_host *host = sandbox_of(L)->host;
    bool said = true;
    const int count = lua_gettop(L);
    for (int i = 1; i <= count; i++)
        sandbox_charge(L, 16 + (uint64_t)lua_rawlen(L, i) / 4);
    for (int i = 1; i <= count && said; i++) {
        size_t size;
        const char *text = sandbox_tostring(L, i, &size);
        said = (i == 1 || host->print(host->context, "\t", 1)) && host->print(host->context, text, size);
        lua_pop(L, 1);
    }
    if (!said || !host->print(host->context, "\n", 1))
        return luaL_error(L,
                          "print: the script has said more than 64 MiB; write rows into a file with csv()");
    return 0;
}

void sandbox_open_script(lua_State *L) {
    static const luaL_Reg own[] = {{"simulate", script_simulate},
                                   {"sweep", script_sweep},
                                   {"csv", script_csv},
                                   {"print", script_print},
                                   {NULL, NULL}};
    static const luaL_Reg methods[] = {{"row", csv_method_row}, {"close", csv_method_close}, {NULL, NULL}};
    const script_host *host = sandbox_of(L)->host;
    for (const luaL_Reg *one = own; one->name != NULL; one++)
        lua_register(L, one->name, one->func);
    luaL_newmetatable(L, csv_type);
    lua_newtable(L);
    luaL_setfuncs(L, methods, 0);
    lua_setfield(L, -2, "__index");
    lua_pushstring(L, csv_type);
    lua_setfield(L, -2, "__metatable");
    sandbox_push(L, host->given);
    lua_setglobal(L, "given");
    sandbox_push(L, host->machine);
    lua_setglobal(L, "machine");
}

entrain_status sandbox_run_script(const char *path, const char *text, size_t size,
                                  const sandbox_limits *limits, const script_host *host, script_end *end_out,
                                  entrain_error *error_out) {
    sandbox *box = NULL;
    entrain_status status = sandbox_create(path, text, size, limits, &box, error_out);
    if (status != ENTRAIN_OK) {
        *end_out = SCRIPT_RAISED;
        return status;
    }
    box->host = host;
    box->open_more = sandbox_open_script;
    const int answer = sandbox_start(box);
    if (box->end == SANDBOX_OVER || (answer != LUA_OK && host->over(host->context))) {
        *end_out = SCRIPT_OVER;
    } else if (answer != LUA_OK) {
        *end_out = SCRIPT_RAISED;
        status = sandbox_tell(box, answer, error_out);
    } else {
        *end_out = box->returned ? SCRIPT_RETURNED : SCRIPT_ENDED;
    }
    sandbox_close(box);
    return status;
}

// --- Is it one?

typedef struct reader {
    const char *at, *end;
} reader;

static bool is_letter(char c) { return isalnum((unsigned char)c) || c == '_'; }

// At "[[", "[==[": passes over the long text, and says whether there was one.
static bool pass_long(reader *in) {
    const char *at = in->at;
    size_t equals = 0;
    if (at == in->end || *at != '[')
        return false;
    for (at++; at < in->end && *at == '='; at++)
        equals++;
    if (at == in->end || *at != '[')
        return false;
    for (; at < in->end; at++) {
        if (*at != ']')
            continue;
        const char *close = at + 1;
        while (close < in->end && *close == '=')
            close++;
        if ((size_t)(close - at - 1) == equals && close < in->end && *close == ']') {
            in->at = close + 1;
            return true;
        }
    }
    in->at = in->end;
    return true;
}

// Passes over blanks, comments and texts, to the next name or sign.
static void pass_idle(reader *in) {
    while (in->at < in->end) {
        const char c = *in->at;
        if (isspace((unsigned char)c)) {
            in->at++;
        } else if (c == '-' && in->end - in->at > 1 && in->at[1] == '-') {
            in->at += 2;
            if (!pass_long(in))
                while (in->at < in->end && *in->at != '\n')
                    in->at++;
        } else if (c == '"' || c == '\'') {
            for (in->at++; in->at < in->end && *in->at != c && *in->at != '\n'; in->at++)
                in->at += *in->at == '\\' && in->end - in->at > 1;
            in->at += in->at < in->end;
        } else if (!pass_long(in)) {
            return;
        }
    }
}

bool script_may_be(const char *text, size_t size) {
    static const char *const names[] = {"simulate", "sweep", "csv"};
    reader in = {.at = text, .end = text + size};
    char before = ';';
    for (pass_idle(&in); in.at < in.end; pass_idle(&in)) {
        const char *word = in.at;
        while (in.at < in.end && is_letter(*in.at))
            in.at++;
        const size_t length = (size_t)(in.at - word);
        if (length == 0) {
            before = *in.at++;
            continue;
        }
        bool named = false;
        for (size_t i = 0; i < sizeof names / sizeof *names && before != '.'; i++)
            named = named || (length == strlen(names[i]) && memcmp(word, names[i], length) == 0);
        reader next = in;
        bool called = false;
        if (named) { // sweep{...}, sweep(...), local s = sweep; but not { sweep = ... }
            pass_idle(&next);
            called = next.at == next.end || *next.at != '=' || (next.end - next.at > 1 && next.at[1] == '=');
        }
        if (called)
            return true;
        before = ';';
    }
    return false;
}
