#include "support/frozen_answers.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "support/sample.h"

static void write_floats(struct strbuf *text, const float *x, size_t count)
{
    strbuf_add(text, "[");
    for (size_t i = 0; i < count; i++) {
        strbuf_add(text, i == 0 ? "" : ", ");
        strbuf_float(text, x[i]);
    }
    strbuf_add(text, "]");
}

static void write_answer(struct classifier *classifier, const struct model *model,
                         const struct history *history, struct strbuf *text)
{
    size_t C = triage_model_actions(model), width = triage_model_state_size(model);
    float *probabilities = calloc(C, sizeof *probabilities);
    float *state = calloc(width, sizeof *state);
    enum status status =
        triage_classifier_run(classifier, history, 1, probabilities, NULL);
    if (triage_model_members(model) > 1)
        width = 0;
    else
        ck_assert_int_eq(triage_classifier_encode(classifier, history, state, NULL),
                         STATUS_OK);
    write_floats(text, probabilities, status == STATUS_OK ? C : 0);
    strbuf_add(text, " ");
    write_floats(text, state, status == STATUS_OK ? width : 0);
    strbuf_add(text, "\n");
    free(probabilities);
    free(state);
}

void frozen_answers_write(const struct model *model, struct strbuf *text)
{
    struct error err = {.status = STATUS_OK};
    char *bytes;
    size_t length;
    ck_assert_msg(file_read(FROZEN_ANSWERS_FOLDER "histories.jsonl", SIZE_MAX, &bytes,
                            &length, &err) == STATUS_OK,
                  "%s", err.text);
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    char *rest = arena_string(&arena, bytes, length), *line;
    free(bytes);
    struct classifier *classifier = triage_classifier_new(model, 1, 1000, NULL);
    while ((line = strsep(&rest, "\n")) && *line != '\0') {
        struct history history = sample_history(triage_model_schema(model), line, &arena);
        write_answer(classifier, model, &history, text);
    }
    triage_classifier_free(classifier);
    arena_release(&arena);
}
