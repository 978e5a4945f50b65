// Request and reply, fan-out and fan-in, pipelines. A token tells the answers of one question from those of
// another; it is the sender's own counter, so no clock and no draw is in it.
#include "entrain/patterns.h"

#include "engine/base/assert.h"

_Static_assert(sizeof(entrain_request) == 32 && sizeof(entrain_gather) == 32 && sizeof(entrain_stage) == 16,
               "sizes that columns may have, and the header promises");

static entrain_payload token_payload(uint64_t token) { return (entrain_payload){.u64 = token}; }

entrain_status entrain_reply(entrain_self *self, const entrain_message *request, uint16_t kind,
                             entrain_payload first) {
    return entrain_send(self, request->from, kind, request->flags, first, request->payload[1]);
}

bool entrain_request_open(const entrain_request *request) { return request->timer != 0; }

void entrain_request_give_up(entrain_self *self, entrain_request *request) {
    if (request->timer != 0)
        (void)entrain_cancel(self, request->timer); // stale: it has run out, and its message is under way
    request->timer = 0;
}

entrain_status entrain_request_send(entrain_self *self, entrain_request *request, entrain_id to,
                                    uint16_t kind, entrain_payload first, uint16_t reply_kind,
                                    double timeout_s, uint16_t timeout_kind) {
    ENTRAIN_ASSERT(reply_kind != timeout_kind);
    entrain_request_give_up(self, request);
    const uint64_t token = ++request->token;
    request->to = to;
    request->reply_kind = reply_kind;
    request->timeout_kind = timeout_kind;
    // The timer first: without one the question must not be asked.
    entrain_status status = entrain_send_after(self, timeout_s, self->id, timeout_kind, 0,
                                               token_payload(token), token_payload(token), &request->timer);
    if (status == ENTRAIN_OK) {
        status = entrain_send(self, to, kind, 0, first, token_payload(token));
        if (status != ENTRAIN_OK)
            entrain_request_give_up(self, request);
    } else {
        request->timer = 0;
    }
    return status;
}

entrain_answer entrain_request_match(entrain_self *self, entrain_request *request,
                                     const entrain_message *message) {
    const bool reply = message->kind == request->reply_kind;
    const bool timeout = message->kind == request->timeout_kind && message->from == self->id;
    if (request->token == 0 || (!reply && !timeout))
        return ENTRAIN_ANSWER_NONE;
    if (!entrain_request_open(request) || message->payload[1].u64 != request->token ||
        (reply && message->from != request->to)) {
        request->late += reply;
        return ENTRAIN_ANSWER_LATE;
    }
    if (reply)
        entrain_request_give_up(self, request);
    request->timer = 0;
    return reply ? ENTRAIN_ANSWER_REPLY : ENTRAIN_ANSWER_TIMEOUT;
}

entrain_status entrain_gather_send(entrain_self *self, entrain_gather *gather, const entrain_id *ids,
                                   uint32_t count, uint16_t kind, entrain_payload first,
                                   uint16_t reply_kind) {
    if (count == 0)
        return ENTRAIN_INVALID;
    *gather = (entrain_gather){.token = gather->token + 1, .reply_kind = reply_kind};
    for (uint32_t i = 0; i < count; i++) {
        entrain_status status = entrain_send(self, ids[i], kind, 0, first, token_payload(gather->token));
        if (status != ENTRAIN_OK)
            return status;
        gather->wanted++;
    }
    return ENTRAIN_OK;
}

entrain_gathered entrain_gather_take(entrain_gather *gather, const entrain_message *message) {
    if (gather->got == gather->wanted || message->kind != gather->reply_kind ||
        message->payload[1].u64 != gather->token)
        return ENTRAIN_GATHERED_NOT;
    gather->got++;
    gather->sum = (int64_t)((uint64_t)gather->sum + message->payload[0].u64); // wraps, as promised
    return gather->got == gather->wanted ? ENTRAIN_GATHERED_COMPLETE : ENTRAIN_GATHERED_ONE;
}

entrain_status entrain_stage_pass(entrain_self *self, entrain_stage *stage, const entrain_message *message,
                                  entrain_payload first) {
    stage->passed++;
    return stage->next == ENTRAIN_ID_NONE
               ? ENTRAIN_OK
               : entrain_send(self, stage->next, message->kind, message->flags, first, message->payload[1]);
}
