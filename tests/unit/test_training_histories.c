/* The training histories that a model file holds: base64, the sequences, the sketch. */
#include "model/training_histories.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/json.h"
#include "base/random.h"
#include "eval/sketch_matches.h"
#include "infer/model.h"
#include "support/case_count.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "unit/suites.h"

enum { COUNT_TRAIN = 300, COUNT_VALIDATION = 100, LONGEST = 9, C = SAMPLE_ACTIONS };

/* ---- base64 ---- */

static const struct {
    const char *bytes, *text;
} texts[] = {{"", ""},
             {"f", "Zg=="},
             {"fo", "Zm8="},
             {"foo", "Zm9v"},
             {"foob", "Zm9vYg=="},
             {"fooba", "Zm9vYmE="},
             {"\xff\xfe", "//4="},
             {"foobar", "Zm9vYmFy"}};

START_TEST(test_base64_of_the_rfc)
{
    struct strbuf text;
    unsigned char bytes[8];
    size_t count;
    strbuf_init(&text, SIZE_MAX);
    base64_add(&text, texts[_i].bytes, strlen(texts[_i].bytes));
    ck_assert_uint_eq(text.length, strlen(texts[_i].text));
    ck_assert_uint_eq(text.length, base64_length(strlen(texts[_i].bytes)));
    ck_assert(text.length == 0 || strcmp(text.bytes, texts[_i].text) == 0);
    ck_assert(base64_decode(texts[_i].text, text.length, bytes, &count));
    ck_assert_uint_eq(count, strlen(texts[_i].bytes));
    ck_assert(memcmp(bytes, texts[_i].bytes, count) == 0);
    strbuf_release(&text);
}
END_TEST

static const char *const not_base64[] = {
    "Zg=", "Zg", "Z===", "====", "Zh==", "Zm9=", "Zg==Zg==", "Zm 9", "Zm9-"};

START_TEST(test_what_is_not_base64)
{
    unsigned char bytes[8];
    size_t count;
    ck_assert_msg(!base64_decode(not_base64[_i], strlen(not_base64[_i]), bytes, &count),
                  "\"%s\"", not_base64[_i]);
}
END_TEST

/* ---- sequences ---- */

struct trial {
    struct model *model;
    struct example train[COUNT_TRAIN], validation[COUNT_VALIDATION];
    uint32_t actions[COUNT_TRAIN + COUNT_VALIDATION][LONGEST];
    struct training_data data;
    struct arena arena;
};

static void trial_init(struct trial *x, enum task task, uint64_t seed)
{
    struct spec spec = sample_spec(2, 0, 4, 1, 1);
    struct random random;
    arena_init(&x->arena, SIZE_MAX);
    random_init(&random, seed, 1);
    x->model = sample_model(sample_rich, &spec, 0.5f, 1);
    x->model->trained->task = task;
    struct history *histories =
        sample_histories(x->model->trained->schema, COUNT_TRAIN + COUNT_VALIDATION,
                         LONGEST, &x->arena, seed);
    for (size_t h = 0; h < COUNT_TRAIN + COUNT_VALIDATION; h++) {
        struct example *example =
            h < COUNT_TRAIN ? &x->train[h] : &x->validation[h - COUNT_TRAIN];
        for (uint32_t t = 0; t < LONGEST; t++) {
            x->actions[h][t] = (uint32_t)random_below(&random, C + 1);
            if (x->actions[h][t] == C)
                x->actions[h][t] = ACTION_NONE;
        }
        *example = (struct example){.history = histories[h],
                                    .action = (uint32_t)random_below(&random, C),
                                    .actions = task == TASK_LAST ? NULL : x->actions[h]};
    }
    x->data = (struct training_data){.train = x->train,
                                     .validation = x->validation,
                                     .train_count = COUNT_TRAIN,
                                     .validation_count = COUNT_VALIDATION};
}

static void trial_release(struct trial *x)
{
    triage_model_free(x->model);
    arena_release(&x->arena);
}

/* A text of what baselines use of an example: "2 3 4>1" or "2>1 3>0 4>-". */
static char *describe(const struct example *example, size_t stride, size_t column)
{
    struct strbuf text;
    size_t length;
    strbuf_init(&text, SIZE_MAX);
    for (uint32_t t = 0; t < example->history.length; t++) {
        uint32_t action = example_action(example, t);
        strbuf_printf(&text, "%u", (unsigned)example->history.ids[t * stride + column]);
        if (action < C)
            strbuf_printf(&text, ">%u", (unsigned)action);
        strbuf_add(&text, " ");
    }
    return strbuf_take(&text, &length);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

START_TEST(test_what_is_held_is_what_was_trained_on)
{
    static struct trial x;
    enum { ALL = COUNT_TRAIN + COUNT_VALIDATION };
    char *expected[ALL], *held[ALL];
    struct example *examples;
    size_t count;
    trial_init(&x, (enum task)_i, 7);
    struct trained_model *model = x.model->trained;
    x.train[5] = x.train[6] = x.train[4]; /* equal ones */
    ck_assert_int_eq(training_histories_set(model, &x.data, false, NULL), STATUS_OK);
    ck_assert_uint_eq(model->histories.count, ALL);
    ck_assert_int_eq(training_histories_decode(model, &examples, &count, &x.arena, NULL),
                     STATUS_OK);
    ck_assert_uint_eq(count, ALL);
    size_t K = model->schema->categories;
    size_t column = schema_find(model->schema, "event")->index;
    for (size_t i = 0; i < ALL; i++) {
        expected[i] = describe(
            i < COUNT_TRAIN ? &x.train[i] : &x.validation[i - COUNT_TRAIN], K, column);
        held[i] = describe(&examples[i], 1, 0);
    }
    qsort(expected, ALL, sizeof *expected, compare_texts);
    qsort(held, ALL, sizeof *held, compare_texts);
    for (size_t i = 0; i < ALL; i++) {
        ck_assert_str_eq(held[i], expected[i]);
        free(expected[i]);
        free(held[i]);
    }
    trial_release(&x);
}
END_TEST

START_TEST(test_histories_without_an_action_are_not_held)
{
    static struct trial x;
    trial_init(&x, TASK_LAST, 7);
    x.train[0].action = ACTION_NONE;
    x.validation[0].action = ACTION_OTHER;
    ck_assert_int_eq(training_histories_set(x.model->trained, &x.data, false, NULL),
                     STATUS_OK);
    ck_assert_uint_eq(x.model->trained->histories.count,
                      COUNT_TRAIN + COUNT_VALIDATION - 2);
    trial_release(&x);
}
END_TEST

START_TEST(test_only_the_number)
{
    static struct trial x;
    struct strbuf text;
    trial_init(&x, TASK_LAST, 7);
    strbuf_init(&text, SIZE_MAX);
    ck_assert_int_eq(training_histories_set(x.model->trained, &x.data, true, NULL),
                     STATUS_OK);
    training_histories_write(x.model->trained, &text);
    ck_assert_str_eq(text.bytes, ",\"training_histories\":\"400\"");
    strbuf_release(&text);
    trial_release(&x);
}
END_TEST

/* Long random histories do not fit; their number and the sketch do. */
START_TEST(test_too_many_histories_are_counted)
{
    enum { MANY = 60000, LONG = 60 };
    static struct trial x;
    struct strbuf text;
    trial_init(&x, TASK_LAST, 7);
    struct history *histories =
        sample_histories(x.model->trained->schema, MANY, LONG, &x.arena, 3);
    struct example *examples = calloc(MANY, sizeof *examples);
    for (size_t h = 0; h < MANY; h++)
        examples[h] =
            (struct example){.history = histories[h], .action = (uint32_t)h % C};
    x.data = (struct training_data){.train = examples, .train_count = MANY};
    ck_assert_int_eq(training_histories_set(x.model->trained, &x.data, false, NULL),
                     STATUS_OK);
    ck_assert_uint_eq(x.model->trained->histories.count, MANY);
    ck_assert_ptr_null(x.model->trained->histories.sequences);
    ck_assert_ptr_nonnull(x.model->trained->histories.sketch);
    strbuf_init(&text, SIZE_MAX);
    training_histories_write(x.model->trained, &text);
    ck_assert_uint_lt(text.length, 50000);
    strbuf_release(&text);
    free(examples);
    trial_release(&x);
}
END_TEST

/* Any other bytes are refused, or are other histories of the model; never a fault. */
START_TEST(test_damaged_sequences)
{
    static struct trial x;
    struct random random;
    trial_init(&x, (enum task)_i, 7);
    x.data.train_count = 12;
    x.data.validation_count = 0;
    struct trained_model *model = x.model->trained;
    ck_assert_int_eq(training_histories_set(model, &x.data, false, NULL), STATUS_OK);
    char *text = strdup(model->histories.sequences);
    size_t length = strlen(text);
    model->histories.sequences = text;
    random_init(&random, 1, 1);
    for (int i = 0; i < case_count(20000, 20); i++) {
        struct error err = {.status = STATUS_OK};
        struct example *examples;
        size_t count = 0, at = (size_t)random_below(&random, length);
        char kept = text[at];
        text[at] = (char)('+' + random_below(&random, 80));
        struct arena_mark mark = arena_mark(&x.arena);
        enum status status =
            training_histories_decode(model, &examples, &count, &x.arena, &err);
        ck_assert(status == STATUS_OK || status == STATUS_BAD_FORMAT);
        ck_assert(status == STATUS_BAD_FORMAT || count == 12);
        for (size_t h = 0; h < count && status == STATUS_OK; h++)
            for (uint32_t t = 0; t < examples[h].history.length; t++)
                ck_assert_uint_lt(examples[h].history.ids[t], 7);
        arena_rewind(&x.arena, mark);
        text[at] = kept;
    }
    for (size_t cut = 0; cut < length; cut++) {
        struct example *examples;
        size_t count;
        char kept = text[cut];
        text[cut] = '\0';
        ck_assert_int_eq(
            training_histories_decode(model, &examples, &count, &x.arena, NULL),
            STATUS_BAD_FORMAT);
        text[cut] = kept;
    }
    free(text);
    trial_release(&x);
}
END_TEST

static const struct {
    const char *about, *metadata;
    enum status status;
    uint64_t count;
} texts_of_files[] = {
    {"none", "{}", STATUS_OK, 0},
    {"a number", "{\"training_histories\": \"400\"}", STATUS_OK, 400},
    {"no number", "{\"training_histories\": \"\"}", STATUS_BAD_FORMAT, 0},
    {"a negative number", "{\"training_histories\": \"-1\"}", STATUS_BAD_FORMAT, 0},
    {"a number and more", "{\"training_histories\": \"40 \"}", STATUS_BAD_FORMAT, 0},
    {"too many digits", "{\"training_histories\": \"4000000000000000\"}",
     STATUS_BAD_FORMAT, 0},
};

START_TEST(test_metadata_is_read_or_refused)
{
    static struct trial x;
    trial_init(&x, TASK_LAST, 7);
    const char *text = texts_of_files[_i].metadata;
    json_t *metadata = json_read(text, strlen(text), NULL);
    ck_assert_msg(training_histories_read(x.model->trained, metadata, NULL) ==
                      texts_of_files[_i].status,
                  "%s", texts_of_files[_i].about);
    ck_assert_uint_eq(x.model->trained->histories.count, texts_of_files[_i].count);
    json_decref(metadata);
    trial_release(&x);
}
END_TEST

START_TEST(test_too_long_a_text_is_refused)
{
    static struct trial x;
    size_t length = base64_length(TRAINING_HISTORIES_BYTES) + 4;
    trial_init(&x, TASK_LAST, 7);
    char *text = malloc(length + 1);
    memset(text, 'A', length);
    text[length] = '\0';
    json_t *metadata =
        json_pack("{s:s, s:s}", "training_histories", "4", "training_sequences", text);
    ck_assert_int_eq(training_histories_read(x.model->trained, metadata, NULL),
                     STATUS_BAD_FORMAT);
    json_decref(metadata);
    free(text);
    trial_release(&x);
}
END_TEST

/* A few bytes must not become gigabytes. */
static const struct {
    const char *about;
    uint64_t count;
    const char *bytes;
    size_t length;
} bombs[] = {
    {"more copies than histories", 3, "\0\2\2\0\4", 5},
    {"more histories than are decoded", UINT64_C(1) << 40, "\0\2\2\0\1", 5},
    {"symbols that are not there", 1, "\0\xff\xff\xff\xff\x0f", 6},
    {"a prefix of nothing", 1, "\5\0\1", 3},
    {"an unknown event", 1, "\0\2\7\0\1", 5},
    {"an unknown action", 1, "\0\2\2\3\1", 5},
    {"no event", 1, "\0\1\2\1", 4},
    {"fewer than stated", 2, "\0\2\2\0\1", 5},
};

START_TEST(test_impossible_sequences)
{
    static struct trial x;
    struct strbuf text;
    struct example *examples;
    size_t count;
    trial_init(&x, TASK_LAST, 7);
    strbuf_init(&text, SIZE_MAX);
    base64_add(&text, bombs[_i].bytes, bombs[_i].length);
    x.model->trained->histories =
        (struct held_histories){.count = bombs[_i].count, .sequences = text.bytes};
    ck_assert_msg(training_histories_decode(x.model->trained, &examples, &count, &x.arena,
                                            NULL) == STATUS_BAD_FORMAT,
                  "%s", bombs[_i].about);
    strbuf_release(&text);
    trial_release(&x);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    static struct trial x;
    trial_init(&x, TASK_EVERY, 7);
    x.data.train_count = 9;
    x.data.validation_count = 2;
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct error err = {.status = STATUS_OK};
        struct example *examples;
        size_t count;
        struct arena arena;
        arena_init(&arena, SIZE_MAX);
        enum status status =
            training_histories_set(x.model->trained, &x.data, false, &err);
        if (status == STATUS_OK)
            status = training_histories_decode(x.model->trained, &examples, &count,
                                               &arena, &err);
        ck_assert_int_eq(status,
                         failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK);
        ck_assert_int_eq(err.status, status);
        arena_release(&arena);
    }
    trial_release(&x);
}
END_TEST

/* ---- sketch ---- */

static struct sketch_matches compare(const struct example *a, size_t a_count,
                                     const struct example *b, size_t b_count,
                                     const struct schema *schema)
{
    struct history_sketch *sketch = malloc(sizeof *sketch), *read = malloc(sizeof *read);
    const struct example **list = calloc(a_count, sizeof *list);
    struct strbuf text;
    for (size_t i = 0; i < a_count; i++)
        list[i] = &a[i];
    strbuf_init(&text, SIZE_MAX);
    ck_assert_int_eq(history_sketch_make(sketch, schema, list, a_count, NULL), STATUS_OK);
    history_sketch_write(sketch, &text);
    ck_assert_int_eq(history_sketch_read(read, text.bytes, NULL), STATUS_OK);
    ck_assert_uint_eq(read->count, sketch->count);
    ck_assert(read->is_complete == sketch->is_complete);
    ck_assert_mem_eq(read->hashes, sketch->hashes, read->count * sizeof *read->hashes);
    ck_assert_mem_eq(read->counts, sketch->counts, read->count * sizeof *read->counts);
    struct sketch_matches matches = sketch_matches_count(read, schema, b, b_count);
    strbuf_release(&text);
    free(list);
    free(sketch);
    free(read);
    return matches;
}

/* Histories with numbers and times are never equal by chance. */
START_TEST(test_histories_that_were_trained_on_are_found)
{
    static struct trial x;
    trial_init(&x, TASK_LAST, 7);
    const struct schema *schema = x.model->trained->schema;
    struct sketch_matches same =
        compare(x.train, COUNT_TRAIN, x.train, COUNT_TRAIN, schema);
    struct sketch_matches other =
        compare(x.train, COUNT_TRAIN, x.validation, COUNT_VALIDATION, schema);
    ck_assert_uint_eq(same.compared, COUNT_TRAIN);
    ck_assert_uint_eq(same.found, COUNT_TRAIN);
    ck_assert(same.expected < 0.2 * COUNT_TRAIN);
    ck_assert_uint_eq(other.compared, COUNT_VALIDATION);
    ck_assert_uint_eq(other.found, 0);
    trial_release(&x);
}
END_TEST

/* Short histories of names are often equal by chance, which is not taken for an overlap. */
START_TEST(test_equal_by_chance_is_expected)
{
    struct schema *schema = sample_schema(sample_plain);
    struct arena arena;
    enum { N = 6000 };
    static struct example examples[N];
    arena_init(&arena, SIZE_MAX);
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct history *histories =
            sample_histories(schema, N, 1 + (uint32_t)(seed % 6), &arena, seed);
        for (size_t h = 0; h < N; h++)
            examples[h].history = histories[h];
        for (size_t count = 4; count <= N / 2; count *= 5) {
            struct sketch_matches matches =
                compare(examples, count, examples + N / 2, N / 2, schema);
            ck_assert_msg((double)matches.found <= matches.expected,
                          "seed %d, %zu histories: %zu of %zu found, %.1f expected",
                          (int)seed, count, matches.found, matches.compared,
                          matches.expected);
        }
        arena_reset(&arena);
    }
    arena_release(&arena);
    triage_schema_free(schema);
}
END_TEST

/* A sketch of more histories than its limit is a sample; the share found in it is the same. */
START_TEST(test_a_sample_of_many_histories)
{
    struct spec spec = sample_spec(2, 0, 4, 1, 1);
    struct model *model = sample_model(sample_rich, &spec, 0.5f, 1);
    enum { N = 20000 };
    struct example *examples = calloc(N, sizeof *examples);
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    struct history *histories = sample_histories(model->trained->schema, N, 6, &arena, 5);
    for (size_t h = 0; h < N; h++)
        examples[h].history = histories[h];
    struct sketch_matches matches =
        compare(examples, N / 2, examples + N / 4, N / 2, model->trained->schema);
    ck_assert_uint_gt(matches.compared, 3500);
    ck_assert_uint_lt(matches.compared, 4700);
    ck_assert_double_eq_tol((double)matches.found / (double)matches.compared, 0.5, 0.05);
    free(examples);
    arena_release(&arena);
    triage_model_free(model);
}
END_TEST

static const char *const bad_sketches[] = {
    "", "AA", "Ag==", "AQAA", "AQAAAAAAAA==", "AQAAAAABAQAAAAABAQ=="};

START_TEST(test_bad_sketches_are_refused)
{
    struct history_sketch *sketch = malloc(sizeof *sketch);
    ck_assert_msg(history_sketch_read(sketch, bad_sketches[_i], NULL) ==
                      STATUS_BAD_FORMAT,
                  "\"%s\"", bad_sketches[_i]);
    free(sketch);
}
END_TEST

Suite *training_histories_suite(void)
{
    Suite *suite = suite_create("training_histories");
    TCase *tc = tcase_create("training_histories");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_base64_of_the_rfc, 0, COUNT(texts));
    tcase_add_loop_test(tc, test_what_is_not_base64, 0, COUNT(not_base64));
    tcase_add_loop_test(tc, test_what_is_held_is_what_was_trained_on, 0, 3);
    tcase_add_test(tc, test_histories_without_an_action_are_not_held);
    tcase_add_test(tc, test_only_the_number);
    tcase_add_test(tc, test_too_many_histories_are_counted);
    tcase_add_loop_test(tc, test_damaged_sequences, 0, 3);
    tcase_add_loop_test(tc, test_metadata_is_read_or_refused, 0, COUNT(texts_of_files));
    tcase_add_test(tc, test_too_long_a_text_is_refused);
    tcase_add_loop_test(tc, test_impossible_sequences, 0, COUNT(bombs));
    tcase_add_test(tc, test_memory_runs_out);
    tcase_add_test(tc, test_histories_that_were_trained_on_are_found);
    tcase_add_test(tc, test_equal_by_chance_is_expected);
    tcase_add_test(tc, test_a_sample_of_many_histories);
    tcase_add_loop_test(tc, test_bad_sketches_are_refused, 0, COUNT(bad_sketches));
    suite_add_tcase(suite, tc);
    return suite;
}
