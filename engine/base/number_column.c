/* Counting what the cells of a column are, and deciding from the counts. */
#include "base/number_column.h"

#include <stdio.h>
#include <string.h>

#include "base/decimal.h"
#include "base/utf8.h"

static bool is_whole(double number)
{
    const double most = 9007199254740992.0; /* 2^53: every double beyond it is whole */
    return number >= most || number <= -most || number == (double)(int64_t)number;
}

/* Digits with zeros in front: 007. */
static bool is_code(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (bytes[i] < '0' || bytes[i] > '9')
            return false;
    return length > 1 && bytes[0] == '0';
}

/* May the mark of a number stand between thousands?  "1,234" or "-12,345", not "0,123". */
static bool may_be_thousands(const struct decimal *decimal)
{
    return decimal->fraction_count == 3 && decimal->whole_count >= 1 &&
           decimal->whole_count <= 3 && decimal->whole[0] != '0' &&
           decimal->exponent == 0;
}

static void merge_largest(struct number_column *column, double magnitude,
                          const struct first_cell *cell)
{
    if (cell->count == 0 || (column->largest.count > 0 && magnitude < column->magnitude))
        return;
    if (magnitude > column->magnitude)
        column->largest.count = 0;
    column->magnitude = magnitude;
    first_cell_merge(&column->largest, cell);
}

static void add_number(struct number_column *column, double number, uint64_t place,
                       const char *bytes, size_t length)
{
    double magnitude = number < 0 ? -number : number;
    if (column->largest.count > 0 && magnitude < column->magnitude)
        return;
    struct first_cell cell = {.count = 0};
    first_cell_add(&cell, place, bytes, length);
    merge_largest(column, magnitude, &cell);
}

static bool has_same_unit(const struct first_cell *a, const struct first_cell *b)
{
    const char *x, *y;
    size_t x_length, y_length;
    return value_measure(a->text, strlen(a->text), &x, &x_length) &&
           value_measure(b->text, strlen(b->text), &y, &y_length) &&
           x_length == y_length && memcmp(x, y, x_length) == 0;
}

/*
 * Find the first measure whose unit is not that of the first measure.  It is, in each part, the first
 * measure, or if that has the same unit, the first one of the part with another unit.
 */
static void merge_measures(struct number_column *column, const struct number_column *from)
{
    const struct number_column parts[] = {*column, *from};
    first_cell_merge(&column->measures, &from->measures);
    column->other_measures = (struct first_cell){.count = 0};
    for (size_t i = 0; i < 2; i++) {
        bool is_other = parts[i].measures.count > 0 &&
                        !has_same_unit(&parts[i].measures, &column->measures);
        const struct first_cell *other =
            is_other ? &parts[i].measures : &parts[i].other_measures;
        if (other->count == 0 || (column->other_measures.count > 0 &&
                                  column->other_measures.place <= other->place))
            continue;
        column->other_measures = *other;
        column->other_measures.count = 1;
    }
}

static void add_measure(struct number_column *column, uint64_t place, const char *bytes,
                        size_t length)
{
    const char *unit;
    size_t unit_length;
    if (!value_measure(bytes, length, &unit, &unit_length))
        return;
    struct number_column one = {.cells = 0};
    first_cell_add(&one.measures, place, bytes, length);
    if (column->measures.count > 0 && place >= column->measures.place &&
        has_same_unit(&one.measures, &column->measures))
        column->measures.count++;
    else
        merge_measures(column, &one);
}

void number_column_add(struct number_column *column, uint64_t place, const char *bytes,
                       size_t length)
{
    struct decimal decimal;
    double number;
    bool is_true;
    bytes = value_trim(bytes, &length);
    if (value_is_missing(bytes, length)) {
        first_cell_add(&column->missing, place, bytes, length);
        return;
    }
    column->cells++;
    if (decimal_scan(&decimal, bytes, length, '.') &&
        decimal_to_double(&decimal, &number)) {
        first_cell_add(&column->points, place, bytes, length);
        add_number(column, number, place, bytes, length);
        if (decimal.fraction_count > 0)
            first_cell_add(&column->marks, place, bytes, length);
        if (!is_whole(number))
            first_cell_add(&column->fractions, place, bytes, length);
        if (may_be_thousands(&decimal))
            first_cell_add(&column->grouped, place, bytes, length);
        if (decimal.fraction_count == 0 && (number >= 1000 || number <= -1000))
            first_cell_add(&column->large, place, bytes, length);
        if (number < 0)
            first_cell_add(&column->negatives, place, bytes, length);
    } else if (decimal_scan(&decimal, bytes, length, ',') &&
               decimal_to_double(&decimal, &number)) {
        first_cell_add(&column->commas, place, bytes, length);
        add_number(column, number, place, bytes, length);
        if (may_be_thousands(&decimal))
            first_cell_add(&column->thousands, place, bytes, length);
    } else if (value_boolean(bytes, length, &is_true)) {
        first_cell_add(&column->booleans, place, bytes, length);
    } else {
        first_cell_add(&column->others, place, bytes, length);
        if (is_code(bytes, length))
            first_cell_add(&column->codes, place, bytes, length);
        else
            add_measure(column, place, bytes, length);
    }
}

void number_column_merge(struct number_column *column, const struct number_column *from)
{
    column->cells += from->cells;
    first_cell_merge(&column->missing, &from->missing);
    first_cell_merge(&column->points, &from->points);
    first_cell_merge(&column->marks, &from->marks);
    first_cell_merge(&column->fractions, &from->fractions);
    first_cell_merge(&column->grouped, &from->grouped);
    first_cell_merge(&column->large, &from->large);
    first_cell_merge(&column->negatives, &from->negatives);
    first_cell_merge(&column->commas, &from->commas);
    first_cell_merge(&column->thousands, &from->thousands);
    first_cell_merge(&column->booleans, &from->booleans);
    first_cell_merge(&column->others, &from->others);
    first_cell_merge(&column->codes, &from->codes);
    merge_measures(column, from);
    merge_largest(column, from->magnitude, &from->largest);
}

/* ---- the decision ---- */

/* All commas could stand between thousands, and no number without a comma says otherwise. */
static bool is_comma_ambiguous(const struct number_column *column)
{
    return column->commas.count > 0 && column->thousands.count == column->commas.count;
}

/*
 * 997 of 998 cells are numbers, the first that is not is "12 ms", which has the unit "ms"
 * 998 of 998 cells are numbers, but not plain ones: the first is "1,5", which has a decimal comma
 */
static void describe(struct number_decision *decision, uint64_t numbers, bool are_plain,
                     uint64_t cells)
{
    const char *bytes = decision->first_bad.text;
    char hint[VALUE_HINT_SIZE], text[2 * NUMBER_DECISION_SIZE];
    value_number_explain(bytes, strlen(bytes), hint);
    (void)snprintf(text, sizeof text, "%llu of %llu cells are numbers, %s \"%s\"%s%s",
                   (unsigned long long)numbers, (unsigned long long)cells,
                   are_plain ? "the first that is not is"
                             : "but not plain ones: the first is",
                   bytes, hint[0] != '\0' ? ", which " : "", hint);
    utf8_copy(decision->text, sizeof decision->text, text);
}

void number_column_decide(const struct number_column *column, bool allows_comma,
                          struct number_decision *decision)
{
    *decision = (struct number_decision){.verdict = NUMBER_COLUMN_TEXT};
    bool reads_commas = allows_comma && column->commas.count > 0 &&
                        column->marks.count == 0 && !is_comma_ambiguous(column);
    decision->mark = reads_commas ? DECIMAL_COMMA : DECIMAL_POINT;
    decision->numbers = column->points.count + (reads_commas ? column->commas.count : 0);
    if (column->cells == 0)
        return;
    if (column->booleans.count == column->cells) {
        decision->verdict = NUMBER_COLUMN_BOOLEANS;
        return;
    }
    first_cell_merge(&decision->first_bad, &column->others);
    if (!reads_commas)
        first_cell_merge(&decision->first_bad, &column->commas);
    if (decision->first_bad.count == 0 && column->booleans.count == 0) {
        decision->verdict = NUMBER_COLUMN_NUMBERS;
        decision->is_whole = !reads_commas && column->fractions.count == 0;
        return;
    }
    if (decision->first_bad.count == 0) {
        decision->verdict = NUMBER_COLUMN_MIXED;
        return;
    }
    first_cell_merge(&decision->first_bad, &column->booleans);
    /* a column of nothing but decimal commas is nearly one of numbers, too */
    bool is_nearly = decision->numbers + column->commas.count > column->cells / 2;
    decision->verdict = is_nearly ? NUMBER_COLUMN_NEARLY : NUMBER_COLUMN_TEXT;
    bool are_commas = !reads_commas && 2 * column->commas.count > column->cells;
    if (is_nearly && are_commas)
        decision->first_bad = column->commas;
    if (is_nearly)
        describe(decision, decision->numbers + (are_commas ? column->commas.count : 0),
                 !are_commas, column->cells);
}
