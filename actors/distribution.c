// Values for a whole swarm: one per actor, by index, from a distribution, its quantiles, a list or a file.
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "entrain/distribution.h"
#include "entrain/math.h"
#include "entrain/random.h"

static const struct {
    const char *name, *summary;
} kinds[] = {
    [ENTRAIN_DISTRIBUTION_CONSTANT] = {"constant", "value for everybody"},
    [ENTRAIN_DISTRIBUTION_UNIFORM] = {"uniform", "low .. high, all alike likely"},
    [ENTRAIN_DISTRIBUTION_NORMAL] = {"normal", "mean, deviation (standard)"},
    [ENTRAIN_DISTRIBUTION_LORENTZ] = {"lorentz",
                                      "center, width (half width at half maximum); no mean, long tails"},
    [ENTRAIN_DISTRIBUTION_LIST] = {"list", "values, one per actor"},
    [ENTRAIN_DISTRIBUTION_FILE] = {"file", "a text file, one number per line, one per actor"},
    [ENTRAIN_DISTRIBUTION_TWISTED] = {"twisted", "2 pi winding j / N: a twisted state of a ring"},
    [ENTRAIN_DISTRIBUTION_MOBIUS] = {"mobius", "coherence, center: Ott and Antonsen's density (phases)"},
    [ENTRAIN_DISTRIBUTION_CLUSTERED] = {"clustered",
                                        "clusters, deviation, center: bunches around the circle (phases)"},
    [ENTRAIN_DISTRIBUTION_SPLAY] = {"splay", "2 pi j / N + center: evenly around the circle (phases)"},
};
_Static_assert(sizeof kinds / sizeof *kinds == ENTRAIN_DISTRIBUTION_KIND_COUNT, "one row per kind");

const char *entrain_distribution_name(entrain_distribution_kind kind) {
    return (unsigned)kind < ENTRAIN_DISTRIBUTION_KIND_COUNT ? kinds[kind].name : NULL;
}
const char *entrain_distribution_summary(entrain_distribution_kind kind) {
    return (unsigned)kind < ENTRAIN_DISTRIBUTION_KIND_COUNT ? kinds[kind].summary : NULL;
}
entrain_distribution_kind entrain_distribution_find(const char *name) {
    int kind = 0;
    while (kind < ENTRAIN_DISTRIBUTION_KIND_COUNT && strcmp(kinds[kind].name, name) != 0)
        kind++;
    return (entrain_distribution_kind)kind;
}
const char *entrain_sampling_name(entrain_sampling sampling) {
    static const char *const names[] = {"random", "quantile"};
    return (unsigned)sampling < ENTRAIN_SAMPLING_COUNT ? names[sampling] : NULL;
}

entrain_distribution entrain_distribution_constant(double value) {
    return (entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_CONSTANT, .value = value};
}

static entrain_status check_number(const char *what, const char *name, double value, double lowest,
                                   entrain_error *error_out) {
    if (isfinite(value) && value >= lowest)
        return ENTRAIN_OK;
    if (isfinite(lowest))
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "%s.%s is %g; it must be finite and at least %g.", what, name, value,
                                 lowest);
    return entrain_error_set(error_out, ENTRAIN_INVALID, "%s.%s is %g; it must be a finite number.", what,
                             name, value);
}

static entrain_status check(const entrain_distribution *d, const char *what, uint32_t count,
                            entrain_error *error_out) {
    entrain_status status = check_number(what, "jitter", d->jitter, 0, error_out);
    if (status != ENTRAIN_OK)
        return status;
    if ((unsigned)d->sampling >= ENTRAIN_SAMPLING_COUNT)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "%s.sampling is %d; it must be random or quantile.", what, (int)d->sampling);
    switch (d->kind) {
    case ENTRAIN_DISTRIBUTION_CONSTANT:
        return check_number(what, "value", d->value, -INFINITY, error_out);
    case ENTRAIN_DISTRIBUTION_UNIFORM:
        if ((status = check_number(what, "low", d->low, -INFINITY, error_out)) != ENTRAIN_OK ||
            (status = check_number(what, "high", d->high, -INFINITY, error_out)) != ENTRAIN_OK)
            return status;
        if (d->low > d->high)
            return entrain_error_set(error_out, ENTRAIN_INVALID,
                                     "%s.low is %g and %s.high is %g; low must not be above high.", what,
                                     d->low, what, d->high);
        if (!isfinite(d->high - d->low))
            return entrain_error_set(error_out, ENTRAIN_INVALID,
                                     "%s.low is %g and %s.high is %g; their difference must be finite.", what,
                                     d->low, what, d->high);
        return ENTRAIN_OK;
    case ENTRAIN_DISTRIBUTION_NORMAL:
        if ((status = check_number(what, "mean", d->mean, -INFINITY, error_out)) != ENTRAIN_OK)
            return status;
        return check_number(what, "deviation", d->deviation, 0, error_out);
    case ENTRAIN_DISTRIBUTION_LORENTZ:
        if ((status = check_number(what, "center", d->center, -INFINITY, error_out)) != ENTRAIN_OK)
            return status;
        return check_number(what, "width", d->width, 0, error_out);
    case ENTRAIN_DISTRIBUTION_LIST:
        if (d->values == NULL || d->value_count != count)
            return entrain_error_set(error_out, ENTRAIN_INVALID,
                                     "%s.values holds %" PRIu32 " numbers for %" PRIu32
                                     " actors; give one for each.",
                                     what, d->value_count, count);
        for (uint32_t i = 0; i < count; i++)
            if (!isfinite(d->values[i]))
                return entrain_error_set(error_out, ENTRAIN_INVALID,
                                         "%s.values: number %" PRIu32 " is %g; it must be finite.", what,
                                         i + 1, d->values[i]);
        return ENTRAIN_OK;
    case ENTRAIN_DISTRIBUTION_FILE:
        if (d->file == NULL || d->file[0] == '\0')
            return entrain_error_set(error_out, ENTRAIN_INVALID,
                                     "%s.file is missing; name a text file with one number per line.", what);
        return ENTRAIN_OK;
    case ENTRAIN_DISTRIBUTION_TWISTED:
        return ENTRAIN_OK;
    case ENTRAIN_DISTRIBUTION_MOBIUS:
        if (!(d->coherence >= 0 && d->coherence < 1))
            return entrain_error_set(error_out, ENTRAIN_INVALID,
                                     "%s.coherence is %g; it must be at least 0 and below 1.", what,
                                     d->coherence);
        return check_number(what, "center", d->center, -INFINITY, error_out);
    case ENTRAIN_DISTRIBUTION_CLUSTERED:
        if (d->clusters < 1 || d->clusters > count)
            return entrain_error_set(error_out, ENTRAIN_INVALID,
                                     "%s.clusters is %" PRIu32 "; it must be from 1 to %" PRIu32
                                     ", one for each actor at most.",
                                     what, d->clusters, count);
        if ((status = check_number(what, "deviation", d->deviation, 0, error_out)) != ENTRAIN_OK)
            return status;
        return check_number(what, "center", d->center, -INFINITY, error_out);
    case ENTRAIN_DISTRIBUTION_SPLAY:
        return check_number(what, "center", d->center, -INFINITY, error_out);
    default:
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "%s.distribution is %d; it must be one of the known kinds.", what,
                                 (int)d->kind);
    }
}

// The transform of Marvel, Mirollo and Strogatz (2009) that takes a uniform circle to coherence r0:
// tan(theta / 2) = (1 - r0) / (1 + r0) tan(phi / 2), with phi / 2 = pi (u - 1/2), whose cosine is above 0.
static double mobius(const entrain_distribution *d, double u) {
    double sine, cosine;
    entrain_sincos(3.14159265358979323846 * (u - 0.5), &sine, &cosine);
    return d->center + 2 * entrain_atan2((1 - d->coherence) * sine, (1 + d->coherence) * cosine);
}

// The inverse distribution function at u in (0, 1).
static double quantile(const entrain_distribution *d, double u) {
    switch (d->kind) {
    case ENTRAIN_DISTRIBUTION_UNIFORM:
        return d->low + (d->high - d->low) * u;
    case ENTRAIN_DISTRIBUTION_NORMAL:
        return d->mean + d->deviation * entrain_normal_quantile(u);
    case ENTRAIN_DISTRIBUTION_MOBIUS:
        return mobius(d, u);
    default: // Lorentz: x0 + gamma tan(pi (u - 1/2))
        return d->center + d->width * entrain_tan(3.14159265358979323846 * (u - 0.5));
    }
}

static double draw(const entrain_distribution *d, entrain_random key, uint32_t index) {
    switch (d->kind) {
    case ENTRAIN_DISTRIBUTION_UNIFORM:
        return d->low + (d->high - d->low) * entrain_random_uniform(key, index, 0, 0);
    case ENTRAIN_DISTRIBUTION_NORMAL:
        return d->mean + d->deviation * entrain_random_normal(key, index, 0, 0);
    case ENTRAIN_DISTRIBUTION_MOBIUS:
        return mobius(d, entrain_random_uniform(key, index, 0, 0));
    default:
        return d->center + d->width * entrain_random_lorentz(key, index, 0, 0);
    }
}

// The angle 2 pi turn / count, 0 <= turn < count.
static double angle(uint64_t turn, uint64_t count) {
    return 6.28318530717958647693 * ((double)turn / (double)count);
}

// Bunch k has the indices from ceil(k count / clusters) on.
static void fill_clusters(const entrain_distribution *d, entrain_random key, uint32_t count,
                          double *values_out) {
    uint64_t clusters = d->clusters;
    for (uint64_t k = 0; k < clusters; k++) {
        uint64_t first = (k * count + clusters - 1) / clusters;
        uint64_t last = ((k + 1) * count + clusters - 1) / clusters;
        for (uint64_t i = first; i < last; i++) {
            double normal =
                d->sampling == ENTRAIN_SAMPLING_QUANTILE
                    ? entrain_normal_quantile(((double)(i - first) + 0.5) / (double)(last - first))
                    : entrain_random_normal(key, (uint32_t)i, 0, 0);
            values_out[i] = d->center + angle(k, clusters) + d->deviation * normal;
        }
    }
}

// One number per line; blank lines and what follows '#' do not count. A decimal point is a point, whatever
// the program's locale.
static entrain_status read_numbers(FILE *file, locale_t plain, const char *path, const char *what,
                                   uint32_t count, double *values_out, entrain_error *error_out) {
    entrain_status status = ENTRAIN_OK;
    char line[512];
    uint32_t found = 0;
    uint64_t number = 0;
    while (status == ENTRAIN_OK && fgets(line, sizeof line, file) != NULL) {
        number++;
        if (strchr(line, '\n') == NULL && !feof(file)) {
            status = entrain_error_set(
                error_out, ENTRAIN_PARSE,
                "%s:%" PRIu64
                ": the line is longer than 510 characters, or no text; give one number per line.",
                path, number);
            break;
        }
        line[strcspn(line, "#\r\n")] = '\0';
        char *text = line + strspn(line, " \t"), *end;
        if (*text == '\0')
            continue;
        double value = strtod_l(text, &end, plain);
        end += strspn(end, " \t");
        if (end == text || *end != '\0' || !isfinite(value))
            status =
                entrain_error_set(error_out, ENTRAIN_PARSE,
                                  "%s:%" PRIu64 ": \"%.40s\" is not one finite number.", path, number, text);
        else if (found == count)
            status =
                entrain_error_set(error_out, ENTRAIN_INVALID,
                                  "%s:%" PRIu64 ": more than %" PRIu32 " numbers; give one for each actor.",
                                  path, number, count);
        else
            values_out[found++] = value;
    }
    if (status == ENTRAIN_OK && ferror(file))
        status = entrain_error_set(error_out, ENTRAIN_IO, "%s.file: %s cannot be read: %s.", what, path,
                                   strerror(errno));
    if (status == ENTRAIN_OK && found < count)
        status = entrain_error_set(error_out, ENTRAIN_INVALID,
                                   "%s.file: %s holds %" PRIu32 " numbers for %" PRIu32
                                   " actors; give one for each.",
                                   what, path, found, count);
    return status;
}

static entrain_status read_file(const char *path, const char *what, uint32_t count, double *values_out,
                                entrain_error *error_out) {
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return entrain_error_set(error_out, ENTRAIN_IO, "%s.file: %s cannot be opened: %s; check the path.",
                                 what, path, strerror(errno));
    entrain_status status = ENTRAIN_NO_MEMORY;
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (plain != (locale_t)0) {
        status = read_numbers(file, plain, path, what, count, values_out, error_out);
        freelocale(plain);
    } else {
        entrain_error_set(error_out, status, "%s.file: there is no memory to read %s.", what, path);
    }
    fclose(file);
    return status;
}

entrain_status entrain_distribution_fill(const entrain_distribution *d, const char *what, uint64_t seed,
                                         uint32_t stream, uint32_t count, double *values_out,
                                         entrain_error *error_out) {
    entrain_status status = check(d, what, count, error_out);
    if (status != ENTRAIN_OK)
        return status;
    entrain_random key = entrain_random_key(seed, stream);
    switch (d->kind) {
    case ENTRAIN_DISTRIBUTION_CONSTANT:
        for (uint32_t i = 0; i < count; i++)
            values_out[i] = d->value;
        break;
    case ENTRAIN_DISTRIBUTION_LIST:
        memcpy(values_out, d->values, count * sizeof *values_out);
        break;
    case ENTRAIN_DISTRIBUTION_FILE:
        status = read_file(d->file, what, count, values_out, error_out);
        break;
    case ENTRAIN_DISTRIBUTION_TWISTED: {
        // Reduced in integers first, so that a thousand windings are as exact as one.
        int64_t n = (int64_t)count;
        for (uint32_t i = 0; i < count; i++) {
            int64_t turn = (int64_t)d->winding % n * (int64_t)i % n;
            values_out[i] = 6.28318530717958647693 * ((double)turn / (double)n);
        }
        break;
    }
    case ENTRAIN_DISTRIBUTION_CLUSTERED:
        fill_clusters(d, key, count, values_out);
        break;
    case ENTRAIN_DISTRIBUTION_SPLAY:
        for (uint32_t i = 0; i < count; i++)
            values_out[i] = d->center + angle(i, count);
        break;
    default:
        for (uint32_t i = 0; i < count; i++)
            values_out[i] = d->sampling == ENTRAIN_SAMPLING_QUANTILE
                                ? quantile(d, ((double)i + 0.5) / (double)count)
                                : draw(d, key, i);
        break;
    }
    if (status == ENTRAIN_OK && d->jitter > 0) {
        entrain_random jitter = entrain_random_key(seed, ENTRAIN_STREAM_JITTER + 256 * stream);
        for (uint32_t i = 0; i < count; i++)
            values_out[i] += d->jitter * entrain_random_normal(jitter, i, 0, 0);
    }
    for (uint32_t i = 0; status == ENTRAIN_OK && i < count; i++)
        if (!isfinite(values_out[i]))
            status = entrain_error_set(error_out, ENTRAIN_INVALID,
                                       "%s comes to %g for actor %" PRIu32
                                       "; make its parameters smaller, so that every value is finite.",
                                       what, values_out[i], i);
    return status;
}
