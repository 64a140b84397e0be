/* libFuzzer's entry into one target; compiled once for each, with TARGET set to its name. */
#include "fuzz/targets.h"

#define PASTE(a, b) a##b
#define ENTRY(name) PASTE(fuzz_, name)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    ENTRY(TARGET)(bytes, length);
    return 0;
}
