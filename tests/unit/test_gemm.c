/* Products over all events: below and above the size from which OpenBLAS computes them. */
#include "train/gemm.h"

#include <stdlib.h>

#include "base/random.h"
#include "support/compare.h"
#include "unit/suites.h"

enum { DEEP = 37, COLUMNS = 256 };

static float *drawn(size_t count, uint64_t stream)
{
    struct random random;
    float *x = malloc(count * sizeof *x);
    ck_assert_ptr_nonnull(x);
    random_init(&random, 9, stream);
    for (size_t i = 0; i < count; i++)
        x[i] = (float)random_normal(&random);
    return x;
}

static const struct {
    const char *about;
    size_t m, n, k;
} shapes[] = {
    {"nothing to add", 3, 5, 0},
    {"one by one", 1, 1, DEEP},
    {"the largest that is ours", GEMM_LARGE / COLUMNS - 1, COLUMNS, DEEP},
    {"the smallest that is OpenBLAS's", GEMM_LARGE / COLUMNS, COLUMNS, DEEP},
    {"larger, one event", GEMM_LARGE / COLUMNS + 3, COLUMNS, 1},
    {"larger, no event", GEMM_LARGE / COLUMNS, COLUMNS, 0},
};

/* Rows are further apart than they are wide; what lies between them is not overwritten. */
START_TEST(test_product_is_added_to_the_output)
{
    size_t m = shapes[_i].m, n = shapes[_i].n, k = shapes[_i].k;
    size_t lda = m + 3, ldb = n + 1, ldc = n + 2;
    float *a = drawn((k + 1) * lda, 1), *b = drawn((k + 1) * ldb, 2);
    float *c = drawn(m * ldc, 3), *before = drawn(m * ldc, 3);
    gemm_tn(training_kernels_pick(), m, n, k, a, lda, b, ldb, c, ldc);
    for (size_t i = 0; i < m * ldc; i++) {
        double expected = (double)before[i];
        for (size_t t = 0; i % ldc < n && t < k; t++)
            expected += (double)a[t * lda + i / ldc] * (double)b[t * ldb + i % ldc];
        assert_close(shapes[_i].about, i, (double)c[i], expected, 1e-4);
    }
    free(a);
    free(b);
    free(c);
    free(before);
}
END_TEST

Suite *gemm_suite(void)
{
    Suite *suite = suite_create("gemm");
    TCase *tc = tcase_create("gemm");
    tcase_add_loop_test(tc, test_product_is_added_to_the_output, 0,
                        sizeof shapes / sizeof *shapes);
    suite_add_tcase(suite, tc);
    return suite;
}
