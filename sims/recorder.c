// The time series. What is in series.csv depends on the scenario and the seed only; wall-clock figures go to
// timing.csv. A double is printed with %.17g: reading it back gives the same bits.
#include "sims/recorder.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sims/say.h"

struct run_recorder {
    run_file series, timing; // timing: not open when writing to stdout
    bool to_stdout, reader_gone;
    uint64_t sample_count;
    double begun_s;
    uint64_t last_tick;
    double last_s;
};

static entrain_status refuse(run_recorder *recorder, entrain_error *error_out) {
    if (!recorder->to_stdout)
        return run_file_refuse(&recorder->series, error_out);
    int why = errno;
    // Who reads has seen enough. What stdout still holds goes nowhere, and that shall not count as a failure
    // later.
    recorder->reader_gone = why == EPIPE && freopen("/dev/null", "w", stdout) != NULL;
    errno = why;
    return entrain_error_set(error_out, ENTRAIN_IO, "Stdout cannot be written: %s.", strerror(errno));
}

static bool put_header(FILE *to, uint32_t groups, const char *further) {
    fputs(SERIES_HEADER, to);
    for (uint32_t g = 1; groups > 1 && g <= groups; g++)
        fprintf(to, ",group%" PRIu32 "_coherence,group%" PRIu32 "_mean_phase", g, g);
    fputs(further, to);
    return fputc('\n', to) != EOF && fflush(to) == 0;
}

// With its files open and nothing in them.
static entrain_status make(const char *directory, run_recorder **recorder_out, entrain_error *error_out) {
    run_recorder *made = calloc(1, sizeof *made);
    if (made == NULL)
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "There is no memory for a recorder.");
    made->begun_s = made->last_s = wall_now_s();
    made->to_stdout = directory == NULL;
    entrain_status status = ENTRAIN_OK;
    if (made->to_stdout) {
        made->series.stream = stdout;
    } else {
        status = run_file_open(directory, "series.csv", &made->series, error_out);
        if (status == ENTRAIN_OK)
            status = run_file_open(directory, "timing.csv", &made->timing, error_out);
    }
    if (status == ENTRAIN_OK)
        *recorder_out = made;
    else
        recorder_destroy(made);
    return status;
}

// A recorder whose reader has gone is handed out all the same, so that the caller can tell.
static entrain_status hand_out(run_recorder *made, entrain_status status, run_recorder **recorder_out) {
    if (status == ENTRAIN_OK || made->reader_gone)
        *recorder_out = made;
    else
        recorder_destroy(made);
    return status;
}

entrain_status recorder_open(const char *directory, uint32_t groups, const char *further,
                             run_recorder **recorder_out, entrain_error *error_out) {
    run_recorder *made = NULL;
    entrain_status status = make(directory, &made, error_out);
    if (status != ENTRAIN_OK)
        return status;
    if (!put_header(made->series.stream, groups, further))
        status = refuse(made, error_out);
    if (status == ENTRAIN_OK && !made->to_stdout)
        fputs("tick,wall_s,advance_s,ticks_per_s\n", made->timing.stream);
    return hand_out(made, status, recorder_out);
}

// --- Checkpoints

// What was written into @p file so far, from the file itself; not through memory, for it may be long.
static void archive_written(run_file *file, entrain_archive *archive) {
    char piece[1 << 14];
    const bool flushed = fflush(file->stream) == 0;
    const off_t end = flushed ? ftello(file->stream) : -1;
    FILE *from = end >= 0 ? fopen(file->part, "re") : NULL;
    uint64_t size = end >= 0 ? (uint64_t)end : 0;
    if (from == NULL)
        entrain_archive_refuse(archive, ENTRAIN_IO, "%s could not be read: %s.", file->part, strerror(errno));
    entrain_archive_u64(archive, &size);
    for (uint64_t left = size; from != NULL && left > 0;) {
        const size_t part = left < sizeof piece ? (size_t)left : sizeof piece;
        if (fread(piece, 1, part, from) != part) {
            entrain_archive_refuse(archive, ENTRAIN_IO, "%s is shorter than what was written to it.",
                                   file->part);
            break;
        }
        entrain_archive_bytes(archive, piece, part);
        left -= part;
    }
    if (from != NULL)
        fclose(from);
}

void recorder_archive(run_recorder *recorder, entrain_archive *archive) {
    double wall_s = wall_now_s() - recorder->begun_s;
    entrain_archive_section(archive, "series");
    entrain_archive_u64(archive, &recorder->sample_count);
    entrain_archive_f64(archive, &wall_s);
    entrain_archive_u64(archive, &recorder->last_tick);
    archive_written(&recorder->series, archive);
    archive_written(&recorder->timing, archive);
}

// @p to: NULL: passed over. False: it cannot be written.
static bool copy_out(FILE *to, entrain_archive *archive) {
    char piece[1 << 14];
    uint64_t size = 0;
    bool written = true;
    entrain_archive_u64(archive, &size);
    while (size > 0 && written && entrain_archive_status(archive, NULL) == ENTRAIN_OK) {
        const size_t part = size < sizeof piece ? (size_t)size : sizeof piece;
        entrain_archive_bytes(archive, piece, part);
        if (entrain_archive_status(archive, NULL) == ENTRAIN_OK && to != NULL)
            written = fwrite(piece, 1, part, to) == part;
        size -= part;
    }
    return written && (to == NULL || fflush(to) == 0);
}

entrain_status recorder_continue(const char *directory, entrain_archive *archive, run_recorder **recorder_out,
                                 entrain_error *error_out) {
    run_recorder *made = NULL;
    double wall_s = 0;
    entrain_status status = make(directory, &made, error_out);
    if (status != ENTRAIN_OK)
        return status;
    entrain_archive_section(archive, "series");
    entrain_archive_u64(archive, &made->sample_count);
    entrain_archive_f64(archive, &wall_s);
    entrain_archive_u64(archive, &made->last_tick);
    made->begun_s -= wall_s;
    if (!copy_out(made->series.stream, archive))
        status = refuse(made, error_out);
    if (status == ENTRAIN_OK && !copy_out(made->timing.stream, archive))
        status = run_file_refuse(&made->timing, error_out);
    if (status == ENTRAIN_OK)
        status = entrain_archive_status(archive, error_out);
    return hand_out(made, status, recorder_out);
}

static void print_timing(run_recorder *recorder, uint64_t tick, entrain_engine *engine) {
    double now_s = wall_now_s(), took_s = now_s - recorder->last_s;
    entrain_engine_stats stats;
    entrain_engine_stats_read(engine, &stats);
    double rate = took_s > 0 ? (double)(tick - recorder->last_tick) / took_s : 0;
    fprintf(recorder->timing.stream, "%" PRIu64 ",%.6f,%.6f,%.1f\n", tick, now_s - recorder->begun_s,
            (double)stats.advance_ns * 1e-9, rate);
    recorder->last_tick = tick;
    recorder->last_s = now_s;
}

// A figure that there may not be: nan, without a sign, which readers of CSV take for one that is missing.
static void put_figure(FILE *to, double figure) {
    if (isnan(figure))
        fputs(",nan", to);
    else
        fprintf(to, ",%.17g", figure);
}

static void put_figures(FILE *to, const entrain_phase_sample *sample) {
    put_figure(to, sample->energy);
    put_figure(to, sample->conservation);
    put_figure(to, sample->gap_gini);
    if (isnan(sample->gap_gini))
        fputs(",nan", to);
    else
        fprintf(to, ",%" PRIu32, sample->cluster_count);
    put_figure(to, sample->cluster_share);
    for (uint32_t g = 0; sample->group_count > 1 && g < sample->group_count; g++)
        fprintf(to, ",%.17g,%.17g", sample->group_coherence[g], sample->group_mean_phase[g]);
}

entrain_status recorder_sample(run_recorder *recorder, const entrain_phase_sample *sample,
                               const char *further, entrain_engine *engine, entrain_error *error_out) {
    FILE *to = recorder->series.stream;
    fprintf(to, "%" PRIu64 ",%.17g,%.17g,%.17g", sample->tick, sample->time_s, sample->coherence,
            sample->mean_phase);
    for (uint32_t m = 1; m < ENTRAIN_DAIDO_MAX; m++)
        fprintf(to, ",%.17g", sample->moments[m]);
    fprintf(to, ",%.17g,%.17g,%.17g,%.17g,%" PRIu32 ",%" PRIu64 ",%016" PRIx64, sample->local_coherence,
            sample->winding, sample->frequency_mean, sample->frequency_spread, sample->living,
            sample->observations, sample->fingerprint);
    put_figures(to, sample);
    fputs(further, to);
    fputc('\n', to);
    // A line is shorter than the stream's buffer, so that it leaves in one write.
    if (fflush(to) != 0 || ferror(to) != 0)
        return refuse(recorder, error_out);
    recorder->sample_count++;
    if (!recorder->to_stdout)
        print_timing(recorder, sample->tick, engine);
    return ENTRAIN_OK;
}

entrain_status recorder_close(run_recorder *recorder, entrain_error *error_out) {
    if (recorder->to_stdout)
        return ENTRAIN_OK;
    entrain_status status = run_file_close(&recorder->series, error_out);
    if (status == ENTRAIN_OK)
        status = run_file_close(&recorder->timing, error_out);
    return status;
}

void recorder_destroy(run_recorder *recorder) {
    if (recorder == NULL)
        return;
    if (recorder->to_stdout)
        recorder->series.stream = NULL; // stdout is not ours to close
    run_file_abandon(&recorder->series);
    run_file_abandon(&recorder->timing);
    free(recorder);
}

uint64_t recorder_sample_count(const run_recorder *recorder) { return recorder->sample_count; }

bool recorder_reader_gone(const run_recorder *recorder) { return recorder->reader_gone; }

entrain_status recorder_write_phases(const char *directory, entrain_population *population,
                                     const double *effective, entrain_error *error_out) {
    run_file file;
    entrain_status status = run_file_open(directory, "phases.csv", &file, error_out);
    if (status != ENTRAIN_OK)
        return status;
    const entrain_kuramoto_config *model = entrain_kuramoto_look(population);
    bool grouped = model != NULL && model->group_count > 1;
    fprintf(file.stream, "%s%s%s\n", PHASES_HEADER, grouped ? ",group" : "",
            effective != NULL ? ",effective_frequency" : "");
    uint32_t count = entrain_population_count(population), stride = (count - 1) / PHASES_ROWS_MAX + 1;
    for (uint32_t i = 0, group = 0, passed = 0; i < count; i += stride) {
        fprintf(file.stream, "%" PRIu32 ",%.17g,%" PRId32 ",%.17g", i,
                *(const double *)entrain_population_at(population, i, ENTRAIN_KURAMOTO_PHASE),
                *(const int32_t *)entrain_population_at(population, i, ENTRAIN_KURAMOTO_TURNS),
                *(const double *)entrain_population_at(population, i, ENTRAIN_KURAMOTO_FREQUENCY));
        while (grouped && i - passed >= model->group_sizes[group])
            passed += model->group_sizes[group++];
        if (grouped)
            fprintf(file.stream, ",%" PRIu32, group + 1);
        if (effective != NULL)
            put_figure(file.stream, effective[i]);
        fputc('\n', file.stream);
    }
    return run_file_close(&file, error_out);
}
