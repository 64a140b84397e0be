/*
 * Keys of names, their distance, and the nearest of several candidates.
 *
 * The distance is computed row by row within a band about the diagonal, and given up when a whole
 * row exceeds the limit: most candidates end after a few characters.
 */
#include "base/suggest.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* A digit that is typed too much or too little; a digit in place of another. */
enum { DIGIT_COST = 2, OTHER_DIGIT_COST = 4 };

/* ---- keys ------------------------------------------------------------------------------ */

/* The next character; an invalid byte is a character that no valid text has. */
static uint32_t next_character(const char **bytes, size_t *length)
{
    static const unsigned char first_bits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    enum { INVALID = 0x110000 };
    const unsigned char *c = (const unsigned char *)*bytes;
    size_t count = utf8_character(*bytes, *length);
    uint32_t character = count > 0 ? c[0] & first_bits[count] : INVALID + c[0];
    for (size_t i = 1; i < count; i++)
        character = character << 6 | (c[i] & 0x3F);
    *bytes += count > 0 ? count : 1;
    *length -= count > 0 ? count : 1;
    return character;
}

/* Blanks of all kinds, those of no width and the byte order mark included; "-" and "_". */
static bool is_left_out(uint32_t c)
{
    if (c >= 'a' && c <= 'z') /* most are */
        return false;
    return c == '-' || c == '_' || c == ' ' || (c >= '\t' && c <= '\r') || c == 0xA0 ||
           c == 0xAD || (c >= 0x2000 && c <= 0x200F) || c == 0x202F || c == 0x205F ||
           c == 0x2060 || c == 0x3000 || c == 0xFEFF;
}

/* The next character that is compared; false at the end. */
static bool next_of_key(const char **bytes, size_t *length, uint32_t *character)
{
    while (*length > 0) {
        *character = next_character(bytes, length);
        if (is_left_out(*character))
            continue;
        if (*character >= 'A' && *character <= 'Z')
            *character += 'a' - 'A';
        return true;
    }
    return false;
}

static void key_init(struct suggest_key *key, const char *bytes, size_t length)
{
    uint32_t character;
    key->count = 0;
    key->is_too_long = false;
    while (next_of_key(&bytes, &length, &character)) {
        if (key->count == SUGGEST_CHARACTERS) {
            key->is_too_long = true;
            return;
        }
        key->characters[key->count++] = character;
    }
}

bool suggest_is_alike(const char *a, size_t a_length, const char *b, size_t b_length)
{
    uint32_t x = 0, y = 0;
    for (;;) {
        bool has_x = next_of_key(&a, &a_length, &x);
        bool has_y = next_of_key(&b, &b_length, &y);
        if (!has_x || !has_y)
            return has_x == has_y;
        if (x != y)
            return false;
    }
}

size_t suggest_fold(const char *bytes, size_t length, char *buffer, size_t size)
{
    size_t used = 0;
    while (length > 0) {
        const char *begin = bytes;
        uint32_t character = next_character(&bytes, &length);
        size_t count = (size_t)(bytes - begin);
        if (is_left_out(character))
            continue;
        if (count > size - used)
            return size;
        memcpy(buffer + used, begin, count);
        if (character >= 'A' && character <= 'Z')
            buffer[used] = (char)(character + 'a' - 'A');
        used += count;
    }
    return used;
}

/* ---- distance -------------------------------------------------------------------------- */

static bool is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

static unsigned cost_of_one(uint32_t c)
{
    return is_digit(c) ? DIGIT_COST : 1;
}

static unsigned cost_of_replacing(uint32_t x, uint32_t y)
{
    if (x == y)
        return 0;
    return is_digit(x) && is_digit(y) ? OTHER_DIGIT_COST : 1;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* d[i][j], the distance of the first i characters of a and the first j of b, from earlier ones. */
static unsigned cell(const struct suggest_key *a, const struct suggest_key *b,
                     unsigned (*d)[SUGGEST_CHARACTERS + 1], size_t i, size_t j)
{
    const uint32_t *x = a->characters + i - 1, *y = b->characters + j - 1;
    const unsigned *above = d[(i + 2) % 3], *row = d[i % 3];
    unsigned distance = above[j - 1] + cost_of_replacing(*x, *y);
    distance = least(distance, above[j] + cost_of_one(*x));
    distance = least(distance, row[j - 1] + cost_of_one(*y));
    if (i > 1 && j > 1 && x[0] == y[-1] && x[-1] == y[0])
        distance = least(distance, d[(i + 1) % 3][j - 2] + 1);
    return distance;
}

/* A cell at more than limit from the diagonal is more than limit away. */
static unsigned key_distance(const struct suggest_key *a, const struct suggest_key *b,
                             unsigned limit)
{
    unsigned d[3][SUGGEST_CHARACTERS + 1]; /* d[i % 3]: row i and the two before it */
    size_t shorter = a->count < b->count ? a->count : b->count;
    if (a->is_too_long || b->is_too_long || a->count + b->count - 2 * shorter > limit)
        return limit + 1;
    unsigned lowest_above = 0;
    d[0][0] = 0;
    for (size_t j = 1; j <= b->count; j++)
        d[0][j] = d[0][j - 1] + cost_of_one(b->characters[j - 1]);
    for (size_t i = 1; i <= a->count; i++) {
        unsigned *row = d[i % 3];
        size_t from = i > limit ? i - limit : 0;
        size_t to = i + limit < b->count ? i + limit : b->count;
        unsigned lowest = limit + 1;
        for (size_t j = 0; j <= b->count; j++)
            row[j] = limit + 1;
        if (from == 0)
            row[0] = d[(i + 2) % 3][0] + cost_of_one(a->characters[i - 1]);
        lowest = least(lowest, row[0]);
        for (size_t j = from > 0 ? from : 1; j <= to; j++) {
            row[j] = cell(a, b, d, i, j);
            lowest = least(lowest, row[j]);
        }
        if (lowest > limit && lowest_above > limit) /* a swap reaches back two rows */
            return limit + 1;
        lowest_above = lowest;
    }
    return least(d[a->count % 3][b->count], limit + 1);
}

unsigned suggest_distance(const char *a, size_t a_length, const char *b, size_t b_length,
                          unsigned limit)
{
    struct suggest_key x, y;
    key_init(&x, a, a_length);
    key_init(&y, b, b_length);
    return key_distance(&x, &y, limit);
}

/* ---- the nearest ----------------------------------------------------------------------- */

void suggestion_init(struct suggestion *suggestion, const char *text, size_t length)
{
    *suggestion = (struct suggestion){.text = text, .length = length};
    if (length > SUGGEST_BYTES)
        return; /* nothing is nearer than the distance 0 */
    key_init(&suggestion->key, text, length);
    size_t count = suggestion->key.count;
    unsigned limit = count < 3 ? 0 : count < 5 ? 1 : 2;
    suggestion->distance = count > 0 ? limit + 1 : 0;
}

static int compare_bytes(const char *a, size_t a_length, const char *b, size_t b_length)
{
    int order = memcmp(a, b, a_length < b_length ? a_length : b_length);
    return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

static unsigned distance_of(const struct suggestion *suggestion, const char *candidate,
                            size_t length)
{
    struct suggest_key key;
    key_init(&key, candidate, length);
    if (!suggestion->key.is_too_long || !key.is_too_long)
        return key_distance(&suggestion->key, &key, suggestion->distance);
    bool is_alike =
        suggest_is_alike(suggestion->text, suggestion->length, candidate, length);
    return is_alike ? 0 : suggestion->distance + 1;
}

void suggestion_offer(struct suggestion *suggestion, const char *candidate, size_t length)
{
    if (compare_bytes(suggestion->text, suggestion->length, candidate, length) == 0)
        return;
    unsigned distance = distance_of(suggestion, candidate, length);
    bool is_nearer = distance < suggestion->distance;
    if (suggestion->nearest && distance == suggestion->distance)
        is_nearer = compare_bytes(candidate, length, suggestion->nearest,
                                  suggestion->nearest_length) < 0;
    if (!is_nearer)
        return;
    suggestion->nearest = candidate;
    suggestion->nearest_length = length;
    suggestion->distance = distance;
}

/* Can a name whose first or last byte this is begin or end with that character? */
static bool may_be_end(char byte, uint32_t character)
{
    unsigned char c = (unsigned char)byte;
    return (c | 0x20) == (character | 0x20) || c >= 0x80 || is_left_out(c);
}

/* Is the distance of a and b 1?  b is not shorter. */
static bool is_one_edit(const struct suggest_key *a, const struct suggest_key *b)
{
    const uint32_t *x = a->characters, *y = b->characters;
    size_t count = a->count, more = b->count - count, begin = 0, end = 0;
    while (begin < count && x[begin] == y[begin])
        begin++;
    while (end < count - begin && x[count - 1 - end] == y[b->count - 1 - end])
        end++;
    x += begin;
    y += begin;
    size_t left = count - begin - end;
    if (more > 0)
        return more == 1 && left == 0 && !is_digit(*y);
    if (left == 2)
        return x[0] == y[1] && x[1] == y[0];
    return left == 1 && cost_of_replacing(*x, *y) == 1;
}

/* Is the distance 0? */
static bool is_same_key(const struct suggest_key *a, const struct suggest_key *b)
{
    return a->count == b->count &&
           memcmp(a->characters, b->characters, a->count * sizeof *a->characters) == 0;
}

bool suggestion_is_mistyped(const struct suggestion *suggestion, const char *candidate,
                            size_t length)
{
    enum { FEWEST = 4 };
    const struct suggest_key *key = &suggestion->key;
    if (key->count == 0 || length == 0 || length + 1 < key->count)
        return false;
    /* one edit does not change both ends of a name */
    if (!may_be_end(candidate[0], key->characters[0]) &&
        !may_be_end(candidate[length - 1], key->characters[key->count - 1]))
        return false;
    if (compare_bytes(suggestion->text, suggestion->length, candidate, length) == 0)
        return false;
    struct suggest_key other;
    key_init(&other, candidate, length);
    if (key->is_too_long || other.is_too_long)
        return false;
    if (other.count < FEWEST || is_same_key(key, &other))
        return is_same_key(key, &other);
    return key->count < other.count ? is_one_edit(key, &other) : is_one_edit(&other, key);
}

const char *suggestion_phrase(const struct suggestion *suggestion, const char *dashes,
                              char *buffer, size_t size)
{
    const char *quote = *dashes == '\0' ? "\"" : "";
    buffer[0] = '\0';
    if (!suggestion->nearest)
        return buffer;
    int length = snprintf(buffer, size, " (did you mean %s%s%.*s%s?)", dashes, quote,
                          (int)suggestion->nearest_length, suggestion->nearest, quote);
    if (length < 0 || (size_t)length >= size)
        buffer[0] = '\0';
    return buffer;
}

const char *suggest_phrase(const char *text, const char *const *names, char *buffer,
                           size_t size)
{
    struct suggestion suggestion;
    suggestion_init(&suggestion, text, strlen(text));
    for (size_t i = 0; names[i]; i++)
        suggestion_offer(&suggestion, names[i], strlen(names[i]));
    return suggestion_phrase(&suggestion, "", buffer, size);
}
