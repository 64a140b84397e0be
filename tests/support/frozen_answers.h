/*
 * The frozen answers of numerics 1.  tests/golden/numerics-1 holds model files, histories.jsonl,
 * and for each model its answers to these histories.  Every build must give the same bytes, with
 * every kernel, forever.  A changed definition gets another number and another folder: numerics 2,
 * models of several networks, numerics 3, models with an attention head, and numerics 4, models of
 * self-attention, answer the same histories.
 */
#ifndef TRIAGE_FROZEN_ANSWERS_H
#define TRIAGE_FROZEN_ANSWERS_H

#include "base/strbuf.h"
#include "engine.h"

#define FROZEN_ANSWERS_FOLDER "tests/golden/numerics-1/"
#define FROZEN_MEMBERS_FOLDER "tests/golden/numerics-2/"
#define FROZEN_ATTENTION_FOLDER "tests/golden/numerics-3/"
#define FROZEN_SELF_ATTENTION_FOLDER "tests/golden/numerics-4/"

/*
 * Append a line for each history of histories.jsonl: "[probabilities] [final state]", with empty
 * arrays where the answer is not finite, and for the state of a model of several networks.  Fails the test if the file cannot be read.
 */
void frozen_answers_write(const struct model *model, struct strbuf *text);

#endif
