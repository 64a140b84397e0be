/*
 * A parser by hand: date, then time of day, then zone, each optional after the first.  It reads no
 * byte at or after `end`, and the text needs no terminating zero.
 */
#include "data/time_forms.h"

#include <stdio.h>
#include <string.h>

struct cursor {
    const char *at, *end;
};

static bool take_one_of(struct cursor *cursor, const char *characters)
{
    if (cursor->at == cursor->end || *cursor->at == '\0' ||
        !strchr(characters, *cursor->at))
        return false;
    cursor->at++;
    return true;
}

static bool take_word(struct cursor *cursor, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(cursor->end - cursor->at) < length ||
        memcmp(cursor->at, word, length) != 0)
        return false;
    cursor->at += length;
    return true;
}

static bool is_at_digit(const struct cursor *cursor)
{
    return cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9';
}

/* A number of min to max digits. */
static bool take_number(struct cursor *cursor, int min, int max, int *number)
{
    int count = 0;
    for (*number = 0; count < max && is_at_digit(cursor); count++)
        *number = 10 * *number + (*cursor->at++ - '0');
    return count >= min;
}

/* Year, month, day. */
static bool take_date(struct cursor *cursor, int date[3])
{
    if (!take_number(cursor, 4, 4, &date[0]) || cursor->at == cursor->end)
        return false;
    const char *separator = *cursor->at == '/' ? "/" : "-";
    return take_one_of(cursor, separator) && take_number(cursor, 1, 2, &date[1]) &&
           take_one_of(cursor, separator) && take_number(cursor, 1, 2, &date[2]);
}

/* Hours, minutes, and optional seconds with an optional fraction, cut to 9 digits. */
static bool take_clock(struct cursor *cursor, int clock[3], char fraction[10])
{
    if (!take_number(cursor, 1, 2, &clock[0]) || !take_one_of(cursor, ":") ||
        !take_number(cursor, 2, 2, &clock[1]))
        return false;
    if (!take_one_of(cursor, ":"))
        return true;
    if (!take_number(cursor, 2, 2, &clock[2]))
        return false;
    if (!take_one_of(cursor, ".,"))
        return true;
    size_t count = 0;
    for (; is_at_digit(cursor); cursor->at++)
        if (count < 9)
            fraction[count++] = *cursor->at;
    fraction[count] = '\0';
    return count > 0;
}

/* The zone as "+01:00", or "Z". */
static bool take_zone(struct cursor *cursor, char zone[8])
{
    (void)snprintf(zone, 8, "Z");
    (void)take_one_of(cursor, " ");
    if (cursor->at == cursor->end || take_one_of(cursor, "Zz") ||
        take_word(cursor, "UTC") || take_word(cursor, "GMT"))
        return true;
    char sign = *cursor->at;
    int hours, minutes = 0;
    if (!take_one_of(cursor, "+-") || !take_number(cursor, 2, 2, &hours))
        return false;
    if (cursor->at < cursor->end) {
        (void)take_one_of(cursor, ":");
        if (!take_number(cursor, 2, 2, &minutes))
            return false;
    }
    (void)snprintf(zone, 8, "%c%02u:%02u", sign, (unsigned)hours % 100,
                   (unsigned)minutes % 100);
    return true;
}

/*
 * Write a number of so many digits and the character after it; return the end.  Faster than
 * snprintf, and called six times for every row.
 */
static char *write_number(char *at, int number, int digits, char next)
{
    for (int i = digits; i-- > 0; number /= 10)
        at[i] = (char)('0' + number % 10);
    at[digits] = next;
    return at + digits + 1;
}

bool time_forms_normalise(const char *text, size_t length, char buffer[TIME_FORMS_BYTES])
{
    struct cursor cursor = {text, text + length};
    int date[3], clock[3] = {0, 0, 0};
    char fraction[10] = "", zone[8] = "Z";
    if (!take_date(&cursor, date))
        return false;
    if (cursor.at < cursor.end &&
        (!take_one_of(&cursor, "Tt ") || !take_clock(&cursor, clock, fraction) ||
         !take_zone(&cursor, zone)))
        return false;
    if (cursor.at < cursor.end)
        return false;
    char *at = write_number(buffer, date[0], 4, '-');
    at = write_number(at, date[1], 2, '-');
    at = write_number(at, date[2], 2, 'T');
    at = write_number(at, clock[0], 2, ':');
    at = write_number(at, clock[1], 2, ':');
    at = write_number(at, clock[2], 2, '\0') - 1;
    (void)snprintf(at, TIME_FORMS_BYTES - 20, "%s%s%s", fraction[0] != '\0' ? "." : "",
                   fraction, zone);
    return true;
}
