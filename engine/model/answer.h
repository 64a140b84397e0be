/* Writing the answer to a history; engine.h describes the JSON object. */
#ifndef TRIAGE_ANSWER_H
#define TRIAGE_ANSWER_H

#include "base/strbuf.h"
#include "engine.h"
#include "model/trained_model.h"

/*
 * triage_answer_write for a trained model.  kernel is NULL if the kernels that ran give the bits of
 * the definition; otherwise it is their name, which becomes part of the answer.
 */
void answer_write(struct strbuf *out, const struct trained_model *model,
                  const char *kernel, const char *name, const struct history *history,
                  const float *probabilities);

/* triage_forecast_write for a trained model; answer->model is not used. */
bool answer_write_forecast(struct strbuf *out, const struct trained_model *model,
                           const char *kernel, struct forecast_answer *answer,
                           size_t bytes);

/* triage_included_write; counts has the number of entries of each include. */
bool answer_add_included(struct strbuf *out, const struct included *included,
                         const uint32_t counts[INCLUDES], uint32_t *next, size_t bytes);

/* The action of that answer: an index, or -1 if it is declined. */
int64_t answer_action(const struct trained_model *model, const struct history *history,
                      const float *probabilities);

#endif
