#include "http/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "http/suites.h"

enum { SERIES = 2000, NAME = 128 };

/* A line of numbers, up to its value, and that. */
struct sample {
    const char *text;
    size_t length;
    double value;
};

struct reading {
    char family[NAME], type[16];
    char families[SERIES / 10][NAME];
    struct sample samples[SERIES];
    int family_count, sample_count;
};

static void read_help(struct reading *reading, const char *line)
{
    char type_of[NAME];
    ck_assert_int_eq(sscanf(line, "# HELP %127s", reading->family), 1);
    const char *next = strchr(line, '\n') + 1;
    ck_assert_int_eq(sscanf(next, "# TYPE %127s %15s", type_of, reading->type), 2);
    ck_assert_str_eq(type_of, reading->family);
    for (int i = 0; i < reading->family_count; i++)
        if (strcmp(reading->families[i], reading->family) == 0)
            ck_abort_msg("two families %s", reading->family);
    memcpy(reading->families[reading->family_count++], reading->family, NAME);
}

/* Whether the line's name is the family's, with a suffix only where there may be one. */
static bool belongs(const struct reading *reading, const char *line)
{
    static const char *const suffixes[] = {"_bucket", "_count", "_sum"};
    size_t length = strlen(reading->family), name = strcspn(line, "{ ");
    if (strncmp(line, reading->family, length) != 0)
        return false;
    if (strcmp(reading->type, "histogram") != 0)
        return name == length;
    for (size_t i = 0; i < 3; i++)
        if (name == length + strlen(suffixes[i]) &&
            strncmp(line + length, suffixes[i], strlen(suffixes[i])) == 0)
            return true;
    return false;
}

/* Where the value begins: after the blank that no label holds.  Else the line's end. */
static const char *value_of(const char *line)
{
    bool is_quoted = false;
    for (; is_quoted || *line != ' '; line++) {
        if (*line == '\n')
            return line;
        if (*line == '\\')
            line++;
        else if (*line == '"')
            is_quoted = !is_quoted;
    }
    return line + 1;
}

static bool is_there(const struct reading *reading, const struct sample *sample)
{
    for (int i = 0; i < reading->sample_count; i++)
        if (reading->samples[i].length == sample->length &&
            strncmp(reading->samples[i].text, sample->text, sample->length) == 0)
            return true;
    return false;
}

/* An assertion that holds writes a file all the same, so there are few of them a line. */
static void read_sample(struct reading *reading, const char *line)
{
    char *end;
    const char *value = value_of(line);
    struct sample sample = {line, (size_t)(value - line), strtod(value, &end)};
    if (*end != '\n' || end == value)
        ck_abort_msg("no number: %.100s", line);
    if (!belongs(reading, line))
        ck_abort_msg("%.100s is not of %s", line, reading->family);
    if (is_there(reading, &sample))
        ck_abort_msg("twice: %.100s", line);
    if (reading->sample_count == SERIES)
        ck_abort_msg("more numbers than this test has room for");
    reading->samples[reading->sample_count++] = sample;
}

static bool is_bucket(const struct sample *sample)
{
    size_t name = strcspn(sample->text, "{ ");
    return name > 7 && strncmp(sample->text + name - 7, "_bucket", 7) == 0;
}

/* Buckets ascend up to the one without an end, after which the count stands. */
static void check_histograms(const struct reading *reading)
{
    for (int i = 0; i < reading->sample_count; i++) {
        const struct sample *sample = &reading->samples[i];
        if (!is_bucket(sample))
            continue;
        bool is_last = strncmp(sample->text + sample->length - 6, "Inf\"} ", 6) == 0;
        if (i + 1 == reading->sample_count || sample[1].value < sample->value)
            ck_abort_msg("descends: %.100s", sample->text);
        if (is_last == is_bucket(sample + 1))
            ck_abort_msg("no end: %.100s", sample->text);
        if (is_last && sample[1].value != sample->value)
            ck_abort_msg("count: %.100s", sample->text);
    }
}

void page_check(const char *page)
{
    struct reading *reading = calloc(1, sizeof *reading);
    ck_assert_ptr_nonnull(reading);
    ck_assert(*page && page[strlen(page) - 1] == '\n');
    for (const char *line = page; *line; line = strchr(line, '\n') + 1) {
        if (strncmp(line, "# HELP ", 7) == 0)
            read_help(reading, line);
        else if (strncmp(line, "# TYPE ", 7) != 0)
            read_sample(reading, line);
    }
    check_histograms(reading);
    ck_assert_int_gt(reading->family_count, 20);
    free(reading);
}

char *page_fetch(void)
{
    struct answer answer = {0};
    char type[64];
    ck_assert_int_eq(client_get(url(), "/metrics", &answer), 200);
    ck_assert(answer_header(&answer, "Content-Type", type, sizeof type));
    ck_assert_str_eq(type, "text/plain; version=0.0.4; charset=utf-8");
    page_check(answer.body);
    char *page = strdup(answer.body);
    ck_assert_ptr_nonnull(page);
    answer_release(&answer);
    return page;
}

double page_number(const char *page, const char *series)
{
    size_t length = strlen(series);
    for (const char *line = page; *line; line = strchr(line, '\n') + 1)
        if (strncmp(line, series, length) == 0 && line[length] == ' ')
            return strtod(line + length, NULL);
    return -1;
}

/* The first that is not as expected; NULL when all are. */
static const struct expectation *
differing(const char *page, const struct expectation *expectations, int count)
{
    for (int i = 0; i < count; i++)
        if (page_number(page, expectations[i].series) != expectations[i].value)
            return &expectations[i];
    return NULL;
}

void page_expect(const struct expectation *expectations, int count)
{
    const struct expectation *other = NULL;
    char *page = page_fetch();
    for (int i = 0; i < 500 && (other = differing(page, expectations, count)); i++) {
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        free(page);
        page = page_fetch();
    }
    ck_assert_msg(!other, "%s is %g, expected %g", other->series,
                  page_number(page, other->series), other->value);
    free(page);
}
