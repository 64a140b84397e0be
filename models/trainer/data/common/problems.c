/* The list is shared by threads; it is sorted before it is printed. */
#include "data/common/problems.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "data/common/messages.h"
#include "engine.h"

enum { MAX_LISTED = 10000 };

void problems_init(struct problems *problems, bool skip_bad)
{
    *problems = (struct problems){.skip_bad = skip_bad};
    pthread_mutex_init(&problems->mutex, NULL);
}

void problems_release(struct problems *problems)
{
    free(problems->list);
    problems->list = NULL;
    problems->count = problems->capacity = 0;
    pthread_mutex_destroy(&problems->mutex);
}

static bool is_before(const struct data_problem *a, const struct data_problem *b)
{
    return a->file != b->file ? a->file < b->file : a->line < b->line;
}

static void keep(struct problems *problems, const struct data_problem *problem)
{
    if (problems->first.err.status == STATUS_OK || is_before(problem, &problems->first))
        problems->first = *problem;
    if (!problems->skip_bad)
        return;
    if (problems->count >= MAX_LISTED) {
        problems->unlisted++;
        return;
    }
    if (!array_reserve(&problems->list, problems->count, &problems->capacity,
                       sizeof *problems->list)) {
        problems->has_failed = true;
        return;
    }
    problems->list[problems->count++] = *problem;
}

void problems_add(struct problems *problems, uint32_t file, const char *file_name,
                  uint64_t line, const struct error *err)
{
    struct data_problem problem = {.file = file, .line = line};
    char where[sizeof err->where];
    file_line_write(where, sizeof where, file_name, line);
    (void)error_mismatch(&problem.err, err->status, where, err->expected, err->received,
                         "%s%s%s", err->where, err->where[0] != '\0' ? ": " : "",
                         err->text[0] != '\0' ? err->text
                                              : triage_status_text(err->status));
    pthread_mutex_lock(&problems->mutex);
    keep(problems, &problem);
    pthread_mutex_unlock(&problems->mutex);
}

static int compare_problems(const void *a, const void *b)
{
    const struct data_problem *x = a, *y = b;
    if (is_before(x, y) || is_before(y, x))
        return is_before(x, y) ? -1 : 1;
    return strcmp(x->err.text, y->err.text);
}

void problems_print(struct problems *problems)
{
    if (problems->count > 1)
        qsort(problems->list, problems->count, sizeof *problems->list, compare_problems);
    for (size_t i = 0; i < problems->count; i++) {
        const struct error *err = &problems->list[i].err;
        if (err->expected[0] != '\0')
            print_clean("skipped %s: %s (expected %s, received %s)", err->where,
                        err->text, err->expected, err->received);
        else
            print_clean("skipped %s: %s", err->where, err->text);
    }
    if (problems->unlisted > 0)
        print_clean("skipped %zu more", problems->unlisted);
    problems->count = problems->unlisted = 0;
}

enum status problems_status(const struct problems *problems, struct error *err)
{
    if (problems->has_failed || problems->first.err.status == STATUS_NO_MEMORY)
        return error_no_memory(err);
    if (problems->skip_bad || problems->first.err.status == STATUS_OK)
        return STATUS_OK;
    const struct error *first = &problems->first.err;
    return error_mismatch(err, first->status, first->where, first->expected,
                          first->received, "%s", first->text);
}

/* ---- of a block ---- */

bool block_problems_add(struct block_problems *problems, uint32_t line,
                        const struct error *err)
{
    if (!array_reserve(&problems->list, problems->count, &problems->capacity,
                       sizeof *problems->list)) {
        problems->has_failed = true;
        return false;
    }
    problems->list[problems->count++] = (struct block_problem){.line = line, .err = *err};
    return problems->skip_bad;
}
