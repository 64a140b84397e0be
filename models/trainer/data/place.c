/* See place.h. */
#include "data/place.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "data/dataset.h"

enum { PATH_MOST = 60, WHERE = 96 };

static const char events[] = "/events";

void place_line(const char *file, size_t line, char *room, size_t size)
{
    size_t length = strlen(file);
    const char *tail = file + (length > PATH_MOST ? length - PATH_MOST : 0);

    (void)snprintf(room, size, "%s%s:%zu", length > PATH_MOST ? "..." : "", tail, line);
}

/* The key at the end of a pointer to an event's member, as the data calls it. */
static void join_theirs(char *room, size_t size, const struct keys *keys,
                        const char *member)
{
    size_t used = strlen(room);

    if (strcmp(member, "/event") == 0)
        pointer_join(room, size, room, keys->event);
    else if (strcmp(member, "/time") == 0)
        pointer_join(room, size, room, keys->time);
    else
        (void)snprintf(room + used, size - used, "%s", member);
}

/* "/events/3/time" in the words of JSON Lines: "/steps/3/ts". */
static void say_in_lines(const struct keys *keys, const char *pointer, char *room,
                         size_t size)
{
    const char *rest = pointer + sizeof events - 1;
    size_t index;

    if (strncmp(pointer, events, sizeof events - 1) != 0 ||
        (*rest != '\0' && *rest != '/')) {
        (void)snprintf(room, size, "%s", pointer);
        return;
    }
    pointer_join(room, size, "", keys->events);
    index = *rest == '/' ? 1 + strspn(rest + 1, "0123456789") : 0;
    size_t used = strlen(room);
    (void)snprintf(room + used, size - used, "%.*s", (int)index, rest);
    join_theirs(room, size, keys, rest + index);
}

/* The same in those of CSV: the name of a column, and the line of the event's row. */
static size_t say_in_rows(const struct entry *entry, const struct keys *keys,
                          const char *pointer, char *room, size_t size)
{
    size_t line = entry->line;
    char column[WHERE] = "";

    if (strncmp(pointer, events, sizeof events - 1) == 0 &&
        pointer[sizeof events - 1] == '/') {
        char *end;
        size_t event = strtoul(pointer + sizeof events, &end, 10);
        line = event < entry->event_count ? entry->event_lines[event] : line;
        pointer = end;
    }
    join_theirs(column, sizeof column, keys, pointer);
    (void)snprintf(room, size, "%s", column + (*column == '/'));
    return line;
}

void place_error(const struct entry *entry, const struct keys *keys,
                 const struct error *inner, struct error *err)
{
    const char *pointer = inner->where[0] == '/' ? inner->where : "";
    char where[WHERE], place[WHERE];
    size_t line = entry->line;

    if (entry->event_lines != NULL)
        line = say_in_rows(entry, keys, pointer, place, sizeof place);
    else
        say_in_lines(keys, pointer, place, sizeof place);
    place_line(entry->file, line, where, sizeof where);
    (void)error_mismatch(err, inner->status, where, inner->expected, inner->received,
                         "%s%s%s", place, *place != '\0' ? ": " : "",
                         inner->text[0] != '\0' ? inner->text
                                                : triage_status_text(inner->status));
}
