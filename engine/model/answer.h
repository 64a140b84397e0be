/* The answer to a history as a JSON object; engine.h describes it. */
#ifndef TRIAGE_ANSWER_H
#define TRIAGE_ANSWER_H

#include "base/strbuf.h"
#include "engine.h"
#include "model/trained_model.h"

/*
 * triage_answer_write for a trained model.  kernel is the name of the kernels that ran if their
 * bits differ from the definition; the answer then contains it.  Otherwise it is NULL.
 */
void answer_write(struct strbuf *out, const struct trained_model *model,
                  const char *kernel, const char *name, const struct history *history,
                  const float *probabilities);

#endif
