// From the table a script returned to a JSON tree.
//
// A container is attached to its parent before it is filled: an error may leave this file at any line
// (lua_error jumps), and sandbox->tree then still owns everything.
#include "sims/lua_sandbox.h"

#include <math.h>
#include <string.h>

#include "sims/words.h"

enum { DEPTH_MAX = 32, ENTRIES_MAX = 20000000, TABLE_ENTRIES = 32, PATH_BYTES = 200 };

typedef struct converter {
    int64_t entries_left;         ///< a number counts 1, a text by its length, a table 32: memory, roughly
    const void *above[DEPTH_MAX]; ///< the tables that this one lies in
    int depth;
    const char *whole;     ///< what the root is called
    char path[PATH_BYTES]; ///< "swarm.topology"; empty at the root; cut when too long
} converter;

static void spend(lua_State *L, converter *c, int64_t entries) {
    c->entries_left -= entries;
    if (c->entries_left < 0)
        luaL_error(L, "%s holds more than %d million values; put long lists into a file and name it",
                   c->whole, ENTRIES_MAX / 1000000);
}

static const char *place(const converter *c) { return c->path[0] == '\0' ? c->whole : c->path; }

// Goes down to a key; returns what to give path_up().
static size_t path_down(converter *c, const char *key, lua_Integer index) {
    size_t size = strlen(c->path);
    if (key != NULL)
        snprintf(c->path + size, sizeof c->path - size, "%s%.60s", size > 0 ? "." : "", key);
    else
        snprintf(c->path + size, sizeof c->path - size, "[%lld]", (long long)index);
    return size;
}

static void path_up(converter *c, size_t size) { c->path[size] = '\0'; }

static void check_text(lua_State *L, const converter *c, const char *what, const char *text, size_t size) {
    if (memchr(text, '\0', size) != NULL)
        luaL_error(L, "%s: %s holds a NUL character; take it out", place(c), what);
    if (!words_is_utf8(text, size))
        luaL_error(L, "%s: %s is not UTF-8; save the file as UTF-8", place(c), what);
}

// The scalar at the top of the stack; NULL when there is no memory.
static json_t *scalar(lua_State *L, converter *c) {
    int type = lua_type(L, -1);
    spend(L, c, 1);
    if (lua_isinteger(L, -1))
        return json_integer(lua_tointeger(L, -1));
    if (type == LUA_TNUMBER) {
        double number = lua_tonumber(L, -1);
        if (!isfinite(number))
            luaL_error(L, "%s is %s; a finite number is wanted", place(c),
                       isnan(number) ? "not a number (NaN)" : "infinite");
        return json_real(number);
    }
    if (type == LUA_TBOOLEAN)
        return json_boolean(lua_toboolean(L, -1));
    if (type == LUA_TSTRING) {
        size_t size;
        const char *text = lua_tolstring(L, -1, &size);
        spend(L, c, (int64_t)(size / 16));
        check_text(L, c, "the text", text, size);
        return json_stringn(text, size);
    }
    if (type == LUA_TFUNCTION && sandbox_of(L)->takes != NULL && sandbox_of(L)->takes(c->path)) {
        sandbox_keep_function(L, c->path);
        return json_null();
    }
    luaL_error(L, "%s is a %s; only numbers, texts, true, false and tables can stand in a scenario", place(c),
               lua_typename(L, type));
    return NULL;
}

typedef struct shape {
    lua_Integer integers, highest, texts;
} shape;

static shape look_at_keys(lua_State *L, const converter *c) {
    shape found = {0};
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        if (lua_isinteger(L, -2) && lua_tointeger(L, -2) >= 1) {
            lua_Integer key = lua_tointeger(L, -2);
            found.integers++;
            found.highest = key > found.highest ? key : found.highest;
        } else if (lua_type(L, -2) == LUA_TSTRING) {
            found.texts++;
        } else {
            luaL_error(L, "%s has a key that is %s; keys are texts, or 1, 2, 3 ... in a list", place(c),
                       lua_type(L, -2) == LUA_TNUMBER ? "a number below 1 or not whole"
                                                      : luaL_typename(L, -2));
        }
    }
    if (found.integers == 1 && found.texts > 0 && strcmp(c->path, "sweep.find") == 0)
        return (shape){.texts =
                           found.texts}; // { "model.coupling", between = { 0, 4 } }: its first key is "1"
    if (found.integers > 0 && found.texts > 0)
        luaL_error(L, "%s is both a list and a table of keys; make it one of them", place(c));
    if (found.highest != found.integers)
        luaL_error(L, "%s is a list with holes (it holds %I values, the last at [%I]); fill them", place(c),
                   found.integers, found.highest);
    return found;
}

static void convert_table(lua_State *L, converter *c, json_t *parent, const char *key);

// Puts the value at the top of the stack into @p parent, under @p key or, where that is NULL, at the end of
// the list.
static void convert_value(lua_State *L, converter *c, json_t *parent, const char *key) {
    if (lua_istable(L, -1)) {
        convert_table(L, c, parent, key);
        return;
    }
    json_t *value = scalar(L, c);
    if ((key == NULL ? json_array_append_new(parent, value) : json_object_set_new(parent, key, value)) != 0)
        sandbox_stop(L, SANDBOX_NO_MEMORY);
}

static void convert_list(lua_State *L, converter *c, json_t *list, lua_Integer count) {
    for (lua_Integer i = 1; i <= count; i++) {
        size_t back = path_down(c, NULL, i);
        lua_rawgeti(L, -1, i);
        convert_value(L, c, list, NULL);
        lua_pop(L, 1);
        path_up(c, back);
    }
}

static void convert_map(lua_State *L, converter *c, json_t *map) {
    lua_Integer count =
        sandbox_push_sorted_keys(L, -1, place(c)); // sorted: the first fault is always the same one
    for (lua_Integer i = 1; i <= count; i++) {
        size_t size;
        lua_rawgeti(L, -1, i);
        lua_pushvalue(L, -1);
        lua_rawget(L, -4); // table, keys, key, key
        const char *key = lua_tolstring(L, -2, &size);
        check_text(L, c, "a key", key, size);
        size_t back = path_down(c, key, 0);
        convert_value(L, c, map, key);
        lua_pop(L, 2);
        path_up(c, back);
    }
    lua_pop(L, 1);
}

static void convert_table(lua_State *L, converter *c, json_t *parent, const char *key) {
    luaL_checkstack(L, 12, NULL);
    const void *self = lua_topointer(L, -1);
    for (int i = 0; i < c->depth; i++)
        if (c->above[i] == self)
            luaL_error(L, "%s contains itself; a scenario is a tree", place(c));
    if (c->depth == DEPTH_MAX)
        luaL_error(L, "%s lies deeper than %d tables; a scenario is not that deep", place(c), DEPTH_MAX);
    spend(L, c, TABLE_ENTRIES);
    shape found = look_at_keys(L, c);
    json_t *own = found.integers > 0 ? json_array() : json_object();
    if (own == NULL)
        sandbox_stop(L, SANDBOX_NO_MEMORY);
    if (parent == NULL)
        sandbox_of(L)->tree = own;
    else if ((key == NULL ? json_array_append_new(parent, own) : json_object_set_new(parent, key, own)) != 0)
        sandbox_stop(L, SANDBOX_NO_MEMORY);
    c->above[c->depth++] = self;
    if (found.integers > 0)
        convert_list(L, c, own, found.integers);
    else
        convert_map(L, c, own);
    c->depth--;
}

void sandbox_convert(lua_State *L, const char *what) {
    converter c = {.entries_left = ENTRIES_MAX, .whole = what};
    convert_table(L, &c, NULL, NULL);
}
