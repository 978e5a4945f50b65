// string: find, match, gmatch and gsub on our own matcher (lua_pattern.h), rep and format without their
// traps.
#include "sims/lua_sandbox.h"

#include <lualib.h>
#include <string.h>

#include "sims/lua_pattern.h"

// A position given by a script: 1 is the first byte, -1 the last. Result: 0-based, at least 0.
static size_t position_of(lua_Integer position, size_t size) {
    if (position > 0)
        return (size_t)position - 1;
    if (position == 0 || position < -(lua_Integer)size)
        return 0;
    return size + (size_t)position;
}

static void step(void *context, uint64_t steps) { sandbox_charge(context, steps); }

// Pushes the compiled pattern (a userdata) of the text at @p index.
static lua_pattern *push_pattern(lua_State *L, int index, bool anchors) {
    size_t size;
    const char *text = luaL_checklstring(L, index, &size);
    lua_pattern *compiled = lua_newuserdatauv(L, pattern_bytes(size), 0);
    sandbox_charge(L, size);
    const char *fault = pattern_compile(text, size, anchors, compiled);
    if (fault != NULL)
        luaL_error(L, "%s", fault);
    return compiled;
}

static void push_capture(lua_State *L, const pattern_match *match, uint32_t index) {
    const pattern_capture *capture = &match->captures[index];
    if (capture->position)
        lua_pushinteger(L, (lua_Integer)capture->begin + 1);
    else
        lua_pushlstring(L, match->subject + capture->begin, capture->size);
}

// Pushes all captures, or the whole match if there are none (and @p whole). Returns how many.
static int push_captures(lua_State *L, const lua_pattern *pattern, const pattern_match *match, size_t begin,
                         size_t end, bool whole) {
    if (pattern->capture_count == 0 && whole) {
        lua_pushlstring(L, match->subject + begin, end - begin);
        return 1;
    }
    luaL_checkstack(L, (int)pattern->capture_count, "too many captures");
    for (uint32_t i = 0; i < pattern->capture_count; i++)
        push_capture(L, match, i);
    return (int)pattern->capture_count;
}

// The first match at or behind @p begin.
static bool search(const lua_pattern *pattern, pattern_match *match, size_t begin, size_t *begin_out,
                   size_t *end_out) {
    bool found = false;
    for (size_t at = begin; !found && at <= match->subject_size; at++) {
        found = pattern_match_at(pattern, match, at, end_out);
        *begin_out = at;
        if (pattern->anchored)
            break;
    }
    pattern_match_flush(match);
    return found;
}

static int find_or_match(lua_State *L, bool find) {
    size_t size, wanted_size;
    const char *subject = luaL_checklstring(L, 1, &size);
    const char *wanted = luaL_checklstring(L, 2, &wanted_size);
    size_t begin = position_of(luaL_optinteger(L, 3, 1), size), end;
    if (begin > size) {
        lua_pushnil(L);
        return 1;
    }
    if (find && lua_toboolean(L, 4)) {
        sandbox_charge(L, (size - begin + wanted_size) / 8);
        const char *found = memmem(subject + begin, size - begin, wanted, wanted_size);
        if (found == NULL) {
            lua_pushnil(L);
            return 1;
        }
        lua_pushinteger(L, found - subject + 1);
        lua_pushinteger(L, found - subject + (lua_Integer)wanted_size);
        return 2;
    }
    const lua_pattern *compiled = push_pattern(L, 2, true);
    pattern_match match = {.subject = subject, .subject_size = size, .step = step, .context = L};
    if (!search(compiled, &match, begin, &begin, &end)) {
        lua_pushnil(L);
        return 1;
    }
    if (!find)
        return push_captures(L, compiled, &match, begin, end, true);
    lua_pushinteger(L, (lua_Integer)begin + 1);
    lua_pushinteger(L, (lua_Integer)end);
    return 2 + push_captures(L, compiled, &match, begin, end, false);
}

static int string_find(lua_State *L) { return find_or_match(L, true); }

static int string_match(lua_State *L) { return find_or_match(L, false); }

// Upvalues: subject, pattern, where to go on, where the last match ended (an empty match there does not
// count).
static int gmatch_next(lua_State *L) {
    size_t size, begin, end;
    const char *subject = lua_tolstring(L, lua_upvalueindex(1), &size);
    const lua_pattern *compiled = lua_touserdata(L, lua_upvalueindex(2));
    size_t at = (size_t)lua_tointeger(L, lua_upvalueindex(3));
    lua_Integer last = lua_tointeger(L, lua_upvalueindex(4));
    pattern_match match = {.subject = subject, .subject_size = size, .step = step, .context = L};
    for (; at <= size && search(compiled, &match, at, &begin, &end); at = begin + 1) {
        if ((lua_Integer)end == last)
            continue;
        lua_pushinteger(L, (lua_Integer)end);
        lua_pushvalue(L, -1);
        lua_replace(L, lua_upvalueindex(3));
        lua_replace(L, lua_upvalueindex(4));
        return push_captures(L, compiled, &match, begin, end, true);
    }
    return 0;
}

static int string_gmatch(lua_State *L) {
    size_t size;
    luaL_checklstring(L, 1, &size);
    size_t begin = position_of(luaL_optinteger(L, 3, 1), size);
    lua_settop(L, 2);
    push_pattern(L, 2, false);
    lua_replace(L, 2);
    lua_pushinteger(L, begin > size ? (lua_Integer)size + 1 : (lua_Integer)begin);
    lua_pushinteger(L, -1);
    lua_pushcclosure(L, gmatch_next, 4);
    return 1;
}

// Pushes capture number @p index as gsub counts: 1 is the whole match where there are no captures.
static void push_numbered(lua_State *L, const lua_pattern *pattern, const pattern_match *match,
                          uint32_t index, size_t begin, size_t end) {
    if (index == 0 || (index == 1 && pattern->capture_count == 0))
        lua_pushlstring(L, match->subject + begin, end - begin);
    else if (index <= pattern->capture_count)
        push_capture(L, match, index - 1);
    else
        luaL_error(L, "invalid capture index %%%d in replacement string", (int)index);
}

// Adds the replacement text, with %0 to %9 and %% filled in.
static void add_text(lua_State *L, luaL_Buffer *buffer, const lua_pattern *pattern,
                     const pattern_match *match, size_t begin, size_t end) {
    size_t size;
    const char *text = lua_tolstring(L, 3, &size);
    for (size_t i = 0; i < size; i++) {
        if (text[i] != '%') {
            luaL_addchar(buffer, text[i]);
            continue;
        }
        i++;
        if (i < size && text[i] == '%') {
            luaL_addchar(buffer, '%');
        } else if (i < size && text[i] >= '0' && text[i] <= '9') {
            push_numbered(L, pattern, match, (uint32_t)(text[i] - '0'), begin, end);
            luaL_tolstring(L, -1, NULL); // a position is a number
            lua_remove(L, -2);
            luaL_addvalue(buffer);
        } else {
            luaL_error(L, "invalid use of '%%' in replacement string");
        }
    }
}

// Adds what replaces one match.
static void add_replacement(lua_State *L, luaL_Buffer *buffer, const lua_pattern *pattern,
                            const pattern_match *match, size_t begin, size_t end) {
    int type = lua_type(L, 3);
    if (type == LUA_TFUNCTION) {
        lua_pushvalue(L, 3);
        lua_call(L, push_captures(L, pattern, match, begin, end, true), 1);
    } else if (type == LUA_TTABLE) {
        push_numbered(L, pattern, match, 1, begin, end);
        lua_gettable(L, 3);
    } else {
        add_text(L, buffer, pattern, match, begin, end);
        return;
    }
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        luaL_addlstring(buffer, match->subject + begin, end - begin);
    } else if (lua_isstring(L, -1)) {
        luaL_addvalue(buffer);
    } else {
        luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
    }
}

static int string_gsub(lua_State *L) {
    size_t size, at = 0, end, last = SIZE_MAX;
    const char *subject = luaL_checklstring(L, 1, &size);
    int type = lua_type(L, 3);
    luaL_argexpected(
        L, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE, 3,
        "string/function/table");
    lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)size + 1), count = 0;
    lua_settop(L, 3);
    const lua_pattern *compiled = push_pattern(L, 2, true);
    pattern_match match = {.subject = subject, .subject_size = size, .step = step, .context = L};
    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    while (count < most) {
        if (pattern_match_at(compiled, &match, at, &end) && end != last) {
            count++;
            add_replacement(L, &buffer, compiled, &match, at, end);
            at = last = end;
        } else if (at < size) {
            luaL_addchar(&buffer, subject[at++]);
        } else {
            break;
        }
        if (compiled->anchored)
            break;
    }
    pattern_match_flush(&match);
    luaL_addlstring(&buffer, subject + at, size - at);
    luaL_pushresult(&buffer);
    lua_pushinteger(L, count);
    return 2;
}

// Lua's own counts to n even when there is nothing to repeat.
static int string_rep(lua_State *L) {
    size_t size, gap_size;
    const char *text = luaL_checklstring(L, 1, &size);
    lua_Integer count = luaL_checkinteger(L, 2);
    const char *gap = luaL_optlstring(L, 3, "", &gap_size);
    if (count <= 0 || size + gap_size == 0) {
        lua_pushliteral(L, "");
        return 1;
    }
    if ((uint64_t)count > sandbox_of(L)->limits.memory_bytes / (size + gap_size) + 1)
        return sandbox_stop(L, SANDBOX_OUT_OF_MEMORY);
    size_t total = (size_t)count * size + ((size_t)count - 1) * gap_size;
    sandbox_charge(L, (uint64_t)count);
    luaL_Buffer buffer;
    char *at = luaL_buffinitsize(L, &buffer, total);
    for (lua_Integer i = 0; i < count; i++) {
        memcpy(at, text, size);
        at += size;
        if (i + 1 < count) {
            memcpy(at, gap, gap_size);
            at += gap_size;
        }
    }
    luaL_pushresultsize(&buffer, total);
    return 1;
}

// Lua's own, with the values that it would show by address shown without, and no %p. Upvalue: Lua's own.
static int string_format(lua_State *L) {
    const char *format = luaL_checkstring(L, 1);
    int count = lua_gettop(L);
    for (const char *at = strchr(format, '%'); at != NULL; at = strchr(at, '%')) {
        at++;
        at += strspn(at, "-+ #0123456789.");
        if (*at == 'p')
            return luaL_error(L, "'%%p' is not for scenario scripts: an address differs from run to run");
        if (*at != '\0')
            at++;
    }
    for (int i = 2; i <= count; i++) {
        int type = lua_type(L, i);
        sandbox_charge(L, 16 + (type == LUA_TSTRING ? lua_rawlen(L, i) / 8 : 0));
        if (type == LUA_TTABLE || type == LUA_TFUNCTION || type == LUA_TUSERDATA ||
            type == LUA_TLIGHTUSERDATA) {
            sandbox_tostring(L, i, NULL);
            lua_replace(L, i);
        }
    }
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

void sandbox_open_string(lua_State *L) {
    static const char *const kept[] = {"byte",     "char",    "format", "len",    "lower", "pack",
                                       "packsize", "reverse", "sub",    "unpack", "upper", NULL};
    static const char *const charged[] = {"byte",    "char",   "lower", "pack", "packsize",
                                          "reverse", "unpack", "upper", NULL};
    static const luaL_Reg own[] = {{"find", string_find}, {"match", string_match}, {"gmatch", string_gmatch},
                                   {"gsub", string_gsub}, {"rep", string_rep},     {NULL, NULL}};
    luaL_requiref(L, LUA_STRLIBNAME, luaopen_string, 0);
    sandbox_keep_only(L, kept);
    sandbox_charge_texts(L, charged);
    luaL_setfuncs(L, own, 0);
    lua_getfield(L, -1, "format");
    lua_pushcclosure(L, string_format, 1);
    lua_setfield(L, -2, "format");
    lua_pushliteral(L, ""); // ("text"):rep(2) must find ours too
    lua_getmetatable(L, -1);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 2);
    lua_setglobal(L, LUA_STRLIBNAME);
}
