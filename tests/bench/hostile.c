/*
 * Decoding hostile bodies of 8 MB, without inference: time a byte, and the most memory beyond the
 * body.  Each body is decoded by a process of its own, the least time of several.
 *
 *     usage: bench-hostile MODEL              measure, as Markdown; 1 if a bound is exceeded
 *            bench-hostile --write FOLDER     write the bodies for tests/load/hostile.py
 *
 * The bounds: 60 ns a byte; 4 times the body and 64 bytes an event; in one step, which reads 64 kB, no
 * more than twice the time that 64 kB may take.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "engine.h"

enum {
    BODY_BYTES = 8000000,
    ROUNDS = 5,
    MAX_EVENTS = 100000,
    MAX_HISTORIES = 10000,
    STEP_BYTES = 64 << 10, /* as the service */
    MAX_NS = 60,
    MAX_STEP_NS = 2 * STEP_BYTES * MAX_NS,
    BODY_TIMES = 4,
    EVENT_BYTES = 64,
    DEEPEST = 2040
};

/* ---- bodies -------------------------------------------------------------------------------- */

static bool is_full(const struct strbuf *text)
{
    return text->length >= BODY_BYTES - 8192;
}

/* Repeat an item, with commas, until the body is full. */
static void fill(struct strbuf *text, const char *item)
{
    size_t first = text->length;
    while (!is_full(text)) {
        if (text->length > first)
            strbuf_add(text, ",");
        strbuf_add(text, item);
    }
}

static void repeat(struct strbuf *text, const char *item, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        strbuf_add(text, item);
}

static void write_nesting(struct strbuf *text)
{
    strbuf_add(text, "{\"events\":[\"a\"],\"x\":[0");
    while (!is_full(text)) {
        strbuf_add(text, ",");
        repeat(text, "[", DEEPEST);
        repeat(text, "]", DEEPEST);
    }
    strbuf_add(text, "]}");
}

static void write_empty_containers(struct strbuf *text)
{
    strbuf_add(text, "{\"events\":[\"a\"],\"x\":[");
    fill(text, "{},[]");
    strbuf_add(text, "]}");
}

static void write_distinct_keys(struct strbuf *text)
{
    strbuf_add(text, "{\"events\":[\"a\"]");
    for (unsigned i = 0; !is_full(text); i++)
        strbuf_printf(text, ",\"%x\":0", i);
    strbuf_add(text, "}");
}

static void write_distinct_keys_inside(struct strbuf *text)
{
    strbuf_add(text, "{\"events\":[\"a\"],\"x\":{\"0\":0");
    for (unsigned i = 1; !is_full(text); i++)
        strbuf_printf(text, ",\"%x\":0", i);
    strbuf_add(text, "}}");
}

/* Objects in one another that all have the same keys: those of others must not be in the way. */
static void write_same_keys(struct strbuf *text)
{
    strbuf_add(text, "{\"events\":[\"a\"],\"x\":[0");
    while (!is_full(text)) {
        strbuf_add(text, ",");
        for (unsigned i = 0; i < DEEPEST; i++) {
            strbuf_add(text, "{");
            for (int key = 'a'; key < 'a' + 18; key++)
                strbuf_printf(text, "\"%c\":0,", key);
            strbuf_add(text, "\"z\":");
        }
        strbuf_add(text, "0");
        repeat(text, "}", DEEPEST);
    }
    strbuf_add(text, "]}");
}

/* Many keys, then closed objects of the same keys, which the table of keys still has for a while. */
static void write_closed_keys(struct strbuf *text)
{
    strbuf_add(text, "{\"events\":[\"a\"]");
    for (unsigned i = 0; i < 400000; i++)
        strbuf_printf(text, ",\"%x\":0", i);
    strbuf_add(text, ",\"x\":[");
    fill(text, "{\"a\":0,\"b\":0,\"c\":0,\"d\":0,\"e\":0,\"f\":0,\"g\":0,\"h\":0,\"i\":0,"
               "\"j\":0,\"k\":0,\"l\":0,\"m\":0,\"n\":0,\"o\":0,\"p\":0,\"q\":0}");
    strbuf_add(text, "]}");
}

static void write_digits(struct strbuf *text)
{
    strbuf_add(text, "{\"events\":[\"a\"],\"x\":");
    repeat(text, "1234567", BODY_BYTES / 7 - 100);
    strbuf_add(text, "}");
}

static void write_small_numbers(struct strbuf *text)
{
    strbuf_add(text, "{\"events\":[\"a\"]");
    for (unsigned i = 0; !is_full(text); i++)
        strbuf_printf(text, ",\"%x\":1e-30%u", i, i % 8);
    strbuf_add(text, "}");
}

static void write_escapes(struct strbuf *text)
{
    strbuf_add(text, "{\"events\":[\"");
    repeat(text, "\\u20ac", BODY_BYTES / 6 - 100);
    strbuf_add(text, "\"]}");
}

static void write_escaped_keys(struct strbuf *text)
{
    strbuf_add(text, "{\"events\":[\"a\"],\"x\":{\"0\":0");
    for (unsigned i = 0; !is_full(text); i++)
        strbuf_printf(text, ",\"\\n%x\":0", i);
    strbuf_add(text, "}}");
}

static void write_ignored_fields(struct strbuf *text)
{
    strbuf_add(text, "{\"events\":[");
    for (unsigned i = 0; !is_full(text); i++) {
        strbuf_printf(text, "%s{\"event\":null", i == 0 ? "" : ",");
        for (unsigned key = 0; key < 40; key++)
            strbuf_printf(text, ",\"%u\":0", (i * 7 + key) % 1000);
        strbuf_add(text, "}");
    }
    strbuf_add(text, "]}");
}

static void write_unknown_values(struct strbuf *text)
{
    strbuf_add(text, "{\"events\":[");
    for (unsigned i = 0; i < MAX_EVENTS; i++)
        strbuf_printf(text, "%s{\"event\":\"deploy_%05u\",\"service\":\"checkout%05u\"}",
                      i == 0 ? "" : ",", i, i);
    strbuf_add(text, "]}");
}

static void write_histories(struct strbuf *text)
{
    strbuf_add(text, "{\"histories\":[");
    for (unsigned i = 0; i < MAX_HISTORIES; i++) {
        strbuf_printf(text, "%s{\"id\":%u,\"events\":[", i == 0 ? "" : ",", i);
        for (unsigned event = 0; event < 190; event++)
            strbuf_add(text, event == 0 ? "\"a\"" : ",\"a\"");
        strbuf_add(text, "]}");
    }
    strbuf_add(text, "]}");
}

static void write_noted_histories(struct strbuf *text)
{
    strbuf_add(text, "{\"histories\":[");
    for (unsigned i = 0; i < MAX_HISTORIES; i++) {
        strbuf_printf(text, "%s{\"events\":[{\"event\":null", i == 0 ? "" : ",");
        for (unsigned key = 0; key < 50; key++)
            strbuf_printf(text, ",\"%u\":0", key);
        strbuf_add(text, "}");
        repeat(text, ",\"q\"", 100);
        strbuf_add(text, "]}");
    }
    strbuf_add(text, "]}");
}

static void write_too_many_events(struct strbuf *text)
{
    strbuf_add(text, "{\"events\":[");
    fill(text, "\"a\"");
    strbuf_add(text, "]}");
}

static void write_late_model(struct strbuf *text)
{
    strbuf_add(text, "{\"events\":[");
    for (unsigned i = 0; i < MAX_EVENTS; i++)
        strbuf_printf(text,
                      "%s{\"event\":\"deploy_started\",\"time\":%u,\"service\":\"mail\","
                      "\"severity\":\"info\"}",
                      i == 0 ? "" : ",", 1700000000 + i * 7919 % 1000000);
    strbuf_add(text, "],\"model\":\"other\"}");
}

static void write_long_string(struct strbuf *text)
{
    strbuf_add(text, "{\"events\":[\"");
    repeat(text, "deploy started ", BODY_BYTES / 15 - 100);
    strbuf_add(text, "\"]}");
}

static void write_long_id(struct strbuf *text)
{
    strbuf_add(text, "{\"events\":[\"a\"],\"id\":\"");
    repeat(text, "\\\"", BODY_BYTES / 2 - 100);
    strbuf_add(text, "\"}");
}

static void write_long_key(struct strbuf *text)
{
    strbuf_add(text, "{\"events\":[\"a\"],\"x\":{\"");
    repeat(text, "\\n", BODY_BYTES / 2 - 100);
    strbuf_add(text, "\":0}}");
}

static void write_blanks(struct strbuf *text)
{
    strbuf_add(text, "{\"events\":[\"a\"");
    repeat(text, " \n\t ", BODY_BYTES / 4 - 100);
    strbuf_add(text, "]}");
}

static void write_late_error(struct strbuf *text)
{
    strbuf_add(text, "{\"events\":[\"a\"],\"x\":[");
    fill(text, "{\"a\":[1,\"b\"]}");
    strbuf_add(text, "],\"fields\":7}");
}

static const struct body {
    const char *name;
    void (*write)(struct strbuf *text);
} bodies[] = {
    {.name = "nesting", .write = write_nesting},
    {.name = "empty-containers", .write = write_empty_containers},
    {.name = "distinct-keys", .write = write_distinct_keys},
    {.name = "distinct-keys-inside", .write = write_distinct_keys_inside},
    {.name = "same-keys-nested", .write = write_same_keys},
    {.name = "same-keys-again", .write = write_closed_keys},
    {.name = "digits", .write = write_digits},
    {.name = "small-numbers", .write = write_small_numbers},
    {.name = "escapes", .write = write_escapes},
    {.name = "escaped-keys", .write = write_escaped_keys},
    {.name = "ignored-fields", .write = write_ignored_fields},
    {.name = "unknown-values", .write = write_unknown_values},
    {.name = "histories", .write = write_histories},
    {.name = "histories-with-notes", .write = write_noted_histories},
    {.name = "too-many-events", .write = write_too_many_events},
    {.name = "late-model", .write = write_late_model},
    {.name = "long-string", .write = write_long_string},
    {.name = "long-id", .write = write_long_id},
    {.name = "long-key", .write = write_long_key},
    {.name = "blanks", .write = write_blanks},
    {.name = "late-error", .write = write_late_error},
};
enum { BODIES = sizeof bodies / sizeof *bodies };

/* ---- measuring ----------------------------------------------------------------------------- */

struct result {
    double seconds, longest_step;
    size_t memory;
    uint64_t events;
    enum status status;
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* The models that a text may name: "other" has the same schema, but must be decoded again. */
struct schemas {
    const struct schema *first, *other;
};

static const struct schema *find_schema(void *context, const char *name, size_t length,
                                        struct error *err)
{
    const struct schemas *schemas = context;
    (void)length, (void)err;
    return name ? schemas->other : schemas->first;
}

static size_t peak_bytes(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (size_t)usage.ru_maxrss * 1024;
}

/* In a process of its own, whose peak is that of this decoding. */
static void decode(const struct strbuf *text, struct schemas *schemas,
                   struct result *result)
{
    const struct decoder_options options = {.max_events = MAX_EVENTS,
                                            .max_histories = MAX_HISTORIES,
                                            .find_schema = find_schema,
                                            .context = schemas};
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    size_t before = peak_bytes();
    double begin = now(), step = begin;
    struct decoder *decoder =
        triage_decoder_new(&options, text->bytes, text->length, &arena, NULL);
    for (bool is_done = false; !is_done;) {
        result->status = triage_decoder_step(decoder, STEP_BYTES, &is_done, NULL);
        double end = now();
        if (end - step > result->longest_step)
            result->longest_step = end - step;
        step = end;
    }
    result->seconds = step - begin;
    result->memory = peak_bytes() - before;
    result->events = triage_decoder_result(decoder)->events;
    triage_decoder_free(decoder);
    arena_release(&arena);
}

/* The least of several rounds; false: a bound is exceeded. */
static bool measure(const struct body *body, struct schemas *schemas)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    strbuf_reserve(&text, BODY_BYTES + 65536);
    body->write(&text);
    struct result *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct result least = {.seconds = 1e9};
    if (text.has_failed || shared == MAP_FAILED)
        exit(2);
    for (int i = 0; i < ROUNDS; i++) {
        memset(shared, 0, sizeof *shared);
        fflush(NULL);
        pid_t child = fork();
        if (child == 0) {
            decode(&text, schemas, shared);
            _exit(0);
        }
        int status;
        if (waitpid(child, &status, 0) != child || status != 0)
            exit(2);
        if (shared->seconds < least.seconds)
            least = *shared;
    }
    double ns = least.seconds * 1e9 / (double)text.length;
    size_t bound = BODY_TIMES * text.length + EVENT_BYTES * least.events + (1 << 20);
    bool is_good =
        ns <= MAX_NS && least.memory <= bound && least.longest_step * 1e9 <= MAX_STEP_NS;
    printf("| %s | %.1f | %s | %.1f | %.1f | %.1f | %s |\n", body->name,
           (double)text.length / 1e6, triage_status_name(least.status), ns,
           (double)least.memory / 1e6, least.longest_step * 1e3,
           is_good ? "" : "too much");
    munmap(shared, sizeof *shared);
    strbuf_release(&text);
    return is_good;
}

static int write_bodies(const char *folder)
{
    for (int i = 0; i < BODIES; i++) {
        char path[512];
        struct strbuf text;
        strbuf_init(&text, SIZE_MAX);
        bodies[i].write(&text);
        snprintf(path, sizeof path, "%s/%s.json", folder, bodies[i].name);
        FILE *file = fopen(path, "w");
        if (!file || fwrite(text.bytes, 1, text.length, file) != text.length ||
            fclose(file) != 0) {
            perror(path);
            return 1;
        }
        strbuf_release(&text);
    }
    return 0;
}

int main(int argc, char **argv)
{
    triage_init();
    if (argc == 3 && strcmp(argv[1], "--write") == 0)
        return write_bodies(argv[2]);
    struct error err = {0};
    struct model *first = argc == 2 ? triage_model_load(argv[1], &err) : NULL;
    struct model *other = argc == 2 ? triage_model_load(argv[1], &err) : NULL;
    if (!first || !other) {
        fprintf(stderr, "usage: bench-hostile MODEL | --write FOLDER; %s\n", err.text);
        return 2;
    }
    struct schemas schemas = {triage_model_schema(first), triage_model_schema(other)};
    bool is_good = true;
    printf("| body | MB | status | ns a byte | memory, MB | longest step, ms | |\n"
           "| --- | --- | --- | --- | --- | --- | --- |\n");
    for (int i = 0; i < BODIES; i++)
        is_good = measure(&bodies[i], &schemas) && is_good;
    triage_model_free(first);
    triage_model_free(other);
    return is_good ? 0 : 1;
}
