// What a plug-in for somebody else's program exports: one call that runs the engine. See dlopen.c.
#include "all.h"

#include <stdlib.h>

ENTRAIN_API const char *plugin_status(void);
const char *plugin_status(void) {
    free(malloc(1)); // a linker that drops unneeded libraries would keep jemalloc for this
    return entrain_status_name(ENTRAIN_OK);
}
