// What a check measured: judged as it is added. NaN and infinities fail whatever they are compared with.
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sims/interrupt.h"
#include "sims/say.h"
#include "sims/validate.h"

static pthread_mutex_t fault_mutex = PTHREAD_MUTEX_INITIALIZER;

void validate_fault(validate_context *context, const char *format, ...) {
    va_list arguments;
    pthread_mutex_lock(&fault_mutex);
    // After a signal swarms stand still: what looks wrong then (other bits than elsewhere) need not be.
    if (!context->faulty && !interrupt_requested()) {
        va_start(arguments, format);
        vsnprintf(context->fault, sizeof context->fault, format, arguments);
        va_end(arguments);
        context->faulty = true;
    }
    pthread_mutex_unlock(&fault_mutex);
}

void validate_mend(validate_context *context) { context->faulty = false; }

bool validate_over(const validate_context *context) { return context->faulty || interrupt_requested(); }

void validate_note(validate_context *context, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(context->note, sizeof context->note, format, arguments);
    va_end(arguments);
}

static bool holds(const validate_row *row) {
    if (!isfinite(row->measured) || !isfinite(row->expected))
        return false;
    switch (row->relation) {
    case VALIDATE_AT_MOST:
        return row->measured <= row->expected;
    case VALIDATE_AT_LEAST:
        return row->measured >= row->expected;
    case VALIDATE_NEAR:
        break;
    }
    return fabs(row->measured - row->expected) <= row->tolerance;
}

static void *grown(void *array, uint32_t *room, size_t size) {
    *room = *room * 2 + 16;
    array = realloc(array, *room * size);
    if (array == NULL)
        abort();
    return array;
}

static void add(validate_context *context, validate_row row, const char *format, va_list arguments) {
    double now_s = wall_now_s();
    if (!context->faulty && interrupt_requested()) {
        context->cut = true;
        return;
    }
    row.check = context->check;
    vsnprintf(row.parameters, sizeof row.parameters, format, arguments);
    snprintf(row.note, sizeof row.note, "%s", context->note);
    row.both = context->any && !context->once;
    row.seconds = now_s - context->row_began_s;
    row.ok = !context->faulty && holds(&row);
    if (context->faulty) {
        row.measured = NAN;
        row.both = false;
        snprintf(row.note, sizeof row.note, "%.*s", (int)sizeof row.note - 1, context->fault);
    }
    if (context->row_count == context->row_room)
        context->rows = grown(context->rows, &context->row_room, sizeof row);
    context->rows[context->row_count++] = row;
    context->note[0] = '\0';
    context->told = true;
    context->row_began_s = wall_now_s();
}

#define ADD(...)                                                                                             \
    do {                                                                                                     \
        va_list arguments;                                                                                   \
        va_start(arguments, format);                                                                         \
        add(context, (validate_row){__VA_ARGS__}, format, arguments);                                        \
        va_end(arguments);                                                                                   \
    } while (0)

void validate_near(validate_context *context, double expected, double measured, double tolerance,
                   const char *format, ...) {
    ADD(.relation = VALIDATE_NEAR, .expected = expected, .measured = measured, .tolerance = tolerance,
        .standard_error = NAN);
}

void validate_at_most(validate_context *context, double most, double measured, const char *format, ...) {
    ADD(.relation = VALIDATE_AT_MOST, .expected = most, .measured = measured, .standard_error = NAN);
}

void validate_at_least(validate_context *context, double least, double measured, const char *format, ...) {
    ADD(.relation = VALIDATE_AT_LEAST, .expected = least, .measured = measured, .standard_error = NAN);
}

void validate_mean(validate_context *context, double expected, double measured, double standard_error,
                   double tolerance, const char *format, ...) {
    ADD(.relation = VALIDATE_NEAR, .expected = expected, .measured = measured, .tolerance = tolerance,
        .standard_error = standard_error);
}

void validate_point_add(validate_context *context, const char *picture, const char *series, double x,
                        double y, double error) {
    if (!context->pictures || validate_over(context) || !isfinite(x) || !isfinite(y) || !isfinite(error))
        return;
    if (context->point_count == context->point_room)
        context->points = grown(context->points, &context->point_room, sizeof *context->points);
    context->points[context->point_count++] =
        (validate_point){.picture = picture, .series = series, .x = x, .y = y, .error = error};
}

void validate_context_free(validate_context *context) {
    free(context->rows);
    free(context->points);
    context->rows = NULL;
    context->points = NULL;
    context->row_count = context->row_room = context->point_count = context->point_room = 0;
}

void validate_mean_of(const double *values, uint32_t count, double *mean_out, double *error_out) {
    double sum = 0, squares = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += values[i];
    *mean_out = sum / count;
    for (uint32_t i = 0; i < count; i++)
        squares += (values[i] - *mean_out) * (values[i] - *mean_out);
    *error_out = count > 1 ? sqrt(squares / (count - 1) / count) : NAN;
}
