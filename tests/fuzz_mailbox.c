// The mailbox property of mailbox_model.h under libFuzzer. Built with clang when ENTRAIN_BUILD_FUZZERS is ON:
//   cmake --preset dev -B build/fuzz -DCMAKE_C_COMPILER=clang -DENTRAIN_BUILD_FUZZERS=ON
//   cmake --build build/fuzz --target fuzz_mailbox && build/fuzz/tests/fuzz_mailbox -max_len=512
//   -max_total_time=60
#include <stdio.h>
#include <stdlib.h>

#include "mailbox_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *broken = mailbox_model_run(data, size);
    if (broken != NULL) {
        fprintf(stderr, "does not hold: %s\n", broken);
        abort();
    }
    return 0;
}
