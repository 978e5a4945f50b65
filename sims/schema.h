/// @file schema.h  Which keys a scenario has: one table for the loader, --set, `entrain list keys` and the
/// suggestions.
#ifndef ENTRAIN_SIMS_SCHEMA_H
#define ENTRAIN_SIMS_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "entrain/status.h"
#include "sims/words.h"
#include "sims/schema_keys.h"

typedef enum schema_key_id {
    KEY_NONE, // 0, so that a row that belongs to no other says nothing; real keys are KEY_NONE + 1 ..
              // KEY_COUNT - 1
#define SCHEMA_ID(id, ...) KEY_##id,
    SCHEMA_KEYS(SCHEMA_ID)
#undef SCHEMA_ID
        KEY_COUNT
} schema_key_id;

typedef enum schema_type {
    SCHEMA_INTEGER, ///< low .. high; 1e6 is an integer too
    SCHEMA_NUMBER,  ///< least .. most, without least itself if `above`
    SCHEMA_BOOLEAN,
    SCHEMA_TEXT,      ///< one line, 1 to 1,024 bytes
    SCHEMA_FILE,      ///< a path; relative ones begin at the scenario file's folder
    SCHEMA_POLICY,    ///< a scheduler policy's name
    SCHEMA_CHOICE,    ///< one of the words in `choices`; their order is that of the library's enum
    SCHEMA_NUMBERS,   ///< a list of numbers, each least .. most
    SCHEMA_COUNTS,    ///< a list of 2 to 4 integers, each low .. high
    SCHEMA_MATRIX,    ///< 2 to 4 rows of as many numbers, each least .. most; or all in one list, row by row
    SCHEMA_EVENTS,    ///< a list of events (events.h); --set can only take them out
    SCHEMA_HOOK,      ///< a function of the script (hook.h), resolved to the text of its script
    SCHEMA_PARAMETERS ///< a table of numbers by name; which, says what a plug-in brought (parameters.h)
} schema_type;

/// Whether a key applies where the word that it belongs to is none of ours but a plug-in's.
typedef enum schema_plugged {
    SCHEMA_PLUGGED_NOT = 0,
    SCHEMA_PLUGGED_TOO, ///< there as well
    SCHEMA_PLUGGED_ONLY ///< there alone
} schema_plugged;

typedef struct schema_key {
    const char *name; ///< "swarm.topology.degree"
    schema_type type;
    const char *default_text; ///< as typed after --set; NULL: none
    const char *summary;
    int64_t low, high;
    double least, most;
    bool above;
    const char *choices;       ///< "one of a, b, c"
    schema_key_id belongs_to;  ///< the key applies only where that one is one of `belongs_words`, or, with
                               ///< NULL, is given
    const char *belongs_words; ///< "ring, small-world"
    const char *because;       ///< why, where the sentence does not say it by itself
    schema_plugged plugged;
    const char *(*others)(uint32_t index); ///< words besides `choices`, that plug-ins brought; NULL past the
                                           ///< end. NULL: there can be none
    bool required;                         ///< where it applies, and it has no default
    const char *default_where, *default_there; ///< another default where belongs_to is that word
} schema_key;

extern const schema_key schema_keys[KEY_COUNT];
/// Names that are tables of keys ("swarm.topology"), NULL-terminated.
extern const char *const schema_sections[];

schema_key_id schema_find(const char *name); ///< KEY_NONE if there is none
bool schema_is_section(const char *name);
/// What may stand in the place of the table @p name. One with a key `distribution`: a number (constant), a
/// list (list) or a word (distribution). One with `low` and `high` only: a number, for both. False: nothing.
typedef struct schema_short_form {
    schema_key_id distribution, value, values, low, high; ///< KEY_NONE: there is no such key
} schema_short_form;
bool schema_short(const char *name, schema_short_form *form_out);
/// The known key or section that @p name may have meant, or NULL. Static text.
const char *schema_nearest(const char *name);
/// Whether @p word is one of the ", "-separated @p words.
bool schema_has_word(const char *words, const char *word);
/// The words of the key that @p id belongs to under which it applies, as far as that key has them.
wording schema_belongs(schema_key_id id);
/// Whether @p word is one that a plug-in brought for the key @p id.
bool schema_is_other(schema_key_id id, const char *word);
/// The index of @p word among our own choices of @p id, or -1.
int schema_choice(schema_key_id id, const char *word);

/// The value that the text of a --set or a default stands for, read as the key's type wants it: a number,
/// true or false, a list, or else the text itself, for schema_check() to judge. NULL: not UTF-8, or no
/// memory.
json_t *schema_read_text(schema_key_id id, const char *text);
/// The same for one number of a table.
json_t *schema_read_number(const char *text);
/// Checks @p value against type and range and turns it into its one canonical form (numbers real, integers
/// integer).
/// @p where opens the sentence.
entrain_status schema_check(schema_key_id id, const json_t *value, const char *where, json_t **value_out,
                            entrain_error *error_out);
const char *schema_type_text(schema_key_id id);

#endif
