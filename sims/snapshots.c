// NumPy's own format, so that every language can read it: magic, version, length of the header, a header
// that is a Python literal padded so that data begins at a multiple of 64, data. (NEP 1, format 1.0.)
#include "sims/snapshots.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sims/words.h"

enum { HEADER_BYTES = 128, MAGIC_BYTES = 10, PIECE = 4096 };
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "arrays are written as they lie in memory, and said to be little-endian"
#endif

uint64_t snapshots_count(const scenario *given) {
    return given->snapshot_every_ticks > 0 ? given->tick_count / given->snapshot_every_ticks + 1 : 0;
}

static uint32_t places_of(const scenario *given) {
    return given->swarm.room > given->swarm.size ? given->swarm.room : given->swarm.size;
}

double snapshots_bytes(const scenario *given) {
    return (double)snapshots_count(given) * 2 * ((double)places_of(given) * sizeof(double) + HEADER_BYTES);
}

entrain_status snapshots_check(const scenario *given, const char *where, entrain_error *error_out) {
    const uint64_t count = snapshots_count(given);
    if (count <= SNAPSHOTS_MAX)
        return ENTRAIN_OK;
    const double seconds = given->duration_s / SNAPSHOTS_MAX;
    return entrain_error_set(error_out, ENTRAIN_LIMIT,
                             "%s: record.snapshots would make %" PRIu64
                             " snapshots, and %d is the most; take one "
                             "every %.3g s or less often.",
                             where, count, SNAPSHOTS_MAX, seconds);
}

uint64_t snapshots_next(const scenario *given, uint64_t tick) {
    const uint64_t every = given->snapshot_every_ticks;
    return every > 0 ? (tick / every + 1) * every : UINT64_MAX;
}

static bool put_header(FILE *to, uint32_t count) {
    char header[HEADER_BYTES + 1];
    const int used =
        snprintf(header, sizeof header,
                 "\x93NUMPY%c%c%c%c{'descr': '<f8', 'fortran_order': False, 'shape': (%" PRIu32 ",), }", 1, 0,
                 HEADER_BYTES - MAGIC_BYTES, 0, count);
    // snprintf() writes the zeros among them and goes on.
    memset(header + used, ' ', (size_t)(HEADER_BYTES - used));
    header[HEADER_BYTES - 1] = '\n';
    return fwrite(header, 1, HEADER_BYTES, to) == HEADER_BYTES;
}

entrain_status snapshots_write_array(const char *directory, const char *name, const double *values,
                                     uint32_t count, entrain_error *error_out) {
    run_file file;
    entrain_status status = run_file_open(directory, name, &file, error_out);
    if (status != ENTRAIN_OK)
        return status;
    if (put_header(file.stream, count) && fwrite(values, sizeof *values, count, file.stream) == count)
        return run_file_close(&file, error_out);
    status = run_file_refuse(&file, error_out);
    run_file_abandon(&file);
    return status;
}

static bool has_velocity(entrain_population *population) {
    const entrain_kuramoto_config *model = entrain_kuramoto_look(population);
    return model != NULL && (model->inertia > 0 || model->inertias != NULL);
}

static void take(entrain_population *population, uint32_t column, double *values_out) {
    const uint32_t count = entrain_population_count(population);
    for (uint32_t i = 0; i < count; i++)
        values_out[i] = entrain_population_id(population, i) != ENTRAIN_ID_NONE
                            ? *(const double *)entrain_population_at(population, i, column)
                            : NAN;
}

entrain_status snapshots_look(const scenario *given, entrain_swarm *swarm, const char *directory,
                              entrain_error *error_out) {
    const uint64_t every = given->snapshot_every_ticks, tick = entrain_swarm_tick(swarm);
    if (every == 0 || tick % every != 0)
        return ENTRAIN_OK;
    entrain_population *population = entrain_swarm_population(swarm);
    const uint32_t count = entrain_population_count(population);
    char *folder = path_join(directory, SNAPSHOTS_FOLDER), name[48];
    double *values = malloc((size_t)count * sizeof *values);
    entrain_status status = ENTRAIN_OK;
    if (values == NULL)
        status = entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "There is no memory for a snapshot.");
    else if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        status = entrain_error_set(error_out, ENTRAIN_IO, "The directory %s cannot be made: %s.", folder,
                                   strerror(errno));
    if (status == ENTRAIN_OK) {
        take(population, ENTRAIN_KURAMOTO_PHASE, values);
        snprintf(name, sizeof name, "phases-%" PRIu64 ".npy", tick);
        status = snapshots_write_array(folder, name, values, count, error_out);
    }
    if (status == ENTRAIN_OK) {
        take(population, has_velocity(population) ? ENTRAIN_KURAMOTO_VELOCITY : ENTRAIN_KURAMOTO_FREQUENCY,
             values);
        snprintf(name, sizeof name, "frequencies-%" PRIu64 ".npy", tick);
        status = snapshots_write_array(folder, name, values, count, error_out);
    }
    free(values);
    free(folder);
    return status;
}
