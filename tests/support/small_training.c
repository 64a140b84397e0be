#include "support/small_training.h"

#include <check.h>
#include <stdlib.h>

#include "base/random.h"
#include "support/sample.h"

struct small_training *small_training_new(void)
{
    struct small_training *small = calloc(1, sizeof *small);
    struct schema *schema = sample_schema(sample_plain);
    struct random random;
    random_init(&random, 9, 0);
    arena_init(&small->arena, SIZE_MAX);
    const struct history *histories =
        sample_histories(schema, SMALL_EXAMPLES, SMALL_EVENTS, &small->arena, 4);
    for (size_t i = 0; i < SMALL_EXAMPLES; i++) {
        bool is_noise = random_below(&random, 5) == 0;
        small->examples[i] = (struct example){
            .history = histories[i],
            .action = is_noise ? (uint32_t)random_below(&random, SMALL_ACTIONS)
                               : histories[i].ids[0] % SMALL_ACTIONS};
    }
    triage_schema_free(schema);
    small->data = (struct training_data){.train = small->examples,
                                         .validation = small->examples + SMALL_TRAIN,
                                         .train_count = SMALL_TRAIN,
                                         .validation_count = SMALL_VALIDATION};
    small->training = (struct training){.epochs = 2,
                                        .patience = 2,
                                        .batch = 16,
                                        .schedule = SCHEDULE_COSINE,
                                        .learning_rate = 0.02,
                                        .dropout = 0.1,
                                        .clip = 1.0,
                                        .average = 0.9,
                                        .calibrate = true,
                                        .seed = 5,
                                        .threads = 1};
    return small;
}

void small_training_free(struct small_training *small)
{
    arena_release(&small->arena);
    free(small);
}

struct trainer *small_training_trainer(const struct training *training)
{
    static const char *const actions[] = {"ignore", "rollback", "escalate"};
    struct schema *schema = sample_schema(sample_plain);
    struct spec spec = sample_spec(2, 4, 6, 1, 1);
    struct trainer *trainer = triage_trainer_new(schema, &spec, TASK_LAST, actions,
                                                 SMALL_ACTIONS, training, NULL);
    ck_assert_ptr_nonnull(trainer);
    triage_schema_free(schema);
    return trainer;
}

enum status small_training_run(const struct small_training *small,
                               const struct progress_callback *callback,
                               const char *checkpoint, struct report *report,
                               char **bytes, size_t *length, struct error *err)
{
    struct trainer *trainer = small_training_trainer(&small->training);
    triage_trainer_use_checkpoint(trainer, checkpoint);
    if (small->from)
        ck_assert_int_eq(triage_trainer_start_from(trainer, small->from, NULL),
                         STATUS_OK);
    enum status status =
        triage_trainer_train(trainer, &small->data, callback, report, err);
    if (status == STATUS_OK && bytes)
        ck_assert_int_eq(triage_trainer_write(trainer,
                                              &(struct model_annex){.report = report},
                                              bytes, length, NULL),
                         STATUS_OK);
    triage_trainer_free(trainer);
    return status;
}
