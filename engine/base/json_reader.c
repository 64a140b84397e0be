/*
 * Tokens, and the check for duplicate keys.
 *
 * On little-endian machines, 8 or 16 bytes are examined at a time; the loop after that, one byte at
 * a time, handles the rest, and everything on other machines.
 *
 * The keys of the open objects are in one stack.  An object with few keys is searched from end to
 * end; from the 17th key on, its keys are in a hash table too.
 */
#include "base/json_reader.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>

#include "base/json_key_table.h"
#include "base/utf8.h"

enum {
    WHOLE_DIGITS = 18,      /* every integer of 18 digits fits an int64_t */
    POWERS = 22,            /* 10^22 is the largest power of ten that is a double */
    NUMBER_BYTES = 64,      /* longer numbers are copied to the heap for strtod */
    KEY_BYTES = 65536,      /* of a key, as written */
    LONG_NUMBER = 4096,     /* bytes of a number that is not read in pieces */
    MAX_EXPONENT = 1000000, /* larger ones count as this: every double is 0 or infinite */
    SEARCHED_KEYS = 16      /* of an object without hash table */
};

#define EXACT (UINT64_C(1) << 53) /* all integers up to this are doubles */

/* More than a text has digits, so that no number of digits makes up for it. */
#define MAX_LONG_EXPONENT INT64_C(100000000000)

const char json_key_twice[] = "a key is given twice";
static const char needless_zero[] = "a number begins with a needless zero";

/* ---- failures -------------------------------------------------------------------------- */

static bool fail(struct json_reader *reader, const char *at, const char *problem,
                 const char *expected)
{
    if (reader->status == STATUS_OK) {
        reader->status = STATUS_BAD_JSON;
        reader->failed_at = at;
        reader->problem = problem;
        reader->expected = expected;
    }
    return false;
}

static bool fail_no_memory(struct json_reader *reader)
{
    if (reader->status == STATUS_OK)
        reader->status = STATUS_NO_MEMORY;
    return false;
}

/* The key whose text begins here is too long. */
static bool fail_long_key(struct json_reader *reader, const char *begin)
{
    return fail(reader, begin - 1, "a key is longer than 64 kB", "at most 65536 bytes");
}

/* Something else than expected, or the end, is at this place. */
static bool fail_here(struct json_reader *reader, const char *expected)
{
    const char *problem = "unexpected text";
    if (reader->next == reader->end)
        problem = "the text ends too early";
    else if (*reader->next == '\0')
        problem = "there is a zero byte";
    return fail(reader, reader->next, problem, expected);
}

/* ---- beginning and end ----------------------------------------------------------------- */

void json_reader_init(struct json_reader *reader, const char *bytes, size_t length)
{
    reader->begin = reader->next = bytes;
    reader->end = reader->pause = bytes + length;
    reader->status = STATUS_OK;
    reader->failed_at = reader->problem = reader->expected = NULL;
    reader->depth = reader->skip_depth = reader->key_count = 0;
    reader->piece.begin = NULL;
    if (reader->level_capacity <= JSON_FIRST_LEVELS) {
        reader->levels = reader->first_levels;
        reader->level_capacity = JSON_FIRST_LEVELS;
    }
    if (reader->key_capacity <= JSON_FIRST_KEYS) {
        reader->keys = reader->first_keys;
        reader->key_capacity = JSON_FIRST_KEYS;
    }
    if (reader->table)
        json_key_table_restart(reader->table);
    if (length >= UINT32_MAX) {
        reader->status = STATUS_TOO_LARGE;
        reader->failed_at = bytes;
        reader->problem = "the text is longer than 4 GiB";
    } else if (json_mark_bytes(bytes, bytes + length) > 0) {
        reader->next += json_mark_bytes(bytes, bytes + length);
    }
}

void json_reader_release(struct json_reader *reader)
{
    if (reader->level_capacity > JSON_FIRST_LEVELS)
        free(reader->levels);
    if (reader->key_capacity > JSON_FIRST_KEYS)
        free(reader->keys);
    json_key_table_free(reader->table);
    free(reader->key_text.bytes);
    free(reader->value_text.bytes);
    reader->level_capacity = reader->key_capacity = 0;
    reader->table = NULL;
    reader->key_text = reader->value_text = (struct json_scratch){.bytes = NULL};
}

bool json_reader_finish(struct json_reader *reader)
{
    if (reader->status != STATUS_OK)
        return false;
    json_reader_peek(reader);
    return reader->next == reader->end ||
           fail(reader, reader->next,
                *reader->next == '\0' ? "there is a zero byte"
                                      : "there is text after the value",
                "the end of the text");
}

/* ---- whitespace ------------------------------------------------------------------------ */

char json_reader_pass_blanks(struct json_reader *reader)
{
    const char *next = reader->next, *end = reader->end;
    for (; end - next >= 16; next += 16) {
        signed char bytes __attribute__((vector_size(16)));
        uint64_t halves[2];
        memcpy(&bytes, next, sizeof bytes);
        bytes = (bytes == ' ') | (bytes == '\n') | (bytes == '\r') | (bytes == '\t');
        memcpy(halves, &bytes, sizeof halves);
        if ((halves[0] & halves[1]) != UINT64_MAX)
            break;
    }
    while (next < end && json_is_blank(*next))
        next++;
    reader->next = next;
    return next < end ? *next : '\0';
}

/* ---- strings --------------------------------------------------------------------------- */

/* The value of a hexadecimal digit; 16 when c is none. */
static unsigned hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

/* The code unit of \uXXXX at `at`; false when the text has something else there. */
static bool read_unit(const char *at, const char *end, unsigned *unit)
{
    if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
        return false;
    *unit = 0;
    for (int i = 2; i < 6; i++) {
        unsigned digit = hex_value(at[i]);
        if (digit > 15)
            return false;
        *unit = *unit * 16 + digit;
    }
    return true;
}

static bool is_high_surrogate(unsigned unit)
{
    return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low_surrogate(unsigned unit)
{
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

/* What the letter of a short escape means; 0: there is no such escape. */
static const char meanings[UCHAR_MAX + 1] = {
    ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
    ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t'};

/* Check the escape at reader->next and move past it. */
static bool skip_escape(struct json_reader *reader)
{
    const char *at = reader->next;
    unsigned unit, low;
    if (reader->end - at < 2)
        return fail(reader, reader->end, "the text ends in a string", "a quote");
    if (at[1] != 'u') {
        reader->next += 2;
        return meanings[(unsigned char)at[1]] != '\0' ||
               fail(reader, at, "there is no such escape",
                    "one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u");
    }
    if (!read_unit(at, reader->end, &unit))
        return fail(reader, at, "the escape \\u needs four hexadecimal digits", NULL);
    if (unit == 0)
        return fail(reader, at, "a string has U+0000 in it", NULL);
    reader->next += 6;
    if (!is_high_surrogate(unit) && !is_low_surrogate(unit))
        return true;
    if (is_low_surrogate(unit) || !read_unit(at + 6, reader->end, &low) ||
        !is_low_surrogate(low))
        return fail(reader, at, "an escape is half of a surrogate pair", NULL);
    reader->next += 6;
    return true;
}

/* Check the character at reader->next, which is neither plain nor a quote, and move past it. */
static bool skip_unusual(struct json_reader *reader, bool *has_escapes)
{
    char c = *reader->next;
    if ((unsigned char)c >= 0x80) {
        size_t bytes = utf8_character(reader->next, (size_t)(reader->end - reader->next));
        reader->next += bytes;
        return bytes > 0 || fail(reader, reader->next, "a string is not UTF-8", NULL);
    }
    *has_escapes = true;
    if (c == '\\')
        return skip_escape(reader);
    return fail(reader, reader->next,
                c == '\0' ? "there is a zero byte"
                          : "a string has a control character in it",
                "an escape such as \\n");
}

/* reader->next is in a string: check it and move past its closing quote, or past `pause`. */
static enum json_progress skip_piece(struct json_reader *reader, const char *pause,
                                     bool *has_escapes)
{
    while (reader->next <= pause) {
        reader->next = json_skip_plain(reader->next, reader->end);
        if (reader->next == reader->end) {
            fail(reader, reader->end, "the text ends in a string", "a quote");
            return JSON_FAILED;
        }
        if (*reader->next == '"') {
            reader->next++;
            return JSON_DONE;
        }
        if (!skip_unusual(reader, has_escapes))
            return JSON_FAILED;
    }
    return JSON_PAUSED;
}

static char *write_utf8(char *out, unsigned code)
{
    if (code < 0x80) {
        *out++ = (char)code;
    } else if (code < 0x800) {
        *out++ = (char)(0xC0 | code >> 6);
        *out++ = (char)(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        *out++ = (char)(0xE0 | code >> 12);
        *out++ = (char)(0x80 | (code >> 6 & 0x3F));
        *out++ = (char)(0x80 | (code & 0x3F));
    } else {
        *out++ = (char)(0xF0 | code >> 18);
        *out++ = (char)(0x80 | (code >> 12 & 0x3F));
        *out++ = (char)(0x80 | (code >> 6 & 0x3F));
        *out++ = (char)(0x80 | (code & 0x3F));
    }
    return out;
}

/* Write what the escape at `at` means; returns the byte after it.  It has been checked. */
static const char *write_escape(const char *at, const char *end, char **out)
{
    unsigned unit, low;
    if (!read_unit(at, end, &unit)) {
        *(*out)++ = meanings[(unsigned char)at[1]];
        return at + 2;
    }
    at += 6;
    if (is_high_surrogate(unit) && read_unit(at, end, &low)) {
        unit = 0x10000 + (unit - 0xD800) * 0x400 + (low - 0xDC00);
        at += 6;
    }
    *out = write_utf8(*out, unit);
    return at;
}

size_t json_unescape(char *bytes, struct span raw)
{
    const char *at = raw.bytes, *end = raw.bytes + raw.length;
    char *out = bytes;
    while (at < end) {
        const char *escape = memchr(at, '\\', (size_t)(end - at));
        size_t plain = (size_t)((escape ? escape : end) - at);
        memcpy(out, at, plain);
        out += plain;
        at += plain;
        if (escape)
            at = write_escape(at, end, &out);
    }
    return (size_t)(out - bytes);
}

/* The same in memory that grows as needed; false: there is none. */
static bool remove_escapes(struct json_scratch *scratch, struct span raw,
                           struct span *text)
{
    if (scratch->capacity < raw.length) {
        size_t capacity = raw.length > SIZE_MAX / 2 ? raw.length : raw.length * 2;
        char *bytes = malloc(capacity);
        if (!bytes)
            return false;
        free(scratch->bytes);
        *scratch = (struct json_scratch){.bytes = bytes, .capacity = capacity};
    }
    *text = (struct span){.bytes = scratch->bytes,
                          .length = json_unescape(scratch->bytes, raw)};
    return true;
}

/* Write what has been read of a string in pieces, if it has escapes; end is after it. */
static bool write_piece(struct json_reader *reader, const char *end)
{
    struct json_piece *piece = &reader->piece;
    struct json_scratch *scratch = &reader->value_text;
    const char *begin = piece->begin + piece->written;
    struct span raw = {begin, (size_t)(end - begin)};
    if (!piece->has_escapes)
        return true;
    if (scratch->capacity - piece->used < raw.length) {
        size_t capacity = 2 * (piece->used + raw.length); /* of a text below 4 GiB */
        char *bytes = realloc(scratch->bytes, capacity);
        if (!bytes)
            return fail_no_memory(reader);
        *scratch = (struct json_scratch){.bytes = bytes, .capacity = capacity};
    }
    piece->used += (uint32_t)json_unescape(scratch->bytes + piece->used, raw);
    piece->written += (uint32_t)raw.length;
    return true;
}

static enum json_progress continue_string(struct json_reader *reader,
                                          struct json_value *value)
{
    struct json_piece *piece = &reader->piece;
    enum json_progress progress = skip_piece(reader, reader->pause, &piece->has_escapes);
    const char *end = reader->next - (progress == JSON_DONE);
    if (progress == JSON_FAILED || !write_piece(reader, end))
        return JSON_FAILED;
    if (progress == JSON_PAUSED)
        return JSON_PAUSED;
    value->type = JSON_IS_STRING;
    value->text = piece->has_escapes
                      ? (struct span){reader->value_text.bytes, piece->used}
                      : (struct span){piece->begin, (size_t)(end - piece->begin)};
    piece->begin = NULL;
    return JSON_DONE;
}

/*
 * A string that is not plain and not longer than `limit`, which is at most the end: reader->next is
 * after its opening quote.
 */
static bool read_unusual_string(struct json_reader *reader, const char *limit,
                                struct json_scratch *scratch, struct span *raw,
                                struct span *text)
{
    bool has_escapes = false;
    raw->bytes = reader->next;
    enum json_progress progress = skip_piece(reader, limit, &has_escapes);
    if (progress == JSON_PAUSED)
        return fail_long_key(reader, raw->bytes);
    if (progress == JSON_FAILED)
        return false;
    raw->length = (size_t)(reader->next - 1 - raw->bytes);
    *text = *raw;
    return !has_escapes || remove_escapes(scratch, *raw, text) || fail_no_memory(reader);
}

/* ---- numbers --------------------------------------------------------------------------- */

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/* Eight digits: join them in pairs, in fours, then all; false when a byte is not a digit. */
static bool read_eight(const char *bytes, uint64_t *value)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    word -= ones * '0';
    if (((word | (word + ones * 0x76)) & ones * 0x80) != 0)
        return false;
    word = (word * 10 + (word >> 8)) & UINT64_C(0x00FF00FF00FF00FF);
    word = (word * 100 + (word >> 16)) & UINT64_C(0x0000FFFF0000FFFF);
    *value = (word * 10000 + (word >> 32)) & UINT64_C(0xFFFFFFFF);
    return true;
}
#endif

/* Append the digits at this position to number; false when there are none. */
static bool read_digits(struct json_reader *reader, struct json_number *number)
{
    const char *next = reader->next;
    uint64_t digits = number->digits;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    for (uint64_t eight; reader->end - next >= 8 && read_eight(next, &eight); next += 8)
        digits = digits * 100000000 + eight;
#endif
    unsigned digit;
    for (; next < reader->end && (digit = (unsigned)*next - '0') < 10; next++)
        digits = digits * 10 + digit;
    size_t count = (size_t)(next - reader->next);
    number->digits = digits;
    number->count += count;
    reader->next = next;
    return count > 0 || fail_here(reader, "a digit");
}

static bool read_exponent(struct json_reader *reader, struct json_number *number)
{
    bool is_negative = reader->next < reader->end && *reader->next == '-';
    if (is_negative || (reader->next < reader->end && *reader->next == '+'))
        reader->next++;
    struct json_number exponent = {.digits = 0};
    if (!read_digits(reader, &exponent))
        return false;
    int64_t value = MAX_EXPONENT;
    if (exponent.count <= WHOLE_DIGITS && exponent.digits < MAX_EXPONENT)
        value = (int64_t)exponent.digits;
    number->exponent += is_negative ? -value : value;
    return true;
}

/* 0 or digits without a leading zero, [. digits], [e [+-] digits] */
static bool read_parts(struct json_reader *reader, struct json_number *number)
{
    const char *begin = reader->next;
    *number = (struct json_number){.is_whole = true};
    if (!read_digits(reader, number))
        return false;
    if (*begin == '0' && number->count > 1)
        return fail(reader, begin, needless_zero, NULL);
    if (reader->next < reader->end && *reader->next == '.') {
        size_t whole = number->count;
        reader->next++;
        number->is_whole = false;
        if (!read_digits(reader, number))
            return false;
        number->exponent = -(int64_t)(number->count - whole);
    }
    if (reader->next < reader->end && (*reader->next == 'e' || *reader->next == 'E')) {
        reader->next++;
        number->is_whole = false;
        return read_exponent(reader, number);
    }
    return true;
}

/*
 * A whole number of at most WHOLE_DIGITS digits, whose sign has been read; the same as by read_parts,
 * in less time.  false: it is another number, or none, and nothing has been read.
 */
static bool read_whole(struct json_reader *reader, bool is_negative,
                       struct json_value *value)
{
    const char *begin = reader->next, *next = begin, *end = reader->end;
    int64_t digits = 0;
    if (end - begin > WHOLE_DIGITS)
        end = begin + WHOLE_DIGITS;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t eight;
    if (end - next >= 8 && read_eight(next, &eight)) {
        digits = (int64_t)eight;
        next += 8;
    }
#endif
    for (unsigned digit; next < end && (digit = (unsigned)*next - '0') < 10; next++)
        digits = digits * 10 + digit;
    if (next == begin || next == reader->end || (*begin == '0' && next - begin > 1) ||
        (*next >= '0' && *next <= '9') || *next == '.' || (*next | 0x20) == 'e')
        return false;
    begin -= is_negative;
    value->text = (struct span){.bytes = begin, .length = (size_t)(next - begin)};
    value->number = (double)(is_negative ? -digits : digits); /* never negative zero */
    value->is_whole = true;
    reader->next = next;
    return true;
}

/* The nearest double, by strtod, which needs a copy that ends with a zero. */
static bool read_with_strtod(struct json_reader *reader, struct span text, double *value)
{
    char on_stack[NUMBER_BYTES + 1];
    char *copy = text.length <= NUMBER_BYTES ? on_stack : malloc(text.length + 1);
    if (!copy)
        return fail_no_memory(reader);
    memcpy(copy, text.bytes, text.length);
    copy[text.length] = '\0';
    *value = strtod(copy, NULL);
    if (copy != on_stack)
        free(copy);
    return true;
}

/*
 * If both the digits and the power of ten are doubles, their product or quotient is rounded only
 * once, so it is the nearest double (Clinger 1990).  Other numbers are read by strtod.
 */
static bool read_number(struct json_reader *reader, struct json_value *value)
{
    static const double powers[POWERS + 1] = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const char *begin = reader->next;
    bool is_negative = *begin == '-';
    struct json_number number;
    reader->next += is_negative;
    if (read_whole(reader, is_negative, value))
        return true;
    if (!read_parts(reader, &number))
        return false;
    value->text = (struct span){.bytes = begin, .length = (size_t)(reader->next - begin)};
    value->is_whole = number.is_whole;
    if (number.is_whole && number.count <= WHOLE_DIGITS) {
        int64_t whole = (int64_t)number.digits;
        value->number = (double)(is_negative ? -whole : whole); /* never negative zero */
        return true;
    }
    if (number.count > WHOLE_DIGITS || number.digits > EXACT ||
        number.exponent > POWERS || number.exponent < -POWERS)
        return read_with_strtod(reader, value->text, &value->number);
    double digits = (double)number.digits;
    digits = number.exponent < 0 ? digits / powers[-number.exponent]
                                 : digits * powers[number.exponent];
    value->number = is_negative ? -digits : digits;
    return true;
}

/* ---- numbers in pieces ----------------------------------------------------------------- */

enum number_part { PART_WHOLE, PART_FRACTION, PART_EXPONENT };

static bool is_in_number(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' ||
           (c | 0x20) == 'e';
}

/* Does the number that begins here go on after `pause`, and is it longer than usual ones? */
static bool is_long_number(const struct json_reader *reader)
{
    const char *at = reader->next, *limit = reader->pause;
    if (limit == reader->end)
        return false;
    if (limit - at < LONG_NUMBER)
        limit = reader->end - at < LONG_NUMBER ? reader->end : at + LONG_NUMBER;
    while (at < limit && is_in_number(*at))
        at++;
    return at == limit && at < reader->end;
}

/* The digits from here up to `stop`. */
static void read_piece_digits(struct json_reader *reader, const char *stop)
{
    struct json_piece *piece = &reader->piece;
    const char *next = reader->next;
    for (unsigned digit; next < stop && (digit = (unsigned)*next - '0') < 10; next++) {
        if (piece->part == PART_EXPONENT) {
            piece->exponent = piece->exponent * 10 + digit;
            if (piece->exponent > MAX_LONG_EXPONENT)
                piece->exponent = MAX_LONG_EXPONENT;
        } else if (digit > 0) {
            piece->last = (uint32_t)(next - piece->begin);
            if (piece->first > piece->last)
                piece->first = piece->last;
        }
    }
    piece->has_digits = piece->has_digits || next > reader->next;
    reader->next = next;
}

/* The part that has been read is complete.  true: another one begins. */
static bool begin_part(struct json_reader *reader)
{
    struct json_piece *piece = &reader->piece;
    uint32_t place = (uint32_t)(reader->next - piece->begin);
    char c = reader->next < reader->end ? *reader->next : '\0';
    bool is_point = c == '.' && piece->part == PART_WHOLE;
    bool is_exponent = (c | 0x20) == 'e' && piece->part != PART_EXPONENT;
    if (piece->part != PART_EXPONENT)
        piece->digits_end = place;
    if (!is_point && !is_exponent)
        return false;
    piece->has_digits = false;
    piece->part = is_point ? PART_FRACTION : PART_EXPONENT;
    piece->point = is_point ? place : piece->point;
    reader->next++;
    c = is_exponent && reader->next < reader->end ? *reader->next : '\0';
    piece->is_exponent_negative = c == '-';
    reader->next += c == '-' || c == '+';
    return true;
}

static enum json_progress read_number_piece(struct json_reader *reader)
{
    const struct json_piece *piece = &reader->piece;
    const char *stop = reader->pause < reader->end ? reader->pause + 1 : reader->end;
    do {
        if (reader->next > reader->pause && stop < reader->end)
            return JSON_PAUSED;
        const char *digits = piece->begin + (*piece->begin == '-');
        read_piece_digits(reader, stop);
        if (reader->next == stop && stop < reader->end)
            return JSON_PAUSED;
        if (!piece->has_digits) {
            (void)fail_here(reader, "a digit");
            return JSON_FAILED;
        }
        if (piece->part == PART_WHOLE && *digits == '0' && reader->next - digits > 1) {
            (void)fail(reader, digits, needless_zero, NULL);
            return JSON_FAILED;
        }
    } while (begin_part(reader));
    return JSON_DONE;
}

/*
 * The nearest double of a long number.  No number half-way between two doubles has more than 768
 * digits, so of the digits after these only counts whether one of them is not 0.
 */
static double round_long_number(const struct json_piece *piece)
{
    enum { DIGITS = 768 };
    char text[DIGITS + 32];
    size_t used = 0;
    uint32_t place = piece->first,
             units = piece->point ? piece->point : piece->digits_end;
    if (*piece->begin == '-')
        text[used++] = '-';
    if (piece->first > piece->last)
        return piece->part == PART_WHOLE || used == 0 ? 0.0 : -0.0;
    for (size_t count = 0; place <= piece->last && count < DIGITS; place++)
        if (place != piece->point || place == 0) {
            text[used++] = piece->begin[place];
            count++;
        }
    int64_t exponent = piece->is_exponent_negative ? -piece->exponent : piece->exponent;
    exponent += place <= units ? (int64_t)units - place : (int64_t)units - place + 1;
    if (place <= piece->last) { /* a digit that is not 0 follows */
        text[used++] = '1';
        exponent--;
    }
    snprintf(text + used, sizeof text - used, "e%lld", (long long)exponent);
    return strtod(text, NULL);
}

static enum json_progress continue_number(struct json_reader *reader,
                                          struct json_value *value)
{
    struct json_piece *piece = &reader->piece;
    enum json_progress progress = read_number_piece(reader);
    if (progress != JSON_DONE)
        return progress;
    const char *begin = piece->begin;
    value->type = JSON_IS_NUMBER;
    value->text = (struct span){.bytes = begin, .length = (size_t)(reader->next - begin)};
    value->is_whole = piece->part == PART_WHOLE;
    value->number = round_long_number(piece);
    piece->begin = NULL;
    return JSON_DONE;
}

/* ---- values ---------------------------------------------------------------------------- */

/* The string after the quote before reader->next, or the number that begins there. */
static void begin_piece(struct json_reader *reader, bool is_number)
{
    reader->piece = (struct json_piece){
        .begin = reader->next, .is_number = is_number, .first = UINT32_MAX};
    reader->next += is_number && *reader->next == '-';
}

enum json_progress json_reader_continue(struct json_reader *reader,
                                        struct json_value *value)
{
    if (reader->status != STATUS_OK)
        return JSON_FAILED;
    return reader->piece.is_number ? continue_number(reader, value)
                                   : continue_string(reader, value);
}

/* A value of which the rest may come after `pause`. */
static bool read_pieces(struct json_reader *reader, bool is_number,
                        struct json_value *value)
{
    begin_piece(reader, is_number);
    value->type = JSON_IS_LONG;
    return json_reader_continue(reader, value) != JSON_FAILED;
}

static const char a_value[] = "a value";

static bool read_word(struct json_reader *reader, const char *word, size_t length)
{
    if ((size_t)(reader->end - reader->next) < length ||
        memcmp(reader->next, word, length) != 0)
        return fail_here(reader, a_value);
    reader->next += length;
    return true;
}

/* A value that is not a string. */
static bool read_other_value(struct json_reader *reader, char first,
                             struct json_value *value)
{
    switch (first) {
    case '{':
        value->type = JSON_IS_OBJECT;
        return true;
    case '[':
        value->type = JSON_IS_ARRAY;
        return true;
    case 't':
        value->type = JSON_IS_TRUE;
        return read_word(reader, "true", 4);
    case 'f':
        value->type = JSON_IS_FALSE;
        return read_word(reader, "false", 5);
    case 'n':
        value->type = JSON_IS_NULL;
        return read_word(reader, "null", 4);
    default:
        value->type = JSON_IS_NUMBER;
        if (first != '-' && (first < '0' || first > '9'))
            return fail_here(reader, a_value);
        return is_long_number(reader) ? read_pieces(reader, true, value)
                                      : read_number(reader, value);
    }
}

bool json_reader_value(struct json_reader *reader, struct json_value *value)
{
    if (reader->status != STATUS_OK)
        return false;
    char first = json_reader_peek(reader);
    value->at = reader->next;
    if (first != '"')
        return read_other_value(reader, first, value);
    if (json_reader_plain_string(reader, value))
        return true;
    struct span raw;
    reader->next++;
    value->type = JSON_IS_STRING;
    return reader->pause < reader->end
               ? read_pieces(reader, false, value)
               : read_unusual_string(reader, reader->end, &reader->value_text, &raw,
                                     &value->text);
}

/* ---- keys ------------------------------------------------------------------------------ */

/*
 * A hash with a seed that differs between processes: nobody can prepare keys whose hashes are equal.
 * Nor are those of equal keys of different objects: 2048 objects may be open, and the table of keys
 * still has those of closed ones.
 */
static uint32_t hash_key(const struct json_level *level, struct span key)
{
    const uint64_t factor = UINT64_C(0x9E3779B97F4A7C15);
    static uint64_t seed;
    uint64_t hash = __atomic_load_n(&seed, __ATOMIC_RELAXED);
    if (hash == 0) { /* every thread finds the same value */
        memcpy(&hash, (const void *)getauxval(AT_RANDOM), sizeof hash);
        hash |= 1;
        __atomic_store_n(&seed, hash, __ATOMIC_RELAXED);
    }
    const char *at = key.bytes;
    size_t left = key.length;
    hash ^= ((uint64_t)level->offset << 32 | key.length) * factor;
    for (uint64_t word; left > 0; at += sizeof word) {
        size_t bytes = left < sizeof word ? left : sizeof word;
        word = 0;
        memcpy(&word, at, bytes);
        left -= bytes;
        unsigned __int128 product =
            (unsigned __int128)(hash ^ word) * (factor ^ hash >> 7);
        hash = (uint64_t)product ^ (uint64_t)(product >> 64);
    }
    hash ^= hash >> 32;
    return (uint32_t)(hash * factor >> 32);
}

/* The raw bytes of a key of an open object: its string has been checked. */
static struct span raw_key(const struct json_reader *reader, const struct json_key *key)
{
    const char *begin = reader->begin + key->offset, *at = begin;
    while (*at != '"')
        at += *at == '\\' ? 2 : 1;
    return (struct span){.bytes = begin, .length = (size_t)(at - begin)};
}

/* Is key the key `text`?  Their hashes are equal.  false also when memory runs out. */
static bool is_same_key(struct json_reader *reader, const struct json_key *key,
                        struct span text)
{
    struct span raw = raw_key(reader, key);
    if (span_equals(raw, text.bytes, text.length))
        return true;
    struct span other;
    if (!memchr(raw.bytes, '\\', raw.length))
        return false;
    return (remove_escapes(&reader->value_text, raw, &other) || fail_no_memory(reader)) &&
           span_equals(other, text.bytes, text.length);
}

static bool find_key(struct json_reader *reader, const struct json_level *level,
                     uint32_t hash, struct span text)
{
    struct json_key_probe probe;
    uint32_t index;
    if (!level->has_slots) {
        for (uint32_t i = level->first_key; i < reader->key_count; i++)
            if (reader->keys[i].hash == hash &&
                is_same_key(reader, &reader->keys[i], text))
                return true;
        return false;
    }
    json_key_probe_begin(&probe, reader->table, hash);
    while (json_key_probe_next(&probe, &index))
        if (index >= level->first_key && index < reader->key_count &&
            reader->keys[index].hash == hash &&
            is_same_key(reader, &reader->keys[index], text))
            return true;
    return false;
}

/*
 * Twice the memory for `count` items of `size` bytes; NULL: there is none.  The first items are in
 * the reader itself.
 */
static void *grow(void *items, uint32_t count, size_t size, const void *first)
{
    size_t bytes = (size_t)count * size;
    if (items != first)
        return realloc(items, 2 * bytes);
    void *grown = malloc(2 * bytes);
    return grown ? memcpy(grown, first, bytes) : NULL;
}

static bool push_key(struct json_reader *reader, uint32_t hash, const char *at)
{
    if (reader->key_count == reader->key_capacity) {
        struct json_key *keys =
            grow(reader->keys, reader->key_capacity, sizeof *keys, reader->first_keys);
        if (!keys)
            return fail_no_memory(reader);
        reader->keys = keys;
        reader->key_capacity *= 2;
    }
    reader->keys[reader->key_count++] =
        (struct json_key){.hash = hash, .offset = (uint32_t)(at - reader->begin)};
    return true;
}

/* Add a key of the innermost object: its bytes in the text, and without escapes. */
static bool add_key(struct json_reader *reader, struct span raw, struct span text)
{
    struct json_level *level = &reader->levels[reader->depth - 1];
    uint32_t hash = hash_key(level, text);
    if (find_key(reader, level, hash, text))
        return fail(reader, raw.bytes - 1, json_key_twice, "distinct keys");
    if (reader->status != STATUS_OK || !push_key(reader, hash, raw.bytes))
        return false;
    if (!level->has_slots && reader->key_count - level->first_key <= SEARCHED_KEYS)
        return true;
    uint32_t first = level->has_slots ? reader->key_count - 1 : level->first_key;
    level->has_slots = true;
    return json_key_table_add(reader, first) || fail_no_memory(reader);
}

static bool read_colon(struct json_reader *reader)
{
    if (json_reader_peek(reader) != ':')
        return fail_here(reader, "\":\"");
    reader->next++;
    return true;
}

static bool read_key(struct json_reader *reader, struct span *raw, struct span *key)
{
    if (reader->status != STATUS_OK)
        return false;
    if (json_reader_peek(reader) != '"')
        return fail_here(reader, "a key in double quotes");
    const char *begin = ++reader->next, *end = json_skip_plain(begin, reader->end);
    if (end == reader->end || *end != '"') {
        size_t left = (size_t)(reader->end - begin);
        const char *limit = begin + (left < KEY_BYTES ? left : KEY_BYTES);
        return read_unusual_string(reader, limit, &reader->key_text, raw, key);
    }
    *raw = *key = (struct span){.bytes = begin, .length = (size_t)(end - begin)};
    reader->next = end + 1;
    return raw->length <= KEY_BYTES || fail_long_key(reader, begin);
}

bool json_reader_key(struct json_reader *reader, struct span *key)
{
    struct span raw = {.bytes = NULL};
    return read_key(reader, &raw, key) && add_key(reader, raw, *key) &&
           read_colon(reader);
}

bool json_reader_known_key(struct json_reader *reader, size_t length, struct span *key)
{
    *key = (struct span){.bytes = reader->next + 1, .length = length};
    reader->next += length + 2;
    return read_colon(reader);
}

bool json_reader_add_key(struct json_reader *reader, struct span raw)
{
    return reader->status == STATUS_OK && add_key(reader, raw, raw);
}

/* ---- objects and arrays ---------------------------------------------------------------- */

bool json_reader_open(struct json_reader *reader, char bracket)
{
    if (reader->status != STATUS_OK)
        return false;
    if (json_reader_peek(reader) != bracket)
        return fail_here(reader, bracket == '{' ? "an object" : "an array");
    if (reader->depth == JSON_DEPTH)
        return fail(reader, reader->next, "more than 2048 objects and arrays are open",
                    NULL);
    if (reader->depth == reader->level_capacity) {
        struct json_level *levels =
            grow(reader->levels, reader->depth, sizeof *levels, reader->first_levels);
        if (!levels)
            return fail_no_memory(reader);
        reader->levels = levels;
        reader->level_capacity *= 2;
    }
    reader->levels[reader->depth++] =
        (struct json_level){.first_key = reader->key_count,
                            .offset = (uint32_t)(reader->next - reader->begin),
                            .is_object = bracket == '{'};
    reader->next++;
    return true;
}

bool json_reader_more(struct json_reader *reader, char close)
{
    if (reader->status != STATUS_OK)
        return false;
    struct json_level *level = &reader->levels[reader->depth - 1];
    char next = json_reader_peek(reader);
    if (next == close) {
        reader->next++;
        reader->key_count = level->first_key; /* without those of this object */
        reader->depth--;
        return false;
    }
    if (!level->has_items) {
        level->has_items = true;
        return true;
    }
    if (next != ',')
        return fail_here(reader, close == '}' ? "\",\" or \"}\"" : "\",\" or \"]\"");
    reader->next++;
    return true;
}

/* A string or a long number, checked only; it may be continued. */
static enum json_progress skip_in_pieces(struct json_reader *reader)
{
    struct json_piece *piece = &reader->piece;
    if (!piece->begin) {
        bool is_number = *reader->next != '"';
        reader->next += !is_number;
        begin_piece(reader, is_number);
    }
    enum json_progress progress =
        piece->is_number ? read_number_piece(reader)
                         : skip_piece(reader, reader->pause, &piece->has_escapes);
    if (progress == JSON_DONE)
        piece->begin = NULL;
    return progress;
}

/* A number or word, checked only. */
static enum json_progress skip_scalar(struct json_reader *reader, char first)
{
    struct json_value value;
    struct json_number number;
    bool is_number = first == '-' || (first >= '0' && first <= '9');
    if (is_number && is_long_number(reader))
        return skip_in_pieces(reader);
    reader->next += first == '-';
    bool is_good =
        is_number ? read_parts(reader, &number) : json_reader_value(reader, &value);
    return is_good ? JSON_DONE : JSON_FAILED;
}

/* Skip a value, or only open it if it is an object or array. */
static enum json_progress skip_or_open(struct json_reader *reader)
{
    char first = reader->piece.begin ? '"' : json_reader_peek(reader);
    if (first == '"')
        return skip_in_pieces(reader);
    if (first != '{' && first != '[')
        return skip_scalar(reader, first);
    return json_reader_open(reader, first) ? JSON_DONE : JSON_FAILED;
}

/* Move to the next value of the innermost object or array; false: it is closed, or a failure. */
static bool skip_to_value(struct json_reader *reader)
{
    bool is_object = reader->levels[reader->depth - 1].is_object;
    struct span key = {.bytes = NULL};
    return json_reader_more(reader, is_object ? '}' : ']') &&
           (!is_object || json_reader_key(reader, &key));
}

enum json_progress json_reader_skip(struct json_reader *reader)
{
    if (reader->skip_depth == 0)
        reader->skip_depth = reader->depth + 1;
    while (reader->status == STATUS_OK) {
        if (reader->next > reader->pause)
            return JSON_PAUSED;
        enum json_progress progress = skip_or_open(reader);
        if (progress != JSON_DONE)
            return progress;
        do {
            if (reader->status == STATUS_OK && reader->depth + 1 == reader->skip_depth) {
                reader->skip_depth = 0;
                return JSON_DONE;
            }
        } while (reader->status == STATUS_OK && !skip_to_value(reader));
    }
    return JSON_FAILED;
}
