// Actors in C++17: static members and lambdas without captures are a behavior's functions, an object is its
// context. A hundred counters on two workers count what they are told, and report to a chief who adds it up.
#include <entrain/engine.h>

#include <cmath>
#include <cstdio>
#include <memory>
#include <numeric>
#include <stdexcept>

namespace {

enum kind : uint16_t { COUNT = ENTRAIN_KIND_USER, REPORT };

void check(entrain_status status, const entrain_error &error) {
    if (status != ENTRAIN_OK)
        throw std::runtime_error(error.sentence);
}

struct destroy {
    void operator()(entrain_engine *engine) const { entrain_engine_destroy(engine); }
};

// Exceptions must not leave a behavior's function: it is called from C.
class office {
  public:
    explicit office(uint32_t size) {
        entrain_error error{};
        entrain_engine_config config = entrain_engine_config_defaults();
        config.execution = ENTRAIN_EXECUTION_EVENT_DRIVEN;
        config.overflow = ENTRAIN_OVERFLOW_BLOCK;
        config.scheduler.worker_count = 2;
        entrain_engine *created = nullptr;
        check(entrain_engine_create(&config, &created, &error), error);
        engine.reset(created);

        entrain_column column{};
        column.name = "total";
        column.bytes = sizeof(int64_t);
        column.fingerprint = true;
        entrain_behavior behavior{};
        behavior.columns = &column;
        behavior.column_count = 1;
        behavior.name = "counter";
        behavior.inbox = 7;
        behavior.sends_max = 1;
        behavior.receive = &office::count;
        check(entrain_engine_add(engine.get(), &behavior, this, size, &counters, &error), error);
        behavior.name = "chief";
        behavior.sends_max = 0;
        behavior.receive = [](entrain_self *self, const entrain_message *mail, uint32_t count) {
            return std::accumulate(mail, mail + count, ENTRAIN_OK,
                                   [=](entrain_status status, const auto &one) {
                                       *static_cast<int64_t *>(self->columns[0]) += one.payload[0].i64;
                                       return status;
                                   });
        };
        check(entrain_engine_add(engine.get(), &behavior, this, 1, &chief, &error), error);
        check(entrain_engine_start(engine.get(), &error), error);
    }

    int64_t run() {
        entrain_error error{};
        for (uint32_t i = 0; i < entrain_population_count(counters); i++) {
            entrain_payload first{}, none{};
            first.i64 = i;
            for (kind what : {COUNT, COUNT, REPORT})
                check(entrain_engine_tell(engine.get(), entrain_population_id(counters, i), what, 0, first,
                                          none),
                      entrain_error{ENTRAIN_FULL, "a message was not taken"});
        }
        check(entrain_engine_run(engine.get(), INFINITY, &error), error);
        return *static_cast<int64_t *>(entrain_population_at(chief, 0, 0));
    }

  private:
    static entrain_status count(entrain_self *self, const entrain_message *mail, uint32_t count) {
        auto &total = *static_cast<int64_t *>(self->columns[0]);
        for (const auto *one = mail; one != mail + count; one++) {
            if (one->kind != REPORT) {
                total += one->payload[0].i64;
                continue;
            }
            const auto *here = static_cast<const office *>(self->context);
            entrain_payload sum{};
            sum.i64 = total;
            if (auto status = entrain_send(self, entrain_population_id(here->chief, 0), REPORT, 0, sum, {});
                status != ENTRAIN_OK)
                return status;
        }
        return ENTRAIN_OK;
    }

    std::unique_ptr<entrain_engine, destroy> engine;
    entrain_population *counters = nullptr, *chief = nullptr;
};

} // namespace

int main() try {
    office here(100);
    std::printf("the chief's sum is %lld\n", static_cast<long long>(here.run())); // 2 x (0 + 1 + ... + 99)
    return 0;
} catch (const std::exception &problem) {
    std::fprintf(stderr, "%s\n", problem.what());
    return 1;
}
