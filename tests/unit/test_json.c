#include "base/json.h"

#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "base/utf8.h"
#include "support/failing_malloc.h"
#include "unit/suites.h"

static const struct {
    const char *about, *text, *kind;
} good[] = {
    {"an object", "{\"a\": 1}", "an object"},
    {"an array with space around", " [1, 2]\n", "an array"},
    {"a string", "\"h\u00e9\"", "a string"},
    {"a whole number", "17", "a whole number"},
    {"a number", "1.5", "a number"},
    {"true", "true", "true"},
    {"false", "false", "false"},
    {"null", "null", "null"},
};

START_TEST(test_any_value_is_a_document)
{
    json_t *tree = json_read(good[_i].text, strlen(good[_i].text), NULL);
    ck_assert_msg(tree != NULL, "%s", good[_i].about);
    ck_assert_str_eq(json_kind(tree), good[_i].kind);
    json_decref(tree);
    ck_assert_str_eq(json_kind(NULL), "nothing");
}
END_TEST

static const struct {
    const char *about, *text;
    unsigned line, column;
    const char *message;
} bad[] = {
    {"empty", "", 1, 1, "cannot be read as JSON: the text is empty"},
    {"blank", " \r\n\t", 1, 1, "cannot be read as JSON: the text is empty"},
    {"one comma too many", "{\"a\": 1,\n }", 2, 2,
     "cannot be read as JSON: string or '}' expected near '}'"},
    {"characters after the value", "[1] x", 1, 5,
     "cannot be read as JSON: end of file expected near 'x'"},
    {"a duplicate key", "{\"a\": 1, \"a\": 2}", 1, 12,
     "cannot be read as JSON: duplicate object key near '\"a\"'"},
    {"cut short", "[1, ", 1, 4, "cannot be read as JSON: ']' expected near end of file"},
    {"not UTF-8", "\"\xFF\"", 1, 1,
     "cannot be read as JSON: unable to decode byte 0xff near '\"'"},
    {"a control character", "\"a\x01z\"", 1, 2,
     "cannot be read as JSON: control character 0x1 near '\"a'"},
    {"a zero in a string", "\"\\u0000\"", 1, 8,
     "cannot be read as JSON: a string has a \\u0000 in it"},
    {"a byte order mark", "\xEF\xBB\xBF{}", 1, 1,
     "cannot be read as JSON: it begins with a byte order mark"},
    {"too large a number", "1e999", 1, 5,
     "cannot be read as JSON: real number overflow near '1e999'"},
};

START_TEST(test_messages_of_syntax_errors)
{
    struct error err = {.status = STATUS_OK};
    ck_assert_ptr_null(json_read(bad[_i].text, strlen(bad[_i].text), &err));
    ck_assert_int_eq(err.status, STATUS_BAD_JSON);
    ck_assert_msg(strcmp(err.text, bad[_i].message) == 0, "%s: %s", bad[_i].about,
                  err.text);
    ck_assert_msg(err.line == bad[_i].line && err.column == bad[_i].column,
                  "%s: line %u, column %u", bad[_i].about, err.line, err.column);
}
END_TEST

START_TEST(test_an_earlier_failure_is_kept)
{
    struct error err = {.status = STATUS_IO, .text = "first"};
    ck_assert_ptr_null(json_read("{", 1, &err));
    ck_assert_str_eq(err.text, "first");
    ck_assert_uint_eq(err.line, 0);
}
END_TEST

START_TEST(test_messages_are_utf8)
{
    static const char *const pieces[] = {
        "\xC3", "\xF0\x9F", "\"",       "[",   "\u00e9", "\xFF",
        "\\u",  "{\"a\":",  "\\ud800 ", "1e9", "\n",     "\U0001F600"};
    struct random random;
    random_init(&random, 11, 0);
    for (int i = 0; i < 20000; i++) {
        char text[256] = "", clean[sizeof((struct error *)0)->text];
        for (uint64_t left = 1 + random_below(&random, 12); left > 0; left--)
            strcat(text, pieces[random_below(&random, (uint64_t)COUNT(pieces))]);
        struct error err = {.status = STATUS_OK};
        json_decref(json_read(text, strlen(text), &err));
        utf8_copy(clean, sizeof clean, err.text);
        ck_assert_str_eq(clean, err.text);
    }
}
END_TEST

static const struct {
    const char *about, *json;
    size_t size;
    const char *preview;
} previews[] = {
    {"a string", "\"abc\"", 16, "\"abc\""},
    {"a string that just fits", "\"abc\"", 6, "\"abc\""},
    {"a long string", "\"abcdefghijkl\"", 12, "\"abcdef...\""},
    {"cut at a character", "\"abcde\u00e9\u00e9\u00e9\u00e9\"", 12, "\"abcde...\""},
    {"too small for quotes and dots", "\"abcdefghijkl\"", 6, "a str"},
    {"on one line", "\"a\\nb\"", 16, "\"a?b\""},
    {"a whole number", "-17", 16, "-17"},
    {"a number", "0.1", 16, "0.1"},
    {"true", "true", 16, "true"},
    {"null", "null", 16, "null"},
    {"an array in words", "[1]", 16, "an array"},
    {"an object in words", "{}", 16, "an object"},
};

START_TEST(test_preview_of_a_value)
{
    char preview[16];
    json_t *value = json_read(previews[_i].json, strlen(previews[_i].json), NULL);
    json_preview(value, preview, previews[_i].size);
    ck_assert_msg(strcmp(preview, previews[_i].preview) == 0, "%s: %s",
                  previews[_i].about, preview);
    json_decref(value);
}
END_TEST

static const struct {
    const char *about;
    size_t size;
    const char *where, *token, *pointer;
} pointers[] = {
    {"the first token", 32, "", "events", "/events"},
    {"one more", 32, "/a/3", "time", "/a/3/time"},
    {"an empty key", 32, "/a", "", "/a/"},
    {"tilde and slash", 32, "", "a/b~c", "/a~1b~0c"},
    {"cut", 6, "/ab", "cdef", "/ab/c"},
    {"cut before an escape, not inside it", 6, "/ab", "~", "/ab/"},
    {"cut before a character, not inside it", 6, "/a", "b\u00e9", "/a/b"},
    {"the slash does not fit", 4, "/ab", "c", "/ab"},
    {"where does not fit", 3, "/ab", "c", "/a"},
};

START_TEST(test_pointer_gets_a_token)
{
    char joined[32], same[32];
    ck_assert_ptr_eq(
        pointer_join(joined, pointers[_i].size, pointers[_i].where, pointers[_i].token),
        joined);
    ck_assert_msg(strcmp(joined, pointers[_i].pointer) == 0, "%s: %s", pointers[_i].about,
                  joined);
    utf8_copy(same, pointers[_i].size, pointers[_i].where);
    pointer_join(same, pointers[_i].size, same, pointers[_i].token);
    ck_assert_str_eq(same, joined);
}
END_TEST

START_TEST(test_pointer_gets_an_index)
{
    char joined[32];
    pointer_join_index(joined, sizeof joined, "/events", 17);
    ck_assert_str_eq(joined, "/events/17");
}
END_TEST

static bool (*const failures[])(unsigned *) = {failing_malloc_next,
                                               failing_malloc_next_from};

/* An array whose tokens have every length around the sizes of jansson's buffers. */
static size_t write_tokens(char *text, size_t size, int longest)
{
    size_t used = 0;
    for (int length = 1; length <= longest; length++)
        used += (size_t)snprintf(
            text + used, size - used, "%c\"%0*d\", {\"%0*d\": 0.%0*d}, \"%0*d\\u00e9\"",
            length == 1 ? '[' : ',', length, 0, length, 0, length, 1, length, 0);
    return used + (size_t)snprintf(text + used, size - used, "]");
}

START_TEST(test_memory_runs_out)
{
    char text[32768];
    size_t length = write_tokens(text, sizeof text, 70);
    for (unsigned n = 0; failures[_i](&n);) {
        struct error err = {.status = STATUS_OK};
        json_t *tree = json_read(text, length, &err);
        ck_assert((tree == NULL) == failing_malloc_has_failed());
        ck_assert_int_eq(err.status, tree != NULL ? STATUS_OK : STATUS_NO_MEMORY);
        json_decref(tree);
    }
}
END_TEST

/* Where jansson alone loses a byte: its buffer grows at the last character of a token. */
START_TEST(test_memory_runs_out_inside_a_token)
{
    for (int length = 1; length < 140; length++) {
        char texts[2][256];
        snprintf(texts[0], sizeof texts[0], "\"%0*d\"", length, 0);
        snprintf(texts[1], sizeof texts[1], "[0.%0*d]", length, 1);
        for (int i = 0; i < 2; i++)
            for (unsigned n = 0; failures[_i](&n);) {
                json_t *tree = json_read(texts[i], strlen(texts[i]), NULL);
                ck_assert((tree == NULL) == failing_malloc_has_failed());
                json_decref(tree);
            }
    }
}
END_TEST

Suite *json_suite(void)
{
    Suite *suite = suite_create("json");
    TCase *tc = tcase_create("json");
    tcase_add_loop_test(tc, test_any_value_is_a_document, 0, COUNT(good));
    tcase_add_loop_test(tc, test_messages_of_syntax_errors, 0, COUNT(bad));
    tcase_add_test(tc, test_an_earlier_failure_is_kept);
    tcase_add_test(tc, test_messages_are_utf8);
    tcase_add_loop_test(tc, test_preview_of_a_value, 0, COUNT(previews));
    tcase_add_loop_test(tc, test_pointer_gets_a_token, 0, COUNT(pointers));
    tcase_add_test(tc, test_pointer_gets_an_index);
    tcase_add_loop_test(tc, test_memory_runs_out, 0, COUNT(failures));
    tcase_add_loop_test(tc, test_memory_runs_out_inside_a_token, 0, COUNT(failures));
    suite_add_tcase(suite, tc);
    return suite;
}
