/*
 * The frozen answers of numerics 1: tests/golden/numerics-1 holds model files, histories.jsonl,
 * and for each model what it answers to them.  Every build must give these bytes, with every
 * kernel, for ever; a change of the definition gets another number and another folder.
 */
#ifndef TRIAGE_FROZEN_ANSWERS_H
#define TRIAGE_FROZEN_ANSWERS_H

#include "base/strbuf.h"
#include "engine.h"

#define FROZEN_ANSWERS_FOLDER "tests/golden/numerics-1/"

/* A line for each history of histories.jsonl: [probabilities] [final state], or [] where the
 * answer is not finite.  Fails the test when the file cannot be read. */
void frozen_answers_write(const struct model *model, struct strbuf *text);

#endif
