/* The entry points that libFuzzer calls.  Compiled once per target: TARGET is its name. */
#include "engine.h"
#include "fuzz/targets.h"

#define PASTE(a, b) a##b
#define FUNCTION_OF(name) PASTE(fuzz_, name)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    triage_init();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    FUNCTION_OF(TARGET)(bytes, length);
    return 0;
}
