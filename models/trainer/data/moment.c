/* See moment.h. */
#include "data/moment.h"

#include <stdio.h>
#include <string.h>

struct lexer {
    const char *at, *end;
};

static bool take(struct lexer *scan, const char *one_of)
{
    if (scan->at == scan->end || *scan->at == '\0' || strchr(one_of, *scan->at) == NULL)
        return false;
    scan->at++;
    return true;
}

/* A number of least to most digits. */
static bool take_digits(struct lexer *scan, int least, int most, int *number)
{
    int count = 0;

    for (*number = 0;
         count < most && scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9';
         count++)
        *number = 10 * *number + (*scan->at++ - '0');
    return count >= least;
}

static bool take_word(struct lexer *scan, const char *word)
{
    size_t length = strlen(word);

    if ((size_t)(scan->end - scan->at) < length || memcmp(scan->at, word, length) != 0)
        return false;
    scan->at += length;
    return true;
}

static bool take_date(struct lexer *scan, int date[3])
{
    const char *separator;

    if (!take_digits(scan, 4, 4, &date[0]) || scan->at == scan->end)
        return false;
    separator = *scan->at == '/' ? "/" : "-";
    return take(scan, separator) && take_digits(scan, 1, 2, &date[1]) &&
           take(scan, separator) && take_digits(scan, 1, 2, &date[2]);
}

/* Hours and minutes; seconds and their fraction (its digits, at most 9) may be missing. */
static bool take_clock(struct lexer *scan, int clock[3], char fraction[10])
{
    size_t count = 0;

    if (!take_digits(scan, 1, 2, &clock[0]) || !take(scan, ":") ||
        !take_digits(scan, 2, 2, &clock[1]))
        return false;
    if (!take(scan, ":"))
        return true;
    if (!take_digits(scan, 2, 2, &clock[2]))
        return false;
    if (!take(scan, ".,"))
        return true;
    for (; scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9'; scan->at++)
        if (count < 9)
            fraction[count++] = *scan->at;
    fraction[count] = '\0';
    return count > 0;
}

/* The zone as "+01:00", or "Z". */
static bool take_zone(struct lexer *scan, char zone[8])
{
    char sign;
    int hours, minutes = 0;

    (void)snprintf(zone, 8, "Z");
    (void)take(scan, " ");
    if (scan->at == scan->end || take(scan, "Zz") || take_word(scan, "UTC") ||
        take_word(scan, "GMT"))
        return true;
    sign = *scan->at;
    if (!take(scan, "+-") || !take_digits(scan, 2, 2, &hours))
        return false;
    if (scan->at < scan->end) {
        (void)take(scan, ":");
        if (!take_digits(scan, 2, 2, &minutes))
            return false;
    }
    (void)snprintf(zone, 8, "%c%02u:%02u", sign, (unsigned)hours % 100,
                   (unsigned)minutes % 100);
    return true;
}

/* A number of so many digits and what follows it (by hand: this runs for every row). */
static char *put(char *at, char next, int number, int digits)
{
    for (int i = digits; i-- > 0; number /= 10)
        at[i] = (char)('0' + number % 10);
    at[digits] = next;
    return at + digits + 1;
}

bool moment_normalise(const char *text, size_t length, char room[MOMENT_TEXT])
{
    struct lexer scan = {text, text + length};
    int date[3], clock[3] = {0, 0, 0};
    char fraction[10] = "", zone[8] = "Z";

    if (!take_date(&scan, date))
        return false;
    if (scan.at < scan.end &&
        (!take(&scan, "Tt ") || !take_clock(&scan, clock, fraction) ||
         !take_zone(&scan, zone)))
        return false;
    if (scan.at < scan.end)
        return false;
    char *at = put(put(put(room, '-', date[0], 4), '-', date[1], 2), 'T', date[2], 2);
    at = put(put(put(at, ':', clock[0], 2), ':', clock[1], 2), '\0', clock[2], 2) - 1;
    (void)snprintf(at, MOMENT_TEXT - 20, "%s%s%s", fraction[0] != '\0' ? "." : "",
                   fraction, zone);
    return true;
}
