#include "base/suggest.h"

#include <string.h>

#include "support/case_count.h"
#include "unit/suites.h"

static const struct {
    const char *about, *a, *b;
    unsigned limit, distance;
} distances[] = {
    {"equal", "rollback", "rollback", 2, 0},
    {"another case", "RollBack", "rollback", 2, 0},
    {"blanks, dashes and underscores do not count", " roll-back_", "roll back", 2, 0},
    {"a blank that does not break the line", "rollback\u00a0", "rollback", 2, 0},
    {"a blank of no width", "roll\u200bback", "rollback", 2, 0},
    {"one letter too few", "rollbck", "rollback", 2, 1},
    {"one letter too many", "rollbaack", "rollback", 2, 1},
    {"another letter", "rollback", "rollbank", 2, 1},
    {"neighbours swapped", "rolblack", "rollback", 2, 1},
    {"two swaps", "orllbakc", "rollback", 2, 2},
    {"three letters are too many", "rlbck", "rollback", 2, 3},
    {"the limit is 1", "rllbck", "rollback", 1, 2},
    {"the limit is 0", "rollbck", "rollback", 0, 1},
    {"one character of two bytes", "caf\u00e9", "cafe", 2, 1},
    {"an empty text", "", "ab", 2, 2},
    {"an empty text is far from a long one", "", "abc", 2, 3},
    {"another digit is another name", "web-06", "web-07", 2, 3},
    {"a digit too many counts as two letters", "v12", "v1", 2, 2},
    {"a digit in place of a letter", "r0llback", "rollback", 2, 1},
    {"digits swapped", "avx521", "avx512", 1, 1},
    {"no swap over a letter: optimal string alignment", "ca", "abc", 3, 3},
    {"a byte that is not UTF-8 is a character", "ab\xff", "ab", 2, 1},
};

START_TEST(test_distance)
{
    const char *a = distances[_i].a, *b = distances[_i].b;
    unsigned limit = distances[_i].limit;
    unsigned distance = suggest_distance(a, strlen(a), b, strlen(b), limit);
    unsigned reverse = suggest_distance(b, strlen(b), a, strlen(a), limit);
    ck_assert_msg(distance == distances[_i].distance, "%s: %u", distances[_i].about,
                  distance);
    ck_assert_msg(reverse == distance, "%s: not symmetric", distances[_i].about);
    bool is_alike = suggest_is_alike(a, strlen(a), b, strlen(b));
    ck_assert_msg(is_alike == (distance == 0), "%s: alike", distances[_i].about);
    char x[512], y[512];
    size_t x_length = suggest_fold(a, strlen(a), x, sizeof x);
    size_t y_length = suggest_fold(b, strlen(b), y, sizeof y);
    bool is_same = x_length == y_length && memcmp(x, y, x_length) == 0;
    ck_assert_msg(is_same == is_alike, "%s: folded", distances[_i].about);
    ck_assert_uint_eq(suggest_fold("a-bc", 4, x, 2), 2); /* does not fit */
}
END_TEST

/* The whole matrix, without a band: the definition. */
static unsigned slow_distance(const char *a, const char *b)
{
    unsigned d[8][8];
    size_t m = strlen(a), n = strlen(b);
    for (size_t i = 0; i <= m; i++)
        for (size_t j = 0; j <= n; j++) {
            unsigned least = i == 0 ? (unsigned)j : j == 0 ? (unsigned)i : 99;
            if (i > 0 && d[i - 1][j] + 1 < least)
                least = d[i - 1][j] + 1;
            if (j > 0 && d[i][j - 1] + 1 < least)
                least = d[i][j - 1] + 1;
            if (i > 0 && j > 0 && d[i - 1][j - 1] + (a[i - 1] != b[j - 1]) < least)
                least = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                d[i - 2][j - 2] + 1 < least)
                least = d[i - 2][j - 2] + 1;
            d[i][j] = least;
        }
    return d[m][n];
}

/* The word of a number: its length is _i, its letters the digits in base 3. */
static void make_word(unsigned number, size_t length, char word[8])
{
    for (size_t i = 0; i < length; i++, number /= 3)
        word[i] = (char)('a' + number % 3);
    word[length] = '\0';
}

START_TEST(test_distance_is_that_of_the_whole_matrix)
{
    static const unsigned counts[] = {1, 3, 9, 27, 81, 243};
    size_t length = (size_t)_i;
    for (unsigned i = 0; i < counts[length]; i++)
        for (size_t other = 0; other < 6; other++)
            for (unsigned j = 0; j < counts[other];
                 j += case_count_is_reduced() ? 7 : 1) {
                char a[8], b[8];
                make_word(i, length, a);
                make_word(j, other, b);
                unsigned whole = slow_distance(a, b);
                for (unsigned limit = 0; limit < 5; limit++) {
                    unsigned distance = suggest_distance(a, length, b, other, limit);
                    unsigned expected = whole <= limit ? whole : limit + 1;
                    ck_assert_msg(distance == expected, "%s %s: %u", a, b, distance);
                }
            }
}
END_TEST

static const struct {
    const char *about, *text;
    const char *names[6];
    const char *phrase;
} phrases[] = {
    {"one letter", "rolback", {"ignore", "rollback"}, " (did you mean \"rollback\"?)"},
    {"nothing is near", "page", {"ignore", "rollback"}, ""},
    {"the nearest of two",
     "rolbak",
     {"rolback", "rollback"},
     " (did you mean \"rolback\"?)"},
    {"alike comes before one letter",
     "Scale-Up",
     {"scaleupp", "scale_up"},
     " (did you mean \"scale_up\"?)"},
    {"of equally near ones the first by bytes",
     "bad",
     {"mad", "had", "sad"},
     " (did you mean \"had\"?)"},
    {"the same in another order",
     "bad",
     {"had", "sad", "mad"},
     " (did you mean \"had\"?)"},
    {"two letters have no typing errors", "ab", {"ac"}, ""},
    {"but another case", "Ab", {"ab"}, " (did you mean \"ab\"?)"},
    {"four letters have one", "pgae", {"page"}, " (did you mean \"page\"?)"},
    {"but not two", "pqqe", {"page"}, ""},
    {"the name itself is no suggestion", "page", {"page"}, ""},
    {"an empty name is near to nothing", "", {"a", "-"}, ""},
    {"no names", "page", {NULL}, ""},
};

START_TEST(test_nearest)
{
    char buffer[SUGGEST_PHRASE];
    suggest_phrase(phrases[_i].text, phrases[_i].names, buffer, sizeof buffer);
    ck_assert_msg(strcmp(buffer, phrases[_i].phrase) == 0, "%s: %s", phrases[_i].about,
                  buffer);
}
END_TEST

static const struct {
    const char *about, *text, *known;
    bool is_mistyped;
} mistyped[] = {
    {"the name itself", "fields", "fields", false},
    {"another case", "FIELDS", "fields", true},
    {"a blank before it", " fields", "fields", true},
    {"separators of the known name", "sinceprevious", "since_previous", true},
    {"a known name that begins and ends with separators", "id", "_id_", true},
    {"the first letter is missing", "ields", "fields", true},
    {"the last letter is missing", "field", "fields", true},
    {"a letter too many before it", "afields", "fields", true},
    {"the first two letters swapped", "ifelds", "fields", true},
    {"the last two letters swapped", "fieldss", "fields", true},
    {"another first letter", "gields", "fields", true},
    {"another last letter", "fieldz", "fields", true},
    {"a first letter of two bytes", "\u00e9v\u00e9nement", "\u00e9venement", true},
    {"two letters", "feildz", "fields", false},
    {"both ends", "aieldz", "fields", false},
    {"four letters", "tiem", "time", true},
    {"three letters have no typing errors", "ids", "id", false},
    {"but another case", "Url", "url", true},
    {"another digit", "web-06", "web-07", false},
    {"an empty text", "", "fields", false},
    {"an empty name", "fields", "", false},
    {"much longer", "fields of the event", "fields", false},
};

START_TEST(test_mistyped_names)
{
    const char *text = mistyped[_i].text, *known = mistyped[_i].known;
    struct suggestion suggestion;
    suggestion_init(&suggestion, text, strlen(text));
    ck_assert_msg(suggestion_is_mistyped(&suggestion, known, strlen(known)) ==
                      mistyped[_i].is_mistyped,
                  "%s", mistyped[_i].about);
}
END_TEST

/* A name of small and capital letters and digits. */
static void make_name(unsigned number, size_t length, char name[8])
{
    static const char letters[] = "aB1";
    for (size_t i = 0; i < length; i++, number /= 3)
        name[i] = letters[number % 3];
    name[length] = '\0';
}

START_TEST(test_mistyped_names_are_at_distance_one)
{
    static const unsigned counts[] = {1, 3, 9, 27, 81, 243};
    for (size_t length = 1; length < 6; length++)
        for (unsigned i = 0; i < counts[length]; i++)
            for (size_t other = 1; other < 6; other++)
                for (unsigned j = 0; j < counts[other]; j++) {
                    char a[8], b[8];
                    make_name(i, length, a);
                    make_name(j, other, b);
                    unsigned limit = other < 4 ? 0 : 1;
                    bool is_near = strcmp(a, b) != 0 &&
                                   suggest_distance(a, length, b, other, 2) <= limit;
                    struct suggestion suggestion;
                    suggestion_init(&suggestion, a, length);
                    ck_assert_msg(suggestion_is_mistyped(&suggestion, b, other) ==
                                      is_near,
                                  "%s %s", a, b);
                }
}
END_TEST

START_TEST(test_long_names_are_suggested_only_if_alike)
{
    char text[301], alike[301], other[301], buffer[SUGGEST_PHRASE];
    memset(text, 'a', 300);
    memset(alike, 'A', 300);
    memset(other, 'a', 299);
    text[300] = alike[300] = other[299] = '\0';
    struct suggestion suggestion;
    suggestion_init(&suggestion, text, 300);
    suggestion_offer(&suggestion, other, 299);
    ck_assert_ptr_null(suggestion.nearest);
    suggestion_offer(&suggestion, alike, 300);
    ck_assert_ptr_eq(suggestion.nearest, alike);
    suggestion_phrase(&suggestion, "", buffer, sizeof buffer);
    ck_assert_str_eq(buffer, ""); /* too long for the buffer */
}
END_TEST

START_TEST(test_phrase_of_an_option)
{
    char buffer[SUGGEST_PHRASE];
    struct suggestion suggestion;
    suggestion_init(&suggestion, "hiden", 5);
    suggestion_offer(&suggestion, "hidden", 6);
    suggestion_phrase(&suggestion, "--", buffer, sizeof buffer);
    ck_assert_str_eq(buffer, " (did you mean --hidden?)");
}
END_TEST

Suite *suggest_suite(void)
{
    Suite *suite = suite_create("suggest");
    TCase *tc = tcase_create("suggest");
    tcase_add_loop_test(tc, test_distance, 0, COUNT(distances));
    tcase_add_loop_test(tc, test_distance_is_that_of_the_whole_matrix, 0, 6);
    tcase_add_loop_test(tc, test_nearest, 0, COUNT(phrases));
    tcase_add_loop_test(tc, test_mistyped_names, 0, COUNT(mistyped));
    tcase_add_test(tc, test_mistyped_names_are_at_distance_one);
    tcase_add_test(tc, test_long_names_are_suggested_only_if_alike);
    tcase_add_test(tc, test_phrase_of_an_option);
    suite_add_tcase(suite, tc);
    return suite;
}
