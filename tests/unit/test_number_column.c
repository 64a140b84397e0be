/* Which columns are numbers, and which cell is the first that is not. */
#include "base/number_column.h"

#include <string.h>

#include "base/random.h"
#include "support/case_count.h"
#include "unit/suites.h"

/* Cells are separated by "|"; places count from 1. */
static void add_cells(struct number_column *column, const char *cells)
{
    uint64_t place = 1;
    for (const char *cell = cells;; place++) {
        size_t length = strcspn(cell, "|");
        number_column_add(column, place, cell, length);
        if (cell[length] == '\0')
            return;
        cell += length + 1;
    }
}

static const struct {
    const char *about, *cells;
    bool allows_comma;
    enum number_verdict verdict;
    enum decimal_mark mark;
    bool is_whole;
    uint64_t bad; /* place of first_bad; 0: there is none */
    const char *text;
} cases[] = {
    {"numbers", "26.0|47.28|10.2", false, NUMBER_COLUMN_NUMBERS, DECIMAL_POINT, false, 0,
     ""},
    {"whole numbers", "26|47.0|1e2|1e300", false, NUMBER_COLUMN_NUMBERS, DECIMAL_POINT,
     true, 0, ""},
    {"marks of missing cells", "26.0|NULL|N/A|?|10.2|", false, NUMBER_COLUMN_NUMBERS,
     DECIMAL_POINT, false, 0, ""},
    {"blanks around",
     " 26.0|10.2 |\xC2\xA0"
     "3",
     false, NUMBER_COLUMN_NUMBERS, DECIMAL_POINT, false, 0, ""},
    {"one that is none", "1|2|n.a.|4", false, NUMBER_COLUMN_NEARLY, DECIMAL_POINT, false,
     3, "3 of 4 cells are numbers, the first that is not is \"n.a.\""},
    {"the first of several", "1|2|3|4|high|low", false, NUMBER_COLUMN_NEARLY,
     DECIMAL_POINT, false, 5,
     "4 of 6 cells are numbers, the first that is not is \"high\""},
    {"a unit", "1|2|3 ms", false, NUMBER_COLUMN_NEARLY, DECIMAL_POINT, false, 3,
     "the first that is not is \"3 ms\", which has the unit \"ms\""},
    {"out of range", "1|2|1e400", false, NUMBER_COLUMN_NEARLY, DECIMAL_POINT, false, 3,
     "\"1e400\", which is out of range"},
    {"a truth value among numbers and texts", "1|2|3|true|x", false, NUMBER_COLUMN_NEARLY,
     DECIMAL_POINT, false, 4, "\"true\", which is a truth value"},
    {"names", "web|db|7", false, NUMBER_COLUMN_TEXT, DECIMAL_POINT, false, 1, ""},
    {"nothing", "|NULL|", false, NUMBER_COLUMN_TEXT, DECIMAL_POINT, false, 0, ""},
    {"codes", "007|008|009", false, NUMBER_COLUMN_TEXT, DECIMAL_POINT, false, 1, ""},
    {"truth values", "true|FALSE|True|", false, NUMBER_COLUMN_BOOLEANS, DECIMAL_POINT,
     false, 0, ""},
    {"truth values and numbers", "true|0|1|false", false, NUMBER_COLUMN_MIXED,
     DECIMAL_POINT, false, 0, ""},
    {"decimal commas", "26,0|47,28|10", true, NUMBER_COLUMN_NUMBERS, DECIMAL_COMMA, false,
     0, ""},
    {"decimal commas between commas", "26,0|47,28|10", false, NUMBER_COLUMN_NEARLY,
     DECIMAL_POINT, false, 1,
     "3 of 3 cells are numbers, but not plain ones: the first is \"26,0\", which has a "
     "decimal comma"},
    {"few decimal commas between commas", "26,0|47|10", false, NUMBER_COLUMN_NEARLY,
     DECIMAL_POINT, false, 1,
     "2 of 3 cells are numbers, the first that is not is \"26,0\", which has a decimal "
     "comma"},
    {"decimal commas and a text", "none yet|26,0|47,28", false, NUMBER_COLUMN_NEARLY,
     DECIMAL_POINT, false, 2,
     "2 of 3 cells are numbers, but not plain ones: the first is \"26,0\""},
    {"commas and points", "26,0|47.28", true, NUMBER_COLUMN_NEARLY, DECIMAL_POINT, false,
     1, "\"26,0\", which has a decimal comma"},
    {"perhaps thousands", "1,234|12,345|7", true, NUMBER_COLUMN_NEARLY, DECIMAL_POINT,
     false, 1, "\"1,234\", which has a decimal comma, or a separator of thousands"},
    {"three digits, but one has two", "1,234|12,34|7", true, NUMBER_COLUMN_NUMBERS,
     DECIMAL_COMMA, false, 0, ""},
    {"three digits after zero", "0,234|0,125", true, NUMBER_COLUMN_NUMBERS, DECIMAL_COMMA,
     false, 0, ""},
    {"certainly thousands", "1,234,567|1|2", true, NUMBER_COLUMN_NEARLY, DECIMAL_POINT,
     false, 1, "which has separators of thousands"},
};

START_TEST(test_columns_are_decided)
{
    struct number_column column = {.cells = 0};
    struct number_decision decision;
    const char *about = cases[_i].about;
    add_cells(&column, cases[_i].cells);
    number_column_decide(&column, cases[_i].allows_comma, &decision);
    ck_assert_msg(decision.verdict == cases[_i].verdict, "%s: %d, %s", about,
                  (int)decision.verdict, decision.text);
    ck_assert_msg(decision.mark == cases[_i].mark, "%s", about);
    ck_assert_msg(decision.is_whole == cases[_i].is_whole, "%s", about);
    uint64_t bad = decision.first_bad.count > 0 ? decision.first_bad.place : 0;
    ck_assert_msg(bad == cases[_i].bad, "%s: %d", about, (int)bad);
    ck_assert_msg(strstr(decision.text, cases[_i].text), "%s: %s", about, decision.text);
    ck_assert_msg(cases[_i].text[0] != '\0' || decision.text[0] == '\0', "%s: %s", about,
                  decision.text);
}
END_TEST

/* What is counted as a number is read as one, with the mark that was decided. */
START_TEST(test_counted_numbers_are_read)
{
    struct number_column column = {.cells = 0};
    struct number_decision decision;
    add_cells(&column, cases[_i].cells);
    number_column_decide(&column, cases[_i].allows_comma, &decision);
    uint64_t read = 0;
    for (const char *cell = cases[_i].cells;;) {
        size_t length = strcspn(cell, "|");
        double number;
        read += value_number(cell, length, decision.mark, &number);
        if (cell[length] == '\0')
            break;
        cell += length + 1;
    }
    ck_assert_msg(read == decision.numbers, "%s", cases[_i].about);
}
END_TEST

START_TEST(test_a_long_cell_is_cut_between_characters)
{
    struct number_column column = {.cells = 0};
    struct number_decision decision;
    char text[200];
    memset(text, 'x', sizeof text);
    memcpy(text + FIRST_CELL_SIZE - 3, "\xE2\x82\xAC",
           3); /* its last byte does not fit */
    number_column_add(&column, 1, "1", 1);
    number_column_add(&column, 2, "2", 1);
    number_column_add(&column, 3, text, sizeof text);
    number_column_decide(&column, false, &decision);
    ck_assert_uint_eq(strlen(decision.first_bad.text), FIRST_CELL_SIZE - 3);
}
END_TEST

START_TEST(test_largest_number_is_known_by_its_place)
{
    struct number_column column = {.cells = 0};
    add_cells(&column, "0|12.5|n.a.|-1e300|7|1e300|NULL");
    ck_assert(column.magnitude == 1e300);
    ck_assert_uint_eq(column.largest.count, 2);
    ck_assert_uint_eq(column.largest.place, 4);
    ck_assert_str_eq(column.largest.text, "-1e300");
}
END_TEST

START_TEST(test_decision_does_not_depend_on_the_split)
{
    static const char *const cells[] = {"1",    "2.5", "26,5", "1,234", "007",  "true",
                                        "web",  "",    "NULL", "1e400", "3 ms", "40",
                                        "5 ms", "7 s", "<8",   "1h 2m"};
    const int rounds = case_count(2000, 50);
    struct random random;
    random_init(&random, 6, 0);
    for (int round = 0; round < rounds; round++) {
        struct number_column whole = {.cells = 0}, parts[3];
        struct number_decision a, b;
        memset(parts, 0, sizeof parts);
        uint64_t first = random_below(&random, COUNT(cells));
        uint64_t kinds = 1 + random_below(&random, 5);
        for (uint64_t place = 1; place <= 30; place++) {
            const char *cell =
                cells[(first + random_below(&random, kinds)) % COUNT(cells)];
            number_column_add(&whole, place, cell, strlen(cell));
            number_column_add(&parts[random_below(&random, 3)], place, cell,
                              strlen(cell));
        }
        number_column_merge(&parts[2], &parts[0]);
        number_column_merge(&parts[1], &parts[2]);
        number_column_decide(&whole, round % 2 == 0, &a);
        number_column_decide(&parts[1], round % 2 == 0, &b);
        ck_assert_int_eq(a.verdict, b.verdict);
        ck_assert_uint_eq(a.numbers, b.numbers);
        ck_assert_uint_eq(a.first_bad.place, b.first_bad.place);
        ck_assert_str_eq(a.text, b.text);
        ck_assert_uint_eq(whole.missing.count, parts[1].missing.count);
        ck_assert_uint_eq(whole.missing.place, parts[1].missing.place);
        ck_assert_uint_eq(whole.measures.count, parts[1].measures.count);
        ck_assert_uint_eq(whole.measures.place, parts[1].measures.place);
        ck_assert_uint_eq(whole.other_measures.count, parts[1].other_measures.count);
        ck_assert_uint_eq(whole.other_measures.place, parts[1].other_measures.place);
        ck_assert(whole.magnitude == parts[1].magnitude);
        ck_assert_uint_eq(whole.largest.count, parts[1].largest.count);
        ck_assert_uint_eq(whole.largest.place, parts[1].largest.place);
    }
}
END_TEST

Suite *number_column_suite(void)
{
    Suite *suite = suite_create("number_column");
    TCase *tc = tcase_create("number_column");
    tcase_add_loop_test(tc, test_columns_are_decided, 0, COUNT(cases));
    tcase_add_loop_test(tc, test_counted_numbers_are_read, 0, COUNT(cases));
    tcase_add_test(tc, test_a_long_cell_is_cut_between_characters);
    tcase_add_test(tc, test_largest_number_is_known_by_its_place);
    tcase_add_test(tc, test_decision_does_not_depend_on_the_split);
    suite_add_tcase(suite, tc);
    return suite;
}
