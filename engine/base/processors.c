/* See processors.h. */
#include "base/processors.h"

#include <unistd.h>

uint32_t processors_or(uint32_t asked)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);

    if (asked > 0)
        return asked;
    return online > 0 ? (uint32_t)online : 1;
}
