/* Hashing and folding ids. */
#include "data/common/case_ids.h"

#include <stdlib.h>
#include <string.h>

#include "base/value.h"

uint64_t case_id_hash(struct span id)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < id.length; i++)
        hash = (hash ^ (unsigned char)id.bytes[i]) * UINT64_C(1099511628211);
    return hash;
}

/* ---- what is compared ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

/* 7.0 is 7. */
static size_t without_fraction(const char *bytes, size_t length)
{
    size_t end = length;
    while (end > 0 && bytes[end - 1] == '0')
        end--;
    if (end == length || end < 2 || bytes[end - 1] != '.')
        return length;
    for (size_t i = 0; i + 1 < end; i++)
        if (!is_digit(bytes[i]))
            return length;
    return end - 1;
}

/* Letters or none, then digits to the end: 007 is 7, and inc007 is inc7. */
static size_t without_zeros(char *bytes, size_t length)
{
    size_t digits = 0, end = 0;
    while (digits < length && is_letter(bytes[digits]))
        digits++;
    for (end = digits; end < length && is_digit(bytes[end]);)
        end++;
    size_t zeros = digits;
    while (zeros + 1 < length && bytes[zeros] == '0')
        zeros++;
    if (end < length || zeros == digits)
        return length;
    memmove(bytes + digits, bytes + zeros, length - zeros);
    return length - (zeros - digits);
}

/* The bytes of what separates parts of an id: a blank, a dash of any width, or "_"; 0: none. */
static size_t separator_bytes(const char *bytes, size_t length)
{
    static const char dash[] = "\xE2\x80"; /* of U+2010 to U+2015 */
    if (*bytes == '-' || *bytes == '_')
        return 1;
    if (length > 2 && memcmp(bytes, dash, 2) == 0 && (unsigned char)bytes[2] >= 0x90 &&
        (unsigned char)bytes[2] <= 0x95)
        return 3;
    return value_blank(bytes, length);
}

/* What spreadsheets put about an id: ="...", "#" or "'" in front, quotes around. */
static const char *without_marks(const char *bytes, size_t *length)
{
    if (*length > 3 && memcmp(bytes, "=\"", 2) == 0 && bytes[*length - 1] == '"') {
        *length -= 3;
        return bytes + 2;
    }
    if (*length > 2 && *bytes == '"' && bytes[*length - 1] == '"') {
        *length -= 2;
        return bytes + 1;
    }
    bool has_sign = *length > 1 && (*bytes == '#' || *bytes == '\'');
    *length -= has_sign;
    return bytes + has_sign;
}

/* Digits in groups of three, with commas: 10,007. */
static bool has_commas(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (bytes[i] == ',' ? (length - i) % 4 != 0 || i == 0 : !is_digit(bytes[i]))
            return false;
    return length > 4 && memchr(bytes, ',', length);
}

static size_t without_commas(char *bytes, size_t length)
{
    size_t used = 0;
    for (size_t i = 0; i < length; i++)
        if (bytes[i] != ',')
            bytes[used++] = bytes[i];
    return used;
}

size_t case_id_fold(struct span id, char *buffer, size_t size)
{
    size_t length = id.length, used = 0;
    const char *bytes = value_trim(id.bytes, &length);
    bool is_separated = false;
    bytes = without_marks(bytes, &length);
    if (length >= size)
        return size;
    while (length > 0) {
        size_t separator = separator_bytes(bytes, length);
        size_t step = separator > 0 ? separator : 1;
        if (separator > 0) {
            is_separated = true;
        } else {
            char c =
                *bytes >= 'A' && *bytes <= 'Z' ? (char)(*bytes + ('a' - 'A')) : *bytes;
            if (is_separated && used > 0 && is_digit(buffer[used - 1]) && is_digit(c))
                buffer[used++] = '-';
            buffer[used++] = c;
            is_separated = false;
        }
        bytes += step;
        length -= step;
    }
    if (has_commas(buffer, used))
        used = without_commas(buffer, used);
    return without_zeros(buffer, without_fraction(buffer, used));
}

enum status case_ids_fold(const struct strmap *cases, uint32_t *first, struct error *err)
{
    struct arena arena;
    struct strmap folded = {.count = 0};
    uint32_t *owners = calloc(cases->count + (size_t)1, sizeof *owners);
    enum status status = owners ? STATUS_OK : error_no_memory(err);
    arena_init(&arena, SIZE_MAX);
    for (uint32_t i = 0; i < cases->count && status == STATUS_OK; i++) {
        char key[CASE_ID_FOLDED];
        struct span id = {cases->keys[i].bytes, cases->keys[i].length};
        size_t length = case_id_fold(id, key, sizeof key);
        uint32_t known = folded.count;
        first[i] = i;
        if (length == 0 || length == sizeof key)
            continue;
        uint32_t index = strmap_add(&folded, key, length, &arena);
        if (index == MAP_NONE)
            status = error_no_memory(err);
        else if (index == known)
            owners[index] = i;
        else
            first[i] = owners[index];
    }
    arena_release(&arena);
    free(owners);
    return status;
}
