// Side logs of what was sent, and the chains that lead back through them.
#include "engine/trace.h"

#include <string.h>

#include "engine/engine_private.h"

// A number: the log's index plus one in the upper 16 bits, which record of that log, from 1 on, in the
// lower 48.
#define SEQUENCE_BITS 48
#define SEQUENCE_MASK ((UINT64_C(1) << SEQUENCE_BITS) - 1)
#define MARK_MASK ((UINT64_C(1) << ENTRAIN__TRACE_MARK_BITS) - 1)

static uint64_t number_of(uint32_t log, uint64_t sequence) {
    return ((uint64_t)log + 1) << SEQUENCE_BITS | sequence;
}

entrain_status entrain__trace_build(entrain_engine *engine) {
    const uint32_t capacity = engine->config.trace;
    const uint32_t count = entrain_scheduler_worker_count(engine->scheduler) + 1;
    if (capacity == 0 || !engine->has_mail)
        return ENTRAIN_OK;
    engine->trace_logs =
        entrain__engine_take(engine, &engine->bytes_messages, count, sizeof *engine->trace_logs);
    if (engine->trace_logs == NULL)
        return ENTRAIN_NO_MEMORY;
    for (uint32_t l = 0; l < count; l++) {
        entrain__trace_log *log = &engine->trace_logs[l];
        log->index = l;
        log->capacity = capacity;
        log->records = entrain__engine_take(engine, &engine->bytes_messages, capacity, sizeof *log->records);
        if (log->records == NULL)
            return ENTRAIN_NO_MEMORY;
    }
    engine->trace_log_count = count;
    return ENTRAIN_OK;
}

entrain__trace_log *entrain__trace_log_of(entrain_engine *engine, uint32_t worker) {
    if (engine->trace_logs == NULL)
        return NULL;
    return &engine->trace_logs[worker < engine->trace_log_count ? worker : engine->trace_log_count - 1];
}

uint64_t entrain__trace_sent(entrain__trace_log *log, entrain_id from, entrain_id to, uint16_t kind,
                             uint16_t flags, uint64_t tick, double time_s) {
    const uint64_t sequence = log->count + 1, number = number_of(log->index, sequence);
    entrain__trace_record *record = &log->records[(sequence - 1) % log->capacity];
    uint64_t time_bits;
    memcpy(&time_bits, &time_s, sizeof time_bits);
    // All pair with the loads in read_record(): whoever sees a part of this record sees that its number is
    // gone.
    entrain__store_relaxed_u64(&record->number, 0);
    entrain__store_release_u64(&record->ends, (uint64_t)from | (uint64_t)to << 32);
    entrain__store_release_u64(&record->what, (uint64_t)kind | (uint64_t)flags << 16);
    entrain__store_release_u64(&record->tick, tick);
    entrain__store_release_u64(&record->time_bits, time_bits);
    entrain__store_release_u64(&record->parent, log->at_hand);
    entrain__store_release_u64(&record->number, number);
    // Pairs with the load in entrain__trace_number().
    entrain__store_release_u64(&log->count, sequence);
    return number;
}

void entrain__trace_handling(entrain__trace_log *log, const entrain_message *messages,
                             const uint64_t *numbers, uint32_t count) {
    log->batch = messages;
    log->numbers = numbers;
    log->batch_count = count;
    log->at_hand = count > 0 ? numbers[count - 1] : 0;
}

void entrain_handling(entrain_self *self, const entrain_message *message) {
    ENTRAIN_ASSERT(self->reserved != NULL); // from receive() only
    entrain__trace_log *log = ((const entrain__allowance *)self->reserved)->log;
    if (log == NULL)
        return;
    ENTRAIN_ASSERT(message >= log->batch && message < log->batch + log->batch_count);
    log->at_hand = log->numbers[message - log->batch];
}

// A copy of the record @p number; false: it has been overwritten.
static bool read_record(const entrain_engine *engine, uint64_t number, entrain__trace_record *record_out) {
    const uint64_t log_number = number >> SEQUENCE_BITS;
    if (log_number == 0 || log_number > engine->trace_log_count || (number & SEQUENCE_MASK) == 0)
        return false;
    const entrain__trace_log *log = &engine->trace_logs[log_number - 1];
    const entrain__trace_record *record = &log->records[((number & SEQUENCE_MASK) - 1) % log->capacity];
    // Pair with the stores in entrain__trace_sent().
    if (entrain__load_acquire_u64(&record->number) != number)
        return false;
    record_out->ends = entrain__load_acquire_u64(&record->ends);
    record_out->what = entrain__load_acquire_u64(&record->what);
    record_out->tick = entrain__load_acquire_u64(&record->tick);
    record_out->time_bits = entrain__load_acquire_u64(&record->time_bits);
    record_out->parent = entrain__load_acquire_u64(&record->parent);
    record_out->number = entrain__load_acquire_u64(&record->number);
    return record_out->number == number;
}

uint32_t entrain__trace_mark(uint64_t number) {
    return (uint32_t)(number >> SEQUENCE_BITS << ENTRAIN__TRACE_MARK_BITS | (number & MARK_MASK));
}

uint64_t entrain__trace_number(const entrain_engine *engine, uint32_t mark, const entrain_message *message,
                               entrain_id to) {
    if (mark == 0)
        return 0;
    const uint32_t index = (mark >> ENTRAIN__TRACE_MARK_BITS) - 1;
    const uint64_t low = mark & MARK_MASK;
    ENTRAIN_ASSERT(index < engine->trace_log_count);
    // The newest with these bits. Pairs with the store in entrain__trace_sent().
    const uint64_t count = entrain__load_acquire_u64(&engine->trace_logs[index].count);
    const uint64_t sequence = count - ((count - low) & MARK_MASK);
    entrain__trace_record record;
    if (sequence == 0 || sequence > count || !read_record(engine, number_of(index, sequence), &record) ||
        record.ends != ((uint64_t)message->from | (uint64_t)to << 32) ||
        record.what != ((uint64_t)message->kind | (uint64_t)message->flags << 16))
        return ENTRAIN__TRACE_LOST;
    return record.number;
}

uint32_t entrain__trace_chain(const entrain_engine *engine, uint64_t number, entrain_trace_step *steps_out,
                              bool *cut_out) {
    uint32_t count = 0;
    for (; number != 0 && count < ENTRAIN__CHAIN_MAX; count++) {
        entrain__trace_record record;
        if (!read_record(engine, number, &record))
            break;
        entrain_trace_step *step = &steps_out[count];
        step->from = (entrain_id)record.ends;
        step->to = (entrain_id)(record.ends >> 32);
        step->kind = (uint16_t)record.what;
        step->flags = (uint16_t)(record.what >> 16);
        step->tick = record.tick;
        memcpy(&step->time_s, &record.time_bits, sizeof step->time_s);
        number = record.parent;
    }
    *cut_out = number != 0;
    return count;
}
