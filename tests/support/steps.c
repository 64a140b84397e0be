#include "support/steps.h"

#include <stdlib.h>

#include "base/random.h"
#include "support/compare.h"

enum step_kind { RNN, GRU_AFTER, GRU_BEFORE, LSTM };

const char *const step_names[STEPS] = {"rnn",
                                       "gru, reset after, keep",
                                       "gru, reset after, write",
                                       "gru, reset before, keep",
                                       "gru, reset before, write",
                                       "lstm"};
static const struct {
    enum step_kind kind;
    size_t gates;
    bool update_writes;
} steps[STEPS] = {
    {.kind = RNN, .gates = 1},
    {.kind = GRU_AFTER, .gates = 3},
    {.kind = GRU_AFTER, .gates = 3, .update_writes = true},
    {.kind = GRU_BEFORE, .gates = 3},
    {.kind = GRU_BEFORE, .gates = 3, .update_writes = true},
    {.kind = LSTM, .gates = 4},
};

struct step_arrays *steps_arrays(size_t hidden, uint64_t seed)
{
    struct step_arrays *x = calloc(1, sizeof *x);
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
        x->gx[row][STEPS_GATES * hidden] = x->h[row][hidden] = steps_guard;
        x->next[row][hidden] = x->c[row][hidden] = steps_guard;
    }
    for (size_t i = 0; i < STEPS_GATES * hidden * hidden; i++)
        x->u[i] = (float)random_normal(&random) * 0.3f;
    for (size_t i = 0; i < hidden; i++)
        x->b_hh_n[i] = (float)random_normal(&random);
    return x;
}

float *steps_pack(const struct kernels *kernels, size_t gates, size_t units, size_t in,
                  size_t stride, const float *w)
{
    size_t bytes = kernels->packed_floats(gates, units, in) * sizeof(float);
    float *packed = aligned_alloc(64, (bytes + 64) / 64 * 64);

    kernels->pack(gates, units, in, stride, w, packed);
    return packed;
}

static void run_step(const struct kernels *kernels, enum step_kind kind,
                     const struct recurrence *cell, const struct step_rows *rows)
{
    switch (kind) {
    case RNN:
        kernels->rnn_step(cell, rows);
        break;
    case GRU_AFTER:
        kernels->gru_after_step(cell, rows);
        break;
    case GRU_BEFORE:
        kernels->gru_before_step(cell, rows);
        break;
    case LSTM:
        kernels->lstm_step(cell, rows);
        break;
    }
}

void steps_run(const struct kernels *kernels, struct step_arrays *x, int which,
               size_t first, size_t rows)
{
    const size_t H = x->hidden, gates = steps[which].gates;
    const bool is_before = steps[which].kind == GRU_BEFORE;
    float *u = steps_pack(kernels, is_before ? 2 : gates, H, H, H, x->u);
    float *u_n = steps_pack(kernels, 1, H, H, H, x->u + 2 * H * H * is_before);
    const struct recurrence cell = {.hidden = H,
                                    .u = u,
                                    .u_n = u_n,
                                    .b_hh_n = x->b_hh_n,
                                    .update_writes = steps[which].update_writes};
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
    step.work[work] = steps_guard;
    run_step(kernels, steps[which].kind, &cell, &step);
    ck_assert_msg(step.work[work] == steps_guard, "%s writes past its work",
                  step_names[which]);
    for (size_t i = 0; i < rows; i++)
        ck_assert_msg(next[i][H] == steps_guard && c[i][H] == steps_guard,
                      "%s, H = %zu: writes past the end of row %zu", step_names[which], H,
                      i);
    free(step.work);
    free(u);
    free(u_n);
}

static void compare(int which, const struct step_arrays *got,
                    const struct step_arrays *expected)
{
    size_t count = (size_t)STEPS_ROWS * (STEPS_WIDEST + 1);

    assert_same_bits(step_names[which], got->next[0], expected->next[0], count);
    assert_same_bits(step_names[which], got->c[0], expected->c[0], count);
}

void steps_compare(const struct kernels *kernels, const struct kernels *expected,
                   int which, size_t hidden, size_t rows)
{
    struct step_arrays *ours = steps_arrays(hidden, 3), *theirs = steps_arrays(hidden, 3);

    steps_run(kernels, ours, which, STEPS_ROWS - rows, rows);
    steps_run(expected, theirs, which, STEPS_ROWS - rows, rows);
    compare(which, ours, theirs);
    free(ours);
    free(theirs);
}

void steps_compare_alone(const struct kernels *kernels, int which, size_t hidden)
{
    struct step_arrays *together = steps_arrays(hidden, 3);
    struct step_arrays *alone = steps_arrays(hidden, 3);

    steps_run(kernels, together, which, 0, STEPS_ROWS);
    for (size_t row = 0; row < STEPS_ROWS; row++)
        steps_run(kernels, alone, which, row, 1);
    compare(which, alone, together);
    free(together);
    free(alone);
}
