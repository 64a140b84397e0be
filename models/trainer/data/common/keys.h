/* The keys that labelled data uses for the parts of a history, and the options that name them. */
#ifndef TRIAGE_KEYS_H
#define TRIAGE_KEYS_H

#include <jansson.h>
#include <stdbool.h>

#include "base/name_parts.h"
#include "base/option_table.h"
#include "engine.h"

/* Filled from data_options. */
struct data_keys {
    const char *id; /* "": "id", in CSV "case" */
    const char *label, *events, *event, *time;
    const char *split;       /* "": no split */
    const char *time_format; /* NULL or "": the format is found in the data */
    bool skip_bad, is_strict;
    bool folds_ids;     /* CSV: cases whose ids are alike are one (case_ids.h) */
    bool joins_no_name; /* "+" in the key of the event's name joins nothing */
    /* The keys are those of a model.  If the data does not have them, ours are accepted. */
    bool may_fall_back;
    bool is_time_given; /* --time is on the command line */
    /*
     * Evaluation, prediction, and a training that goes on from a model: the key of the times that
     * the model was trained on, unless --time is given; NULL.  It is a warning if another column
     * holds the times.
     */
    const char *model_time;
    /* Training: the same, for a recipe whose schema names the key; NULL. */
    const char *recipe_time;
};

/* The options of every command that reads labelled data; their values are struct data_keys. */
extern const struct option_def data_options[];
enum { DATA_OPTIONS = 10 };

/*
 * Use the keys of a schema for those that are not on the command line.  sources [DATA_OPTIONS] says
 * where each option comes from.
 */
void data_keys_of_schema(struct data_keys *keys, const unsigned char *sources,
                         const struct schema *schema);

/*
 * The same for data that a model is used on or trained further on.  Our own names are accepted, too
 * (may_fall_back).
 */
void data_keys_of_model(struct data_keys *keys, const unsigned char *sources,
                        const struct model *model);

/*
 * The keys whose values are joined to the name of an event, as far as there is no key that is called as
 * the event's is.  count 0: none.
 */
void data_keys_parts(const struct data_keys *keys, struct name_keys *parts);

/* The same as a JSON array; NULL without memory. */
json_t *data_keys_parts_json(const struct data_keys *keys);

/*
 * After names have been joined: STATUS_BAD_INPUT, without a place, if a part is given twice or is the key
 * of the times or of the label.
 */
enum status data_keys_check_parts(const struct data_keys *keys, struct error *err);

#endif
