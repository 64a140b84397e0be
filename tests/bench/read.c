/*
 * What reading a body costs: jansson's tree and history_decode beside quick_read, and writing the
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
#include "base/text.h"
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
    return model_schema(context);
}

static void add_history(struct text *text, unsigned events)
{
    static const char *const names[] = {"deploy_started", "error_logged", "cpu_high",
                                        "customer_report", "config_changed"};
    static const char *const severities[] = {"info", "warning", "critical"};

    text_add(text, "{\"id\":\"INC-1000\",\"events\":[");
    for (unsigned i = 0; i < events; i++)
        text_printf(text, "%s{\"time\":%u,\"event\":\"%s\",\"severity\":\"%s\"}",
                    i == 0 ? "" : ",", 1700000000u + i * 37, names[i % 5],
                    severities[i % 3]);
    text_add(text, "]}");
}

static bool by_tree(const struct text *body, const struct model *model,
                    struct arena *arena)
{
    json_t *json = json_read(body->bytes, body->length, NULL);
    const json_t *many = json_object_get(json, "histories");
    size_t count = many != NULL ? json_array_size(many) : 1;
    bool is_good = json != NULL;
    struct history history;

    for (size_t i = 0; is_good && i < count; i++)
        is_good = history_decode(&history, model_schema(model),
                                 many != NULL ? json_array_get(many, i) : json, 100000000,
                                 "", arena, NULL) == STATUS_OK;
    json_decref(json);
    return is_good;
}

static bool quickly(const struct text *body, const struct model *model,
                    struct arena *arena)
{
    const struct quick_rules rules = {.max_events = 100000000,
                                      .max_histories = 1000000,
                                      .find = find,
                                      .context = (void *)(uintptr_t)model};
    struct quick quick;

    return quick_read(&quick, &rules, body->bytes, body->length, arena);
}

/* Seconds for one reading. */
static double measure(bool (*read)(const struct text *, const struct model *,
                                   struct arena *),
                      const struct text *body, const struct model *model, unsigned times)
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
    struct text body;
    double tree = 1e9, quick = 1e9;
    unsigned times = 1 + 20000 / (histories * events);

    text_init(&body, SIZE_MAX);
    if (histories == 1) {
        add_history(&body, events);
    } else {
        text_add(&body, "{\"histories\":[");
        for (unsigned i = 0; i < histories; i++) {
            text_add(&body, i == 0 ? "" : ",");
            add_history(&body, events);
        }
        text_add(&body, "]}");
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
    text_release(&body);
}

static void write_answers(const struct model *model)
{
    float probabilities[64];
    struct history history = {.length = 12, .id = "\"INC-1000\""};
    struct text text;
    double best = 1e9;

    text_init(&text, SIZE_MAX);
    for (int i = 0; i < ROUNDS; i++) {
        double begin = seconds();
        for (int j = 0; j < 2000; j++) {
            for (size_t action = 0; action < model_actions(model); action++)
                probabilities[action] = (float)(j + 1) * 0.00013f / (float)(action + 1);
            text_clear(&text);
            answer_write(&text, model, "incident", &history, probabilities);
        }
        double one = (seconds() - begin) / 2000;
        best = one < best ? one : best;
    }
    printf("\nWriting an answer of %zu bytes: %.2f us.\n", text.length, best * 1e6);
    text_release(&text);
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct model *model = argc > 1 ? model_load(argv[1], &err) : NULL;

    if (model == NULL || model_actions(model) > 64) {
        fprintf(stderr, "usage: bench-read MODEL; %s\n", err.text);
        return 2;
    }
    printf("| histories | events each | bytes | jansson, us | quick_read, us | x | "
           "ns an event |\n| --- | --- | --- | --- | --- | --- | --- |\n");
    for (unsigned events = 1; events <= 100000; events *= 10)
        compare(model, 1, events);
    compare(model, 1, 12);
    for (unsigned histories = 10; histories <= 10000; histories *= 10)
        compare(model, histories, 12);
    write_answers(model);
    model_free(model);
    return 0;
}
