#include "data/served.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "data/histories/encoder.h"
#include "model/schema.h"
#include "trainer.h"

enum {
    SAMPLE = 16384,         /* values of a field */
    SAMPLED_EVENTS = 65536, /* of a tape */
    MIN_HISTORIES = 8,
    MIN_CONSTANT = 20, /* histories */
    MIN_NUMBERS = 20,
    MIN_TIMED = 200, /* histories */
    PLACE_BYTES = 96
};

/* One of every `stride` numbers; when the sample is full, half of it is left out. */
struct number_sample {
    float values[SAMPLE]; /* [count] */
    uint32_t count, stride, skipped;
};

/* What is seen of a field. */
struct seen {
    size_t events, present, histories; /* histories: that have it */
    size_t outside;                    /* numbers that the training does not reach */
    size_t outside_histories;          /* that have such a number */
    uint32_t id;                       /* of a category: that of the first event */
    bool varies;
    float first, first_outside;
    char place[PLACE_BYTES], outside_place[PLACE_BYTES];
    struct number_sample *sample; /* of a number; owned */
};

struct served {
    struct schema *schema; /* raw; owned */
    struct seen *seen;     /* [field_count] */
    struct number_sample lengths;
    size_t histories, timed;
    size_t hours[PROFILE_HOURS];
};

/* ---- what is seen ------------------------------------------------------------------------ */

static void number_sample_add(struct number_sample *sample, float value)
{
    if (sample->skipped++ % sample->stride != 0)
        return;
    if (sample->count == SAMPLE) {
        sample->count /= 2;
        for (uint32_t i = 0; i < sample->count; i++)
            sample->values[i] = sample->values[2 * i];
        sample->stride *= 2;
    }
    sample->values[sample->count++] = value;
}

static struct schema *raw_copy(const struct schema *schema, struct error *err)
{
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    triage_schema_write(schema, &text);
    json_t *json = text.has_failed ? NULL : json_read(text.bytes, text.length, err);
    struct schema *copy = json ? triage_schema_read(json, "/schema", err) : NULL;
    json_decref(json);
    strbuf_release(&text);
    if (copy)
        triage_schema_begin_raw(copy);
    return copy;
}

struct served *served_new(const struct schema *schema, struct error *err)
{
    struct served *served = calloc(1, sizeof *served);
    bool is_complete = served != NULL;
    if (served) {
        served->lengths.stride = 1;
        served->schema = raw_copy(schema, err);
        served->seen = calloc(schema->field_count, sizeof *served->seen);
        is_complete = served->schema && served->seen;
    }
    for (uint32_t i = 0; is_complete && i < schema->field_count; i++) {
        if (schema->fields[i].kind != FIELD_NUMBER)
            continue;
        struct number_sample *sample = calloc(1, sizeof *sample);
        served->seen[i].sample = sample;
        is_complete = sample != NULL;
        if (sample)
            sample->stride = 1;
    }
    if (is_complete)
        return served;
    served_free(served);
    error_no_memory(err);
    return NULL;
}

void served_free(struct served *served)
{
    if (!served)
        return;
    for (uint32_t i = 0;
         served->schema && served->seen && i < served->schema->field_count; i++)
        free(served->seen[i].sample);
    triage_schema_free(served->schema);
    free(served->seen);
    free(served);
}

const struct schema *served_schema(const struct served *served)
{
    return served->schema;
}

static void see_number(struct seen *seen, const struct field *field, float number,
                       const char *place)
{
    if (seen->present++ == 0) {
        seen->first = number;
        snprintf(seen->place, sizeof seen->place, "%s", place);
    }
    seen->varies = seen->varies || number != seen->first;
    number_sample_add(seen->sample, number);
    if (!field->deciles ||
        (number >= field->deciles[0] && number <= field->deciles[PROFILE_POINTS - 1]))
        return;
    if (seen->outside++ == 0) {
        seen->first_outside = number;
        snprintf(seen->outside_place, sizeof seen->outside_place, "%s", place);
    }
}

static void see_category(struct seen *seen, uint32_t id, const char *place)
{
    if (seen->present++ == 0) {
        seen->id = id;
        snprintf(seen->place, sizeof seen->place, "%s", place);
    }
    seen->varies = seen->varies || id != seen->id;
}

static void see_field(struct served *served, uint32_t i, const struct history *history,
                      const char *place)
{
    const struct schema *schema = served->schema;
    const struct field *field = &schema->fields[i];
    struct seen *seen = &served->seen[i];
    const size_t K = schema->categories, F = schema_inputs(schema);
    size_t before = seen->present, outside = seen->outside;
    for (size_t t = 0; t < history->length; t++) {
        if (field->kind == FIELD_CATEGORY) {
            uint32_t id = history->ids[t * K + field->index];
            if (id != SCHEMA_MISSING)
                see_category(seen, id, place);
            continue;
        }
        const float *pair = history->values + t * F + 2 * (size_t)field->index;
        if (pair[1] == field->flags[0])
            see_number(seen, field, pair[0], place);
    }
    seen->events += history->length;
    seen->histories += seen->present > before;
    seen->outside_histories += seen->outside > outside;
}

void served_add(struct served *served, const struct history *history, const char *place)
{
    served->histories++;
    number_sample_add(&served->lengths, (float)history->length);
    for (uint32_t i = 0; i < served->schema->field_count; i++)
        see_field(served, i, history, place);
    int hour = history->has_times && history->length > 0
                   ? profile_hour(served->schema, history->values)
                   : -1;
    if (hour < 0)
        return;
    served->hours[hour]++;
    served->timed++;
}

/* ---- numbers ----------------------------------------------------------------------------- */

static const double tolerance = 1.6;

/*
 * How many times the deciles are those of the training, if it is the same for all of them within the
 * tolerance; 0 otherwise.  The ends are not compared.
 */
static double find_factor(const float *trained, const float *deciles)
{
    double logs[PROFILE_POINTS], sum = 0.0;
    int count = 0;
    for (int i = 1; i < PROFILE_POINTS - 1; i++) {
        if (trained[i] == 0.0f && deciles[i] == 0.0f)
            continue;
        double ratio = (double)deciles[i] / (double)trained[i];
        if (!(ratio > 0.0) || !isfinite(ratio))
            return 0.0;
        logs[count] = log(ratio);
        sum += logs[count++];
    }
    if (count < PROFILE_POINTS / 2)
        return 0.0;
    for (int i = 0; i < count; i++)
        if (fabs(logs[i] - sum / count) > log(tolerance))
            return 0.0;
    return exp(sum / count);
}

/* The factor between two units that is nearest; 0: it is none. */
static double find_unit(double factor)
{
    static const double units[] = {10.0, 60.0, 100.0, 1000.0, 3600.0, 86400.0, 1e6, 1e9};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (fabs(log(factor / units[i])) < log(1.25))
            return units[i];
    return 0.0;
}

static bool warn_of_unit(const struct field *field, const struct seen *seen,
                         const float *deciles, struct messages *messages)
{
    const double smallest_factor = 8.0;
    double factor = find_factor(field->deciles, deciles);
    double size = factor < 1.0 ? 1.0 / factor : factor;
    if (factor == 0.0 || size < smallest_factor)
        return false;
    double unit = find_unit(size);
    messages_warn(
        messages,
        "\"%s\" is %s%.9g times %s in the training (the middle one of its "
        "numbers is %.6g, there %.6g; the first is %.6g at %s): is it in "
        "another unit?",
        field->name, unit > 0.0 ? "" : "about ", unit > 0.0 ? unit : round(size),
        factor < 1.0 ? "smaller than" : "as large as",
        (double)deciles[PROFILE_POINTS / 2], (double)field->deciles[PROFILE_POINTS / 2],
        (double)seen->first, seen->place);
    return true;
}

static bool warn_of_sign(const struct field *field, const struct seen *seen,
                         const float *deciles, struct messages *messages)
{
    float turned[PROFILE_POINTS];
    for (int i = 0; i < PROFILE_POINTS; i++)
        turned[i] = -deciles[PROFILE_POINTS - 1 - i];
    double factor = find_factor(field->deciles, turned);
    if (factor < 1.0 / tolerance || factor > tolerance ||
        find_factor(field->deciles, deciles) > 0.0)
        return false;
    messages_warn(messages,
                  "\"%s\" has the other sign than in the training (the middle one of its "
                  "numbers is %.6g, there %.6g; the first is %.6g at %s)",
                  field->name, (double)deciles[PROFILE_POINTS / 2],
                  (double)field->deciles[PROFILE_POINTS / 2], (double)seen->first,
                  seen->place);
    return true;
}

/*
 * So many of the numbers, and of the histories, may be outside of the training.  After a training on
 * n histories, 2 / (n + 1) of equal data is outside on average, and by chance several times as much.
 */
static double usual_outside(const struct field *field)
{
    const double most = 0.05, of_few = 8.0;
    return field->histories > 0 ? most + of_few / (double)field->histories : most;
}

static bool warn_of_outside(const struct field *field, const struct seen *seen,
                            struct messages *messages)
{
    const double most = usual_outside(field);
    if ((double)seen->outside <= most * (double)seen->present ||
        (double)seen->outside_histories <= most * (double)seen->histories)
        return false;
    messages_warn(
        messages,
        "%zu of %zu numbers of \"%s\" are less or more than all of the training "
        "(%.6g to %.6g), the first is %.6g at %s: are they in another unit?",
        seen->outside, seen->present, field->name, (double)field->deciles[0],
        (double)field->deciles[PROFILE_POINTS - 1], (double)seen->first_outside,
        seen->outside_place);
    return true;
}

static bool warn_of_number(const struct field *field, const struct seen *seen,
                           struct messages *messages)
{
    float deciles[PROFILE_POINTS];
    if (seen->present < MIN_NUMBERS || !field->deciles || field->has_booleans)
        return false;
    profile_deciles(seen->sample->values, seen->sample->count, deciles);
    if (warn_of_unit(field, seen, deciles, messages) ||
        warn_of_sign(field, seen, deciles, messages) ||
        warn_of_outside(field, seen, messages))
        return true;
    if (seen->varies || seen->histories < MIN_CONSTANT ||
        field->deciles[1] == field->deciles[PROFILE_POINTS - 2])
        return false;
    messages_warn(messages,
                  "\"%s\" is %.6g in all %zu histories that have it; in the training it "
                  "varies (%.6g to %.6g)",
                  field->name, (double)seen->first, seen->histories,
                  (double)field->deciles[0], (double)field->deciles[PROFILE_POINTS - 1]);
    return true;
}

/* ---- categories, missing values ---------------------------------------------------------- */

static bool warn_of_constant(const struct field *field, const struct seen *seen,
                             struct messages *messages)
{
    const float usual = 0.8f;
    if (seen->varies || seen->histories < MIN_CONSTANT || field->most_frequent < 0.0f ||
        field->most_frequent > usual || seen->id < SCHEMA_FIRST)
        return false;
    messages_warn(
        messages,
        "\"%s\" is \"%s\" in all %zu histories that have it; in the training the "
        "most frequent value has %.0f %% of the events",
        field->name, field->values.keys[seen->id - SCHEMA_FIRST].bytes, seen->histories,
        100.0 * (double)field->most_frequent);
    return true;
}

/* A field that is always missing is another warning's. */
static bool warn_of_missing(const struct field *field, const struct seen *seen,
                            struct messages *messages)
{
    const double much = 0.5;
    double trained = (double)(field->kind == FIELD_NUMBER ? field->missing.mean
                                                          : field->missing_share);
    bool is_known = field->kind == FIELD_NUMBER ? field->deciles != NULL : trained >= 0.0;
    double share = 1.0 - (double)seen->present / (double)seen->events;
    if (!is_known || seen->present == 0 || share < trained + much)
        return false;
    messages_warn(
        messages,
        "\"%s\" is missing in %.0f %% of %zu events; in the training in %.0f %%",
        field->name, 100.0 * share, seen->events, 100.0 * trained);
    return true;
}

/* ---- lengths and hours ------------------------------------------------------------------- */

static double share_up_to(const struct number_sample *sample, float length)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < sample->count; i++)
        count += sample->values[i] <= length;
    return (double)count / (double)sample->count;
}

/*
 * How many more histories, as a share, have at most that length than in the training (below 0: how
 * many fewer).  The share of the training lies between two tenths; the nearer one counts.
 */
static double excess(const float *trained, const struct number_sample *lengths,
                     float length)
{
    int below = 0;
    while (below < PROFILE_POINTS && trained[below] <= length)
        below++;
    double share = share_up_to(lengths, length), tenths = PROFILE_POINTS - 1;
    double high = fmin(1.0, below / tenths), low = below > 0 ? (below - 1) / tenths : 0.0;
    return share > high ? share - high : share < low ? share - low : 0.0;
}

static bool warn_of_lengths(const struct served *served, struct messages *messages)
{
    const double half = 0.5;
    const float *trained = served->schema->length_deciles;
    double most = 0.0;
    if (!trained || served->histories < MIN_HISTORIES)
        return false;
    for (int i = 0; i < 2 * PROFILE_POINTS; i++) {
        double now = excess(trained, &served->lengths, trained[i / 2] - (float)(i % 2));
        most = fabs(now) > fabs(most) ? now : most;
    }
    double first = excess(trained, &served->lengths, 1.0f);
    most = fabs(first) > fabs(most) ? first : most;
    if (fabs(most) < half)
        return false;
    struct number_sample lengths = served->lengths;
    float deciles[PROFILE_POINTS];
    profile_deciles(lengths.values, lengths.count, deciles);
    messages_warn(
        messages,
        "the histories are much %s than those of the training: half of %zu have "
        "at most %.0f event%s, there %.0f%s",
        most > 0.0 ? "shorter" : "longer", served->histories,
        (double)deciles[PROFILE_POINTS / 2],
        deciles[PROFILE_POINTS / 2] == 1.0f ? "" : "s",
        (double)trained[PROFILE_POINTS / 2],
        most > 0.0 ? ": are all events exported, or are these incidents still open?"
                   : "");
    return true;
}

/* The sum of differences of the shares, when the hours are later by some. */
static double hour_distance(const struct served *served, int later)
{
    double sum = 0.0;
    for (int hour = 0; hour < PROFILE_HOURS; hour++)
        sum += fabs((double)served->schema->hours[hour] -
                    (double)served->hours[(hour + later) % PROFILE_HOURS] /
                        (double)served->timed);
    return sum;
}

static bool warn_of_zone(const struct served *served, struct messages *messages)
{
    const double much = 0.4;
    int best = 0;
    if (!served->schema->hours || served->timed < MIN_TIMED)
        return false;
    for (int later = 1; later < PROFILE_HOURS; later++)
        if (hour_distance(served, later) < hour_distance(served, best))
            best = later;
    double now = hour_distance(served, 0), then = hour_distance(served, best);
    if (best == 0 || now - then < much || then > now / 2)
        return false;
    bool is_later = best <= PROFILE_HOURS / 2;
    int hours = is_later ? best : PROFILE_HOURS - best;
    messages_warn(messages,
                  "%zu histories begin at other hours of the day than those of the "
                  "training, as if they were %d hour%s %s: is the time zone another?",
                  served->timed, hours, hours == 1 ? "" : "s",
                  is_later ? "later" : "earlier");
    return true;
}

size_t served_warn(struct served *served, struct messages *messages)
{
    size_t lines = 0;
    for (uint32_t i = 0; i < served->schema->field_count; i++) {
        const struct field *field = &served->schema->fields[i];
        const struct seen *seen = &served->seen[i];
        lines += field->kind == FIELD_NUMBER ? warn_of_number(field, seen, messages)
                                             : warn_of_constant(field, seen, messages);
        if (served->histories >= MIN_HISTORIES)
            lines += warn_of_missing(field, seen, messages);
    }
    lines += warn_of_lengths(served, messages);
    return lines + warn_of_zone(served, messages);
}

/* ---- a tape ------------------------------------------------------------------------------ */

struct reading {
    struct served *served;
    struct encoder encoder;
    struct encoder_scratch scratch;
    uint32_t *ids; /* [capacity][K] */
    float *values; /* [capacity][F] */
};

/* A value that cannot be read is an error of the encoding, which comes later. */
static void read_history(struct reading *r, const struct tape *tape, size_t index)
{
    char place[TAPE_PLACE_BYTES];
    struct encoded encoded;
    struct error inner = {.status = STATUS_OK};
    uint64_t line;
    if (encoder_run(&r->encoder, index, &r->scratch, r->ids, r->values, &encoded, &line,
                    &inner) != STATUS_OK)
        return;
    const struct history history = {.ids = r->ids,
                                    .values = r->values,
                                    .length = tape->histories[index].events,
                                    .has_times = encoded.has_times};
    history_place(tape, index, place, sizeof place);
    served_add(r->served, &history, place);
}

static enum status read_sample(struct reading *r, const struct served_data *data,
                               struct error *err)
{
    const struct histories *histories = data->histories;
    size_t events = 0, longest = 0, used = 0;
    for (size_t i = 0; i < histories->count; i++) {
        size_t length = data->tape->histories[i].events;
        if (histories->list[i].role != data->role)
            continue;
        events += length;
        longest = length > longest ? length : longest;
    }
    r->ids = calloc(longest + 1, (r->encoder.K + 1) * sizeof *r->ids);
    r->values = calloc(longest + 1, (r->encoder.F + 1) * sizeof *r->values);
    if (!r->ids || !r->values)
        return error_no_memory(err);
    const size_t stride = 1 + events / SAMPLED_EVENTS;
    for (size_t i = 0; i < histories->count; i++)
        if (histories->list[i].role == data->role && used++ % stride == 0)
            read_history(r, data->tape, i);
    return STATUS_OK;
}

enum status warn_about_served(struct messages *messages, const struct served_data *data,
                              struct error *err)
{
    struct reading r = {.served = served_new(data->schema, err)};
    if (!r.served)
        return STATUS_NO_MEMORY;
    enum status status =
        encoder_init(&r.encoder, data->tape, data->columns, served_schema(r.served),
                     data->comma_columns != NULL, data->comma_columns, err);
    if (status == STATUS_OK)
        status = read_sample(&r, data, err);
    if (status == STATUS_OK)
        (void)served_warn(r.served, messages);
    encoder_release(&r.encoder);
    encoder_scratch_release(&r.scratch);
    free(r.ids);
    free(r.values);
    served_free(r.served);
    return status;
}
