// The circuit breaker: three states, four events, one table.
//
//            success     failure                 limited    rested
//   closed   closed      closed, or open at the  closed     closed
//                        limit-th in a row
//   open     open        open                    open       half-open
//   half     closed      open                    half-open  half-open
//
// Open, what is still under way from before has nothing to say; half-open, only the one call that went out
// since. A call that was one too many says that the service lives: it neither counts as a failure nor ends a
// row of them.
#include "actors/work.h"

typedef struct move {
    uint8_t to;      // state
    uint8_t to_full; // state, where this is the limit-th failure in a row
    bool counts;     // one more failure; else the row is over
    bool keeps;      // the row as it is
} move;

enum { CLOSED = ENTRAIN_BREAKER_CLOSED, OPEN = ENTRAIN_BREAKER_OPEN, HALF = ENTRAIN_BREAKER_HALF_OPEN };

static const move moves[ENTRAIN_BREAKER_COUNT][ENTRAIN__BREAKER_EVENTS] = {
    [ENTRAIN_BREAKER_CLOSED] = {{CLOSED, CLOSED, false, false},
                                {CLOSED, OPEN, true, false},
                                {CLOSED, CLOSED, false, true},
                                {CLOSED, CLOSED, false, true}},
    [ENTRAIN_BREAKER_OPEN] = {{OPEN, OPEN, false, true},
                              {OPEN, OPEN, false, true},
                              {OPEN, OPEN, false, true},
                              {HALF, HALF, false, false}},
    [ENTRAIN_BREAKER_HALF_OPEN] = {{CLOSED, CLOSED, false, false},
                                   {OPEN, OPEN, false, false},
                                   {HALF, HALF, false, false},
                                   {HALF, HALF, false, false}},
};

bool entrain__breaker_tell(entrain__breaker *breaker, entrain__breaker_event event, uint32_t limit) {
    const entrain_breaker before = breaker->state;
    const move *its = &moves[before][event];
    if (its->counts)
        breaker->failures++;
    else if (!its->keeps)
        breaker->failures = 0;
    const bool full = its->counts && breaker->failures >= limit;
    breaker->state = (entrain_breaker)(full ? its->to_full : its->to);
    if (full)
        breaker->failures = 0;
    return breaker->state == ENTRAIN_BREAKER_OPEN && before != ENTRAIN_BREAKER_OPEN;
}

const char *entrain_breaker_name(entrain_breaker breaker) {
    static const char *const names[] = {"closed", "open", "half-open"};
    return (unsigned)breaker < ENTRAIN_BREAKER_COUNT ? names[breaker] : NULL;
}
