/*
 * n-gram counts: how often each action was the label after the last k events, k = 0 .. 5.
 *
 * With n positions whose last k events are a context, count(a) of them with the label a, and C
 * actions, the estimate backs off to shorter contexts:
 *
 *     p_0(a) = (count(a) + 1 / C) / (n + 1)
 *     p_k(a) = (count(a) + p_{k-1}(a)) / (n + 1)      p_{k-1}(a) when n = 0
 *
 * So no probability is 0, the most frequent action of a context is its most probable one, and a
 * tie is decided by the shorter context.  A history of fewer than k events has no context of k.
 */
#ifndef TRIAGE_NGRAMS_H
#define TRIAGE_NGRAMS_H

#include "eval/predictions.h"

enum { NGRAM_LONGEST = 5, NGRAM_COUNT = NGRAM_LONGEST + 1 };

struct ngrams;

/* C actions.  NULL when memory runs out. */
struct ngrams *ngrams_new(size_t C, struct error *err);
void ngrams_free(struct ngrams *ngrams);

/* Count that the label after event t is action, 0 .. C - 1.  STATUS_NO_MEMORY. */
enum status ngrams_add(struct ngrams *ngrams, struct event_ids ids,
                       const struct history *history, uint32_t t, uint32_t action,
                       struct error *err);

/* p_0 .. p_5 after event t: p [NGRAM_COUNT][C] */
void ngrams_predict(const struct ngrams *ngrams, struct event_ids ids,
                    const struct history *history, uint32_t t, double *p);

#endif
