/*
 * Any bytes are read as times, numbers and marks of missing values without a fault; what is written
 * is read back; columns of the lines are decided alike however they are split.
 *
 * The first line is a time format, if it is one; the other lines are cells.
 */
#include <math.h>
#include <string.h>

#include "base/number_column.h"
#include "base/time_column.h"
#include "base/value.h"
#include "fuzz/targets.h"

/* Every format, so that each line meets each. */
static const char *const formats[] = {"auto",
                                      "seconds",
                                      "milliseconds",
                                      "excel",
                                      "microseconds",
                                      "excel-1904",
                                      "compact",
                                      "day-first",
                                      "month-first",
                                      "nanoseconds",
                                      "relative-nanoseconds",
                                      "%d.%m.%Y %H:%M",
                                      "%a %e %b %y %I:%M %p %z"};

static void check_written(struct instant instant)
{
    char text[TIMESTAMP_SIZE];
    struct instant again;
    instant_format(text, instant);
    REQUIRE(instant_parse(text, strlen(text), &again));
    REQUIRE(instant.rank < 0 ? again.us == instant.us - 1 : again.us == instant.us);
    REQUIRE(instant.rank < 0 || instant_compare(instant, again) == 0);
}

static void check_time(const struct time_format *format, const char *bytes, size_t length)
{
    struct instant instant = {.us = 0};
    struct time_hint hint;
    bool is_read = time_format_read(format, bytes, length, &instant);
    if (is_read)
        check_written(instant);
    time_format_explain(format, bytes, length, &hint);
    REQUIRE(memchr(hint.text, '\0', sizeof hint.text));
    REQUIRE(is_read ? (hint.text[0] != '\0') == instant_is_placeholder(instant) : true);
    if (hint.format[0] != '\0') {
        struct time_format suggested;
        REQUIRE(time_format_parse(&suggested, hint.format, NULL) == STATUS_OK);
        REQUIRE(hint.is_without_word ||
                time_format_read(&suggested, bytes, length, &instant));
    }
}

/* RFC 3339 gives the same microseconds as timestamp_parse, except for leap seconds. */
static void check_rfc_3339(const char *bytes, size_t length)
{
    int64_t micros;
    struct instant instant;
    if (!timestamp_parse(bytes, length, &micros))
        return;
    REQUIRE(instant_parse(bytes, length, &instant));
    int64_t fraction = (micros % 1000000 + 1000000) % 1000000;
    bool is_leap = instant.rank >= LEAP_SECOND;
    REQUIRE(instant.us == (is_leap ? micros - fraction - 1 : micros));
}

static void check_value(const char *bytes, size_t length)
{
    char hint[VALUE_HINT_SIZE], category[VALUE_CATEGORY_SIZE];
    double number, again;
    size_t category_length, trimmed = length;
    const char *text = value_trim(bytes, &trimmed);
    REQUIRE(text >= bytes && text + trimmed <= bytes + length);
    bool is_number = value_number(bytes, length, DECIMAL_POINT, &number);
    bool is_true;
    REQUIRE(!is_number || isfinite(number));
    REQUIRE(!is_number || !value_is_missing(bytes, length));
    REQUIRE(!is_number || !value_boolean(bytes, length, &is_true));
    value_number_explain(bytes, length, hint);
    REQUIRE(!is_number || hint[0] == '\0');
    if (value_category(bytes, length, category, &category_length)) {
        REQUIRE(category_length == strlen(category));
        REQUIRE(value_number(category, category_length, DECIMAL_POINT, &again));
        REQUIRE(is_number && again == number);
    }
}

struct columns {
    struct time_column times[2];
    struct number_column numbers[2];
};

/* All cells go to the first; to both parts by turns, which are merged. */
static void add_cell(struct columns *whole, struct columns *parts, uint64_t place,
                     const char *bytes, size_t length)
{
    for (int k = 0; k < 2; k++) {
        time_column_add(&whole->times[k], place, bytes, length);
        time_column_add(&parts[place % 2].times[k], place, bytes, length);
    }
    number_column_add(&whole->numbers[0], place, bytes, length);
    number_column_add(&parts[place % 2].numbers[0], place, bytes, length);
}

static void check_decisions(const struct columns *whole, struct columns *parts)
{
    for (int k = 0; k < 2; k++) {
        struct time_decision a, b;
        time_column_merge(&parts[1].times[k], &parts[0].times[k]);
        time_column_decide(&whole->times[k], &a);
        time_column_decide(&parts[1].times[k], &b);
        REQUIRE(a.verdict == b.verdict && a.times == b.times && a.cells == b.cells);
        REQUIRE(a.times <= a.cells && a.needs_user == b.needs_user);
        REQUIRE(strcmp(a.text, b.text) == 0 && strcmp(a.warning, b.warning) == 0);
        REQUIRE(a.placeholder_count == b.placeholder_count);
        REQUIRE(a.first_bad.count == b.first_bad.count);
    }
    struct number_decision a, b;
    number_column_merge(&parts[1].numbers[0], &parts[0].numbers[0]);
    number_column_decide(&whole->numbers[0], true, &a);
    number_column_decide(&parts[1].numbers[0], true, &b);
    REQUIRE(a.verdict == b.verdict && a.numbers == b.numbers);
    REQUIRE(strcmp(a.text, b.text) == 0);
}

static void check_cell(const struct time_format *given, const char *bytes, size_t length)
{
    struct time_format format;
    check_time(given, bytes, length);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        REQUIRE(time_format_parse(&format, formats[i], NULL) == STATUS_OK);
        check_time(&format, bytes, length);
    }
    check_rfc_3339(bytes, length);
    check_value(bytes, length);
    (void)time_name_is_likely(bytes, length);
}

void fuzz_values(const uint8_t *bytes, size_t length)
{
    enum { MAX_BYTES = 4096 };
    const char *next = (const char *)bytes,
               *end = next + (length < MAX_BYTES ? length : MAX_BYTES);
    struct time_format given = TIME_FORMAT_DEFAULT;
    struct columns *columns = calloc(3, sizeof *columns);
    REQUIRE(columns);
    for (uint64_t place = 0; next < end; place++) {
        const char *line_end = memchr(next, '\n', (size_t)(end - next));
        size_t size = (size_t)((line_end ? line_end : end) - next);
        char first[TIME_FORMAT_SIZE] = "";
        if (place == 0 && size < sizeof first) {
            memcpy(first, next, size);
            (void)time_format_parse(&given, first, NULL);
        }
        for (int i = 0; place == 0 && i < 3; i++) {
            time_column_init(&columns[i].times[0], &TIME_FORMAT_DEFAULT);
            time_column_init(&columns[i].times[1], &given);
        }
        check_cell(&given, next, size);
        add_cell(&columns[0], columns + 1, place, next, size);
        next += size + (next + size < end);
    }
    check_decisions(&columns[0], columns + 1);
    free(columns);
}
