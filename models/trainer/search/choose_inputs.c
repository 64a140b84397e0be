/* Backward elimination of groups of inputs. */
#include "search/choose_inputs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "data/common/messages.h"

/* The cheap choice; with these the choice costs about as much as the training that follows. */
enum {
    CHEAP_EPOCHS = 6,
    CHEAP_CANDIDATES = 3,
    CHEAP_ROUNDS = 3,
    THOROUGH_EPOCHS = 12,
    THOROUGH_CANDIDATES = 16,
    THOROUGH_ROUNDS = 8,
    TRAIN_EVENTS = 200000, /* more histories are thinned out to about so many events */
    VALIDATION_EVENTS = 100000,
};

static const double NOISE_Z = 2.0; /* standard errors */

/* A candidate: a group that may be left out, and the loss when it is hidden from the model. */
struct candidate {
    uint32_t group;
    double hidden_loss;
};

struct choosing {
    struct input_choice *choice;
    const struct input_choice_settings *settings;
    const struct input_groups *groups;
    struct training_data data;
    const struct trial_runner *runner;
    struct candidate *candidates; /* [candidate_count] of this round; owned */
    uint32_t candidate_count;
    bool *is_needed; /* [groups->count] groups without which a trial was worse; owned */
    struct input_view base_view; /* with all that is not left out yet */
    struct trial base[2]; /* the same trial with two seeds; the second may be empty */
};

static struct input_choice_settings
settings_of(const struct spec *spec, const struct training *training, uint32_t epochs)
{
    struct input_choice_settings settings = {.spec = *spec,
                                             .training = trial_training(training, false)};
    if (settings.training.epochs == 0 || settings.training.epochs > epochs)
        settings.training.epochs = epochs;
    return settings;
}

struct input_choice_settings input_choice_cheap(const struct spec *spec,
                                                const struct training *training)
{
    struct input_choice_settings settings = settings_of(spec, training, CHEAP_EPOCHS);
    settings.candidates = CHEAP_CANDIDATES;
    settings.rounds = CHEAP_ROUNDS;
    return settings;
}

struct input_choice_settings input_choice_thorough(const struct spec *spec,
                                                   const struct training *training)
{
    struct input_choice_settings settings = settings_of(spec, training, THOROUGH_EPOCHS);
    settings.candidates = THOROUGH_CANDIDATES;
    settings.rounds = THOROUGH_ROUNDS;
    return settings;
}

void input_choice_release(struct input_choice *choice)
{
    free(choice->is_left_out);
    json_decref(choice->table);
    *choice = (struct input_choice){.is_left_out = NULL};
}

/* ---- less data ---- */

/* Every n-th example, so that about max_events remain; *thinned is owned by the caller. */
static size_t thin(const struct example *examples, size_t count, size_t max_events,
                   struct example **thinned)
{
    size_t events = 0, kept = 0;
    for (size_t i = 0; i < count; i++)
        events += examples[i].history.length;
    size_t step = events / max_events + 1;
    *thinned = calloc(count / step + 1, sizeof **thinned);
    for (size_t i = 0; *thinned && i < count; i += step)
        (*thinned)[kept++] = examples[i];
    return kept;
}

/* ---- trials ---- */

static struct trial trial_of(const struct choosing *c, const struct input_view *view,
                             uint64_t seed)
{
    struct trial trial = {.schema = view->schema,
                          .data = &view->data,
                          .spec = c->settings->spec,
                          .training = c->settings->training,
                          .needs_losses = true};
    trial.training.seed = seed;
    return trial;
}

static uint64_t seed_of(const struct choosing *c, int i)
{
    return c->settings->training.seed + (uint64_t)i;
}

/* The losses of a trial with two seeds as those of one: the sums of both. */
static struct loss_difference compare(const struct trial *base, const struct trial *trial,
                                      int seeds, size_t count, struct error *err)
{
    struct history_loss *sums[2];
    struct loss_difference difference = {.mean = 0.0};
    sums[0] = calloc(count + 1, sizeof *sums[0]);
    sums[1] = calloc(count + 1, sizeof *sums[1]);
    for (size_t i = 0; sums[0] && sums[1] && i < count; i++)
        for (int seed = 0; seed < seeds; seed++) {
            sums[0][i].sum += base[seed].losses[i].sum;
            sums[0][i].weight += base[seed].losses[i].weight;
            sums[1][i].sum += trial[seed].losses[i].sum;
            sums[1][i].weight += trial[seed].losses[i].weight;
        }
    if (sums[0] && sums[1])
        difference = losses_compare(sums[0], sums[1], count);
    else
        (void)error_no_memory(err);
    free(sums[0]);
    free(sums[1]);
    return difference;
}

/* ---- the table ---- */

static const char *names_of_left_out(const struct choosing *c, struct strbuf *names)
{
    for (uint32_t i = 0; i < c->groups->count; i++)
        if (c->choice->is_left_out[i])
            strbuf_printf(names, "%s%s", names->length > 0 ? ", " : "",
                          c->groups->list[i].name);
    return names->has_failed || names->length == 0 ? "" : names->bytes;
}

/* Print and keep the loss of the base, of which the other lines are differences. */
static enum status note_base(struct choosing *c, struct error *err)
{
    struct strbuf names;
    strbuf_init(&names, SIZE_MAX);
    const char *left_out = names_of_left_out(c, &names);
    if (!c->settings->is_quiet)
        print_clean("inputs: %s%s, validation loss %.4f after %u epochs",
                    *left_out == '\0' ? "all" : "without ", left_out, c->base[0].loss,
                    c->base[0].training.epochs);
    strbuf_release(&names);
    json_t *row = json_pack("{s:n, s:f}", "without", "loss", c->base[0].loss);
    return row && json_array_append_new(c->choice->table, row) == 0
               ? STATUS_OK
               : error_no_memory(err);
}

static enum status note_trial(struct choosing *c, uint32_t group, double loss, int seeds,
                              struct loss_difference difference, bool is_left_out,
                              struct error *err)
{
    const char *name = c->groups->list[group].name;
    if (!c->settings->is_quiet)
        print_clean("  without %s: %+.4f, %.1f standard errors%s%s", name,
                    difference.mean, fabs(difference.z), seeds > 1 ? ", two seeds" : "",
                    is_left_out ? ": left out" : "");
    json_t *row = json_pack("{s:s, s:f, s:f, s:f, s:i, s:b}", "without", name, "loss",
                            loss, "difference", difference.mean, "z", difference.z,
                            "seeds", seeds, "left_out", (int)is_left_out);
    return row && json_array_append_new(c->choice->table, row) == 0
               ? STATUS_OK
               : error_no_memory(err);
}

/* ---- candidates ---- */

static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->hidden_loss != y->hidden_loss)
        return x->hidden_loss < y->hidden_loss ? -1 : 1;
    return (x->group > y->group) - (x->group < y->group);
}

struct hiding {
    struct choosing *c;
    struct input_groups base_groups; /* those of the base view */
    struct error *errors;            /* [candidate_count] */
};

/* The index of a group of all inputs in the groups of the base view. */
static uint32_t base_group(const struct hiding *h, uint32_t group)
{
    const struct input_group *all = &h->c->groups->list[group];
    return input_groups_find(&h->base_groups, all->name, all->is_field);
}

static void hide_task(void *context, size_t i)
{
    struct hiding *h = context;
    struct choosing *c = h->c;
    struct candidate *candidate = &c->candidates[i];
    struct error *err = &h->errors[i];
    struct training_data data = c->base_view.data;
    struct input_view view;
    bool *nothing = calloc(h->base_groups.count + 1, sizeof *nothing);
    struct history_loss *losses = calloc(data.validation_count + 1, sizeof *losses);
    data.train_count = 0;
    memset(&view, 0, sizeof view);
    enum status status = nothing && losses ? STATUS_OK : error_no_memory(err);
    if (status == STATUS_OK)
        status = input_view_init(&view, &h->base_groups, &data, nothing, err);
    if (status == STATUS_OK) {
        input_view_hide(&view, &h->base_groups, base_group(h, candidate->group));
        status = losses_measure(c->base[0].trainer, &c->base[0].training,
                                view.data.validation, data.validation_count, losses, err);
    }
    candidate->hidden_loss =
        status == STATUS_OK ? losses_mean(losses, data.validation_count) : INFINITY;
    input_view_release(&view);
    free(nothing);
    free(losses);
}

/*
 * The groups that may be left out, the most promising first: those that the trained base needs least,
 * measured by its loss when it does not see them.
 */
static enum status find_candidates(struct choosing *c, struct error *err)
{
    struct hiding hiding = {.c = c};
    bool *is_left_out = c->choice->is_left_out;
    c->candidate_count = 0;
    for (uint32_t i = 0; i < c->groups->count; i++) {
        if (is_left_out[i] || c->is_needed[i])
            continue;
        is_left_out[i] = true;
        if (input_groups_may_leave_out(c->groups, is_left_out))
            c->candidates[c->candidate_count++] = (struct candidate){.group = i};
        is_left_out[i] = false;
    }
    enum status status = input_groups_init(&hiding.base_groups, c->base_view.schema, err);
    hiding.errors = calloc(c->candidate_count + 1, sizeof *hiding.errors);
    if (!hiding.errors)
        status = error_no_memory(err);
    if (status == STATUS_OK)
        workers_run(c->runner->workers, hide_task, &hiding, c->candidate_count);
    for (uint32_t i = 0; status == STATUS_OK && i < c->candidate_count; i++)
        if (hiding.errors[i].status != STATUS_OK)
            status = error_set(err, hiding.errors[i].status, hiding.errors[i].where, "%s",
                               hiding.errors[i].text);
    qsort(c->candidates, c->candidate_count, sizeof *c->candidates, compare_candidates);
    free(hiding.errors);
    input_groups_release(&hiding.base_groups);
    return status;
}

/* ---- rounds ---- */

static enum status view_without(struct choosing *c, uint32_t group,
                                struct input_view *view, struct error *err)
{
    bool *is_left_out = c->choice->is_left_out;
    is_left_out[group] = true;
    enum status status = input_view_init(view, c->groups, &c->data, is_left_out, err);
    is_left_out[group] = false;
    return status;
}

/* What a round tries: views without one more group, and their trials with two seeds. */
struct round {
    struct input_view *views;            /* [count]; owned */
    struct trial (*trials)[2];           /* [count]; owned */
    struct loss_difference *differences; /* [count]; owned */
    uint32_t count;
};

static void round_release(struct round *round)
{
    for (uint32_t i = 0; i < round->count; i++) {
        if (round->trials)
            for (int seed = 0; seed < 2; seed++)
                trial_release(&round->trials[i][seed]);
        if (round->views)
            input_view_release(&round->views[i]);
    }
    free(round->views);
    free(round->trials);
    free(round->differences);
}

/* The first seed of every candidate. */
static enum status try_candidates(struct choosing *c, struct round *round,
                                  struct error *err)
{
    round->views = calloc(round->count + 1, sizeof *round->views);
    round->trials = calloc(round->count + 1, sizeof *round->trials);
    round->differences = calloc(round->count + 1, sizeof *round->differences);
    struct trial *trials = calloc(round->count + 1, sizeof *trials);
    enum status status = round->views && round->trials && round->differences && trials
                             ? STATUS_OK
                             : error_no_memory(err);
    for (uint32_t i = 0; i < round->count && status == STATUS_OK; i++) {
        status = view_without(c, c->candidates[i].group, &round->views[i], err);
        trials[i] = trial_of(c, &round->views[i], seed_of(c, 0));
    }
    if (status == STATUS_OK) {
        status = trials_run(c->runner, trials, round->count, err);
        for (uint32_t i = 0; i < round->count; i++)
            round->trials[i][0] = trials[i];
    }
    free(trials);
    for (uint32_t i = 0; i < round->count && status == STATUS_OK; i++)
        if (round->trials[i][0].losses)
            round->differences[i] =
                compare(c->base, round->trials[i], 1, c->data.validation_count, err);
    return status == STATUS_OK && err->status != STATUS_OK ? err->status : status;
}

/* The second seed of the best candidate, and of the base where it has none yet. */
static enum status try_again(struct choosing *c, struct round *round, uint32_t best,
                             struct error *err)
{
    struct trial trials[2] = {trial_of(c, &round->views[best], seed_of(c, 1)),
                              trial_of(c, &c->base_view, seed_of(c, 1))};
    bool needs_base = !c->base[1].losses;
    enum status status = trials_run(c->runner, trials, needs_base ? 2 : 1, err);
    round->trials[best][1] = trials[0];
    if (needs_base)
        c->base[1] = trials[1];
    return status;
}

/* Is the difference more than noise? */
static bool is_better(struct loss_difference difference)
{
    return difference.z < -NOISE_Z;
}

/* The best of the candidates that are better with one seed; count if there is none. */
static uint32_t find_best(const struct round *round)
{
    uint32_t best = round->count;
    for (uint32_t i = 0; i < round->count; i++)
        if (round->trials[i][0].losses && is_better(round->differences[i]) &&
            (best == round->count ||
             round->differences[i].mean < round->differences[best].mean))
            best = i;
    return best;
}

/* Compare the best candidate again with two seeds; *is_chosen: leave it out. */
static enum status confirm(struct choosing *c, struct round *round, uint32_t best,
                           bool *is_chosen, struct error *err)
{
    RETURN_IF_ERROR(try_again(c, round, best, err));
    const struct trial *trials = round->trials[best];
    if (!trials[1].losses || !c->base[1].losses)
        return STATUS_OK;
    struct loss_difference both =
        compare(c->base, trials, 2, c->data.validation_count, err);
    if (err->status != STATUS_OK)
        return err->status;
    *is_chosen = is_better(both) && trials[1].loss < c->base[1].loss;
    return note_trial(c, c->candidates[best].group, (trials[0].loss + trials[1].loss) / 2,
                      2, both, *is_chosen, err);
}

/* The view without the group becomes the base of the next round. */
static void leave_out(struct choosing *c, struct round *round, uint32_t best)
{
    c->choice->is_left_out[c->candidates[best].group] = true;
    c->choice->left_out_count++;
    for (int seed = 0; seed < 2; seed++) {
        trial_release(&c->base[seed]);
        c->base[seed] = round->trials[best][seed];
        memset(&round->trials[best][seed], 0, sizeof round->trials[best][seed]);
    }
    input_view_release(&c->base_view);
    c->base_view = round->views[best];
    memset(&round->views[best], 0, sizeof round->views[best]);
    for (int seed = 0; seed < 2; seed++) {
        c->base[seed].schema = c->base_view.schema;
        c->base[seed].data = &c->base_view.data;
    }
}

/* Try to leave out one more group.  *has_changed: one was. */
static enum status run_round(struct choosing *c, bool *has_changed, struct error *err)
{
    struct round round = {.count = c->settings->candidates};
    *has_changed = false;
    RETURN_IF_ERROR(find_candidates(c, err));
    if (round.count > c->candidate_count)
        round.count = c->candidate_count;
    if (round.count == 0)
        return STATUS_OK;
    enum status status = try_candidates(c, &round, err);
    uint32_t best = status == STATUS_OK ? find_best(&round) : round.count;
    for (uint32_t i = 0; i < round.count && status == STATUS_OK; i++) {
        c->is_needed[c->candidates[i].group] = round.differences[i].z > NOISE_Z;
        status = note_trial(c, c->candidates[i].group, round.trials[i][0].loss, 1,
                            round.differences[i], false, err);
    }
    if (status == STATUS_OK && best < round.count)
        status = confirm(c, &round, best, has_changed, err);
    if (status == STATUS_OK && *has_changed)
        leave_out(c, &round, best);
    round_release(&round);
    return status;
}

static enum status run_rounds(struct choosing *c, struct error *err)
{
    bool has_changed = true;
    RETURN_IF_ERROR(
        input_view_init(&c->base_view, c->groups, &c->data, c->choice->is_left_out, err));
    c->base[0] = trial_of(c, &c->base_view, seed_of(c, 0));
    RETURN_IF_ERROR(trials_run(c->runner, c->base, 1, err));
    if (!c->base[0].losses)
        return STATUS_OK; /* it diverges: the training will say so */
    for (uint32_t i = 0; i < c->settings->rounds && has_changed; i++) {
        RETURN_IF_ERROR(note_base(c, err));
        RETURN_IF_ERROR(run_round(c, &has_changed, err));
    }
    return STATUS_OK;
}

enum status input_choice_make(struct input_choice *choice,
                              const struct input_choice_settings *settings,
                              const struct input_groups *groups,
                              const struct training_data *data,
                              const struct trial_runner *runner, struct error *err)
{
    struct example *train = NULL, *validation = NULL;
    struct choosing c = {
        .choice = choice, .settings = settings, .groups = groups, .runner = runner};
    *choice = (struct input_choice){
        .is_left_out = calloc(groups->count + 1, sizeof *choice->is_left_out),
        .table = json_array()};
    c.candidates = calloc(groups->count + 1, sizeof *c.candidates);
    c.is_needed = calloc(groups->count + 1, sizeof *c.is_needed);
    c.data.train_count = thin(data->train, data->train_count, TRAIN_EVENTS, &train);
    c.data.validation_count =
        thin(data->validation, data->validation_count, VALIDATION_EVENTS, &validation);
    c.data.train = train;
    c.data.validation = validation;
    enum status status = choice->is_left_out && choice->table && c.candidates &&
                                 c.is_needed && train && validation
                             ? STATUS_OK
                             : error_no_memory(err);
    for (uint32_t i = 0; i < groups->count && status == STATUS_OK && settings->start;
         i++) {
        choice->is_left_out[i] = settings->start[i];
        choice->left_out_count += settings->start[i];
    }
    if (status == STATUS_OK)
        status = run_rounds(&c, err);
    trial_release(&c.base[0]);
    trial_release(&c.base[1]);
    input_view_release(&c.base_view);
    free(c.candidates);
    free(c.is_needed);
    free(train);
    free(validation);
    return status;
}
