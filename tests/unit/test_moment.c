#include "data/moment.h"

#include <string.h>

#include "base/timestamp.h"
#include "unit/suites.h"

static const struct {
    const char *about, *text, *moment; /* NULL: not understood */
} cases[] = {
    {"RFC 3339", "2026-11-22T10:04:00Z", "2026-11-22T10:04:00Z"},
    {"without a zone it is UTC", "2026-11-22 10:04:00", "2026-11-22T10:04:00Z"},
    {"an offset stays", "2026-11-22T10:04:00+01:00", "2026-11-22T10:04:00+01:00"},
    {"an offset without a colon", "2026-11-22 10:04:00-0530",
     "2026-11-22T10:04:00-05:30"},
    {"hours alone", "2026-11-22 10:04:00+01", "2026-11-22T10:04:00+01:00"},
    {"UTC by name", "2026-11-22 10:04:00 UTC", "2026-11-22T10:04:00Z"},
    {"GMT by name", "2026-11-22 10:04:00GMT", "2026-11-22T10:04:00Z"},
    {"slashes", "2026/11/22 10:04:05", "2026-11-22T10:04:05Z"},
    {"no leading zeros", "2026/1/2 3:04", "2026-01-02T03:04:00Z"},
    {"no seconds", "2026-11-22T10:04", "2026-11-22T10:04:00Z"},
    {"no seconds but a zone", "2026-11-22 10:04Z", "2026-11-22T10:04:00Z"},
    {"a fraction", "2026-11-22 10:04:00.25", "2026-11-22T10:04:00.25Z"},
    {"a fraction after a comma", "2026-11-22 10:04:00,123", "2026-11-22T10:04:00.123Z"},
    {"a fraction is cut", "2026-11-22 10:04:00.12345678999",
     "2026-11-22T10:04:00.123456789Z"},
    {"a day alone", "2026-11-22", "2026-11-22T00:00:00Z"},
    {"day first is not guessed at", "22/11/2026 10:04", NULL},
    {"month by name", "22 Nov 2026", NULL},
    {"separators that differ", "2026-11/22", NULL},
    {"hours alone are no time of day", "2026-11-22 10", NULL},
    {"a fraction without digits", "2026-11-22 10:04:00.", NULL},
    {"another zone", "2026-11-22 10:04:00 CET", NULL},
    {"half a zone", "2026-11-22 10:04:00+1", NULL},
    {"text behind it", "2026-11-22 10:04:00Z x", NULL},
    {"two digits of a year", "26-11-22", NULL},
    {"nothing", "", NULL},
    {"a name", "yesterday", NULL},
};

START_TEST(test_normalise)
{
    char room[MOMENT_TEXT];
    int64_t micros;
    bool is_understood = moment_normalise(cases[_i].text, strlen(cases[_i].text), room);

    ck_assert_msg(is_understood == (cases[_i].moment != NULL), "%s", cases[_i].about);
    if (!is_understood)
        return;
    ck_assert_msg(strcmp(room, cases[_i].moment) == 0, "%s: %s", cases[_i].about, room);
    ck_assert_msg(timestamp_parse(room, strlen(room), &micros), "%s: no instant",
                  cases[_i].about);
}
END_TEST

/* The form is read here, whether there is such a day is seen by timestamp_parse. */
START_TEST(test_days_that_are_none)
{
    char room[MOMENT_TEXT];
    int64_t micros;

    ck_assert(moment_normalise("2026-02-30 25:61", 16, room));
    ck_assert_str_eq(room, "2026-02-30T25:61:00Z");
    ck_assert(!timestamp_parse(room, strlen(room), &micros));
}
END_TEST

START_TEST(test_every_beginning)
{
    static const char text[] = "2026-11-22 10:04:00.25+01:00";
    char room[MOMENT_TEXT], copy[sizeof text];

    for (size_t length = 0; length < sizeof text; length++) {
        memset(copy, 'x', sizeof copy);
        memcpy(copy, text, length);
        bool whole = moment_normalise(text, length, room);
        ck_assert_msg(whole == moment_normalise(copy, length, room),
                      "it looks beyond byte %zu", length);
    }
}
END_TEST

Suite *moment_suite(void)
{
    Suite *suite = suite_create("moment");
    TCase *tc = tcase_create("moment");
    tcase_add_loop_test(tc, test_normalise, 0, COUNT(cases));
    tcase_add_test(tc, test_days_that_are_none);
    tcase_add_test(tc, test_every_beginning);
    suite_add_tcase(suite, tc);
    return suite;
}
