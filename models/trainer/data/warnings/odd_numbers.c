/* Each number field is examined by itself. */
#include "data/warnings/warnings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "data/warnings/sample.h"

enum {
    MIN_NUMBERS = 200, /* of a field */
    MIN_SIDE = 50,     /* numbers before and after a change */
    MIN_ODD = 20,      /* numbers that are cut off, or 0 */
    MIN_DIFFERENT = 30 /* other numbers */
};

struct numbers {
    const struct sample *sample;
    const struct sampled_column *column;
    struct messages *messages;
    double *sorted; /* [column->count] */
    double *work;   /* [column->count] */
};

static int compare_numbers(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double quantile(const double *sorted, size_t count, double share)
{
    return sorted[(size_t)(share * (double)(count - 1) + 0.5)];
}

/* The place of the first cell that is the number. */
static void find_place(const struct numbers *numbers, double number,
                       char place[TAPE_PLACE_BYTES])
{
    size_t i = 0;
    while (i + 1 < numbers->column->count && numbers->column->cells[i].number != number)
        i++;
    sample_place(numbers->sample, &numbers->column->cells[i], place, TAPE_PLACE_BYTES);
}

/* ---- the other sign ---- */

static bool is_negative(const struct sampled_cell *cell, uint32_t value)
{
    (void)value;
    return cell->number < 0.0;
}

/* The magnitude of which a share of the cells [first, end) has a smaller one. */
static void find_magnitudes(const struct numbers *numbers, size_t first, size_t end,
                            double magnitudes[3])
{
    size_t count = 0;
    for (size_t i = first; i < end; i++)
        numbers->work[count++] = fabs(numbers->column->cells[i].number);
    qsort(numbers->work, count, sizeof *numbers->work, compare_numbers);
    for (int i = 0; i < 3; i++)
        magnitudes[i] = quantile(numbers->work, count, 0.25 * (i + 1));
}

static void warn_about_sign(const struct numbers *numbers)
{
    static const double NEARLY_ALL = 0.95, ALIKE = 1.4;
    const struct sampled_column *column = numbers->column;
    struct split split = sample_split(column->cells, column->count, is_negative, 0);
    double before[3], after[3];
    char place[TAPE_PLACE_BYTES];
    bool is_turned = (split.before <= 1.0 - NEARLY_ALL && split.after >= NEARLY_ALL) ||
                     (split.after <= 1.0 - NEARLY_ALL && split.before >= NEARLY_ALL);
    if (!is_turned || split.at < MIN_SIDE || column->count - split.at < MIN_SIDE)
        return;
    find_magnitudes(numbers, 0, split.at, before);
    find_magnitudes(numbers, split.at, column->count, after);
    for (int i = 0; i < 3; i++)
        if (after[i] > ALIKE * before[i] || before[i] > ALIKE * after[i])
            return;
    sample_place(numbers->sample, &column->cells[split.at], place, sizeof place);
    messages_warn(numbers->messages,
                  "field \"%s\": from %s on, %.0f %% of the numbers are below zero, and "
                  "%.0f %% before; they are alike otherwise: was the sign turned?",
                  column->name, place, 100.0 * split.after, 100.0 * split.before);
}

/* ---- cut off at a limit ---- */

/* How many different numbers there are among the sorted ones, and the most that are equal. */
static size_t count_different(const double *sorted, size_t count, size_t *most)
{
    size_t different = 0;
    *most = 0;
    for (size_t i = 0, n; i < count; i += n) {
        for (n = 1; i + n < count && sorted[i + n] == sorted[i];)
            n++;
        different++;
        *most = n > *most && sorted[i] != 0.0 ? n : *most;
    }
    return different;
}

/* "cpu_percent", "Success rate": 100 and 1 are no limits of the measurement, and frequent. */
static bool is_named_as_share(const char *name)
{
    static const char *const words[] = {"%",     "percent", "pct",    "cpu",   "usage",
                                        "util",  "avail",   "uptime", "share", "ratio",
                                        "rate",  "success", "health", "score", "progress",
                                        "level", "battery", "prob",   "confid"};
    for (; *name; name++)
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (strncasecmp(name, words[i], strlen(words[i])) == 0)
                return true;
    return false;
}

static void warn_about_limit(const struct numbers *numbers)
{
    static const double LEAST = 0.03, NEAR = 0.8, TIMES_OTHERS = 5.0, MANY = 0.3;
    const struct sampled_column *column = numbers->column;
    const double limit = numbers->sorted[column->count - 1], all = (double)column->count;
    size_t below = column->count, most;
    char place[TAPE_PLACE_BYTES];
    while (below > 0 && numbers->sorted[below - 1] == limit)
        below--;
    size_t equal = column->count - below;
    bool is_scale = numbers->sorted[0] >= 0.0 && (limit == 1.0 || limit == 100.0) &&
                    ((double)equal < MANY * all || is_named_as_share(column->name));
    if (equal < MIN_ODD || (double)equal < LEAST * all || limit <= 0.0 || is_scale ||
        below == 0 || numbers->sorted[below - 1] < NEAR * limit)
        return;
    size_t different = count_different(numbers->sorted, below, &most);
    if (different < MIN_DIFFERENT || (double)equal < TIMES_OTHERS * (double)most)
        return;
    find_place(numbers, limit, place);
    messages_warn(numbers->messages,
                  "field \"%s\": %.0f %% of the numbers are %.10g, the largest one (the "
                  "first at %s), and the others are nearly all different: were larger "
                  "ones cut off there?",
                  column->name, 100.0 * (double)equal / all, limit, place);
}

/* ---- 0 for none ---- */

static bool is_zero(const struct sampled_cell *cell, uint32_t value)
{
    (void)value;
    return cell->number == 0.0;
}

/* Are all numbers but 0 written with as many decimal places, and no 0 with any? */
static bool are_written_otherwise(const struct sampled_column *column)
{
    bool has_trailing_zero = false;
    unsigned decimals = 0;
    double power = 1.0;
    for (size_t i = 0; i < column->count; i++) {
        const struct sampled_cell *cell = &column->cells[i];
        if (cell->number == 0.0 && cell->decimals > 0)
            return false;
        if (cell->number == 0.0)
            continue;
        if (decimals == 0) {
            decimals = cell->decimals;
            power = pow(10.0, decimals - 1.0);
        }
        if (decimals == 0 || cell->decimals != decimals)
            return false;
        double shifted = cell->number * power;
        has_trailing_zero =
            has_trailing_zero || fabs(shifted - floor(shifted + 0.5)) < 1e-6;
    }
    return has_trailing_zero; /* else the writer leaves them out, of 0 as well */
}

/* Are all numbers above zero, and the smallest ones far from it? */
static bool are_far_from_zero(const struct numbers *numbers, size_t zeros)
{
    static const double FAR = 0.3;
    const double *others = numbers->sorted + zeros;
    size_t count = numbers->column->count - zeros;
    return numbers->sorted[0] == 0.0 && others[0] >= FAR * quantile(others, count, 0.5);
}

/* Is 0 there only before or after a place? */
static bool find_side(const struct sampled_column *column, struct split *split)
{
    static const double FEW = 0.01, MANY = 0.2;
    *split = sample_split(column->cells, column->count, is_zero, 0);
    return split->at >= MIN_SIDE && column->count - split->at >= MIN_SIDE &&
           ((split->before <= FEW && split->after >= MANY) ||
            (split->after <= FEW && split->before >= MANY));
}

static void warn_about_zeros(const struct numbers *numbers, bool is_timed)
{
    static const double LEAST = 0.02;
    const struct sampled_column *column = numbers->column;
    struct split split;
    size_t zeros = 0, others = 0, most;
    char place[TAPE_PLACE_BYTES];
    for (size_t i = 0; i < column->count; i++)
        if (numbers->sorted[i] == 0.0)
            zeros++;
        else
            numbers->work[others++] = numbers->sorted[i];
    if (zeros < MIN_ODD || (double)zeros < LEAST * (double)column->count ||
        count_different(numbers->work, others, &most) < MIN_DIFFERENT)
        return;
    if (is_timed && find_side(column, &split)) {
        sample_place(numbers->sample, &column->cells[split.at], place, sizeof place);
        messages_warn(
            numbers->messages,
            "field \"%s\": from %s on, %.0f %% of the numbers are 0, and %.0f %% "
            "before: if 0 means that there is none, empty these cells",
            column->name, place, 100.0 * split.after, 100.0 * split.before);
        return;
    }
    bool is_otherwise = are_written_otherwise(column);
    if (!is_otherwise && !are_far_from_zero(numbers, zeros))
        return;
    find_place(numbers, 0.0, place);
    messages_warn(
        numbers->messages,
        "field \"%s\": %.0f %% of the numbers are 0 (the first at %s), %s: if 0 "
        "means that there is none, empty these cells",
        column->name, 100.0 * (double)zeros / (double)column->count, place,
        is_otherwise ? "without the decimal places that all others have"
                     : "and all others are far from it");
}

enum status warn_about_odd_numbers(struct messages *messages,
                                   const struct warning_data *data, struct sample *sample,
                                   struct error *err)
{
    const bool is_timed = data->histories->untimed.count == 0;
    for (size_t c = 0; c < sample->column_count; c++) {
        const struct sampled_column *column = &sample->columns[c];
        if (!column->name || !column->is_number || column->count < MIN_NUMBERS)
            continue;
        struct numbers numbers = {.sample = sample,
                                  .column = column,
                                  .messages = messages,
                                  .sorted =
                                      malloc(column->count * sizeof *numbers.sorted),
                                  .work = malloc(column->count * sizeof *numbers.work)};
        bool is_done = numbers.sorted && numbers.work;
        for (size_t i = 0; is_done && i < column->count; i++)
            numbers.sorted[i] = column->cells[i].number;
        if (is_done) {
            qsort(numbers.sorted, column->count, sizeof *numbers.sorted, compare_numbers);
            if (is_timed)
                warn_about_sign(&numbers);
            warn_about_limit(&numbers);
            warn_about_zeros(&numbers, is_timed);
        }
        free(numbers.sorted);
        free(numbers.work);
        if (!is_done)
            return error_no_memory(err);
    }
    return STATUS_OK;
}
