#include "support/frozen.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "support/sample.h"

static void write_floats(struct text *text, const float *x, size_t count)
{
    text_add(text, "[");
    for (size_t i = 0; i < count; i++) {
        text_add(text, i == 0 ? "" : ", ");
        text_float(text, x[i]);
    }
    text_add(text, "]");
}

static void answer_line(struct classifier *classifier, const struct model *model,
                        const struct history *history, struct text *text)
{
    size_t C = model_actions(model), width = model_state_size(model);
    float *probabilities = calloc(C, sizeof *probabilities);
    float *state = calloc(width, sizeof *state);
    enum status status = classifier_run(classifier, history, 1, probabilities, NULL);

    ck_assert_int_eq(classifier_encode(classifier, history, state, NULL), STATUS_OK);
    write_floats(text, probabilities, status == STATUS_OK ? C : 0);
    text_add(text, " ");
    write_floats(text, state, status == STATUS_OK ? width : 0);
    text_add(text, "\n");
    free(probabilities);
    free(state);
}

void frozen_answers(const struct model *model, struct text *text)
{
    struct classifier *classifier = classifier_new(model, 1, 1000, NULL);
    struct error err = {.status = STATUS_OK};
    struct arena arena;
    char *lines, *line, *rest;
    size_t length;

    ck_assert_msg(file_read(FROZEN_FOLDER "histories.jsonl", SIZE_MAX, &lines, &length,
                            &err) == STATUS_OK,
                  "%s", err.text);
    arena_init(&arena, SIZE_MAX);
    rest = arena_text(&arena, lines, length);
    free(lines);
    while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
        struct history history = sample_history(model_schema(model), line, &arena);
        answer_line(classifier, model, &history, text);
    }
    classifier_free(classifier);
    arena_release(&arena);
}
