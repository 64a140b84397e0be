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

/* ---- the end of another id ---- */

/* What is before the end of an id: the path of a link, or letters. */
enum prefix { PREFIX_PATH, PREFIX_LETTERS, PREFIXES };

enum { MIN_ENDS = 3 }; /* fewer ids may be alike by chance */

/* Where the end of a folded id begins; 0: it has no such prefix. */
static size_t find_end(struct span id, enum prefix prefix)
{
    size_t start = 0;
    if (prefix == PREFIX_PATH) {
        for (size_t i = 0; i + 1 < id.length; i++)
            if (strchr("/#:=", id.bytes[i]) && id.bytes[i] != '\0')
                start = i + 1;
        return start;
    }
    while (start < id.length && is_letter(id.bytes[start]))
        start++;
    for (size_t i = start; i < id.length; i++)
        if (!is_digit(id.bytes[i]) && id.bytes[i] != '-')
            return 0;
    return start < id.length ? start : 0;
}

/* Could the folded id be the end of one with such a prefix? */
static bool may_be_end(struct span id, enum prefix prefix)
{
    return prefix == PREFIX_PATH ? find_end(id, prefix) == 0 : is_digit(id.bytes[0]);
}

/* The ends of ids with one prefix. */
struct id_ends {
    struct arena arena;
    struct strmap map;
    /* [map.count] the only id with that end; MAP_NONE: there are several */
    uint32_t *owners;
    struct span prefix;
    bool has_prefixes; /* several: then an end does not say which id it is */
};

static bool add_end(struct id_ends *ends, struct span id, uint32_t index, size_t start)
{
    char end[CASE_ID_FOLDED];
    const struct span prefix = {.bytes = id.bytes, .length = start};
    size_t length = id.length - start;
    if (ends->map.count == 0)
        ends->prefix = prefix;
    ends->has_prefixes = ends->has_prefixes || prefix.length != ends->prefix.length ||
                         memcmp(prefix.bytes, ends->prefix.bytes, prefix.length) != 0;
    memcpy(end, id.bytes + start, length);
    uint32_t known = ends->map.count;
    uint32_t at = strmap_add(&ends->map, end, without_zeros(end, length), &ends->arena);
    if (at != MAP_NONE)
        ends->owners[at] = at == known ? index : MAP_NONE;
    return at != MAP_NONE;
}

/* Find the whole of each id that is the end of one with such a prefix.  False without memory. */
static bool match_ends(const struct strmap *folded, enum prefix prefix, uint32_t *whole)
{
    struct id_ends ends = {.has_prefixes = false};
    size_t alone = 0, matched = 0;
    bool is_done = true;
    arena_init(&ends.arena, SIZE_MAX);
    ends.owners = malloc((folded->count + (size_t)1) * sizeof *ends.owners);
    is_done = ends.owners != NULL;
    for (uint32_t i = 0; i < folded->count && is_done && !ends.has_prefixes; i++) {
        const struct span id = {folded->keys[i].bytes, folded->keys[i].length};
        size_t start = find_end(id, prefix);
        is_done = start == 0 || add_end(&ends, id, i, start);
    }
    for (uint32_t i = 0; i < folded->count && is_done; i++) {
        const struct span id = {folded->keys[i].bytes, folded->keys[i].length};
        uint32_t at = MAP_NONE;
        bool is_alone = !ends.has_prefixes && may_be_end(id, prefix);
        if (is_alone)
            at = strmap_find(&ends.map, id.bytes, id.length);
        whole[i] = at == MAP_NONE ? MAP_NONE : ends.owners[at];
        alone += is_alone;
        matched += whole[i] != MAP_NONE;
    }
    size_t fewer = alone < ends.map.count ? alone : ends.map.count;
    if (matched < MIN_ENDS || 2 * matched < fewer)
        for (uint32_t i = 0; i < folded->count; i++)
            whole[i] = MAP_NONE;
    arena_release(&ends.arena);
    free(ends.owners);
    return is_done;
}

enum status case_ids_match_ends(const struct strmap *folded, uint32_t *whole,
                                struct error *err)
{
    for (int prefix = 0; prefix < PREFIXES; prefix++) {
        if (!match_ends(folded, (enum prefix)prefix, whole))
            return error_no_memory(err);
        for (uint32_t i = 0; i < folded->count; i++)
            if (whole[i] != MAP_NONE)
                return STATUS_OK;
    }
    return STATUS_OK;
}

/* ---- the cases of a file ---- */

/* Cases that are the end of another one are joined with it: first [cases], indices [cases] of folded. */
static enum status join_ends(const struct strmap *folded, uint32_t *owners,
                             const uint32_t *indices, uint32_t cases, uint32_t *first,
                             struct error *err)
{
    uint32_t *whole = malloc((folded->count + (size_t)1) * sizeof *whole);
    if (!whole)
        return error_no_memory(err);
    enum status status = case_ids_match_ends(folded, whole, err);
    for (uint32_t i = 0; i < folded->count && status == STATUS_OK; i++) {
        if (whole[i] == MAP_NONE)
            continue;
        uint32_t a = owners[i], b = owners[whole[i]];
        owners[i] = owners[whole[i]] = a < b ? a : b;
    }
    for (uint32_t i = 0; i < cases && status == STATUS_OK; i++)
        if (indices[i] != MAP_NONE)
            first[i] = owners[indices[i]];
    free(whole);
    return status;
}

enum status case_ids_fold(const struct strmap *cases, uint32_t *first, struct error *err)
{
    struct arena arena;
    struct strmap folded = {.count = 0};
    uint32_t *owners = calloc(cases->count + (size_t)1, sizeof *owners);
    uint32_t *indices = calloc(cases->count + (size_t)1, sizeof *indices);
    enum status status = owners && indices ? STATUS_OK : error_no_memory(err);
    arena_init(&arena, SIZE_MAX);
    for (uint32_t i = 0; i < cases->count && status == STATUS_OK; i++) {
        char key[CASE_ID_FOLDED];
        struct span id = {cases->keys[i].bytes, cases->keys[i].length};
        size_t length = case_id_fold(id, key, sizeof key);
        uint32_t known = folded.count;
        first[i] = i;
        indices[i] = MAP_NONE;
        if (length == 0 || length == sizeof key)
            continue;
        indices[i] = strmap_add(&folded, key, length, &arena);
        if (indices[i] == MAP_NONE)
            status = error_no_memory(err);
        else if (indices[i] == known)
            owners[known] = i;
    }
    if (status == STATUS_OK)
        status = join_ends(&folded, owners, indices, cases->count, first, err);
    arena_release(&arena);
    free(owners);
    free(indices);
    return status;
}
