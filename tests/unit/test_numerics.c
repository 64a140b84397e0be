/*
 * The frozen answers: models of every cell and convention, with several layers, directions, numbers
 * and times, saturated gates and subnormal states, of several networks, and with an attention head,
 * give the same bytes as when their numerics was frozen, with every kernel that this machine can run.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "support/frozen_answers.h"
#include "support/kernels.h"
#include "unit/suites.h"

static const struct {
    const char *about, *files;
    size_t count;
} frozen[] = {
    {"numerics 1: models of one network", FROZEN_ANSWERS_FOLDER "*.safetensors", 42},
    {"numerics 2: models of several", FROZEN_MEMBERS_FOLDER "*.safetensors", 18},
    {"numerics 3: models with an attention head", FROZEN_ATTENTION_FOLDER "*.safetensors",
     36},
    {"numerics 4: models of self-attention", FROZEN_SELF_ATTENTION_FOLDER "*.safetensors",
     8},
};

enum { FROZEN = sizeof frozen / sizeof *frozen };

/* The content of x/gru.answers for "x/gru.safetensors"; free() it. */
static char *read_expected(const char *model_path, size_t *length)
{
    char path[256], *bytes;
    struct error err = {.status = STATUS_OK};
    size_t stem = strlen(model_path) - strlen(".safetensors");
    snprintf(path, sizeof path, "%.*s.answers", (int)stem, model_path);
    ck_assert_msg(file_read(path, SIZE_MAX, &bytes, length, &err) == STATUS_OK, "%s: %s",
                  path, err.text);
    return bytes;
}

static void check_model(const char *path)
{
    struct error err = {.status = STATUS_OK};
    struct model *model = triage_model_load(path, &err);
    struct strbuf answers;
    size_t length, same = 0;
    char *expected = read_expected(path, &length);
    ck_assert_msg(model, "%s: %s: %s", path, err.where, err.text);
    strbuf_init(&answers, SIZE_MAX);
    frozen_answers_write(model, &answers);
    while (same < length && same < answers.length &&
           answers.bytes[same] == expected[same])
        same++;
    ck_assert_msg(
        same == length && answers.length == length,
        "%s, kernel %s: byte %zu differs, at \"%.40s\", where \"%.40s\" is frozen", path,
        triage_kernels_name(), same, answers.bytes + same, expected + same);
    strbuf_release(&answers);
    triage_model_free(model);
    free(expected);
}

START_TEST(test_answers_equal_the_frozen_ones)
{
    glob_t files;
    if (!kernels_try(_i / FROZEN))
        return;
    ck_assert_int_eq(glob(frozen[_i % FROZEN].files, 0, NULL, &files), 0);
    ck_assert_msg(files.gl_pathc == frozen[_i % FROZEN].count, "%s: %zu files",
                  frozen[_i % FROZEN].about, files.gl_pathc);
    for (size_t i = 0; i < files.gl_pathc; i++)
        check_model(files.gl_pathv[i]);
    globfree(&files);
}
END_TEST

Suite *numerics_suite(void)
{
    Suite *suite = suite_create("numerics");
    TCase *tc = tcase_create("numerics");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_answers_equal_the_frozen_ones, 0, KERNEL_NAMES * FROZEN);
    suite_add_tcase(suite, tc);
    return suite;
}
