/* Looking up histories in a sketch, and how many are found by chance. */
#include "eval/sketch_matches.h"

#include <math.h>
#include <stdlib.h>

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

/*
 * How many of `compared` histories are found by chance, at most.  A new history is in the set about
 * as often as one of the set has an equal one there (Good 1953).  This share is measured on few
 * histories, of which equal ones come in pairs, so four standard deviations are added to it, and
 * four to the number.
 */
static double expect(const struct history_sketch *sketch, double compared)
{
    const double deviations = 4.0;
    double total = 0.0, twins = 0.0;
    for (size_t i = 0; i < sketch->count; i++) {
        total += sketch->counts[i];
        twins += sketch->counts[i] > 1 ? sketch->counts[i] : 0;
    }
    double most = twins + deviations * sqrt(2.0 * (twins + 1.0));
    double share = most < total ? most / total : 1.0;
    double by_chance =
        compared * share + deviations * sqrt(compared * share * (1.0 - share));
    return by_chance < compared ? by_chance : compared;
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
    matches.expected = expect(sketch, (double)matches.compared);
    return matches;
}
