/* Costs are given by name; the model keeps them in the order of its actions. */
#include "decisions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/printable.h"
#include "base/size.h"
#include "base/suggest.h"

enum { MAX_FILE = 64 << 20, POINTER_BYTES = 160, NAME_BYTES = 100 };

/* A key that is none of the actions; the error says which one was probably meant. */
static enum status check_actions(const json_t *object, const char *where,
                                 const char *const *actions, size_t C, struct error *err)
{
    char pointer[POINTER_BYTES], phrase[NAME_BYTES + 40];
    const char *key;
    json_t *value;
    json_object_foreach(json_iterable(object), key, value)
    {
        struct suggestion suggestion;
        size_t c = 0;
        while (c < C && strcmp(actions[c], key) != 0)
            c++;
        if (c < C)
            continue;
        suggestion_init(&suggestion, key, strlen(key));
        for (size_t i = 0; i < C; i++)
            suggestion_offer(&suggestion, actions[i], strlen(actions[i]));
        return error_set(err, STATUS_BAD_INPUT,
                         pointer_join(pointer, sizeof pointer, where, key),
                         "the data has no such action%s",
                         suggestion_phrase(&suggestion, "", phrase, sizeof phrase));
    }
    return STATUS_OK;
}

static enum status read_cost(const json_t *value, const char *where, double *cost,
                             struct error *err)
{
    *cost = json_number_value(value);
    if (!value)
        return error_set(err, STATUS_BAD_INPUT, where, "the cost is missing");
    if (!json_is_number(value) || !(*cost >= 0.0) || *cost > COST_MOST) {
        char received[48];
        json_preview(value, received, sizeof received);
        return error_mismatch(err, STATUS_BAD_INPUT, where, "a number from 0 to 1e30",
                              received, "expected a number from 0 to 1e30");
    }
    return STATUS_OK;
}

static enum status read_matrix(struct costs *costs, const json_t *rows,
                               const char *const *actions, size_t C, struct error *err)
{
    char row_pointer[POINTER_BYTES], pointer[POINTER_BYTES];
    if (!json_is_object(rows))
        return error_set(err, STATUS_BAD_INPUT, "/costs",
                         "expected an object with a member for each action");
    RETURN_IF_ERROR(check_actions(rows, "/costs", actions, C, err));
    for (size_t i = 0; i < C; i++) {
        const json_t *row = json_object_get(rows, actions[i]);
        pointer_join(row_pointer, sizeof row_pointer, "/costs", actions[i]);
        if (!json_is_object(row))
            return error_set(err, STATUS_BAD_INPUT, row_pointer,
                             row ? "expected an object with the cost of each action"
                                 : "the costs are missing");
        RETURN_IF_ERROR(check_actions(row, row_pointer, actions, C, err));
        for (size_t j = 0; j < C; j++)
            RETURN_IF_ERROR(
                read_cost(json_object_get(row, actions[j]),
                          pointer_join(pointer, sizeof pointer, row_pointer, actions[j]),
                          &costs->costs[i * C + j], err));
    }
    return STATUS_OK;
}

static enum status read_tree(struct costs *costs, const json_t *tree,
                             const char *const *actions, size_t C, struct error *err)
{
    static const char *const known[] = {"costs", "decline", NULL};
    const json_t *decline = json_object_get(tree, "decline");
    size_t count;
    RETURN_IF_ERROR(json_check_keys(tree, known, "costs or decline", "", err));
    if (size_multiply(C, C, &count))
        costs->costs = calloc(count, sizeof *costs->costs);
    if (!costs->costs)
        return error_no_memory(err);
    RETURN_IF_ERROR(read_matrix(costs, json_object_get(tree, "costs"), actions, C, err));
    return decline ? read_cost(decline, "/decline", &costs->decline, err) : STATUS_OK;
}

enum status costs_read(struct costs *costs, const char *path, const char *const *actions,
                       size_t C, struct error *err)
{
    char *bytes;
    size_t length;
    *costs = (struct costs){.decline = (double)INFINITY};
    RETURN_IF_ERROR(file_read_regular(path, MAX_FILE, &bytes, &length, err));
    struct error inner = {.status = STATUS_OK};
    json_t *tree = json_read(bytes, length, &inner);
    free(bytes);
    if (!tree && inner.status == STATUS_NO_MEMORY)
        return error_no_memory(err);
    if (!tree)
        return error_set(err, inner.status, path, "line %u: %s", inner.line, inner.text);
    enum status status = json_is_object(tree) ? read_tree(costs, tree, actions, C, err)
                                              : error_set(err, STATUS_BAD_INPUT, path,
                                                          "expected an object");
    json_decref(tree);
    return status;
}

void costs_release(struct costs *costs)
{
    if (costs)
        free(costs->costs);
}

static void print_row(const struct coverage_row *row, bool has_costs, FILE *out)
{
    fprintf(out, "  %7.1f %%  %9.4f  %9.4f", 100.0 * row->coverage, row->threshold,
            row->accuracy);
    if (has_costs)
        fprintf(out, "  %9.4f", row->cost);
    fputc('\n', out);
}

static void print_choice(const struct coverage_table *table, FILE *out)
{
    const struct coverage_row *best = &table->rows[0];
    for (size_t i = 1; i < table->row_count; i++)
        if (table->rows[i].accuracy > best->accuracy)
            best = &table->rows[i];
    if (table->is_reached)
        fprintf(
            out,
            "the model declines below a probability of %.4f: it answers %.1f %% with an "
            "accuracy of %.4f\n",
            table->chosen.threshold, 100.0 * table->chosen.coverage,
            table->chosen.accuracy);
    else
        fprintf(out,
                "warning: no threshold reaches the accuracy %g on the validation data, "
                "so the "
                "model declines what is less than certain; answering %.1f %% has %.4f\n",
                table->target, 100.0 * best->coverage, best->accuracy);
}

void decisions_print(const struct coverage_table *table, const char *const *actions,
                     FILE *out)
{
    char name[NAME_BYTES];
    if (table->row_count == 0)
        return;
    fprintf(out,
            "decisions on the validation data, after every event (%llu positions, every "
            "history counts the same)\n",
            (unsigned long long)table->positions);
    fprintf(out, "  %9s  %9s  %9s%s\n", "answered",
            table->has_costs ? "cost up to" : "from p =", "accuracy",
            table->has_costs ? "  mean cost" : "");
    for (size_t i = 0; i < table->row_count; i++)
        print_row(&table->rows[i], table->has_costs, out);
    if (table->has_costs)
        fprintf(out,
                "mean cost of the most probable action %.4f, of always \"%s\" %.4f\n",
                table->probable_cost,
                printable_copy(name, sizeof name, actions[table->constant_action]),
                table->constant_cost);
    if (table->target > 0.0)
        print_choice(table, out);
}
