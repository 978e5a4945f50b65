// A program that knows nothing of jemalloc loads a library, as a Python would: dlopen LIBRARY, call SYMBOL.
// One that links Debian's jemalloc fails here: "cannot allocate memory in static TLS block".
#include <entrain/engine.h>
#include <entrain/swarm.h>

#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void *library;

static void *symbol(const char *name) {
    void *address = dlsym(library, name);
    if (address == NULL)
        fprintf(stderr, "%s\n", dlerror());
    return address;
}
// POSIX promises that a function's address survives the way through void *; ISO C has no cast for it.
#define CALL(function, name) memcpy(&(function), (void *[]){symbol(name)}, sizeof(void *))

static int run_swarm(void) {
    entrain_swarm_config (*defaults)(void);
    entrain_status (*create)(const entrain_swarm_config *, entrain_swarm **, entrain_error *);
    entrain_engine *(*engine_of)(const entrain_swarm *);
    entrain_status (*advance)(entrain_engine *, uint64_t, entrain_error *);
    uint64_t (*fingerprint)(entrain_engine *);
    void (*destroy)(entrain_swarm *);
    CALL(defaults, "entrain_swarm_config_defaults");
    CALL(create, "entrain_swarm_create");
    CALL(engine_of, "entrain_swarm_engine");
    CALL(advance, "entrain_engine_advance");
    CALL(fingerprint, "entrain_engine_fingerprint");
    CALL(destroy, "entrain_swarm_destroy");
    if (!defaults || !create || !engine_of || !advance || !fingerprint || !destroy)
        return 1;

    entrain_error error = {ENTRAIN_OK, ""};
    entrain_swarm_config config = defaults();
    config.size = 64;
    config.seed = 7;
    config.engine.scheduler.worker_count = 3;
    entrain_swarm *swarm;
    if (create(&config, &swarm, &error) != ENTRAIN_OK ||
        advance(engine_of(swarm), 50, &error) != ENTRAIN_OK) {
        fprintf(stderr, "%s\n", error.sentence);
        return 1;
    }
    printf("fingerprint %016" PRIx64 "\n", fingerprint(engine_of(swarm)));
    destroy(swarm);
    return 0;
}

int main(int argc, char **argv) {
    library = argc == 3 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    if (library == NULL) {
        fprintf(stderr, "%s\n", argc == 3 ? dlerror() : "usage: dlopen LIBRARY swarm|SYMBOL");
        return 1;
    }
    if (strcmp(argv[2], "swarm") == 0)
        return run_swarm();
    const char *(*status)(void);
    const char *(*name)(entrain_status);
    if (strcmp(argv[2], "entrain_status_name") == 0) {
        CALL(name, argv[2]);
        return name != NULL && printf("status %s\n", name(ENTRAIN_OK)) > 0 ? 0 : 1;
    }
    CALL(status, argv[2]);
    return status != NULL && printf("status %s\n", status()) > 0 ? 0 : 1;
}
