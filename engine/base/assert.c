#include "engine/base/assert.h"

#include <stdio.h>
#include <stdlib.h>

void entrain__assert_failed(const char *fact, const char *file, int line) {
    fprintf(stderr,
            "entrain: %s:%d: this must hold and does not: %s. This is a bug in Entrain or its caller.\n",
            file, line, fact);
    abort();
}
