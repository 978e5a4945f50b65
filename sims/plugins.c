// --load: dlopen, and everything that can be wrong with what it finds, in a sentence each.
#include "sims/plugins.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <xmmintrin.h>

#include "entrain/engine.h"
#include "entrain/plugin.h"
#include "sims/words.h"

enum { PLUGINS_MAX = 64 };

static struct {
    char *path; // absolute
    void *handle;
} loaded[PLUGINS_MAX];
static uint32_t loaded_count;

const char *plugins_at(uint32_t index) { return index < loaded_count ? loaded[index].path : NULL; }

// How the processor rounds, and whether it flushes small numbers to zero: without the flags of what happened.
static unsigned rounding(void) { return _mm_getcsr() & ~(unsigned)_MM_EXCEPT_MASK; }

// dlerror() without the path that it begins with.
static wording loader_fault(const char *path) {
    const char *fault = dlerror();
    size_t size = strlen(path);
    if (fault == NULL)
        fault = "the dynamic linker does not say why";
    if (strncmp(fault, path, size) == 0 && strncmp(fault + size, ": ", 2) == 0)
        fault += size + 2;
    return words_text(fault);
}

// Refuses what cannot be meant as a plug-in. @p entry is what the file exports as entrain_plugin.
static entrain_status check_entry(const char *shown, const entrain_plugin_entry *entry,
                                  entrain_error *error_out) {
    if (entry->abi != ENTRAIN_PLUGIN_ABI || entry->bytes != sizeof *entry)
        return entrain_error_set(error_out, ENTRAIN_UNSUPPORTED,
                                 "--load %s: made for plug-in interface %u, and this is Entrain %s with %u; "
                                 "compile it again with this version's headers",
                                 shown, entry->abi, entrain_version(), ENTRAIN_PLUGIN_ABI);
    // The plug-in's own copy of the library would keep what it registers to itself.
    if (entry->bound_to != entrain_policy_register)
        return entrain_error_set(error_out, ENTRAIN_UNSUPPORTED,
                                 "--load %s: carries an Entrain of its own, in which what it registers would "
                                 "be lost; link it without libentrain.a, the command has it all",
                                 shown);
    if (entry->set_up == NULL)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "--load %s: its ENTRAIN_PLUGIN() names no function; name the one that "
                                 "registers",
                                 shown);
    return ENTRAIN_OK;
}

static entrain_status set_up(const char *shown, const entrain_plugin_entry *entry, entrain_error *error_out) {
    entrain_error refusal = {0};
    entrain_status status = entry->set_up(&refusal);
    if (status == ENTRAIN_OK)
        return ENTRAIN_OK;
    const char *why = refusal.sentence[0] != '\0'               ? refusal.sentence
                      : (unsigned)status < ENTRAIN_STATUS_COUNT ? entrain_status_text(status)
                                                                : "it answered a number that is no status";
    return entrain_error_set(error_out, (unsigned)status < ENTRAIN_STATUS_COUNT ? status : ENTRAIN_INVALID,
                             "--load %s: %s", shown, why);
}

static bool is_loaded(const void *handle) {
    for (uint32_t i = 0; i < loaded_count; i++)
        if (loaded[i].handle == handle)
            return true;
    return false;
}

static entrain_status load(const char *shown, const char *path, void **handle_out, entrain_error *error_out) {
    unsigned before = rounding();
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL)
        return entrain_error_set(error_out, ENTRAIN_IO,
                                 "--load %s: cannot be loaded: %s; it must be a shared object for this "
                                 "Entrain (cc -shared -fPIC)",
                                 shown, loader_fault(path).text);
    *handle_out = handle;
    if (is_loaded(handle))
        return ENTRAIN_OK;
    // gcc links code into -ffast-math objects that does this: every result after it would be another.
    if (rounding() != before) {
        _mm_setcsr(before);
        return entrain_error_set(error_out, ENTRAIN_UNSUPPORTED,
                                 "--load %s: changes how the processor rounds as it is loaded, and with that "
                                 "every result; compile and link it without -ffast-math",
                                 shown);
    }
    const entrain_plugin_entry *entry = dlsym(handle, "entrain_plugin");
    if (entry == NULL)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "--load %s: is no plug-in, for it has no symbol entrain_plugin; write "
                                 "ENTRAIN_PLUGIN(function) (entrain/plugin.h)",
                                 shown);
    entrain_status status = check_entry(shown, entry, error_out);
    return status != ENTRAIN_OK ? status : set_up(shown, entry, error_out);
}

entrain_status plugins_load(const char *path, entrain_error *error_out) {
    wording shown = words_text(path);
    struct stat about;
    // An absolute path: dlopen would look for a name without a slash in the system's folders.
    char *absolute = realpath(path, NULL);
    if (absolute == NULL || stat(absolute, &about) != 0) {
        int fault = errno;
        free(absolute);
        return entrain_error_set(error_out, ENTRAIN_IO, "--load %s: cannot be found: %s; give its path",
                                 shown.text, strerror(fault));
    }
    entrain_status status = ENTRAIN_OK;
    void *handle = NULL;
    if (!S_ISREG(about.st_mode))
        status = entrain_error_set(error_out, ENTRAIN_IO,
                                   "--load %s: is no file; give a shared object's path", shown.text);
    else if (loaded_count == PLUGINS_MAX)
        status = entrain_error_set(error_out, ENTRAIN_FULL,
                                   "--load %s: %d are loaded, and that is the limit; put several into one",
                                   shown.text, (int)PLUGINS_MAX);
    else
        status = load(shown.text, absolute, &handle, error_out);
    if (status != ENTRAIN_OK || is_loaded(handle)) { // once is enough
        free(absolute);
        return status;
    }
    loaded[loaded_count].path = absolute;
    loaded[loaded_count++].handle = handle;
    return ENTRAIN_OK;
}
