/*
 * Histories on the tape, encoded by a schema: ids and values of each event, in the order of time.
 *
 * The result equals that of decoding the same history as JSON (engine.h), bit for bit.  Each
 * column, and each text of a column, is looked up once.
 */
#ifndef TRIAGE_ENCODER_H
#define TRIAGE_ENCODER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "data/histories/columns.h"
#include "data/tape/tape.h"
#include "engine.h"

struct field;

/* With an inferred schema, larger numbers are missing: their mean would overflow a float. */
#define LARGEST_NUMBER 1e37

/* How the values of a column are encoded. */
enum encoding { ENCODING_NONE, ENCODING_CATEGORY, ENCODING_NUMBER };

struct column_encoding {
    enum encoding kind;
    const struct field *field;
    uint32_t *ids;     /* CATEGORY: [texts of the column] the id of each */
    bool allows_comma; /* NUMBER: 0,5 is a number */
    /* NUMBER: other texts are missing values; otherwise they are errors. */
    bool skips_odd;
    bool allows_quotes; /* a JSON string may be a number */
};

struct encoder {
    const struct tape *tape;
    const struct columns *columns;
    const struct schema *schema;
    struct column_encoding *list; /* [columns] */
    struct arena arena;
    size_t K, F;
};

/*
 * is_inferred: the schema was inferred from this tape; comma_columns [columns] then says which
 * columns have decimal commas, otherwise it is NULL.  All are borrowed.
 */
enum status encoder_init(struct encoder *encoder, const struct tape *tape,
                         const struct columns *columns, const struct schema *schema,
                         bool is_inferred, const bool *comma_columns, struct error *err);
void encoder_release(struct encoder *encoder);

/* Memory of one thread.  All-zero before the first use. */
struct encoder_scratch {
    struct instant *times;
    uint32_t *order; /* [events] index of the event at each position */
    int64_t *micros;
    uint32_t *given; /* [events] for the caller */
    void *rows;      /* copies of ids and values while they are reordered */
    size_t capacity, row_bytes;
    uint32_t *ids; /* [K] case-level */
    float *values; /* [F] */
    size_t K, F;
};
void encoder_scratch_release(struct encoder_scratch *scratch);

struct encoded {
    bool has_times, is_reordered;
    uint32_t first_late; /* the first event, as given, that is not at its place */
};

/*
 * Encode a history into ids [events][K] and values [events][F]; ids may be NULL.  If is_reordered,
 * scratch->order is the order of its events.  STATUS_BAD_INPUT with the name of the column in
 * err->where and the line in *line; STATUS_NO_MEMORY.
 */
enum status encoder_run(const struct encoder *encoder, size_t history,
                        struct encoder_scratch *scratch, uint32_t *ids, float *values,
                        struct encoded *encoded, uint64_t *line, struct error *err);

/* Is every value of the history one that encoder_run accepts? */
enum status encoder_check(const struct encoder *encoder, size_t history, uint64_t *line,
                          struct error *err);

/* The id of an event's name: 0 if it is unknown, 1 if it is missing. */
uint32_t encoder_event_id(const struct encoder *encoder, const struct tape_value *value);

/*
 * Append the history as JSON, {"id", "events", "fields"}, with our keys.  keeps_all: with its id
 * and the fields that the schema does not have.
 */
void encoder_write_json(const struct encoder *encoder, size_t history, bool keeps_all,
                        struct strbuf *out);

#endif
