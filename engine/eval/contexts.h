/*
 * Counting: how often each action was right after the last k events, k = 0 .. 5.
 *
 * Contexts are the nodes of a tree: below the root stand the last events, below each of them
 * the events before it, and so on; a node is known by its parent and its event, exactly, and
 * costs one look-up.  With n the times a context was met, and a the action,
 *
 *     p_0(a) = (count(a) + 1 / C) / (n + 1)
 *     p_k(a) = (count(a) + p_{k-1}(a)) / (n + 1)      p_{k-1}(a) for a context never met
 *
 * so nothing has probability 0, a count of one more always wins (p is below 1), and what is
 * even falls to the shorter context.  A history of fewer than k events has no context of k.
 */
#ifndef TRIAGE_CONTEXTS_H
#define TRIAGE_CONTEXTS_H

#include "eval/events.h"

enum { CONTEXT_LONGEST = 5, CONTEXTS = CONTEXT_LONGEST + 1 };

struct contexts;

struct contexts *contexts_new(size_t C, struct error *err);
void contexts_free(struct contexts *contexts);

/* After event t that action, below C, was right. */
enum status contexts_learn(struct contexts *contexts, struct events events,
                           const struct history *history, uint32_t t, uint32_t action,
                           struct error *err);

/* p_0 .. p_5 after event t: p [CONTEXTS][C] */
void contexts_answer(const struct contexts *contexts, struct events events,
                     const struct history *history, uint32_t t, double *p);

#endif
