// What became of messages that nobody handled, told to whoever asked.
#include "engine/engine_private.h"

const char *entrain_fate_name(entrain_fate fate) {
    static const char *const names[] = {"shed", "conflated", "undeliverable"};
    return (unsigned)fate < ENTRAIN_FATE_COUNT ? names[fate] : NULL;
}

void entrain_engine_on_dead_letter(entrain_engine *engine,
                                   void (*told)(void *context, const entrain_dead_letter *letter),
                                   void *context) {
    ENTRAIN_ASSERT(!engine->started);
    engine->dead.told = told;
    engine->dead.context = context;
}

void entrain__dead_letter_tell(entrain_engine *engine, const entrain_message *message, entrain_id to,
                               entrain_fate fate) {
    const entrain_dead_letter letter = {.message = *message, .to = to, .fate = fate};
    entrain__lock_take(&engine->dead.lock);
    engine->dead.told(engine->dead.context, &letter);
    entrain__lock_give(&engine->dead.lock);
}
