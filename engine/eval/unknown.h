/* What the judged histories hold that the model never met. */
#ifndef TRIAGE_UNKNOWN_H
#define TRIAGE_UNKNOWN_H

#include "evaluation.h"

/* Fill the judgement's events, fields and field_count.  STATUS_NO_MEMORY. */
enum status unknown_count(struct evaluation *judgement, const struct model *model,
                          const struct evaluation_data *evidence, struct error *err);

#endif
