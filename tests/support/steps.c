/* See steps.h. */
#include "support/steps.h"

#include <stdlib.h>

#include "base/random.h"
#include "support/compare.h"

const char *const step_names[STEPS] = {"rnn",
                                       "gru, reset after, keep",
                                       "gru, reset after, write",
                                       "gru, reset before, keep",
                                       "gru, reset before, write",
                                       "lstm"};
static const size_t step_gates[STEPS] = {1, 3, 3, 3, 3, 4};

static void fill(struct field_of_rows *x, size_t hidden, uint64_t seed)
{
    struct random random;

    random_init(&random, seed, hidden);
    x->hidden = hidden;
    for (size_t row = 0; row < STEPS_ROWS; row++) {
        for (size_t j = 0; j < STEPS_GATES * hidden; j++)
            x->gx[row][j] = (float)random_normal(&random);
        for (size_t j = 0; j < hidden; j++) {
            x->h[row][j] = (float)(2.0 * random_unit(&random) - 1.0);
            x->c[row][j] = (float)random_normal(&random);
        }
        x->next[row][hidden] = x->c[row][hidden] = x->gx[row][STEPS_GATES * hidden] =
            steps_fence;
        x->h[row][hidden] = steps_fence;
    }
    for (size_t i = 0; i < STEPS_GATES * hidden * hidden; i++)
        x->u[i] = (float)random_normal(&random) * 0.3f;
    for (size_t i = 0; i < hidden; i++)
        x->b_hh_n[i] = (float)random_normal(&random);
}

float *steps_pack(const struct kernels *kernels, size_t gates, size_t units, size_t in,
                  size_t stride, const float *w)
{
    size_t bytes = kernels->packed_floats(gates, units, in) * sizeof(float);
    float *floats = aligned_alloc(64, (bytes + 64) / 64 * 64);

    kernels->pack(gates, units, in, stride, w, floats);
    return floats;
}

void steps_run(const struct kernels *kernels, struct field_of_rows *x, int which,
               size_t first, size_t rows)
{
    const size_t H = x->hidden, gates = step_gates[which];
    const bool is_before = which == 3 || which == 4;
    float *u = steps_pack(kernels, is_before ? 2 : gates, H, H, H, x->u);
    float *u_n = steps_pack(kernels, 1, H, H, H, x->u + 2 * H * H * is_before);
    const struct recurrence cell = {.hidden = H,
                                    .u = u,
                                    .u_n = u_n,
                                    .b_hh_n = x->b_hh_n,
                                    .update_writes = which % 2 == 0};
    const float *gx[STEPS_ROWS], *h[STEPS_ROWS];
    float *next[STEPS_ROWS], *c[STEPS_ROWS];
    size_t work = kernels_work(kernels, gates, H);
    const struct step_rows step = {.count = rows,
                                   .gx = gx,
                                   .h = h,
                                   .next = next,
                                   .c = c,
                                   .work = calloc(work + 1, sizeof(float)),
                                   .is_backwards = first % 2 == 1};

    for (size_t i = 0; i < rows; i++) {
        gx[i] = x->gx[first + i];
        h[i] = x->h[first + i];
        next[i] = x->next[first + i];
        c[i] = x->c[first + i];
    }
    step.work[work] = steps_fence;
    if (which == 0)
        kernels->rnn_step(&cell, &step);
    else if (which <= 2)
        kernels->gru_after_step(&cell, &step);
    else if (which <= 4)
        kernels->gru_before_step(&cell, &step);
    else
        kernels->lstm_step(&cell, &step);
    ck_assert_msg(step.work[work] == steps_fence, "%s writes past its work",
                  step_names[which]);
    for (size_t i = 0; i < rows; i++)
        ck_assert_msg(next[i][H] == steps_fence && c[i][H] == steps_fence,
                      "%s, H = %zu: row %zu is left by a write", step_names[which], H, i);
    free(step.work);
    free(u);
    free(u_n);
}

struct field_of_rows *steps_field(size_t hidden, uint64_t seed)
{
    struct field_of_rows *x = calloc(1, sizeof *x);
    fill(x, hidden, seed);
    return x;
}

static void compare(int which, struct field_of_rows *got, struct field_of_rows *expected)
{
    size_t count = (size_t)STEPS_ROWS * (STEPS_WIDEST + 1);

    assert_same_bits(step_names[which], got->next[0], expected->next[0], count);
    assert_same_bits(step_names[which], got->c[0], expected->c[0], count);
    free(got);
    free(expected);
}

void steps_compare(const struct kernels *kernels, const struct kernels *expected,
                   int which, size_t hidden, size_t rows)
{
    struct field_of_rows *ours = steps_field(hidden, 3), *theirs = steps_field(hidden, 3);

    steps_run(kernels, ours, which, STEPS_ROWS - rows, rows);
    steps_run(expected, theirs, which, STEPS_ROWS - rows, rows);
    compare(which, ours, theirs);
}

void steps_compare_alone(const struct kernels *kernels, int which, size_t hidden)
{
    struct field_of_rows *together = steps_field(hidden, 3),
                         *alone = steps_field(hidden, 3);

    steps_run(kernels, together, which, 0, STEPS_ROWS);
    for (size_t row = 0; row < STEPS_ROWS; row++)
        steps_run(kernels, alone, which, row, 1);
    compare(which, alone, together);
}
