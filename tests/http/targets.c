/* Targets in their normal form, and what a Content-Type and a Content-Encoding mean. */
#include <stdio.h>
#include <string.h>

#include "api/media_type.h"
#include "http/content_coding.h"
#include "http/suites.h"
#include "service/target.h"

static const struct {
    const char *about, *path, *normal;
} paths[] = {
    {"a plain path", "/models/lesson", "/models/lesson"},
    {"a letter", "/%6dodels", "/models"},
    {"a dash and a dot", "/incident%2Dlstm%2E", "/incident-lstm."},
    {"a tilde, a colon and a blank", "/%7e%3A%20", "/~:%20"},
    {"a slash stays escaped, in capitals", "/a%2fb", "/a%2Fb"},
    {"a question mark, a number sign and a percent sign", "/%3f%23%25", "/%3F%23%25"},
    {"an escaped escape is decoded once", "/%2541", "/%2541"},
    {"bytes that are not ASCII", "/%c3%A9", "/%C3%A9"},
    {"control characters", "/%0a%7F", "/%0A%7F"},
    {"an escape that is cut off is left", "/a%4", "/a%4"},
    {"an escape of a zero byte is left", "/%41%00", "/%41%00"},
    {"no path", "", ""},
    {"the root", "/", "/"},
    {"this folder", "/./a/./b", "/a/b"},
    {"this folder at the end", "/a/.", "/a/"},
    {"the folder above", "/a/b/../c", "/a/c"},
    {"the folder above at the end", "/a/b/..", "/a/"},
    {"escaped dots", "/a/%2e%2E/b", "/b"},
    {"above the root", "/../../a", "/a"},
    {"only dots", "/../.", "/"},
    {"names that begin with dots", "/.a/..b/...", "/.a/..b/..."},
    {"two slashes", "//a/..//b", "///b"},
    {"a path that does not begin with a slash", "a/../b", "a/../b"},
    {"all paths", "*", "*"},
};

START_TEST(test_path_in_its_normal_form)
{
    char path[64];
    snprintf(path, sizeof path, "%s", paths[_i].path);
    target_normalise(path);
    ck_assert_msg(strcmp(path, paths[_i].normal) == 0, "%s: %s", paths[_i].about, path);
    target_normalise(path);
    ck_assert_msg(strcmp(path, paths[_i].normal) == 0, "%s, again: %s", paths[_i].about,
                  path);
}
END_TEST

static const struct {
    const char *text, *decoded; /* decoded NULL: not valid */
} escapes[] = {
    {"", ""},         {"a", "a"},       {"%41%62", "Ab"},
    {"a%2Fb", "a/b"}, {"%25%32", "%2"}, {"%C3%a9", "\xc3\xa9"},
    {"100%", NULL},   {"%", NULL},      {"%4", NULL},
    {"%4g", NULL},    {"%g4", NULL},    {"a%00", NULL},
    {"%%41", NULL},   {"%-1", NULL},    {"%+1", NULL},
    {"% 1", NULL},
};

START_TEST(test_escapes_are_decoded_or_refused)
{
    char text[32];
    snprintf(text, sizeof text, "%s", escapes[_i].text);
    bool is_valid = target_is_valid(text);
    ck_assert_msg(is_valid == (escapes[_i].decoded != NULL), "%s", text);
    if (is_valid)
        ck_assert_str_eq(target_decode(text), escapes[_i].decoded);
}
END_TEST

static const struct {
    const char *target, *path, *host;
} targets[] = {
    {"/a", "/a", NULL},
    {"*", "*", NULL},
    {"http://h:80/a/b", "/a/b", "h:80"},
    {"HTTPS://h", "/", "h"},
    {"ftp://h/a", "ftp://h/a", NULL},
};

START_TEST(test_target_in_absolute_form)
{
    size_t length = 0;
    const char *host = target_host(targets[_i].target, &length);
    ck_assert_str_eq(target_path(targets[_i].target), targets[_i].path);
    ck_assert_msg((host != NULL) == (targets[_i].host != NULL), "%s", targets[_i].target);
    if (host)
        ck_assert(length == strlen(targets[_i].host) &&
                  strncmp(host, targets[_i].host, length) == 0);
}
END_TEST

static const struct {
    const char *type;
    enum media_kind kind;
    bool is_utf8;
} types[] = {
    {NULL, MEDIA_JSON, true},
    {"", MEDIA_JSON, true},
    {"application/json", MEDIA_JSON, true},
    {"Application/JSON;charset=UTF-8", MEDIA_JSON, true},
    {"application/json ; q=1; charset=\"utf-8\"", MEDIA_JSON, true},
    {"application/vnd.cloudevents+json", MEDIA_JSON, true},
    {"text/json", MEDIA_JSON, true},
    {"text/plain; charset=us-ascii", MEDIA_JSON, true},
    {"text/plain; charset=iso-8859-1", MEDIA_JSON, false},
    {"text/plain; charset=utf-16", MEDIA_JSON, false},
    {"application/x-www-form-urlencoded", MEDIA_JSON, true},
    {"application/jsonp", MEDIA_OTHER, true},
    {"+json", MEDIA_OTHER, true},
    {"text/html", MEDIA_OTHER, true},
    {"multipart/form-data; boundary=x", MEDIA_OTHER, true},
    {"application/octet-stream", MEDIA_OTHER, true},
    {"application/x-ndjson", MEDIA_NDJSON, true},
    {"text/X-JSONL", MEDIA_NDJSON, true},
    {"application/json-lines; charset=latin1", MEDIA_NDJSON, false},
    {"application/x-ldjson", MEDIA_NDJSON, true},
    {"application/x-", MEDIA_OTHER, true},
    {"image/jsonl", MEDIA_OTHER, true},
    {"jsonl", MEDIA_OTHER, true},
    {"application/x-x-jsonl", MEDIA_OTHER, true},
};

START_TEST(test_content_type)
{
    const char *type = types[_i].type;
    ck_assert_msg(media_type_kind(type) == types[_i].kind, "%s", type ? type : "none");
    ck_assert_msg(media_type_is_utf8(type) == types[_i].is_utf8, "%s",
                  type ? type : "none");
}
END_TEST

static const struct {
    const char *values[2]; /* of one or two fields */
    enum content_coding coding;
} codings[] = {
    {{""}, CODING_NONE},
    {{"identity"}, CODING_NONE},
    {{"gzip"}, CODING_GZIP},
    {{" X-Gzip\t"}, CODING_GZIP},
    {{"deflate"}, CODING_DEFLATE},
    {{",identity , deflate,,"}, CODING_DEFLATE},
    {{"identity", "gzip"}, CODING_GZIP},
    {{"gzip", "gzip"}, CODING_OTHER},
    {{"gzip,deflate"}, CODING_OTHER},
    {{"br", "identity"}, CODING_OTHER},
    {{"zstd"}, CODING_OTHER},
    {{"gzipx"}, CODING_OTHER},
    {{"gzip;q=1"}, CODING_OTHER},
};

START_TEST(test_content_encoding)
{
    enum content_coding coding = CODING_NONE;
    for (int i = 0; i < 2 && codings[_i].values[i]; i++)
        coding = content_coding_add(coding, codings[_i].values[i],
                                    strlen(codings[_i].values[i]));
    ck_assert_msg(coding == codings[_i].coding, "%s", codings[_i].values[0]);
}
END_TEST

Suite *targets_suite(void)
{
    Suite *suite = suite_create("targets");
    TCase *tcase = tcase_create("targets");
    tcase_add_loop_test(tcase, test_path_in_its_normal_form, 0, COUNT(paths));
    tcase_add_loop_test(tcase, test_escapes_are_decoded_or_refused, 0, COUNT(escapes));
    tcase_add_loop_test(tcase, test_target_in_absolute_form, 0, COUNT(targets));
    tcase_add_loop_test(tcase, test_content_type, 0, COUNT(types));
    tcase_add_loop_test(tcase, test_content_encoding, 0, COUNT(codings));
    suite_add_tcase(suite, tcase);
    return suite;
}
