/*
 * n-gram counts in a tree of contexts.
 *
 * The root is the empty context.  Its children are the contexts of one event, the last one; their
 * children add the event before, and so on.  A hash map finds the child of a node, so each
 * additional event of context costs one look-up.  Each node has a linked list of its counts, one
 * per action.
 */
#include "eval/ngrams.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/map.h"

/* A context. */
struct node {
    uint32_t total; /* n */
    uint32_t first; /* index of its first count, or MAP_NONE */
};

/* How often an action was the label in a context. */
struct count {
    uint32_t count, action;
    uint32_t next; /* index of the next count of the same node, or MAP_NONE */
};

struct ngrams {
    size_t C;
    struct u64map children; /* (parent, event) -> index of the node - 1 */
    struct u64map pairs;    /* (node, action) -> index of the count */
    struct node *nodes;     /* [node_capacity], the root first */
    struct count *counts;   /* [count_capacity] */
    size_t node_capacity, count_capacity;
};

static enum status add_node(struct ngrams *ngrams, uint32_t node, struct error *err)
{
    if (!array_reserve(&ngrams->nodes, node, &ngrams->node_capacity,
                       sizeof *ngrams->nodes))
        return error_no_memory(err);
    ngrams->nodes[node] = (struct node){.first = MAP_NONE};
    return STATUS_OK;
}

struct ngrams *ngrams_new(size_t C, struct error *err)
{
    struct ngrams *ngrams = calloc(1, sizeof *ngrams);

    if (!ngrams || add_node(ngrams, 0, err) != STATUS_OK) {
        error_no_memory(err);
        free(ngrams);
        return NULL;
    }
    ngrams->C = C;
    return ngrams;
}

void ngrams_free(struct ngrams *ngrams)
{
    if (!ngrams)
        return;
    u64map_release(&ngrams->children);
    u64map_release(&ngrams->pairs);
    free(ngrams->nodes);
    free(ngrams->counts);
    free(ngrams);
}

static uint64_t make_key(uint32_t node, uint32_t item)
{
    return (uint64_t)node << 32 | item;
}

static enum status count_action(struct ngrams *ngrams, uint32_t node, uint32_t action,
                                struct error *err)
{
    uint32_t known = ngrams->pairs.count;
    if (!array_reserve(&ngrams->counts, known, &ngrams->count_capacity,
                       sizeof *ngrams->counts))
        return error_no_memory(err);
    uint32_t i = u64map_add(&ngrams->pairs, make_key(node, action));
    if (i == MAP_NONE)
        return error_no_memory(err);
    if (i == known) {
        ngrams->counts[i] =
            (struct count){.action = action, .next = ngrams->nodes[node].first};
        ngrams->nodes[node].first = i;
    }
    ngrams->counts[i].count++;
    ngrams->nodes[node].total++;
    return STATUS_OK;
}

enum status ngrams_add(struct ngrams *ngrams, struct event_ids ids,
                       const struct history *history, uint32_t t, uint32_t action,
                       struct error *err)
{
    uint32_t node = 0;

    RETURN_IF_ERROR(count_action(ngrams, node, action, err));
    for (uint32_t k = 1; k <= NGRAM_LONGEST && k <= t + 1; k++) {
        uint32_t known = ngrams->children.count;
        uint32_t event = event_id(ids, history, t + 1 - k);
        uint32_t child = u64map_add(&ngrams->children, make_key(node, event));
        if (child == MAP_NONE)
            return error_no_memory(err);
        node = child + 1;
        if (child == known)
            RETURN_IF_ERROR(add_node(ngrams, node, err));
        RETURN_IF_ERROR(count_action(ngrams, node, action, err));
    }
    return STATUS_OK;
}

/* Set p [C] to (counts of the node + shorter) / (n + 1); shorter may be p. */
static void back_off(const struct ngrams *ngrams, uint32_t node, const double *shorter,
                     double *p)
{
    double scale = 1.0 / (ngrams->nodes[node].total + 1.0);

    for (size_t c = 0; c < ngrams->C; c++)
        p[c] = shorter[c] * scale;
    for (uint32_t i = ngrams->nodes[node].first; i != MAP_NONE;
         i = ngrams->counts[i].next)
        p[ngrams->counts[i].action] += ngrams->counts[i].count * scale;
}

void ngrams_predict(const struct ngrams *ngrams, struct event_ids ids,
                    const struct history *history, uint32_t t, double *p)
{
    size_t C = ngrams->C;
    uint32_t node = 0;
    bool is_known = true; /* is there a node for the context of k events? */

    for (size_t c = 0; c < C; c++)
        p[c] = 1.0 / (double)C;
    back_off(ngrams, node, p, p);
    for (uint32_t k = 1; k <= NGRAM_LONGEST; k++, p += C) {
        is_known = is_known && k <= t + 1;
        if (is_known) {
            uint32_t event = event_id(ids, history, t + 1 - k);
            uint32_t child = u64map_find(&ngrams->children, make_key(node, event));
            is_known = child != MAP_NONE;
            node = is_known ? child + 1 : node;
        }
        if (is_known)
            back_off(ngrams, node, p, p + C);
        else
            memcpy(p + C, p, C * sizeof *p);
    }
}
