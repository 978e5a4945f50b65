// table, pairs, next and range. Lua's table functions ask metamethods for lengths and elements, so that a
// table of nothing may claim to be 2^62 long and one C call never ends: ours take plain tables and charge for
// every element.
#include "sims/lua_sandbox.h"

#include <limits.h>
#include <lualib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sims/sweep_values.h"

enum { RANGE_MAX = 1000000 };

// The length of the plain table at @p index.
static lua_Integer plain_length(lua_State *L, int index) {
    luaL_checktype(L, index, LUA_TTABLE);
    if (lua_getmetatable(L, index))
        luaL_argerror(L, index, "a plain table, without metatable, is wanted");
    return (lua_Integer)lua_rawlen(L, index);
}

static int table_insert(lua_State *L) {
    lua_Integer end = plain_length(L, 1) + 1, at = end;
    int arguments = lua_gettop(L);
    if (arguments != 2 && arguments != 3)
        return luaL_error(L, "wrong number of arguments to 'insert'");
    if (arguments == 3) {
        at = luaL_checkinteger(L, 2);
        luaL_argcheck(L, at >= 1 && at <= end, 2, "position out of bounds");
    }
    sandbox_charge(L, (uint64_t)(end - at));
    for (lua_Integer i = end; i > at; i--) {
        lua_rawgeti(L, 1, i - 1);
        lua_rawseti(L, 1, i);
    }
    lua_rawseti(L, 1, at);
    return 0;
}

static int table_remove(lua_State *L) {
    lua_Integer size = plain_length(L, 1), at = luaL_optinteger(L, 2, size);
    if (at != size)
        luaL_argcheck(L, at >= 1 && at <= size + 1, 2, "position out of bounds");
    lua_rawgeti(L, 1, at);
    if (at < size)
        sandbox_charge(L, (uint64_t)(size - at));
    for (; at < size; at++) {
        lua_rawgeti(L, 1, at + 1);
        lua_rawseti(L, 1, at);
    }
    lua_pushnil(L);
    lua_rawseti(L, 1, at);
    return 1;
}

static int table_concat(lua_State *L) {
    lua_Integer size = plain_length(L, 1);
    size_t gap_size;
    const char *gap = luaL_optlstring(L, 2, "", &gap_size);
    lua_Integer first = luaL_optinteger(L, 3, 1), last = luaL_optinteger(L, 4, size);
    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    for (lua_Integer i = first; i <= last; i++) {
        lua_rawgeti(L, 1, i);
        if (!lua_isstring(L, -1))
            return luaL_error(L, "invalid value (a %s at index %I) in table for 'concat'",
                              luaL_typename(L, -1), i);
        sandbox_charge(L, 1 + (lua_rawlen(L, -1) + gap_size) / 16);
        luaL_addvalue(&buffer);
        if (i == last) // also ends at the last integer there is
            break;
        luaL_addlstring(&buffer, gap, gap_size);
    }
    luaL_pushresult(&buffer);
    return 1;
}

static int table_unpack(lua_State *L) {
    lua_Integer size = plain_length(L, 1);
    lua_Integer first = luaL_optinteger(L, 2, 1), last = luaL_optinteger(L, 3, size);
    if (first > last)
        return 0;
    uint64_t count = (uint64_t)last - (uint64_t)first;
    if (count >= INT_MAX || !lua_checkstack(L, (int)count + 1))
        return luaL_error(L, "too many results to unpack");
    sandbox_charge(L, count);
    for (uint64_t i = 0; i <= count; i++)
        lua_rawgeti(L, 1, first + (lua_Integer)i);
    return (int)count + 1;
}

static int table_move(lua_State *L) {
    plain_length(L, 1);
    lua_Integer first = luaL_checkinteger(L, 2), last = luaL_checkinteger(L, 3), to = luaL_checkinteger(L, 4);
    int target = lua_isnoneornil(L, 5) ? 1 : 5;
    plain_length(L, target);
    if (last >= first) {
        luaL_argcheck(L, first > 0 || last < LUA_MAXINTEGER + first, 3, "too many elements to move");
        lua_Integer count = last - first + 1;
        luaL_argcheck(L, to <= LUA_MAXINTEGER - count + 1, 4, "destination wrap around");
        sandbox_charge(L, (uint64_t)count);
        bool backwards = target == 1 && to > first && to <= last;
        for (lua_Integer i = 0; i < count; i++) {
            lua_Integer at = backwards ? count - 1 - i : i;
            lua_rawgeti(L, 1, first + at);
            lua_rawseti(L, target, to + at);
        }
    }
    lua_pushvalue(L, target);
    return 1;
}

// Whether the value at the top goes strictly before the one below it.
static bool top_is_less(lua_State *L, bool with_function) {
    if (!with_function)
        return lua_compare(L, -1, -2, LUA_OPLT);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -4);
    lua_call(L, 2, 1);
    bool less = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return less;
}

// Merges from[begin..middle) and from[middle..end), in the table at stack index @p from, into the one at @p
// to.
static void merge(lua_State *L, int from, int to, lua_Integer begin, lua_Integer middle, lua_Integer end,
                  bool with_function) {
    lua_Integer left = begin, right = middle;
    for (lua_Integer at = begin; at < end; at++) {
        bool take_right = left == middle;
        if (!take_right && right < end) {
            lua_rawgeti(L, from, left);
            lua_rawgeti(L, from, right);
            take_right = top_is_less(L, with_function);
            lua_pop(L, 2);
        }
        lua_rawgeti(L, from, take_right ? right++ : left++);
        lua_rawseti(L, to, at);
    }
}

// Bottom-up merge sort: stable, and the same comparisons in every run (Lua's quicksort draws pivots from the
// clock).
static int table_sort(lua_State *L) {
    lua_Integer size = plain_length(L, 1);
    bool with_function = !lua_isnoneornil(L, 2);
    if (with_function)
        luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    luaL_argcheck(L, size < INT_MAX, 1, "array too big");
    lua_createtable(L, (int)size, 0);
    lua_createtable(L, (int)size, 0);
    luaL_checkstack(L, 8, NULL);
    int from = 3, to = 4;
    sandbox_charge(L, (uint64_t)size);
    for (lua_Integer i = 1; i <= size; i++) {
        lua_rawgeti(L, 1, i);
        lua_rawseti(L, from, i);
    }
    for (lua_Integer width = 1; width < size; width *= 2) {
        for (lua_Integer begin = 1; begin <= size; begin += 2 * width) {
            lua_Integer middle = begin + width < size + 1 ? begin + width : size + 1;
            lua_Integer end = begin + 2 * width < size + 1 ? begin + 2 * width : size + 1;
            sandbox_charge(L, 4 * (uint64_t)(end - begin));
            merge(L, from, to, begin, middle, end, with_function);
        }
        int other = from;
        from = to;
        to = other;
    }
    for (lua_Integer i = 1; i <= size; i++) {
        lua_rawgeti(L, from, i);
        lua_rawseti(L, 1, i);
    }
    return 0;
}

typedef struct sort_key {
    enum { KEY_INTEGER, KEY_FLOAT, KEY_TEXT } type;
    lua_Integer integer;
    lua_Number number;
    const char *text;
    size_t size;
} sort_key;

// An integer against a float key, exactly. (Lua turns float keys with integer values into integers.)
static int compare_mixed(lua_Integer integer, lua_Number number) {
    if (number >= 0x1p63)
        return -1;
    if (number < -0x1p63)
        return 1;
    return integer <= (lua_Integer)floor(number) ? -1 : 1;
}

static int compare_keys(const void *left, const void *right) {
    const sort_key *a = left, *b = right;
    if (a->type == KEY_TEXT || b->type == KEY_TEXT) {
        if (a->type != b->type)
            return a->type == KEY_TEXT ? 1 : -1;
        int order = memcmp(a->text, b->text, a->size < b->size ? a->size : b->size);
        return order != 0 ? order : (a->size > b->size) - (a->size < b->size);
    }
    if (a->type == KEY_INTEGER && b->type == KEY_INTEGER)
        return (a->integer > b->integer) - (a->integer < b->integer);
    if (a->type == KEY_FLOAT && b->type == KEY_FLOAT)
        return (a->number > b->number) - (a->number < b->number);
    return a->type == KEY_INTEGER ? compare_mixed(a->integer, b->number)
                                  : -compare_mixed(b->integer, a->number);
}

// The key at stack index @p index.
static sort_key read_key(lua_State *L, int index, const char *what) {
    sort_key key = {0};
    if (lua_isinteger(L, index)) {
        key.type = KEY_INTEGER;
        key.integer = lua_tointeger(L, index);
    } else if (lua_type(L, index) == LUA_TNUMBER) {
        key.type = KEY_FLOAT;
        key.number = lua_tonumber(L, index);
    } else if (lua_type(L, index) == LUA_TSTRING) {
        key.type = KEY_TEXT;
        key.text = lua_tolstring(L, index, &key.size);
    } else {
        luaL_error(L, "%s: a key is a %s, which has no place in sorted order; use numbers or text as keys",
                   what, luaL_typename(L, index));
    }
    return key;
}

static void push_key(lua_State *L, const sort_key *key) {
    if (key->type == KEY_INTEGER)
        lua_pushinteger(L, key->integer);
    else if (key->type == KEY_FLOAT)
        lua_pushnumber(L, key->number);
    else
        lua_pushlstring(L, key->text, key->size);
}

lua_Integer sandbox_push_sorted_keys(lua_State *L, int index, const char *what) {
    index = lua_absindex(L, index);
    luaL_checkstack(L, 6, NULL);
    size_t count = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1))
        count++;
    sandbox_charge(L, 8 * count);
    sort_key *keys = lua_newuserdatauv(L, (count + 1) * sizeof *keys, 0);
    size_t i = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1))
        keys[i++] = read_key(L, -2, what);
    qsort(keys, count, sizeof *keys, compare_keys);
    lua_createtable(L, (int)count, 0);
    for (i = 0; i < count; i++) {
        push_key(L, &keys[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_remove(L, -2);
    return (lua_Integer)count;
}

// Upvalues: the sorted keys, how many are done. Keys whose values have gone meanwhile are passed over.
static int pairs_next(lua_State *L) {
    lua_Integer at = lua_tointeger(L, lua_upvalueindex(2));
    lua_settop(L, 1);
    luaL_checktype(L, 1, LUA_TTABLE);
    for (;;) {
        lua_pushinteger(L, ++at);
        lua_replace(L, lua_upvalueindex(2));
        if (lua_rawgeti(L, lua_upvalueindex(1), at) == LUA_TNIL)
            return 1;
        lua_pushvalue(L, -1);
        if (lua_rawget(L, 1) != LUA_TNIL)
            return 2;
        lua_pop(L, 2);
        sandbox_charge(L, 1);
    }
}

static int base_pairs(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    sandbox_push_sorted_keys(L, 1, "pairs");
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, pairs_next, 2);
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

// The smallest key above the given one. Looks at every key: use pairs() to walk.
static int base_next(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    bool from_start = lua_isnil(L, 2);
    sort_key given = {0}, best = {0};
    if (!from_start)
        given = read_key(L, 2, "next");
    bool found = false;
    uint64_t count = 0;
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
        sort_key key = read_key(L, -2, "next");
        count++;
        if ((from_start || compare_keys(&key, &given) > 0) && (!found || compare_keys(&key, &best) < 0)) {
            best = key;
            found = true;
        }
    }
    sandbox_charge(L, 4 * count);
    if (!found) {
        lua_pushnil(L);
        return 1;
    }
    push_key(L, &best);
    lua_pushvalue(L, -1);
    lua_rawget(L, 1);
    return 2;
}

static int range_of_integers(lua_State *L, lua_Integer first, lua_Integer last, lua_Integer by) {
    bool up = by > 0;
    uint64_t span = up ? (uint64_t)last - (uint64_t)first : (uint64_t)first - (uint64_t)last;
    uint64_t pace = up ? (uint64_t)by : 0 - (uint64_t)by;
    bool empty = up ? first > last : first < last;
    if (!empty && span / pace >= RANGE_MAX)
        return luaL_error(L, "range: more than %d entries; take a larger step", RANGE_MAX);
    lua_Integer count = empty ? 0 : (lua_Integer)(span / pace) + 1;
    lua_createtable(L, (int)count, 0);
    for (lua_Integer i = 0; i < count; i++) {
        lua_pushinteger(
            L, (lua_Integer)((uint64_t)first + (uint64_t)i * (uint64_t)by)); // no overflow on the way
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

// range(first, last, step): first, first + step, ... up to last, which is included when a whole number of
// steps leads there within a millionth of a step (0.1 ten times is 1). Integers stay integers.
static int base_range(lua_State *L) {
    luaL_checkany(L, 1);
    lua_settop(L, 3);
    if (lua_isnil(L, 3)) {
        lua_pushinteger(L, 1);
        lua_replace(L, 3);
    }
    double first = luaL_checknumber(L, 1), last = luaL_checknumber(L, 2), by = luaL_checknumber(L, 3);
    if (by == 0 || !isfinite(first) || !isfinite(last) || !isfinite(by))
        return luaL_error(
            L, "range: first, last and step must be finite and the step not 0, as in range(0, 4, 0.25)");
    sandbox_charge(L, 16);
    if (lua_isinteger(L, 1) && lua_isinteger(L, 2) && lua_isinteger(L, 3))
        return range_of_integers(L, lua_tointeger(L, 1), lua_tointeger(L, 2), lua_tointeger(L, 3));
    double steps = (last - first) / by + 1e-6;
    if (!(steps < RANGE_MAX))
        return luaL_error(L, "range: more than %d entries; take a larger step", RANGE_MAX);
    lua_Integer count = steps < 0 ? 0 : (lua_Integer)steps + 1;
    lua_createtable(L, (int)count, 0);
    for (lua_Integer i = 0; i < count; i++) {
        double value = first + (double)i * by;
        bool beyond = by > 0 ? value > last : value < last;
        lua_pushnumber(L, beyond ? last : value);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

// logrange(first, last, count): so many numbers from first to last, each the same times the one before it.
// Whole numbers where all arguments are integers.
static int base_logrange(lua_State *L) {
    double first = luaL_checknumber(L, 1), last = luaL_checknumber(L, 2);
    lua_Integer count = luaL_checkinteger(L, 3);
    const bool whole = lua_isinteger(L, 1) && lua_isinteger(L, 2);
    if (!isfinite(first) || !isfinite(last) || first * last <= 0 || count < 2 || count > RANGE_MAX)
        return luaL_error(
            L,
            "logrange: first and last must be finite, of one sign and not 0, and count 2 to %d, "
            "as in logrange(100, 1e6, 9)",
            RANGE_MAX);
    sandbox_charge(L, 16 + 8 * (uint64_t)count);
    lua_createtable(L, (int)count, 0);
    lua_Integer kept = 0;
    double before = 0;
    for (lua_Integer i = 0; i < count; i++) {
        double value = sweep_logarithmic(first, last, i, count - 1);
        if (whole)
            value = round(value);
        if (whole && kept > 0 && value == before)
            continue; // 1, 2, 3 have no numbers between them
        before = value;
        if (whole)
            lua_pushinteger(L, (lua_Integer)value);
        else
            lua_pushnumber(L, value);
        lua_rawseti(L, -2, ++kept);
    }
    return 1;
}

void sandbox_open_table(lua_State *L) {
    static const char *const kept[] = {"pack", NULL};
    static const luaL_Reg own[] = {{"insert", table_insert},
                                   {"remove", table_remove},
                                   {"concat", table_concat},
                                   {"unpack", table_unpack},
                                   {"move", table_move},
                                   {"sort", table_sort},
                                   {NULL, NULL}};
    luaL_requiref(L, LUA_TABLIBNAME, luaopen_table, 0);
    sandbox_keep_only(L, kept);
    sandbox_charge_texts(L, kept);
    luaL_setfuncs(L, own, 0);
    lua_setglobal(L, LUA_TABLIBNAME);
    lua_register(L, "pairs", base_pairs);
    lua_register(L, "next", base_next);
    lua_register(L, "range", base_range);
    lua_register(L, "logrange", base_logrange);
}
