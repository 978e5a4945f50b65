// libFuzzer on the parser of edge lists: fuzz_edge_list -dict=../tests/edge_list.dict -max_total_time=60
#include "edge_list_property.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    edge_list_property(bytes, size);
    return 0;
}
