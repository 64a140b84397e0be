/*
 * Elements at the depths 1 (log), 2 (trace), 3 (event, attribute of a trace) and 4 (attribute of an
 * event) are read; an element that is not read is skipped with all that is in it.  A trace is
 * written when it ends, because its id may follow its events.
 */
#include "data/read/xes.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/value.h"
#include "data/read/record_lines.h"

enum { DEEPEST = 64, SHOWN = 40, PART_BYTES = 1 << 16 };
enum { DEPTH_LOG = 1, DEPTH_TRACE = 2, DEPTH_EVENT = 3 };

static const size_t MAX_TAG_BYTES = (size_t)1 << 20;

static const char name_key[] = "concept:name", time_key[] = "time:timestamp";

/* What is kept of the trace and of the event that are open.  Values are JSON; empty: none. */
enum text {
    TRACE_ID,      /* of the attribute that --id names */
    TRACE_NAME,    /* concept:name */
    TRACE_FIELDS,  /* `"key":value`, with commas between them */
    TRACE_MEMBERS, /* the same, of the label and the part of the split */
    TRACE_EVENTS,
    TRACE_PROBLEM,
    EVENT_NAME,     /* of the attribute that --event names */
    EVENT_XES_NAME, /* concept:name */
    EVENT_TIME,     /* of the attribute that --time names */
    EVENT_XES_TIME, /* time:timestamp */
    EVENT_FIELDS,
    TEXTS
};

struct xes {
    XML_Parser parser;
    const struct data_keys *keys;
    struct name_keys parts; /* of the name of an event */
    bool has_part;          /* the event has one */
    struct strbuf *out;
    struct strbuf texts[TEXTS];
    uint32_t depth;              /* of the element that is open */
    uint32_t skipped;            /* the depth of the element that is skipped; 0: none */
    uint32_t attribute;          /* the depth of the attribute that is open; 0: none */
    bool is_event;               /* an event is open */
    uint64_t line, problem_line; /* of the trace; of its problem */
    uint64_t fed;                /* bytes */
    bool is_torn, has_failed;    /* memory ran out */
    struct xes_unread unread;
};

static uint64_t current_line(const struct xes *xes)
{
    return XML_GetCurrentLineNumber(xes->parser);
}

/* Append a part of a message: one line, cut. */
static void add_shown(struct strbuf *out, const char *text)
{
    size_t length = utf8_cut(text, strlen(text), SHOWN);
    for (size_t i = 0; i < length; i++)
        strbuf_add_bytes(out, (unsigned char)text[i] < ' ' ? "?" : text + i, 1);
}

/* Nothing more can be read.  The message is before, shown and after. */
static void tear(struct xes *xes, const char *before, const char *shown,
                 const char *after)
{
    if (xes->is_torn)
        return;
    xes->is_torn = true;
    record_line_begin(xes->out, RECORD_TORN, current_line(xes), RECORD_NO_INDEX);
    strbuf_add(xes->out, before);
    add_shown(xes->out, shown);
    strbuf_add(xes->out, after);
    strbuf_add(xes->out, "\n");
    (void)XML_StopParser(xes->parser, XML_FALSE);
}

/* The trace cannot be read.  Its first problem is kept. */
static void refuse(struct xes *xes, const char *before, const char *shown,
                   const char *after)
{
    struct strbuf *problem = &xes->texts[TRACE_PROBLEM];
    if (problem->length > 0)
        return;
    strbuf_add(problem, before);
    add_shown(problem, shown);
    strbuf_add(problem, after);
    xes->problem_line = current_line(xes);
}

/* ---- values ---- */

static size_t count_digits(const char *text)
{
    return strspn(text, "0123456789");
}

/* A number as JSON writes it? */
static bool is_json_number(const char *text)
{
    text += *text == '-';
    size_t digits = count_digits(text);
    if (digits == 0 || (*text == '0' && digits > 1))
        return false;
    text += digits;
    if (*text == '.') {
        digits = count_digits(text + 1);
        if (digits == 0)
            return false;
        text += 1 + digits;
    }
    if (*text == 'e' || *text == 'E') {
        text++;
        text += *text == '+' || *text == '-';
        digits = count_digits(text);
        if (digits == 0)
            return false;
        text += digits;
    }
    return *text == '\0';
}

enum attribute_type { TYPE_TEXT, TYPE_NUMBER, TYPE_BOOLEAN, TYPE_LIST, TYPE_NONE };

static enum attribute_type type_of(const char *element)
{
    static const struct {
        const char *element;
        enum attribute_type type;
    } types[] = {
        {"string", TYPE_TEXT}, {"date", TYPE_TEXT},      {"id", TYPE_TEXT},
        {"int", TYPE_NUMBER},  {"float", TYPE_NUMBER},   {"boolean", TYPE_BOOLEAN},
        {"list", TYPE_LIST},   {"container", TYPE_LIST},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(element, types[i].element) == 0)
            return types[i].type;
    return TYPE_NONE;
}

static void add_value(struct strbuf *out, enum attribute_type type, const char *text,
                      size_t length)
{
    bool is_literal = (type == TYPE_NUMBER && is_json_number(text)) ||
                      (type == TYPE_BOOLEAN &&
                       (strcmp(text, "true") == 0 || strcmp(text, "false") == 0));
    if (is_literal)
        strbuf_add(out, text);
    else if (type == TYPE_BOOLEAN && (strcmp(text, "1") == 0 || strcmp(text, "0") == 0))
        strbuf_add(out, *text == '1' ? "true" : "false");
    else
        strbuf_json_string(out, text, length);
}

static void add_key(struct strbuf *out, const char *key)
{
    strbuf_add(out, out->length > 0 ? "," : "");
    strbuf_json_string(out, key, strlen(key));
    strbuf_add(out, ":");
}

/* Append `"key":value`, unless there is no value. */
static void add_member(struct strbuf *out, const char *key, const struct strbuf *value)
{
    if (value->length == 0)
        return;
    add_key(out, key);
    strbuf_add_bytes(out, value->bytes, value->length);
}

/* ---- attributes ---- */

/* Where the value of an attribute of the trace is kept. */
static enum text text_of_trace(const struct xes *xes, const char *key)
{
    const struct data_keys *keys = xes->keys;
    bool is_member = strcmp(key, keys->label) == 0 ||
                     (*keys->split != '\0' && strcmp(key, keys->split) == 0);
    return *keys->id != '\0' && strcmp(key, keys->id) == 0 ? TRACE_ID
           : is_member                                     ? TRACE_MEMBERS
           : strcmp(key, name_key) == 0                    ? TRACE_NAME
                                                           : TRACE_FIELDS;
}

static enum text text_of_event(const struct xes *xes, const char *key)
{
    const struct data_keys *keys = xes->keys;
    return strcmp(key, keys->event) == 0                         ? EVENT_NAME
           : *keys->time != '\0' && strcmp(key, keys->time) == 0 ? EVENT_TIME
           : strcmp(key, name_key) == 0                          ? EVENT_XES_NAME
           : strcmp(key, time_key) == 0                          ? EVENT_XES_TIME
                                                                 : EVENT_FIELDS;
}

static void read_attribute(struct xes *xes, const char *element, enum attribute_type type,
                           const XML_Char **pairs)
{
    const char *key = NULL, *text = NULL;
    for (; *pairs; pairs += 2)
        if (strcmp(pairs[0], "key") == 0)
            key = pairs[1];
        else if (strcmp(pairs[0], "value") == 0)
            text = pairs[1];
    if (!key || *key == '\0') {
        refuse(xes, "the attribute <", element, "> has no key");
        return;
    }
    if (!text) {
        refuse(xes, "the attribute \"", key, "\" has no value");
        return;
    }
    size_t length = strlen(text);
    value_trim(text, &length);
    if (length == 0)
        return; /* missing */
    const struct span span = {.bytes = key, .length = strlen(key)};
    xes->has_part = xes->has_part || name_keys_find(&xes->parts, span) < xes->parts.count;
    enum text kept = xes->is_event ? text_of_event(xes, key) : text_of_trace(xes, key);
    struct strbuf *out = &xes->texts[kept];
    if (kept == TRACE_FIELDS || kept == TRACE_MEMBERS || kept == EVENT_FIELDS)
        add_key(out, key);
    else if (out->length > 0)
        refuse(xes, "the key \"", key, "\" is given twice");
    add_value(out, type, text, strlen(text));
    if (out->length > RECORD_MAX_BYTES / 2)
        tear(xes, "the trace is longer than 512 MiB", "", "");
}

/* ---- events and traces ---- */

/* strbuf_clear forgets a failure. */
static void clear_texts(struct xes *xes, enum text first)
{
    for (int i = (int)first; i < TEXTS; i++) {
        xes->has_failed = xes->has_failed || xes->texts[i].has_failed;
        strbuf_clear(&xes->texts[i]);
    }
}

static void begin_event(struct xes *xes)
{
    clear_texts(xes, EVENT_NAME);
    xes->has_part = false;
    xes->is_event = true;
}

/* Does the data use our key, or that of a model for which ours is accepted, too? */
static bool may_be_ours(const struct xes *xes, const char *key, const char *ours)
{
    return strcmp(key, ours) == 0 || xes->keys->may_fall_back;
}

static void end_event(struct xes *xes)
{
    const struct data_keys *keys = xes->keys;
    const struct strbuf *name = &xes->texts[EVENT_NAME],
                        *xes_name = &xes->texts[EVENT_XES_NAME],
                        *time = &xes->texts[EVENT_TIME],
                        *xes_time = &xes->texts[EVENT_XES_TIME];
    struct strbuf *events = &xes->texts[TRACE_EVENTS], event;
    bool is_default = strcmp(keys->event, "event") == 0;
    xes->is_event = false;
    if (is_default && name->length > 0 && xes_name->length > 0)
        refuse(xes, "the event has both \"concept:name\" and \"", keys->event,
               "\"; --event concept:name uses the first");
    bool has_time = time->length > 0 || *keys->time == '\0';
    bool names_time = !has_time && may_be_ours(xes, keys->time, "time");
    bool names_event =
        name->length == 0 && !xes->has_part && may_be_ours(xes, keys->event, "event");
    strbuf_init(&event, SIZE_MAX);
    add_member(&event, keys->event, names_event ? xes_name : name);
    add_member(&event, keys->time, names_time ? xes_time : time);
    if (!names_event)
        add_member(&event, name_key, xes_name);
    if (!names_time)
        add_member(&event, time_key, xes_time);
    strbuf_add(&event,
               event.length > 0 && xes->texts[EVENT_FIELDS].length > 0 ? "," : "");
    strbuf_add_bytes(&event, xes->texts[EVENT_FIELDS].bytes,
                     xes->texts[EVENT_FIELDS].length);
    strbuf_add(events, events->length > 0 ? ",{" : "{");
    strbuf_add_bytes(events, event.bytes, event.length);
    strbuf_add(events, "}");
    events->has_failed = events->has_failed || event.has_failed;
    strbuf_release(&event);
    if (events->length > RECORD_MAX_BYTES / 2)
        tear(xes, "the trace is longer than 512 MiB", "", "");
}

static void begin_trace(struct xes *xes)
{
    clear_texts(xes, TRACE_ID);
    xes->line = current_line(xes);
}

static void end_trace(struct xes *xes)
{
    const struct data_keys *keys = xes->keys;
    struct strbuf *texts = xes->texts, *out = xes->out;
    const char *id = *keys->id != '\0' ? keys->id : "id";
    if (texts[TRACE_PROBLEM].length > 0) {
        record_line_begin(out, RECORD_BAD, xes->problem_line, RECORD_NO_INDEX);
        strbuf_add_bytes(out, texts[TRACE_PROBLEM].bytes, texts[TRACE_PROBLEM].length);
        strbuf_add(out, "\n");
        return;
    }
    bool names_case =
        texts[TRACE_ID].length == 0 && (*keys->id == '\0' || may_be_ours(xes, id, "id"));
    if (names_case)
        add_member(&texts[TRACE_MEMBERS], id, &texts[TRACE_NAME]);
    else
        add_member(&texts[TRACE_MEMBERS], id, &texts[TRACE_ID]);
    if (!names_case)
        add_member(&texts[TRACE_FIELDS], name_key, &texts[TRACE_NAME]);
    record_line_begin(out, RECORD_HISTORY, xes->line, RECORD_NO_INDEX);
    strbuf_add(out, "{");
    strbuf_add_bytes(out, texts[TRACE_MEMBERS].bytes, texts[TRACE_MEMBERS].length);
    strbuf_add(out, texts[TRACE_MEMBERS].length > 0 ? "," : "");
    if (texts[TRACE_FIELDS].length > 0) {
        strbuf_add(out, "\"fields\":{");
        strbuf_add_bytes(out, texts[TRACE_FIELDS].bytes, texts[TRACE_FIELDS].length);
        strbuf_add(out, "},");
    }
    strbuf_json_string(out, keys->events, strlen(keys->events));
    strbuf_add(out, ":[");
    strbuf_add_bytes(out, texts[TRACE_EVENTS].bytes, texts[TRACE_EVENTS].length);
    strbuf_add(out, "]}\n");
}

/* ---- elements ---- */

static void skip(struct xes *xes, uint64_t *count, uint64_t *first_line)
{
    xes->skipped = xes->depth;
    if (count && (*count)++ == 0)
        *first_line = current_line(xes);
}

/* An element in a trace or in an event. */
static void begin_inner(struct xes *xes, const char *element, const XML_Char **pairs)
{
    enum attribute_type type = type_of(element);
    if (xes->depth == DEPTH_EVENT && strcmp(element, "event") == 0) {
        begin_event(xes);
    } else if (type == TYPE_LIST || type == TYPE_NONE) {
        skip(xes, &xes->unread.nested, &xes->unread.nested_line);
    } else {
        xes->attribute = xes->depth;
        read_attribute(xes, element, type, pairs);
    }
}

static void XMLCALL on_start(void *context, const XML_Char *name, const XML_Char **pairs)
{
    struct xes *xes = context;
    const char *colon = strrchr(name, ':'), *element = colon ? colon + 1 : name;
    if (xes->is_torn)
        return;
    if (++xes->depth > DEEPEST)
        tear(xes, "elements are nested more than 64 deep", "", "");
    else if (xes->skipped > 0)
        return;
    else if (xes->depth == DEPTH_LOG && strcmp(element, "log") != 0)
        tear(xes, "this is XML, but no XES: its root element is \"", element,
             "\", not \"log\"; convert it to CSV or JSON Lines");
    else if (xes->attribute > 0)
        skip(xes, &xes->unread.nested, &xes->unread.nested_line);
    else if (xes->depth > DEPTH_TRACE)
        begin_inner(xes, element, pairs);
    else if (xes->depth == DEPTH_TRACE && strcmp(element, "trace") == 0)
        begin_trace(xes);
    else if (xes->depth == DEPTH_TRACE && strcmp(element, "event") == 0)
        skip(xes, &xes->unread.stray, &xes->unread.stray_line);
    else if (xes->depth == DEPTH_TRACE)
        skip(xes, NULL, NULL);
}

static void XMLCALL on_end(void *context, const XML_Char *name)
{
    struct xes *xes = context;
    (void)name;
    if (xes->is_torn)
        return;
    if (xes->skipped == xes->depth)
        xes->skipped = 0;
    else if (xes->skipped > 0)
        ;
    else if (xes->attribute == xes->depth)
        xes->attribute = 0;
    else if (xes->depth == DEPTH_EVENT)
        end_event(xes);
    else if (xes->depth == DEPTH_TRACE)
        end_trace(xes);
    xes->depth--;
}

static void XMLCALL on_doctype(void *context, const XML_Char *name,
                               const XML_Char *system_id, const XML_Char *public_id,
                               int has_internal_subset)
{
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_internal_subset;
    tear(context, "a document type declaration, which could define entities, is not read",
         "", "");
}

/* ---- the parser ---- */

/* Functions of this file, so that tests can let them fail. */
static void *allocate(size_t size)
{
    return malloc(size);
}

static void *reallocate(void *memory, size_t size)
{
    return realloc(memory, size);
}

static void release(void *memory)
{
    free(memory);
}

struct xes *xes_new(const struct data_keys *keys, struct error *err)
{
    static const XML_Memory_Handling_Suite memory = {
        .malloc_fcn = allocate, .realloc_fcn = reallocate, .free_fcn = release};
    struct xes *xes = calloc(1, sizeof *xes);
    if (xes)
        xes->parser = XML_ParserCreate_MM(NULL, &memory, NULL);
    if (!xes || !xes->parser) {
        free(xes);
        (void)error_no_memory(err);
        return NULL;
    }
    xes->keys = keys;
    data_keys_parts(keys, &xes->parts);
    for (int i = 0; i < TEXTS; i++)
        strbuf_init(&xes->texts[i], SIZE_MAX);
    XML_SetUserData(xes->parser, xes);
    XML_SetElementHandler(xes->parser, on_start, on_end);
    XML_SetStartDoctypeDeclHandler(xes->parser, on_doctype);
    return xes;
}

void xes_free(struct xes *xes)
{
    if (!xes)
        return;
    XML_ParserFree(xes->parser);
    for (int i = 0; i < TEXTS; i++)
        strbuf_release(&xes->texts[i]);
    free(xes);
}

static bool has_failed(const struct xes *xes)
{
    bool failed = xes->out->has_failed || xes->has_failed;
    for (int i = 0; i < TEXTS; i++)
        failed = failed || xes->texts[i].has_failed;
    return failed;
}

/* A part of the log. */
static enum status feed(struct xes *xes, const char *bytes, int length, bool is_end,
                        struct error *err)
{
    xes->fed += (uint64_t)length;
    enum XML_Status status = XML_Parse(xes->parser, bytes, length, is_end);
    if (has_failed(xes) || (status == XML_STATUS_ERROR &&
                            XML_GetErrorCode(xes->parser) == XML_ERROR_NO_MEMORY))
        return error_no_memory(err);
    if (status == XML_STATUS_ERROR)
        tear(xes, "not XML: ", XML_ErrorString(XML_GetErrorCode(xes->parser)), "");
    /* the parser keeps a tag until it is complete */
    XML_Index at = XML_GetCurrentByteIndex(xes->parser);
    if (!xes->is_torn && at >= 0 && xes->fed - (uint64_t)at > MAX_TAG_BYTES)
        tear(xes, "a tag or a comment is longer than 1 MiB", "", "");
    return xes->out->has_failed ? error_no_memory(err) : STATUS_OK;
}

enum status xes_feed(struct xes *xes, const char *bytes, size_t length, bool is_end,
                     struct strbuf *out, struct error *err)
{
    xes->out = out;
    do {
        size_t part = length < PART_BYTES ? length : PART_BYTES;
        if (!xes->is_torn)
            RETURN_IF_ERROR(feed(xes, bytes, (int)part, is_end && part == length, err));
        bytes += part;
        length -= part;
    } while (length > 0);
    return STATUS_OK;
}

const struct xes_unread *xes_unread(const struct xes *xes)
{
    return &xes->unread;
}
