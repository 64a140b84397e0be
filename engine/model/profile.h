/*
 * The profile of the training data: how its numbers, values, hours and lengths of histories are
 * distributed.
 *
 * A model answers data in another unit, or histories of which only the last event was exported, like
 * any other.  So its schema (schema.h) keeps a few numbers of the training, all optional, to compare
 * with the data that it is used on:
 *
 *   deciles         of a number: the smallest, nine that divide its values into tenths, the largest
 *   histories       of a number: how many histories have one, so how sure its ends are
 *   most_frequent   of a category: the share of its most frequent value among the events that have
 *                   one
 *   missing_share   of a category: the share of events that have none
 *   length_deciles  of the numbers of events of the histories
 *   hours           the share of histories that begin in each hour of the day, UTC
 *
 * They never change a probability.  Numbers are as the model reads them: within 16 scales of the mean.
 */
#ifndef TRIAGE_PROFILE_H
#define TRIAGE_PROFILE_H

#include <jansson.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/strbuf.h"

enum { PROFILE_POINTS = 11, PROFILE_HOURS = 24 };

struct schema;

/*
 * Read object[key], an array of count numbers that do not fall (deciles; lengths are at least 1) or of shares from 0 to 1,
 * into the arena; *values is NULL if there is no such key.  where is that of the object.
 */
enum profile_kind { PROFILE_DECILES, PROFILE_LENGTHS, PROFILE_SHARES };
enum status profile_read(const json_t *object, const char *key, enum profile_kind kind,
                         const float **values, struct arena *arena, const char *where,
                         struct error *err);

/* Read a share; *share stays as it is if there is no such key. */
enum status profile_read_share(const json_t *object, const char *key, float *share,
                               const char *where, struct error *err);

/* Read a count; *count stays as it is if there is no such key. */
enum status profile_read_count(const json_t *object, const char *key, uint32_t *count,
                               const char *where, struct error *err);

/* Append `, "key": [...]`; nothing if values is NULL. */
void profile_write(struct strbuf *out, const char *key, enum profile_kind kind,
                   const float *values);

/* The deciles of values [count], which are sorted here; count is at least 1. */
void profile_deciles(float *values, uint32_t count, float deciles[PROFILE_POINTS]);

/* The hour in which a history begins, from its time features; -1 if they do not say it. */
int profile_hour(const struct schema *schema, const float *values);

#endif
