/*
 * n-gram counts: how often each action was the label after the same last k events, the context,
 * for k = 0 .. 5.
 *
 * Of the n training positions with a context, count(a) have the label a.  With C actions, the
 * estimate p_k backs off to shorter contexts:
 *
 *     p_0(a) = (count(a) + 1 / C) / (n + 1)
 *     p_k(a) = (count(a) + p_{k-1}(a)) / (n + 1)      p_{k-1}(a) when n = 0
 *
 * So no probability is 0, the most frequent action of a context is its most probable one, and a
 * tie is decided by the shorter context.  After fewer than k events p_k is p_{k-1}.
 */
#ifndef TRIAGE_NGRAMS_H
#define TRIAGE_NGRAMS_H

#include "eval/predictions.h"

enum { NGRAM_LONGEST = 5, NGRAM_COUNT = NGRAM_LONGEST + 1 };

struct ngrams;

/* No counts yet, for C actions.  NULL if memory runs out. */
struct ngrams *ngrams_new(size_t C, struct error *err);
void ngrams_free(struct ngrams *ngrams);

/* Count that the label after event t is action, 0 .. C - 1.  STATUS_NO_MEMORY. */
enum status ngrams_add(struct ngrams *ngrams, struct event_ids ids,
                       const struct history *history, uint32_t t, uint32_t action,
                       struct error *err);

/* Set p [NGRAM_COUNT][C] to p_0 .. p_5 after event t. */
void ngrams_predict(const struct ngrams *ngrams, struct event_ids ids,
                    const struct history *history, uint32_t t, double *p);

#endif
