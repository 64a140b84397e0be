/* A trainer's inside, shared by the rooms that make, fit and save a model. */
#ifndef TRIAGE_MAKING_H
#define TRIAGE_MAKING_H

#include "model/trained_model.h"
#include "trainer.h"

struct trainer {
    struct trained_model *model; /* owned; its params are the weights being learnt */
    struct training training;
};

#endif
