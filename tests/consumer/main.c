// A small swarm in C: create, advance, sample, print the fingerprint.
#include "all.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#ifdef CONSUMER_SWARM
static int run_swarm(void) {
    entrain_error error = {ENTRAIN_OK, ""};
    entrain_swarm_config config = entrain_swarm_config_defaults();
    config.size = 64;
    config.seed = 7;
    config.engine.scheduler.worker_count = 2;

    entrain_swarm *swarm = NULL;
    entrain_status status = entrain_swarm_create(&config, &swarm, &error);
    if (status == ENTRAIN_OK)
        status = entrain_engine_advance(entrain_swarm_engine(swarm), 50, &error);
    entrain_phase_sample sample;
    if (status == ENTRAIN_OK)
        status = entrain_swarm_sample(swarm, &sample);
    if (status != ENTRAIN_OK) {
        fprintf(stderr, "%s: %s\n", entrain_status_name(status), error.sentence);
        entrain_swarm_destroy(swarm);
        return 1;
    }
    int good = sample.tick == 50 && sample.living == 64 && sample.coherence >= 0 && sample.coherence <= 1 &&
               sample.fingerprint == entrain_engine_fingerprint(entrain_swarm_engine(swarm));
    printf("fingerprint %016" PRIx64 "\n", sample.fingerprint);
    entrain_swarm_destroy(swarm);
    return good ? 0 : 1;
}
#else
static int run_swarm(void) {
    printf("status %s\n", entrain_status_name(ENTRAIN_OK));
    return 0;
}
#endif

int main(void) { return strcmp(entrain_status_name(ENTRAIN_OK), "OK") == 0 ? run_swarm() : 1; }
