// Things known by name, and the numbers that they declare.
#include "engine/base/registry.h"

#include <math.h>
#include <string.h>

#include "engine/base/atomics.h"

static const char *name_of(const void *row) { return *(const char *const *)row; }

const void *entrain__registry_at(const entrain__registry *registry, uint32_t index) {
    // Pairs with the release store in entrain__registry_add().
    return index < entrain__load_acquire_u32(&registry->count) ? registry->rows[index] : NULL;
}

const void *entrain__registry_find(const entrain__registry *registry, const char *name) {
    const void *row;
    for (uint32_t i = 0; (row = entrain__registry_at(registry, i)) != NULL; i++)
        if (strcmp(name_of(row), name) == 0)
            return row;
    return NULL;
}

static bool is_name(const char *name) {
    return name != NULL && name[0] != '\0' && strlen(name) <= 64 &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_")] == '\0';
}

entrain_status entrain__registry_add(entrain__registry *registry, const entrain__candidate *candidate,
                                     entrain_error *error_out) {
    const char *what = registry->what, *name = candidate->name;
    if (!is_name(name))
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "a %s's name is 1 to 64 lower-case letters, digits, - and _; this one is \"%.64s\"", what,
            name == NULL ? "" : name);
    if (candidate->missing != NULL)
        return entrain_error_set(error_out, ENTRAIN_INVALID, "%s \"%s\" has no %s function; fill it in", what,
                                 name, candidate->missing);
    if (candidate->summary == NULL)
        return entrain_error_set(error_out, ENTRAIN_INVALID, "%s \"%s\" has no summary; give it one line",
                                 what, name);
    if (candidate->built_in || entrain__registry_find(registry, name) != NULL)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "a %s called \"%s\" is already known; choose another name", what, name);
    uint32_t count = entrain__load_relaxed_u32(&registry->count);
    if (registry->built_in + count >= ENTRAIN__KNOWN_MAX)
        return entrain_error_set(error_out, ENTRAIN_FULL,
                                 "%s \"%s\" cannot be registered: %d are known, and that is the limit", what,
                                 name, (int)ENTRAIN__KNOWN_MAX);
    registry->rows[count] = candidate->row;
    // Publishes the row. Pairs with the acquire load in entrain__registry_at().
    entrain__store_release_u32(&registry->count, count + 1);
    return ENTRAIN_OK;
}

#define REFUSE(...) return entrain_error_set(error_out, ENTRAIN_INVALID, __VA_ARGS__)

entrain_status entrain__parameters_check(const char *what, const char *name,
                                         const entrain_parameter *parameters, uint32_t count,
                                         entrain_error *error_out) {
    if (count > ENTRAIN_PARAMETERS_MAX || (count > 0 && parameters == NULL))
        REFUSE("%s \"%s\" declares %u parameters%s; there may be 0 to %d", what, name, count,
               parameters == NULL ? " and gives none" : "", ENTRAIN_PARAMETERS_MAX);
    for (uint32_t i = 0; i < count; i++) {
        const entrain_parameter *one = &parameters[i];
        if (!is_name(one->name))
            REFUSE("%s \"%s\": a parameter's name is 1 to 64 lower-case letters, digits, - and _; this one "
                   "is \"%.64s\"",
                   what, name, one->name == NULL ? "" : one->name);
        if (one->summary == NULL)
            REFUSE("%s \"%s\": parameter \"%s\" has no summary; give it one line", what, name, one->name);
        if (!(isfinite(one->least) && isfinite(one->most) && one->least <= one->value &&
              one->value <= one->most))
            REFUSE("%s \"%s\": parameter \"%s\" is %g by default, and its range is %g to %g; make the range "
                   "finite and the default lie in it",
                   what, name, one->name, one->value, one->least, one->most);
        for (uint32_t j = 0; j < i; j++)
            if (strcmp(parameters[j].name, one->name) == 0)
                REFUSE("%s \"%s\" declares parameter \"%s\" twice; choose another name", what, name,
                       one->name);
    }
    return ENTRAIN_OK;
}

entrain_status entrain__parameters_fill(const char *what, const char *name,
                                        const entrain_parameter *parameters, uint32_t count,
                                        const double *given, double *values_out, entrain_error *error_out) {
    for (uint32_t i = 0; i < count; i++) {
        double value = given != NULL ? given[i] : parameters[i].value;
        if (!(value >= parameters[i].least && value <= parameters[i].most))
            REFUSE("%s \"%s\": parameter \"%s\" is %g; it must be %g to %g", what, name, parameters[i].name,
                   value, parameters[i].least, parameters[i].most);
        values_out[i] = value;
    }
    return ENTRAIN_OK;
}
