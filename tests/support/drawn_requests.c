#include "support/drawn_requests.h"

#include <stdbool.h>

const char *const drawn_schemas[DRAWN_SCHEMAS] = {
    "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", \"values\": [\"a\", "
    "\"b\", \"error_logged\"]}]}",
    "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", \"values\": [\"a\", "
    "\"b\", \"error logged\", \"\u00e9\", \"deploy-started\"]},"
    " {\"name\": \"latency\", \"kind\": \"number\", \"mean\": 3.5, \"scale\": 2.0,"
    " \"missing_mean\": 0.25, \"missing_scale\": 0.5},"
    " {\"name\": \"service\", \"kind\": \"category\", \"values\": [\"api\", \"db\", "
    "\"web-01\"]},"
    " {\"name\": \"size\", \"kind\": \"number\", \"booleans\": true},"
    " {\"name\": \"is_paged\", \"kind\": \"category\", \"values\": [\"True\", "
    "\"false\"]},"
    " {\"name\": \"code\", \"kind\": \"category\", \"values\": [\"40\", \"503\", "
    "\"0.5\", "
    "\"None\"]},"
    " {\"name\": \"a/b~c\", \"kind\": \"number\"}],"
    " \"time\": [{\"name\": \"since_previous\", \"mean\": 1.5, \"scale\": 2.5},"
    " {\"name\": \"since_first\"}, {\"name\": \"hour_sin\"}, {\"name\": \"weekday_cos\"},"
    " {\"name\": \"missing\"}]}",
    "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", \"values\": [\"a\", "
    "\"b\", \"N/A\"]},"
    " {\"name\": \"service\", \"kind\": \"category\", \"values\": [\"api\", \"TRUE\"]},"
    " {\"name\": \"latency\", \"kind\": \"number\"}],"
    " \"time\": [{\"name\": \"since_previous\"}],"
    " \"keys\": {\"id\": \"case\", \"events\": \"alerts\", \"event\": \"activity\","
    " \"time\": \"at\"}}",
    "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", \"values\": [\"a\", "
    "\"b\", \"a+api\", \"b+true\"]},"
    " {\"name\": \"code\", \"kind\": \"category\", \"values\": [\"1\", \"2\"]}],"
    " \"time\": [{\"name\": \"since_first\"}, {\"name\": \"missing\"}],"
    " \"keys\": {\"event\": [\"name\", \"state\"], \"time\": \"ts\", \"time_format\": "
    "\"milliseconds\"}}",
};

/* The keys of a request for each of these schemas; "" where there is only ours. */
static const struct {
    const char *id, *events, *event, *time;
} trained[DRAWN_SCHEMAS] = {{"", "", "", ""},
                            {"", "", "", ""},
                            {"case", "alerts", "activity", "at"},
                            {"", "", "name", "ts"}};

struct drawing {
    struct strbuf *text;
    struct random *random;
    unsigned schema;
    enum oddity oddity;
};

/* ---- choices ------------------------------------------------------------------------------- */

/* Nearly uniform in 0 .. bound - 1, and cheaper than random_below. */
static unsigned below(struct random *random, unsigned bound)
{
    return (unsigned)((random_next(random) >> 32) * bound >> 32);
}

static bool one_in(struct drawing *drawing, unsigned count)
{
    return below(drawing->random, count) == 0;
}

/* Draw something that is usually refused? */
static bool is_odd(struct drawing *drawing)
{
    static const unsigned rarity[] = {[ODDITY_SOME] = 40, [ODDITY_MUCH] = 6};
    return drawing->oddity != ODDITY_NONE && one_in(drawing, rarity[drawing->oddity]);
}

static void add(struct drawing *drawing, const char *text)
{
    strbuf_add(drawing->text, text);
}

static void add_one_of(struct drawing *drawing, const char *const *list, size_t count)
{
    add(drawing, list[below(drawing->random, (unsigned)count)]);
}

#define ADD_ONE_OF(drawing, ...)                                                         \
    do {                                                                                 \
        static const char *const list_[] = {__VA_ARGS__};                                \
        add_one_of(drawing, list_, sizeof list_ / sizeof *list_);                        \
    } while (0)

/* Whitespace, where it is allowed; usually none. */
static void add_blank(struct drawing *drawing)
{
    if (one_in(drawing, 8))
        ADD_ONE_OF(drawing, " ", "\n", "\t ", " \r\n  ");
}

static void add_key(struct drawing *drawing, const char *key)
{
    add(drawing, "\"");
    add(drawing, key);
    add(drawing, "\"");
    add_blank(drawing);
    add(drawing, ":");
    add_blank(drawing);
}

static void add_comma(struct drawing *drawing)
{
    add_blank(drawing);
    add(drawing, ",");
    add_blank(drawing);
}

/* Our key, or that of the training data. */
static const char *either(struct drawing *drawing, const char *ours, const char *theirs)
{
    return *theirs != '\0' && !one_in(drawing, 4) ? theirs : ours;
}

/* ---- values -------------------------------------------------------------------------------- */

static void add_anything(struct drawing *drawing)
{
    ADD_ONE_OF(drawing, "null", "true", "false", "0", "-0", "1.5", "\"\"", "\"a\"",
               "\"x\"", "[]", "{}", "[1, [2, {\"a\": null}]]",
               "{\"a\": [1, null], \"b\": {}}", "{\"a\": 1, \"a\": 2}",
               "\"\\n\\u20ac\\ud83d\\ude00\"", "\"\\ud800\"", "\"\\u0000\"", "1e999",
               "-1e999", "1e-999", "123456789012345678901234567890",
               "9223372036854775807", "9223372036854775808", "\"\xff\"", "\"\u20ac\"",
               "{\"events\": [\"a\"]}", "\"NULL\"", "\"none\"", "\"1\"", "\"TRUE\"", "01",
               "nul", "\"2026-11-22T10:04:00Z\"", "1700000000");
}

static void add_digits(struct drawing *drawing)
{
    char digits[20];
    unsigned count = 1 + below(drawing->random, below(drawing->random, 8) == 0 ? 18 : 4);
    for (unsigned i = 0; i < count; i++)
        digits[i] = (char)('0' + below(drawing->random, 10));
    if (digits[0] == '0' && count > 1)
        digits[0] = '7';
    digits[count] = '\0';
    add(drawing, digits);
}

static void add_number(struct drawing *drawing)
{
    if (one_in(drawing, 4)) {
        ADD_ONE_OF(drawing, "0", "-0", "-0.0", "1e22", "1e23", "1E-7", "0.1", "1e308",
                   "9007199254740993.5", "123456789012345678", "5e-324", "4.9e-324",
                   "2.2250738585072011e-308", "0.000000000000000000000000000001",
                   "100000000000000000000.0", "1.7976931348623157e308");
        return;
    }
    add(drawing, one_in(drawing, 4) ? "-" : "");
    add_digits(drawing);
    if (one_in(drawing, 2)) {
        add(drawing, ".");
        add_digits(drawing);
    }
    if (one_in(drawing, 6))
        ADD_ONE_OF(drawing, "e0", "E2", "e+3", "e-2", "e-20", "e40");
}

static void add_name(struct drawing *drawing)
{
    ADD_ONE_OF(
        drawing, "\"a\"", "\"b\"", "\"a\"", "\"b\"", "\"a\"", "\"b\"", "\"A\"",
        "\"error_logged\"", "\"error logged\"", "\"Error-logged\"", "\"eror logged\"",
        "\"\\u0061\"", "\"\u00e9\"", "\"\\u00e9\"", "\"deploy_started\"", "\"zzzz\"",
        "\"NULL\"", "\"N/A\"", "\" a \"", "\"\\\"\\\\\\/\\b\"",
        "\"012345678901234567890123456789012345678901234567890123456789012\u20ac\"");
}

static void add_category(struct drawing *drawing)
{
    ADD_ONE_OF(drawing, "\"api\"", "\"db\"", "\"api\"", "\"db\"", "\"web-01\"",
               "\"web-02\"", "\"web_01\"", "\"ap\"", "\"\"", "\" \"", "null", "true",
               "false", "\"true\"", "\"False\"", "\"TRUE\"", "\"NULL\"", "\"none\"",
               "\"None\"", "\"n/a\"", "\"?\"", "\"40\"", "\"40.0\"",
               "\"\\u0034\\u0030\"");
}

static void add_digit_category(struct drawing *drawing)
{
    ADD_ONE_OF(drawing, "40", "503", "40.0", "4e1", "0.5", "5e-1", "\"40\"", "\"503\"",
               "41", "null", "1", "2", "1.0", "-0", "9007199254740992", "1e15", "0.50",
               "-40", "0.4e2", "\"None\"", "\"none\"");
}

static void add_time(struct drawing *drawing, bool is_number)
{
    static const char *const zones[] = {"Z\"",      "z\"",   ".25Z\"",         "+01:00\"",
                                        "+0100\"",  "\"",    ".1234567891Z\"", ",5Z\"",
                                        "-00:30\"", " UTC\""};
    if (is_number) {
        add(drawing, "17000");
        for (unsigned i = 0; i < 5; i++)
            add(drawing, (const char[2]){(char)('0' + below(drawing->random, 10)), '\0'});
        if (drawing->schema == 3)
            add(drawing, "000");
        if (one_in(drawing, 4))
            ADD_ONE_OF(drawing, ".5", ".123456", ".000000001", ".0", "e0");
        return;
    }
    if (one_in(drawing, 12)) {
        ADD_ONE_OF(drawing, "\"2016-12-31T23:59:60Z\"", "\"2026-11-22\"",
                   "\"2026-11-22 10:04\"", "\"Nov 22, 2026 10:04 AM\"",
                   "\" 2026-11-22T10:04:00Z \"", "\"20261122T100400Z\"");
        return;
    }
    char text[] = "\"2026-11-22T10:04:00";
    if (one_in(drawing, 3))
        text[10] = (char)('0' + below(drawing->random, 10));
    text[13] = (char)('0' + below(drawing->random, 10));
    text[18] = (char)('0' + below(drawing->random, 6));
    text[19] = (char)('0' + below(drawing->random, 10));
    add(drawing, text);
    add_one_of(drawing, zones, sizeof zones / sizeof *zones);
}

static void add_odd_time(struct drawing *drawing)
{
    ADD_ONE_OF(drawing, "null", "\"\"", "\"NULL\"", "\"yesterday\"", "1e15", "-1e15",
               "true", "{}", "\"0001-01-01T00:00:00Z\"", "\"9999-12-31T23:59:59Z\"",
               "20261122", "1795341600000", "\"1795341600\"", "\"22/11/2026 10:04\"", "0",
               "-1", "1.5", "\"2026-11-22T10:04:61Z\"", "\"2026-11-31T10:04:00Z\"",
               "0.0000000001", "12345678901234567890", "123456789012345678901", "5e-324");
}

/* ---- events ---------------------------------------------------------------------------------- */

/* A field and its value; `half` chooses one half of them, so that two can differ for sure. */
static void add_field(struct drawing *drawing, unsigned half)
{
    static const char *const numbers[] = {"latency", "size"};
    if (is_odd(drawing)) {
        ADD_ONE_OF(drawing, "\"latency\":", "\"size\":", "\"service\":", "\"code\":",
                   "\"event\":", "\"time\":", "\"is_paged\":", "\"a/b~c\":", "\"\":",
                   "\"state\":", "\"name+state\":", "\"State\":");
        add_anything(drawing);
        return;
    }
    switch (below(drawing->random, 4)) {
    case 0:
        add_key(drawing, numbers[half]);
        if (half == 1 && one_in(drawing, 4) && drawing->schema == 1)
            ADD_ONE_OF(drawing, "true", "false");
        else if (one_in(drawing, 8))
            ADD_ONE_OF(drawing, "null", "\"N/A\"", "\"\"");
        else
            add_number(drawing);
        break;
    case 1:
        add_key(drawing, half == 0              ? "service"
                         : drawing->schema == 3 ? "state"
                                                : "is_paged");
        add_category(drawing);
        break;
    case 2:
        add_key(drawing, half == 0 ? "code" : "host");
        add_digit_category(drawing);
        break;
    default:
        if (half == 0)
            ADD_ONE_OF(drawing, "\"x\":", "\"\\u0078\":", "\"\u00e9\":", "\"timestamp\":",
                       "\"a\\/b\":", "\"details\":", "\"date\":", "\"message\":",
                       "\"tiem\":", "\"Time\":", "\"latncy\":");
        else
            ADD_ONE_OF(
                drawing, "\"y\":", "\"title\":", "\"created_at\":", "\"z\\n\":",
                "\"Service\":", "\"type\":", "\"sizes\":", "\"_ts\":", "\"Event\":");
        ADD_ONE_OF(drawing, "1", "\"a\"", "null", "{}", "[]", "{\"k\": [{\"k\": 1}, 2]}",
                   "\"2026-11-22T10:04:00Z\"", "[1, 2.5, -3e7, \"\\u20ac\"]",
                   "{\"a\": 1, \"b\": {\"a\": true, \"c\": \"\\n\"}}", "1795341600");
    }
}

struct event_style {
    const char *event, *time; /* keys; time NULL: none */
    bool has_number_times,
        is_named; /* is_named: an event without other fields is a string */
};

static void add_event_object(struct drawing *drawing, const struct event_style *style)
{
    bool is_first = one_in(drawing, 4), has_name = !is_odd(drawing);
    add(drawing, "{");
    add_blank(drawing);
    if (has_name && is_first) {
        add_key(drawing, style->event);
        add_name(drawing);
    }
    if (style->time && !is_odd(drawing)) {
        if (has_name && is_first)
            add_comma(drawing);
        add_key(drawing, style->time);
        if (is_odd(drawing))
            add_odd_time(drawing);
        else
            add_time(drawing, style->has_number_times);
        is_first = is_first || !has_name;
        if (has_name && !is_first)
            add_comma(drawing);
    }
    if (has_name && !is_first) {
        add_key(drawing, style->event);
        if (one_in(drawing, 16))
            add(drawing, "null");
        else if (is_odd(drawing))
            add_anything(drawing);
        else
            add_name(drawing);
    }
    for (unsigned half = 0; half < 2; half++)
        if (one_in(drawing, 2)) {
            if (drawing->text->bytes[drawing->text->length - 1] != '{')
                add_comma(drawing);
            add_field(drawing,
                      is_odd(drawing) ? 0 : half); /* odd: perhaps the same key */
        }
    add_blank(drawing);
    add(drawing, "}");
}

static void add_event(struct drawing *drawing, const struct event_style *style)
{
    if (is_odd(drawing))
        add_anything(drawing);
    else if (style->is_named && !one_in(drawing, 4))
        add_name(drawing);
    else
        add_event_object(drawing, style);
}

/* The text from `begin` to `end` again: mostly as it is, else with another byte in it. */
static void add_again(struct drawing *drawing, size_t begin, size_t end)
{
    static const char bytes[] = "\"\"\\,,::{}[] \n0129-+.:TZabeux\x7f\xc3\xa9";
    struct strbuf *text = drawing->text;
    size_t first = text->length;
    for (size_t i = begin; i < end; i++) {
        const char copy[] = {text->bytes[i], '\0'};
        add(drawing, copy);
    }
    if (one_in(drawing, 3) && !text->has_failed && end > begin)
        text->bytes[first + below(drawing->random, (unsigned)(end - begin))] =
            bytes[below(drawing->random, sizeof bytes - 1)];
}

/* Most events are like the one before: the decoder expects the same bytes between the values. */
static void add_next_event(struct drawing *drawing, const struct event_style *style,
                           size_t *last)
{
    size_t end = drawing->text->length;
    add_comma(drawing);
    size_t begin = drawing->text->length;
    if (one_in(drawing, 3))
        add_again(drawing, *last, end);
    else
        add_event(drawing, style);
    *last = begin;
}

static void add_events(struct drawing *drawing)
{
    const char *ours = trained[drawing->schema].event;
    struct event_style style = {
        .event = either(drawing, "event", ours),
        .time = one_in(drawing, 2)
                    ? either(drawing, "time", trained[drawing->schema].time)
                    : NULL,
        .has_number_times = one_in(drawing, 2),
    };
    unsigned most = one_in(drawing, 16) ? 40 : 5;
    style.is_named = !style.time && one_in(drawing, 2);
    add_key(drawing, either(drawing, "events", trained[drawing->schema].events));
    if (is_odd(drawing)) {
        add_anything(drawing);
        return;
    }
    add(drawing, "[");
    size_t last = drawing->text->length;
    add_event(drawing, &style);
    for (unsigned i = below(drawing->random, most); i > 0; i--)
        add_next_event(drawing, &style, &last);
    add(drawing, "]");
}

/* ---- histories and requests ------------------------------------------------------------------ */

static void add_case_fields(struct drawing *drawing)
{
    add_key(drawing, "fields");
    if (one_in(drawing, 16)) {
        add(drawing, "null");
        return;
    }
    if (is_odd(drawing)) {
        add_anything(drawing);
        return;
    }
    add(drawing, "{");
    for (unsigned half = 0, count = below(drawing->random, 3); half < count; half++) {
        if (half > 0)
            add_comma(drawing);
        add_field(drawing, half);
    }
    add(drawing, "}");
}

static void add_id(struct drawing *drawing)
{
    add_key(drawing, either(drawing, "id", trained[drawing->schema].id));
    if (is_odd(drawing))
        add_anything(drawing);
    else
        ADD_ONE_OF(drawing, "\"INC-7\"", "77", "null", "\"\"", "-12",
                   "\"\\u00e9\\n\\\"\u20ac\"", "9007199254740993");
}

static void add_other_member(struct drawing *drawing)
{
    if (is_odd(drawing))
        ADD_ONE_OF(drawing,
                   "\"Fields\":", "\"field\":", "\"modle\":", "\"model\":", "\"_id\":",
                   "\"Case\":", "\"include\":", "\"includes\":", "\"histories \":",
                   "\"service\":", "\"is_paged\":", "\"latency\":", "\"model_name\":");
    else
        ADD_ONE_OF(drawing, "\"label\":", "\"case\":", "\"alerts\":", "\"\\u0069d\":",
                   "\"evnts\":", "\"x\":", "\"\":", "\"action\":");
    if (is_odd(drawing))
        add_anything(drawing);
    else
        ADD_ONE_OF(drawing, "1", "\"x\"", "null", "{\"a\": [1, {\"b\": true}]}", "[]",
                   "[[[[]]], {}]");
}

/* The members of a history, each at most once unless it is odd, in any order. */
static void add_members(struct drawing *drawing, bool is_first)
{
    unsigned left = 1u << 0 | (one_in(drawing, 3) ? 0 : 1u << 1) |
                    (one_in(drawing, 2) ? 1u << 2 : 0) |
                    (one_in(drawing, 4) ? 1u << 3 : 0);
    if (is_odd(drawing))
        left &= ~1u;
    while (left != 0) {
        unsigned member = below(drawing->random, 4);
        if ((left & 1u << member) == 0)
            continue;
        if (!is_odd(drawing))
            left &= ~(1u << member);
        if (!is_first)
            add_comma(drawing);
        is_first = false;
        if (member == 0)
            add_events(drawing);
        else if (member == 1)
            add_id(drawing);
        else if (member == 2)
            add_case_fields(drawing);
        else
            add_other_member(drawing);
    }
}

static void add_histories(struct drawing *drawing)
{
    add_key(drawing, "histories");
    add(drawing, "[");
    for (unsigned i = 0, count = 1 + below(drawing->random, 4); i < count; i++) {
        if (i > 0)
            add_comma(drawing);
        if (is_odd(drawing)) {
            add_anything(drawing);
            continue;
        }
        add(drawing, "{");
        add_members(drawing, true);
        add(drawing, "}");
    }
    add(drawing, "]");
}

static void add_model(struct drawing *drawing)
{
    add_key(drawing, "model");
    if (is_odd(drawing))
        ADD_ONE_OF(drawing, "\"three\"", "null", "1", "\"\"", "\"\\u006fne\"",
                   "[\"one\"]");
    else
        ADD_ONE_OF(drawing, "\"one\"", "\"two\"");
}

static void add_include(struct drawing *drawing)
{
    add_key(drawing, "include");
    if (is_odd(drawing))
        ADD_ONE_OF(drawing, "[\"timeline\"]", "null", "\"timeline\"", "[1, 2]", "[{}]",
                   "{}", "[ \n 1]", "[\"surprise\", \"x\\n\"]", "[\"surprises\"]",
                   "[\"surprise\"", "[\"surprise\",]", "[\"Surprise\"]");
    else
        ADD_ONE_OF(drawing, "[]", "[ ]", "[\n]", "[\"surprise\"]",
                   "[ \"surprise\" , \"s\\u0075rprise\"]");
}

void drawn_request(struct strbuf *text, struct random *random, unsigned schema,
                   enum oddity oddity)
{
    struct drawing drawing = {
        .text = text, .random = random, .schema = schema, .oddity = oddity};
    bool has_model = one_in(&drawing, 3), is_model_last = one_in(&drawing, 2);
    bool is_many = one_in(&drawing, 5);
    if (one_in(&drawing, 32))
        add(&drawing, "\xEF\xBB\xBF");
    add_blank(&drawing);
    add(&drawing, "{");
    size_t begin = text->length;
    if (has_model && !is_model_last)
        add_model(&drawing);
    if (one_in(&drawing, 16)) {
        if (text->length > begin)
            add_comma(&drawing);
        add_include(&drawing);
    }
    if (is_many) {
        if (text->length > begin)
            add_comma(&drawing);
        if (one_in(&drawing, 8)) {
            add_id(&drawing);
            add_comma(&drawing);
        }
        add_histories(&drawing);
    }
    if (!is_many || is_odd(&drawing))
        add_members(&drawing, text->length == begin);
    if (one_in(&drawing, 12)) {
        add_comma(&drawing);
        add_other_member(&drawing);
    }
    if (has_model && is_model_last) {
        add_comma(&drawing);
        add_model(&drawing);
    }
    add_blank(&drawing);
    add(&drawing, "}");
    add_blank(&drawing);
}

/* ---- damage ---------------------------------------------------------------------------------- */

/* Insert or remove bytes at a place. */
static void splice(struct strbuf *text, size_t at, size_t removed, const char *bytes,
                   size_t length)
{
    char rest[64];
    size_t used = length < sizeof rest ? length : sizeof rest;
    memcpy(rest, bytes, used); /* bytes may be in the text */
    for (size_t i = 0; i + removed < used; i++)
        strbuf_add(text, " ");
    size_t tail = text->length - (used > removed ? used - removed : 0) - at - removed;
    memmove(text->bytes + at + used, text->bytes + at + removed, tail);
    memcpy(text->bytes + at, rest, used);
    text->length = at + used + tail;
}

void drawn_damage(struct strbuf *text, struct random *random)
{
    static const char bytes[] = "{}[]:,\"\\ eE.-+019tfnu\n\x01\x7f\xc3\xa9\xff";
    static const char *const tokens[] = {"{",           "}",
                                         "[",           "]",
                                         ",",           ":",
                                         "null",        "true",
                                         "\"a\"",       "1",
                                         "-",           "\\u",
                                         "\"\\u00",     "\\ud800",
                                         "1e5",         "//",
                                         "[[",          "]]",
                                         "{\"a\":",     "\"id\"",
                                         "\"time\"",    "\"event\"",
                                         "events",      "model",
                                         "\0",          "\xEF\xBB\xBF",
                                         "\"fields\":", "\"histories\":",
                                         ",\"a\":1",    ",\"a\":1"};
    for (unsigned i = 0, count = 1 + below(random, 3); i < count && text->length > 0;
         i++) {
        unsigned length = (unsigned)text->length, at = below(random, length);
        unsigned rest = length - at, some = 1 + below(random, rest < 12 ? rest : 12);
        const char *token = tokens[below(random, sizeof tokens / sizeof *tokens)];
        switch (below(random, 7)) {
        case 0: /* replace a byte */
            text->bytes[at] = bytes[below(random, sizeof bytes - 1)];
            break;
        case 1: /* remove some bytes */
            splice(text, at, some, "", 0);
            break;
        case 2: /* insert a byte */
            splice(text, at, 0, &bytes[below(random, sizeof bytes)], 1);
            break;
        case 3: /* insert a token */
            splice(text, at, 0, token, *token == '\0' ? 1 : strlen(token));
            break;
        case 4: /* repeat some bytes elsewhere */
            splice(text, below(random, length), 0, text->bytes + at, some);
            break;
        case 5: /* replace a byte by a token */
            splice(text, at, 1, token, *token == '\0' ? 1 : strlen(token));
            break;
        default: /* cut */
            if (below(random, 8) == 0)
                text->length = at;
        }
    }
}
