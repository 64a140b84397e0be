#include "base/elementary.h"

#include <float.h>

#include "support/case_count.h"
#include "support/compare.h"
#include "unit/suites.h"

/* One in so many floats is tried. */
static uint64_t stride(void)
{
    return case_count_is_reduced() ? 9973 : 997;
}

/* |result - exact| in units of the last place of the float nearest to exact. */
static double ulps(float result, double exact)
{
    float near = fabsf((float)exact);
    double unit = ldexp(1.0, (near < FLT_MIN ? -126 : ilogbf(near)) - 23);
    return fabs((double)result - exact) / unit;
}

static double sigmoid(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

static float log1p_f(float x)
{
    return (float)log1p_d((double)x);
}

/* The errors stated in elementary.h, which were measured over every float. */
static const struct {
    const char *about;
    float (*function)(float);
    double (*exact)(double);
    float min, max; /* of the arguments */
    double ulps;
} functions[] = {
    {"exp", exp_f, exp, -87.0f, 87.0f, 4.487},
    {"tanh", tanh_f, tanh, -FLT_MAX, FLT_MAX, 2.518},
    {"sigmoid", sigmoid_f, sigmoid, -87.0f, FLT_MAX, 5.384},
    {"log1p, rounded to float", log1p_f, log1p, 0.0f, FLT_MAX, 0.5001},
};

START_TEST(test_error_is_as_small_as_stated)
{
    double worst = 0.0;
    float worst_x = 0.0f;
    const uint64_t step = stride();
    for (uint64_t bits = 0; bits <= UINT32_MAX; bits += step) {
        float x = float_from_bits((uint32_t)bits);
        if (!(x >= functions[_i].min && x <= functions[_i].max))
            continue;
        double error = ulps(functions[_i].function(x), functions[_i].exact((double)x));
        if (!(error <= worst)) {
            worst = error;
            worst_x = x;
        }
    }
    ck_assert_msg(worst <= functions[_i].ulps, "%s: %.4f ulp at %a, more than %.4f",
                  functions[_i].about, worst, (double)worst_x, functions[_i].ulps);
}
END_TEST

START_TEST(test_log1p_is_exact_to_double)
{
    double worst = 0.0;
    for (double x = 1e-30; x < 1e18; x *= 1.00137) {
        double error = fabs(log1p_d(x) - log1p(x)) / log1p(x);
        worst = error > worst ? error : worst;
    }
    ck_assert_msg(worst <= 4e-16, "log1p: relative error %.3g", worst);
}
END_TEST

static const struct {
    const char *about;
    float (*function)(float);
    float x, y;
} special[] = {
    {"exp of 0 is 1", exp_f, 0.0f, 1.0f},
    {"exp of -0 is 1", exp_f, -0.0f, 1.0f},
    {"tanh of 0 is 0", tanh_f, 0.0f, 0.0f},
    {"tanh of -0 is -0", tanh_f, -0.0f, -0.0f},
    {"tanh of a subnormal is itself", tanh_f, 1e-42f, 1e-42f},
    {"tanh of 10 is 1", tanh_f, 10.0f, 1.0f},
    {"tanh of infinity", tanh_f, INFINITY, 1.0f},
    {"tanh of minus infinity", tanh_f, -INFINITY, -1.0f},
    {"tanh of the largest float", tanh_f, FLT_MAX, 1.0f},
    {"sigmoid of 0 is a half", sigmoid_f, 0.0f, 0.5f},
    {"sigmoid of -0 is a half", sigmoid_f, -0.0f, 0.5f},
    {"sigmoid of 30 is 1", sigmoid_f, 30.0f, 1.0f},
    {"sigmoid of infinity", sigmoid_f, INFINITY, 1.0f},
    {"log1p of 0 is exactly 0", log1p_f, 0.0f, 0.0f},
    {"log1p of the smallest float is itself", log1p_f, 1e-45f, 1e-45f},
};

START_TEST(test_special_values)
{
    float result = special[_i].function(special[_i].x);
    assert_same_bits(special[_i].about, &result, &special[_i].y, 1);
}
END_TEST

START_TEST(test_exp_is_clamped)
{
    const float high = exp_f(87.0f), low = exp_f(-87.0f);
    const float beyond[] = {exp_f(87.5f), exp_f(INFINITY), exp_f(FLT_MAX)};
    const float below[] = {exp_f(-87.5f), exp_f(-INFINITY), exp_f(-FLT_MAX)};
    ck_assert(isfinite(high) && low >= FLT_MIN);
    for (size_t i = 0; i < 3; i++) {
        assert_same_bits("exp beyond 87", &beyond[i], &high, 1);
        assert_same_bits("exp below -87", &below[i], &low, 1);
    }
    ck_assert(sigmoid_f(-INFINITY) > 0.0f);
}
END_TEST

START_TEST(test_nan_stays_nan)
{
    ck_assert(isnan(exp_f(NAN)));
    ck_assert(isnan(tanh_f(NAN)));
    ck_assert(isnan(sigmoid_f(NAN)));
    ck_assert(isnan(sigmoid_f(-NAN)));
}
END_TEST

/* Where a formula changes (a new n, a clamp), the value may fall by a rounding error at most. */
static const struct {
    const char *about;
    float (*function)(float);
    float from, to;
} seams[] = {
    {"exp where n changes", exp_f, 0.34657f, 0.34658f},
    {"exp where n changes, below 0", exp_f, -1.03973f, -1.03971f},
    {"exp near its upper clamp", exp_f, 86.9999f, 87.0001f},
    {"exp near its lower clamp", exp_f, -87.0001f, -86.9999f},
    {"tanh where its two formulas meet", tanh_f, 0.62499f, 0.62501f},
    {"tanh where they meet, below 0", tanh_f, -0.62501f, -0.62499f},
    {"tanh near 1", tanh_f, 8.0f, 8.01f},
    {"sigmoid near 1", sigmoid_f, 8.0f, 8.01f},
    {"sigmoid near 0", sigmoid_f, -80.001f, -80.0f},
};

START_TEST(test_values_rise_where_formulas_meet)
{
    float before = seams[_i].function(seams[_i].from);
    for (float x = seams[_i].from; x < seams[_i].to; x = nextafterf(x, INFINITY)) {
        float y = seams[_i].function(x), slack = 2.4e-7f * fabsf(y);
        ck_assert_msg(y >= before - slack, "%s: falls from %a to %a at %a",
                      seams[_i].about, (double)before, (double)y, (double)x);
        before = y;
    }
}
END_TEST

START_TEST(test_tanh_and_sigmoid_are_symmetric)
{
    const uint64_t step = stride();
    for (uint64_t bits = 1; bits < 0x7f800000u; bits += step) {
        float x = float_from_bits((uint32_t)bits), y = -tanh_f(x), mirrored = tanh_f(-x);
        assert_same_bits("tanh is odd", &mirrored, &y, 1);
    }
}
END_TEST

Suite *elementary_suite(void)
{
    Suite *suite = suite_create("elementary");
    TCase *tc = tcase_create("elementary");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_error_is_as_small_as_stated, 0, COUNT(functions));
    tcase_add_test(tc, test_log1p_is_exact_to_double);
    tcase_add_loop_test(tc, test_special_values, 0, COUNT(special));
    tcase_add_test(tc, test_exp_is_clamped);
    tcase_add_test(tc, test_nan_stays_nan);
    tcase_add_loop_test(tc, test_values_rise_where_formulas_meet, 0, COUNT(seams));
    tcase_add_test(tc, test_tanh_and_sigmoid_are_symmetric);
    suite_add_tcase(suite, tc);
    return suite;
}
