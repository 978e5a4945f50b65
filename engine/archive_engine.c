// The state of an engine, written or read.
#include "engine/virtual_time.h"

void entrain_engine_archive(entrain_engine *engine, entrain_archive *archive) {
    if (engine->virtual_time != NULL)
        entrain__virtual_archive(engine, archive);
    else
        entrain_archive_refuse(archive, ENTRAIN_UNSUPPORTED, "lockstep is not archived yet.");
}
