/* See evaluation.h: what `evaluate` prints for a person to read. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "evaluation_output.h"

enum { MATRIX_MOST = 12, CONFUSIONS_MOST = 10, NAME_BYTES = 37, NAME_LEAST = 20 };

/* " 0.8712 [0.8601, 0.8823]" */
struct shown {
    char text[40];
};

static struct shown show(const struct estimate *figure)
{
    struct shown shown;

    if (isnan(figure->value))
        (void)snprintf(shown.text, sizeof shown.text, "%7s", "-");
    else if (isnan(figure->low))
        (void)snprintf(shown.text, sizeof shown.text, "%7.4f", figure->value);
    else
        (void)snprintf(shown.text, sizeof shown.text, "%7.4f [%.4f, %.4f]", figure->value,
                       figure->low, figure->high);
    return shown;
}

/* The number alone. */
static struct shown show_value(const struct estimate *figure)
{
    const struct estimate alone = {figure->value, (double)NAN, (double)NAN};

    return show(&alone);
}

static const char *action_name(const struct evaluation_output *e, size_t c, char *room)
{
    utf8_copy(room, NAME_BYTES,
              c < e->judgement->C ? triage_model_action(e->model, c)
                                  : "(none of the model's)");
    return room;
}

/* Of the column of names. */
static int name_width(const struct evaluation_output *e)
{
    char room[NAME_BYTES];
    size_t width = NAME_LEAST;

    for (size_t c = 0; c < e->judgement->C; c++)
        if (strlen(action_name(e, c, room)) > width)
            width = strlen(room);
    return (int)width;
}

/* A verdict on events that the model never met is one on guesses. */
static void print_unknown(const struct evaluation *j, FILE *out)
{
    bool is_first = true;

    for (size_t i = 0; i < j->field_count; i++) {
        char name[NAME_BYTES];
        if (j->fields[i].unknown == 0)
            continue;
        utf8_copy(name, sizeof name, j->fields[i].name);
        if (is_first)
            fprintf(out,
                    "  values unknown to the model, in %" PRIu64 " events:", j->events);
        fprintf(out, "%s %s %" PRIu64, is_first ? "" : ",", name, j->fields[i].unknown);
        is_first = false;
    }
    if (!is_first)
        fputc('\n', out);
}

static void print_verdict(const struct evaluation_output *e, FILE *out)
{
    const struct evaluation *j = e->judgement;
    const struct baseline_comparison *c = &j->comparison;
    const struct baseline_metrics *floor = &j->floors[c->floor];
    const struct baseline_metrics *loss_floor = &j->floors[c->loss_floor];

    fprintf(out, "%s is %s: accuracy %.4f [%.4f, %.4f], counting reaches %.4f (%s)\n",
            e->name, triage_verdict_names[c->verdict], j->accuracy.value, j->accuracy.low,
            j->accuracy.high, floor->accuracy.value, floor->name);
    fprintf(out, "  difference %+.4f [%+.4f, %+.4f], p %s %.4f\n", c->gain.value,
            c->gain.low, c->gain.high, c->p < 0.00015 ? "<=" : "=", c->p);
    if (!isnan(j->loss.value))
        fprintf(out, "  by log-loss it is %s: %.4f, counting reaches %.4f (%s)\n",
                triage_verdict_names[c->loss_verdict], j->loss.value,
                loss_floor->loss.value, loss_floor->name);
    if (j->has_possible)
        fprintf(out, "  reached %.4f of a possible %.4f", j->accuracy.value,
                j->possible_accuracy.value);
    if (j->has_possible && !isnan(j->loss.value))
        fprintf(out, "; log-loss %.4f, the least possible %.4f", j->loss.value,
                j->possible_loss.value);
    if (j->has_possible)
        fputc('\n', out);
    print_unknown(j, out);
}

static void print_counts(const struct evaluation_output *e, FILE *out)
{
    const struct evaluation *j = e->judgement;

    fprintf(out, "\njudged: %zu places of %zu histories (part %s, target %s)\n",
            j->decisions, j->histories, e->part,
            triage_task_names[triage_model_task(e->model)]);
    if (strcmp(e->part, "test") != 0)
        fprintf(out, "  the model may have learnt from them\n");
    if (j->settings.shortest > 1)
        fprintf(out, "  only after %u events or more\n", (unsigned)j->settings.shortest);
    if (j->unasked > 0)
        fprintf(out, "  ends of histories that are left out: %" PRIu64 "\n", j->unasked);
    if (j->others > 0)
        fprintf(out,
                "  places whose right action is none of the model's: %" PRIu64
                "; they count as wrong, and\n  not in the log-loss\n",
                j->others);
    if (j->unsupported > 0)
        fprintf(out,
                "  actions that are right nowhere, and not in macro F1: %zu of %zu\n",
                j->unsupported, j->C);
    fprintf(out,
            "  in brackets 95 %% intervals, histories drawn again %u times with seed "
            "%" PRIu64 "\n",
            (unsigned)j->settings.resamples, j->settings.seed);
}

static void print_figures(const struct evaluation *j, FILE *out)
{
    fprintf(out, "\naccuracy             %s\n", show(&j->accuracy).text);
    fprintf(out, "log-loss             %s\n", show(&j->loss).text);
    fprintf(out, "macro F1             %s\n", show(&j->macro_f1).text);
    fprintf(out, "calibration error    %s\n", show(&j->calibration_error).text);
}

static void print_floors(const struct evaluation *j, FILE *out)
{
    if (j->is_cross_fitted)
        fprintf(out, "\nwhat counting reaches, each fifth of the histories answered by "
                     "what the others taught\n");
    else
        fprintf(out, "\nwhat counting reaches, having learnt from %zu histories\n",
                j->learnt);
    fprintf(out, "  %-20s %-26s %s\n", "", " accuracy", " log-loss");
    for (size_t i = 0; i < EVALUATION_BASELINES; i++) {
        const struct baseline_metrics *floor = &j->floors[i];
        fprintf(out, "  %-20s ", floor->name);
        if (floor->is_there)
            fprintf(out, "%-26s %s", show(&floor->accuracy).text,
                    show(&floor->loss).text);
        fprintf(out, "%s%s\n", *floor->reason != '\0' ? "  " : "", floor->reason);
    }
}

static void print_order(const struct evaluation *j, FILE *out)
{
    const struct order_metrics *order = &j->order;
    const char *word = order->accuracy_drop.low > 0.0    ? "order is evidence"
                       : order->accuracy_drop.high < 0.0 ? "order misleads it"
                                                         : "order made no difference";

    fprintf(out, "\norder of events: %s (%" PRIu64 " places, one of each history)\n",
            word, order->places);
    fprintf(out, "  %-20s %-26s %s\n", "", " accuracy", " log-loss");
    fprintf(out, "  %-20s %-26s %s\n", "as it was", show(&order->accuracy).text,
            show(&order->loss).text);
    fprintf(out, "  %-20s %-26s %s\n", "shuffled", show(&order->shuffled_accuracy).text,
            show(&order->shuffled_loss).text);
    fprintf(out, "  %-20s %-26s %s\n", "lost by it", show(&order->accuracy_drop).text,
            show(&order->loss_rise).text);
}

static void print_classes(const struct evaluation_output *e, FILE *out)
{
    const struct evaluation *j = e->judgement;
    int width = name_width(e);
    char name[NAME_BYTES];

    fprintf(out, "\n  %-*s %7s %8s %9s %7s  %s\n", width, "action", "right", "answered",
            "precision", "recall", "F1");
    for (size_t c = 0; c < j->C; c++) {
        const struct class_metrics *class = &j->classes[c];
        fprintf(out, "  %-*s %7" PRIu64 " %8" PRIu64 "   %s %s %s\n", width,
                action_name(e, c, name), class->support, class->chosen,
                show_value(&class->precision).text, show_value(&class->recall).text,
                show(&class->f1).text);
    }
}

static void print_matrix(const struct evaluation_output *e, FILE *out)
{
    const struct evaluation *j = e->judgement;
    int width = name_width(e);
    char name[NAME_BYTES];

    fprintf(out, "\nconfusion: rows are right, columns were answered\n  %*s", width + 3,
            "");
    for (size_t c = 0; c < j->C; c++)
        fprintf(out, " %7zu", c + 1);
    fputc('\n', out);
    for (size_t right = 0; right < j->C + (j->others > 0); right++) {
        fprintf(out, "  %2zu %-*s", right + 1, width, action_name(e, right, name));
        for (size_t c = 0; c < j->C; c++)
            fprintf(out, " %7" PRIu64, j->confusion[right * j->C + c]);
        fputc('\n', out);
    }
}

/* The largest count off the diagonal that is smaller than the last one shown, or comes after. */
static size_t next_confusion(const struct evaluation *j, size_t last)
{
    size_t cells = (j->C + 1) * j->C, found = cells;

    for (size_t i = 0; i < cells; i++) {
        uint64_t count = j->confusion[i];
        bool is_shown = last < cells && (count > j->confusion[last] ||
                                         (count == j->confusion[last] && i <= last));
        if (count > 0 && i / j->C != i % j->C && !is_shown &&
            (found == cells || count > j->confusion[found]))
            found = i;
    }
    return found;
}

static void print_largest(const struct evaluation_output *e, FILE *out)
{
    const struct evaluation *j = e->judgement;
    size_t cells = (j->C + 1) * j->C, cell = cells;
    char right[NAME_BYTES], answer[NAME_BYTES];

    fprintf(out, "\nlargest confusions (--json has all of them)\n");
    for (int i = 0; i < CONFUSIONS_MOST; i++) {
        cell = next_confusion(j, cell);
        if (cell == cells)
            break;
        fprintf(out, "  %7" PRIu64 "  %s, answered %s\n", j->confusion[cell],
                action_name(e, cell / j->C, right), action_name(e, cell % j->C, answer));
    }
}

void evaluation_output_print(const struct evaluation_output *evaluation, FILE *out)
{
    const struct evaluation *j = evaluation->judgement;

    print_verdict(evaluation, out);
    print_counts(evaluation, out);
    print_figures(j, out);
    print_floors(j, out);
    print_order(j, out);
    print_classes(evaluation, out);
    if (j->confusion != NULL && j->C <= MATRIX_MOST)
        print_matrix(evaluation, out);
    else if (j->confusion != NULL)
        print_largest(evaluation, out);
}
