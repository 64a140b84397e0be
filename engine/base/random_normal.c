/*
 * Normal numbers, in a file of their own: they need libm, which the service, a user of the
 * other random numbers, must not refer to.
 */
#include <math.h>

#include "base/random.h"

double random_normal(struct random *random)
{
    double x, y, square;
    do {
        x = 2 * random_unit(random) - 1;
        y = 2 * random_unit(random) - 1;
        square = x * x + y * y;
    } while (square >= 1 || square <= 0);
    return x * sqrt(-2 * log(square) / square);
}
