/* See replay.h. */
#include "infer/replay.h"

#include "base/arena.h"

enum status replay_history(const struct model *model, const json_t *object,
                           float *probabilities, struct error *err)
{
    struct classifier *classifier = NULL;
    struct history history;
    struct arena arena;
    enum status status;

    arena_init(&arena, SIZE_MAX);
    status = triage_history_decode(&history, triage_model_schema(model), object,
                                   REPLAY_EVENTS, "/golden", &arena, err);
    if (status == STATUS_OK) {
        classifier = triage_classifier_new(model, 1, history.length, err);
        status = classifier == NULL
                     ? STATUS_NO_MEMORY
                     : triage_classifier_run(classifier, &history, 1, probabilities, err);
    }
    triage_classifier_free(classifier);
    arena_release(&arena);
    return status;
}
