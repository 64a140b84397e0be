/* A small parser of the Prometheus text format. */
#include "http/metrics_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "http/suites.h"

enum { MAX_SERIES = 2000, NAME_BYTES = 128 };

/* A line: its text up to the value, and the value. */
struct sample {
    const char *text;
    size_t length;
    double value;
};

struct parser {
    char family[NAME_BYTES], type[16];
    char families[MAX_SERIES / 10][NAME_BYTES];
    struct sample samples[MAX_SERIES];
    int family_count, sample_count;
};

static void read_help(struct parser *parser, const char *line)
{
    char type_of[NAME_BYTES];
    ck_assert_int_eq(sscanf(line, "# HELP %127s", parser->family), 1);
    const char *next = strchr(line, '\n') + 1;
    ck_assert_int_eq(sscanf(next, "# TYPE %127s %15s", type_of, parser->type), 2);
    ck_assert_str_eq(type_of, parser->family);
    for (int i = 0; i < parser->family_count; i++)
        if (strcmp(parser->families[i], parser->family) == 0)
            ck_abort_msg("family twice: %s", parser->family);
    memcpy(parser->families[parser->family_count++], parser->family, NAME_BYTES);
}

/* Whether the line belongs to the current family; only histograms have suffixes. */
static bool belongs(const struct parser *parser, const char *line)
{
    static const char *const suffixes[] = {"_bucket", "_count", "_sum"};
    size_t length = strlen(parser->family), name = strcspn(line, "{ ");
    if (strncmp(line, parser->family, length) != 0)
        return false;
    if (strcmp(parser->type, "histogram") != 0)
        return name == length;
    for (size_t i = 0; i < 3; i++)
        if (name == length + strlen(suffixes[i]) &&
            strncmp(line + length, suffixes[i], strlen(suffixes[i])) == 0)
            return true;
    return false;
}

/* Find the value: after the first blank outside of quotes, or the end of the line. */
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

static bool has_sample(const struct parser *parser, const struct sample *sample)
{
    for (int i = 0; i < parser->sample_count; i++)
        if (parser->samples[i].length == sample->length &&
            strncmp(parser->samples[i].text, sample->text, sample->length) == 0)
            return true;
    return false;
}

/* Without ck_assert: check writes to a pipe for each assertion, even if it holds. */
static void read_sample(struct parser *parser, const char *line)
{
    char *end;
    const char *value = value_of(line);
    struct sample sample = {line, (size_t)(value - line), strtod(value, &end)};
    if (*end != '\n' || end == value)
        ck_abort_msg("not a number: %.100s", line);
    if (!belongs(parser, line))
        ck_abort_msg("not of family %s: %.100s", parser->family, line);
    if (has_sample(parser, &sample))
        ck_abort_msg("series twice: %.100s", line);
    if (parser->sample_count == MAX_SERIES)
        ck_abort_msg("more than %d series", MAX_SERIES);
    parser->samples[parser->sample_count++] = sample;
}

static bool is_bucket(const struct sample *sample)
{
    size_t name = strcspn(sample->text, "{ ");
    return name > 7 && strncmp(sample->text + name - 7, "_bucket", 7) == 0;
}

/* Buckets are cumulative, and the last one, le="+Inf", is followed by an equal count. */
static void check_histograms(const struct parser *parser)
{
    for (int i = 0; i < parser->sample_count; i++) {
        const struct sample *sample = &parser->samples[i];
        if (!is_bucket(sample))
            continue;
        bool is_last = strncmp(sample->text + sample->length - 6, "Inf\"} ", 6) == 0;
        if (i + 1 == parser->sample_count || sample[1].value < sample->value)
            ck_abort_msg("not cumulative: %.100s", sample->text);
        if (is_last == is_bucket(sample + 1))
            ck_abort_msg("no last bucket: %.100s", sample->text);
        if (is_last && sample[1].value != sample->value)
            ck_abort_msg("count differs: %.100s", sample->text);
    }
}

void metrics_text_check(const char *text)
{
    struct parser *parser = calloc(1, sizeof *parser);
    ck_assert_ptr_nonnull(parser);
    ck_assert(*text && text[strlen(text) - 1] == '\n');
    for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
        if (strncmp(line, "# HELP ", 7) == 0)
            read_help(parser, line);
        else if (strncmp(line, "# TYPE ", 7) != 0)
            read_sample(parser, line);
    }
    check_histograms(parser);
    ck_assert_int_gt(parser->family_count, 20);
    free(parser);
}

char *metrics_text_fetch(void)
{
    struct answer answer = {0};
    char type[64];
    ck_assert_int_eq(client_get(url(), "/metrics", &answer), 200);
    ck_assert(answer_header(&answer, "Content-Type", type, sizeof type));
    ck_assert_str_eq(type, "text/plain; version=0.0.4; charset=utf-8");
    metrics_text_check(answer.body);
    char *text = strdup(answer.body);
    ck_assert_ptr_nonnull(text);
    answer_release(&answer);
    return text;
}

double metrics_text_value(const char *text, const char *series)
{
    size_t length = strlen(series);
    for (const char *line = text; *line; line = strchr(line, '\n') + 1)
        if (strncmp(line, series, length) == 0 && line[length] == ' ')
            return strtod(line + length, NULL);
    return -1;
}

/* The first value that differs from the expected one; NULL if none does. */
static const struct expectation *
first_difference(const char *text, const struct expectation *expectations, int count)
{
    for (int i = 0; i < count; i++)
        if (metrics_text_value(text, expectations[i].series) != expectations[i].value)
            return &expectations[i];
    return NULL;
}

void metrics_text_expect(const struct expectation *expectations, int count)
{
    const struct expectation *difference = NULL;
    char *text = metrics_text_fetch();
    for (int i = 0; i < 500 && (difference = first_difference(text, expectations, count));
         i++) {
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        free(text);
        text = metrics_text_fetch();
    }
    ck_assert_msg(!difference, "%s is %g, expected %g", difference->series,
                  metrics_text_value(text, difference->series), difference->value);
    free(text);
}
