/*
 * Do the weights look alive?  A gate without weights, a unit that says the same of every
 * history and values that are all alike are what a broken export or a training that died
 * leaves behind; loading cannot refuse them, because they are numbers.
 */
#include <stdio.h>
#include <string.h>

#include "architecture.h"
#include "check/check.h"

static bool begins(const char *name, const char *beginning)
{
    return strncmp(name, beginning, strlen(beginning)) == 0;
}

static bool is_constant(const float *w, size_t count)
{
    size_t i = 1;

    while (i < count && w[i] == w[0])
        i++;
    return i >= count;
}

/* The H rows of each gate.  With one unit, or one number, a constant says nothing. */
static bool gates_live(const struct checking *c, const struct tensor_view *tensor)
{
    const struct spec *spec = triage_model_spec(c->model);
    size_t size = (size_t)spec->hidden * tensor->columns;
    bool live = true;

    for (uint32_t gate = 0; gate < triage_spec_gates(spec); gate++) {
        const float *block = tensor->data + gate * size;
        bool is_zero = block[0] == 0.0f;
        if (!is_constant(block, size) || (!is_zero && spec->hidden == 1))
            continue;
        findings_check(c->findings, false, "weights", "%s: all numbers of gate %s are %g",
                       tensor->name, architecture_gate(spec, gate), (double)block[0]);
        live = false;
    }
    return live;
}

static bool head_lives(const struct checking *c, const struct tensor_view *head)
{
    bool live = true;

    for (size_t row = 0; row < head->rows; row++) {
        const float *w = head->data + row * head->columns;
        if (w[0] != 0.0f || !is_constant(w, head->columns))
            continue;
        findings_check(c->findings, false, "weights",
                       "%s: the row of action \"%.64s\" is all 0", head->name,
                       triage_model_action(c->model, row));
        live = false;
    }
    return live;
}

/* The rows of known values; unknown and missing are learnt rarely, if ever. */
static bool embedding_lives(const struct checking *c, const struct tensor_view *tensor)
{
    enum { FIRST = 2 };
    const float *first = tensor->data + (size_t)FIRST * tensor->columns;

    for (size_t row = FIRST + 1; row < tensor->rows; row++)
        if (memcmp(first, tensor->data + row * tensor->columns,
                   tensor->columns * sizeof *first) != 0)
            return true;
    if (tensor->rows <= FIRST + 1)
        return true;
    findings_check(c->findings, false, "weights",
                   "%s: the rows of all %u values are alike, so none tells them apart",
                   tensor->name, tensor->rows - FIRST);
    return false;
}

static void check_tensors(const struct checking *c)
{
    size_t count = triage_model_tensor_count(c->model);
    bool live = true;

    for (size_t i = 0; i < count; i++) {
        struct tensor_view tensor = triage_model_tensor(c->model, i);
        bool one = true;
        if (begins(tensor.name, "rnn.weight_"))
            one = gates_live(c, &tensor);
        else if (strcmp(tensor.name, "head.weight") == 0)
            one = head_lives(c, &tensor);
        else if (begins(tensor.name, "embedding."))
            one = embedding_lives(c, &tensor);
        live = live && one;
    }
    if (live)
        findings_check(
            c->findings, true, "weights",
            "no gate without weights, no action without a head, no field whose "
            "values are all alike, in %zu tensors",
            count);
}

/* Some history is more than a beginning of the longest one, as far as the model can see. */
static bool histories_differ(const struct checking *c)
{
    const struct history *longest = &c->histories[0];
    bool differ = false;

    for (size_t i = 1; i < c->count; i++)
        if (c->histories[i].length > longest->length)
            longest = &c->histories[i];
    for (size_t i = 0; i < c->count && !differ; i++)
        differ =
            !begin_alike(c->model, &c->histories[i], longest, c->histories[i].length);
    return differ;
}

static enum status check_units(const struct checking *c, struct error *err)
{
    const struct spec *spec = triage_model_spec(c->model);
    size_t width = triage_model_state_size(c->model);
    struct activity activity;
    enum status status =
        triage_activity_measure(&activity, c->model, c->histories, c->count, err);

    if (status != STATUS_OK)
        return status;
    if (c->count == 1)
        findings_note(c->findings, "units", "one history does not show which units vary");
    else if (!histories_differ(c))
        findings_note(c->findings, "units",
                      "no two of %zu histories differ but in length: nothing is known",
                      c->count);
    else
        findings_check(c->findings, activity.constant < width, "units",
                       "%zu of the final state's %zu say the same of all %zu histories",
                       activity.constant, width, c->count);
    for (uint32_t gate = 0; gate < triage_spec_gates(spec); gate++)
        findings_more(
            c->findings,
            "gate %s: %.3g %% of its values are within 1 %% of an end of its range",
            architecture_gate(spec, gate), 100.0 * activity.saturated[gate]);
    return STATUS_OK;
}

enum status check_weights(const struct checking *checking, struct error *err)
{
    check_tensors(checking);
    return check_units(checking, err);
}
