/// @file expression.h  What a user writes to choose: "size > 200 and coupling <= 2", "coherence > 0.5".
///
/// An expression is Lua, evaluated in the sandbox (lua_sandbox.h) over names: the full key as nested tables
/// (swarm.size), its last words alone where only one key has them (size), and result columns (run_once.h).
/// An unknown name is refused when the expression is made, with the nearest known one, not when it is
/// first met.
#ifndef ENTRAIN_SIMS_EXPRESSION_H
#define ENTRAIN_SIMS_EXPRESSION_H

#include <jansson.h>
#include <stdbool.h>

#include "entrain/status.h"

typedef struct expression expression;

/// @param text one Lua expression. @param where opens sentences: "--only". @param names keys and columns that
/// it may use, NULL-terminated. Where an empty name parts them, a word that fits one before it means that
/// one.
entrain_status expression_make(const char *text, const char *where, const char *const *names,
                               expression **expression_out, entrain_error *error_out);
/// Whether @p name, one of @p names, stands in it.
bool expression_uses(const expression *made, const char *name);
void expression_free(expression *made); ///< NULL: nothing
/// Its truth where each name has the value that @p values (name -> value, dots included) gives; null is
/// nil. What Lua raises (nil compared with a number) is refused with a sentence.
entrain_status expression_true(expression *made, const json_t *values, bool *true_out,
                               entrain_error *error_out);

#endif
