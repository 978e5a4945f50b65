// math: Entrain's own transcendental functions and counter-based random numbers; exact functions are Lua's.
#include "sims/lua_sandbox.h"

#include <lualib.h>
#include <math.h>
#include <string.h>

#include "entrain/math.h"

static int math_sin(lua_State *L) {
    lua_pushnumber(L, entrain_sin(luaL_checknumber(L, 1)));
    return 1;
}

static int math_cos(lua_State *L) {
    lua_pushnumber(L, entrain_cos(luaL_checknumber(L, 1)));
    return 1;
}

static int math_tan(lua_State *L) {
    lua_pushnumber(L, entrain_tan(luaL_checknumber(L, 1)));
    return 1;
}

static int math_exp(lua_State *L) {
    lua_pushnumber(L, entrain_exp(luaL_checknumber(L, 1)));
    return 1;
}

// The other leg of the right triangle with hypotenuse 1: (1 - x)(1 + x) keeps its digits near |x| = 1.
static double other_leg(double x) { return sqrt((1.0 - x) * (1.0 + x)); }

static int math_asin(lua_State *L) {
    double x = luaL_checknumber(L, 1);
    lua_pushnumber(L, entrain_atan2(x, other_leg(x)));
    return 1;
}

static int math_acos(lua_State *L) {
    double x = luaL_checknumber(L, 1);
    lua_pushnumber(L, entrain_atan2(other_leg(x), x));
    return 1;
}

static int math_atan(lua_State *L) {
    lua_pushnumber(L, entrain_atan2(luaL_checknumber(L, 1), luaL_optnumber(L, 2, 1.0)));
    return 1;
}

// With a base, by division: math.log(1000, 10) is 3 only up to the last bit.
static int math_log(lua_State *L) {
    double logarithm = entrain_log(luaL_checknumber(L, 1));
    if (!lua_isnoneornil(L, 2))
        logarithm /= entrain_log(luaL_checknumber(L, 2));
    lua_pushnumber(L, logarithm);
    return 1;
}

// random(): (0, 1); random(0): any integer; random(n): 1..n; random(m, n): m..n. Draw number draw_count,
// whoever asks.
static int math_random(lua_State *L) {
    sandbox *box = sandbox_of(L);
    int arguments = lua_gettop(L);
    lua_Integer low = 1, high = 0;
    if (arguments > 2)
        return luaL_error(L, "wrong number of arguments");
    if (arguments == 1)
        high = luaL_checkinteger(L, 1);
    if (arguments == 2) {
        low = luaL_checkinteger(L, 1);
        high = luaL_checkinteger(L, 2);
    }
    uint64_t draw = box->draw_count++;
    if (arguments == 0) {
        lua_pushnumber(L, entrain_random_uniform(box->random, 0, draw, 0));
        return 1;
    }
    if (arguments == 1 && high == 0) {
        lua_pushinteger(L, (lua_Integer)entrain_random_draw(box->random, 0, draw, 0).bits[0]);
        return 1;
    }
    luaL_argcheck(L, low <= high, arguments, "interval is empty");
    uint64_t bound = (uint64_t)high - (uint64_t)low + 1; // 0: all 2^64
    uint64_t offset = bound == 0 ? entrain_random_draw(box->random, 0, draw, 0).bits[0]
                                 : entrain_random_below(box->random, bound, 0, draw, 0);
    lua_pushinteger(L, (lua_Integer)((uint64_t)low + offset));
    return 1;
}

// randomseed(): as at the start; randomseed(n): another sequence.
static int math_randomseed(lua_State *L) {
    sandbox *box = sandbox_of(L);
    uint64_t seed = 1;
    if (lua_gettop(L) > 0) {
        int exact;
        lua_Integer whole = lua_tointegerx(L, 1, &exact);
        double number = luaL_checknumber(L, 1);
        if (exact)
            seed = (uint64_t)whole;
        else
            memcpy(&seed, &number, sizeof seed);
    }
    box->random = entrain_random_key(seed, ENTRAIN_STREAM_SCRIPT);
    box->draw_count = 0;
    return 0;
}

void sandbox_open_math(lua_State *L) {
    static const char *const kept[] = {"abs",  "ceil",       "floor",      "fmod", "max", "min",
                                       "modf", "sqrt",       "tointeger",  "type", "ult", "huge",
                                       "pi",   "maxinteger", "mininteger", NULL};
    static const char *const charged[] = {"max", "min", NULL};
    static const luaL_Reg own[] = {{"sin", math_sin},
                                   {"cos", math_cos},
                                   {"tan", math_tan},
                                   {"asin", math_asin},
                                   {"acos", math_acos},
                                   {"atan", math_atan},
                                   {"exp", math_exp},
                                   {"log", math_log},
                                   {"random", math_random},
                                   {"randomseed", math_randomseed},
                                   {NULL, NULL}};
    luaL_requiref(L, LUA_MATHLIBNAME, luaopen_math, 0);
    sandbox_keep_only(L, kept);
    sandbox_charge_texts(L, charged);
    luaL_setfuncs(L, own, 0);
    lua_setglobal(L, LUA_MATHLIBNAME);
}
