/* Each form is recognised by itself; a text has at most one. */
#include "base/time_foreign.h"

#include <stdio.h>
#include <string.h>

#include "base/timestamp.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Where the second of two times begins that a "/" or " - " separates; 0: it is no range. */
static size_t find_range(const char *bytes, size_t length)
{
    struct instant instant;
    for (size_t i = 1; i + 1 < length; i++) {
        size_t size = bytes[i] == '/' ? 1 : 0;
        if (size == 0 && length - i > 3 && memcmp(bytes + i, " - ", 3) == 0)
            size = 3;
        if (size > 0 && instant_parse(bytes, i, &instant) &&
            instant_parse(bytes + i + size, length - i - size, &instant))
            return i;
    }
    return 0;
}

/* The bytes before the last one of a digit in another script; NULL. */
static const char *find_other_digit(const char *bytes, size_t length)
{
    static const struct {
        const char *lead;
        unsigned char zero; /* the last byte of 0 */
    } scripts[] = {
        {"\xD9", 0xA0}, {"\xDB", 0xB0}, {"\xE0\xA5", 0xA6}, {"\xEF\xBC", 0x90}};
    for (size_t i = 0; i < length; i++)
        for (size_t s = 0; s < sizeof scripts / sizeof *scripts; s++) {
            size_t lead = strlen(scripts[s].lead);
            if (length - i <= lead || memcmp(bytes + i, scripts[s].lead, lead) != 0)
                continue;
            unsigned char last = (unsigned char)bytes[i + lead];
            if (last >= scripts[s].zero && last <= scripts[s].zero + 9)
                return scripts[s].lead;
        }
    return NULL;
}

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool begins_with(const char *bytes, size_t length, const char *word)
{
    size_t i = 0;
    while (word[i] != '\0' && i < length && lower(bytes[i]) == word[i])
        i++;
    return word[i] == '\0';
}

/* The number of the month with that name in another language; 0. */
static int other_month(const char *bytes, size_t length)
{
    static const struct {
        int month;
        const char *beginning;
    } months[] = {{1, "janv"},
                  {1, "ene"},
                  {1, "gen"},
                  {1, "j\xC3\xA4n"},
                  {2, "f\xC3\xA9v"},
                  {2, "fevr"},
                  {2, "fev"},
                  {3, "mars"},
                  {3, "m\xC3\xA4rz"},
                  {3, "mrz"},
                  {3, "marz"},
                  {3, "mrt"},
                  {4, "avr"},
                  {4, "abr"},
                  {5, "mai"},
                  {5, "mayo"},
                  {5, "mag"},
                  {5, "mei"},
                  {6, "juin"},
                  {6, "giu"},
                  {7, "juil"},
                  {7, "lug"},
                  {8, "ao\xC3\xBB"},
                  {8, "aout"},
                  {8, "ago"},
                  {9, "set"},
                  {10, "okt"},
                  {10, "ott"},
                  {10, "out"},
                  {11, "noviem"},
                  {12, "d\xC3\xA9"
                       "c"},
                  {12, "dez"},
                  {12, "dic"}};
    for (size_t i = 0; i < sizeof months / sizeof *months; i++)
        if (begins_with(bytes, length, months[i].beginning))
            return months[i].month;
    return 0;
}

/* The word that names a month in another language, between numbers.  0: there is none. */
static int find_month(const char *bytes, size_t length, size_t *word, size_t *size)
{
    for (size_t i = 0; i < length; i++) {
        bool is_first = is_word_byte(bytes[i]) && (i == 0 || !is_word_byte(bytes[i - 1]));
        int month = is_first ? other_month(bytes + i, length - i) : 0;
        if (month == 0)
            continue;
        *word = i;
        for (*size = 0; i + *size < length && is_word_byte(bytes[i + *size]);)
            ++*size;
        if (i + *size < length && bytes[i + *size] == '.')
            ++*size;
        return month;
    }
    return 0;
}

bool time_foreign_explain(const char *bytes, size_t length, char *buffer, size_t size)
{
    static const char *const english[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    size_t word, word_size;
    size_t range = find_range(bytes, length);
    if (range > 0) {
        (void)snprintf(
            buffer, size,
            "is a range of two times; without the second, from \"%s\" on, it is "
            "read",
            bytes[range] == '/' ? "/" : " - ");
        return true;
    }
    const char *script = find_other_digit(bytes, length);
    if (script) {
        bool is_arabic = strcmp(script, "\xD9") == 0;
        (void)snprintf(buffer, size, "has digits of another script%s",
                       is_arabic ? "; sed 'y/٠١٢٣٤٥٦٧٨٩/0123456789/' makes them ASCII"
                                 : ", not of ASCII");
        return true;
    }
    int month = find_month(bytes, length, &word, &word_size);
    if (month == 0)
        return false;
    bool has_point = bytes[word + word_size - 1] == '.';
    (void)snprintf(
        buffer, size,
        "has a month in another language; sed 's/%.*s%s/%s/', and so on for the "
        "others, makes it English",
        (int)(word_size - has_point), bytes + word, has_point ? "\\." : "",
        english[month - 1]);
    return true;
}

const char *time_foreign_pattern(const char *bytes, size_t length)
{
    char digits[14];
    bool is_odd = length == 7 || length == 13; /* a leading zero is lost */
    size_t count = length + is_odd;
    if (count != 8 && count != 14)
        return NULL;
    digits[0] = '0';
    for (size_t i = 0; i < length; i++) {
        if (!is_digit(bytes[i]))
            return NULL;
        digits[i + is_odd] = bytes[i];
    }
    int day = 10 * (digits[0] - '0') + digits[1] - '0';
    int month = 10 * (digits[2] - '0') + digits[3] - '0';
    bool is_century =
        memcmp(digits + 4, "19", 2) == 0 || memcmp(digits + 4, "20", 2) == 0;
    if (day < 1 || day > 31 || month < 1 || month > 12 || !is_century)
        return NULL;
    return count == 8 ? "%d%m%Y" : "%d%m%Y%H%M%S";
}
