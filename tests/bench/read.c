/*
 * Measures decoding a body and writing an answer.  A figure is the least processor time of several
 * rounds, because other load can only increase it.  Prints Markdown.
 *
 *     usage: bench-read MODEL
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "engine.h"

enum { ROUNDS = 15, MAX_ACTIONS = 64 };

/* Processor time. */
static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static const struct schema *find(void *context, const char *name, size_t length,
                                 struct error *err)
{
    (void)name, (void)length, (void)err;
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

/* The seconds that decoding the body takes once. */
static double measure(const struct strbuf *body, const struct model *model,
                      unsigned times)
{
    const struct decoder_options options = {.max_events = 100000000,
                                            .max_histories = 1000000,
                                            .find_schema = find,
                                            .context = (void *)(uintptr_t)model};
    struct decoded decoded;
    struct error err = {0};
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    double begin = seconds();
    for (unsigned i = 0; i < times; i++) {
        arena_reset(&arena);
        if (triage_decode(&decoded, &options, body->bytes, body->length, &arena, &err) !=
            STATUS_OK) {
            fprintf(stderr, "bench-read: %s: %s\n", err.where, err.text);
            exit(1);
        }
    }
    double end = seconds();
    arena_release(&arena);
    return (end - begin) / times;
}

static void measure_body(const struct model *model, unsigned histories, unsigned events)
{
    struct strbuf body;
    double least = 1e9;
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
        double one = measure(&body, model, times);
        least = one < least ? one : least;
    }
    printf("| %u | %u | %zu | %.2f | %.1f | %.2f |\n", histories, events, body.length,
           least * 1e6, least * 1e9 / (histories * events),
           least * 1e9 / (double)body.length);
    strbuf_release(&body);
}

static void write_answers(const struct model *model)
{
    float probabilities[MAX_ACTIONS];
    struct history history = {.length = 12, .id = "\"INC-1000\""};
    struct strbuf text;
    double least = 1e9;
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
        least = one < least ? one : least;
    }
    printf("\nWriting an answer of %zu bytes: %.2f us.\n", text.length, least * 1e6);
    strbuf_release(&text);
}

int main(int argc, char **argv)
{
    triage_init();
    struct error err = {0};
    struct model *model = argc > 1 ? triage_model_load(argv[1], &err) : NULL;
    if (!model || triage_model_actions(model) > MAX_ACTIONS) {
        fprintf(stderr, "usage: bench-read MODEL; %s\n", err.text);
        return 2;
    }
    printf("| histories | events each | bytes | us | ns per event | ns per byte |\n"
           "| --- | --- | --- | --- | --- | --- |\n");
    for (unsigned events = 1; events <= 100000; events *= 10)
        measure_body(model, 1, events);
    measure_body(model, 1, 12);
    for (unsigned histories = 10; histories <= 10000; histories *= 10)
        measure_body(model, histories, 12);
    write_answers(model);
    triage_model_free(model);
    return 0;
}
