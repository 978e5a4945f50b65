// What a script keeps from call to call, in a checkpoint: its global table `state` and where its random
// numbers are. Everything else begins anew when a run goes on, so a script that keeps something elsewhere,
// in another global or in a local that its function sees, is found out and said by name: a checkpoint that
// forgets is none.
//
// A value is a tag and what follows; a table its length, then keys and values in sorted order, so that the
// bytes are the same wherever Lua put them. Of a list with holes the length (#) is whatever Lua's places
// make it: it has the same again.
#include <inttypes.h>
#include <string.h>

#include "sims/lua_sandbox.h"

enum { DEPTH_MAX = 32, ENTRIES_MAX = 1000000, LENGTH_MAX = 2 * ENTRIES_MAX, TEXT_BYTES_MAX = 64 << 20 };
enum { TAG_NIL, TAG_FALSE, TAG_TRUE, TAG_INTEGER, TAG_NUMBER, TAG_TEXT, TAG_TABLE, TAG_COUNT };

// --- Out. Slot 1: the tables that have been met.

typedef struct walk {
    entrain_archive *archive;
    int depth;
    uint64_t entries;
    char path[120]; // "state.seen"
} walk;

static void put_tag(const walk *w, uint32_t tag) { entrain_archive_u32(w->archive, &tag); }

static void put_text(lua_State *L, const walk *w) {
    size_t size;
    const char *text = lua_tolstring(L, -1, &size);
    uint64_t bytes = size;
    entrain_archive_count(w->archive, &bytes, TEXT_BYTES_MAX, "the length of a text");
    entrain_archive_bytes(w->archive, (void *)(uintptr_t)text, size); // only read
}

// Places are taken for so many: a table that has next to nothing in them is no list.
static uint64_t length_kept(uint64_t length, uint64_t count) {
    return length <= LENGTH_MAX && length <= 64 + 16 * count ? length : 0;
}

static void put_value(lua_State *L, walk *w);

static void put_table(lua_State *L, walk *w) {
    luaL_checkstack(L, 12, NULL);
    if (w->depth == DEPTH_MAX)
        luaL_error(L, "%s lies deeper than %d tables", w->path, DEPTH_MAX);
    if (lua_getmetatable(L, -1))
        luaL_error(L, "%s has a metatable", w->path);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, 1) != LUA_TNIL)
        luaL_error(L, "%s is a table that is there twice, and would be two", w->path);
    lua_pop(L, 1);
    lua_pushvalue(L, -1);
    lua_pushboolean(L, true);
    lua_rawset(L, 1);
    uint64_t length = lua_rawlen(L, -1);
    uint64_t count = (uint64_t)sandbox_push_sorted_keys(L, -1, w->path);
    w->entries += count;
    if (w->entries > ENTRIES_MAX)
        luaL_error(L, "%s goes beyond %d values", w->path, ENTRIES_MAX);
    put_tag(w, TAG_TABLE);
    entrain_archive_count(w->archive, &count, ENTRIES_MAX, "the size of a table");
    length = length_kept(length, count);
    entrain_archive_count(w->archive, &length, LENGTH_MAX, "the length of a table");
    const size_t end = strlen(w->path);
    for (lua_Integer i = 1; i <= (lua_Integer)count; i++) {
        lua_rawgeti(L, -1, i); // table, keys, key
        if (lua_type(L, -1) == LUA_TSTRING)
            snprintf(w->path + end, sizeof w->path - end, ".%.40s", lua_tostring(L, -1));
        else // its text would be made of it in place
            snprintf(w->path + end, sizeof w->path - end, "[%" PRId64 "]", (int64_t)lua_tonumber(L, -1));
        put_value(L, w);
        lua_pushvalue(L, -1);
        lua_rawget(L, -4); // table, keys, key, value
        w->depth++;
        put_value(L, w);
        w->depth--;
        lua_pop(L, 2);
        w->path[end] = '\0';
    }
    lua_pop(L, 1);
}

static void put_value(lua_State *L, walk *w) {
    int64_t whole;
    double number;
    switch (lua_type(L, -1)) {
    case LUA_TNIL:
        put_tag(w, TAG_NIL);
        return;
    case LUA_TBOOLEAN:
        put_tag(w, lua_toboolean(L, -1) ? TAG_TRUE : TAG_FALSE);
        return;
    case LUA_TNUMBER:
        if (lua_isinteger(L, -1)) {
            whole = lua_tointeger(L, -1);
            put_tag(w, TAG_INTEGER);
            entrain_archive_i64(w->archive, &whole);
        } else {
            number = lua_tonumber(L, -1);
            put_tag(w, TAG_NUMBER);
            entrain_archive_f64(w->archive, &number);
        }
        return;
    case LUA_TSTRING:
        put_tag(w, TAG_TEXT);
        put_text(L, w);
        return;
    case LUA_TTABLE:
        put_table(L, w);
        return;
    default:
        luaL_error(L, "%s is a %s", w->path, luaL_typename(L, -1));
    }
}

static int write_state(lua_State *L) {
    walk w = {.archive = lua_touserdata(L, 1), .path = "state"};
    lua_settop(L, 0);
    lua_newtable(L);
    lua_getglobal(L, "state");
    put_value(L, &w);
    return 0;
}

// --- In

static bool going(const walk *w) { return entrain_archive_status(w->archive, NULL) == ENTRAIN_OK; }

static void get_text(lua_State *L, const walk *w) {
    uint64_t bytes = 0;
    luaL_Buffer buffer;
    entrain_archive_count(w->archive, &bytes, TEXT_BYTES_MAX, "the length of a text");
    char *text = luaL_buffinitsize(L, &buffer, (size_t)bytes);
    entrain_archive_bytes(w->archive, text, (size_t)bytes);
    luaL_pushresultsize(&buffer, (size_t)bytes);
}

static void get_value(lua_State *L, walk *w);

static void get_table(lua_State *L, walk *w) {
    uint64_t count = 0, length = 0;
    luaL_checkstack(L, 12, NULL);
    entrain_archive_count(w->archive, &count, ENTRIES_MAX, "the size of a table");
    entrain_archive_count(w->archive, &length, LENGTH_MAX, "the length of a table");
    w->entries += count;
    if (w->depth == DEPTH_MAX || w->entries > ENTRIES_MAX || length_kept(length, count) != length)
        luaL_error(L, "its table state is not one that was written");
    lua_createtable(L, (int)length,
                    (int)count); // with room for all: it is not put in order while it is filled
    w->depth++;
    for (uint64_t i = 0; i < count && going(w); i++) {
        get_value(L, w);
        get_value(L, w);
        const bool named =
            lua_type(L, -2) == LUA_TSTRING || lua_isinteger(L, -2) ||
            (lua_type(L, -2) == LUA_TNUMBER && lua_tonumber(L, -2) == lua_tonumber(L, -2)); // no NaN
        if (going(w) && !named)
            luaL_error(L, "its table state is not one that was written");
        if (going(w))
            lua_rawset(L, -3);
        else
            lua_pop(L, 2);
    }
    w->depth--;
}

static void get_value(lua_State *L, walk *w) {
    uint32_t tag = 0;
    int64_t whole = 0;
    double number = 0;
    entrain_archive_u32(w->archive, &tag);
    switch (tag) {
    case TAG_FALSE:
    case TAG_TRUE:
        lua_pushboolean(L, tag == TAG_TRUE);
        return;
    case TAG_INTEGER:
        entrain_archive_i64(w->archive, &whole);
        lua_pushinteger(L, whole);
        return;
    case TAG_NUMBER:
        entrain_archive_f64(w->archive, &number);
        lua_pushnumber(L, number);
        return;
    case TAG_TEXT:
        get_text(L, w);
        return;
    case TAG_TABLE:
        get_table(L, w);
        return;
    default:
        if (tag >= TAG_COUNT)
            luaL_error(L, "its table state is not one that was written");
        lua_pushnil(L);
    }
}

static int read_state(lua_State *L) {
    walk w = {.archive = lua_touserdata(L, 1)};
    lua_settop(L, 0);
    get_value(L, &w);
    lua_setglobal(L, "state");
    return 0;
}

// --- What else it keeps: a number for every global and every local that functions see, by name

// As FNV-1a has it, eight bytes at a time: it finds out what a user forgot, not who wants to deceive it.
static uint64_t mix(uint64_t sum, uint64_t more) {
    sum = (sum ^ more) * UINT64_C(0x100000001b3);
    return sum ^ sum >> 29;
}

static uint64_t mix_text(uint64_t sum, const char *text, size_t size) {
    for (size_t i = 0; i < size; i++)
        sum = mix(sum, (unsigned char)text[i]);
    return sum;
}

// Whether its keys can be put in order.
static bool has_plain_keys(lua_State *L) {
    bool plain = true;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
        plain = plain && (lua_type(L, -2) == LUA_TSTRING || lua_type(L, -2) == LUA_TNUMBER);
    return plain;
}

static uint64_t sum_of(lua_State *L, int depth);

static uint64_t sum_of_table(lua_State *L, int depth) {
    uint64_t sum = 6;
    if (!has_plain_keys(L))
        return sum;
    const lua_Integer count = sandbox_push_sorted_keys(L, -1, "");
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, -1, i);
        sum = mix(sum, sum_of(L, depth));
        lua_rawget(L, -3);
        sum = mix(sum, sum_of(L, depth));
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return sum;
}

// What a Lua function sees: its locals from outside, but not the table of globals.
static uint64_t sum_of_function(lua_State *L, int depth) {
    uint64_t sum = 7;
    const char *name;
    for (int i = 1; !lua_iscfunction(L, -1) && (name = lua_getupvalue(L, -1, i)) != NULL; i++) {
        if (strcmp(name, "_ENV") != 0)
            sum = mix(sum, sum_of(L, depth));
        lua_pop(L, 1);
    }
    return sum;
}

// Of the value at the top, which stays. Slot 1: what has been met; a thing counts where it is met first.
static uint64_t sum_of(lua_State *L, int depth) {
    uint64_t bits = 0;
    double number;
    size_t size;
    luaL_checkstack(L, 10, NULL);
    switch (lua_type(L, -1)) {
    case LUA_TBOOLEAN:
        return lua_toboolean(L, -1) ? 2 : 1;
    case LUA_TNUMBER:
        number = lua_tonumber(L, -1);
        memcpy(&bits, &number, sizeof bits);
        return mix(lua_isinteger(L, -1) ? 3 : 4,
                   lua_isinteger(L, -1) ? (uint64_t)lua_tointeger(L, -1) : bits);
    case LUA_TSTRING: {
        const char *text = lua_tolstring(L, -1, &size);
        return mix_text(5, text, size);
    }
    case LUA_TTABLE:
    case LUA_TFUNCTION:
        lua_pushvalue(L, -1);
        if (lua_rawget(L, 1) != LUA_TNIL || depth == DEPTH_MAX) {
            lua_pop(L, 1);
            return 8;
        }
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_pushboolean(L, true);
        lua_rawset(L, 1);
        return lua_istable(L, -1) ? sum_of_table(L, depth + 1) : sum_of_function(L, depth + 1);
    default:
        return 0;
    }
}

// Slot 2: the sums by name. Puts the sum of the value at the top there, and takes the value off; or, where
// there is one for @p name already that differs, raises an error.
static void account(lua_State *L, const char *what, const char *said, bool first) {
    const lua_Integer sum = (lua_Integer)sum_of(L, 0);
    char name[80];
    snprintf(name, sizeof name, "the %s %.60s", what, said);
    lua_pop(L, 1);
    if (first) {
        lua_pushinteger(L, sum);
        lua_setfield(L, 2, name);
        return;
    }
    lua_getfield(L, 2, name);
    if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) != sum)
        luaL_error(L, "%s", name);
    lua_pop(L, 1);
}

static const char kept_sums;

// Arguments: the kept function. The first time the sums are kept, then they are compared; what differs is
// raised as an error by its name.
static int look_for_others(lua_State *L) {
    const sandbox_function *kept = lua_touserdata(L, 1);
    lua_settop(L, 0);
    lua_newtable(L);
    const bool first = lua_rawgetp(L, LUA_REGISTRYINDEX, &kept_sums) == LUA_TNIL;
    if (first) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &kept_sums);
    }
    lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS); // slot 3
    lua_pushvalue(L, 3);
    lua_pushboolean(L, true);
    lua_rawset(L, 1); // _G is in itself
    lua_getglobal(L, "state");
    if (lua_istable(L, -1)) { // it is kept, whoever else names it
        lua_pushboolean(L, true);
        lua_rawset(L, 1);
    }
    lua_settop(L, 3);
    lua_rawgeti(L, LUA_REGISTRYINDEX, kept->reference);
    const char *name;
    for (int i = 1; (name = lua_getupvalue(L, -1, i)) != NULL; i++) {
        if (strcmp(name, "_ENV") != 0)
            account(L, "local", name, first);
        else
            lua_pop(L, 1);
    }
    lua_settop(L, 3);
    const lua_Integer count = has_plain_keys(L) ? sandbox_push_sorted_keys(L, 3, "") : 0;
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, 4, i);
        if (lua_type(L, -1) == LUA_TSTRING && strcmp(lua_tostring(L, -1), "state") != 0) {
            name = lua_tostring(L, -1);
            lua_pushvalue(L, -1);
            lua_rawget(L, 3);
            account(L, "global", name, first);
        }
        lua_settop(L, 4);
    }
    return 0;
}

// --- Both

void sandbox_archive(sandbox *box, const char *path, entrain_archive *archive) {
    lua_State *L = box->L;
    const bool reading = entrain_archive_is_reading(archive);
    entrain_archive_section(archive, "script");
    entrain_archive_u32(archive, &box->random.key[0]);
    entrain_archive_u32(archive, &box->random.key[1]);
    entrain_archive_u64(archive, &box->draw_count);
    if (entrain_archive_status(archive, NULL) != ENTRAIN_OK)
        return;
    sandbox_allow(box, INT64_MAX / 4);
    lua_pushcfunction(L, look_for_others); // none of these pushes needs memory
    lua_pushlightuserdata(L, (void *)(uintptr_t)sandbox_function_at(box, path));
    int status = lua_pcall(L, 1, 0, 0);
    if (status != LUA_OK) {
        const char *name = lua_tostring(L, -1);
        entrain_archive_refuse(archive, ENTRAIN_UNSUPPORTED,
                               "%s changes %s, which a checkpoint would forget; keep it in the table state.",
                               path, name != NULL ? name : "what it sees");
    } else {
        lua_pushcfunction(L, reading ? read_state : write_state);
        lua_pushlightuserdata(L, archive);
        status = lua_pcall(L, 1, 0, 0);
        const char *what = status != LUA_OK ? lua_tostring(L, -1) : NULL;
        if (status != LUA_OK && reading)
            entrain_archive_refuse(archive, ENTRAIN_MISMATCH, "%s.",
                                   what != NULL ? what : "no memory for state");
        else if (status != LUA_OK)
            entrain_archive_refuse(
                archive, ENTRAIN_UNSUPPORTED,
                "of %s %s; a checkpoint holds numbers, texts, true, false and tables of these.", path,
                what != NULL ? what : "state needs more memory than there is");
    }
    lua_settop(L, 0);
}
