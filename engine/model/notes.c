/* What a history carries beside its rows: unknown values, ignored fields.  See decoding.h. */
#include <assert.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/utf8.h"
#include "model/decoding.h"

enum { VALUE_BYTES = 64 };

enum status decoding_unknown(struct decoding *d, const char *inside, const char *value,
                             size_t length)
{
    struct history *history = d->history;

    if (history->unknown_count++ >= HISTORY_NOTES)
        return STATUS_OK;
    if (d->unknown == NULL)
        d->unknown = arena_array(d->arena, HISTORY_NOTES, sizeof *d->unknown);
    if (d->unknown == NULL)
        return error_no_memory(d->err);
    history->unknown = d->unknown;
    struct unknown_value *note = &d->unknown[history->unknown_count - 1];
    note->pointer = arena_string(d->arena, inside, strlen(inside));
    note->value = arena_string(d->arena, value, utf8_cut(value, length, VALUE_BYTES));
    return note->pointer != NULL && note->value != NULL ? STATUS_OK
                                                        : error_no_memory(d->err);
}

static bool is_named(const struct ignored_field *field, const char *name, size_t length)
{
    return strncmp(field->name, name, length) == 0 && field->name[length] == '\0';
}

enum status decoding_ignored(struct decoding *d, const char *name, size_t length,
                             uint32_t *place)
{
    struct history *history = d->history;

    assert(history->ignored_count == 0 || d->ignored != NULL);
    for (*place = 0; *place < history->ignored_count; ++*place)
        if (is_named(&d->ignored[*place], name, length)) {
            d->ignored[*place].count++;
            return STATUS_OK;
        }
    if (*place == HISTORY_NOTES)
        return STATUS_OK;
    if (d->ignored == NULL)
        d->ignored = arena_array(d->arena, HISTORY_NOTES, sizeof *d->ignored);
    char *copy = arena_string(d->arena, name, length);
    if (d->ignored == NULL || copy == NULL)
        return error_no_memory(d->err);
    d->ignored[history->ignored_count++] = (struct ignored_field){copy, 1};
    history->ignored = d->ignored;
    return STATUS_OK;
}
