// Calls of a function that a script keeps: a table goes in, nothing or a table comes out.
#include "sims/lua_sandbox.h"

void sandbox_push(lua_State *L, const json_t *value) {
    const char *key;
    json_t *inner;
    size_t index;
    luaL_checkstack(L, 4, NULL);
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        lua_createtable(L, 0, (int)json_object_size(value));
        json_object_foreach((json_t *)value, key, inner) {
            sandbox_push(L, inner);
            lua_setfield(L, -2, key);
        }
        break;
    case JSON_ARRAY:
        lua_createtable(L, (int)json_array_size(value), 0);
        json_array_foreach(value, index, inner) {
            sandbox_push(L, inner);
            lua_rawseti(L, -2, (lua_Integer)index + 1);
        }
        break;
    case JSON_STRING:
        lua_pushlstring(L, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        lua_pushinteger(L, json_integer_value(value));
        break;
    case JSON_REAL:
        lua_pushnumber(L, json_real_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        lua_pushboolean(L, json_is_true(value));
        break;
    case JSON_NULL:
        lua_pushnil(L);
        break;
    }
}

// Arguments: the kept function, the argument. What comes back stands in sandbox->tree.
static int call(lua_State *L) {
    sandbox *box = sandbox_of(L);
    const sandbox_function *kept = lua_touserdata(L, 1);
    const json_t *argument = lua_touserdata(L, 2);
    lua_Debug about;
    lua_settop(L, 0);
    lua_rawgeti(L, LUA_REGISTRYINDEX, kept->reference);
    lua_pushvalue(L, 1);
    lua_getinfo(L, ">S", &about);
    box->call_line = about.linedefined > 0 ? about.linedefined : 0;
    sandbox_push(L, argument);
    lua_call(L, 1, 1);
    if (lua_isnil(L, 1))
        return 0;
    if (!lua_istable(L, 1))
        return luaL_error(L, "%s returned a %s; it must return nothing, or a table", kept->path,
                          luaL_typename(L, 1));
    sandbox_convert(L, "the returned table");
    return 0;
}

entrain_status sandbox_call(sandbox *box, const char *path, const json_t *argument, json_t **reply_out,
                            int *line_out, entrain_error *error_out) {
    const sandbox_function *kept = sandbox_function_at(box, path);
    box->takes = NULL; // the reply is plain
    box->called = kept->path;
    sandbox_allow(box, box->limits.work_call);
    lua_pushcfunction(box->L, call); // neither this nor the next two need memory
    lua_pushlightuserdata(box->L, (void *)kept);
    lua_pushlightuserdata(box->L, (void *)argument);
    const int status = lua_pcall(box->L, 2, 0, 0);
    if (status != LUA_OK)
        return sandbox_tell(box, status, error_out);
    *reply_out = box->tree;
    box->tree = NULL;
    *line_out = box->call_line;
    return ENTRAIN_OK;
}
