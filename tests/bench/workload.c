#include "bench/workload.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/random.h"
#include "base/strbuf.h"

enum { LONGEST = 200, FIRST = 2 /* ids 0 and 1: unknown, missing */ };

static const uint64_t seed = 20240611;

const char *const workload_actions[WORKLOAD_ACTIONS] = {"a0", "a1", "a2", "a3",
                                                        "a4", "a5", "a6", "a7"};

static struct schema *make_schema(struct error *err)
{
    struct schema *schema = NULL;
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    strbuf_printf(&text, "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", "
                         "\"values\": [");
    for (int i = 0; i < WORKLOAD_NAMES; i++)
        strbuf_printf(&text, "%s\"e%d\"", i == 0 ? "" : ", ", i);
    strbuf_printf(&text, "]}]}");
    if (text.has_failed) {
        error_no_memory(err);
    } else {
        json_t *object = json_read(text.bytes, text.length, err);
        schema = object ? triage_schema_read(object, "/schema", err) : NULL;
        json_decref(object);
    }
    strbuf_release(&text);
    return schema;
}

static uint32_t draw_length(struct random *random)
{
    double deviation = sqrt(2.0 * log(20.0 / 12.0));
    double length = nearbyint(12.0 * exp(deviation * random_normal(random)));
    return (uint32_t)fmin(fmax(length, 1.0), LONGEST);
}

static bool draw_example(struct example *example, struct random *random,
                         struct arena *arena)
{
    uint32_t length = draw_length(random);
    uint32_t *ids = arena_array(arena, length, sizeof *ids);
    if (!ids)
        return false;
    for (uint32_t t = 0; t < length; t++)
        ids[t] = FIRST + (uint32_t)random_below(random, WORKLOAD_NAMES);
    *example = (struct example){.history = {.ids = ids, .length = length},
                                .action = (ids[0] - FIRST) % 2 * 4 +
                                          (ids[length - 1] - FIRST) % 4};
    return true;
}

enum status workload_init(struct workload *workload, size_t count, struct error *err)
{
    struct random random;
    memset(workload, 0, sizeof *workload);
    arena_init(&workload->arena, SIZE_MAX);
    workload->schema = make_schema(err);
    workload->examples = arena_array(&workload->arena, count, sizeof(struct example));
    random_init(&random, seed, 0);
    while (workload->examples && workload->count < count) {
        struct example *example = &workload->examples[workload->count];
        if (!draw_example(example, &random, &workload->arena))
            break;
        workload->count++;
        workload->events += example->history.length;
    }
    if (workload->schema && workload->count == count)
        return STATUS_OK;
    workload_release(workload);
    return error_no_memory(err);
}

void workload_release(struct workload *workload)
{
    triage_schema_free(workload->schema);
    arena_release(&workload->arena);
}

struct trainer *workload_trainer(const struct workload *workload, const struct spec *spec,
                                 const struct training *training, struct error *err)
{
    return triage_trainer_new(workload->schema, spec, TASK_LAST, workload_actions,
                              WORKLOAD_ACTIONS, training, err);
}
