/* XES logs and JSON arrays as numbered lines, in pieces of any size. */
#include "data/read/record_lines.h"

#include <stdlib.h>
#include <string.h>

#include "data/read/json_array.h"
#include "data/read/xes.h"
#include "support/data_keys.h"
#include "support/failing_malloc.h"
#include "unit/suites.h"

static const struct data_keys usual = {DATA_KEYS("time", ""), .time_format = ""},
                              split = {DATA_KEYS("time", "part"), .time_format = ""},
                              own = {.id = "number",
                                     .label = "outcome",
                                     .events = "log",
                                     .event = "concept:name",
                                     .time = "when",
                                     .split = "",
                                     .time_format = ""},
                              of_model = {.id = "id",
                                          .label = "action",
                                          .events = "events",
                                          .event = "activity",
                                          .time = "at",
                                          .split = "",
                                          .time_format = "",
                                          .may_fall_back = true},
                              joined = {.id = "id",
                                        .label = "action",
                                        .events = "events",
                                        .event = "concept:name+lifecycle:transition",
                                        .time = "time",
                                        .split = "",
                                        .time_format = "",
                                        .may_fall_back = true},
                              joined_others = {.id = "id",
                                               .label = "action",
                                               .events = "events",
                                               .event = "activity+state",
                                               .time = "time",
                                               .split = "",
                                               .time_format = "",
                                               .may_fall_back = true};

#define HEAD "<?xml version=\"1.0\"?>\n<log xes.version=\"1.0\">"
#define STRING(key, value) "<string key=\"" key "\" value=\"" value "\"/>"
#define EVENT(name) "<event>" STRING("concept:name", name) "</event>"

static const struct {
    const char *about;
    const struct data_keys *keys; /* NULL: a JSON array */
    const char *text, *lines;
} cases[] = {
    {"names, times and the id by the keys of the standard", &usual,
     HEAD "<trace>" STRING("concept:name", "INC-7") "\n<event>" STRING(
         "concept:name", "a") "<date key=\"time:timestamp\" value=\"2026-11-22T10:04\"/>"
                              "</event></trace></log>",
     "2 - "
     "{\"id\":\"INC-7\",\"events\":[{\"event\":\"a\",\"time\":\"2026-11-22T10:04\"}]}\n"},
    {"attributes of the trace are fields, the label is a member", &usual,
     HEAD "<trace>" STRING("zone", "main") STRING("action", "x")
         EVENT("a") "</trace></log>",
     "2 - "
     "{\"action\":\"x\",\"fields\":{\"zone\":\"main\"},\"events\":[{\"event\":\"a\"}]}"
     "\n"},
    {"also after the events", &usual,
     HEAD "<trace>" EVENT("a") EVENT("b") STRING("action", "x") "</trace></log>",
     "2 - {\"action\":\"x\",\"events\":[{\"event\":\"a\"},{\"event\":\"b\"}]}\n"},
    {"the part of the split is a member", &split,
     HEAD "<trace>" STRING("part", "val") EVENT("a") "</trace></log>",
     "2 - {\"part\":\"val\",\"events\":[{\"event\":\"a\"}]}\n"},
    {"numbers and booleans are literals, if JSON writes them so", &usual,
     HEAD "<trace><event>" STRING(
         "event", "a") "<int key=\"n\" value=\"-12\"/>"
                       "<int key=\"z\" value=\"007\"/><float key=\"f\" value=\"1.5E3\"/>"
                       "<float key=\"i\" value=\"INF\"/><boolean key=\"b\" value=\"1\"/>"
                       "<boolean key=\"c\" value=\"maybe\"/><id key=\"u\" "
                       "value=\"12\"/></event></trace></log>",
     "2 - "
     "{\"events\":[{\"event\":\"a\",\"n\":-12,\"z\":\"007\",\"f\":1.5E3,\"i\":\"INF\","
     "\"b\":true,\"c\":\"maybe\",\"u\":\"12\"}]}\n"},
    {"references and characters that JSON escapes", &usual,
     HEAD "<trace>" EVENT("&quot;&#10;&#x1F600;&lt;\\") "</trace></log>",
     "2 - {\"events\":[{\"event\":\"\\\"\\n\xf0\x9f\x98\x80<\\\\\"}]}\n"},
    {"an attribute of an empty value is missing", &usual,
     HEAD "<trace><event>" STRING("event", "a") STRING("x", " ") "</event></trace></log>",
     "2 - {\"events\":[{\"event\":\"a\"}]}\n"},
    {"globals, classifiers, lists, nested attributes and the log's own are left out",
     &usual,
     HEAD "<global scope=\"event\">" STRING(
         "concept:name",
         "g") "</global>"
              "<classifier name=\"c\" keys=\"k\"/>" STRING(
                  "source",
                  "me") "<trace><list key=\"l\"><values>" STRING("q",
                                                                 "q") "</values></list>"
                                                                      "<event><string "
                                                                      "key=\"event\" "
                                                                      "value="
                                                                      "\"a\">" STRING(
                                                                          "q",
                                                                          "q") "</string>"
                                                                               "<containe"
                                                                               "r "
                                                                               "key="
                                                                               "\"l\""
                                                                               ">" STRING(
                                                                                   "q",
                                                                                   "q") "</container></event></trace></log>",
     "2 - {\"events\":[{\"event\":\"a\"}]}\n"},
    {"a prefix of the elements", &usual,
     "<x:log xmlns:x=\"http://www.xes-standard.org/\"><x:trace><x:event><x:string "
     "key=\"event\" value=\"a\"/></x:event></x:trace></x:log>",
     "1 - {\"events\":[{\"event\":\"a\"}]}\n"},
    {"ISO 8859-1", &usual,
     "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><log><trace>" EVENT(
         "\xe4") "</trace></log>",
     "1 - {\"events\":[{\"event\":\"\xc3\xa4\"}]}\n"},
    {"keys of the command line", &own,
     HEAD "<trace>" STRING("concept:name", "INC-7") STRING("number", "8")
         STRING("outcome", "x") "<event>" STRING("concept:name", "a") STRING("event", "b")
             STRING("when", "3") STRING("time:timestamp", "4") "</event></trace></log>",
     "2 - "
     "{\"outcome\":\"x\",\"number\":\"8\",\"fields\":{\"concept:name\":\"INC-7\"},"
     "\"log\":"
     "[{\"concept:name\":\"a\",\"when\":\"3\",\"time:timestamp\":\"4\",\"event\":\"b\"}]}"
     "\n"},
    {"keys of a model: its own, else those of the standard", &of_model,
     HEAD "<trace>" STRING("concept:name", "INC-7") "<event>" STRING("activity", "a")
         STRING("concept:name", "b") "</event><event>" STRING("concept:name", "c")
             STRING("time:timestamp", "4") "</event></trace></log>",
     "2 - {\"id\":\"INC-7\",\"events\":[{\"activity\":\"a\",\"concept:name\":\"b\"},"
     "{\"activity\":\"c\",\"at\":\"4\"}]}\n"},
    {"parts of a name are left to be joined", &joined,
     HEAD "<trace><event>" STRING("concept:name", "a")
         STRING("lifecycle:transition", "x") "</event>" EVENT("b") "</trace></log>",
     "2 - {\"events\":[{\"concept:name\":\"a\",\"lifecycle:transition\":\"x\"},"
     "{\"concept:name\":\"b\"}]}\n"},
    {"parts of a name in a model of other keys: its own, else that of the standard",
     &joined_others,
     HEAD "<trace><event>" STRING("concept:name", "a")
         STRING("state", "x") "</event>" EVENT("b") "</trace></log>",
     "2 - {\"events\":[{\"concept:name\":\"a\",\"state\":\"x\"},"
     "{\"activity+state\":\"b\"}]}\n"},
    {"a trace without events, and an event without a name", &usual,
     HEAD "<trace/><trace><event/></trace></log>",
     "2 - {\"events\":[]}\n2 - {\"events\":[{}]}\n"},
    {"an attribute without a key: its line, and the next trace is read", &usual,
     HEAD "<trace>\n<event>\n<string value=\"a\"/></event></trace>\n<trace>" EVENT(
         "b") "</trace></log>",
     "4 - !the attribute <string> has no key\n5 - {\"events\":[{\"event\":\"b\"}]}\n"},
    {"an attribute without a value", &usual,
     HEAD "<trace><event><string key=\"a\"/></event></trace></log>",
     "2 - !the attribute \"a\" has no value\n"},
    {"two names", &usual,
     HEAD "<trace><event>" STRING("event", "a")
         STRING("concept:name", "b") "</event></trace></log>",
     "2 - !the event has both \"concept:name\" and \"event\"; --event concept:name uses "
     "the "
     "first\n"},
    {"a key twice", &usual,
     HEAD "<trace><event>" STRING("concept:name", "a")
         STRING("concept:name", "b") "</event></trace></log>",
     "2 - !the key \"concept:name\" is given twice\n"},
    {"another root element", &usual, "<?xml version=\"1.0\"?>\n<html><trace/></html>",
     "2 - ?this is XML, but no XES: its root element is \"html\", not \"log\"; convert "
     "it to "
     "CSV or JSON Lines\n"},
    {"a document type declaration: a billion laughs", &usual,
     "<?xml version=\"1.0\"?>\n<!DOCTYPE log [<!ENTITY a \"aa\"><!ENTITY b "
     "\"&a;&a;\">]>\n"
     "<log><trace>" EVENT("&b;") "</trace></log>",
     "2 - ?a document type declaration, which could define entities, is not read\n"},
    {"an external entity", &usual,
     "<!DOCTYPE log SYSTEM \"file:///etc/passwd\"><log><trace>" EVENT(
         "a") "</trace></log>",
     "1 - ?a document type declaration, which could define entities, is not read\n"},
    {"an unknown entity", &usual, HEAD "<trace>" EVENT("&b;") "</trace></log>",
     "2 - ?not XML: undefined entity\n"},
    {"a log that is cut off", &usual,
     HEAD "<trace>" EVENT("a") "</trace>\n<trace>" EVENT("b"),
     "2 - {\"events\":[{\"event\":\"a\"}]}\n3 - ?not XML: no element found\n"},
    {"elements that do not match", &usual, HEAD "<trace></log>",
     "2 - ?not XML: mismatched tag\n"},
    {"bytes that are no UTF-8", &usual, HEAD "<trace>" EVENT("\xe4") "</trace></log>",
     "2 - ?not XML: not well-formed (invalid token)\n"},
    {"text after the log", &usual, HEAD "</log>\nx",
     "3 - ?not XML: junk after document element\n"},
    /* arrays */
    {"histories over several lines", NULL,
     "[\n{\"a\":\n[1]},\r\n {\"b\": \"]},\\\"\"}\n]\n",
     "2 0 {\"a\":\r[1]}\n4 1 {\"b\": \"]},\\\"\"}\r\n"},
    {"after a byte order mark", NULL, "\xef\xbb\xbf [{}]", "1 0 {}\n"},
    {"an empty array", NULL, "[ ]\n", ""},
    {"items that are no objects", NULL, "[1, \"a,]\", [2, [3]],null]",
     "1 0 1\n1 1 \"a,]\"\n1 2 [2, [3]]\n1 3 null\n"},
    {"a line break in a string stays one", NULL, "[\"a\nb\"]", "1 0 \"a\rb\"\n"},
    {"a comma too many", NULL, "[{},\n]",
     "1 0 {}\n2 1 ?not JSON: expected a history in the array\n"},
    {"only a comma", NULL, "[,]", "1 0 ?not JSON: expected a history in the array\n"},
    {"a bracket of another kind", NULL, "[1}",
     "1 0 1\n1 1 ?not JSON: expected a comma or the end of the array\n"},
    {"text after the array", NULL, "[{}]\n[{}]",
     "1 0 {}\n2 1 ?not JSON: text after the array\n"},
    {"an array that is cut off", NULL, "[{},\n{\"a\": 1",
     "1 0 {}\n2 1 {\"a\": 1\n2 1 ?not JSON: the array is not closed at the end of the "
     "file\n"},
};

/* Feed the text in pieces. */
static enum status number_lines(const struct data_keys *keys, const char *text,
                                size_t length, size_t piece, struct strbuf *out)
{
    struct json_array array = {.line = 1};
    struct xes *xes = keys ? xes_new(keys, NULL) : NULL;
    enum status status = keys && !xes ? STATUS_NO_MEMORY : STATUS_OK;
    for (size_t at = 0; status == STATUS_OK; at += piece) {
        bool is_end = at >= length;
        size_t part = is_end ? 0 : length - at < piece ? length - at : piece;
        const char *bytes = text + (is_end ? length : at);
        if (keys)
            status = xes_feed(xes, bytes, part, is_end, out, NULL);
        else
            json_array_feed(&array, bytes, part, is_end, out);
        if (is_end)
            break;
    }
    xes_free(xes);
    return out->has_failed ? STATUS_NO_MEMORY : status;
}

START_TEST(test_records_become_lines)
{
    static const size_t pieces[] = {1, 3, 64, 100000};
    for (size_t i = 0; i < COUNT(pieces); i++) {
        struct strbuf out;
        strbuf_init(&out, SIZE_MAX);
        ck_assert(number_lines(cases[_i].keys, cases[_i].text, strlen(cases[_i].text),
                               pieces[i], &out) == STATUS_OK);
        ck_assert_msg(strcmp(out.bytes ? out.bytes : "", cases[_i].lines) == 0,
                      "%s, in pieces of %zu bytes:\n%s", cases[_i].about, pieces[i],
                      out.bytes ? out.bytes : "");
        strbuf_release(&out);
    }
}
END_TEST

static const struct {
    const char *about, *before, *repeated, *after;
    size_t count;
    const char *problem;
} large[] = {
    {"a tag of 3 MiB", HEAD "<trace x=\"", "0123456789abcdef", "\"/></log>", 3 << 16,
     "?a tag or a comment is longer than 1 MiB\n"},
    {"a comment of 3 MiB", HEAD "<!-- ", "0123456789abcdef", "--></log>", 3 << 16,
     "?a tag or a comment is longer than 1 MiB\n"},
    {"65 elements in each other", HEAD, "<a>", "</log>", 64,
     "?elements are nested more than 64 deep\n"},
};

START_TEST(test_expansion_is_bounded)
{
    struct strbuf text, out;
    strbuf_init(&text, SIZE_MAX);
    strbuf_init(&out, SIZE_MAX);
    strbuf_add(&text, large[_i].before);
    for (size_t i = 0; i < large[_i].count; i++)
        strbuf_add(&text, large[_i].repeated);
    strbuf_add(&text, large[_i].after);
    ck_assert(number_lines(&usual, text.bytes, text.length, 1 << 16, &out) == STATUS_OK);
    ck_assert_msg(out.bytes && strstr(out.bytes, large[_i].problem), "%s: %s",
                  large[_i].about, out.bytes ? out.bytes : "");
    strbuf_release(&text);
    strbuf_release(&out);
}
END_TEST

START_TEST(test_every_allocation_may_fail)
{
    const char *text = HEAD "<trace>" STRING("concept:name", "INC-7") STRING("zone", "m")
        EVENT("a") "<event>" STRING("x",
                                    "y") "</event></trace><trace><int/></trace></log>";
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct strbuf out;
        strbuf_init(&out, SIZE_MAX);
        ck_assert_int_eq(number_lines(&usual, text, strlen(text), 50, &out),
                         failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK);
        strbuf_release(&out);
    }
}
END_TEST

static const struct {
    const char *line, *text;
    enum record_kind kind;
    uint32_t number;
    uint64_t index;
} parsed[] = {
    {"12 3 {\r}", "{\n}", RECORD_HISTORY, 12, 3},
    {"1 - !no key", "no key", RECORD_BAD, 1, RECORD_NO_INDEX},
    {"4294967295 0 ?x", "x", RECORD_TORN, UINT32_MAX, 0},
    {"1 - ", "", RECORD_HISTORY, 1, RECORD_NO_INDEX},
};

START_TEST(test_lines_are_parsed)
{
    char line[64];
    struct record_line record;
    (void)strcpy(line, parsed[_i].line);
    record_line_parse(&record, line, strlen(line));
    ck_assert_uint_eq(record.kind, parsed[_i].kind);
    ck_assert_uint_eq(record.line, parsed[_i].number);
    ck_assert_uint_eq(record.index, parsed[_i].index);
    ck_assert_uint_eq(record.length, strlen(parsed[_i].text));
    ck_assert_mem_eq(record.text, parsed[_i].text, record.length);
}
END_TEST

Suite *record_lines_suite(void)
{
    Suite *suite = suite_create("record_lines");
    TCase *tc = tcase_create("record_lines");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_records_become_lines, 0, COUNT(cases));
    tcase_add_loop_test(tc, test_expansion_is_bounded, 0, COUNT(large));
    tcase_add_test(tc, test_every_allocation_may_fail);
    tcase_add_loop_test(tc, test_lines_are_parsed, 0, COUNT(parsed));
    suite_add_tcase(suite, tc);
    return suite;
}
