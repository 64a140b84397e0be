/* Rows and cells of CSV text, and the errors of text that is not CSV. */
#include "data/read/csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "unit/suites.h"

enum { CELLS = 4 };

/* shown: for each row its line, then its cells in brackets. */
static const struct {
    const char *about, *text, *shown;
} good[] = {
    {"an empty file", "", ""},
    {"only a byte order mark", "\xef\xbb\xbf", ""},
    {"two rows", "a,b\nc,d\n", "1[a][b]2[c][d]"},
    {"no newline at the end", "a,b\nc,d", "1[a][b]2[c][d]"},
    {"CRLF", "a,b\r\nc,d\r\n", "1[a][b]2[c][d]"},
    {"CR alone is text", "a\rb,c\n", "1[a\rb][c]"},
    {"CR at the very end", "a\r", "1[a\r]"},
    {"a byte order mark is skipped", "\xef\xbb\xbf\"a\",b", "1[a][b]"},
    {"empty cells", ",\n,,\n", "1[][]2[][][]"},
    {"a separator ends the file", "a,", "1[a][]"},
    {"blank lines are skipped", "\n\na\n\r\n\nb\n\n", "3[a]6[b]"},
    {"quotes", "\"a,b\",\"\",\"c\"\n", "1[a,b][][c]"},
    {"doubled quotes", "\"say \"\"go\"\"\",\"\"\"\"\n", "1[say \"go\"][\"]"},
    {"line breaks in quotes count as lines", "\"a\n\r\nb\",c\nd\n", "1[a\n\r\nb][c]4[d]"},
    {"quotes in unquoted cells are text", "5\" disk,b\"\n", "1[5\" disk][b\"]"},
    {"spaces are text", " a , b\n", "1[ a ][ b]"},
    {"tabs", "a,b\tc\nd\t\n", "1[a,b][c]2[d][]"},
    {"tabs, in capitals", "a\tb\n", "1[a][b]"},
    {"semicolons", "a;b\nc,d;e\n", "1[a][b]2[c,d][e]"},
    {"semicolons beside commas", "a;b,c\n", "1[a][b,c]"},
    {"semicolons, and a comma in the header", "a;b, c;d\n1;2;3\n",
     "1[a][b, c][d]2[1][2][3]"},
    {"commas, and a semicolon in the header", "a,b;c,d\n1,2,3\n",
     "1[a][b;c][d]2[1][2][3]"},
    {"bars", "a|b\n1|2\n", "1[a][b]2[1][2]"},
    {"a line that names the separator", "sep=;\na;b,c\n", "2[a][b,c]"},
    {"the same, as Excel writes it", "\xef\xbb\xbfSEP=|\r\na;b|c\r\n", "2[a;b][c]"},
    {"separators in quotes do not count", "\"a,b,c\";d\n\"1,2,3\";4\n",
     "1[a,b,c][d]2[1,2,3][4]"},
    {"more cells than are stored are counted", "1,2,3,4,5,6\n", "1[1][2][3][4]+2"},
};

static void show(struct csv *csv, size_t first_line, struct strbuf *shown)
{
    struct csv_cell cells[CELLS];
    struct strbuf buffer;
    size_t count;
    strbuf_init(&buffer, SIZE_MAX);
    strbuf_add(shown, "");
    while (csv_next(csv, cells, CELLS, &count, NULL) == STATUS_OK && count > 0) {
        strbuf_printf(shown, "%zu", csv->start_line + first_line + 1);
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
    const char *text = good[_i].text;
    struct csv_dialect dialect;
    csv_find_dialect(&dialect, text, strlen(text));
    csv_init(&csv, dialect.separator, text + dialect.header,
             strlen(text) - dialect.header);
    show(&csv, dialect.header_line, &shown);
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
};

START_TEST(test_bad_text_is_an_error)
{
    struct error err = {.status = STATUS_OK};
    struct csv_cell cells[CELLS];
    struct csv csv;
    size_t count = 1;
    csv_init(&csv, ',', bad[_i].text, bad[_i].length);
    while (count > 0 && csv_next(&csv, cells, CELLS, &count, &err) == STATUS_OK)
        continue;
    ck_assert_msg(err.status == STATUS_BAD_INPUT, "%s: no error", bad[_i].about);
    ck_assert_msg(strstr(err.text, bad[_i].error) != NULL, "%s: %s", bad[_i].about,
                  err.text);
    ck_assert_uint_eq(csv.start_line + 1, bad[_i].line);
}
END_TEST

/* Any bytes: reading ends, and cells lie within the text. */
START_TEST(test_any_bytes_end_within_the_text)
{
    static const char alphabet[] = "a,\"\n\r;\t\0\xef\xbb\xbf";
    struct random random;
    char text[40];
    random_init(&random, 7, (uint64_t)_i);
    for (int round = 0; round < 200; round++) {
        size_t length = random_below(&random, sizeof text), count, rows = 0;
        struct csv_cell cells[CELLS];
        struct csv_dialect dialect;
        struct csv csv;
        for (size_t i = 0; i < length; i++)
            text[i] = alphabet[random_below(&random, sizeof alphabet - 1)];
        csv_find_dialect(&dialect, text, length);
        ck_assert_uint_le(dialect.header, length);
        csv_init(&csv, ',', text, length);
        while (csv_next(&csv, cells, CELLS, &count, NULL) == STATUS_OK && count > 0) {
            ck_assert_uint_le(++rows, length + 1);
            for (size_t i = 0; i < count && i < CELLS; i++) {
                ck_assert(cells[i].bytes >= text);
                ck_assert(cells[i].bytes + cells[i].length <= text + length);
            }
        }
    }
}
END_TEST

/* Append a cell of up to 40 bytes to the text, in quotes or not, and what is read to shown. */
static void add_cell(struct random *random, struct strbuf *text, struct strbuf *shown)
{
    static const char plain[] = "abcd \xc3\xa4\"\r;", quoted[] = "ab,\n\r;\"\xc3\xa4";
    bool is_quoted = random_below(random, 3) == 0;
    size_t length = random_below(random, 41);
    strbuf_add(text, is_quoted ? "\"" : "");
    strbuf_add(shown, "[");
    for (size_t i = 0; i < length; i++) {
        char c = is_quoted ? quoted[random_below(random, sizeof quoted - 1)]
                           : plain[random_below(random, sizeof plain - 1)];
        /* a quote begins a quoted cell; CR and LF end a row */
        if (!is_quoted && ((i == 0 && c == '"') || (i + 1 == length && c == '\r')))
            c = '.';
        strbuf_add_bytes(text, &c, 1);
        strbuf_add_bytes(shown, &c, 1);
        if (is_quoted && c == '"')
            strbuf_add(text, "\"");
    }
    strbuf_add(text, is_quoted ? "\"" : "");
    strbuf_add(shown, "]");
}

/* Cells of any length, so that their ends are anywhere in the 16 bytes that are read at a time. */
START_TEST(test_cells_of_any_length)
{
    struct random random;
    random_init(&random, 9, (uint64_t)_i);
    for (int round = 0; round < 50; round++) {
        struct strbuf text, expected, shown;
        struct csv csv;
        size_t line = 1;
        strbuf_init(&text, SIZE_MAX);
        strbuf_init(&expected, SIZE_MAX);
        strbuf_init(&shown, SIZE_MAX);
        for (int row = 0; row < 8; row++) {
            size_t begin = text.length;
            strbuf_add(&text, "x,");
            strbuf_printf(&expected, "%zu[x]", line);
            for (int cell = 0; cell < CELLS - 1; cell++) {
                strbuf_add(&text, cell > 0 ? "," : "");
                add_cell(&random, &text, &expected);
            }
            strbuf_add(&text, random_below(&random, 2) ? "\n" : "\r\n");
            for (size_t i = begin; i < text.length; i++)
                line += text.bytes[i] == '\n';
        }
        /* a copy without space behind it, for the sanitizers */
        char *exact = malloc(text.length);
        ck_assert(exact != NULL);
        memcpy(exact, text.bytes, text.length);
        csv_init(&csv, ',', exact, text.length);
        show(&csv, 0, &shown);
        ck_assert_msg(strcmp(shown.bytes, expected.bytes) == 0, "%s:\n%s\n%s", text.bytes,
                      shown.bytes, expected.bytes);
        free(exact);
        strbuf_release(&text);
        strbuf_release(&expected);
        strbuf_release(&shown);
    }
}
END_TEST

/* The rows up to csv_complete_bytes, and then the others, are the rows of the whole text. */
START_TEST(test_a_text_is_cut_between_rows)
{
    static const char alphabet[] = "a,\"\"\n\n\r";
    struct random random;
    char text[60];
    random_init(&random, 8, (uint64_t)_i);
    for (int round = 0; round < 500; round++) {
        size_t length = random_below(&random, sizeof text);
        struct strbuf whole, parts;
        struct csv csv;
        for (size_t i = 0; i < length; i++)
            text[i] = alphabet[random_below(&random, sizeof alphabet - 1)];
        size_t seen = random_below(&random, length + 1);
        size_t complete = csv_complete_bytes(',', text, seen);
        ck_assert_uint_le(complete, seen);
        strbuf_init(&whole, SIZE_MAX);
        strbuf_init(&parts, SIZE_MAX);
        csv_init(&csv, ',', text, length);
        show(&csv, 0, &whole);
        bool is_torn = csv.at != csv.end;
        csv_init(&csv, ',', text, complete);
        show(&csv, 0, &parts);
        if (csv.at == csv.end) {
            size_t lines = csv.line;
            csv_init(&csv, ',', text + complete, length - complete);
            show(&csv, lines, &parts);
        }
        ck_assert_msg(is_torn || strcmp(whole.bytes, parts.bytes) == 0,
                      "%zu of \"%.*s\": %s, not %s", complete, (int)length, text,
                      parts.bytes, whole.bytes);
        strbuf_release(&whole);
        strbuf_release(&parts);
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
    tcase_add_loop_test(tc, test_cells_of_any_length, 0, 10);
    tcase_add_loop_test(tc, test_a_text_is_cut_between_rows, 0, 20);
    suite_add_tcase(suite, tc);
    return suite;
}
