/* The rule for the names of models. */
#include "base/model_name.h"

#include <string.h>

bool model_name_is_valid(const char *name, size_t length)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789._-";
    for (size_t i = 0; i < length; i++)
        if (!memchr(allowed, name[i], sizeof allowed - 1))
            return false;
    return length > 0 && length <= MODEL_NAME;
}
