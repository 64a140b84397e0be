/* See dataset.h. */
#include "dataset.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

/* Rename a key of an object, unless the name stays. */
static enum status rename_key(json_t *object, const char *from, const char *to,
                              struct error *err)
{
    json_t *value = json_object_get(object, from);

    if (value == NULL || strcmp(from, to) == 0)
        return STATUS_OK;
    if (json_object_set(object, to, value) != 0)
        return error_no_memory(err);
    json_object_del(object, from);
    return STATUS_OK;
}

static enum status translate(json_t *history, const struct keys *keys, struct error *err)
{
    json_t *event;
    size_t i;
    enum status status = rename_key(history, keys->events, "events", err);

    if (status == STATUS_OK)
        status = rename_key(history, keys->id, "id", err);
    if (strcmp(keys->event, "event") == 0)
        return status;
    json_array_foreach(json_object_get(history, "events"), i,
                       event) if (status == STATUS_OK && json_is_object(event)) status =
        rename_key(event, keys->event, "event", err);
    return status;
}

/* A label may be a string, an integer or a boolean; it is known by its text. */
static enum status read_label(struct entry *entry, const char *key, struct error *err)
{
    const json_t *label = json_object_get(entry->history, key);
    char where[96];

    entry->label[0] = '\0';
    if (json_is_string(label) && json_string_length(label) < sizeof entry->label)
        copy_cut(entry->label, sizeof entry->label, json_string_value(label));
    else if (json_is_integer(label))
        (void)snprintf(entry->label, sizeof entry->label, "%" JSON_INTEGER_FORMAT,
                       json_integer_value(label));
    else if (json_is_boolean(label))
        copy_cut(entry->label, sizeof entry->label,
                 json_is_true(label) ? "true" : "false");
    if (entry->label[0] != '\0')
        return STATUS_OK;
    return error_mismatch(
        err, STATUS_BAD_INPUT, pointer_join(where, sizeof where, "", key),
        "a string, an integer or a boolean", json_kind(label),
        label == NULL ? "the label is missing"
                      : "the label is empty, too long or of another kind");
}

static enum status read_part(struct entry *entry, const char *key, struct error *err)
{
    static const char *const names[] = {"train", "val", "test"};
    const char *text = json_string_value(json_object_get(entry->history, key));
    char where[96];

    entry->part = PART_NONE;
    if (*key == '\0')
        return STATUS_OK;
    for (int part = PART_LEARN; text != NULL && part <= PART_TEST; part++)
        if (strcmp(text, names[part]) == 0) {
            entry->part = (enum part)part;
            return STATUS_OK;
        }
    return error_mismatch(err, STATUS_BAD_INPUT,
                          pointer_join(where, sizeof where, "", key),
                          "train, val or test", text == NULL ? "nothing" : text,
                          "the part of the split is missing or has another name");
}

static enum status visit_line(struct entry *entry, const char *line, size_t length,
                              const struct keys *keys, entry_visitor *visit,
                              void *context, struct error *err)
{
    enum status status;

    entry->history = json_read(line, length, err);
    if (entry->history == NULL)
        return err->status;
    if (!json_is_object(entry->history))
        status = error_mismatch(err, STATUS_BAD_INPUT, "", "an object",
                                json_kind(entry->history), "a line must hold an object");
    else if ((status = read_part(entry, keys->split, err)) == STATUS_OK &&
             entry->part != PART_TEST &&
             (status = read_label(entry, keys->label, err)) == STATUS_OK &&
             (status = translate(entry->history, keys, err)) == STATUS_OK)
        status = visit(context, entry, err);
    json_decref(entry->history);
    entry->history = NULL;
    return status;
}

static bool mark_bad(struct skip *skip, size_t number)
{
    if (number >= skip->capacity) {
        size_t capacity = 2 * number + 64;
        bool *grown = realloc(skip->is_bad, capacity * sizeof *grown);
        if (grown == NULL)
            return false;
        memset(grown + skip->capacity, 0, (capacity - skip->capacity) * sizeof *grown);
        skip->is_bad = grown;
        skip->capacity = capacity;
    }
    skip->is_bad[number] = true;
    skip->count++;
    return true;
}

/* Put file and line in front of a complaint; the pointer moves into the text. */
static enum status place(const struct entry *entry, const struct error *inner,
                         struct error *err)
{
    char where[96];
    bool has_pointer = inner->where[0] == '/';

    size_t length = strlen(entry->file); /* of a long path the end says more */
    const char *tail = entry->file + (length > 60 ? length - 60 : 0);
    (void)snprintf(where, sizeof where, "%s%s:%zu", length > 60 ? "..." : "", tail,
                   entry->line);
    return error_mismatch(
        err, inner->status, where, inner->expected, inner->received, "%s%s%s",
        has_pointer ? inner->where : "", has_pointer ? ": " : "",
        inner->text[0] != '\0' ? inner->text : status_text(inner->status));
}

static bool is_the_datas_fault(enum status status)
{
    return status == STATUS_BAD_INPUT || status == STATUS_BAD_JSON ||
           status == STATUS_TOO_LARGE;
}

static bool is_blank(const char *line)
{
    return line[strspn(line, " \t\r\n")] == '\0';
}

static enum status visit_file(FILE *in, struct entry *entry, const struct keys *keys,
                              struct skip *skip, entry_visitor *visit, void *context,
                              struct error *err)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    enum status status = STATUS_OK;

    while (status == STATUS_OK && (length = getline(&line, &room, in)) >= 0) {
        struct error inner = {0};
        entry->line++;
        if (is_blank(line))
            continue;
        if (entry->number >= skip->capacity || !skip->is_bad[entry->number])
            status =
                visit_line(entry, line, (size_t)length, keys, visit, context, &inner);
        if (status != STATUS_OK && is_the_datas_fault(status) && skip->allowed) {
            struct error shown = {0};
            place(entry, &inner, &shown);
            fprintf(stderr, "skipped %s: %s", shown.where, shown.text);
            if (shown.expected[0] != '\0')
                fprintf(stderr, " (expected %s, received %s)", shown.expected,
                        shown.received);
            fputc('\n', stderr);
            status = mark_bad(skip, entry->number) ? STATUS_OK : error_no_memory(err);
        } else if (status != STATUS_OK) {
            place(entry, &inner, err);
        }
        entry->number++;
    }
    if (status == STATUS_OK && ferror(in))
        status =
            error_set(err, STATUS_IO, entry->file, "could not read: %s", strerror(errno));
    free(line);
    return status;
}

enum status dataset_visit(const char *const *files, size_t count, const struct keys *keys,
                          struct skip *skip, entry_visitor *visit, void *context,
                          struct error *err)
{
    struct entry entry = {0};
    enum status status = STATUS_OK;

    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        FILE *in = fopen(files[i], "r");
        if (in == NULL)
            return error_set(err, STATUS_IO, files[i], "could not open: %s",
                             strerror(errno));
        entry.file = files[i];
        entry.line = 0;
        status = visit_file(in, &entry, keys, skip, visit, context, err);
        fclose(in);
    }
    return status;
}
