/*
 * The Damerau-Levenshtein distance of two sequences: the least number of insertions, deletions,
 * substitutions and exchanges of neighbours that make one of the other.  What was exchanged may be
 * changed again (Lowrance and Wagner 1975), so it is a metric.
 *
 * similarity = 1 - distance / the length of the longer one; 1 for two empty ones.
 */
#ifndef TRIAGE_EDIT_DISTANCE_H
#define TRIAGE_EDIT_DISTANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sequence {
    const uint32_t *symbols; /* [length] each below the number of symbols */
    uint32_t length;
};

/* The uint32_t that are needed for sequences of at most these lengths; false: too many to count. */
bool edit_distance_work(size_t symbols, size_t a_length, size_t b_length, size_t *work);

/* work is overwritten. */
uint32_t edit_distance(size_t symbols, struct sequence a, struct sequence b,
                       uint32_t *work);

double edit_similarity(size_t symbols, struct sequence a, struct sequence b,
                       uint32_t *work);

#endif
