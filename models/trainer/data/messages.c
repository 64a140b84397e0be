/* Lines for the user, and the list of problems, which threads share. */
#include "data/messages.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"
#include "engine.h"

enum { MAX_LISTED = 10000, SHOWN_PATH_BYTES = 60 };

void messages_init(struct messages *messages)
{
    *messages = (struct messages){.warning_count = 0};
    strbuf_init(&messages->notes, SIZE_MAX);
    strbuf_init(&messages->warnings, SIZE_MAX);
}

void messages_release(struct messages *messages)
{
    strbuf_release(&messages->notes);
    strbuf_release(&messages->warnings);
    messages->warning_count = 0;
}

void messages_note(struct messages *messages, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    printable_vprintf(&messages->notes, format, values);
    va_end(values);
    strbuf_add(&messages->notes, "\n");
}

void messages_warn(struct messages *messages, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    strbuf_add(&messages->warnings, "warning: ");
    printable_vprintf(&messages->warnings, format, values);
    va_end(values);
    strbuf_add(&messages->warnings, "\n");
    messages->warning_count++;
}

void messages_print(struct messages *messages)
{
    if (messages->notes.length > 0)
        fputs(messages->notes.bytes, stderr);
    if (messages->warnings.length > 0)
        fputs(messages->warnings.bytes, stderr);
    strbuf_clear(&messages->notes);
    strbuf_clear(&messages->warnings);
}

enum status warnings_refuse(size_t count, bool is_strict, struct error *err)
{
    if (count == 0 || !is_strict)
        return STATUS_OK;
    return error_set(err, STATUS_BAD_INPUT, "", "%zu warning%s, and --strict makes %s",
                     count, count == 1 ? "" : "s",
                     count == 1 ? "it an error" : "them errors");
}

void print_clean(const char *format, ...)
{
    struct strbuf line;
    va_list values;
    strbuf_init(&line, SIZE_MAX);
    va_start(values, format);
    printable_vprintf(&line, format, values);
    va_end(values);
    fprintf(stderr, "%s\n", line.has_failed ? "out of memory" : line.bytes);
    strbuf_release(&line);
}

void file_line_write(char *buffer, size_t size, const char *file, uint64_t line)
{
    size_t length = strlen(file);
    bool is_cut = length > SHOWN_PATH_BYTES;
    const char *tail = is_cut ? file + length - SHOWN_PATH_BYTES : file;
    (void)snprintf(buffer, size, "%s%s:%" PRIu64, is_cut ? "..." : "", tail, line);
}

/* ---- problems ---- */

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
    if (problems->count == problems->capacity) {
        size_t capacity = 2 * problems->capacity + 16;
        struct data_problem *grown = realloc(problems->list, capacity * sizeof *grown);
        if (!grown) {
            problems->has_failed = true;
            return;
        }
        problems->list = grown;
        problems->capacity = capacity;
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
