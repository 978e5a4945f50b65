// Every public header. tests/test_consumer.sh fails when one is missing here.
#include <entrain/behavior.h>
#include <entrain/distribution.h>
#include <entrain/engine.h>
#include <entrain/export.h>
#include <entrain/kuramoto.h>
#include <entrain/mailbox.h>
#include <entrain/math.h>
#include <entrain/message.h>
#include <entrain/parameter.h>
#include <entrain/phase_metrics.h>
#include <entrain/policy.h>
#include <entrain/random.h>
#include <entrain/scheduler.h>
#include <entrain/simd.h>
#include <entrain/status.h>
#include <entrain/swarm.h>
#include <entrain/topology.h>
