/* Any bytes are a history with an answer, or give an error that is valid JSON. */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "engine.h"
#include "fuzz/targets.h"
#include "trainer.h"

enum { ACTIONS = 3, MAX_EVENTS = 1000 };

static const char schema_text[] =
    "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", \"values\": [\"a\", "
    "\"b\"]},"
    " {\"name\": \"service\", \"kind\": \"category\", \"values\": [\"x\"]},"
    " {\"name\": \"latency\", \"kind\": \"number\", \"mean\": 1.0, \"scale\": 2.0}],"
    " \"time\": [{\"name\": \"since_previous\"}, {\"name\": \"hour_sin\"},"
    " {\"name\": \"missing\"}]}";

static struct model *make_model(void)
{
    static const char *const actions[ACTIONS] = {"ignore", "rollback", "escalate"};
    const struct spec spec = {.cell = CELL_GRU,
                              .reset = RESET_AFTER,
                              .embedding = 4,
                              .hidden = 5,
                              .layers = 1,
                              .directions = 1};
    const struct training training = {.seed = 1, .threads = 1};
    json_t *json = json_read(schema_text, sizeof schema_text - 1, NULL);
    struct schema *schema = triage_schema_read(json, "", NULL);
    struct trainer *trainer =
        triage_trainer_new(schema, &spec, TASK_LAST, actions, ACTIONS, &training, NULL);
    struct model *model = NULL;
    char *bytes = NULL;
    size_t length;
    if (triage_trainer_write(trainer, NULL, &bytes, &length, NULL) == STATUS_OK)
        model = triage_model_read("fuzz", bytes, length, NULL);
    free(bytes);
    triage_trainer_free(trainer);
    triage_schema_free(schema);
    json_decref(json);
    return model;
}

static void answer(const struct model *model, struct classifier *classifier,
                   const struct history *history, struct strbuf *text)
{
    float p[ACTIONS];
    double sum = 0.0;
    REQUIRE(history->length >= 1 && history->length <= MAX_EVENTS);
    REQUIRE(triage_classifier_run(classifier, history, 1, p, NULL) == STATUS_OK);
    for (int i = 0; i < ACTIONS; i++) {
        REQUIRE(p[i] >= 0.0f && p[i] <= 1.0f);
        sum += (double)p[i];
    }
    REQUIRE(fabs(sum - 1.0) < 1e-5);
    triage_answer_write(text, model, "fuzz", history, p);
}

void fuzz_history(const uint8_t *bytes, size_t length)
{
    static struct model *model;
    static struct classifier *classifier;
    struct error err = {.status = STATUS_OK};
    struct history history;
    struct arena arena;
    struct strbuf text;
    if (!model) {
        model = make_model();
        classifier = triage_classifier_new(model, 1, MAX_EVENTS, NULL);
    }
    strbuf_init(&text, 64 << 20);
    arena_init(&arena, SIZE_MAX);
    enum status status =
        triage_history_decode(&history, triage_model_schema(model), (const char *)bytes,
                              length, MAX_EVENTS, &arena, &err);
    REQUIRE(status == err.status);
    if (status == STATUS_OK)
        answer(model, classifier, &history, &text);
    else
        triage_problem_write(&text, NULL, &err, "id");
    REQUIRE(!text.has_failed);
    json_t *again =
        json_read(text.bytes, text.length, NULL); /* the answer or problem is JSON */
    REQUIRE(json_is_object(again));
    json_decref(again);
    arena_release(&arena);
    strbuf_release(&text);
}
