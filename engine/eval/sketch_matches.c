/* Looking up histories in a sketch, and how many are found by chance. */
#include "eval/sketch_matches.h"

#include <math.h>
#include <stdlib.h>

static const double deviations = 4.0; /* that may be chance */

static int compare_hashes(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

static bool is_in(const struct history_sketch *sketch, uint64_t hash)
{
    return bsearch(&hash, sketch->hashes, sketch->count, sizeof hash, compare_hashes) !=
           NULL;
}

static double count_histories(const struct history_sketch *sketch)
{
    double total = 0.0;

    for (size_t i = 0; i < sketch->count; i++)
        total += sketch->counts[i];
    return total;
}

/* The histories of a sketch that have an equal one in it. */
static double count_twins(const struct history_sketch *sketch)
{
    double twins = 0.0;

    for (size_t i = 0; i < sketch->count; i++)
        twins += sketch->counts[i] > 1 ? sketch->counts[i] : 0;
    return twins;
}

/*
 * The share of new histories that are in the set by chance, at most.  A new history is in it about
 * as often as one of the set has an equal one there (Good 1953).  That is measured on few histories,
 * of which equal ones come in pairs, so four standard deviations are added.
 */
static double share_by_chance(const struct history_sketch *sketch)
{
    double twins = count_twins(sketch), total = count_histories(sketch);
    double most = twins + deviations * sqrt(2.0 * (twins + 1.0));

    return most < total ? most / total : 1.0;
}

struct sketch_matches sketch_matches_count(const struct history_sketch *sketch,
                                           const struct schema *schema,
                                           const struct example *examples, size_t count)
{
    struct sketch_matches matches = {0};
    if (sketch->count == 0)
        return matches;
    uint64_t largest = sketch->hashes[sketch->count - 1];
    for (size_t i = 0; i < count; i++) {
        uint64_t hash = history_sketch_hash(schema, &examples[i].history);
        if (!sketch->is_complete && hash > largest)
            continue;
        matches.compared++;
        matches.found += is_in(sketch, hash);
    }
    double compared = (double)matches.compared, share = share_by_chance(sketch);
    matches.expected =
        compared * share + deviations * sqrt(compared * share * (1.0 - share));
    if (matches.expected > compared)
        matches.expected = compared;
    return matches;
}

bool sketch_matches_is_repeated(const struct history_sketch *sketch,
                                const struct history_sketch *other, double ratio,
                                size_t *repeated)
{
    double total = count_histories(sketch), twins = count_twins(sketch);
    double share = share_by_chance(other) * (ratio > 1.0 ? ratio : 1.0);

    *repeated = (size_t)twins;
    return share < 1.0 &&
           twins > total * share + deviations * sqrt(2.0 * total * share * (1.0 - share));
}
