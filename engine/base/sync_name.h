/// @file sync_name.h  A file's name on the disk.
#ifndef ENTRAIN_BASE_SYNC_NAME_H
#define ENTRAIN_BASE_SYNC_NAME_H

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/// The name of the file @p path lies in its folder: that has to reach the disk, too, once the file has.
static inline void entrain__sync_name(const char *path) {
    char *folder = strdup(path);
    char *slash = folder != NULL ? strrchr(folder, '/') : NULL;
    if (slash != NULL)
        slash[slash == folder] = '\0';
    const int file =
        folder != NULL ? open(slash != NULL ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (file >= 0) {
        fsync(file); // some file systems cannot; then the name is as safe as they make it
        close(file);
    }
    free(folder);
}

#endif
