/*
 * Warnings about data that can be read but would give a wrong model or a wrong answer.  Each is one
 * line with a number and the first place.
 */
#ifndef TRIAGE_WARNINGS_H
#define TRIAGE_WARNINGS_H

#include "base/map.h"
#include "base/workers.h"
#include "data/common/keys.h"
#include "data/common/messages.h"
#include "data/histories/columns.h"
#include "data/histories/histories.h"
#include "data/tape/tape.h"
#include "trainer.h"

struct sample;
struct schema;

/* What the data is read for.  A warning is for one or several of them. */
enum data_use {
    FOR_TRAINING = 1,
    FOR_EVALUATION = 2,
    FOR_PREDICTION = 4,
};

/* The data after its roles and parts are known. */
struct warning_data {
    const struct tape *tape;
    const struct columns *columns;
    const struct histories *histories; /* NULL for prediction: all histories are used */
    const struct schema *schema;       /* NULL for prediction */
    const struct data_keys *keys;
    enum task task;
    struct workers *workers;
};

/* All warnings for that use, in a fixed order; they are computed side by side. */
enum status warn_about_data(struct messages *messages, const struct warning_data *data,
                            enum data_use use, struct error *err);

/*
 * Evaluation: labels that are not among the actions [count] of the model, each with the action that
 * is probably meant.
 */
enum status warn_about_unknown_labels(struct messages *messages, const struct tape *tape,
                                      const struct histories *histories,
                                      const char *const *actions, size_t count,
                                      struct error *err);

/* Is the name a list of at least two others, such as "a; b"?  *first is the first of these. */
bool names_list_others(const struct strmap *names, uint32_t name, uint32_t *first);

/* ---- the warnings, one file a subject ---- */

/*
 * About the columns that the schema uses: two whose names are alike and of which no event has both;
 * one that is missing in a whole file; dates whose order of day and month only another file shows.
 */
enum status warn_about_columns(struct messages *messages, const struct warning_data *data,
                               struct error *err);

/*
 * A case that is in two parts, in two files, or twice in one file; ids that differ in spelling only,
 * which --fold-ids makes one case; ids whose last digits a spreadsheet has cut.
 */
enum status warn_about_case_ids(struct messages *messages,
                                const struct warning_data *data, struct error *err);

/*
 * More than a few events repeat an earlier one of their history, with the same time, name and
 * fields: probably rows that were exported twice.  Nothing is removed, because two events may really
 * be equal.  Events without a time are not counted.
 */
enum status warn_about_repeated_events(struct messages *messages,
                                       const struct warning_data *data,
                                       struct error *err);

/*
 * Without times: the first column whose numbers give the events of some history another order than
 * the file.  The numbers count the events of each history ("3", or "step 3"), or are whole numbers
 * that all differ, as ids do.
 */
enum status warn_about_sequences(struct messages *messages,
                                 const struct warning_data *data, struct error *err);

/*
 * Labels that mean "no label" ("tbd"), labels that join several others ("a; b"), rare labels that
 * are probably a misspelt frequent one ("Rol back"), and labels that end with a remark ("a (KB)").
 */
enum status warn_about_label_words(struct messages *messages,
                                   const struct warning_data *data, struct error *err);

/*
 * Incidents under two ids: several histories equal another one, with the same events, times, fields
 * of the schema and label; or they begin or end with all events of another one, as after a merge.
 * Histories whose events all have the same time, or none, are not compared: they may well be equal.
 */
enum status warn_about_copies(struct messages *messages, const struct warning_data *data,
                              struct error *err);

/*
 * Number fields of which one of these is true, for the histories of training and validation in the
 * order of time, or without times in the order of the file:
 *
 *     from some place on, the numbers are 60, 100, 1000, ... times larger or smaller than before
 *     numbers without a decimal point are 10, 100 or 1000 times larger than those with one
 *     they always grow, as ids and counters do
 *
 * Only numbers of events with the same name are compared.  Of large data, a sample of about 16,000
 * events is examined.
 */
enum status warn_about_number_scales(struct messages *messages,
                                     const struct warning_data *data, struct error *err);

/*
 * Many events have the time of the one before them, so that the times do not tell their order: of
 * times in whole minutes or hours a twentieth, of others half.  Dates and whole hours of the clock
 * have been said of the column.
 */
enum status warn_about_tied_times(struct messages *messages,
                                  const struct warning_data *data, struct error *err);

/* ---- warnings that compare many values, in a sample of the events (sample.h) ---- */

/*
 * Labels, names of events and values of categories that are probably one, or several, in another
 * spelling than case and marks, which warnings.c compares:
 *
 *     numbers in two spellings, "101" and "101.0" or "0101"
 *     one prefix or ending in many values that are there without it, too: "[AUTO] alarm"
 *     U+FFFD, which stands for a character that was lost
 *
 * And for the names of the events: cells that list several of them, and one name for all.
 * Columns whose values are explained by a warning are marked so.
 */
enum status warn_about_value_spellings(struct messages *messages,
                                       const struct warning_data *data,
                                       struct sample *sample, struct error *err);

/*
 * Labels, names of events and values of categories that change from some place on:
 *
 *   - A name ends where another one begins, and was as frequent as that one is.
 *   - From some place on, or up to it, nearly all are one name that has another share elsewhere.
 *     Not for names of events.
 *
 * Only if all histories have times: otherwise the file may be sorted by such a name.
 */
enum status warn_about_changed_names(struct messages *messages,
                                     const struct warning_data *data,
                                     struct sample *sample, struct error *err);

/*
 * Numbers that are plausible one by one:
 *
 *   - From some place on, nearly all have the other sign, and the same magnitudes.
 *   - Many are equal to the largest one, and the others hardly ever equal each other.  Not where a
 *     few numbers are 1 or 100, which is the end of a scale.
 *   - Many are 0: only from some place on, or up to it; or only these are written without the
 *     decimal places of all others; or all others are far from 0.
 *
 * What changes at a place is searched only if all histories have times.
 */
enum status warn_about_odd_numbers(struct messages *messages,
                                   const struct warning_data *data, struct sample *sample,
                                   struct error *err);

/*
 * Two categories of which some events have values that belong to the other one, in both; and, if all
 * histories have times, two numbers that look like the other one from some place on.
 */
enum status warn_about_swapped_columns(struct messages *messages,
                                       const struct warning_data *data,
                                       struct sample *sample, struct error *err);

#endif
