/*
 * In the metadata of a model file they are three strings:
 *
 *     "training_histories"    their number
 *     "training_sequences"    base64; missing if they are too many
 *     "training_sketch"       base64; both are missing if only the number is to be held
 *
 * The bytes of the sequences are varints.  A history is a sequence of symbols:
 *
 *     TASK_LAST    the ids of its events, then the action
 *     other tasks  for each event its id, then the action + 1, or 0 for none
 *
 * The sequences are sorted, and each is stored as
 *
 *     symbols shared with the beginning of the sequence before, number of further symbols,
 *     the further symbols, number of histories that have this sequence
 */
#include "model/training_histories.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/size.h"
#include "model/history_sketch.h"
#include "model/varint.h"

enum {
    MAX_HISTORIES = 1 << 24, /* more are not held, and not decoded */
    MAX_SYMBOLS = 1 << 25,   /* of different sequences */
    MAX_DIGITS = 15          /* of the number of histories */
};

static const char count_key[] = "training_histories";
static const char sequences_key[] = "training_sequences";
static const char sketch_key[] = "training_sketch";

struct sequence {
    const uint32_t *symbols; /* [length] */
    uint32_t length;
};

static uint32_t sequence_length(enum task task, uint32_t events)
{
    return task == TASK_LAST ? events + 1 : 2 * events;
}

/* ---- writing ----------------------------------------------------------------------------- */

/* Collect the examples of data that can be trained on.  The result is in the arena. */
static const struct example **collect(const struct trained_model *model,
                                      const struct training_data *data, size_t *count,
                                      struct arena *arena)
{
    size_t all = data->train_count + data->validation_count;
    const struct example **examples = arena_array(arena, all + 1, sizeof *examples);
    *count = 0;
    for (size_t i = 0; examples && i < all; i++) {
        const struct example *example = i < data->train_count
                                            ? &data->train[i]
                                            : &data->validation[i - data->train_count];
        if (model->task != TASK_LAST || example->action < model->action_count)
            examples[(*count)++] = example;
    }
    return examples;
}

/* The symbols of an example, in the arena; NULL if memory runs out. */
static const uint32_t *spell(const struct trained_model *model,
                             const struct example *example, struct arena *arena)
{
    const struct history *history = &example->history;
    uint32_t K = model->schema->categories;
    uint32_t column = schema_find(model->schema, "event")->index;
    uint32_t *symbols = arena_array(arena, sequence_length(model->task, history->length),
                                    sizeof *symbols);
    if (!symbols)
        return NULL;
    size_t used = 0;
    for (uint32_t t = 0; t < history->length; t++) {
        symbols[used++] = history->ids[(size_t)t * K + column];
        if (model->task == TASK_LAST)
            continue;
        uint32_t action = example_action(example, t);
        symbols[used++] = action < model->action_count ? action + 1 : 0;
    }
    if (model->task == TASK_LAST)
        symbols[used] = example->action;
    return symbols;
}

static uint32_t shared_length(const struct sequence *a, const struct sequence *b)
{
    uint32_t shared = 0;
    while (shared < a->length && shared < b->length &&
           a->symbols[shared] == b->symbols[shared])
        shared++;
    return shared;
}

static int compare_sequences(const void *a, const void *b)
{
    const struct sequence *x = a, *y = b;
    uint32_t shared = shared_length(x, y);
    if (shared == x->length || shared == y->length)
        return (shared < x->length) - (shared < y->length);
    return x->symbols[shared] < y->symbols[shared] ? -1 : 1;
}

/* Write sorted sequences.  Returns false if they are too many. */
static bool write_sequences(const struct sequence *sequences, size_t count,
                            struct strbuf *bytes)
{
    const struct sequence *previous = &(struct sequence){.length = 0};
    size_t symbols = 0;
    for (size_t i = 0; i < count;) {
        const struct sequence *sequence = &sequences[i];
        uint32_t copies = 0, shared = shared_length(previous, sequence);
        while (i < count && compare_sequences(&sequences[i], sequence) == 0)
            copies++, i++;
        varint_add(bytes, shared);
        varint_add(bytes, sequence->length - shared);
        for (uint32_t j = shared; j < sequence->length; j++)
            varint_add(bytes, sequence->symbols[j]);
        varint_add(bytes, copies);
        symbols += sequence->length;
        if (bytes->length > TRAINING_HISTORIES_BYTES || symbols > MAX_SYMBOLS)
            return false;
        previous = sequence;
    }
    return true;
}

/* A copy of the text in the arena of the model; NULL if memory ran out. */
static const char *keep_text(struct trained_model *model, const struct strbuf *text)
{
    if (text->has_failed)
        return NULL;
    return arena_string(&model->arena, text->length > 0 ? text->bytes : "", text->length);
}

static enum status set_sequences(struct trained_model *model,
                                 const struct example *const *examples, size_t count,
                                 struct arena *arena, struct error *err)
{
    struct sequence *sequences = arena_array(arena, count + 1, sizeof *sequences);
    if (!sequences)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++) {
        sequences[i].length = sequence_length(model->task, examples[i]->history.length);
        sequences[i].symbols = spell(model, examples[i], arena);
        if (!sequences[i].symbols)
            return error_no_memory(err);
    }
    qsort(sequences, count, sizeof *sequences, compare_sequences);
    struct strbuf bytes, text;
    strbuf_init(&bytes, SIZE_MAX);
    strbuf_init(&text, SIZE_MAX);
    bool are_held = write_sequences(sequences, count, &bytes);
    if (are_held && !bytes.has_failed) {
        base64_add(&text, bytes.bytes, bytes.length);
        model->histories.sequences = keep_text(model, &text);
    }
    strbuf_release(&text);
    strbuf_release(&bytes);
    return are_held && !model->histories.sequences ? error_no_memory(err) : STATUS_OK;
}

static enum status set_sketch(struct trained_model *model,
                              const struct example *const *examples, size_t count,
                              struct error *err)
{
    struct history_sketch *sketch = malloc(sizeof *sketch);
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    if (!sketch)
        return error_no_memory(err);
    enum status status = history_sketch_make(sketch, model->schema, examples, count, err);
    if (status != STATUS_OK)
        goto out;
    history_sketch_write(sketch, &text);
    model->histories.sketch = keep_text(model, &text);
    if (!model->histories.sketch)
        status = error_no_memory(err);
out:
    free(sketch);
    strbuf_release(&text);
    return status;
}

enum status training_histories_set(struct trained_model *model,
                                   const struct training_data *data, bool only_count,
                                   struct error *err)
{
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    size_t count;
    const struct example **examples = collect(model, data, &count, &arena);
    enum status status = examples ? STATUS_OK : error_no_memory(err);
    model->histories = (struct held_histories){.count = count};
    if (status == STATUS_OK && !only_count && count > 0)
        status = set_sketch(model, examples, count, err);
    if (status == STATUS_OK && !only_count && count > 0 && count <= MAX_HISTORIES)
        status = set_sequences(model, examples, count, &arena, err);
    arena_release(&arena);
    return status;
}

static void write_text(struct strbuf *out, const char *key, const char *text)
{
    if (!text)
        return;
    strbuf_printf(out, ",\"%s\":", key);
    strbuf_json_string(out, text, strlen(text));
}

void training_histories_write(const struct trained_model *model, struct strbuf *out)
{
    const struct held_histories *histories = &model->histories;
    if (histories->count == 0)
        return;
    strbuf_printf(out, ",\"%s\":\"%" PRIu64 "\"", count_key, histories->count);
    write_text(out, sequences_key, histories->sequences);
    write_text(out, sketch_key, histories->sketch);
}

/* ---- reading ----------------------------------------------------------------------------- */

static enum status bad_format(struct error *err, const char *text)
{
    return error_set(err, STATUS_BAD_FORMAT, count_key, "%s", text);
}

/* Set *text to a copy of a string of the metadata in the arena of the model; NULL if it has none. */
static enum status read_text(struct trained_model *model, const json_t *metadata,
                             const char *key, const char **text, struct error *err)
{
    const json_t *value = json_object_get(metadata, key);
    if (!value)
        return STATUS_OK;
    size_t length = json_string_length(value);
    if (length > base64_length(TRAINING_HISTORIES_BYTES))
        return bad_format(err, "the histories need more than 1 MiB");
    *text = arena_string(&model->arena, json_string_value(value), length);
    return *text ? STATUS_OK : error_no_memory(err);
}

enum status training_histories_read(struct trained_model *model, const json_t *metadata,
                                    struct error *err)
{
    struct held_histories *histories = &model->histories;
    const char *count = json_string_value(json_object_get(metadata, count_key));
    if (!count)
        return STATUS_OK;
    size_t length = strlen(count);
    if (length == 0 || length > MAX_DIGITS || strspn(count, "0123456789") != length)
        return bad_format(err, "the number of histories is not a number");
    histories->count = strtoull(count, NULL, 10);
    RETURN_IF_ERROR(
        read_text(model, metadata, sequences_key, &histories->sequences, err));
    return read_text(model, metadata, sketch_key, &histories->sketch, err);
}

/* A decoding in progress. */
struct decoding {
    const struct trained_model *model;
    struct varint_reader reader;
    struct arena *arena;
    uint32_t *symbols; /* [capacity] of the sequence read last */
    size_t length, capacity;
    size_t symbol_total;
    struct example *examples; /* [model->histories.count] */
    size_t count;
};

/* Reserve memory for length symbols; keep the symbols in it. */
static enum status reserve(struct decoding *d, size_t length, struct error *err)
{
    if (length <= d->capacity)
        return STATUS_OK;
    uint32_t *symbols = realloc(d->symbols, 2 * length * sizeof *symbols);
    if (!symbols)
        return error_no_memory(err);
    d->symbols = symbols;
    d->capacity = 2 * length;
    return STATUS_OK;
}

/* Read the symbols of the next sequence. */
static enum status read_symbols(struct decoding *d, struct error *err)
{
    uint32_t shared, rest;
    if (!varint_read(&d->reader, &shared) || !varint_read(&d->reader, &rest) ||
        shared > d->length || rest > (size_t)(d->reader.end - d->reader.at))
        return bad_format(err, "a sequence is cut off");
    d->length = (size_t)shared + rest;
    d->symbol_total += d->length;
    if (d->symbol_total > MAX_SYMBOLS)
        return bad_format(err, "the sequences are too long");
    RETURN_IF_ERROR(reserve(d, d->length, err));
    for (size_t i = shared; i < d->length; i++)
        if (!varint_read(&d->reader, &d->symbols[i]))
            return bad_format(err, "a sequence is cut off");
    return STATUS_OK;
}

/* Make an example of the symbols.  Its arrays are in the arena. */
static enum status make_example(const struct decoding *d, struct example *example,
                                struct error *err)
{
    const struct trained_model *model = d->model;
    bool is_last = model->task == TASK_LAST;
    uint32_t column = schema_find(model->schema, "event")->index;
    uint32_t rows = schema_rows(model->schema, column), C = model->action_count;
    size_t length = is_last ? d->length - 1 : d->length / 2;
    if (d->length < 2 || (!is_last && d->length % 2 != 0))
        return bad_format(err, "a sequence has no event");
    uint32_t *ids = arena_array(d->arena, length, sizeof *ids);
    uint32_t *actions = arena_array(d->arena, length, sizeof *actions);
    if (!ids || !actions)
        return error_no_memory(err);
    for (size_t t = 0; t < length; t++) {
        ids[t] = d->symbols[is_last ? t : 2 * t];
        uint32_t label = is_last ? 0 : d->symbols[2 * t + 1];
        if (ids[t] >= rows || label > C)
            return bad_format(err, "the model has no such event or action");
        actions[t] = label == 0 ? (uint32_t)ACTION_NONE : label - 1;
    }
    *example = (struct example){.history = {.ids = ids, .length = (uint32_t)length},
                                .actions = is_last ? NULL : actions};
    if (!is_last)
        return STATUS_OK;
    example->action = d->symbols[length];
    return example->action < C ? STATUS_OK
                               : bad_format(err, "the model has no such action");
}

static enum status read_sequence(struct decoding *d, struct error *err)
{
    struct example example;
    uint32_t copies;
    RETURN_IF_ERROR(read_symbols(d, err));
    if (!varint_read(&d->reader, &copies) || copies == 0 ||
        copies > d->model->histories.count - d->count)
        return bad_format(err, "the number of histories is wrong");
    RETURN_IF_ERROR(make_example(d, &example, err));
    for (uint32_t i = 0; i < copies; i++)
        d->examples[d->count++] = example;
    return STATUS_OK;
}

static enum status read_sequences(struct decoding *d, struct error *err)
{
    while (d->reader.at < d->reader.end)
        RETURN_IF_ERROR(read_sequence(d, err));
    return d->count == d->model->histories.count
               ? STATUS_OK
               : bad_format(err, "the number of histories is wrong");
}

enum status training_histories_decode(const struct trained_model *model,
                                      struct example **examples, size_t *count,
                                      struct arena *arena, struct error *err)
{
    const char *text = model->histories.sequences;
    size_t length = strlen(text), byte_count;
    if (model->histories.count > MAX_HISTORIES)
        return bad_format(err, "there are too many histories");
    unsigned char *bytes = malloc(base64_capacity(length) + 1);
    struct decoding d = {
        .model = model,
        .arena = arena,
        .examples = arena_array(arena, model->histories.count + 1, sizeof *d.examples)};
    enum status status = STATUS_OK;
    if (!bytes || !d.examples) {
        status = error_no_memory(err);
        goto out;
    }
    if (!base64_decode(text, length, bytes, &byte_count)) {
        status = bad_format(err, "the sequences are not base64");
        goto out;
    }
    d.reader = (struct varint_reader){.at = bytes, .end = bytes + byte_count};
    status = read_sequences(&d, err);
    *examples = d.examples;
    *count = d.count;
out:
    free(bytes);
    free(d.symbols);
    return status;
}
