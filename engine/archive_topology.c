#include "engine/archive_parts.h"
void entrain__archive_topology(entrain_engine *engine, entrain_archive *archive) { (void)engine; entrain_archive_section(archive, "topology"); }
