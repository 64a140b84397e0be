/*
 * Makes the frozen models and answers (tests/support/frozen_answers.h), once for each numerics:
 *
 *     build/make-numerics       writes them into tests/golden/numerics-1
 *     build/make-numerics 2     those of models of several networks, into tests/golden/numerics-2
 *     build/make-numerics 3     those with an attention head, into tests/golden/numerics-3
 *     build/make-numerics 4     those of self-attention, into tests/golden/numerics-4
 *
 * Existing files are frozen: the program refuses to overwrite a file.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/random.h"
#include "support/frozen_answers.h"
#include "support/sample.h"

static const char *const cell_names[SAMPLE_CELLS] = {"rnn",
                                                     "lstm",
                                                     "gru-after-keep",
                                                     "gru-after-write",
                                                     "gru-before-keep",
                                                     "gru-before-write"};

static const struct shape {
    const char *name;
    uint32_t embedding, hidden, layers, directions;
    bool is_rich;
    float recurrent, other; /* sizes of the weights */
    uint32_t members;       /* networks */
} shapes[] = {
    {"plain", 0, 9, 1, 1, false, 0.9f, 0.9f, 1},
    {"rich", 4, 13, 1, 1, true, 0.7f, 0.7f, 1},
    {"layers", 3, 17, 2, 1, false, 0.5f, 0.5f, 1},
    {"directions", 3, 5, 1, 2, true, 0.9f, 0.9f, 1},
    {"both", 0, 7, 2, 2, true, 0.8f, 0.8f, 1},
    {"saturated", 0, 19, 1, 1, true, 30.0f, 30.0f, 1},
    {"subnormal", 0, 11, 1, 1, false, 1.0f, 1e-39f, 1},
};

static const struct shape member_shapes[] = {
    {"two", 2, 5, 1, 1, false, 0.9f, 0.9f, 2},
    {"three", 3, 7, 2, 1, true, 0.7f, 0.7f, 3},
    {"directions", 0, 3, 1, 2, false, 0.9f, 0.9f, 5},
};

static const struct shape attention_shapes[] = {
    {"plain", 0, 9, 1, 1, false, 0.9f, 0.9f, 1},
    {"rich", 4, 13, 1, 1, true, 0.7f, 0.7f, 1},
    {"layers", 3, 17, 2, 1, false, 0.5f, 0.5f, 1},
    {"saturated", 0, 19, 1, 1, true, 30.0f, 30.0f, 1},
    {"subnormal", 0, 11, 1, 1, false, 1.0f, 1e-39f, 1},
    {"two", 2, 5, 1, 1, true, 0.9f, 0.9f, 2},
};

static const struct shape self_attention_shapes[] = {
    {"plain", 0, 9, 1, 1, false, 0.9f, 0.9f, 1},
    {"rich", 4, 14, 1, 1, true, 0.7f, 0.7f, 1},
    {"layers", 3, 18, 3, 1, true, 0.5f, 0.5f, 1},
    {"window", 3, 40, 2, 1, true, 0.4f, 0.4f, 1},
    {"head", 2, 12, 2, 1, true, 0.7f, 0.7f, 1},
    {"large", 0, 20, 1, 1, true, 30.0f, 30.0f, 1},
    {"subnormal", 0, 11, 1, 1, false, 1e-39f, 1e-39f, 1},
    {"two", 2, 6, 1, 1, true, 0.9f, 0.9f, 2},
};

/* By numerics - 1. */
static const struct {
    const char *folder;
    const struct shape *shapes;
    size_t count;
    enum head_kind head;
    bool is_self_attention; /* no other cell */
} definitions[] = {
    {FROZEN_ANSWERS_FOLDER, shapes, sizeof shapes / sizeof *shapes, HEAD_FINAL, false},
    {FROZEN_MEMBERS_FOLDER, member_shapes, sizeof member_shapes / sizeof *member_shapes,
     HEAD_FINAL, false},
    {FROZEN_ATTENTION_FOLDER, attention_shapes,
     sizeof attention_shapes / sizeof *attention_shapes, HEAD_ATTENTION, false},
    {FROZEN_SELF_ATTENTION_FOLDER, self_attention_shapes,
     sizeof self_attention_shapes / sizeof *self_attention_shapes, HEAD_FINAL, true},
};

static int numerics; /* that is made */

static void draw_weights(struct trainer *trainer, const struct shape *shape,
                         const struct tensor_list *tensors)
{
    struct random random;
    random_init(&random, 20240611, shape->hidden);
    for (size_t i = 0; i < shape->members * tensors->count; i++) {
        const char *in_network = tensors->items[i % tensors->count].name;
        float size = strstr(in_network, "weight_hh") ? shape->recurrent : shape->other;
        char name[96];
        size_t count;
        snprintf(name, sizeof name, "member.%zu.%s", i / tensors->count, in_network);
        float *w = triage_trainer_tensor(trainer, shape->members > 1 ? name : in_network,
                                         &count);
        for (size_t j = 0; j < count; j++)
            w[j] = size * (float)(2.0 * random_unit(&random) - 1.0);
    }
}

static void write_file(const char *name, const char *suffix, const char *bytes,
                       size_t length)
{
    char path[256];
    snprintf(path, sizeof path, "%s%s%s", definitions[numerics - 1].folder, name, suffix);
    FILE *file = fopen(path, "wbx");
    ck_assert_msg(file, "%s exists or cannot be created", path);
    ck_assert(fwrite(bytes, 1, length, file) == length && fclose(file) == 0);
}

static void make_self_attention(struct spec *spec, const struct shape *shape)
{
    spec->cell = CELL_ATTENTION;
    spec->heads = spec->hidden % 3 == 0 ? 3 : spec->hidden % 2 == 0 ? 2 : 1;
    spec->window = strcmp(shape->name, "window") == 0 ? 4 : 512;
    spec->head = strcmp(shape->name, "head") == 0 ? HEAD_ATTENTION : HEAD_FINAL;
}

static void make(int cell, const struct shape *shape)
{
    struct spec spec = sample_spec(cell, shape->embedding, shape->hidden, shape->layers,
                                   shape->directions);
    spec.head = definitions[numerics - 1].head;
    if (definitions[numerics - 1].is_self_attention)
        make_self_attention(&spec, shape);
    const char *schema = shape->is_rich ? sample_rich : sample_plain;
    struct trainer *trainer = sample_members(schema, &spec, shape->members, 1.0f, 1);
    static const char golden[] = "{\"events\": [\"a\", \"b\", \"e\", \"d\"]}";
    json_t *history = json_read(golden, strlen(golden), NULL);
    struct error err = {.status = STATUS_OK};
    struct strbuf answers;
    char name[128], *bytes;
    size_t length;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    struct tensor_list tensors = sample_tensors(schema, &spec, &arena);
    draw_weights(trainer, shape, &tensors);
    arena_release(&arena);
    ck_assert_msg(triage_trainer_write(trainer, &(struct model_annex){.golden = history},
                                       &bytes, &length, &err) == STATUS_OK,
                  "%s", err.text);
    struct model *model = triage_model_read("made", bytes, length, &err);
    strbuf_init(&answers, SIZE_MAX);
    frozen_answers_write(model, &answers);
    snprintf(name, sizeof name, "%s-%s",
             spec.cell == CELL_ATTENTION ? "self-attention" : cell_names[cell],
             shape->name);
    write_file(name, ".safetensors", bytes, length);
    write_file(name, ".answers", answers.bytes, answers.length);
    strbuf_release(&answers);
    triage_model_free(model);
    free(bytes);
    json_decref(history);
    triage_trainer_free(trainer);
}

/* A test, because the functions that it calls use assertions. */
START_TEST(make_all)
{
    ck_assert_int_eq(triage_kernels_force("portable", NULL), STATUS_OK);
    const int cells = definitions[numerics - 1].is_self_attention ? 1 : SAMPLE_CELLS;
    for (int cell = 0; cell < cells; cell++)
        for (size_t i = 0; i < definitions[numerics - 1].count; i++)
            make(cell, &definitions[numerics - 1].shapes[i]);
}
END_TEST

int main(int argc, char **argv)
{
    json_init();
    numerics = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 1;
    if (numerics < 1 || numerics > (int)(sizeof definitions / sizeof *definitions)) {
        fputs("make-numerics: no such numerics\n", stderr);
        return 2;
    }
    Suite *suite = suite_create("make-numerics");
    TCase *tc = tcase_create("make-numerics");
    SRunner *runner = srunner_create(suite);

    tcase_add_test(tc, make_all);
    suite_add_tcase(suite, tc);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
