/*
 * The decoder of requests against tree_decode on many drawn texts: with every schema of
 * drawn_schemas as the default and as the other, as a body and as a line, in steps of several
 * sizes, half of them damaged.  A process a processor; text number i of a seed is always the same.
 *
 *     usage: prove-decoder [COUNT [SEED [PROCESSES]]]
 *
 * It prints how many texts were accepted and the rate.  The first difference is printed with its
 * text, and ends the program with 1.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "engine.h"
#include "support/decoders.h"
#include "support/drawn_requests.h"
#include "trainer.h"

enum { PAIRS = DRAWN_SCHEMAS * DRAWN_SCHEMAS, MAX_PROCESSES = 256, TEXT_BYTES = 1 << 20 };

struct count {
    uint64_t texts, accepted;
};

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct schema *make_schema(const char *text)
{
    json_t *json = json_read(text, strlen(text), NULL);
    struct schema *schema = triage_schema_read(json, "", NULL);
    json_decref(json);
    if (!schema)
        abort();
    return schema;
}

static void report(const char *difference, const struct decoders *decoders, unsigned pair,
                   const char *text, size_t length)
{
    fprintf(stderr, "the decoders differ: %s\nschemas %u, histories %zu, step %zu\n",
            difference, pair, decoders->max_histories, decoders->step);
    for (int i = 0; i < 2; i++)
        fprintf(stderr, "%s: %s at \"%s\": %s\n", i == 0 ? "decoder" : "tree_decode",
                triage_status_name(decoders->errors[i].status), decoders->errors[i].where,
                decoders->errors[i].text);
    fwrite(text, 1, length, stderr);
    fputc('\n', stderr);
}

/* One text, in memory of its exact size, so that a sanitizer sees a read beyond it. */
static bool prove(struct decoders *decoders, unsigned pair, const struct strbuf *text,
                  struct count *count)
{
    bool is_accepted;
    char *exact = malloc(text->length + (text->length == 0));
    if (!exact)
        abort();
    memcpy(exact, text->bytes, text->length);
    const char *difference =
        decoders_difference(decoders, exact, text->length, &is_accepted);
    if (difference)
        report(difference, decoders, pair, exact, text->length);
    count->texts++;
    count->accepted += is_accepted;
    free(exact);
    return !difference;
}

static bool prove_many(uint64_t seed, uint64_t stream, uint64_t texts,
                       struct count *count)
{
    static const size_t steps[] = {0, 0, 0, 1, 7, 64};
    struct schema *schemas[DRAWN_SCHEMAS];
    struct decoders decoders = {.step = 0};
    struct random random;
    struct strbuf text;
    bool is_same = true;
    for (int i = 0; i < DRAWN_SCHEMAS; i++)
        schemas[i] = make_schema(drawn_schemas[i]);
    random_init(&random, seed, stream);
    strbuf_init(&text, TEXT_BYTES);
    for (uint64_t i = 0; i < texts && is_same; i++) {
        uint64_t bits = random_next(&random);
        unsigned pair = (unsigned)(bits % PAIRS);
        decoders.schemas[0] = schemas[pair % DRAWN_SCHEMAS];
        decoders.schemas[1] = schemas[pair / DRAWN_SCHEMAS];
        decoders.max_histories = (bits >> 8) % 4 == 0 ? 0 : DECODERS_HISTORIES;
        decoders.step = steps[(bits >> 16) % (sizeof steps / sizeof *steps)];
        strbuf_clear(&text);
        drawn_request(&text, &random,
                      (bits >> 24) % 2 ? pair % DRAWN_SCHEMAS : pair / DRAWN_SCHEMAS,
                      (enum oddity)((bits >> 32) % 3));
        if ((bits >> 40) % 2)
            drawn_damage(&text, &random);
        is_same = prove(&decoders, pair, &text, count);
    }
    for (int i = 0; i < DRAWN_SCHEMAS; i++)
        triage_schema_free(schemas[i]);
    decoders_release(&decoders);
    strbuf_release(&text);
    return is_same;
}

int main(int argc, char **argv)
{
    uint64_t texts = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    uint64_t processes =
        argc > 3 ? strtoull(argv[3], NULL, 10) : (uint64_t)sysconf(_SC_NPROCESSORS_ONLN);
    processes = processes < 1 ? 1 : processes > MAX_PROCESSES ? MAX_PROCESSES : processes;
    struct count *counts = mmap(NULL, processes * sizeof *counts, PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (counts == MAP_FAILED)
        return 2;
    triage_init();
    double begin = seconds();
    for (uint64_t i = 0; i < processes; i++)
        if (fork() == 0) {
            uint64_t share = texts / processes + (i < texts % processes);
            exit(prove_many(seed, i, share, &counts[i]) ? 0 : 1);
        }
    bool is_same = true;
    for (int status; wait(&status) > 0;)
        is_same = is_same && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    struct count sum = {0};
    for (uint64_t i = 0; i < processes; i++) {
        sum.texts += counts[i].texts;
        sum.accepted += counts[i].accepted;
    }
    double time = seconds() - begin;
    printf("%llu texts, %llu accepted, %.0f s, %.0f a second: %s\n",
           (unsigned long long)sum.texts, (unsigned long long)sum.accepted, time,
           (double)sum.texts / time, is_same ? "no difference" : "they differ");
    return is_same ? 0 : 1;
}
