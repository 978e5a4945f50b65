// Drives a fuzzer's body where there is no libFuzzer: the files of its corpus, then bytes from a fixed seed.
//
// usage: fuzz_<name> [FOLDER or FILE ...]; a folder that does not exist holds no inputs.
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_BYTES_MAX = 1 << 16, DRAWN_COUNT = 2000, DRAWN_BYTES_MAX = 512 };

static int feed_file(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return 1;
    }
    // A block of its own size, so that a sanitizer sees a read past the end.
    uint8_t *all = malloc(INPUT_BYTES_MAX);
    size_t size = all == NULL ? 0 : fread(all, 1, INPUT_BYTES_MAX, file);
    fclose(file);
    uint8_t *data = malloc(size == 0 ? 1 : size);
    if (all == NULL || data == NULL)
        abort();
    memcpy(data, all, size);
    free(all);
    printf("%s\n", path);
    fflush(stdout); // the last line names the input that broke it
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 0;
}

static int feed_folder(const char *path) {
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort), failed = 0;
    if (count < 0)
        return errno == ENOENT ? 0 : errno == ENOTDIR ? feed_file(path) : 1;
    for (int i = 0; i < count; i++) {
        char file[4096];
        if (entries[i]->d_name[0] != '.' &&
            snprintf(file, sizeof file, "%s/%s", path, entries[i]->d_name) < (int)sizeof file)
            failed |= feed_file(file);
        free(entries[i]);
    }
    free(entries);
    return failed;
}

// SplitMix64 (Steele, Lea and Flood 2014): a few lines, and not the generator that may be under test.
static uint64_t draw(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

int main(int argc, char **argv) {
    int failed = 0;
    for (int i = 1; i < argc; i++)
        failed |= feed_folder(argv[i]);
    uint64_t state = 1;
    for (int i = 0; i < DRAWN_COUNT; i++) {
        size_t size = (size_t)(draw(&state) % (DRAWN_BYTES_MAX + 1)) >> (draw(&state) % 8);
        uint8_t *data = malloc(size == 0 ? 1 : size);
        if (data == NULL)
            abort();
        for (size_t at = 0; at < size; at++)
            data[at] = (uint8_t)draw(&state);
        LLVMFuzzerTestOneInput(data, size);
        free(data);
    }
    printf("%d drawn inputs\n", DRAWN_COUNT);
    return failed;
}
