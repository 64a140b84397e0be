/* Blanks, missing marks, truth values, numbers and their texts. */
#include "base/value.h"

#include <stdio.h>
#include <string.h>

#include "base/decimal.h"
#include "base/digits.h"
#include "base/utf8.h"

/* ---- blanks ---- */

/* U+0085, 00A0, 1680, 2000 to 200B, 2028, 2029, 202F, 205F, 3000 and FEFF. */
static size_t wide_blank(const unsigned char *c, size_t length)
{
    if (length >= 2 && c[0] == 0xC2 && (c[1] == 0xA0 || c[1] == 0x85))
        return 2;
    if (length < 3)
        return 0;
    bool is_blank = false;
    if (c[0] == 0xE2 && c[1] == 0x80)
        is_blank = (c[2] >= 0x80 && c[2] <= 0x8B) || c[2] == 0xA8 || c[2] == 0xA9 ||
                   c[2] == 0xAF;
    else if (c[0] == 0xE2 && c[1] == 0x81)
        is_blank = c[2] == 0x9F;
    else if (c[0] == 0xE3 || c[0] == 0xE1)
        is_blank = c[2] == 0x80 && c[1] == (c[0] == 0xE3 ? 0x80 : 0x9A);
    else if (c[0] == 0xEF)
        is_blank = c[1] == 0xBB && c[2] == 0xBF;
    return is_blank ? 3 : 0;
}

static bool is_plain_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

size_t value_blank(const char *bytes, size_t length)
{
    if ((unsigned char)*bytes < 0x80)
        return is_plain_blank(*bytes);
    return wide_blank((const unsigned char *)bytes, length);
}

/* The bytes of the blank that a text ends with. */
static size_t blank_at_end(const char *bytes, size_t length)
{
    if (value_blank(bytes + length - 1, 1) == 1)
        return 1;
    for (size_t size = 2; size <= 3 && size <= length; size++)
        if (value_blank(bytes + length - size, size) == size)
            return size;
    return 0;
}

/* Is the byte certainly no part of a blank? */
static bool is_no_blank(char c)
{
    return (unsigned char)c > ' ' && (unsigned char)c < 0x80;
}

const char *value_trim(const char *bytes, size_t *length)
{
    if (*length > 0 && is_no_blank(bytes[0]) && is_no_blank(bytes[*length - 1]))
        return bytes;
    while (*length > 0 && is_plain_blank(*bytes)) {
        bytes++;
        --*length;
    }
    for (size_t blank; *length > 0 && (blank = value_blank(bytes, *length)) > 0;) {
        bytes += blank;
        *length -= blank;
    }
    for (size_t blank; *length > 0 && (blank = blank_at_end(bytes, *length)) > 0;)
        *length -= blank;
    return bytes;
}

/* ---- marks and truth values ---- */

static bool equals(const char *bytes, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(bytes, word, length) == 0;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool is_one_of(char c, const char *characters)
{
    return c != '\0' && strchr(characters, c) != NULL;
}

/* The bytes with which a mark of a missing value begins. */
static bool begins_mark(char c)
{
    switch (c) {
    case 'n':
    case 'N':
    case '-':
    case '?':
    case '#':
    case '<':
    case '(':
    case '\\':
        return true;
    default:
        return false;
    }
}

/* word is in lower case. */
static bool equals_in_any_case(const char *bytes, size_t length, const char *word)
{
    if (strlen(word) != length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (lower(bytes[i]) != word[i])
            return false;
    return true;
}

bool value_is_missing(const char *bytes, size_t length)
{
    static const char *const any_case[] = {"null",   "none",   "nan",  "n/a",  "nil",
                                           "nat",    "#n/a",   "-nan", "<na>", "(null)",
                                           "<null>", "<none>", "(nil)"};
    static const char *const exact[] = {"NA", "\\N", "-", "--", "?"};
    enum { LONGEST_MARK = 6 };
    if (length > 0 && is_no_blank(*bytes) && !begins_mark(*bytes))
        return false;
    bytes = value_trim(bytes, &length);
    if (length == 0)
        return true;
    if (length > LONGEST_MARK || !begins_mark(*bytes))
        return false;
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++)
        if (equals(bytes, length, exact[i]))
            return true;
    for (size_t i = 0; i < sizeof any_case / sizeof *any_case; i++)
        if (equals_in_any_case(bytes, length, any_case[i]))
            return true;
    return false;
}

bool value_boolean(const char *bytes, size_t length, bool *value)
{
    static const char *const words[] = {"false", "true",  "False",
                                        "True",  "FALSE", "TRUE"};
    bytes = value_trim(bytes, &length);
    if (length < 4 || length > 5 || !is_one_of(*bytes, "tTfF"))
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (equals(bytes, length, words[i])) {
            *value = i % 2 == 1;
            return true;
        }
    return false;
}

/* ---- numbers ---- */

bool value_number(const char *bytes, size_t length, enum decimal_mark mark,
                  double *number)
{
    struct decimal decimal;
    bytes = value_trim(bytes, &length);
    return (decimal_scan(&decimal, bytes, length, '.') ||
            (mark == DECIMAL_COMMA && decimal_scan(&decimal, bytes, length, ','))) &&
           decimal_to_double(&decimal, number);
}

/* Does the text hold digits in groups of three, with one separator, and perhaps a fraction? */
static bool has_thousands(const char *bytes, size_t length)
{
    size_t at = length > 0 && (*bytes == '-' || *bytes == '+'), group = 0, groups = 0;
    char separator = '\0';
    for (; at < length; at++) {
        char c = bytes[at];
        if (c >= '0' && c <= '9') {
            group++;
            continue;
        }
        if (groups == 0 ? group == 0 || group > 3 || !is_one_of(c, ",.' _") : group != 3)
            return false;
        if (groups > 0 && c != separator)
            break; /* the fraction */
        separator = c;
        groups++;
        group = 0;
    }
    if (at == length)
        return group == 3 && groups > 0;
    for (at++; at < length; at++)
        if (bytes[at] < '0' || bytes[at] > '9')
            return false;
    return true;
}

/* The length of the longest prefix that is a number with a point or comma; 0: none. */
static size_t number_prefix(const char *bytes, size_t length)
{
    struct decimal decimal;
    for (size_t prefix = length; prefix > 0; prefix--)
        if (decimal_scan(&decimal, bytes, prefix, '.') ||
            decimal_scan(&decimal, bytes, prefix, ',') || has_thousands(bytes, prefix))
            return prefix;
    return 0;
}

enum { LONGEST_UNIT = 12 };

/* Letters or signs that may follow a number: "ms", "%", "req/s". */
static bool is_unit(const char *unit, size_t length)
{
    if (length == 0 || length > LONGEST_UNIT || is_one_of(*unit, "-/.,+"))
        return false;
    for (size_t i = 0; i < length; i++)
        if ((unit[i] >= '0' && unit[i] <= '9') || unit[i] == ':')
            return false;
    return true;
}

/* "12 ms", "95%", "12 EUR": a number, and letters or signs after it. */
static bool explain_unit(const char *bytes, size_t length, char hint[VALUE_HINT_SIZE])
{
    size_t prefix = number_prefix(bytes, length), left = length - prefix;
    const char *unit = value_trim(bytes + prefix, &left);
    if (prefix == 0 || bytes[prefix - 1] == '.')
        return false;
    if (!is_unit(unit, left))
        return false;
    (void)snprintf(hint, VALUE_HINT_SIZE, "has the unit \"%.*s\"", (int)left, unit);
    return true;
}

/* The bytes of a currency, "<", ">" or "~" before a number; 0: there is none. */
static size_t sign_bytes(const char *bytes, size_t length)
{
    static const char *const signs[] = {"$",
                                        "\xE2\x82\xAC",
                                        "\xC2\xA3",
                                        "\xC2\xA5",
                                        "EUR",
                                        "USD",
                                        "GBP",
                                        "CHF",
                                        "<=",
                                        ">=",
                                        "<",
                                        ">",
                                        "~",
                                        "\xE2\x89\x88",
                                        "#",
                                        "+",
                                        "\xE2\x88\x92",
                                        "\xE2\x80\x93",
                                        "'"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        size_t size = strlen(signs[i]);
        if (length > size && memcmp(bytes, signs[i], size) == 0)
            return size;
    }
    return 0;
}

static bool explain_prefix(const char *bytes, size_t length, char hint[VALUE_HINT_SIZE])
{
    size_t size = sign_bytes(bytes, length), left = length - size;
    const char *rest = value_trim(bytes + size, &left);
    if (size == 0 || left == 0 || number_prefix(rest, left) != left)
        return false;
    (void)snprintf(hint, VALUE_HINT_SIZE, "has \"%.*s\" before the number", (int)size,
                   bytes);
    return true;
}

/* ---- measures ---- */

static bool is_hexadecimal(const char *bytes, size_t length)
{
    if (length < 3 || bytes[0] != '0' || lower(bytes[1]) != 'x')
        return false;
    for (size_t i = 2; i < length; i++)
        if (!((bytes[i] >= '0' && bytes[i] <= '9') ||
              (lower(bytes[i]) >= 'a' && lower(bytes[i]) <= 'f')))
            return false;
    return true;
}

/* The bytes up to the last of the digits that a text begins with, separators between them included. */
static size_t digit_bytes(const char *bytes, size_t length)
{
    size_t end = 0;
    for (size_t i = 0; i < length; i++)
        if (bytes[i] >= '0' && bytes[i] <= '9')
            end = i + 1;
        else if (!is_one_of(bytes[i], ".,'_ ") && !(i == 0 && is_one_of(*bytes, "-+")))
            break;
    return end;
}

/* Is there a digit, or a point between two, at i? */
static bool is_in_number(const char *bytes, size_t length, size_t i)
{
    bool is_digit = bytes[i] >= '0' && bytes[i] <= '9';
    return is_digit ||
           (bytes[i] == '.' && i > 0 && i + 1 < length && bytes[i - 1] >= '0' &&
            bytes[i - 1] <= '9' && bytes[i + 1] >= '0' && bytes[i + 1] <= '9');
}

static bool has_only(const char *bytes, size_t length, const char *characters)
{
    for (size_t i = 0; i < length; i++)
        if (!is_one_of(bytes[i], characters))
            return false;
    return true;
}

/* "1h 20m", "2 d 4 h", "PT1H20M": more than one number, each with a unit of time; "8:23". */
static bool is_duration(const char *bytes, size_t length)
{
    bool is_iso = length > 2 && *bytes == 'P';
    size_t numbers = 0, colons = 0;
    for (size_t i = is_iso; i < length; i++) {
        bool is_digit = is_in_number(bytes, length, i);
        numbers += is_digit && (i == 0 || !is_in_number(bytes, length, i - 1));
        colons += bytes[i] == ':';
        if (!is_digit && !is_one_of(bytes[i], is_iso ? "TYMWDHS" : "wdhmsinec. :"))
            return false;
    }
    if (colons > 0)
        return !is_iso && colons < 3 && numbers == colons + 1 && length >= 4 &&
               has_only(bytes, length, "0123456789:.");
    bool ends_with_digit = bytes[length - 1] >= '0' && bytes[length - 1] <= '9';
    bool begins = is_iso || (*bytes >= '0' && *bytes <= '9');
    return begins && !ends_with_digit && numbers > (is_iso ? 0 : 1);
}

enum { LONGEST_MEASURE = 40 };

/*
 * The text with plain characters for those of other widths: digits of full width, blanks and
 * apostrophes between thousands; and what is within ="...".  Returns the length.
 */
static size_t write_plain(const char *bytes, size_t length,
                          char plain[LONGEST_MEASURE + 1])
{
    size_t used = 0;
    if (length > 3 && memcmp(bytes, "=\"", 2) == 0 && bytes[length - 1] == '"') {
        bytes += 2;
        length -= 3;
    }
    for (size_t i = 0; i < length; i++) {
        const unsigned char *c = (const unsigned char *)bytes + i;
        size_t left = length - i;
        if (left > 2 && c[0] == 0xEF && c[1] == 0xBC && c[2] >= 0x8B && c[2] <= 0x99) {
            plain[used++] =
                (char)(c[2] - 0x90 + '0'); /* U+FF0B to U+FF19: + , - . / 0 to 9 */
            i += 2;
        } else if (left > 2 && c[0] == 0xE2 && c[1] == 0x80 &&
                   (c[2] == 0x99 || c[2] == 0xAF || c[2] == 0x89)) {
            plain[used++] = c[2] == 0x99 ? '\'' : ' ';
            i += 2;
        } else if (left > 1 && c[0] == 0xC2 && c[1] == 0xA0) {
            plain[used++] = ' ';
            i += 1;
        } else {
            plain[used++] = bytes[i];
        }
    }
    plain[used] = '\0';
    return used;
}

/* A number in characters that are not plain, or with separators of thousands; hexadecimal. */
static bool is_odd_number(const char *bytes, size_t length)
{
    char plain[LONGEST_MEASURE + 1];
    double value;
    if (length > LONGEST_MEASURE)
        return false;
    size_t plain_length = write_plain(bytes, length, plain);
    return has_thousands(plain, plain_length) || is_hexadecimal(bytes, length) ||
           (plain_length < length &&
            value_number(plain, plain_length, DECIMAL_COMMA, &value));
}

bool value_measure(const char *bytes, size_t length, const char **unit,
                   size_t *unit_length)
{
    bytes = value_trim(bytes, &length);
    *unit = bytes;
    *unit_length = 0;
    if (length == 0 || length > LONGEST_MEASURE)
        return false;
    size_t sign = sign_bytes(bytes, length);
    bool may_be =
        sign > 0 || (*bytes >= '0' && *bytes <= '9') || is_one_of(*bytes, "-.P=\xEF");
    if (!may_be)
        return false;
    if (is_duration(bytes, length) || is_odd_number(bytes, length))
        return true;
    size_t left = length - sign;
    const char *number = value_trim(bytes + sign, &left);
    size_t digits = digit_bytes(number, left);
    double value;
    if (digits == 0 || !(value_number(number, digits, DECIMAL_COMMA, &value) ||
                         has_thousands(number, digits)))
        return false;
    size_t rest = left - digits;
    const char *after = value_trim(number + digits, &rest);
    if (sign > 0 && rest > 0)
        return false;
    *unit = sign > 0 ? bytes : after;
    *unit_length = sign > 0 ? sign : rest;
    return rest == 0 ? sign > 0 : is_unit(after, rest) && number[digits] != '.';
}

static bool is_infinite(const char *bytes, size_t length)
{
    bool has_sign = *bytes == '-' || *bytes == '+';
    return equals_in_any_case(bytes + has_sign, length - has_sign, "inf") ||
           equals_in_any_case(bytes + has_sign, length - has_sign, "infinity") ||
           equals(bytes + has_sign, length - has_sign, "\xE2\x88\x9E");
}

/* A minus sign or dash of Unicode. */
static bool has_other_minus(const char *bytes, size_t length)
{
    return length > 3 && bytes[0] == '\xE2' &&
           (memcmp(bytes + 1, "\x88\x92", 2) == 0 ||
            memcmp(bytes + 1, "\x80\x93", 2) == 0) &&
           number_prefix(bytes + 3, length - 3) == length - 3;
}

/* As accountants write a number below zero. */
static bool is_in_parentheses(const char *bytes, size_t length)
{
    struct decimal decimal;
    return length > 2 && bytes[0] == '(' && bytes[length - 1] == ')' &&
           decimal_scan(&decimal, bytes + 1, length - 2, '.');
}

/* Why a text that begins with a digit or a sign is not a number, where one thing is wrong. */
static const char *name_defect(const char *bytes, size_t length)
{
    struct decimal decimal;
    if (decimal_scan(&decimal, bytes, length, '.'))
        return "is out of range";
    if (has_thousands(bytes, length)) {
        /* 1,234 may also be a decimal comma */
        bool is_comma = decimal_scan(&decimal, bytes, length, ',');
        return is_comma ? "has a decimal comma, or a separator of thousands"
                        : "has separators of thousands";
    }
    if (decimal_scan(&decimal, bytes, length, ','))
        return "has a decimal comma";
    if (*bytes == '+' && (decimal_scan(&decimal, bytes + 1, length - 1, '.')))
        return "has a plus sign";
    size_t zeros = *bytes == '-';
    for (; zeros + 1 < length && bytes[zeros] == '0'; zeros++)
        if (decimal_scan(&decimal, bytes + zeros + 1, length - zeros - 1, '.'))
            return "has leading zeros, as a code has";
    if (is_hexadecimal(bytes, length))
        return "is hexadecimal";
    if (is_infinite(bytes, length))
        return "is infinite";
    if (is_in_parentheses(bytes, length))
        return "is in parentheses, which may mean a minus";
    return has_other_minus(bytes, length) ? "has another minus sign than \"-\"" : NULL;
}

void value_number_explain(const char *bytes, size_t length, char hint[VALUE_HINT_SIZE])
{
    enum { LONGEST_NUMBER = 64 }; /* explaining is quadratic */
    double number;
    bool is_true;
    hint[0] = '\0';
    bytes = value_trim(bytes, &length);
    if (length == 0 || value_number(bytes, length, DECIMAL_POINT, &number))
        return;
    if (value_boolean(bytes, length, &is_true)) {
        (void)snprintf(hint, VALUE_HINT_SIZE, "is a truth value");
        return;
    }
    struct decimal decimal;
    bool is_long = length > LONGEST_NUMBER;
    const char *defect = !is_long ? name_defect(bytes, length)
                         : decimal_scan(&decimal, bytes, length, '.') ? "is out of range"
                                                                      : NULL;
    if (defect)
        (void)snprintf(hint, VALUE_HINT_SIZE, "%s", defect);
    else if (!is_long && is_duration(bytes, length))
        (void)snprintf(hint, VALUE_HINT_SIZE, "is a duration or a time of day");
    else if (!is_long && is_odd_number(bytes, length))
        (void)snprintf(hint, VALUE_HINT_SIZE, "is not written in plain digits");
    else if (!is_long && !explain_unit(bytes, length, hint))
        (void)explain_prefix(bytes, length, hint);
}

/* ---- categories ---- */

bool value_category(const char *bytes, size_t length, char text[VALUE_CATEGORY_SIZE],
                    size_t *text_length)
{
    const double most = 9007199254740992.0; /* 2^53 */
    double number;
    if (!value_number(bytes, length, DECIMAL_POINT, &number) || number > most ||
        number < -most || number != (double)(int64_t)number)
        return false;
    char *out = text;
    if (number < 0)
        *out++ = '-';
    out = digits_all(out, (uint64_t)(number < 0 ? -number : number));
    *out = '\0';
    *text_length = (size_t)(out - text);
    return true;
}
