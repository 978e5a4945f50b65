// What virtual time has besides, in a checkpoint.
#include "engine/virtual_time.h"

void entrain__virtual_archive(entrain_engine *engine, entrain_archive *archive) {
    (void)engine;
    entrain_archive_refuse(archive, ENTRAIN_UNSUPPORTED, "virtual-time execution is not archived yet.");
}
