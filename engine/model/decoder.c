/*
 * The decoder: from the text of a request, or of one history, to decoded histories.  This file has
 * the members of the request and of its histories, and the passes over the text; what is in a
 * history is read by history_decoder.c.
 *
 * Usually the text is read once.  Two things need another pass:
 *
 *   - "model" comes after members whose meaning depends on the schema, and names a model of
 *     another schema.  The text is read again from its beginning, at once.
 *   - Something is refused.  Then a second pass checks the whole text: JSON that is not valid is
 *     reported before any other error, and a "model" that comes later may have a schema that accepts
 *     the text.  So the error of a text does not depend on the order of its members.  The last pass
 *     finds the JSON Pointer of the place.
 *
 * Data that is refused is read once more, with the keys of the training only: it has been read by
 * these, and ours may mean anything in it.  If that fails too, the first error is reported.
 *
 * All of this is done in pieces (triage_decoder_step), so that a large request does not keep others
 * waiting.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "engine.h"
#include "model/decoder.h"
#include "model/history_decoder.h"
#include "model/include.h"
#include "model/request_members.h"
#include "model/schema.h"

enum {
    FIRST_HISTORIES = 16,
    /* More than this is left to the next step. */
    PIECE_BYTES = 64 << 10, /* of an id */
    STEP_EVENTS = 10000,    /* sorted */
    STEP_COMPARED = 20000,  /* known values, with unknown ones */
    MAX_INCLUDES = 32,      /* in one request */
    INCLUDE_BYTES = 4096    /* a longer string that is not plain is no name */
};

enum pass { PASS_DECODE, PASS_CHECK, PASS_DECODE_AGAIN };

/* What the next step does. */
enum decoder_next {
    NEXT_READ,
    NEXT_ID,      /* write a piece of a long id */
    NEXT_HISTORY, /* write a long history, whose events are sorted */
    NEXT_PLACE,   /* follow the text to the place of the refusal */
    NEXT_NOTHING  /* the text is decoded */
};

/* Why the text is refused. */
struct refusal {
    struct error error; /* where: a member of `at`, or complete if at is NULL */
    const char *at;     /* the place in the text */
    struct json_place place;
};

/* A long string that becomes an id. */
struct long_id {
    struct strbuf text; /* as JSON, without the quote at its end */
    struct span rest;   /* not written yet */
    const char **id;
};

struct decoder {
    const struct decoder_options *options;
    struct history_decoder current; /* the history that is being read */
    const char *bytes;
    size_t length;
    struct arena_mark mark; /* of the arena, before anything was decoded */
    enum pass pass;
    uint32_t pass_count;
    const char *refused_at;  /* see history_reader */
    struct refusal *refusal; /* NULL: none yet */
    struct long_id *long_id; /* of NEXT_ID, or NULL */
    enum decoder_next next;
    uint32_t step_compared; /* notes.compared when the step began */
    bool is_named;          /* the text has named its model */
    bool is_late;           /* it did so after members that another schema was used for */

    struct decoded result;
    size_t capacity; /* of result.histories */

    const struct schema *named_schema; /* of the model that the text names */
    /* Whose keys this pass began with: the default model's, or the named one's; may be NULL. */
    const struct schema *keys_schema;

    const char *id_key; /* of the id of the current history */
    /* of an item of "histories", of the outermost object */
    struct request_members members[2];
};

/* ---- the schema ---------------------------------------------------------------------------- */

static enum status find_schema(const struct decoder *decoder, struct span name,
                               const struct schema **schema, struct error *err)
{
    struct error own;
    own.status = STATUS_OK; /* as all that is looked at */
    err = err ? err : &own;
    *schema = decoder->options->find_schema(decoder->options->context, name.bytes,
                                            name.length, err);
    if (*schema)
        return STATUS_OK;
    return err->status != STATUS_OK
               ? err->status
               : error_set(err, STATUS_NOT_FOUND, "/model", "there is no such model");
}

/* The schema is needed.  If the text has not named a model, it is that of the default model. */
static enum status ensure_schema(struct decoder *decoder, struct error *err)
{
    const struct schema *schema =
        decoder->is_named ? decoder->named_schema : decoder->keys_schema;
    if (decoder->current.schema)
        return STATUS_OK;
    if (!schema)
        RETURN_IF_ERROR(find_schema(decoder, (struct span){.bytes = NULL}, &schema, err));
    return history_decoder_use_schema(&decoder->current, schema, err);
}

/* Do members have the same meaning for both? */
static bool has_same_keys(const struct schema *a, const struct schema *b)
{
    return strcmp(a->keys.id, b->keys.id) == 0 &&
           strcmp(a->keys.events, b->keys.events) == 0;
}

/* The value is the name of a model. */
static enum status read_model(struct decoder *decoder, struct error *err)
{
    const struct history_reader *reader = &decoder->current.reader;
    const struct json_value *value = &reader->value;
    decoder->members[true].given |= 1U << MEMBER_MODEL;
    if (decoder->is_named)
        return STATUS_OK; /* by an earlier pass */
    if (value->type != JSON_IS_STRING)
        return REFUSE(reader, value->at, "a string", err,
                      "the name of a model is a string");
    RETURN_IF_ERROR(find_schema(decoder, value->text, &decoder->named_schema, err));
    decoder->is_named = true;
    decoder->is_late = decoder->named_schema != decoder->keys_schema &&
                       (decoder->current.schema || !decoder->keys_schema ||
                        !has_same_keys(decoder->named_schema, decoder->keys_schema));
    return STATUS_OK;
}

/* ---- members ------------------------------------------------------------------------------- */

/* Is the number written as an integer that every JSON reader can take: of 64 bits? */
static bool is_integer(const struct json_value *value)
{
    char copy[24];
    if (value->type != JSON_IS_NUMBER || !value->is_whole ||
        value->text.length >= sizeof copy)
        return false;
    memcpy(copy, value->text.bytes, value->text.length);
    copy[value->text.length] = '\0';
    errno = 0;
    (void)strtoll(copy, NULL, 10);
    return errno == 0;
}

static enum status begin_long_id(struct decoder *decoder, const char **id,
                                 struct error *err)
{
    struct long_id *long_id = malloc(sizeof *long_id);
    if (!long_id)
        return error_no_memory(err);
    long_id->rest = decoder->current.reader.value.text;
    long_id->id = id;
    strbuf_init(&long_id->text, SIZE_MAX);
    strbuf_add(&long_id->text, "\"");
    decoder->long_id = long_id;
    decoder->next = NEXT_ID;
    return STATUS_OK;
}

static void free_long_id(struct decoder *decoder)
{
    if (decoder->long_id)
        strbuf_release(&decoder->long_id->text);
    free(decoder->long_id);
    decoder->long_id = NULL;
}

/* Write a piece; at the end the id gets its value. */
static enum status write_long_id(struct decoder *decoder, struct error *err)
{
    struct long_id *long_id = decoder->long_id;
    struct strbuf *text = &long_id->text;
    struct span *rest = &long_id->rest;
    size_t length = utf8_cut(rest->bytes, rest->length, PIECE_BYTES);
    strbuf_json_characters(text, rest->bytes, length);
    rest->bytes += length;
    rest->length -= length;
    if (rest->length > 0 && !text->has_failed)
        return STATUS_OK;
    strbuf_add(text, "\"");
    if (!text->has_failed)
        *long_id->id = arena_string(decoder->current.arena, text->bytes, text->length);
    bool is_written = !text->has_failed && *long_id->id;
    free_long_id(decoder);
    decoder->next = NEXT_READ;
    return is_written ? STATUS_OK : error_no_memory(err);
}

/* A string or a whole number, as JSON text; of data also what `train` reads as one. */
static enum status read_id(struct decoder *decoder, const char **id, struct error *err)
{
    const struct history_reader *reader = &decoder->current.reader;
    const struct json_value *value = &reader->value;
    bool is_scalar = value->type != JSON_IS_ARRAY && value->type != JSON_IS_OBJECT;
    *id = NULL;
    if (value->type == JSON_IS_NULL)
        return STATUS_OK;
    if (value->type != JSON_IS_STRING && !is_integer(value) &&
        !(decoder->options->is_data && is_scalar))
        return REFUSE(reader, value->at, "a string or an integer", err,
                      "expected a string or an integer");
    if (value->type == JSON_IS_NUMBER) {
        *id = arena_string(decoder->current.arena, value->text.bytes, value->text.length);
        return *id ? STATUS_OK : error_no_memory(err);
    }
    if (value->type != JSON_IS_STRING) {
        *id = value->type == JSON_IS_TRUE ? "true" : "false";
        return STATUS_OK;
    }
    if (value->text.length > PIECE_BYTES)
        return begin_long_id(decoder, id, err);
    struct strbuf text;
    strbuf_init(&text, SIZE_MAX);
    strbuf_json_string(&text, value->text.bytes, value->text.length);
    if (!text.has_failed)
        *id = arena_string(decoder->current.arena, text.bytes, text.length);
    strbuf_release(&text);
    return *id ? STATUS_OK : error_no_memory(err);
}

/* One name of "include". */
static enum status take_include(const struct history_reader *reader,
                                const struct json_value *value, unsigned *includes,
                                struct error *err)
{
    struct error reason = {.status = STATUS_OK};
    unsigned bit;
    if (value->type != JSON_IS_STRING)
        return REFUSE(reader, value->at, "a name", err,
                      "\"include\" is an array of names");
    if (include_find(value->text.bytes, value->text.length, "", &bit, &reason) !=
        STATUS_OK)
        return REFUSE(reader, value->at, reason.expected, err, "%s", reason.text);
    *includes |= bit;
    return STATUS_OK;
}

/*
 * The names of an array.  They are read by a reader of their own; the other one skips the array, and
 * reports what is not JSON.
 */
static enum status take_includes(const struct history_reader *reader, const char *at,
                                 unsigned *includes, struct error *err)
{
    struct json_reader names = {.levels = NULL};
    struct json_value value;
    uint32_t count = 0;
    enum status status = STATUS_OK;
    json_reader_init(&names, at, (size_t)(reader->json.end - at));
    names.pause =
        reader->json.end - at > INCLUDE_BYTES ? at + INCLUDE_BYTES : reader->json.end;
    (void)json_reader_open(&names, '[');
    while (status == STATUS_OK && json_reader_more(&names, ']') &&
           json_reader_value(&names, &value)) {
        if (count++ == MAX_INCLUDES)
            status = REFUSE(reader, value.at, "at most 32 names", err,
                            "\"include\" has too many names");
        else
            status = take_include(reader, &value, includes, err);
    }
    if (status == STATUS_OK && names.status == STATUS_NO_MEMORY)
        status = error_no_memory(err);
    json_reader_release(&names);
    return status;
}

static enum status read_include(struct decoder *decoder, struct error *err)
{
    const struct history_reader *reader = &decoder->current.reader;
    const struct json_value *value = &reader->value;
    decoder->members[true].given |= 1U << MEMBER_INCLUDE;
    if (value->type != JSON_IS_ARRAY)
        return REFUSE(reader, value->at, "an array of names", err,
                      "\"include\" is an array of names");
    unsigned includes = 0;
    RETURN_IF_ERROR(take_includes(reader, value->at, &includes, err));
    decoder->result.includes |= includes;
    return STATUS_OK;
}

/* An integer that is written as one, from min to max; else false. */
static bool read_whole(const struct json_value *value, uint64_t min, uint64_t max,
                       uint64_t *number)
{
    if (!is_integer(value) || value->number < 0.0)
        return false;
    /* a double has the digits of every max that there is */
    *number = value->number > (double)max ? UINT64_MAX : (uint64_t)value->number;
    return *number >= min && *number <= max;
}

/* "steps", "beam", "sample" or "seed". */
static enum status read_forecast_number(struct decoder *decoder,
                                        enum request_member member, struct error *err)
{
    const struct history_reader *reader = &decoder->current.reader;
    const struct forecast_request *request = decoder->options->forecast;
    struct forecast_options *forecast = &decoder->result.forecast;
    const bool is_seed = member == MEMBER_SEED;
    const uint64_t max = is_seed                  ? FORECAST_MAX_SEED
                         : member == MEMBER_STEPS ? request->max_steps
                                                  : request->max_beam;
    uint64_t number;
    char expected[64];
    snprintf(expected, sizeof expected, "an integer from %d to %" PRIu64, is_seed ? 0 : 1,
             max);
    if (!read_whole(&reader->value, is_seed ? 0 : 1, max, &number))
        return REFUSE(reader, reader->value.at, expected, err, "\"%s\" is %s",
                      request_member_name(member), expected);
    if (is_seed)
        forecast->seed = number;
    else if (member == MEMBER_STEPS)
        forecast->steps = (uint32_t)number;
    else
        forecast->beam = (uint32_t)number;
    return STATUS_OK;
}

static enum status read_rank(struct decoder *decoder, struct error *err)
{
    const struct history_reader *reader = &decoder->current.reader;
    const struct json_value *value = &reader->value;
    const bool is_string = value->type == JSON_IS_STRING;
    const bool is_mean = is_string && span_is(value->text, "mean");
    if (!is_mean && !(is_string && span_is(value->text, "sum")))
        return REFUSE(reader, value->at, "\"sum\" or \"mean\"", err,
                      "\"rank\" is \"sum\" or \"mean\"");
    decoder->result.forecast.is_mean = is_mean;
    return STATUS_OK;
}

/* The member of a request for a forecast that the key is; REQUEST_MEMBERS: none. */
static enum request_member find_forecast_member(const struct decoder *decoder)
{
    const struct history_reader *reader = &decoder->current.reader;
    unsigned member = MEMBER_STEPS;
    if (!decoder->options->forecast || !reader->is_request)
        return REQUEST_MEMBERS;
    while (member < REQUEST_MEMBERS &&
           !span_is(reader->key, request_member_name((enum request_member)member)))
        member++;
    return (enum request_member)member;
}

static enum status read_forecast_member(struct decoder *decoder,
                                        enum request_member member, struct error *err)
{
    decoder->members[true].given |= 1U << member;
    if (member == MEMBER_SAMPLE)
        decoder->result.forecast.is_sampled = true;
    return member == MEMBER_RANK ? read_rank(decoder, err)
                                 : read_forecast_number(decoder, member, err);
}

/* Members of a forecast that contradict each other. */
static enum status check_forecast(const struct decoder *decoder, const char *at,
                                  struct error *err)
{
    const unsigned given = decoder->members[true].given;
    const bool is_sampled = (given & 1U << MEMBER_SAMPLE) != 0;
    const bool is_ranked = (given & (1U << MEMBER_BEAM | 1U << MEMBER_RANK)) != 0;
    struct error reason = {.status = STATUS_BAD_INPUT};
    const char *member = NULL;
    if (is_sampled && is_ranked) {
        member = given & 1U << MEMBER_BEAM ? "beam" : "rank";
        snprintf(reason.text, sizeof reason.text,
                 "a forecast has either \"sample\" or \"%s\", not both", member);
        snprintf(reason.expected, sizeof reason.expected, "no \"%s\" beside \"sample\"",
                 member);
    } else if (given & 1U << MEMBER_SEED && !is_sampled) {
        member = "seed";
        snprintf(reason.text, sizeof reason.text, "\"seed\" needs \"sample\"");
        snprintf(reason.expected, sizeof reason.expected, "\"sample\" beside it");
    }
    return member ? history_reader_refuse_member(&decoder->current.reader, at, member,
                                                 &reason, err)
                  : STATUS_OK;
}

/* A member without meaning. */
static enum status ignore_member(struct decoder *decoder, struct error *err)
{
    const struct history_reader *reader = &decoder->current.reader;
    struct ignored_notes *notes = &decoder->current.notes.ignored[reader->is_request];
    enum json_type type = reader->value.type;
    const struct schema *schema =
        decoder->is_named ? decoder->named_schema : decoder->keys_schema;
    uint32_t index;
    RETURN_IF_ERROR(history_decoder_ignore(&decoder->current, reader->key, &index, err));
    if (index < HISTORY_NOTES)
        notes->list[index].is_member = true;
    if (decoder->options->is_data)
        return STATUS_OK;
    if (index < HISTORY_NOTES && type >= JSON_IS_FALSE && type <= JSON_IS_STRING)
        notes->list[index].value_at = reader->value.at;
    return request_members_note(&decoder->members[reader->is_request], reader->key, type,
                                schema ? schema->keys.id : "", decoder->current.arena,
                                err);
}

/* "model" or "include", as a member of data: not counted as ignored if it asks for what is done. */
static enum status read_option_of_data(struct decoder *decoder, bool is_model,
                                       struct error *err)
{
    const struct json_value *value = &decoder->current.reader.value;
    const struct schema *schema;
    enum status status = STATUS_BAD_INPUT;
    if (is_model && value->type == JSON_IS_STRING)
        status = find_schema(decoder, value->text, &schema, NULL);
    else if (!is_model && value->type == JSON_IS_ARRAY)
        status = read_include(decoder, NULL);
    if (status == STATUS_NO_MEMORY)
        return error_no_memory(err);
    return status == STATUS_OK ? STATUS_OK : ignore_member(decoder, err);
}

/* "model" or "include". */
static enum status read_option(struct decoder *decoder, bool is_model, struct error *err)
{
    const struct history_reader *reader = &decoder->current.reader;
    if (decoder->options->is_data)
        return read_option_of_data(decoder, is_model, err);
    if (reader->is_request)
        return is_model ? read_model(decoder, err) : read_include(decoder, err);
    if (reader->value.type != (is_model ? JSON_IS_STRING : JSON_IS_ARRAY))
        return ignore_member(decoder, err);
    return REFUSE(reader, reader->value.at, "a member of the request", err,
                  "\"%s\" is a member of the request, not of a history",
                  is_model ? "model" : "include");
}

/* A member that is structural, and that the history reader could not open. */
static enum status refuse_structure(struct decoder *decoder, bool is_events,
                                    struct error *err)
{
    const struct history_reader *reader = &decoder->current.reader;
    const struct json_value *value = &reader->value;
    bool is_histories = !is_events && span_is(reader->key, "histories");
    if (is_histories && decoder->options->max_histories == 0)
        return REFUSE(reader, value->at, "one history", err,
                      decoder->options->forecast ? "a forecast is of one history"
                                                 : "a line of a stream is one history");
    enum json_type type = is_events || is_histories ? JSON_IS_ARRAY : JSON_IS_OBJECT;
    if (value->type != type)
        return REFUSE(reader, value->at, type == JSON_IS_ARRAY ? "an array" : "an object",
                      err,
                      type == JSON_IS_ARRAY ? "expected an array" : "expected an object");
    if (is_events && !reader->is_many)
        return REFUSE(reader, value->at, "one array of events", err,
                      "the events are given twice");
    return REFUSE(reader, value->at, "either a history or \"histories\"", err,
                  "a request has either \"events\" (and \"fields\") or \"histories\", "
                  "not both");
}

static bool is_events_key(const struct history_reader *reader)
{
    return span_is(reader->key, reader->keys.events[0]) ||
           (*reader->keys.events[1] != '\0' &&
            span_is(reader->key, reader->keys.events[1]));
}

/* The key of the last member if its value is an id; else NULL. */
static const char *find_id_key(const struct decoder *decoder)
{
    const struct schema *schema =
        decoder->is_named ? decoder->named_schema : decoder->keys_schema;
    struct span key = decoder->current.reader.key;
    if (schema && *schema->keys.id != '\0' && span_is(key, schema->keys.id))
        return schema->keys.id;
    bool has_ours =
        history_decoder_has_our_key(&decoder->current, schema ? schema->keys.id : "");
    return has_ours && span_is(key, "id") ? "id" : NULL;
}

static enum status read_member(struct decoder *decoder, struct error *err)
{
    const struct history_reader *reader = &decoder->current.reader;
    struct span key = reader->key;
    const char *id_key = find_id_key(decoder);
    struct request_members *members = &decoder->members[reader->is_request];
    bool is_data = decoder->options->is_data;
    bool is_model = span_is(key, "model");
    if (is_model || span_is(key, "include"))
        return read_option(decoder, is_model, err);
    if (id_key && !(reader->is_request && reader->is_many)) {
        if (decoder->current.history.id)
            return REFUSE(reader, reader->value.at, "one id", err,
                          "the id of the history is given twice");
        decoder->id_key = id_key;
        members->given |= 1U << MEMBER_ID;
        return read_id(decoder, &decoder->current.history.id, err);
    }
    const enum request_member of_forecast = find_forecast_member(decoder);
    if (of_forecast != REQUEST_MEMBERS)
        return read_forecast_member(decoder, of_forecast, err);
    if (span_is(key, "fields") && reader->value.type == JSON_IS_NULL) {
        members->given |= 1U << MEMBER_FIELDS;
        return STATUS_OK;
    }
    if (is_events_key(reader) || span_is(key, "fields") ||
        (reader->is_request && !is_data && span_is(key, "histories")))
        return refuse_structure(decoder, is_events_key(reader), err);
    return ignore_member(decoder, err);
}

/* ---- histories ----------------------------------------------------------------------------- */

/* The optional members of an object, at `at`, that is not data. */
static enum status check_members(const struct decoder *decoder, const char *at,
                                 struct error *err)
{
    const struct history_reader *reader = &decoder->current.reader;
    const struct request_members *members = &decoder->members[reader->is_request];
    const unsigned count = !reader->is_request          ? MEMBER_ID + 1
                           : decoder->options->forecast ? REQUEST_MEMBERS
                                                        : MEMBER_STEPS;
    enum request_member member = request_members_mistyped(members, count);
    if (member == REQUEST_MEMBERS)
        return STATUS_OK;
    const char *key = members->mistyped[member], *name = request_member_name(member);
    struct error reason = {.status = STATUS_BAD_INPUT};
    snprintf(reason.expected, sizeof reason.expected, "\"%.16s\"", name);
    snprintf(reason.received, sizeof reason.received, "\"%s\"", key);
    snprintf(reason.text, sizeof reason.text,
             "unknown member \"%s\" (did you mean \"%.16s\"?)", key, name);
    return history_reader_refuse_member(reader, at, key, &reason, err);
}

static enum status begin_history(struct decoder *decoder, struct error *err)
{
    const struct history_reader *reader = &decoder->current.reader;
    size_t max_histories = decoder->options->max_histories;
    bool is_outer = reader->is_request;
    if (!is_outer && decoder->result.count == max_histories) {
        struct error reason = {.status = STATUS_TOO_LARGE,
                               .text = "there are more histories than the limit",
                               .received = "more"};
        snprintf(reason.expected, sizeof reason.expected, "at most %zu", max_histories);
        return history_reader_refuse_member(reader, reader->json.begin, "histories",
                                            &reason, err);
    }
    if (reader->value.type != JSON_IS_OBJECT)
        return REFUSE(reader, reader->value.at, "an object", err, "%s",
                      !is_outer ? "a history is an object with \"events\""
                      : max_histories == 0 && !decoder->options->forecast
                          ? "a line is an object with events"
                          : "a request is an object with events");
    if (!is_outer && !decoder->result.is_many && decoder->current.history.id) {
        /* the id of a request with "histories" has no meaning */
        const struct span id = {decoder->id_key, strlen(decoder->id_key)};
        struct ignored_notes *outer = &decoder->current.notes.ignored[true];
        uint32_t index;
        RETURN_IF_ERROR(
            ignored_notes_add(outer, id, &index, decoder->current.arena, err));
        if (index < HISTORY_NOTES)
            outer->list[index].is_member = true;
    }
    decoder->result.is_many = !is_outer;
    decoder->members[is_outer] = (struct request_members){.given = 0};
    history_decoder_begin(&decoder->current);
    return STATUS_OK;
}

/* Add the history that has been read to the result. */
static enum status keep_history(struct decoder *decoder, struct error *err)
{
    struct decoded *result = &decoder->result;
    if (result->count == decoder->capacity) {
        size_t first = result->is_many ? FIRST_HISTORIES : 1;
        size_t capacity = decoder->capacity == 0 ? first : decoder->capacity * 2;
        struct history *histories =
            arena_alloc(decoder->current.arena, capacity * sizeof *histories);
        if (!histories)
            return error_no_memory(err);
        if (result->count > 0)
            memcpy(histories, result->histories, result->count * sizeof *histories);
        result->histories = histories;
        decoder->capacity = capacity;
    }
    if (decoder->current.notes.compared - decoder->step_compared > STEP_COMPARED)
        history_reader_set_pause(&decoder->current.reader, 0);
    result->histories[result->count++] = decoder->current.history;
    result->events += decoder->current.history.length;
    return STATUS_OK;
}

static enum status write_history(struct decoder *decoder, struct error *err)
{
    RETURN_IF_ERROR(history_decoder_write(&decoder->current, err));
    return keep_history(decoder, err);
}

static enum status end_history(struct decoder *decoder, struct error *err)
{
    const struct history_reader *reader = &decoder->current.reader;
    if (reader->has_fields)
        decoder->members[reader->is_request].given |= 1U << MEMBER_FIELDS;
    RETURN_IF_ERROR(ensure_schema(decoder, err));
    RETURN_IF_ERROR(check_members(decoder, decoder->current.at, err));
    if (decoder->options->forecast)
        RETURN_IF_ERROR(check_forecast(decoder, decoder->current.at, err));
    RETURN_IF_ERROR(history_decoder_end(&decoder->current, err));
    if (decoder->current.rows.count <= STEP_EVENTS)
        return write_history(decoder, err);
    decoder->next = NEXT_HISTORY;
    return STATUS_OK;
}

/* ---- passes -------------------------------------------------------------------------------- */

static void start_pass(struct decoder *decoder, enum pass pass)
{
    const struct decoder_options *options = decoder->options;
    decoder->keys_schema = decoder->is_named
                               ? decoder->named_schema
                               : options->find_schema(options->context, NULL, 0, NULL);
    const char *trained_events =
        decoder->keys_schema ? decoder->keys_schema->keys.events : "";
    bool has_ours = history_decoder_has_our_key(&decoder->current, trained_events);
    const struct history_keys keys = {
        .events = {has_ours ? "events" : trained_events, trained_events},
        .may_be_many = options->max_histories > 0,
        .is_flat = pass == PASS_CHECK};
    if (decoder->pass_count++ > 0) {
        history_decoder_restart(&decoder->current);
        arena_rewind(decoder->current.arena, decoder->mark);
    }
    decoder->pass = pass;
    decoder->is_late = false;
    decoder->result = (struct decoded){.id = decoder->result.id};
    if (options->forecast)
        decoder->result.forecast = options->forecast->options;
    decoder->capacity = 0;
    if (pass != PASS_CHECK)
        decoder->current.schema = NULL;
    history_reader_start(&decoder->current.reader, &keys, decoder->bytes,
                         decoder->length);
}

static enum status end_decoding(struct decoder *decoder, struct error *err)
{
    struct decoded *result = &decoder->result;
    if (decoder->current.reader.is_many) {
        /* the id has no meaning here, and is noted as ignored */
        decoder->members[true].given |= 1U << MEMBER_ID | 1U << MEMBER_HISTORIES;
        RETURN_IF_ERROR(check_members(decoder, decoder->current.reader.json.begin, err));
        result->is_many = true;
        result->ignored =
            history_notes_copy_ignored(&decoder->current.notes, true,
                                       decoder->current.schema, decoder->current.arena);
        result->ignored_count = decoder->current.notes.ignored[true].count;
        if (!result->ignored && decoder->current.notes.ignored[true].count > 0)
            return error_no_memory(err);
    } else if (result->count > 0) {
        result->id = result->histories[0].id;
    }
    if (decoder->current.reader.is_many && result->count == 0)
        return error_mismatch(err, STATUS_BAD_INPUT, "/histories", "at least one history",
                              "an empty array", "\"histories\" is empty");
    decoder->next = NEXT_NOTHING;
    return STATUS_OK;
}

static enum status take_item(struct decoder *decoder, enum history_item item,
                             struct error *err)
{
    switch (item) {
    case ITEM_HISTORY:
        return begin_history(decoder, err);
    case ITEM_MEMBER:
        return read_member(decoder, err);
    case ITEM_FIELD:
        RETURN_IF_ERROR(ensure_schema(decoder, err));
        return history_decoder_take_field(&decoder->current, err);
    case ITEM_EVENT:
    case ITEM_EVENT_FIELD:
    case ITEM_EVENT_END:
        RETURN_IF_ERROR(ensure_schema(decoder, err));
        return history_decoder_take_events(&decoder->current, item, err);
    case ITEM_HISTORY_END:
        return end_history(decoder, err);
    case ITEM_END:
        return end_decoding(decoder, err);
    case ITEM_NONE:
    case ITEM_PAUSED:
    case ITEM_FAILED:
        break;
    }
    return history_reader_error(&decoder->current.reader, err);
}

/* The error is the one to report, unless a later pass finds another.  STATUS_NO_MEMORY. */
static enum status keep_refusal(struct decoder *decoder, const struct error *error,
                                const char *at)
{
    struct arena *arena = decoder->current.arena;
    if (!decoder->refusal)
        decoder->refusal = arena_alloc(arena, sizeof *decoder->refusal);
    if (!decoder->refusal)
        return STATUS_NO_MEMORY;
    decoder->refusal->error = *error;
    decoder->refusal->at = at;
    return STATUS_OK;
}

/* The refusal is final: find its place. */
static enum status end_refused(struct decoder *decoder)
{
    struct refusal *refusal = decoder->refusal;
    json_place_begin(&refusal->place, &decoder->current.reader.json, refusal->at);
    decoder->next = NEXT_PLACE;
    return STATUS_OK;
}

/*
 * Check the text to its end, and find "model" and "id".  Then the error that was found before is
 * reported, unless a model with another schema was found.
 */
static enum status check(struct decoder *decoder, enum history_item item,
                         struct error *error)
{
    const struct history_reader *reader = &decoder->current.reader;
    if (item == ITEM_FAILED)
        return history_reader_error(reader, error);
    if (item == ITEM_MEMBER && span_is(reader->key, "model") && !decoder->is_named &&
        !decoder->options->is_data) {
        if (read_model(decoder, error) != STATUS_OK)
            (void)keep_refusal(decoder, error, decoder->refused_at);
    } else if (item == ITEM_MEMBER && !decoder->result.id && find_id_key(decoder)) {
        (void)read_id(decoder, &decoder->result.id, NULL); /* only for messages */
    }
    if (item != ITEM_END)
        return STATUS_OK;
    if (!decoder->is_named || decoder->named_schema == decoder->keys_schema)
        return end_refused(decoder);
    decoder->mark = arena_mark(decoder->current.arena); /* keeps the id */
    start_pass(decoder, PASS_DECODE_AGAIN);
    return STATUS_OK;
}

/* The item is refused: by what is not JSON, by the schema, or by a limit. */
static enum status refuse(struct decoder *decoder, enum status status,
                          const struct error *error)
{
    const char *at = decoder->refused_at;
    bool is_retry = decoder->current.has_trained_keys_only;
    bool is_final = status == STATUS_BAD_JSON || decoder->pass != PASS_DECODE;
    if (status == STATUS_NO_MEMORY)
        return status;
    if (is_final) {
        RETURN_IF_ERROR(keep_refusal(decoder, error, at));
        return end_refused(decoder);
    }
    bool is_retried =
        decoder->options->is_data && !is_retry && !decoder->current.is_golden;
    decoder->current.has_trained_keys_only = is_retried;
    start_pass(decoder, is_retried ? PASS_DECODE : PASS_CHECK);
    if (!is_retry) /* its refusal is not reported */
        RETURN_IF_ERROR(keep_refusal(decoder, error, at));
    decoder->mark = arena_mark(decoder->current.arena);
    return STATUS_OK;
}

/* One item. */
static enum status step(struct decoder *decoder, enum history_item item)
{
    struct error error;
    /* clearing all of it would take longer than to read a short history */
    error.status = STATUS_OK;
    error.line = error.column = 0;
    error.expected[0] = error.received[0] = '\0';
    decoder->refused_at = NULL;
    enum status status = decoder->pass == PASS_CHECK ? check(decoder, item, &error)
                                                     : take_item(decoder, item, &error);
    if (status != STATUS_OK)
        return refuse(decoder, status, &error);
    if (decoder->is_late && decoder->pass == PASS_DECODE)
        start_pass(decoder, PASS_DECODE);
    return STATUS_OK;
}

/* ---- the decoder --------------------------------------------------------------------------- */

struct decoder *triage_decoder_new(const struct decoder_options *options,
                                   const char *bytes, size_t length, struct arena *arena,
                                   struct error *err)
{
    /* Every request clears it.  From 2 KiB on, glibc does that with a slower instruction. */
    _Static_assert(sizeof(struct decoder) < 2048,
                   "a decoder is cleared for every request");
    struct decoder *decoder = arena_array(arena, 1, sizeof *decoder);
    if (!decoder) {
        error_no_memory(err);
        return NULL;
    }
    decoder->options = options;
    decoder->bytes = bytes;
    decoder->length = length;
    decoder->current.arena = arena;
    decoder->current.max_events = options->max_events;
    decoder->mark = arena_mark(arena);
    decoder->current.reader.refused_at = &decoder->refused_at;
    start_pass(decoder, PASS_DECODE);
    return decoder;
}

void triage_decoder_free(struct decoder *decoder)
{
    if (!decoder)
        return;
    free_long_id(decoder);
    history_decoder_release(&decoder->current);
}

/* Follow the text to the place of the refusal.  A status that is not STATUS_OK: it is written. */
static enum status find_place(struct decoder *decoder, size_t bytes, struct error *err)
{
    struct refusal *refusal = decoder->refusal;
    if (refusal->at && !json_place_follow(&refusal->place, bytes))
        return STATUS_OK;
    if (refusal->at)
        json_place_write(&refusal->place, &refusal->error);
    if (err && err->status == STATUS_OK)
        *err = refusal->error;
    return refusal->error.status;
}

static enum status write_long_history(struct decoder *decoder, struct error *err)
{
    decoder->next = NEXT_READ;
    return write_history(decoder, err);
}

/* Read up to the pause, or to what is left to another step. */
static enum status read_text(struct decoder *decoder, size_t bytes, struct error *err)
{
    uint32_t pass_count = 0;
    decoder->step_compared = decoder->current.notes.compared;
    while (decoder->next == NEXT_READ) {
        if (pass_count != decoder->pass_count) /* a pass begins or continues */
            history_reader_set_pause(&decoder->current.reader, bytes);
        pass_count = decoder->pass_count;
        enum history_item item = history_reader_next(&decoder->current.reader);
        if (item == ITEM_PAUSED)
            return STATUS_OK;
        if (step(decoder, item) != STATUS_OK)
            return error_no_memory(err);
    }
    return STATUS_OK;
}

static enum status next_step(struct decoder *decoder, size_t bytes, struct error *err)
{
    switch (decoder->next) {
    case NEXT_READ:
        return read_text(decoder, bytes, err);
    case NEXT_ID:
        return write_long_id(decoder, err);
    case NEXT_HISTORY:
        return write_long_history(decoder, err);
    case NEXT_PLACE:
        return find_place(decoder, bytes, err);
    case NEXT_NOTHING:
        break;
    }
    return STATUS_OK;
}

enum status triage_decoder_step(struct decoder *decoder, size_t bytes, bool *is_done,
                                struct error *err)
{
    enum status status;
    do
        status = next_step(decoder, bytes, err);
    while (status == STATUS_OK && decoder->next != NEXT_NOTHING &&
           decoder->length <= bytes);
    *is_done = status != STATUS_OK || decoder->next == NEXT_NOTHING;
    if (status != STATUS_OK && !decoder->result.is_many && decoder->current.history.id)
        decoder->result.id = decoder->current.history.id;
    return status;
}

const struct decoded *triage_decoder_result(const struct decoder *decoder)
{
    return &decoder->result;
}

static enum status decode(struct decoded *decoded, const struct decoder_options *options,
                          struct span text, bool is_golden, struct arena *arena,
                          struct error *err)
{
    *decoded = (struct decoded){.count = 0};
    struct decoder *decoder =
        triage_decoder_new(options, text.bytes, text.length, arena, err);
    if (!decoder)
        return STATUS_NO_MEMORY;
    decoder->current.is_golden = is_golden;
    bool is_done;
    enum status status = triage_decoder_step(decoder, text.length, &is_done, err);
    *decoded = decoder->result;
    triage_decoder_free(decoder);
    return status;
}

enum status triage_decode(struct decoded *decoded, const struct decoder_options *options,
                          const char *bytes, size_t length, struct arena *arena,
                          struct error *err)
{
    return decode(decoded, options, (struct span){bytes, length}, false, arena, err);
}

/* The context of find_only_schema. */
struct only_schema {
    const struct schema *schema;
};

static const struct schema *find_only_schema(void *context, const char *name,
                                             size_t length, struct error *err)
{
    const struct only_schema *only = context;
    (void)name, (void)length, (void)err;
    return only->schema;
}

static enum status decode_one(struct history *history, const struct schema *schema,
                              struct span text, uint32_t max_events, bool is_golden,
                              struct arena *arena, struct error *err)
{
    struct only_schema only = {.schema = schema};
    const struct decoder_options options = {.max_events = max_events,
                                            .is_data = true,
                                            .find_schema = find_only_schema,
                                            .context = &only};
    struct decoded decoded;
    enum status status = decode(&decoded, &options, text, is_golden, arena, err);
    *history = status == STATUS_OK ? decoded.histories[0] : (struct history){.length = 0};
    return status;
}

enum status triage_history_decode(struct history *history, const struct schema *schema,
                                  const char *bytes, size_t length, uint32_t max_events,
                                  struct arena *arena, struct error *err)
{
    return decode_one(history, schema, (struct span){bytes, length}, max_events, false,
                      arena, err);
}

enum status decoder_decode_golden(struct history *history, const struct schema *schema,
                                  const char *bytes, size_t length, struct arena *arena,
                                  struct error *err)
{
    return decode_one(history, schema, (struct span){bytes, length}, GOLDEN_MAX_EVENTS,
                      true, arena, err);
}
