/*
 * A trainer: settings and a model whose weights are being trained.
 *
 * Initial weights are drawn from the seed, with a random stream for each tensor (the index in the
 * list of tensors.h):
 *
 *     embeddings     normal, standard deviation 2 / sqrt(E); rows "unknown" and "missing" 0
 *     rnn layers     uniform in +-1 / sqrt(H), as in PyTorch
 *     head           uniform in +-1 / sqrt(D*H); bias 0
 *     LSTM           then 1 is added to b_ih of the forget gate (Gers et al. 2000)
 *
 * With INIT_CHRONO, the biases of the gates that keep the state are drawn again when the training
 * begins, because they depend on the lengths of the training histories (Tallec and Ollivier 2018).
 * A gate with bias ln u keeps the state for about u events:
 *
 *     u ~ uniform(1, T - 1), T the median length of the training histories
 *     LSTM: b_f = ln u, b_i = -b_f      GRU: b_z = ln u with update keep, -ln u with write
 *
 * A training that goes on from a model begins with the weights of the model instead
 * (starting_weights.h), and no bias is drawn again.
 */
#include "trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/option_table.h"
#include "base/random.h"
#include "infer/model.h"
#include "model/model_file.h"
#include "model/training_histories.h"
#include "train/beginnings.h"
#include "train/checkpoint.h"
#include "train/decision_fit.h"
#include "train/model_writer.h"
#include "train/starting_weights.h"
#include "train/training_loop.h"

struct trainer {
    struct trained_model *model; /* owned */
    struct training training;
    const char *checkpoint; /* path, borrowed; NULL: none */
    /* The digest of the model that the training goes on from; "": it begins with drawn weights. */
    char from[sizeof "sha256:" + SHA256_HEX];
    struct curve curve;
};

static const uint64_t weights_stream = UINT64_C(0x3e16000000000000);
static const uint64_t chrono_stream = UINT64_C(0xc640000000000000);

/* ---- settings ------------------------------------------------------------------------ */

#define TRAINING(member) offsetof(struct training, member)

static const char *const schedule_names[] = {
    [SCHEDULE_CONSTANT] = "constant", [SCHEDULE_COSINE] = "cosine", NULL};
static const char *const init_names[] = {
    [INIT_UNIFORM] = "uniform", [INIT_CHRONO] = "chrono", NULL};
static const char *const prefix_loss_names[] = {
    [PREFIX_MEAN] = "mean", [PREFIX_SUM] = "sum", NULL};

/* clang-format off */
static const struct option_def options[] = {
    {.name = "epochs", .kind = OPTION_U32, .offset = TRAINING(epochs), .default_text = "0", .min = 0, .max = 100000,
     .help = "passes over the training data, at most; 0: 30, and up to 120 while the validation loss falls"},
    {.name = "patience", .kind = OPTION_U32, .offset = TRAINING(patience), .default_text = "8", .min = 1, .max = 100000,
     .help = "epochs without a better validation loss before stopping"},
    {.name = "batch", .kind = OPTION_U32, .offset = TRAINING(batch), .default_text = "64", .min = 1, .max = 65536,
     .help = "labels in one step (last: histories), at most; fewer with little data"},
    {.name = "warmup", .kind = OPTION_U32, .offset = TRAINING(warmup), .default_text = "50", .min = 0, .max = 1000000,
     .help = "steps until the full learning rate, at most a tenth of all"},
    {.name = "schedule", .kind = OPTION_CHOICE, .offset = TRAINING(schedule), .default_text = "cosine", .choices = schedule_names,
     .help = "how the learning rate falls"},
    {.name = "learning-rate", .kind = OPTION_REAL, .offset = TRAINING(learning_rate), .default_text = "0.003", .min = 1e-9, .max = 10,
     .help = "of Adam"},
    {.name = "weight-decay", .kind = OPTION_REAL, .offset = TRAINING(weight_decay), .default_text = "0.01", .min = 0, .max = 10,
     .help = "decoupled, on matrices only"},
    {.name = "clip", .kind = OPTION_REAL, .offset = TRAINING(clip), .default_text = "1.0", .min = 0, .max = 1e9,
     .help = "largest global norm of a gradient; 0: no clipping"},
    {.name = "dropout", .kind = OPTION_REAL, .offset = TRAINING(dropout), .default_text = "0.2", .min = 0, .max = 0.95,
     .help = "between layers and before the head"},
    {.name = "word-dropout", .kind = OPTION_REAL, .offset = TRAINING(word_dropout), .default_text = "0.01", .min = 0, .max = 0.95,
     .help = "chance that a value is replaced by \"unknown\" in training"},
    {.name = "average", .kind = OPTION_REAL, .offset = TRAINING(average), .default_text = "0.99", .min = 0, .max = 0.99999,
     .help = "weight of the past in the running average of the weights"},
    {.name = "prefix-weight", .kind = OPTION_REAL, .offset = TRAINING(prefix_weight), .default_text = "1.0", .min = 0, .max = 1000,
     .help = "target last: of the loss before the last event; 0: train on whole histories only"},
    {.name = "prefix-loss", .kind = OPTION_CHOICE, .offset = TRAINING(prefix_loss), .default_text = "mean", .choices = prefix_loss_names,
     .help = "that loss: the mean or the sum over the events of a history before its last"},
    {.name = "beginnings", .kind = OPTION_U32, .offset = TRAINING(beginnings), .default_text = "4", .min = 1, .max = BEGINNINGS_MOST,
     .is_left_out = true,
     .help = "target continue: of each history in an epoch, from which the rest is predicted"},
    {.name = "scheduled-sampling", .kind = OPTION_REAL, .offset = TRAINING(scheduled_sampling), .default_text = "0", .min = 0, .max = 1,
     .is_left_out = true,
     .help = "target continue: share of the events read by the decoder that it has predicted itself"},
    {.name = "calibrate", .kind = OPTION_SWITCH, .offset = TRAINING(calibrate), .default_text = "true",
     .help = "fit the temperature on the validation data"},
    {.name = "refit", .kind = OPTION_SWITCH, .offset = TRAINING(refit), .default_text = "true",
     .help = "then train as many epochs on training and validation data together"},
    {.name = "init", .kind = OPTION_CHOICE, .offset = TRAINING(init), .default_text = "chrono", .choices = init_names,
     .help = "biases of the gates that keep the state: by the lengths of the histories, or as the others"},
    {.name = "accuracy", .kind = OPTION_REAL, .offset = TRAINING(accuracy), .default_text = "0", .min = 0, .max = 1,
     .help = "decline answers, so that the others have this accuracy on validation data; 0: decline none"},
    {.name = "max-unknown", .kind = OPTION_REAL, .offset = TRAINING(max_unknown), .default_text = "0", .min = 0, .max = 1,
     .help = "decline histories with a larger share of events with unknown names; 0: none"},
    {.name = "seed", .kind = OPTION_U64, .offset = TRAINING(seed), .default_text = "1", .min = 0, .max = 9.2e18,
     .help = "of all random numbers"},
    {.name = "members", .kind = OPTION_U32, .offset = TRAINING(members), .default_text = "1", .min = 1, .max = MEMBERS_MOST,
     .help = "networks, trained with the seeds from seed on; the answer is the mean of theirs"},
    {.name = NULL},
};
/* clang-format on */
const struct option_def *const triage_training_options = options;

/* ---- initial weights ----------------------------------------------------------------- */

static void draw_uniform(struct random *random, float *w, size_t count, double bound)
{
    for (size_t i = 0; i < count; i++)
        w[i] = (float)((2.0 * random_unit(random) - 1.0) * bound);
}

static void draw_embedding(struct random *random, float *w, const struct tensor *tensor)
{
    double deviation = 2.0 / sqrt((double)tensor->columns);
    size_t first = (size_t)SCHEMA_FIRST * tensor->columns;
    for (size_t i = first; i < (size_t)tensor->rows * tensor->columns; i++)
        w[i] = (float)(deviation * random_normal(random));
}

/* The matrices of layers of self-attention as PyTorch draws them, and the slopes as in ALiBi. */
static void draw_blocks(struct trained_model *model, uint64_t seed)
{
    const struct tensor_list *tensors = &model->tensors;
    const double H = model->spec.hidden, A = model->spec.heads;

    for (uint32_t l = 0; l < tensors->blocks; l++)
        for (int role = 0; role < BLOCK_ROLES; role++) {
            const struct tensor *tensor =
                tensors_block(tensors, l, (enum block_role)role);
            float *w = trained_model_floats(model, tensor);
            size_t count = (size_t)tensor->rows * tensor->columns;
            struct random random;
            random_init(&random, seed,
                        weights_stream + (uint64_t)(tensor - tensors->items));
            if (role == IN_WEIGHT)
                draw_uniform(&random, w, count, sqrt(6.0 / (4.0 * H)));
            else if (!tensor->is_vector)
                draw_uniform(&random, w, count, 1.0 / sqrt((double)tensor->columns));
            for (size_t j = 0; tensor->is_vector && j < count; j++)
                w[j] = role == NORM1_WEIGHT || role == NORM2_WEIGHT ? 1.0f
                       : role == INDEX_SLOPE ? (float)pow(2.0, -8.0 * (double)(j + 1) / A)
                                             : 0.0f;
        }
    for (uint32_t j = 0; tensors->blocks > 0 && j < model->spec.hidden; j++) {
        trained_model_floats(model, tensors_norm(tensors))[j] = 1.0f;
        trained_model_floats(model, tensors_norm_bias(tensors))[j] = 0.0f;
    }
}

/* Those of one network; first is the index of its first tensor among all. */
static void draw_network(struct trained_model *model, size_t first, uint64_t seed)
{
    const struct tensor_list *tensors = &model->tensors;
    const bool has_head = tensors->has_head;
    uint32_t H = model->spec.hidden, D = model->spec.directions;

    for (size_t i = 0; i < tensors->count; i++) {
        const struct tensor *tensor = &tensors->items[i];
        float *w = trained_model_floats(model, tensor);
        size_t count = (size_t)tensor->rows * tensor->columns;
        struct random random;
        random_init(&random, seed, weights_stream + first + i);
        if (i < tensors->embedding_count)
            draw_embedding(&random, w, tensor);
        else if (has_head && tensor == tensors_head(tensors))
            draw_uniform(&random, w, count, 1.0 / sqrt((double)tensor->columns));
        else if (!has_head || tensor != tensors_head_bias(tensors))
            draw_uniform(&random, w, count, 1.0 / sqrt((double)H));
    }
    draw_blocks(model, seed);
    if (model->spec.cell != CELL_LSTM)
        return;
    for (uint32_t l = 0; l < model->spec.layers; l++)
        for (uint32_t d = 0; d < D; d++) {
            float *b_ih =
                trained_model_floats(model, tensors_recurrent(tensors, l, d, BIAS_IH));
            for (uint32_t j = H; j < 2 * H; j++)
                b_ih[j] += 1.0f;
        }
}

/* The row of the decoder's start is drawn, too. */
static void draw_weights(struct trained_model *model, uint64_t seed)
{
    struct trained_model encoder = trained_model_encoder(model);
    draw_network(&encoder, 0, seed);
    if (model->task != TASK_CONTINUE)
        return;
    struct trained_model decoder = trained_model_decoder(model);
    draw_network(&decoder, encoder.tensors.count, seed);
    if (decoder.tensors.embedding_count == 0)
        return;
    const struct tensor *embedding = tensors_embedding(&decoder.tensors, 0);
    struct random random;
    random_init(&random, seed, weights_stream + model->tensors.count);
    float *row =
        trained_model_floats(model, embedding) + DECODER_START * embedding->columns;
    for (uint32_t j = 0; j < embedding->columns; j++)
        row[j] = (float)(2.0 / sqrt((double)embedding->columns) * random_normal(&random));
}

/* ---- initial biases by the lengths of the histories ---------------------------------- */

static int compare_lengths(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* The median length of the training histories. */
static enum status median_length(const struct training_data *data, uint32_t *length,
                                 struct error *err)
{
    size_t count = data->train_count;
    uint32_t *lengths = calloc(count + 1, sizeof *lengths);
    if (!lengths)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++)
        lengths[i] = data->train[i].history.length;
    qsort(lengths, count, sizeof *lengths, compare_lengths);
    *length = count == 0 ? 0 : lengths[(count - 1) / 2];
    free(lengths);
    return STATUS_OK;
}

/* Set the bias of a gate, the sum of b_ih and b_hh, to sign * ln u[j]. */
static void set_gate_bias(struct trained_model *model, uint32_t l, uint32_t d,
                          uint32_t gate, double sign, const float *ln_u)
{
    const struct tensor_list *tensors = &model->tensors;
    uint32_t H = model->spec.hidden;
    float *b_ih = trained_model_floats(model, tensors_recurrent(tensors, l, d, BIAS_IH));
    float *b_hh = trained_model_floats(model, tensors_recurrent(tensors, l, d, BIAS_HH));
    for (uint32_t j = 0; j < H; j++) {
        b_ih[gate * H + j] = (float)sign * ln_u[j];
        b_hh[gate * H + j] = 0.0f;
    }
}

/* Tallec and Ollivier 2018 (arXiv:1804.11188), section 3.  first is the random stream of layer 0. */
static enum status draw_chrono(struct trained_model *model, uint64_t seed, uint32_t first,
                               uint32_t T, struct error *err)
{
    enum { LSTM_I, LSTM_F, GRU_Z = 1 };
    const struct spec *spec = &model->spec;
    double range = T > 2 ? (double)T - 2.0 : 0.0;
    if (spec->cell == CELL_RNN || spec->cell == CELL_ATTENTION)
        return STATUS_OK;
    float *ln_u = calloc(spec->hidden, sizeof *ln_u);
    if (!ln_u)
        return error_no_memory(err);
    for (uint32_t layer = 0; layer < spec->layers * spec->directions; layer++) {
        uint32_t l = layer / spec->directions, d = layer % spec->directions;
        struct random random;
        random_init(&random, seed, chrono_stream + first + layer);
        for (uint32_t j = 0; j < spec->hidden; j++)
            ln_u[j] =
                (float)log(1.0 + range * random_unit(&random)); /* u in 1 .. T - 1 */
        if (spec->cell == CELL_LSTM) {
            set_gate_bias(model, l, d, LSTM_F, 1.0, ln_u);  /* b_f = ln u */
            set_gate_bias(model, l, d, LSTM_I, -1.0, ln_u); /* b_i = -b_f */
        } else { /* z keeps the state, or writes it */
            set_gate_bias(model, l, d, GRU_Z, spec->update == UPDATE_KEEP ? 1.0 : -1.0,
                          ln_u);
        }
    }
    free(ln_u);
    return STATUS_OK;
}

/* ---- trainer ------------------------------------------------------------------------- */

/* Copy a schema by writing it as JSON and reading it.  NULL if memory runs out. */
static struct schema *copy_schema(const struct schema *schema, struct error *err)
{
    struct schema *copy = NULL;
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    triage_schema_write(schema, &text);
    if (text.has_failed) {
        error_no_memory(err);
    } else {
        json_t *object = json_read(text.bytes, text.length, err);
        if (object)
            copy = triage_schema_read(object, "/schema", err);
        json_decref(object);
    }
    strbuf_release(&text);
    return copy;
}

/* A model whose weights are all 0; NULL on failure. */
static struct trained_model *new_model(const struct schema *schema,
                                       const struct spec *spec, enum task task,
                                       const char *const *actions, size_t action_count,
                                       uint32_t members, struct error *err)
{
    struct trained_model *model = trained_model_new(err);
    if (!model)
        return NULL;
    model->spec = *spec;
    if (spec->cell != CELL_ATTENTION)
        triage_spec_clear_self_attention(&model->spec);
    model->task = task;
    model->schema = copy_schema(schema, err);
    if (model->schema &&
        triage_network_check(&model->spec, model->task, err) == STATUS_OK &&
        trained_model_set_actions(model, actions, action_count, err) == STATUS_OK &&
        trained_model_set_members(model, members, err) == STATUS_OK &&
        trained_model_list_tensors(model, err) == STATUS_OK &&
        trained_model_allocate(model, err) == STATUS_OK)
        return model;
    trained_model_free(model);
    return NULL;
}

struct trainer *triage_trainer_new(const struct schema *schema, const struct spec *spec,
                                   enum task task, const char *const *actions,
                                   size_t action_count, const struct training *training,
                                   struct error *err)
{
    if (!triage_kernels_are_exact()) {
        error_set(err, STATUS_BAD_OPTION, "--kernel",
                  "kernel \"%s\" cannot train: its results are not those of numerics 1",
                  triage_kernels_name());
        return NULL;
    }
    struct trainer *trainer = calloc(1, sizeof *trainer);
    if (!trainer) {
        error_no_memory(err);
        return NULL;
    }
    trainer->training = *training;
    if (spec->directions != 1)
        trainer->training.prefix_weight = 0.0;
    if (training->members == 0)
        trainer->training.members = 1;
    if (training->beginnings == 0)
        trainer->training.beginnings = 1;
    if (training->beginnings > BEGINNINGS_MOST)
        trainer->training.beginnings = BEGINNINGS_MOST;
    trainer->model = new_model(schema, spec, task, actions, action_count,
                               trainer->training.members, err);
    if (!trainer->model) {
        free(trainer);
        return NULL;
    }
    for (uint32_t m = 0; m < trainer->model->members; m++) {
        struct trained_model member = trained_model_member(trainer->model, m);
        draw_weights(&member, training->seed + m);
    }
    return trainer;
}

void triage_trainer_free(struct trainer *trainer)
{
    if (!trainer)
        return;
    trained_model_free(trainer->model);
    free(trainer);
}

enum status triage_trainer_start_from(struct trainer *trainer, const struct model *model,
                                      struct error *err)
{
    const struct trained_model *from = model->trained;
    RETURN_IF_ERROR(starting_weights_copy(trainer->model, from, err));
    trainer->model->temperature = from->temperature;
    memcpy(trainer->from, from->digest, sizeof trainer->from);
    return STATUS_OK;
}

float *triage_trainer_tensor(struct trainer *trainer, const char *name, size_t *count)
{
    const struct tensor_list *tensors = &trainer->model->tensors;
    size_t index = trained_model_find(trainer->model, name);
    if (index == SIZE_MAX)
        return NULL;
    const struct tensor *tensor = &tensors->items[index % tensors->count];
    *count = (size_t)tensor->rows * tensor->columns;
    return trained_model_floats_at(trainer->model, index);
}

/* ---- training ------------------------------------------------------------------------ */

enum phase { PHASE_CHOOSE, PHASE_REFIT };

/* A training of all networks.  Its weights are blocks like model->params. */
struct run {
    struct trainer *trainer;
    const struct training_data *data;
    const struct progress_callback *callback;
    struct report *report;
    struct checkpoint *checkpoint; /* NULL: none */
    float *initial;                /* owned: the weights that training begins with */
    float *refitted;               /* owned: those of the refit */
    uint32_t phase, member;        /* that are next, or that go on from the checkpoint */
    struct curve
        other; /* of all networks but the first; only that of the first is kept */
};

/* Adds to the progress of a network which one it is. */
struct member_progress {
    const struct progress_callback *callback;
    uint32_t member, members;
};

static bool on_progress(void *context, const struct progress *progress)
{
    const struct member_progress *own = context;
    struct progress copy = *progress;
    copy.member = own->member;
    copy.members = own->members;
    return own->callback->call(own->callback->context, &copy);
}

/* Train a network whose weights are in one of the blocks, in the phase of the run. */
static enum status train_network(struct run *run, float *block, struct report *report,
                                 struct error *err)
{
    const struct trained_model *model = run->trainer->model;
    struct trained_model network = trained_model_member(model, run->member);
    struct training training = run->trainer->training;
    struct member_progress progress = {
        .callback = run->callback, .member = run->member + 1, .members = model->members};
    const struct progress_callback own = {.call = on_progress, .context = &progress};
    const struct progress_callback *callback = run->callback ? &own : NULL;
    struct curve *curve = run->member == 0 ? &run->trainer->curve : &run->other;
    network.params = block + run->member * model->tensors.floats;
    training.seed += run->member;
    if (run->phase == PHASE_REFIT)
        return training_loop_refit(&network, &training, run->data, callback, curve,
                                   run->checkpoint, report, err);
    return training_loop_choose(&network, &training, run->data, callback, curve,
                                run->checkpoint, report, err);
}

/* Add the result of a network to the report, which is the first one's. */
static void add_result(struct report *report, uint32_t m, const struct report *result)
{
    if (m == 0)
        *report = *result;
    report->members[m] =
        (struct member_report){.epochs = result->epochs,
                               .best_epoch = result->best_epoch,
                               .train_loss = result->train_loss,
                               .validation_loss = result->validation_loss,
                               .validation_accuracy = result->validation_accuracy};
    report->member_count = m + 1;
    report->clip_rate +=
        m == 0 ? 0.0 : (result->clip_rate - report->clip_rate) / report->member_count;
    report->norm_largest = fmax(report->norm_largest, result->norm_largest);
    report->was_interrupted = result->was_interrupted;
    report->has_diverged = report->has_diverged || result->has_diverged;
    report->was_limited = report->was_limited || result->was_limited;
}

static enum status choose(struct run *run, struct error *err)
{
    struct trained_model *model = run->trainer->model;
    struct report *report = run->report;
    for (; run->member < model->members && !report->was_interrupted; run->member++) {
        struct report result;
        RETURN_IF_ERROR(train_network(run, model->params, &result, err));
        add_result(report, run->member, &result);
    }
    return report->member_count < model->members
               ? trained_model_set_members(model, report->member_count, err)
               : STATUS_OK;
}

/*
 * Train all networks again from their initial weights.  If the callback stops it or one diverges, all
 * of them keep the chosen weights.
 */
static enum status refit(struct run *run, struct error *err)
{
    struct trained_model *model = run->trainer->model;
    struct report *report = run->report;
    const size_t floats = model->tensors.floats;
    const size_t bytes = floats * sizeof *run->refitted;
    struct error inner = {0};
    enum status status = STATUS_OK;
    if (run->phase == PHASE_CHOOSE) {
        run->phase = PHASE_REFIT;
        run->member = 0;
    }
    for (; run->member < model->members && status == STATUS_OK; run->member++) {
        struct report own = *report;
        own.best_epoch = report->members[run->member].best_epoch;
        if (!run->checkpoint || !checkpoint_is_restoring(run->checkpoint))
            memcpy(run->refitted + run->member * floats,
                   run->initial + run->member * floats, bytes);
        status = train_network(run, run->refitted, &own, &inner);
        report->refit_count = own.refit_count;
        if (run->member == 0)
            report->refit_loss = own.refit_loss;
    }
    report->was_interrupted = status == STATUS_INTERRUPTED;
    report->has_diverged = status == STATUS_NOT_FINITE;
    if (status == STATUS_OK)
        memcpy(model->params, run->refitted, model->members * bytes);
    if (status == STATUS_OK || report->was_interrupted || report->has_diverged)
        return STATUS_OK;
    return error_set(err, status, inner.where, "%s", inner.text);
}

enum status triage_trainer_set_costs(struct trainer *trainer, const double *costs,
                                     double decline_cost, struct error *err)
{
    struct trained_model *model = trainer->model;
    size_t count = (size_t)model->action_count * model->action_count;
    for (size_t i = 0; i < count; i++)
        if (!(costs[i] >= 0.0 && costs[i] <= COST_MOST))
            return error_set(err, STATUS_BAD_OPTION, "--costs",
                             "a cost is not between 0 and %g", COST_MOST);
    double *copy = arena_array(&model->arena, count, sizeof *copy);
    if (!copy)
        return error_no_memory(err);
    memcpy(copy, costs, count * sizeof *copy);
    model->decision = (struct decision_policy){
        .exists = true, .max_unknown = 1.0f, .costs = copy, .decline_cost = decline_cost};
    return STATUS_OK;
}

/* ---- checkpoints --------------------------------------------------------------------- */

void triage_trainer_use_checkpoint(struct trainer *trainer, const char *path)
{
    trainer->checkpoint = path;
}

/* The digest of the settings, the schema, the actions, the initial weights and where they are from. */
static enum status identify_recipe(const struct trainer *trainer, const float *initial,
                                   uint8_t digest[SHA256_BYTES], struct error *err)
{
    const struct trained_model *model = trainer->model;
    struct strbuf text;
    struct sha256 hash;
    strbuf_init(&text, SIZE_MAX);
    model_file_describe(model, &text);
    option_table_write_json(triage_training_options, &trainer->training, &text);
    if (!text.has_failed) {
        sha256_init(&hash);
        sha256_add(&hash, text.bytes, text.length);
        sha256_add(&hash, trainer->from, strlen(trainer->from));
        sha256_add(&hash, initial,
                   model->members * model->tensors.floats * sizeof *initial);
        sha256_finish(&hash, digest);
    }
    enum status status = text.has_failed ? error_no_memory(err) : STATUS_OK;
    strbuf_release(&text);
    return status;
}

/* Open the checkpoint, and restore what belongs to no single network. */
static enum status open_checkpoint(struct run *run, struct checkpoint *checkpoint,
                                   struct error *err)
{
    struct trainer *trainer = run->trainer;
    struct trained_model *model = trainer->model;
    const size_t bytes = model->members * model->tensors.floats * sizeof *model->params;
    const struct checkpoint_piece pieces[] = {
        {&run->phase, sizeof run->phase},
        {&run->member, sizeof run->member},
        {run->report, sizeof *run->report},
        {&trainer->curve, sizeof trainer->curve},
        {model->params, bytes},
        {run->refitted, bytes},
    };
    run->checkpoint = checkpoint;
    checkpoint->path = trainer->checkpoint;
    checkpoint_build(checkpoint->identity[IDENTITY_BUILD]);
    checkpoint_data(model->schema, run->data, checkpoint->identity[IDENTITY_DATA]);
    RETURN_IF_ERROR(identify_recipe(trainer, run->initial,
                                    checkpoint->identity[IDENTITY_RECIPE], err));
    RETURN_IF_ERROR(checkpoint_open(checkpoint, err));
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
        RETURN_IF_ERROR(
            checkpoint_add(checkpoint, pieces[i].bytes, pieces[i].length, err));
    /* anybody can compute the digests of a file */
    bool fits = run->phase <= PHASE_REFIT && run->member < model->members &&
                run->report->member_count <= model->members &&
                trainer->curve.count <= CURVE_POINTS;
    return fits ? STATUS_OK
                : error_set(err, STATUS_BAD_INPUT, checkpoint->path,
                            "the checkpoint does not fit this training");
}

/* ---- all of it ----------------------------------------------------------------------- */

static enum status draw_initial_biases(struct trainer *trainer,
                                       const struct training_data *data,
                                       struct error *err)
{
    uint32_t length = 0;
    if (trainer->training.init != INIT_CHRONO || trainer->from[0] != '\0')
        return STATUS_OK;
    RETURN_IF_ERROR(median_length(data, &length, err));
    for (uint32_t m = 0; m < trainer->model->members; m++) {
        struct trained_model network = trained_model_member(trainer->model, m);
        struct trained_model encoder = trained_model_encoder(&network);
        RETURN_IF_ERROR(
            draw_chrono(&encoder, trainer->training.seed + m, 0, length, err));
        if (network.task != TASK_CONTINUE)
            continue;
        struct trained_model decoder = trained_model_decoder(&network);
        RETURN_IF_ERROR(draw_chrono(&decoder, trainer->training.seed + m,
                                    network.spec.layers, length, err));
    }
    return STATUS_OK;
}

/* The steps after the blocks of the run are allocated. */
static enum status run_training(struct run *run, struct checkpoint *checkpoint,
                                struct error *err)
{
    struct trainer *trainer = run->trainer;
    struct trained_model *model = trainer->model;
    struct report *report = run->report;
    struct start_report start = {.exists = false};
    memcpy(run->initial, model->params,
           model->members * model->tensors.floats * sizeof *run->initial);
    if (trainer->from[0] != '\0')
        RETURN_IF_ERROR(training_loop_measure_start(model, &trainer->training, run->data,
                                                    &start, err));
    if (trainer->checkpoint)
        RETURN_IF_ERROR(open_checkpoint(run, checkpoint, err));
    if (run->phase == PHASE_CHOOSE)
        RETURN_IF_ERROR(choose(run, err));
    report->start = start;
    RETURN_IF_ERROR(
        training_loop_fit_temperature(model, &trainer->training, run->data, report, err));
    RETURN_IF_ERROR(decision_fit(model, &trainer->training, run->data, report, err));
    if (!trainer->training.refit || report->validation_count == 0 ||
        report->was_interrupted || report->has_diverged)
        return STATUS_OK;
    return refit(run, err);
}

enum status triage_trainer_train(struct trainer *trainer,
                                 const struct training_data *data,
                                 const struct progress_callback *callback,
                                 struct report *report, struct error *err)
{
    struct checkpoint checkpoint = {.path = NULL};
    struct run *run = calloc(1, sizeof *run);
    if (!run)
        return error_no_memory(err);
    memset(report, 0, sizeof *report);
    memset(&trainer->curve, 0, sizeof trainer->curve);
    run->trainer = trainer;
    run->data = data;
    run->callback = callback;
    run->report = report;
    enum status status = draw_initial_biases(trainer, data, err);
    if (status == STATUS_OK) {
        run->initial = trained_model_zeros(trainer->model);
        run->refitted = trained_model_zeros(trainer->model);
        status = run->initial && run->refitted ? run_training(run, &checkpoint, err)
                                               : error_no_memory(err);
    }
    checkpoint_release(&checkpoint);
    free(run->initial);
    free(run->refitted);
    free(run);
    return status;
}

/* ---- files --------------------------------------------------------------------------- */

enum status triage_trainer_write(struct trainer *trainer, const struct model_annex *annex,
                                 char **bytes, size_t *length, struct error *err)
{
    static const struct model_annex none = {.golden = NULL};
    *bytes = NULL;
    if (!annex)
        annex = &none;
    if (annex->report)
        RETURN_IF_ERROR(model_writer_report(trainer->model, &trainer->training,
                                            annex->report, &trainer->curve, annex->notes,
                                            err));
    if (annex->histories)
        RETURN_IF_ERROR(training_histories_set(trainer->model, annex->histories,
                                               annex->only_count_histories, err));
    struct strbuf file;
    strbuf_init(&file, SIZE_MAX);
    enum status status = model_writer_write(trainer->model, annex->golden, &file, err);
    if (status != STATUS_OK)
        goto out;
    *bytes = strbuf_take(&file, length);
out:
    strbuf_release(&file);
    return status;
}

enum status triage_trainer_save(struct trainer *trainer, const char *path,
                                const struct model_annex *annex, struct error *err)
{
    char *bytes;
    size_t length = 0;
    RETURN_IF_ERROR(triage_trainer_write(trainer, annex, &bytes, &length, err));
    enum status status = file_write(path, bytes, length, err);
    free(bytes);
    return status;
}

bool triage_trainer_holds_histories(const struct trainer *trainer)
{
    return trainer->model->histories.sequences != NULL;
}
