/// @file script_directory.h  A script's directory.
///
///   manifest.json   format "entrain-script": the script's text, its arguments, its seed; can be run again
///   runs.jsonl      journal.h: "call:n" (script_calls.h), "file:n" (the csv files), what the sweeps keep
///   output.txt      what it printed; its end says that the script ended
///   *.csv           what it wrote
#ifndef ENTRAIN_SIMS_SCRIPT_DIRECTORY_H
#define ENTRAIN_SIMS_SCRIPT_DIRECTORY_H

#include <stdint.h>
#include <stdio.h>

#include "sims/journal.h"
#include "sims/run_directory.h"

#define SCRIPT_FORMAT "entrain-script"

typedef struct script_facts {
    const char *name, *path, *text; ///< text: as it is run
    const char *typed;
    const json_t *given; ///< arguments
    json_t *machine;     ///< script_machine()
    uint64_t seed;
} script_facts;

typedef struct script_directory {
    char *path;
    int lock; ///< -1: none
    journal *log;
    bool resumed, changed; ///< changed: text, arguments or seed are others than those of what is resumed
} script_directory;

bool script_directory_is(const char *path); ///< whether a script's run is there
/// Writes what the script printed, as far as it came, to @p to.
entrain_status script_directory_show(const char *path, FILE *to, entrain_error *error_out);
/// Makes @p path ready: begins anew, or goes on with what is there (@p resume; nothing there: anew).
/// Refused: another thing's directory; without resume and @p force, a script that was not finished.
entrain_status script_directory_open(const char *path, const script_facts *facts, bool resume, bool force,
                                     script_directory *directory_out, entrain_error *error_out);
void script_directory_close(script_directory *directory);
/// Tells the journal that a file of this name is going to be there.
entrain_status script_directory_add(script_directory *directory, uint32_t number, const char *name,
                                    entrain_error *error_out);

/// {"cpus", "memory_bytes"}: what a script is told of the machine, the caller's. Where a script at @p
/// resumed (NULL: none) is gone on with, what it was told when it was begun.
json_t *script_machine(const char *resumed);

#endif
