// Sentences and suggestions from any bytes: terminated, within the buffer, and a suggestion is a known word.
#include "tests/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *word = malloc(size + 1);
    if (word == NULL)
        return 0;
    if (size > 0)
        memcpy(word, data, size);
    word[size] = '\0';

    entrain_error error;
    memset(&error, 0x5a, sizeof error);
    if (entrain_error_set(&error, ENTRAIN_PARSE, "%s in %zu bytes", word, size) != ENTRAIN_PARSE ||
        memchr(error.sentence, '\0', sizeof error.sentence) == NULL || error.status != ENTRAIN_PARSE)
        abort();

    static const char *const words[] = {"coupling", "frequency", "degree", "size", "", NULL};
    const char *nearest = entrain_nearest_word(word, words);
    size_t i = 0;
    while (nearest != NULL && words[i] != nearest)
        if (words[i++] == NULL)
            abort();
    // A known word is nearest to itself.
    if (strlen(word) > 0 && strcmp(words[size % 4], word) == 0 && nearest != words[size % 4])
        abort();
    free(word);
    return 0;
}
