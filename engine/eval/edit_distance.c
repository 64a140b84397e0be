/*
 * d[i][j] is the distance of the first i symbols of a and the first j of b.  An exchange joins
 * a[k], which is b[j], and a[i], which is b[l], with k < i and l < j the last such places: everything
 * between them is deleted or inserted.
 */
#include "eval/edit_distance.h"

#include <string.h>

#include "base/size.h"

bool edit_distance_work(size_t symbols, size_t a_length, size_t b_length, size_t *work)
{
    size_t cells;
    return size_multiply(a_length + 1, b_length + 1, &cells) &&
           size_add(cells, symbols, work);
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

uint32_t edit_distance(size_t symbols, struct sequence a, struct sequence b,
                       uint32_t *work)
{
    uint32_t *last = work; /* [symbols] the last place in a so far, from 1; 0: none */
    uint32_t *d = work + symbols;
    const size_t width = (size_t)b.length + 1;

    memset(last, 0, symbols * sizeof *last);
    for (uint32_t j = 0; j <= b.length; j++)
        d[j] = j;
    for (uint32_t i = 1; i <= a.length; i++) {
        uint32_t l = 0; /* the last place in b so far with the symbol a[i] */
        d[i * width] = i;
        for (uint32_t j = 1; j <= b.length; j++) {
            const uint32_t k = last[b.symbols[j - 1]];
            const bool is_same = a.symbols[i - 1] == b.symbols[j - 1];
            uint32_t best = d[(i - 1) * width + j - 1] + !is_same;
            best = least(best, d[(i - 1) * width + j] + 1);
            best = least(best, d[i * width + j - 1] + 1);
            if (k > 0 && l > 0)
                best = least(best,
                             d[(k - 1) * width + l - 1] + (i - k - 1) + 1 + (j - l - 1));
            d[i * width + j] = best;
            l = is_same ? j : l;
        }
        last[a.symbols[i - 1]] = i;
    }
    return d[a.length * width + b.length];
}

double edit_similarity(size_t symbols, struct sequence a, struct sequence b,
                       uint32_t *work)
{
    const uint32_t longer = a.length > b.length ? a.length : b.length;
    return longer == 0
               ? 1.0
               : 1.0 - (double)edit_distance(symbols, a, b, work) / (double)longer;
}
