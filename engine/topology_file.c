// A file as a source of text.
#include "engine/topology.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static ptrdiff_t read_file(void *context, void *bytes, size_t size) {
    const int *file = context;
    ssize_t got;
    do
        got = read(*file, bytes, size);
    while (got < 0 && errno == EINTR);
    return got;
}

entrain_status entrain__edges_read(const entrain_topology_config *config, entrain__edges *edges,
                                   entrain_error *error_out) {
    int file = open(config->file, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return entrain_error_set(error_out, ENTRAIN_IO, "%s: cannot be opened: %s", config->file,
                                 strerrordesc_np(errno));
    entrain__text_source source = {read_file, &file, config->file};
    entrain_status status = entrain__edges_parse(source, config, edges, error_out);
    close(file);
    return status;
}
