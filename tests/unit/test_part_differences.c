/* Warnings about a validation part that differs from the training part, and none where it does not. */
#include "data/part_differences.h"

#include <stdlib.h>
#include <string.h>

#include "support/failing_malloc.h"
#include "support/sample.h"
#include "unit/suites.h"

enum { TRAIN = 160, VALIDATION = 40, LONGEST = 8 };

/* How a part is made: every share-th history has the label 1; every unknown-th event is unknown. */
struct kind {
    size_t share, unknown;
    uint32_t length;
};

static const struct {
    const char *about;
    struct kind train, validation;
    size_t validated;
    const char *said; /* NULL: no warning */
} cases[] = {
    {"both parts are alike", {4, 20, 4}, {4, 20, 4}, VALIDATION, NULL},
    {"a label is three times as frequent",
     {8, 0, 4},
     {2, 0, 4},
     VALIDATION,
     "warning: \"no\" is the label in 87.5 % of the training part and 50.0 % of the "
     "validation "
     "part"},
    {"the same in too few histories", {8, 0, 4}, {2, 0, 4}, 20, NULL},
    {"a difference that may be chance", {5, 0, 4}, {3, 0, 4}, VALIDATION, NULL},
    {"half of the names are new",
     {4, 40, 4},
     {4, 2, 4},
     VALIDATION,
     "warning: field \"event\": 50.0 % of the values in the validation part are unknown, "
     "2.5 % "
     "in the training part"},
    {"as many are unknown in both", {4, 2, 4}, {4, 2, 4}, VALIDATION, NULL},
    {"the latest histories were cut",
     {4, 0, 8},
     {4, 0, 3},
     VALIDATION,
     "warning: half of the histories of the validation part have at most 3 events, of "
     "the "
     "training part 8: were they cut, or are they still open?"},
    {"the earlier ones were cut",
     {4, 0, 3},
     {4, 0, 8},
     VALIDATION,
     "warning: half of the histories of the validation part have 8 events or more, of "
     "the "
     "training part 3: were those cut?"},
};

static void fill(struct example *examples, size_t count, struct kind kind,
                 uint32_t ids[][LONGEST])
{
    size_t event = 0;
    for (size_t i = 0; i < count; i++) {
        for (uint32_t t = 0; t < kind.length; t++, event++)
            ids[i][t] = kind.unknown > 0 && event % kind.unknown == 0 ? 0 : 2;
        examples[i] = (struct example){.history = {.ids = ids[i], .length = kind.length},
                                       .action = i % kind.share == 0};
    }
}

static char no[] = "no", yes[] = "yes";
static char *actions[] = {no, yes};
static struct example train[TRAIN], validation[VALIDATION];
static uint32_t train_ids[TRAIN][LONGEST], validation_ids[VALIDATION][LONGEST];

static void examples_init(struct examples *examples, struct schema *schema, int i)
{
    fill(train, TRAIN, cases[i].train, train_ids);
    fill(validation, VALIDATION, cases[i].validation, validation_ids);
    *examples = (struct examples){.schema = schema,
                                  .actions = actions,
                                  .action_count = 2,
                                  .train = train,
                                  .validation = validation,
                                  .train_count = TRAIN,
                                  .validation_count = cases[i].validated};
    messages_init(&examples->messages);
}

START_TEST(test_differences_of_the_validation_part_are_warned_of)
{
    struct schema *schema = sample_schema(sample_plain);
    struct examples examples;
    examples_init(&examples, schema, _i);
    ck_assert_int_eq(warn_about_part_differences(&examples, 2, NULL), STATUS_OK);
    const char *text = examples.messages.warnings.bytes;
    if (cases[_i].said)
        ck_assert_msg(text && strstr(text, cases[_i].said), "%s: \"%s\"", cases[_i].about,
                      text);
    ck_assert_msg(examples.messages.warning_count == (cases[_i].said ? 1 : 0),
                  "%s: \"%s\"", cases[_i].about, text);
    messages_release(&examples.messages);
    triage_schema_free(schema);
}
END_TEST

START_TEST(test_comparing_without_memory)
{
    struct schema *schema = sample_schema(sample_plain);
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct examples examples;
        struct error err = {.status = STATUS_OK};
        examples_init(&examples, schema, 1);
        enum status status = warn_about_part_differences(&examples, 1, &err);
        bool has_failed =
            status == STATUS_NO_MEMORY || examples.messages.warnings.has_failed;
        ck_assert(has_failed == failing_malloc_has_failed());
        messages_release(&examples.messages);
    }
    triage_schema_free(schema);
}
END_TEST

Suite *part_differences_suite(void)
{
    Suite *suite = suite_create("part_differences");
    TCase *tcase = tcase_create("part_differences");
    tcase_add_loop_test(tcase, test_differences_of_the_validation_part_are_warned_of, 0,
                        COUNT(cases));
    tcase_add_test(tcase, test_comparing_without_memory);
    suite_add_tcase(suite, tcase);
    return suite;
}
