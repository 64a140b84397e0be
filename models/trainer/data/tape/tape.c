/*
 * The bytes of a block:
 *
 *     list      value value ... 0
 *     value     code = (column of the block + 1) * 16 + kind, then by kind: an index; a signed
 *               number; a signed number and a byte; an index and one or two numbers of digits; an
 *               index and the seconds of a time (5 bytes)
 *     row       line in the block, list
 *     history   bytes of its events (4), a list for each event, list of members, list of fields
 *
 * Numbers are varints: 7 bits in each byte, the lowest first (LEB128); signed ones zigzag.
 */
#include "data/tape/tape.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/digits.h"
#include "base/huge_pages.h"
#include "base/value.h"
#include "data/common/case_ids.h"
#include "data/common/messages.h"

enum {
    MAX_PLAIN_DIGITS = 18,
    MIN_FORM_DIGITS = 8, /* of a text that is not nearly a number */
    MAX_LETTER_RUNS = 4,
    MAX_FORMS = 1024, /* of a column in a block */
    FIRST_BYTES = 1 << 16,
    AHEAD = 4 /* rows of a case whose memory is fetched early */
};

/* ---- growing arrays ---- */

static bool grow_bytes(struct tape_bytes *out, size_t more)
{
    size_t larger = 2 * out->capacity + FIRST_BYTES + more;
    uint8_t *grown = realloc(out->bytes, larger);
    if (!grown)
        return false;
    out->bytes = grown;
    out->capacity = larger;
    return true;
}

static inline bool reserve_bytes(struct tape_bytes *out, size_t more)
{
    return out->length + more <= out->capacity || grow_bytes(out, more);
}

/* ---- the tape ---- */

void tape_init(struct tape *tape)
{
    *tape = (struct tape){.file_count = 0};
    arena_init(&tape->arena, SIZE_MAX);
}

static void release_lists(struct tape_block *block)
{
    for (uint32_t i = 0; i < block->column_count; i++) {
        if (block->texts)
            free(block->texts[i]);
        if (block->forms)
            free(block->forms[i]);
    }
    free(block->columns);
    free(block->texts);
    free(block->forms);
    free(block->text_counts);
    free(block->rows);
    free(block->cases);
}

void tape_release_block(struct tape *tape, size_t index)
{
    struct tape_block *block = &tape->blocks[index];
    free(block->bytes);
    release_lists(block);
    *block = (struct tape_block){.length = 0};
}

void tape_release_names(struct tape *tape)
{
    for (size_t i = 0; i < tape->file_count; i++) {
        free(tape->files[i].names);
        free(tape->files[i].name_offsets);
        tape->files[i].names = NULL;
        tape->files[i].name_offsets = NULL;
    }
}

void tape_release(struct tape *tape)
{
    for (size_t i = 0; i < tape->block_count; i++)
        tape_release_block(tape, i);
    for (size_t i = 0; i < tape->column_count; i++) {
        arena_release(&tape->columns[i].arena);
        free(tape->columns[i].infos);
        free(tape->columns[i].layouts);
    }
    tape_release_names(tape);
    for (size_t i = 0; i < tape->file_count; i++)
        arena_release(&tape->files[i].arena);
    free(tape->files);
    free(tape->blocks);
    free(tape->columns);
    free(tape->histories);
    free(tape->rows);
    arena_release(&tape->arena);
    *tape = (struct tape){.file_count = 0};
}

enum { COLUMN_KEY_SIZE = 512 };

/* The key of a column in a map: its scope, then its name. */
static const char *column_key(enum tape_scope scope, const char *name, size_t length,
                              char buffer[COLUMN_KEY_SIZE], struct arena *arena)
{
    char *key = length < COLUMN_KEY_SIZE ? buffer : arena_alloc(arena, length + 1);
    if (!key)
        return NULL;
    key[0] = scope == SCOPE_FIELD ? 'f' : 'm';
    if (length > 0)
        memcpy(key + 1, name, length);
    return key;
}

uint32_t tape_find_column(const struct tape *tape, enum tape_scope scope,
                          const char *name, size_t length)
{
    for (size_t i = 0; i < tape->column_count; i++) {
        const struct tape_column *column = &tape->columns[i];
        if (column->scope == scope && column->name_length == length &&
            memcmp(column->name, name, length) == 0)
            return (uint32_t)i;
    }
    return MAP_NONE;
}

bool tape_is_in_files(const struct tape *tape, uint32_t column)
{
    for (size_t i = 0; i < tape->block_count; i++)
        for (uint32_t j = 0; j < tape->blocks[i].column_count; j++)
            if (tape->blocks[i].columns[j] == column)
                return true;
    return false;
}

/* The column of a key, added if it is new. */
static uint32_t add_column(struct tape *tape, const char *key, size_t key_length)
{
    if (!array_reserve(&tape->columns, tape->column_count, &tape->column_capacity,
                       sizeof *tape->columns))
        return MAP_NONE;
    uint32_t index = strmap_add(&tape->column_map, key, key_length, &tape->arena);
    if (index == MAP_NONE || index < tape->column_count)
        return index;
    const struct strmap_key *copy = &tape->column_map.keys[index];
    struct tape_column *column = &tape->columns[tape->column_count++];
    *column = (struct tape_column){.name = copy->bytes + 1,
                                   .name_length = copy->length - 1,
                                   .scope = key[0] == 'f' ? SCOPE_FIELD : SCOPE_MEMBER};
    arena_init(&column->arena, SIZE_MAX);
    return index;
}

uint32_t tape_add_column(struct tape *tape, enum tape_scope scope, const char *name,
                         size_t length)
{
    char buffer[COLUMN_KEY_SIZE];
    const char *key = column_key(scope, name, length, buffer, &tape->arena);
    return key ? add_column(tape, key, length + 1) : MAP_NONE;
}

enum status tape_begin_file(struct tape *tape, const char *name, bool is_csv,
                            bool allows_comma, struct error *err)
{
    struct tape_file *grown =
        realloc(tape->files, (tape->file_count + 1) * sizeof *grown);
    if (!grown)
        return error_no_memory(err);
    tape->files = grown;
    struct tape_file *file = &tape->files[tape->file_count++];
    *file =
        (struct tape_file){.name = name, .is_csv = is_csv, .allows_comma = allows_comma};
    arena_init(&file->arena, SIZE_MAX);
    tape->file_blocks = tape->block_count;
    return STATUS_OK;
}

/* ---- writing values ---- */

void tape_writer_begin(struct tape_writer *writer)
{
    if (writer->arena.ceiling == 0)
        arena_init(&writer->arena, SIZE_MAX);
    arena_reset_merge(&writer->arena);
    writer->names = writer->cases = (struct strmap){.count = 0};
    writer->recent_cases = NULL;
    for (int i = 0; i < TAPE_TARGETS; i++)
        writer->out[i].length = 0;
    writer->target = TARGET_EVENTS;
    writer->row_count = writer->history_count = 0;
    writer->good_rows = 0;
    writer->has_joined_names = writer->has_failed = false;
    writer->outer_parts = 0;
}

void tape_writer_end(struct tape_writer *writer)
{
    const struct tape_bytes *out = &writer->out[TARGET_EVENTS];
    free(writer->records);
    writer->records = malloc(out->length + 1);
    if (!writer->records)
        writer->has_failed = true;
    else if (out->length > 0)
        memcpy(writer->records, out->bytes, out->length);
}

void tape_writer_release(struct tape_writer *writer)
{
    arena_release(&writer->arena);
    free(writer->columns);
    for (int i = 0; i < TAPE_TARGETS; i++)
        free(writer->out[i].bytes);
    free(writer->rows);
    free(writer->row_cases);
    free(writer->histories);
    free(writer->records);
    *writer = (struct tape_writer){.row_count = 0};
}

static uint32_t writer_fail(struct tape_writer *writer)
{
    writer->has_failed = true;
    return MAP_NONE;
}

uint32_t tape_writer_column(struct tape_writer *writer, enum tape_scope scope,
                            const char *name, size_t length)
{
    char buffer[COLUMN_KEY_SIZE];
    const char *key = column_key(scope, name, length, buffer, &writer->arena);
    uint32_t known = writer->names.count;
    if (!key || !array_reserve(&writer->columns, known, &writer->column_capacity,
                               sizeof *writer->columns))
        return writer_fail(writer);
    uint32_t index = strmap_add(&writer->names, key, length + 1, &writer->arena);
    if (index == MAP_NONE)
        return writer_fail(writer);
    if (index == known)
        writer->columns[index] = (struct writer_column){.recent = NULL};
    return index;
}

static inline uint8_t *put_varint(uint8_t *at, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *at++ = (uint8_t)(value | 0x80);
    *at++ = (uint8_t)value;
    return at;
}

static uint64_t zigzag(int64_t value)
{
    return (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
}

/* Space for a value, whose code is written; NULL without memory. */
static inline uint8_t *begin_value(struct tape_writer *writer, uint32_t column,
                                   unsigned kind)
{
    struct tape_bytes *out = &writer->out[writer->target];
    if (column == MAP_NONE || !reserve_bytes(out, TAPE_VALUE_BYTES)) {
        writer->has_failed = true;
        return NULL;
    }
    return put_varint(out->bytes + out->length,
                      ((uint64_t)column + 1) << TAPE_KIND_BITS | kind);
}

static inline void end_value(struct tape_writer *writer, const uint8_t *end)
{
    struct tape_bytes *out = &writer->out[writer->target];
    out->length = (size_t)(end - out->bytes);
}

void tape_write_literal(struct tape_writer *writer, uint32_t column, enum tape_kind kind)
{
    const uint8_t *at = begin_value(writer, column, kind);
    if (at)
        end_value(writer, at);
}

void tape_write_integer(struct tape_writer *writer, uint32_t column, int64_t integer)
{
    uint8_t *at = begin_value(writer, column, TAPE_INTEGER);
    if (at)
        end_value(writer, put_varint(at, zigzag(integer)));
}

void tape_write_end(struct tape_writer *writer)
{
    struct tape_bytes *out = &writer->out[writer->target];
    if (reserve_bytes(out, 1))
        out->bytes[out->length++] = 0;
    else
        writer->has_failed = true;
}

/* ---- texts that were written lately ---- */

/* 8 bytes. */
static inline uint64_t load(const char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/* Up to 7 bytes; no two texts of a length give the same. */
static inline uint64_t load_short(const char *bytes, size_t length)
{
    uint32_t first = 0, last = 0;
    if (length >= sizeof first) {
        memcpy(&first, bytes, sizeof first);
        memcpy(&last, bytes + length - sizeof last, sizeof last);
        return (uint64_t)last << 32 | first;
    }
    for (size_t i = 0; i < length; i++)
        first |= (uint32_t)(unsigned char)bytes[i] << 8 * i;
    return first;
}

/* A text as it is looked for among those that were written lately. */
struct text_key {
    uint64_t first, last;
    size_t slot;
};

static inline struct text_key text_key(const char *bytes, size_t length)
{
    struct text_key key = {.last = 0};
    if (length >= sizeof key.first) {
        key.first = load(bytes);
        key.last = load(bytes + length - sizeof key.last);
    } else {
        key.first = load_short(bytes, length);
    }
    uint64_t hash =
        key.first ^ (key.last << 31 | key.last >> 33) ^ (uint64_t)length << 56;
    hash *= UINT64_C(0x9E3779B97F4A7C15); /* 2^64 / the golden ratio */
    key.slot = hash >> (64 - RECENT_BITS);
    return key;
}

/* The index of a text that was written lately; MAP_NONE if it was not. */
static inline uint32_t find_recent(const struct recent_text *recent,
                                   const struct text_key *key, const char *bytes,
                                   size_t length)
{
    if (!recent)
        return MAP_NONE;
    const struct recent_text *entry = &recent[key->slot];
    bool is_same =
        entry->bytes && entry->first == key->first && entry->last == key->last &&
        entry->length == length &&
        (length <= 2 * sizeof key->first || memcmp(entry->bytes, bytes, length) == 0);
    return is_same ? entry->index : MAP_NONE;
}

/* The index of a text in map, added if it is new; MAP_NONE without memory. */
static uint32_t find_text(struct tape_writer *writer, struct strmap *map,
                          struct recent_text **recent, const char *bytes, size_t length)
{
    struct text_key key = text_key(bytes, length);
    uint32_t index = find_recent(*recent, &key, bytes, length);
    if (index != MAP_NONE)
        return index;
    if (!*recent)
        *recent = arena_array(&writer->arena, RECENT_TEXTS, sizeof **recent);
    index = *recent ? strmap_add(map, bytes, length, &writer->arena) : MAP_NONE;
    if (index != MAP_NONE && length <= UINT32_MAX)
        (*recent)[key.slot] = (struct recent_text){.first = key.first,
                                                   .last = key.last,
                                                   .bytes = map->keys[index].bytes,
                                                   .length = (uint32_t)length,
                                                   .index = index};
    return index;
}

/* ---- forms ---- */

/*
 * The digits of a text, and its form: the text with 0 for each digit.  False if the text is to be
 * kept as a text.
 */
static bool split_form(const char *bytes, size_t length, char form[TAPE_FORM_SIZE],
                       uint64_t digits[2])
{
    size_t count = 0, runs = 0;
    bool is_number = true, is_in_run = false;
    if (length == 0 || length >= TAPE_FORM_SIZE)
        return false;
    digits[0] = digits[1] = 0;
    for (size_t i = 0; i < length; i++) {
        char c = bytes[i];
        unsigned digit = (unsigned)(unsigned char)c - '0';
        if (digit <= 9) {
            uint64_t *part = &digits[count++ >= MAX_PLAIN_DIGITS];
            *part = 10 * *part + digit;
            form[i] = '0';
            is_in_run = false;
            if (count > TAPE_MAX_DIGITS)
                return false;
            continue;
        }
        form[i] = c;
        bool is_letter = ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c & 0x80) != 0;
        runs += is_letter && !is_in_run;
        is_in_run = is_letter;
        is_number = is_number && (c == '.' || c == '-' || c == ',' || c == '+' ||
                                  c == 'e' || c == 'E');
        if (runs > MAX_LETTER_RUNS)
            return false;
    }
    return count >= MIN_FORM_DIGITS || (is_number && count > 0);
}

static inline bool begins_as_number(const char *bytes, size_t length)
{
    char first = length > 0 ? bytes[0] : 'a';
    return (first >= '0' && first <= '9') || first == '-' || first == '.' || first == '+';
}

/* Has the text enough digits to be kept as a form, or does it begin as a number? */
static bool may_be_form(const char *bytes, size_t length)
{
    size_t digits = 0;
    if (length == 0 || length >= TAPE_FORM_SIZE)
        return false;
    if (begins_as_number(bytes, length))
        return true;
    for (size_t i = 0; i < length && length >= MIN_FORM_DIGITS; i++)
        digits += (unsigned)(unsigned char)bytes[i] - '0' <= 9;
    return digits >= MIN_FORM_DIGITS;
}

static enum form_layout layout_of(const char *form, size_t form_length)
{
    static const char layout[] = "0000-00-00 00:00:00";
    const size_t length = sizeof layout - 1, separator = 10;
    if (form_length < length || form_length > length + 1 ||
        (form_length == length + 1 && form[length] != 'Z') ||
        memcmp(form, layout, separator) != 0 ||
        (form[separator] != ' ' && form[separator] != 'T') ||
        memcmp(form + separator + 1, layout + separator + 1, length - separator - 1) != 0)
        return LAYOUT_OTHER;
    return form_length == length ? LAYOUT_TIME : LAYOUT_TIME_ZONE;
}

/* Where the i-th word of a text begins: the last one ends where the text ends. */
static inline size_t word_at(size_t i, size_t length)
{
    size_t at = i * sizeof(uint64_t);
    return at + sizeof(uint64_t) <= length ? at : length - sizeof(uint64_t);
}

/* From now on, texts of this form are told by match_form. */
static void remember_form(struct tape_writer *writer, struct writer_column *column,
                          const char *form, size_t length, uint32_t index)
{
    const size_t size = sizeof(uint64_t);
    if (length < size)
        return;
    if (!column->matchers)
        column->matchers =
            arena_array(&writer->arena, FORM_MATCHERS, sizeof *column->matchers);
    if (!column->matchers) {
        writer->has_failed = true;
        return;
    }
    struct form_matcher *matcher = &column->matchers[length % FORM_MATCHERS];
    char most[TAPE_FORM_SIZE];
    *matcher = (struct form_matcher){.length = (uint8_t)length,
                                     .is_time = layout_of(form, length) != LAYOUT_OTHER,
                                     .index = index};
    for (size_t i = 0; i < length; i++) {
        most[i] = form[i] == '0' ? 9 : 0;
        if (form[i] == '0')
            matcher->digits[matcher->digit_count++] = (uint8_t)i;
    }
    for (size_t i = 0; i * size < length; i++) {
        matcher->form[i] = load(form + word_at(i, length));
        matcher->most[i] = load(most + word_at(i, length));
    }
}

/* Has the text the form?  digits receives the value of each digit at its place. */
static inline bool match_form(const struct form_matcher *matcher, const char *bytes,
                              size_t length, uint8_t digits[TAPE_FORM_SIZE])
{
    const uint64_t high = UINT64_C(0x8080808080808080);
    if (matcher->length != length)
        return false;
    for (size_t i = 0; i * sizeof(uint64_t) < length; i++) {
        size_t at = word_at(i, length);
        /* the digits, and 0 where the form has something else */
        uint64_t word = load(bytes + at) ^ matcher->form[i];
        if ((((matcher->most[i] | high) - (word & ~high)) & ~word & high) != high)
            return false;
        memcpy(digits + at, &word, sizeof word);
    }
    return true;
}

static void join_digits(const struct form_matcher *matcher,
                        const uint8_t values[TAPE_FORM_SIZE], uint64_t digits[2])
{
    digits[0] = digits[1] = 0;
    for (size_t i = 0; i < matcher->digit_count; i++) {
        uint64_t *part = &digits[i >= MAX_PLAIN_DIGITS];
        *part = 10 * *part + values[matcher->digits[i]];
    }
}

/* The seconds since 1970 of a time in a layout; false if there is no such time. */
static bool find_seconds(const uint8_t digits[TAPE_FORM_SIZE], int64_t *seconds)
{
    int64_t year = digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3];
    int month = digits[5] * 10 + digits[6], day = digits[8] * 10 + digits[9];
    int hour = digits[11] * 10 + digits[12], minute = digits[14] * 10 + digits[15];
    int second = digits[17] * 10 + digits[18];
    if (hour > 23 || minute > 59 || second > 59 || year < 1 || month < 1 || month > 12 ||
        day < 1 || day > calendar_days_in_month(year, month))
        return false;
    *seconds =
        calendar_days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    return true;
}

static void write_time(struct tape_writer *writer, uint32_t column, uint32_t form,
                       int64_t seconds)
{
    uint8_t *at = begin_value(writer, column, TAPE_TIME);
    if (!at)
        return;
    uint64_t since_first = (uint64_t)(seconds - CALENDAR_FIRST_SECOND);
    at = put_varint(at, form);
    for (int i = 0; i < TAPE_TIME_BYTES; i++)
        *at++ = (uint8_t)(since_first >> 8 * i);
    end_value(writer, at);
}

static void write_digits(struct tape_writer *writer, uint32_t column, uint32_t form,
                         const uint64_t digits[2])
{
    uint8_t *at = begin_value(writer, column, TAPE_FORM);
    if (!at)
        return;
    at = put_varint(at, form);
    at = put_varint(at, digits[0] << 1 | (digits[1] != 0));
    if (digits[1] != 0)
        at = put_varint(at, digits[1]);
    end_value(writer, at);
}

/* Write a text of a form that was written lately; false if it has another. */
static bool write_same_form(struct tape_writer *writer, uint32_t column,
                            const char *bytes, size_t length)
{
    const struct form_matcher *matcher = writer->columns[column].matchers;
    uint8_t values[TAPE_FORM_SIZE];
    uint64_t digits[2];
    int64_t seconds;
    if (!matcher)
        return false;
    matcher += length % FORM_MATCHERS;
    if (!match_form(matcher, bytes, length, values))
        return false;
    if (matcher->is_time && find_seconds(values, &seconds)) {
        write_time(writer, column, matcher->index, seconds);
        return true;
    }
    join_digits(matcher, values, digits);
    write_digits(writer, column, matcher->index, digits);
    return true;
}

/* Write a text as its digits; false if it is to be written as a text. */
static bool write_form(struct tape_writer *writer, uint32_t column, const char *bytes,
                       size_t length)
{
    char form[TAPE_FORM_SIZE];
    uint64_t digits[2];
    if (column == MAP_NONE || !may_be_form(bytes, length))
        return false;
    if (write_same_form(writer, column, bytes, length))
        return true;
    if (!split_form(bytes, length, form, digits))
        return false;
    struct strmap *forms = &writer->columns[column].forms;
    bool has_space = forms->count < MAX_FORMS;
    uint32_t index = has_space ? strmap_add(forms, form, length, &writer->arena)
                               : strmap_find(forms, form, length);
    if (index == MAP_NONE && has_space)
        writer->has_failed = true;
    if (index == MAP_NONE)
        return false;
    remember_form(writer, &writer->columns[column], form, length, index);
    if (!write_same_form(writer, column, bytes, length)) /* it is too short for that */
        write_digits(writer, column, index, digits);
    return true;
}

static void write_listed(struct tape_writer *writer, uint32_t column, enum tape_kind kind,
                         const char *bytes, size_t length)
{
    uint8_t *at = begin_value(writer, column, kind);
    if (!at)
        return;
    struct writer_column *list = &writer->columns[column];
    uint32_t index = find_text(writer, &list->texts, &list->recent, bytes, length);
    if (index == MAP_NONE)
        writer->has_failed = true;
    else
        end_value(writer, put_varint(at, index));
}

/*
 * Write a text that was listed lately; false if it was not.  Of texts that begin as numbers, the list
 * has JSON numbers, too: as texts, they may be forms.
 */
static inline bool write_recent(struct tape_writer *writer, uint32_t column,
                                const char *bytes, size_t length)
{
    if (column == MAP_NONE || begins_as_number(bytes, length))
        return false;
    struct text_key key = text_key(bytes, length);
    uint32_t index = find_recent(writer->columns[column].recent, &key, bytes, length);
    uint8_t *at = index == MAP_NONE ? NULL : begin_value(writer, column, TAPE_TEXT);
    if (at)
        end_value(writer, put_varint(at, index));
    return index != MAP_NONE;
}

void tape_write_text(struct tape_writer *writer, uint32_t column, const char *bytes,
                     size_t length)
{
    if (write_recent(writer, column, bytes, length) ||
        write_form(writer, column, bytes, length))
        return;
    write_listed(writer, column, TAPE_TEXT, bytes, length);
}

/* -?digits or -?digits.digits, without leading zeros; false for any other text. */
static bool read_plain(const char *bytes, size_t length, int64_t *integer,
                       uint32_t *decimals, bool *is_decimal)
{
    const char *at = bytes, *end = bytes + length;
    bool is_negative = at < end && *at == '-';
    at += is_negative;
    if (end - at > MAX_PLAIN_DIGITS + 1 || at == end)
        return false;
    const char *first = at;
    int64_t value = 0;
    for (; at < end && *at >= '0' && *at <= '9'; at++)
        value = 10 * value + (*at - '0');
    size_t whole = (size_t)(at - first);
    if (whole == 0 || (whole > 1 && *first == '0'))
        return false;
    *is_decimal = at < end && *at == '.';
    *decimals = 0;
    if (*is_decimal)
        for (at++; at < end && *at >= '0' && *at <= '9'; at++, ++*decimals)
            value = 10 * value + (*at - '0');
    if (at < end || (*is_decimal && *decimals == 0) ||
        whole + *decimals > MAX_PLAIN_DIGITS || (is_negative && value == 0))
        return false;
    *integer = is_negative ? -value : value;
    return true;
}

static bool write_plain(struct tape_writer *writer, uint32_t column, const char *bytes,
                        size_t length)
{
    int64_t integer;
    uint32_t decimals;
    bool is_decimal;
    if (!read_plain(bytes, length, &integer, &decimals, &is_decimal))
        return false;
    uint8_t *at = begin_value(writer, column, is_decimal ? TAPE_DECIMAL : TAPE_INTEGER);
    if (!at)
        return true;
    at = put_varint(at, zigzag(integer));
    if (is_decimal)
        *at++ = (uint8_t)decimals;
    end_value(writer, at);
    return true;
}

void tape_write_cell(struct tape_writer *writer, uint32_t column, const char *bytes,
                     size_t length)
{
    if (!begins_as_number(bytes, length) || !write_plain(writer, column, bytes, length))
        tape_write_text(writer, column, bytes, length);
}

void tape_write_number(struct tape_writer *writer, uint32_t column, const char *bytes,
                       size_t length)
{
    if (!write_plain(writer, column, bytes, length))
        write_listed(writer, column, TAPE_NUMBER_TEXT, bytes, length);
}

/* ---- writing records ---- */

static bool add_row(struct tape_writer *writer, const char *name, size_t length,
                    uint32_t offset)
{
    size_t capacity = writer->row_capacity;
    uint32_t index =
        find_text(writer, &writer->cases, &writer->recent_cases, name, length);
    if (index == MAP_NONE ||
        !array_reserve(&writer->rows, writer->row_count, &capacity,
                       sizeof *writer->rows) ||
        !array_reserve(&writer->row_cases, writer->row_count, &writer->row_capacity,
                       sizeof *writer->row_cases))
        return false;
    writer->rows[writer->row_count] = offset;
    writer->row_cases[writer->row_count++] = index;
    return true;
}

void tape_write_row(struct tape_writer *writer, const char *name, size_t length,
                    uint32_t line_in_block)
{
    struct tape_bytes *out = &writer->out[TARGET_EVENTS];
    if (out->length >= UINT32_MAX || !reserve_bytes(out, TAPE_VALUE_BYTES) ||
        !add_row(writer, name, length, (uint32_t)out->length)) {
        writer->has_failed = true;
        return;
    }
    end_value(writer, put_varint(out->bytes + out->length, line_in_block));
    writer->good_rows++;
}

void tape_write_bad_row(struct tape_writer *writer, const char *name, size_t length)
{
    if (!add_row(writer, name, length, UINT32_MAX))
        writer->has_failed = true;
}

void tape_history_begin(struct tape_writer *writer)
{
    struct tape_bytes *out = writer->out;
    writer->history_start = out[TARGET_EVENTS].length;
    out[TARGET_MEMBERS].length = out[TARGET_FIELDS].length = 0;
    writer->target = TARGET_EVENTS;
    if (reserve_bytes(&out[TARGET_EVENTS], sizeof(uint32_t)))
        out[TARGET_EVENTS].length += sizeof(uint32_t);
    else
        writer->has_failed = true;
}

void tape_history_drop(struct tape_writer *writer)
{
    writer->out[TARGET_EVENTS].length = writer->history_start;
    writer->target = TARGET_EVENTS;
}

void tape_history_end(struct tape_writer *writer, uint32_t line_in_block, uint32_t events)
{
    struct tape_bytes *out = writer->out;
    writer->target = TARGET_MEMBERS;
    tape_write_end(writer);
    writer->target = TARGET_FIELDS;
    tape_write_end(writer);
    writer->target = TARGET_EVENTS;
    if (writer->has_failed)
        return;
    size_t start = writer->history_start;
    uint32_t bytes = (uint32_t)(out[TARGET_EVENTS].length - start - sizeof bytes);
    size_t more = out[TARGET_MEMBERS].length + out[TARGET_FIELDS].length;
    if (out[TARGET_EVENTS].length + more > UINT32_MAX ||
        !reserve_bytes(&out[TARGET_EVENTS], more) ||
        !array_reserve(&writer->histories, writer->history_count,
                       &writer->history_capacity, sizeof *writer->histories)) {
        writer->has_failed = true;
        return;
    }
    memcpy(out[TARGET_EVENTS].bytes + start, &bytes, sizeof bytes);
    for (int i = TARGET_MEMBERS; i <= TARGET_FIELDS; i++) {
        memcpy(out[TARGET_EVENTS].bytes + out[TARGET_EVENTS].length, out[i].bytes,
               out[i].length);
        out[TARGET_EVENTS].length += out[i].length;
    }
    writer->histories[writer->history_count++] = (struct writer_history){
        .offset = (uint32_t)start, .line = line_in_block, .events = events};
}

/* ---- appending a block ---- */

/* The final numbers of the texts or forms of a column of the block; NULL without memory. */
static uint32_t *number_texts(struct strmap *all, const struct strmap *texts,
                              struct arena *arena, uint32_t limit)
{
    uint32_t *numbers = malloc((texts->count + (size_t)1) * sizeof *numbers);
    for (uint32_t i = 0; numbers && i < texts->count; i++) {
        const struct strmap_key *key = &texts->keys[i];
        if (all->count >= limit) {
            numbers[i] = strmap_find(all, key->bytes, key->length); /* or TAPE_FURTHER */
            continue;
        }
        numbers[i] = strmap_add(all, key->bytes, key->length, arena);
        if (numbers[i] == MAP_NONE) {
            free(numbers);
            return NULL;
        }
    }
    return numbers;
}

static enum status number_columns(struct tape *tape, const struct tape_writer *writer,
                                  struct tape_block *block, struct error *err)
{
    uint32_t count = writer->names.count;
    block->columns = calloc(count + (size_t)1, sizeof *block->columns);
    block->texts = calloc(count + (size_t)1, sizeof *block->texts);
    block->forms = calloc(count + (size_t)1, sizeof *block->forms);
    block->text_counts = calloc(count + (size_t)1, sizeof *block->text_counts);
    if (!block->columns || !block->texts || !block->forms || !block->text_counts)
        return error_no_memory(err);
    block->column_count = count;
    for (uint32_t i = 0; i < count; i++) {
        const struct strmap_key *key = &writer->names.keys[i];
        block->columns[i] = add_column(tape, key->bytes, key->length);
        if (block->columns[i] == MAP_NONE)
            return error_no_memory(err);
        struct tape_column *column = &tape->columns[block->columns[i]];
        block->text_counts[i] = writer->columns[i].texts.count;
        block->texts[i] = number_texts(&column->texts, &writer->columns[i].texts,
                                       &column->arena, TAPE_MAX_TEXTS);
        block->forms[i] = number_texts(&column->forms, &writer->columns[i].forms,
                                       &column->arena, UINT32_MAX);
        if (!block->texts[i] || !block->forms[i])
            return error_no_memory(err);
    }
    return STATUS_OK;
}

/* Between which cases those of the rows are. */
static void find_cases(struct tape_block *block)
{
    block->first_case = UINT32_MAX;
    block->last_case = 0;
    for (uint32_t i = 0; i < block->row_count; i++) {
        uint32_t index = block->cases[i];
        block->first_case = index < block->first_case ? index : block->first_case;
        block->last_case = index > block->last_case ? index : block->last_case;
    }
}

/* CSV: number the cases of the block, and keep the places of its rows. */
static enum status append_rows(struct tape_file *file, const struct tape_writer *writer,
                               struct tape_block *block, struct error *err)
{
    uint32_t *cases =
        number_texts(&file->cases, &writer->cases, &file->arena, UINT32_MAX);
    size_t bytes = (writer->row_count + 1) * sizeof *block->rows;
    block->rows = malloc(bytes);
    block->cases = malloc(bytes);
    if (!cases || !block->rows || !block->cases) {
        free(cases);
        return error_no_memory(err);
    }
    block->row_count = (uint32_t)writer->row_count;
    for (size_t i = 0; i < writer->row_count; i++) {
        block->rows[i] = writer->rows[i];
        block->cases[i] = cases[writer->row_cases[i]];
    }
    find_cases(block);
    free(cases);
    return STATUS_OK;
}

static enum status add_history(struct tape *tape, const struct tape_history *history,
                               struct error *err)
{
    if (tape->history_count >= UINT32_MAX)
        return error_set(err, STATUS_TOO_LARGE, "", "the data has too many histories");
    if (!array_reserve(&tape->histories, tape->history_count, &tape->history_capacity,
                       sizeof *tape->histories))
        return error_no_memory(err);
    tape->histories[tape->history_count++] = *history;
    tape->event_count += history->events;
    return STATUS_OK;
}

static enum status append_histories(struct tape *tape, const struct tape_writer *writer,
                                    uint64_t first_line, struct error *err)
{
    for (size_t i = 0; i < writer->history_count; i++) {
        const struct writer_history *written = &writer->histories[i];
        const struct tape_history history = {.first = (uint32_t)(tape->block_count - 1),
                                             .offset = written->offset,
                                             .line =
                                                 (uint32_t)(first_line + written->line),
                                             .events = written->events,
                                             .file = (uint32_t)(tape->file_count - 1)};
        RETURN_IF_ERROR(add_history(tape, &history, err));
    }
    return STATUS_OK;
}

enum status tape_append(struct tape *tape, struct tape_writer *writer,
                        uint64_t first_line, struct error *err)
{
    const struct tape_bytes *out = &writer->out[TARGET_EVENTS];
    struct tape_file *file = &tape->files[tape->file_count - 1];
    if (writer->has_failed || !array_reserve(&tape->blocks, tape->block_count,
                                             &tape->block_capacity, sizeof *tape->blocks))
        return error_no_memory(err);
    tape->has_joined_names = tape->has_joined_names || writer->has_joined_names;
    tape->outer_parts |= writer->outer_parts;
    struct tape_block *block = &tape->blocks[tape->block_count++];
    *block = (struct tape_block){.length = out->length,
                                 .file = (uint32_t)(tape->file_count - 1),
                                 .first_line = first_line,
                                 .bytes = writer->records,
                                 .record_count = file->is_csv
                                                     ? writer->good_rows
                                                     : (uint32_t)writer->history_count};
    writer->records = NULL;
    RETURN_IF_ERROR(number_columns(tape, writer, block, err));
    return file->is_csv ? append_rows(file, writer, block, err)
                        : append_histories(tape, writer, first_line, err);
}

/* ---- grouping the rows of a CSV file ---- */

static uint64_t line_of_row(const struct tape *tape, struct tape_place place)
{
    const struct tape_block *block = &tape->blocks[place.block];
    const uint8_t *at = block->bytes + place.offset;
    return block->first_line + tape_varint(&at);
}

/* Keep the names of the cases, without the map that finds them. */
static enum status pack_names(struct tape_file *file, struct error *err)
{
    const struct strmap *cases = &file->cases;
    size_t bytes = 0;
    for (uint32_t i = 0; i < cases->count; i++)
        bytes += cases->keys[i].length + 1;
    file->names = malloc(bytes + 1);
    file->name_offsets = malloc((cases->count + (size_t)1) * sizeof *file->name_offsets);
    if (!file->names || !file->name_offsets)
        return error_no_memory(err);
    bytes = 0;
    for (uint32_t i = 0; i < cases->count; i++) {
        const struct strmap_key *key = &cases->keys[i];
        file->name_offsets[i] = bytes;
        memcpy(file->names + bytes, key->bytes, key->length + 1);
        bytes += key->length + 1;
    }
    file->name_offsets[cases->count] = bytes;
    arena_release(&file->arena);
    file->cases = (struct strmap){.count = 0};
    return STATUS_OK;
}

/*
 * The cases are divided into parts, one for each thread, which looks at the blocks that may have rows
 * of its cases.  In most files, the rows of a case are near each other, and then these are few.
 */
struct grouping {
    struct tape *tape;
    size_t cases, parts;
    size_t *counts;   /* [cases] rows that could be read */
    size_t *ends;     /* [cases] in tape->rows: where the next row of each case goes */
    size_t *indices;  /* [parts] the history of the first case of a part that has rows */
    bool *is_bad;     /* [cases] */
    struct error err; /* of the names of the cases */
};

static size_t first_case_of(const struct grouping *g, size_t part)
{
    return g->cases * part / g->parts;
}

static bool may_have_rows(const struct tape_block *block, size_t first, size_t end)
{
    return block->row_count > 0 && block->first_case < end && block->last_case >= first;
}

/* Task: a part; after them, the names of the cases, which counting needs no more. */
static void count_rows(void *context, size_t part)
{
    struct grouping *g = context;
    const struct tape *tape = g->tape;
    if (part == g->parts) {
        (void)pack_names(&tape->files[tape->file_count - 1], &g->err);
        return;
    }
    const size_t first = first_case_of(g, part), end = first_case_of(g, part + 1);
    for (size_t b = tape->file_blocks; b < tape->block_count; b++) {
        const struct tape_block *block = &tape->blocks[b];
        if (!may_have_rows(block, first, end))
            continue;
        for (uint32_t i = 0; i < block->row_count; i++) {
            uint32_t index = block->cases[i];
            if (index < first || index >= end)
                continue;
            g->counts[index] += block->rows[i] != UINT32_MAX;
            g->is_bad[index] |= block->rows[i] == UINT32_MAX;
        }
    }
}

/* Put the places of the rows of each case into tape->rows. */
static void sort_rows(struct grouping *g, size_t first, size_t end)
{
    const struct tape *tape = g->tape;
    for (size_t b = tape->file_blocks; b < tape->block_count; b++) {
        const struct tape_block *block = &tape->blocks[b];
        if (!may_have_rows(block, first, end))
            continue;
        for (uint32_t i = 0; i < block->row_count; i++) {
            uint32_t index = block->cases[i];
            if (index >= first && index < end && block->rows[i] != UINT32_MAX)
                tape->rows[g->ends[index]++] =
                    (struct tape_place){(uint32_t)b, block->rows[i]};
        }
    }
}

static void group_rows(void *context, size_t part)
{
    struct grouping *g = context;
    struct tape *tape = g->tape;
    const size_t first = first_case_of(g, part), end = first_case_of(g, part + 1);
    struct tape_history *history = tape->histories + g->indices[part];
    sort_rows(g, first, end);
    for (size_t i = first; i < end; i++) {
        size_t first_row = g->ends[i] - g->counts[i];
        if (g->counts[i] > 0)
            *history++ = (struct tape_history){
                .first = (uint32_t)first_row,
                .events = (uint32_t)g->counts[i],
                .line = (uint32_t)line_of_row(tape, tape->rows[first_row]),
                .file = (uint32_t)(tape->file_count - 1),
                .case_index = (uint32_t)i,
                .is_bad = g->is_bad[i]};
    }
}

/* Find where the rows and histories of each part begin, and make space for them. */
static enum status reserve_rows(struct grouping *g, struct error *err)
{
    struct tape *tape = g->tape;
    const char *name = tape->files[tape->file_count - 1].name;
    size_t rows = tape->row_count, histories = tape->history_count;
    for (size_t p = 0; p < g->parts; p++) {
        g->indices[p] = histories;
        for (size_t i = first_case_of(g, p); i < first_case_of(g, p + 1); i++) {
            g->ends[i] = rows;
            rows += g->counts[i];
            histories += g->counts[i] > 0;
        }
    }
    if (rows > UINT32_MAX)
        return error_set(err, STATUS_TOO_LARGE, name, "the data has too many rows");
    if (histories > UINT32_MAX)
        return error_set(err, STATUS_TOO_LARGE, "", "the data has too many histories");
    struct tape_place *places = realloc(tape->rows, (rows + 1) * sizeof *places);
    if (!places)
        return error_no_memory(err);
    tape->rows = places;
    struct tape_history *list = realloc(tape->histories, (histories + 1) * sizeof *list);
    if (!list)
        return error_no_memory(err);
    tape->histories = list;
    tape->history_capacity = histories + 1;
    huge_pages_advise(places, (rows + 1) * sizeof *places);
    huge_pages_advise(list, (histories + 1) * sizeof *list);
    tape->event_count += rows - tape->row_count;
    tape->row_count = rows;
    tape->history_count = histories;
    return STATUS_OK;
}

/* Give the rows of cases that are alike to the first of them; the others are then empty. */
static enum status fold_cases(struct tape *tape, const struct tape_file *file,
                              struct error *err)
{
    uint32_t *first = calloc(file->cases.count + (size_t)1, sizeof *first);
    if (!first)
        return error_no_memory(err);
    enum status status = case_ids_fold(&file->cases, first, err);
    for (size_t b = tape->file_blocks; b < tape->block_count && status == STATUS_OK; b++)
        for (uint32_t i = 0; i < tape->blocks[b].row_count; i++)
            tape->blocks[b].cases[i] = first[tape->blocks[b].cases[i]];
    for (size_t b = tape->file_blocks; b < tape->block_count; b++)
        find_cases(&tape->blocks[b]);
    free(first);
    return status;
}

static void run_tasks(struct workers *workers, void (*task)(void *context, size_t i),
                      struct grouping *g, size_t count)
{
    if (workers)
        workers_run(workers, task, g, count);
    for (size_t i = 0; !workers && i < count; i++)
        task(g, i);
}

enum status tape_end_file(struct tape *tape, struct workers *workers, struct error *err)
{
    struct tape_file *file = &tape->files[tape->file_count - 1];
    if (!file->is_csv)
        return STATUS_OK;
    if (tape->folds_ids)
        RETURN_IF_ERROR(fold_cases(tape, file, err));
    struct grouping g = {.tape = tape,
                         .cases = file->cases.count,
                         .parts = workers ? workers_count(workers) : 1};
    g.counts = calloc(g.cases + 1, sizeof *g.counts);
    g.ends = malloc((g.cases + 1) * sizeof *g.ends);
    g.indices = calloc(g.parts, sizeof *g.indices);
    g.is_bad = calloc(g.cases + 1, sizeof *g.is_bad);
    enum status status =
        g.counts && g.ends && g.indices && g.is_bad ? STATUS_OK : error_no_memory(err);
    if (status != STATUS_OK)
        goto out;
    run_tasks(workers, count_rows, &g, g.parts + 1);
    status = g.err.status == STATUS_OK ? reserve_rows(&g, err) : error_no_memory(err);
    if (status != STATUS_OK)
        goto out;
    run_tasks(workers, group_rows, &g, g.parts);
    for (size_t b = tape->file_blocks; b < tape->block_count; b++) {
        struct tape_block *block = &tape->blocks[b];
        free(block->rows);
        free(block->cases);
        block->rows = block->cases = NULL;
    }
out:
    free(g.counts);
    free(g.ends);
    free(g.indices);
    free(g.is_bad);
    return status;
}

/* ---- how texts read ---- */

static struct text_info classify(const char *bytes, size_t length)
{
    struct text_info info = {.class = CLASS_TEXT};
    bool boolean;
    if (value_is_missing(bytes, length))
        info.class = CLASS_MISSING;
    else if (value_boolean(bytes, length, &boolean))
        info = (struct text_info){.class = CLASS_BOOLEAN, .number = boolean ? 1.0 : 0.0};
    else if (value_number(bytes, length, DECIMAL_POINT, &info.number))
        info.class = CLASS_NUMBER;
    else if (value_number(bytes, length, DECIMAL_COMMA, &info.number))
        info.class = CLASS_COMMA_NUMBER;
    return info;
}

static enum status find_layouts(struct tape_column *column, struct error *err)
{
    free(column->layouts);
    column->layouts = calloc(column->forms.count + (size_t)1, sizeof *column->layouts);
    if (!column->layouts)
        return error_no_memory(err);
    for (uint32_t i = 0; i < column->forms.count; i++)
        column->layouts[i] =
            (uint8_t)layout_of(column->forms.keys[i].bytes, column->forms.keys[i].length);
    return STATUS_OK;
}

enum status tape_finish(struct tape *tape, struct error *err)
{
    for (size_t i = 0; i < tape->column_count; i++) {
        struct tape_column *column = &tape->columns[i];
        free(column->infos);
        column->infos = calloc(column->texts.count + (size_t)1, sizeof *column->infos);
        if (!column->infos)
            return error_no_memory(err);
        for (uint32_t t = 0; t < column->texts.count; t++)
            column->infos[t] =
                classify(column->texts.keys[t].bytes, column->texts.keys[t].length);
        RETURN_IF_ERROR(find_layouts(column, err));
    }
    return STATUS_OK;
}

/* ---- reading ---- */

void tape_open(struct tape_reader *reader, const struct tape *tape, size_t index)
{
    const struct tape_history *history = &tape->histories[index];
    *reader = (struct tape_reader){
        .cursor = {.tape = tape}, .history = history, .line = history->line};
    if (tape->files[history->file].is_csv)
        return;
    const struct tape_block *block = &tape->blocks[history->first];
    const uint8_t *record = block->bytes + history->offset;
    uint32_t bytes;
    memcpy(&bytes, record, sizeof bytes);
    reader->cursor.block = block;
    reader->events = reader->cursor.next = record + sizeof bytes;
    reader->members = reader->events + bytes;
}

bool tape_open_members(struct tape_reader *reader)
{
    if (!reader->members)
        return false;
    reader->cursor.next = reader->members;
    return true;
}

bool tape_open_fields(struct tape_reader *reader)
{
    return reader->members != NULL; /* they follow the members */
}

bool tape_open_event(struct tape_reader *reader)
{
    if (reader->event == reader->history->events)
        return false;
    if (reader->members) {
        if (reader->event++ == 0)
            reader->cursor.next = reader->events;
        return true;
    }
    const struct tape *tape = reader->cursor.tape;
    const struct tape_place *rows = tape->rows + reader->history->first;
    struct tape_place place = rows[reader->event++];
    if (reader->history->events - reader->event >= AHEAD) {
        struct tape_place later = rows[reader->event + AHEAD - 1];
        __builtin_prefetch(tape->blocks[later.block].bytes + later.offset);
    }
    reader->cursor.block = &tape->blocks[place.block];
    reader->cursor.next = reader->cursor.block->bytes + place.offset;
    reader->line = reader->cursor.block->first_line + tape_varint(&reader->cursor.next);
    return true;
}

uint64_t tape_event_line(const struct tape *tape, size_t index, uint32_t event)
{
    const struct tape_history *history = &tape->histories[index];
    return tape->files[history->file].is_csv
               ? line_of_row(tape, tape->rows[history->first + event])
               : history->line;
}

void tape_place_write(const struct tape *tape, uint64_t place, char *buffer, size_t size)
{
    file_line_write(buffer, size, tape->files[place >> TAPE_LINE_BITS].name,
                    place & UINT32_MAX);
}

struct span tape_case_name(const struct tape *tape, const struct tape_history *history)
{
    const struct tape_file *file = &tape->files[history->file];
    if (!file->is_csv)
        return (struct span){.length = 0};
    const size_t *offset = &file->name_offsets[history->case_index];
    return (struct span){.bytes = file->names + offset[0],
                         .length = offset[1] - offset[0] - 1};
}

/* ---- values as text and as numbers ---- */

/* Put the digits back into their form. */
static struct span form_text(const struct strmap_key *form, const uint64_t digits[2],
                             char buffer[TAPE_TEXT_SIZE])
{
    char text[TAPE_MAX_DIGITS + 2] = "";
    size_t count = 0, next = 0;
    for (size_t i = 0; i < form->length; i++)
        count += form->bytes[i] == '0';
    size_t first = count < MAX_PLAIN_DIGITS ? count : MAX_PLAIN_DIGITS;
    char *end = digits_last(text, digits[0], (int)first);
    digits_last(end, digits[1], (int)(count - first));
    for (size_t i = 0; i < form->length; i++)
        buffer[i] = form->bytes[i] == '0' ? text[next++] : form->bytes[i];
    return (struct span){.bytes = buffer, .length = form->length};
}

/* The digits of a time in the form "0000-00-00 00:00:00". */
static uint64_t time_digits(int64_t seconds)
{
    int64_t year, days = calendar_divide(seconds, 86400);
    int64_t clock = calendar_modulo(seconds, 86400);
    int month, day;
    calendar_date(days, &year, &month, &day);
    int64_t date = year * 10000 + month * 100 + day;
    return (uint64_t)(date * 1000000 + clock / 3600 * 10000 + clock / 60 % 60 * 100 +
                      clock % 60);
}

static struct span plain_text(const struct tape_value *value, char buffer[TAPE_TEXT_SIZE])
{
    char digits[DIGITS_MAX + 1], *out = buffer;
    uint64_t size =
        value->integer < 0 ? -(uint64_t)value->integer : (uint64_t)value->integer;
    size_t decimals = value->kind == TAPE_DECIMAL ? value->decimals : 0;
    size_t count = (size_t)(digits_all(digits, size) - digits);
    if (value->integer < 0)
        *out++ = '-';
    if (count <= decimals) { /* 0.05 is kept as 5 */
        count = decimals + 1;
        digits_last(digits, size, (int)count);
    }
    memcpy(out, digits, count - decimals);
    out += count - decimals;
    if (decimals > 0) {
        *out++ = '.';
        memcpy(out, digits + count - decimals, decimals);
        out += decimals;
    }
    return (struct span){.bytes = buffer, .length = (size_t)(out - buffer)};
}

struct span tape_text(const struct tape *tape, const struct tape_value *value,
                      char buffer[TAPE_TEXT_SIZE])
{
    const struct tape_column *column = &tape->columns[value->column];
    switch (value->kind) {
    case TAPE_TEXT:
    case TAPE_NUMBER_TEXT:
        if (value->index == TAPE_FURTHER)
            break;
        return (struct span){.bytes = column->texts.keys[value->index].bytes,
                             .length = column->texts.keys[value->index].length};
    case TAPE_INTEGER:
    case TAPE_DECIMAL:
        return plain_text(value, buffer);
    case TAPE_FORM: {
        const uint64_t of_time[2] = {value->is_time ? time_digits(value->integer) : 0, 0};
        return form_text(&column->forms.keys[value->index],
                         value->is_time ? of_time : value->digits, buffer);
    }
    case TAPE_FALSE:
        return (struct span){.bytes = "false", .length = 5};
    case TAPE_TRUE:
        return (struct span){.bytes = "true", .length = 4};
    case TAPE_NULL:
        return (struct span){.bytes = "null", .length = 4};
    case TAPE_OTHER:
        break;
    }
    return (struct span){.bytes = "", .length = 0};
}

static double decimal_number(const struct tape_value *value)
{
    /* powers of ten that are exact: then the quotient is the nearest double */
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,
                                    1e7,  1e8,  1e9,  1e10, 1e11, 1e12, 1e13,
                                    1e14, 1e15, 1e16, 1e17, 1e18};
    const int64_t exact = INT64_C(1) << 53;
    if (value->integer <= exact && value->integer >= -exact)
        return (double)value->integer / powers[value->decimals];
    char buffer[TAPE_TEXT_SIZE];
    struct span text = plain_text(value, buffer);
    buffer[text.length] = '\0';
    return strtod(buffer, NULL);
}

struct text_info tape_info(const struct tape *tape, const struct tape_value *value)
{
    char buffer[TAPE_TEXT_SIZE];
    switch (value->kind) {
    case TAPE_TEXT:
    case TAPE_NUMBER_TEXT:
        if (value->index != TAPE_FURTHER)
            return tape->columns[value->column].infos[value->index];
        break;
    case TAPE_INTEGER:
        return (struct text_info){.class = CLASS_NUMBER,
                                  .number = (double)value->integer};
    case TAPE_DECIMAL:
        return (struct text_info){.class = CLASS_NUMBER, .number = decimal_number(value)};
    case TAPE_FORM: {
        struct span text = tape_text(tape, value, buffer);
        return classify(text.bytes, text.length);
    }
    case TAPE_FALSE:
    case TAPE_TRUE:
        return (struct text_info){.class = CLASS_BOOLEAN,
                                  .number = value->kind == TAPE_TRUE ? 1.0 : 0.0};
    case TAPE_NULL:
        return (struct text_info){.class = CLASS_MISSING};
    case TAPE_OTHER:
        break;
    }
    return (struct text_info){.class = CLASS_TEXT};
}
