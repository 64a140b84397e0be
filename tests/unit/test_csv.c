/* Rows and cells of CSV text, and the errors of text that is not CSV. */
#include "data/csv.h"

#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "unit/suites.h"

enum { CELLS = 4 };

/* shown: for each row its line, then its cells in brackets. */
static const struct {
    const char *about, *path, *text, *shown;
} good[] = {
    {"an empty file", "a.csv", "", ""},
    {"only a byte order mark", "a.csv", "\xef\xbb\xbf", ""},
    {"two rows", "a.csv", "a,b\nc,d\n", "1[a][b]2[c][d]"},
    {"no newline at the end", "a.csv", "a,b\nc,d", "1[a][b]2[c][d]"},
    {"CRLF", "a.csv", "a,b\r\nc,d\r\n", "1[a][b]2[c][d]"},
    {"CR alone is text", "a.csv", "a\rb,c\n", "1[a\rb][c]"},
    {"CR at the very end", "a.csv", "a\r", "1[a\r]"},
    {"a byte order mark is skipped", "a.csv", "\xef\xbb\xbf\"a\",b", "1[a][b]"},
    {"empty cells", "a.csv", ",\n,,\n", "1[][]2[][][]"},
    {"a separator ends the file", "a.csv", "a,", "1[a][]"},
    {"blank lines are skipped", "a.csv", "\n\na\n\r\n\nb\n\n", "3[a]6[b]"},
    {"quotes", "a.csv", "\"a,b\",\"\",\"c\"\n", "1[a,b][][c]"},
    {"doubled quotes", "a.csv", "\"say \"\"go\"\"\",\"\"\"\"\n", "1[say \"go\"][\"]"},
    {"line breaks in quotes count as lines", "a.csv", "\"a\n\r\nb\",c\nd\n",
     "1[a\n\r\nb][c]4[d]"},
    {"quotes in unquoted cells are text", "a.csv", "5\" disk,b\"\n", "1[5\" disk][b\"]"},
    {"spaces are text", "a.csv", " a , b\n", "1[ a ][ b]"},
    {"tabs", "a.tsv", "a,b\tc\nd\t\n", "1[a,b][c]2[d][]"},
    {"tabs, in capitals", "A.TSV", "a\tb\n", "1[a][b]"},
    {"semicolons", "a.csv", "a;b\nc,d;e\n", "1[a][b]2[c,d][e]"},
    {"semicolons beside commas", "a.csv", "a;b,c\n", "1[a;b][c]"},
    {"more cells than are stored are counted", "a.csv", "1,2,3,4,5,6\n",
     "1[1][2][3][4]+2"},
};

static void show(struct csv *csv, struct strbuf *shown)
{
    struct csv_cell cells[CELLS];
    struct strbuf buffer;
    size_t count;
    strbuf_init(&buffer, SIZE_MAX);
    strbuf_add(shown, "");
    while (csv_next(csv, cells, CELLS, &count, NULL) == STATUS_OK && count > 0) {
        strbuf_printf(shown, "%zu", csv->start_line);
        for (size_t i = 0; i < count && i < CELLS; i++) {
            size_t length;
            const char *text = csv_cell_text(&cells[i], &buffer, &length);
            strbuf_printf(shown, "[%.*s]", (int)length, text);
        }
        if (count > CELLS)
            strbuf_printf(shown, "+%zu", count - CELLS);
    }
    strbuf_release(&buffer);
}

START_TEST(test_text_is_split_into_rows_and_cells)
{
    struct strbuf shown;
    struct csv csv;
    strbuf_init(&shown, SIZE_MAX);
    csv_init(&csv, good[_i].path, good[_i].text, strlen(good[_i].text));
    show(&csv, &shown);
    ck_assert_msg(strcmp(shown.bytes, good[_i].shown) == 0, "%s: %s", good[_i].about,
                  shown.bytes);
    strbuf_release(&shown);
}
END_TEST

static const struct {
    const char *about, *text;
    size_t length, line;
    const char *error;
} bad[] = {
    {"a quote that is never closed", "a\n\"b,\nc\n", 8, 2, "never closed"},
    {"a lone quote", "\"", 1, 1, "never closed"},
    {"a doubled quote at the end", "\"a\"\"", 4, 1, "never closed"},
    {"text after a quote", "a\n\n\"b\"c,d\n", 10, 3, "after a closing quote"},
    {"a space after a quote", "\"b\" ,d\n", 7, 1, "after a closing quote"},
    {"a zero byte", "a,b\0c\n", 6, 1, "zero byte"},
    {"a zero byte in quotes", "a\n\"b\0\"\n", 7, 2, "zero byte"},
    {"UTF-16", "c\0a\0s\0e\0", 8, 1, "UTF-16"},
};

START_TEST(test_bad_text_is_an_error)
{
    struct error err = {.status = STATUS_OK};
    struct csv_cell cells[CELLS];
    struct csv csv;
    size_t count = 1;
    csv_init(&csv, "a.csv", bad[_i].text, bad[_i].length);
    while (count > 0 && csv_next(&csv, cells, CELLS, &count, &err) == STATUS_OK)
        continue;
    ck_assert_msg(err.status == STATUS_BAD_INPUT, "%s: no error", bad[_i].about);
    ck_assert_msg(strstr(err.text, bad[_i].error) != NULL, "%s: %s", bad[_i].about,
                  err.text);
    ck_assert_uint_eq(csv.start_line, bad[_i].line);
}
END_TEST

/* Any bytes: reading ends, cells lie within the text, and a row can be read again. */
START_TEST(test_any_bytes_end_within_the_text)
{
    static const char alphabet[] = "a,\"\n\r;\t\0\xef\xbb\xbf";
    struct random random;
    char text[40];
    random_init(&random, 7, (uint64_t)_i);
    for (int round = 0; round < 200; round++) {
        size_t length = random_below(&random, sizeof text), count, rows = 0;
        struct csv_cell cells[CELLS], again[CELLS];
        struct csv csv;
        for (size_t i = 0; i < length; i++)
            text[i] = alphabet[random_below(&random, sizeof alphabet - 1)];
        csv_init(&csv, "a.csv", text, length);
        while (csv_next(&csv, cells, CELLS, &count, NULL) == STATUS_OK && count > 0) {
            struct csv second = csv;
            size_t repeated;
            ck_assert_uint_le(++rows, length + 1);
            csv_seek(&second, csv.start, csv.start_line);
            ck_assert(csv_next(&second, again, CELLS, &repeated, NULL) == STATUS_OK);
            ck_assert_uint_eq(repeated, count);
            ck_assert(second.at == csv.at && second.line == csv.line);
            for (size_t i = 0; i < count && i < CELLS; i++) {
                ck_assert(cells[i].bytes >= text);
                ck_assert(cells[i].bytes + cells[i].length <= text + length);
                ck_assert(again[i].bytes == cells[i].bytes);
            }
        }
    }
}
END_TEST

Suite *csv_suite(void)
{
    Suite *suite = suite_create("csv");
    TCase *tc = tcase_create("csv");
    tcase_add_loop_test(tc, test_text_is_split_into_rows_and_cells, 0, COUNT(good));
    tcase_add_loop_test(tc, test_bad_text_is_an_error, 0, COUNT(bad));
    tcase_add_loop_test(tc, test_any_bytes_end_within_the_text, 0, 10);
    suite_add_tcase(suite, tc);
    return suite;
}
