/*
 * A search: a few hundred trials, of which the report keeps every one.
 *
 * Numbers of trials are given before they run, so the report does not depend on which ends first; only
 * the lines on stderr are in the order in which trials end.
 */
#include "search/search.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/map.h"
#include "base/random.h"
#include "base/strbuf.h"
#include "data/common/messages.h"
#include "progress.h"
#include "search/trials.h"

enum {
    ROUND_POINTS = 16, /* settings that a round begins with */
    KEPT = 3,          /* of so many settings, one is trained longer */
    FINALISTS = 4,
    SEEDS = 5,        /* of the finalists and of the default */
    MAX_TRIES = 1000, /* the report holds every one */
    DRAWS = 200       /* until a point that was not tried is looked for in order */
};

/* A round trains for these parts of the epochs. */
static const uint32_t divisors[] = {9, 3, 1};
enum { STAGES = sizeof divisors / sizeof *divisors };

static const double INPUTS_SHARE = 0.35; /* of the time */
static const double FINAL_SHARE = 0.4;   /* of the time, at most, for the seeds */

static const uint64_t search_stream = UINT64_C(0x5ea7000000000000);

/* A setting that was trained, for all or a part of the epochs of its point. */
struct attempt {
    struct search_point point;
    uint32_t number, epochs;
    double losses[SEEDS]; /* [seeds] the first is that of the recipe's seed */
    int seeds;            /* that were trained */
    double mean, deviation;
};

struct search {
    const struct search_settings *settings;
    const struct recipe *recipe;
    const struct examples *examples;
    struct training_inputs *inputs;
    struct search_result *result;
    struct trial_runner runner;
    struct search_space space;
    struct random random;
    struct timespec start;
    double until_s; /* trials end then */

    struct u64map tried;      /* indices of points */
    struct attempt *attempts; /* [attempt_count], the first is the default; owned */
    uint32_t attempt_count, tries;
    double default_s; /* how long its training took */
    double best_loss;
    uint32_t best_number; /* of the trial of result->trainer */
    json_t *rows;         /* owned */
    bool is_complete;     /* there is no other point to try */
};

/* ---- time ---- */

enum status search_seconds(const char *text, double *seconds, struct error *err)
{
    static const struct {
        const char *unit;
        double seconds;
    } units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"min", 60}, {"h", 3600}};
    const double most = 366.0 * 86400.0;
    char *end;
    size_t i = 0;
    *seconds = strtod(text, &end);
    while (i < sizeof units / sizeof *units && strcmp(end, units[i].unit) != 0)
        i++;
    bool is_number = *text >= '0' && *text <= '9' && i < sizeof units / sizeof *units;
    if (is_number)
        *seconds *= units[i].seconds;
    if (is_number && *seconds >= 1.0 && *seconds <= most)
        return STATUS_OK;
    return error_mismatch(
        err, STATUS_BAD_OPTION, "--search",
        "a time of at least a second, such as 600, 90s, 10m or 1h", text,
        "expected a time of at least a second, such as 600, 90s, 10m or "
        "1h, received \"%.40s\"",
        text);
}

static double elapsed_s(const struct search *s)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - s->start.tv_sec) +
           1e-9 * (double)(now.tv_nsec - s->start.tv_nsec);
}

static bool should_stop(void *context)
{
    const struct search *s = context;
    return progress_was_interrupted() || elapsed_s(s) > s->until_s;
}

/* ---- the table ---- */

static void print_header(void)
{
    fprintf(stderr,
            "  try  epochs  batch      rate  cell  hidden  layers  dropout  seed   "
            " loss  accuracy\n");
}

static void print_row(const struct trial *trial, const char *remark)
{
    const struct training *training = &trial->training;
    char epochs[16] = "auto";
    if (training->epochs > 0)
        (void)snprintf(epochs, sizeof epochs, "%u", training->epochs);
    fprintf(stderr, "%5u  %6s  %5u  %8.3g  %4s  %6u  %6u  %7.2g  %4llu  ", trial->number,
            epochs, training->batch, training->learning_rate,
            triage_spec_cell_name(&trial->spec), trial->spec.hidden, trial->spec.layers,
            training->dropout, (unsigned long long)training->seed);
    if (trial->err.status == STATUS_OK)
        fprintf(stderr, "%7.4f    %6.4f%s\n", trial->loss,
                trial->report.validation_accuracy, remark);
    else
        fprintf(stderr, "not finite\n");
}

/* Print a trial that has ended; keep its model if it is the best so far. */
static void on_end(void *context, struct trial *trial)
{
    struct search *s = context;
    if (trial->err.status != STATUS_OK && trial->err.status != STATUS_NOT_FINITE)
        return;
    bool is_best = trial->loss < s->best_loss;
    print_row(trial, trial->number == 1 ? "  the default"
                     : is_best          ? "  best so far"
                                        : "");
    if (!is_best)
        return;
    s->best_loss = trial->loss;
    s->best_number = trial->number;
    triage_trainer_free(s->result->trainer);
    s->result->trainer = trial->trainer;
    s->result->report = trial->report;
    trial->trainer = NULL;
}

/* Keep a row for the report.  A loss that is not finite is null. */
static enum status keep_row(struct search *s, const struct trial *trial,
                            struct error *err)
{
    const struct training *training = &trial->training;
    if (trial->err.status == STATUS_INTERRUPTED)
        return STATUS_OK;
    json_t *row = json_pack(
        "{s:I, s:I, s:I, s:f, s:s, s:I, s:I, s:f, s:I}", "try", (json_int_t)trial->number,
        "epochs", (json_int_t)training->epochs, "batch", (json_int_t)training->batch,
        "learning_rate", training->learning_rate, "cell",
        triage_spec_cell_name(&trial->spec), "hidden", (json_int_t)trial->spec.hidden,
        "layers", (json_int_t)trial->spec.layers, "dropout", training->dropout, "seed",
        (json_int_t)training->seed);
    bool is_finite = trial->err.status == STATUS_OK;
    bool is_complete =
        json_object_set_new(row, "loss",
                            is_finite ? json_real(trial->loss) : json_null()) == 0;
    if (is_finite)
        is_complete =
            is_complete &&
            json_object_set_new(row, "accuracy",
                                json_real(trial->report.validation_accuracy)) == 0 &&
            json_object_set_new(row, "best_epoch",
                                json_integer(trial->report.best_epoch)) == 0;
    if (!is_complete) {
        json_decref(row);
        return error_no_memory(err);
    }
    return json_array_append_new(s->rows, row) == 0 ? STATUS_OK : error_no_memory(err);
}

/* ---- trials ---- */

/* epochs: 0 for those of the point. */
static struct trial trial_of(struct search *s, const struct training_inputs *inputs,
                             struct search_point point, uint32_t epochs, uint64_t seed)
{
    struct trial trial = {.schema = inputs->schema,
                          .data = &inputs->data,
                          .spec = s->recipe->spec,
                          .training = s->recipe->training,
                          .number = ++s->tries};
    search_space_apply(&s->space, point, &trial.spec, &trial.training);
    trial.training = trial_training(&trial.training, true);
    trial.training.seed += seed;
    if (epochs > 0)
        trial.training.epochs = epochs;
    return trial;
}

/* Run trials [count] and keep their rows; the losses stay in the trials. */
static enum status run_trials(struct search *s, struct trial *trials, size_t count,
                              struct error *err)
{
    enum status status = trials_run(&s->runner, trials, count, err);
    if (status != STATUS_OK && status != STATUS_INTERRUPTED)
        return status;
    for (size_t i = 0; i < count; i++)
        RETURN_IF_ERROR(keep_row(s, &trials[i], err));
    return status;
}

static enum status add_attempt(struct search *s, struct search_point point,
                               const struct trial *trial, struct error *err)
{
    size_t count = s->attempt_count + (size_t)1;
    struct attempt *attempts = realloc(s->attempts, count * sizeof *attempts);
    if (!attempts)
        return error_no_memory(err);
    s->attempts = attempts;
    s->attempts[s->attempt_count++] = (struct attempt){.point = point,
                                                       .number = trial->number,
                                                       .epochs = trial->training.epochs,
                                                       .losses = {trial->loss}};
    return STATUS_OK;
}

/* Train the recipe with these inputs.  *loss is INFINITY if that was stopped or diverged. */
static enum status try_default(struct search *s, const struct training_inputs *inputs,
                               struct trial *trial, struct error *err)
{
    const struct search_point recipe = {.level = {0}};
    *trial = trial_of(s, inputs, recipe, 0, 0);
    return run_trials(s, trial, 1, err);
}

/* ---- inputs ---- */

/* Try to leave out more than `train` does by default, and keep that if the default gets better. */
static enum status widen_choice(struct search *s, struct error *err)
{
    struct training_inputs wider;
    struct trial trial = {.schema = NULL};
    struct input_choice_settings settings =
        input_choice_thorough(&s->recipe->spec, &s->recipe->training);
    settings.start = s->inputs->choice.is_left_out;
    training_inputs_init(&wider, s->examples);
    s->until_s = INPUTS_SHARE * s->settings->seconds;
    enum status status = training_inputs_choose(&wider, s->recipe, s->examples, &settings,
                                                should_stop, s, err);
    s->until_s = s->settings->seconds;
    if (status == STATUS_OK)
        status = training_inputs_add_earlier(&wider, s->inputs, err);
    bool has_more = wider.choice.left_out_count > s->inputs->choice.left_out_count;
    double default_loss = s->attempts[0].losses[0];
    if (status == STATUS_OK && has_more) {
        print_header();
        status = try_default(s, &wider, &trial, err);
    }
    if (status == STATUS_OK && has_more && trial.loss < default_loss) {
        s->attempts[0].losses[0] = trial.loss;
        s->attempts[0].number = trial.number;
        struct training_inputs old = *s->inputs;
        *s->inputs = wider;
        wider = old;
    } else if (status == STATUS_OK) { /* all trials, but the choice that stays */
        json_t *notes = s->inputs->notes;
        json_t *chosen = json_object_get(json_object_get(notes, "inputs"), "left_out");
        s->inputs->notes = wider.notes;
        wider.notes = notes;
        if (has_more)
            print_clean("inputs left out: as before, because the recipe's validation "
                        "loss does not fall");
        if (chosen && json_object_set(json_object_get(s->inputs->notes, "inputs"),
                                      "left_out", chosen) != 0)
            status = error_no_memory(err);
    }
    trial_release(&trial);
    training_inputs_release(&wider);
    return status;
}

/* ---- successive halving ---- */

struct contender {
    struct search_point point;
    double loss;
};

static int compare_contenders(const void *a, const void *b)
{
    const struct contender *x = a, *y = b;
    return (x->loss > y->loss) - (x->loss < y->loss);
}

/* The best setting so far. */
static const struct search_point *best_point(const struct search *s)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < s->attempt_count; i++)
        if (s->attempts[i].losses[0] < s->attempts[best].losses[0])
            best = i;
    return &s->attempts[best].point;
}

/* A point that was not tried yet; false if there is none. */
static bool draw_point(struct search *s, bool is_near, struct search_point *point,
                       struct error *err)
{
    const struct search_point *near = is_near ? best_point(s) : NULL;
    uint64_t index = 0;
    for (int i = 0; i < DRAWS; i++) {
        *point = search_point_draw(&s->space, near, &s->random);
        index = search_point_index(&s->space, *point);
        if (u64map_find(&s->tried, index) == MAP_NONE)
            break;
    }
    if (u64map_find(&s->tried, index) != MAP_NONE)
        for (index = 0; index < s->space.size; index++)
            if (u64map_find(&s->tried, index) == MAP_NONE)
                break;
    if (index == s->space.size)
        return false;
    *point = search_point_at(&s->space, index);
    if (u64map_reserve(&s->tried, s->tried.count + (size_t)1))
        (void)u64map_add(&s->tried, index);
    else
        (void)error_no_memory(err);
    return true;
}

static uint32_t epochs_of(const struct search *s, struct search_point point)
{
    struct spec spec = s->recipe->spec;
    struct training training = s->recipe->training;
    search_space_apply(&s->space, point, &spec, &training);
    return training.epochs > 0 ? training.epochs : (uint32_t)SEARCH_EPOCHS_OF_0;
}

/* Train the contenders [count] for a part of their epochs, and sort them by loss. */
static enum status run_stage(struct search *s, struct contender *contenders, size_t count,
                             uint32_t divisor, struct error *err)
{
    struct trial trials[ROUND_POINTS];
    for (size_t i = 0; i < count; i++) {
        uint32_t epochs = epochs_of(s, contenders[i].point);
        epochs = (epochs + divisor / 2) / divisor;
        epochs = epochs > 0 ? epochs : 1;
        if (divisor == 1)
            epochs =
                0; /* those of the point: 0 may mean that there is no limit of their own */
        trials[i] = trial_of(s, s->inputs, contenders[i].point, epochs, 0);
    }
    enum status status = run_trials(s, trials, count, err);
    for (size_t i = 0; i < count; i++) {
        contenders[i].loss = trials[i].loss;
        if (isfinite(trials[i].loss) &&
            add_attempt(s, contenders[i].point, &trials[i], err) != STATUS_OK)
            status = STATUS_NO_MEMORY;
        trial_release(&trials[i]);
    }
    qsort(contenders, count, sizeof *contenders, compare_contenders);
    return status;
}

/* One round; is_complete is set when there is nothing left to try. */
static enum status run_round(struct search *s, struct error *err)
{
    struct contender contenders[ROUND_POINTS];
    size_t count = 0;
    while (count < ROUND_POINTS &&
           draw_point(s, count % 2 == 1, &contenders[count].point, err))
        count++;
    if (err->status != STATUS_OK)
        return err->status;
    s->is_complete = count < ROUND_POINTS;
    for (int i = 0; i < STAGES && count > 0; i++) {
        bool is_short = divisors[i] > epochs_of(s, (struct search_point){.level = {0}});
        if (divisors[i] > 1 && (count == 1 || is_short))
            continue;
        RETURN_IF_ERROR(run_stage(s, contenders, count, divisors[i], err));
        count = (count + KEPT - 1) / KEPT;
    }
    return STATUS_OK;
}

/* ---- seeds ---- */

static void summarise(struct attempt *attempt, int seeds)
{
    double sum = 0.0, squares = 0.0;
    attempt->seeds = seeds;
    for (int i = 0; i < seeds; i++)
        sum += attempt->losses[i];
    attempt->mean = sum / seeds;
    for (int i = 0; i < seeds; i++)
        squares +=
            (attempt->losses[i] - attempt->mean) * (attempt->losses[i] - attempt->mean);
    attempt->deviation = seeds > 1 ? sqrt(squares / (seeds - 1)) : 0.0;
}

static int compare_attempts(const void *a, const void *b)
{
    const struct attempt *x = a, *y = b;
    if (x->losses[0] != y->losses[0])
        return x->losses[0] < y->losses[0] ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

/* Train finalists [count] with other seeds. */
static enum status try_seeds(struct search *s, struct attempt *finalists, size_t count,
                             struct error *err)
{
    struct trial trials[(FINALISTS + 1) * (SEEDS - 1)];
    size_t trial_count = 0;
    for (size_t i = 0; i < count; i++)
        for (int seed = 1; seed < SEEDS; seed++)
            trials[trial_count++] = trial_of(s, s->inputs, finalists[i].point,
                                             finalists[i].epochs, (uint64_t)seed);
    enum status status = run_trials(s, trials, trial_count, err);
    for (size_t i = 0; i < count; i++) {
        for (int seed = 1; seed < SEEDS; seed++)
            finalists[i].losses[seed] = trials[i * (SEEDS - 1) + (size_t)seed - 1].loss;
        summarise(&finalists[i], SEEDS);
    }
    for (size_t i = 0; i < trial_count; i++)
        trial_release(&trials[i]);
    return status;
}

static json_t *finalist_json(const struct attempt *finalist)
{
    json_t *losses = json_array();
    for (int i = 0; i < finalist->seeds; i++)
        (void)json_array_append_new(losses, isfinite(finalist->losses[i])
                                                ? json_real(finalist->losses[i])
                                                : json_null());
    json_t *row = isfinite(finalist->mean)
                      ? json_pack("{s:I, s:o, s:f, s:f}", "try",
                                  (json_int_t)finalist->number, "losses", losses, "mean",
                                  finalist->mean, "deviation", finalist->deviation)
                      : json_pack("{s:I, s:o}", "try", (json_int_t)finalist->number,
                                  "losses", losses);
    return row;
}

/* The finalists' table, and the settings of the winner. */
static enum status finish(struct search *s, const struct attempt *finalists, size_t count,
                          const struct attempt *winner, struct error *err)
{
    struct search_result *result = s->result;
    struct strbuf options;
    json_t *rows = json_array();
    const size_t tries = json_array_size(s->rows); /* without those that were stopped */
    for (size_t i = 0; i < count; i++) {
        const struct attempt *finalist = &finalists[i];
        if (finalist->seeds > 1 && finalist->mean > 0.0)
            print_clean("  try %u%s: mean validation loss %.4f over %d seeds, standard "
                        "deviation %.4f%s",
                        finalist->number, i == 0 ? " (the default)" : "", finalist->mean,
                        finalist->seeds, finalist->deviation,
                        finalist == winner ? "; the best" : "");
        else if (finalist->mean > 0.0)
            print_clean("  try %u%s: validation loss %.4f, one seed%s", finalist->number,
                        i == 0 ? " (the default)" : "", finalist->mean,
                        finalist == winner ? "; the best" : "");
        (void)json_array_append_new(rows, finalist_json(finalist));
    }
    result->spec = s->recipe->spec;
    result->training = s->recipe->training;
    search_space_apply(&s->space, winner->point, &result->spec, &result->training);
    result->training.epochs = winner->epochs;
    strbuf_init(&options, SIZE_MAX);
    search_point_write(&s->space, winner->point, winner->epochs, &options);
    const bool is_stopped = progress_was_interrupted() && result->trainer;
    if (is_stopped) /* it may have another seed */
        print_clean("search: %zu tries, stopped; the model is that of try %u", tries,
                    s->best_number);
    else if (options.length > 0 && !options.has_failed)
        print_clean("search: %zu tries; these options repeat the best one:%s", tries,
                    options.bytes);
    else
        print_clean("search: %zu tries, none better than the default", tries);
    strbuf_release(&options);
    if (json_array_size(rows) != count) {
        json_decref(rows);
        return error_no_memory(err);
    }
    json_t *notes =
        json_pack("{s:f, s:b, s:O, s:o, s:I}", "seconds", s->settings->seconds,
                  "complete", (int)s->is_complete, "tries", s->rows, "finalists", rows,
                  "winner", (json_int_t)(is_stopped ? s->best_number : winner->number));
    if (!s->inputs->notes)
        s->inputs->notes = json_object();
    return json_object_set_new(s->inputs->notes, "search", notes) == 0
               ? STATUS_OK
               : error_no_memory(err);
}

/*
 * The winner has the lowest mean over seeds among the default and those that, like the default with
 * the recipe's seed, are not worse: the model that is written is trained with that seed.
 */
static enum status choose_winner(struct search *s, bool is_interrupted, struct error *err)
{
    struct attempt finalists[FINALISTS + 1] = {s->attempts[0]};
    size_t count = 1;
    enum status status = STATUS_OK;
    if (s->attempt_count > 1)
        qsort(s->attempts + 1, s->attempt_count - 1, sizeof *s->attempts,
              compare_attempts);
    for (uint32_t i = 1; i < s->attempt_count && count <= FINALISTS; i++)
        if (s->attempts[i].losses[0] < finalists[0].losses[0] &&
            s->attempts[i].losses[0] != finalists[count - 1].losses[0]) /* no twins */
            finalists[count++] = s->attempts[i];
    for (size_t i = 0; i < count; i++)
        summarise(&finalists[i], 1);
    s->until_s = INFINITY;
    if (count > 1 && !is_interrupted)
        status = try_seeds(s, finalists, count, err);
    if (status != STATUS_OK && status != STATUS_INTERRUPTED)
        return status;
    if (status == STATUS_INTERRUPTED) /* some seeds are missing */
        for (size_t i = 0; i < count; i++)
            summarise(&finalists[i], 1);
    const struct attempt *winner = &finalists[0];
    for (size_t i = 1; i < count; i++)
        if (finalists[i].mean < winner->mean)
            winner = &finalists[i];
    return finish(s, finalists, count, winner, err);
}

/* ---- the search ---- */

/* The time that is left for rounds: without that for the seeds and for the training that follows. */
static double rounds_end_s(const struct search *s)
{
    double total = s->settings->seconds;
    double trials = (FINALISTS + 1) * (SEEDS - 1) + 2;
    double final_s = trials * s->default_s;
    return total - fmin(final_s, FINAL_SHARE * total);
}

static enum status run(struct search *s, struct error *err)
{
    struct trial trial;
    print_header();
    s->until_s = INFINITY; /* the default is always trained */
    double begin_s = elapsed_s(s);
    enum status status = try_default(s, s->inputs, &trial, err);
    if (status == STATUS_OK)
        status = add_attempt(s, (struct search_point){.level = {0}}, &trial, err);
    bool has_diverged = !isfinite(trial.loss);
    trial_release(&trial);
    RETURN_IF_ERROR(status);
    if (!u64map_reserve(&s->tried, 1))
        return error_no_memory(err);
    (void)u64map_add(&s->tried, 0);
    s->default_s = elapsed_s(s) - begin_s;
    s->until_s = rounds_end_s(s);
    if (s->settings->may_choose_inputs && !has_diverged && elapsed_s(s) < s->until_s)
        status = widen_choice(s, err);
    s->until_s = rounds_end_s(s);
    if (status == STATUS_OK)
        print_header();
    while (status == STATUS_OK && !s->is_complete && s->tries < MAX_TRIES &&
           elapsed_s(s) < s->until_s)
        status = run_round(s, err);
    if (status != STATUS_OK && status != STATUS_INTERRUPTED)
        return status;
    return choose_winner(s, progress_was_interrupted(), err);
}

enum status search_run(struct search_result *result,
                       const struct search_settings *settings,
                       const struct recipe *recipe, const struct examples *examples,
                       struct training_inputs *inputs, struct error *err)
{
    struct error inner = {.status = STATUS_OK};
    struct search s = {.settings = settings,
                       .recipe = recipe,
                       .examples = examples,
                       .inputs = inputs,
                       .result = result,
                       .best_loss = INFINITY,
                       .rows = json_array()};
    *result = (struct search_result){.spec = recipe->spec, .training = recipe->training};
    s.runner =
        (struct trial_runner){.task = (enum task)recipe->task,
                              .actions = (const char *const *)examples->actions,
                              .action_count = examples->action_count,
                              .workers = workers_new(recipe->training.threads, &inner),
                              .should_stop = should_stop,
                              .on_end = on_end,
                              .context = &s};
    clock_gettime(CLOCK_MONOTONIC, &s.start);
    random_init(&s.random, recipe->training.seed, search_stream);
    search_space_init(&s.space, &recipe->spec, &recipe->training, settings->is_fixed);
    progress_catch_signals();
    if (!s.rows)
        (void)error_no_memory(&inner);
    enum status status = s.rows && s.runner.workers ? STATUS_OK : inner.status;
    if (status == STATUS_OK)
        status = run(&s, &inner);
    workers_free(s.runner.workers);
    u64map_release(&s.tried);
    free(s.attempts);
    json_decref(s.rows);
    if (!progress_was_interrupted()) {
        triage_trainer_free(result->trainer);
        result->trainer = NULL;
    }
    /* a signal is no failure: what was found until then is the result */
    if (status == STATUS_OK || status == STATUS_INTERRUPTED)
        return STATUS_OK;
    return error_set(err, status, inner.where, "%s", inner.text);
}

void search_result_release(struct search_result *result)
{
    triage_trainer_free(result->trainer);
    result->trainer = NULL;
}
