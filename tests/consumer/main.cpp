// The same swarm in C++17: the headers must be as good there, and the bits the same.
#include "all.h"

#include <cinttypes>
#include <cstdio>
#include <memory>

#ifdef CONSUMER_SWARM
struct destroy {
    void operator()(entrain_swarm *swarm) const { entrain_swarm_destroy(swarm); }
};

static int run_swarm() {
    entrain_error error{};
    entrain_swarm_config config = entrain_swarm_config_defaults();
    config.size = 64;
    config.seed = 7;
    config.engine.scheduler.worker_count = 1;

    entrain_swarm *created = nullptr;
    if (entrain_swarm_create(&config, &created, &error) != ENTRAIN_OK) {
        std::fprintf(stderr, "%s\n", error.sentence);
        return 1;
    }
    std::unique_ptr<entrain_swarm, destroy> swarm(created);
    entrain_engine *engine = entrain_swarm_engine(swarm.get());
    if (entrain_engine_advance(engine, 50, &error) != ENTRAIN_OK) {
        std::fprintf(stderr, "%s\n", error.sentence);
        return 1;
    }
    std::printf("fingerprint %016" PRIx64 "\n", entrain_engine_fingerprint(engine));
    return 0;
}
#else
static int run_swarm() {
    std::printf("status %s\n", entrain_status_name(ENTRAIN_OK));
    return 0;
}
#endif

int main() { return run_swarm(); }
