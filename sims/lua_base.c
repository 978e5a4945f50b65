// The base functions, with those replaced that could show an address, swallow a limit or escape the sandbox.
#include "sims/lua_sandbox.h"

#include <lualib.h>
#include <stdio.h>

const char *sandbox_tostring(lua_State *L, int index, size_t *size_out) {
    if (luaL_callmeta(L, index, "__tostring")) {
        if (!lua_isstring(L, -1))
            luaL_error(L, "'__tostring' must return a string");
        return lua_tolstring(L, -1, size_out);
    }
    int type = lua_type(L, index);
    if (type == LUA_TNIL || type == LUA_TBOOLEAN || type == LUA_TNUMBER || type == LUA_TSTRING)
        return luaL_tolstring(L, index, size_out);
    lua_pushstring(L, lua_typename(L, type)); // Lua would add the address, which differs from run to run
    return lua_tolstring(L, -1, size_out);
}

static int base_tostring(lua_State *L) {
    luaL_checkany(L, 1);
    sandbox_tostring(L, 1, NULL);
    return 1;
}

// To stderr: stdout is for data.
static int base_print(lua_State *L) {
    int count = lua_gettop(L);
    for (int i = 1; i <= count; i++)
        sandbox_charge(L, 16 + (uint64_t)lua_rawlen(L, i) / 4);
    if (sandbox_of(L)->limits.mute)
        return 0;
    fprintf(stderr, "%s: ", sandbox_of(L)->path);
    for (int i = 1; i <= count; i++) {
        size_t size;
        const char *text = sandbox_tostring(L, i, &size);
        if (i > 1)
            fputc('\t', stderr);
        fwrite(text, 1, size, stderr);
        lua_pop(L, 1);
    }
    fputc('\n', stderr);
    return 0;
}

// After a failed protected call: a passed limit goes on upwards.
static void pass_on(lua_State *L, int status) {
    sandbox *box = sandbox_of(L);
    if (status == LUA_ERRMEM)
        sandbox_stop(L, SANDBOX_OUT_OF_MEMORY);
    if (box->end != SANDBOX_RUNNING)
        sandbox_stop(L, box->end);
}

static int base_pcall(lua_State *L) {
    luaL_checkany(L, 1);
    int status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
    if (status != LUA_OK)
        pass_on(L, status);
    lua_pushboolean(L, status == LUA_OK);
    lua_insert(L, 1);
    return lua_gettop(L);
}

// The handler is called after the stack has been unwound, not where the error was raised: there, hooks do not
// run and a handler could loop for ever.
static int base_xpcall(lua_State *L) {
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushvalue(L, 2);
    lua_insert(L, 1); // handler, f, handler, arguments
    lua_remove(L, 3);
    int status = lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 0);
    if (status == LUA_OK) {
        lua_pushboolean(L, true);
        lua_replace(L, 1);
        return lua_gettop(L);
    }
    pass_on(L, status);
    lua_call(L, 1, 1); // handler(error)
    lua_pushboolean(L, false);
    lua_insert(L, 1);
    return 2;
}

static int base_setmetatable(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, lua_isnil(L, 2) || lua_istable(L, 2), 2, "nil or table");
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
        return luaL_error(L, "cannot change a protected metatable");
    if (lua_istable(L, 2)) {
        lua_pushliteral(L, "__gc");
        if (lua_rawget(L, 2) != LUA_TNIL)
            return luaL_error(L, "finalizers (__gc) are not for scenario scripts");
        lua_pop(L, 1);
    }
    lua_settop(L, 2);
    lua_setmetatable(L, 1);
    return 1;
}

void sandbox_open_base(lua_State *L) {
    static const char *const kept[] = {"assert", "error",  "getmetatable", "ipairs",   "rawequal", "rawget",
                                       "rawlen", "rawset", "select",       "tonumber", "type",     "_VERSION",
                                       NULL};
    static const char *const charged[] = {"select", "tonumber", "rawequal", NULL};
    static const luaL_Reg own[] = {{"pcall", base_pcall},       {"xpcall", base_xpcall},
                                   {"print", base_print},       {"setmetatable", base_setmetatable},
                                   {"tostring", base_tostring}, {NULL, NULL}};
    luaL_requiref(L, LUA_GNAME, luaopen_base, 0);
    sandbox_keep_only(L, kept);
    sandbox_charge_texts(L, charged);
    luaL_setfuncs(L, own, 0);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, LUA_GNAME);
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS); // the new table is what scripts call global

    static const char *const utf8_kept[] = {"char", "charpattern", "codes", "codepoint",
                                            "len",  "offset",      NULL};
    static const char *const utf8_charged[] = {"char", "codes", "codepoint", "len", "offset", NULL};
    luaL_requiref(L, LUA_UTF8LIBNAME, luaopen_utf8, 0);
    sandbox_keep_only(L, utf8_kept);
    sandbox_charge_texts(L, utf8_charged);
    lua_setglobal(L, LUA_UTF8LIBNAME);
}
