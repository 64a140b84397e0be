/* Reading and writing recipes. */
#include "recipe.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "support/failing_malloc.h"
#include "support/sample.h"
#include "support/tmpdir.h"
#include "unit/suites.h"

static const struct {
    const char *about, *json;
    enum status status;
    const char *where, *text;
} bad[] = {
    {"not JSON", "{\"network\": {", STATUS_BAD_JSON, "", "line 1, column 13: "},
    {"an array", "[]", STATUS_BAD_INPUT, "", "the recipe is not an object"},
    {"an unknown member", "{\"netwrok\": {}}", STATUS_BAD_INPUT, "/netwrok",
     "unknown key \"netwrok\""},
    {"an unknown setting", "{\"network\": {\"hiden\": 3}}", STATUS_BAD_OPTION,
     "/network/hiden", ""},
    {"a setting out of bounds", "{\"training\": {\"epochs\": 100001}}", STATUS_BAD_OPTION,
     "/training/epochs", "expected a whole number from 0 to 100000, received 100001"},
    {"a setting of another type", "{\"training\": {\"clip\": \"1\"}}", STATUS_BAD_OPTION,
     "/training/clip", ""},
    {"an unknown target", "{\"target\": \"first\"}", STATUS_BAD_OPTION, "/target",
     "expected one of last, next, every, continue, received \"first\""},
    {"an end that is not a boolean", "{\"end\": 1}", STATUS_BAD_OPTION, "/end",
     "expected true or false, received 1"},
    {"a repeated key", "{\"end\": true, \"end\": true}", STATUS_BAD_JSON, "", "line 1"},
};

/* Read recipe text over the defaults. */
static enum status read(struct recipe *recipe, const char *text, struct arena *arena,
                        struct error *err)
{
    struct tmpdir tmpdir;
    char path[TMPDIR_PATH];
    enum status status = recipe_init(recipe, arena, err);
    tmpdir_init(&tmpdir);
    tmpdir_join(&tmpdir, "recipe.json", path);
    ck_assert(file_write(path, text, strlen(text), NULL) == STATUS_OK);
    if (status == STATUS_OK)
        status = recipe_read(recipe, path, arena, err);
    tmpdir_release(&tmpdir);
    return status;
}

START_TEST(test_bad_recipes_are_errors)
{
    struct error err = {.status = STATUS_OK};
    struct recipe recipe;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    ck_assert_msg(read(&recipe, bad[_i].json, &arena, &err) == bad[_i].status, "%s",
                  bad[_i].about);
    ck_assert_str_eq(err.where, bad[_i].where);
    ck_assert_msg(strstr(err.text, bad[_i].text) != NULL, "%s: %s", bad[_i].about,
                  err.text);
    recipe_release(&recipe);
    arena_release(&arena);
}
END_TEST

static char first_action[] = "say \"no\"", second_action[] = "[yes, {maybe}]";
static char *actions[] = {first_action, second_action};

static char *write_recipe(const struct recipe *recipe, const char *schema)
{
    struct examples examples = {
        .schema = sample_schema(schema), .actions = actions, .action_count = 2};
    struct strbuf text;
    size_t length;
    strbuf_init(&text, SIZE_MAX);
    ck_assert(recipe_write(recipe, &examples, &text, NULL) == STATUS_OK);
    triage_schema_free(examples.schema);
    return strbuf_take(&text, &length);
}

START_TEST(test_written_recipe_reads_back)
{
    struct recipe recipe, again;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    ck_assert(recipe_init(&recipe, &arena, NULL) == STATUS_OK);
    recipe.task = TASK_NEXT;
    recipe.with_end = false;
    recipe.spec.hidden = 7;
    recipe.training.learning_rate = 0.0012345678901234567;
    char *first = write_recipe(&recipe, sample_rich);
    ck_assert_int_eq(read(&again, first, &arena, NULL), STATUS_OK);
    ck_assert_uint_eq(again.task, TASK_NEXT);
    ck_assert(!again.with_end && again.spec.hidden == 7);
    ck_assert(again.training.learning_rate == recipe.training.learning_rate);
    ck_assert_str_eq(json_string_value(json_array_get(again.actions, 0)), first_action);
    char *schema = json_dumps(again.schema, JSON_REAL_PRECISION(9));
    char *second = write_recipe(&again, schema);
    ck_assert_str_eq(first, second);
    ck_assert_ptr_nonnull(strstr(first, "\n    \"hidden\": 7,\n"));
    free(schema);
    free(first);
    free(second);
    recipe_release(&recipe);
    recipe_release(&again);
    arena_release(&arena);
}
END_TEST

static const struct {
    const char *about, *json, *actions, *values;
} renames[] = {
    {"names of the label and of fields",
     "{'actions': ['Page', 'page', 'wait'], 'rename': {'fix': {'Page': 'page'}, 'x': "
     "{'a': "
     "'c'}}, 'schema': {'fields': [{'name': 'x', 'values': ['a', 'b']}]}}",
     "['page','wait']", "['c','b']"},
    {"the columns by our names",
     "{'actions': ['Page', 'wait'], 'rename': {'action': {'Page': 'page'}, 'event': "
     "{'a': "
     "'c'}}, 'schema': {'fields': [{'name': 'event', 'values': ['a', 'b']}]}}",
     "['page','wait']", "['c','b']"},
    {"the event by its key",
     "{'actions': ['x', 'y'], 'rename': {'what': {'a': 'c'}}, 'schema': {'fields': "
     "[{'name': 'event', 'values': ['a', 'b']}]}}",
     "['x','y']", "['c','b']"},
    {"another column",
     "{'actions': ['a', 'y'], 'rename': {'z': {'a': 'c'}}, 'schema': {'fields': "
     "[{'name': 'x', 'values': ['a', 'b']}]}}",
     "['a','y']", "['a','b']"},
    {"names that change places stay",
     "{'actions': ['a', 'b'], 'rename': {'fix': {'a': 'b', 'b': 'a'}}}", "['a','b']",
     NULL},
    {"a chain: what was written with new names is not changed",
     "{'actions': ['b', 'c'], 'rename': {'fix': {'a': 'b', 'b': 'c'}}}", "['b','c']",
     NULL},
    {"blanks are left out first",
     "{'actions': ['Page ', 'page', ' wait'], 'trim': true, 'rename': {'fix': {'Page': "
     "'page'}}}",
     "['page','wait']", NULL},
    {"no schema and no actions", "{'rename': {'fix': {'a': 'b'}}}", NULL, NULL},
    {"a list that is refused later",
     "{'actions': ['a', 1], 'rename': {'fix': {'a': 'b'}}}", "['a',1]", NULL},
};

/* JSON with ' for ". */
static char *with_quotes(const char *text)
{
    char *copy = strdup(text);
    for (char *c = copy; *c != '\0'; c++)
        *c = *c == '\'' ? '"' : *c;
    return copy;
}

static void check_list(const char *about, const json_t *list, const char *expected)
{
    char *text = list ? json_dumps(list, JSON_COMPACT) : strdup("null");
    char *quoted = with_quotes(expected ? expected : "null");
    ck_assert_msg(strcmp(text, quoted) == 0, "%s: %s", about, text);
    free(quoted);
    free(text);
}

START_TEST(test_a_recipe_renames_its_own_names)
{
    const struct data_keys keys = {.label = "fix", .event = "what"};
    struct recipe recipe;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    char *json = with_quotes(renames[_i].json);
    ck_assert(read(&recipe, json, &arena, NULL) == STATUS_OK);
    for (int again = 0; again < 2; again++) {
        ck_assert(recipe_rename(&recipe, &keys, NULL) == STATUS_OK);
        check_list(renames[_i].about, recipe.actions, renames[_i].actions);
        const json_t *field = json_array_get(json_object_get(recipe.schema, "fields"), 0);
        check_list(renames[_i].about, json_object_get(field, "values"),
                   renames[_i].values);
    }
    free(json);
    recipe_release(&recipe);
    arena_release(&arena);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    struct tmpdir tmpdir;
    char path[TMPDIR_PATH];
    struct recipe recipe;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    tmpdir_init(&tmpdir);
    tmpdir_join(&tmpdir, "recipe.json", path);
    ck_assert(recipe_init(&recipe, &arena, NULL) == STATUS_OK);
    char *text = write_recipe(&recipe, sample_rich);
    ck_assert(file_write(path, text, strlen(text), NULL) == STATUS_OK);
    free(text);
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct error err = {.status = STATUS_OK};
        enum status status = recipe_read(&recipe, path, &arena, &err);
        ck_assert_msg(status ==
                          (failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK),
                      "pass %u: %s", n, err.text);
        recipe_release(&recipe);
    }
    tmpdir_release(&tmpdir);
    arena_release(&arena);
}
END_TEST

Suite *recipe_suite(void)
{
    Suite *suite = suite_create("recipe");
    TCase *tc = tcase_create("recipe");
    tcase_add_loop_test(tc, test_bad_recipes_are_errors, 0, COUNT(bad));
    tcase_add_test(tc, test_written_recipe_reads_back);
    tcase_add_loop_test(tc, test_a_recipe_renames_its_own_names, 0, COUNT(renames));
    tcase_add_test(tc, test_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}
