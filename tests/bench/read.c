/*
 * What reading a body costs: jansson's tree and history_decode beside triage_fast_decode, and writing the
 * answer, in processor time, in turn, the least of some rounds (others may only make it more).
 * Prints Markdown.
 *
 *     bench-read MODEL
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "engine.h"

enum { ROUNDS = 15 };

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static const struct schema *find(void *context, const char *name, size_t length)
{
    (void)name, (void)length;
    return triage_model_schema(context);
}

static void add_history(struct strbuf *text, unsigned events)
{
    static const char *const names[] = {"deploy_started", "error_logged", "cpu_high",
                                        "customer_report", "config_changed"};
    static const char *const severities[] = {"info", "warning", "critical"};

    strbuf_add(text, "{\"id\":\"INC-1000\",\"events\":[");
    for (unsigned i = 0; i < events; i++)
        strbuf_printf(text, "%s{\"time\":%u,\"event\":\"%s\",\"severity\":\"%s\"}",
                      i == 0 ? "" : ",", 1700000000u + i * 37, names[i % 5],
                      severities[i % 3]);
    strbuf_add(text, "]}");
}

static bool by_tree(const struct strbuf *body, const struct model *model,
                    struct arena *arena)
{
    json_t *json = json_read(body->bytes, body->length, NULL);
    const json_t *many = json_object_get(json, "histories");
    size_t count = many != NULL ? json_array_size(many) : 1;
    bool is_good = json != NULL;
    struct history history;

    for (size_t i = 0; is_good && i < count; i++)
        is_good = triage_history_decode(&history, triage_model_schema(model),
                                        many != NULL ? json_array_get(many, i) : json,
                                        100000000, "", arena, NULL) == STATUS_OK;
    json_decref(json);
    return is_good;
}

static bool quickly(const struct strbuf *body, const struct model *model,
                    struct arena *arena)
{
    const struct fast_decoder_options rules = {.max_events = 100000000,
                                               .max_histories = 1000000,
                                               .find_schema = find,
                                               .context = (void *)(uintptr_t)model};
    struct fast_request quick;

    return triage_fast_decode(&quick, &rules, body->bytes, body->length, arena);
}

/* Seconds for one reading. */
static double
measure(bool (*read)(const struct strbuf *, const struct model *, struct arena *),
        const struct strbuf *body, const struct model *model, unsigned times)
{
    struct arena arena;

    arena_init(&arena, SIZE_MAX);
    double begin = seconds();
    for (unsigned i = 0; i < times; i++) {
        arena_reset(&arena);
        if (!read(body, model, &arena)) {
            fprintf(stderr, "bench-read: the body was not read\n");
            exit(1);
        }
    }
    double end = seconds();
    arena_release(&arena);
    return (end - begin) / times;
}

static void compare(const struct model *model, unsigned histories, unsigned events)
{
    struct strbuf body;
    double tree = 1e9, quick = 1e9;
    unsigned times = 1 + 20000 / (histories * events);

    strbuf_init(&body, SIZE_MAX);
    if (histories == 1) {
        add_history(&body, events);
    } else {
        strbuf_add(&body, "{\"histories\":[");
        for (unsigned i = 0; i < histories; i++) {
            strbuf_add(&body, i == 0 ? "" : ",");
            add_history(&body, events);
        }
        strbuf_add(&body, "]}");
    }
    for (int i = 0; i < ROUNDS; i++) {
        double one = measure(by_tree, &body, model, times);
        double other = measure(quickly, &body, model, times);
        tree = one < tree ? one : tree;
        quick = other < quick ? other : quick;
    }
    printf("| %u | %u | %zu | %.2f | %.2f | %.1f | %.1f |\n", histories, events,
           body.length, tree * 1e6, quick * 1e6, tree / quick,
           quick * 1e9 / (histories * events));
    strbuf_release(&body);
}

static void write_answers(const struct model *model)
{
    float probabilities[64];
    struct history history = {.length = 12, .id = "\"INC-1000\""};
    struct strbuf text;
    double best = 1e9;

    strbuf_init(&text, SIZE_MAX);
    for (int i = 0; i < ROUNDS; i++) {
        double begin = seconds();
        for (int j = 0; j < 2000; j++) {
            for (size_t action = 0; action < triage_model_actions(model); action++)
                probabilities[action] = (float)(j + 1) * 0.00013f / (float)(action + 1);
            strbuf_clear(&text);
            triage_answer_write(&text, model, "incident", &history, probabilities);
        }
        double one = (seconds() - begin) / 2000;
        best = one < best ? one : best;
    }
    printf("\nWriting an answer of %zu bytes: %.2f us.\n", text.length, best * 1e6);
    strbuf_release(&text);
}

int main(int argc, char **argv)
{
    triage_init();
    struct error err = {0};
    struct model *model = argc > 1 ? triage_model_load(argv[1], &err) : NULL;

    if (model == NULL || triage_model_actions(model) > 64) {
        fprintf(stderr, "usage: bench-read MODEL; %s\n", err.text);
        return 2;
    }
    printf(
        "| histories | events each | bytes | jansson, us | triage_fast_decode, us | x | "
        "ns an event |\n| --- | --- | --- | --- | --- | --- | --- |\n");
    for (unsigned events = 1; events <= 100000; events *= 10)
        compare(model, 1, events);
    compare(model, 1, 12);
    for (unsigned histories = 10; histories <= 10000; histories *= 10)
        compare(model, histories, 12);
    write_answers(model);
    triage_model_free(model);
    return 0;
}
