/*
 * Measures decoding a body with the fast decoder and with the tree decoder (jansson's tree and
 * triage_history_decode), and writing an answer.  A figure is the least processor time of several
 * interleaved rounds, because other load can only increase it.  Prints Markdown.
 *
 *     usage: bench-read MODEL
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/json.h"
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

static bool decode_as_tree(const struct strbuf *body, const struct model *model,
                           struct arena *arena)
{
    json_t *json = json_read(body->bytes, body->length, NULL);
    const json_t *many = json_object_get(json, "histories");
    size_t count = many ? json_array_size(many) : 1;
    bool is_decoded = json != NULL;
    struct history history;
    for (size_t i = 0; is_decoded && i < count; i++)
        is_decoded = triage_history_decode(&history, triage_model_schema(model),
                                           many ? json_array_get(many, i) : json,
                                           100000000, "", arena, NULL) == STATUS_OK;
    json_decref(json);
    return is_decoded;
}

static bool decode_fast(const struct strbuf *body, const struct model *model,
                        struct arena *arena)
{
    const struct fast_decoder_options options = {.max_events = 100000000,
                                                 .max_histories = 1000000,
                                                 .find_schema = find,
                                                 .context = (void *)(uintptr_t)model};
    struct fast_request request;
    return triage_fast_decode(&request, &options, body->bytes, body->length, arena);
}

/* The seconds that decoding the body takes once. */
static double
measure(bool (*decode)(const struct strbuf *, const struct model *, struct arena *),
        const struct strbuf *body, const struct model *model, unsigned times)
{
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    double begin = seconds();
    for (unsigned i = 0; i < times; i++) {
        arena_reset(&arena);
        if (!decode(body, model, &arena)) {
            fprintf(stderr, "bench-read: the body was not decoded\n");
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
    double tree = 1e9, fast = 1e9;
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
        double tree_now = measure(decode_as_tree, &body, model, times);
        double fast_now = measure(decode_fast, &body, model, times);
        tree = tree_now < tree ? tree_now : tree;
        fast = fast_now < fast ? fast_now : fast;
    }
    printf("| %u | %u | %zu | %.2f | %.2f | %.1f | %.1f |\n", histories, events,
           body.length, tree * 1e6, fast * 1e6, tree / fast,
           fast * 1e9 / (histories * events));
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
    printf("| histories | events each | bytes | tree decoder, us | fast decoder, us | "
           "ratio | fast, ns per event |\n| --- | --- | --- | --- | --- | --- | --- |\n");
    for (unsigned events = 1; events <= 100000; events *= 10)
        compare(model, 1, events);
    compare(model, 1, 12);
    for (unsigned histories = 10; histories <= 10000; histories *= 10)
        compare(model, histories, 12);
    write_answers(model);
    triage_model_free(model);
    return 0;
}
