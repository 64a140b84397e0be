/* The table of includes; a new one is a line of it. */
#include "model/include.h"

#include <stdio.h>
#include <string.h>

#include "base/suggest.h"
#include "base/utf8.h"
#include "engine.h"

static const char *const names[INCLUDES] = {
    [INCLUDE_SURPRISE] = "surprise",
    [INCLUDE_ATTENTION] = "attention",
};

const char *triage_include_name(enum include include)
{
    return names[include];
}

/* "surprise, ..." */
static const char *write_names(char *buffer, size_t size)
{
    size_t used = 0;
    buffer[0] = '\0';
    for (size_t i = 0; i < INCLUDES && used < size; i++)
        used += (size_t)snprintf(buffer + used, size - used, "%s%s", i == 0 ? "" : ", ",
                                 names[i]);
    return buffer;
}

enum status include_find(const char *name, size_t length, const char *where,
                         unsigned *bit, struct error *err)
{
    struct suggestion suggestion;
    char raw[INCLUDE_TEXT] = "", text[INCLUDE_TEXT], known[sizeof err->expected],
         phrase[SUGGEST_PHRASE];
    for (unsigned i = 0; i < INCLUDES; i++)
        if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0) {
            *bit = 1U << i;
            return STATUS_OK;
        }
    *bit = 0;
    size_t kept = utf8_cut(name, length, sizeof raw - 1);
    if (kept > 0)
        memcpy(raw, name, kept);
    utf8_copy(text, sizeof text, raw);
    suggestion_init(&suggestion, name, length);
    for (size_t i = 0; i < INCLUDES; i++)
        suggestion_offer(&suggestion, names[i], strlen(names[i]));
    return error_mismatch(err, STATUS_BAD_INPUT, where, write_names(known, sizeof known),
                          text, "no such include: \"%s\"%s", text,
                          suggestion_phrase(&suggestion, "", phrase, sizeof phrase));
}

enum status triage_includes_read(const char *list, const char *where, unsigned *includes,
                                 struct error *err)
{
    while (*list != '\0') {
        size_t length = strcspn(list, ",");
        unsigned bit = 0;
        if (length > 0)
            RETURN_IF_ERROR(include_find(list, length, where, &bit, err));
        *includes |= bit;
        list += length;
        list += *list == ',';
    }
    return STATUS_OK;
}
