/* See contexts.h. */
#include "eval/contexts.h"

#include <stdlib.h>

#include "base/map.h"

/* A context, with a list of the actions that were right in it. */
struct node {
    uint32_t total;
    uint32_t first; /* of its counts, MAP_NONE at the end */
};

struct count {
    uint32_t count, action, next;
};

struct contexts {
    size_t C;
    struct u64map children; /* (parent, event) -> node - 1 */
    struct u64map pairs;    /* (node, action) -> count */
    struct node *nodes;     /* [node_room], the root first */
    struct count *counts;   /* [count_room] */
    size_t node_room, count_room;
};

/* Room for one more than count items. */
static bool make_room(void **items, size_t *room, size_t count, size_t size)
{
    size_t more = *room == 0 ? 64 : 2 * *room;
    void *grown;

    if (count < *room)
        return true;
    grown = realloc(*items, more * size);
    if (grown == NULL)
        return false;
    *items = grown;
    *room = more;
    return true;
}

static bool make_node(struct contexts *x, uint32_t node)
{
    void *nodes = x->nodes;
    bool is_made = make_room(&nodes, &x->node_room, node, sizeof *x->nodes);

    x->nodes = nodes;
    if (is_made)
        x->nodes[node] = (struct node){0, MAP_NONE};
    return is_made;
}

struct contexts *contexts_new(size_t C, struct error *err)
{
    struct contexts *contexts = calloc(1, sizeof *contexts);

    if (contexts == NULL || !make_node(contexts, 0)) {
        error_no_memory(err);
        free(contexts);
        return NULL;
    }
    contexts->C = C;
    return contexts;
}

void contexts_free(struct contexts *contexts)
{
    if (contexts == NULL)
        return;
    u64map_release(&contexts->children);
    u64map_release(&contexts->pairs);
    free(contexts->nodes);
    free(contexts->counts);
    free(contexts);
}

static uint64_t key_of(uint32_t node, uint32_t item)
{
    return (uint64_t)node << 32 | item;
}

static bool count_action(struct contexts *x, uint32_t node, uint32_t action)
{
    uint32_t known = x->pairs.count;
    void *counts = x->counts;
    bool has_room = make_room(&counts, &x->count_room, known, sizeof *x->counts);
    uint32_t place;

    x->counts = counts;
    place = has_room ? u64map_add(&x->pairs, key_of(node, action)) : MAP_NONE;
    if (place == MAP_NONE)
        return false;
    if (place == known) {
        x->counts[place] = (struct count){0, action, x->nodes[node].first};
        x->nodes[node].first = place;
    }
    x->counts[place].count++;
    x->nodes[node].total++;
    return true;
}

enum status contexts_learn(struct contexts *contexts, struct events events,
                           const struct history *history, uint32_t t, uint32_t action,
                           struct error *err)
{
    uint32_t node = 0;
    bool is_whole = count_action(contexts, node, action);

    for (uint32_t k = 1; k <= CONTEXT_LONGEST && k <= t + 1 && is_whole; k++) {
        uint32_t known = contexts->children.count;
        uint32_t event = event_at(events, history, t + 1 - k);
        uint32_t child = u64map_add(&contexts->children, key_of(node, event));
        node = child + 1;
        is_whole = child != MAP_NONE && (child < known || make_node(contexts, node)) &&
                   count_action(contexts, node, action);
    }
    return is_whole ? STATUS_OK : error_no_memory(err);
}

/* p = (counts of the node + below) / (n + 1); below may be p. */
static void smooth(const struct contexts *x, uint32_t node, const double *below,
                   double *p)
{
    double scale = 1.0 / (x->nodes[node].total + 1.0);

    for (size_t c = 0; c < x->C; c++)
        p[c] = below[c] * scale;
    for (uint32_t i = x->nodes[node].first; i != MAP_NONE; i = x->counts[i].next)
        p[x->counts[i].action] += x->counts[i].count * scale;
}

void contexts_answer(const struct contexts *contexts, struct events events,
                     const struct history *history, uint32_t t, double *p)
{
    size_t C = contexts->C;
    uint32_t node = 0;
    bool is_known = true;

    for (size_t c = 0; c < C; c++)
        p[c] = 1.0 / (double)C;
    smooth(contexts, node, p, p);
    for (uint32_t k = 1; k <= CONTEXT_LONGEST; k++, p += C) {
        is_known = is_known && k <= t + 1;
        if (is_known) {
            uint32_t event = event_at(events, history, t + 1 - k);
            uint32_t child = u64map_find(&contexts->children, key_of(node, event));
            is_known = child != MAP_NONE;
            node = is_known ? child + 1 : node;
        }
        if (is_known)
            smooth(contexts, node, p, p + C);
        else
            for (size_t c = 0; c < C; c++)
                p[C + c] = p[c];
    }
}
