/* Values into fields, from each of their sources. */
#include "base/option_table.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/option_value.h"
#include "base/utf8.h"

size_t option_table_count(const struct option_def *fields)
{
    size_t count = 0;
    while (fields[count].name != NULL)
        count++;
    return count;
}

enum status option_table_default(const struct option_table *set, struct error *err)
{
    for (const struct option_def *field = set->options; field->name != NULL; field++) {
        if (set->sources != NULL)
            set->sources[field - set->options] = SOURCE_DEFAULT;
        enum status status = option_set_text(set, field, field->default_text,
                                             SOURCE_DEFAULT, field->name, err);
        assert(status == STATUS_OK || status == STATUS_NO_MEMORY);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status option_table_set(const struct option_table *set,
                             const struct option_def *field, const char *value,
                             enum option_source source, struct error *err)
{
    char where[OPTION_NAME_ROOM];
    option_flag(field, where, sizeof where);
    return option_set_text(set, field, value, source,
                           source == SOURCE_FLAG ? where : field->name, err);
}

static const struct option_def *find_key(const struct option_def *field, const char *key)
{
    char own[OPTION_NAME_ROOM];
    for (; field->name != NULL; field++) {
        option_key(field, own, sizeof own);
        if (strcmp(own, key) == 0)
            return field;
    }
    return NULL;
}

enum status option_table_read_json(const struct option_table *set, const json_t *object,
                                   const char *where, struct error *err)
{
    if (!json_is_object(object))
        return error_mismatch(err, STATUS_BAD_OPTION, where, "an object",
                              json_kind(object), "expected an object, received %s",
                              json_kind(object));

    /* jansson's iterators change nothing, yet ask for more than const. */
    json_t *iterated = (json_t *)(uintptr_t)object;
    for (void *i = json_object_iter(iterated); i != NULL;
         i = json_object_iter_next(iterated, i)) {
        const char *key = json_object_iter_key(i);
        const struct option_def *field = find_key(set->options, key);
        char place[sizeof err->where];
        pointer_join(place, sizeof place, where, key);
        if (field == NULL)
            return error_set(err, STATUS_BAD_OPTION, place, "unknown setting");
        enum status status = option_set_json(set, field, json_object_iter_value(i),
                                             SOURCE_FILE, place, err);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status option_table_read_environment(const struct option_table *set,
                                          const char *prefix, struct error *err)
{
    for (const struct option_def *field = set->options; field->name != NULL; field++) {
        char variable[OPTION_NAME_ROOM];
        option_variable(field, prefix, variable, sizeof variable);
        const char *value = getenv(variable);
        if (value == NULL)
            continue;
        enum status status =
            option_set_text(set, field, value, SOURCE_ENVIRONMENT, variable, err);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* One argument taken apart. */
struct flag {
    char name[OPTION_NAME_ROOM]; /* as written, without a value: --hidden, -o */
    const char *value;           /* inside the argument; NULL if none */
    const struct option_table *set;
    const struct option_def *field; /* NULL: unknown option */
    bool is_negated;                /* --no-name */
};

static bool flag_find(struct flag *flag, const struct option_table *sets, size_t count,
                      const char *name, size_t length)
{
    for (size_t i = 0; i < count; i++)
        for (const struct option_def *field = sets[i].options; field->name != NULL;
             field++)
            if (strncmp(field->name, name, length) == 0 && field->name[length] == '\0') {
                flag->set = &sets[i];
                flag->field = field;
                return true;
            }
    return false;
}

static void flag_read_long(struct flag *flag, const struct option_table *sets,
                           size_t count, const char *argument)
{
    const char *name = argument + 2;
    size_t length = strcspn(name, "=");
    snprintf(flag->name, sizeof flag->name, "--%.*s", (int)length, name);
    flag->value = name[length] == '=' ? name + length + 1 : NULL;
    if (length < 2 || flag_find(flag, sets, count, name, length))
        return;
    if (strncmp(name, "no-", 3) == 0 && length > 4 &&
        flag_find(flag, sets, count, name + 3, length - 3)) {
        flag->is_negated = true;
        if (flag->field->kind != OPTION_SWITCH)
            flag->field = NULL;
    }
}

static void flag_read_short(struct flag *flag, const struct option_table *sets,
                            size_t count, const char *argument)
{
    if (flag_find(flag, sets, count, argument + 1, 1)) {
        snprintf(flag->name, sizeof flag->name, "-%c", argument[1]);
        flag->value = argument[2] != '\0' ? argument + 2 : NULL;
    } else {
        utf8_copy(flag->name, sizeof flag->name, argument);
    }
}

/* next is the argument that follows, or NULL; *uses_next says whether it was the value. */
static enum status flag_take(const struct option_table *sets, size_t count,
                             const char *argument, const char *next, bool *uses_next,
                             struct error *err)
{
    struct flag flag = {.value = NULL};
    if (argument[1] == '-')
        flag_read_long(&flag, sets, count, argument);
    else
        flag_read_short(&flag, sets, count, argument);

    *uses_next = false;
    if (flag.field == NULL)
        return error_set(err, STATUS_BAD_OPTION, flag.name, "unknown option");
    if (flag.field->kind == OPTION_SWITCH) {
        if (flag.value != NULL)
            return error_mismatch(err, STATUS_BAD_OPTION, flag.name, "no value",
                                  flag.value, "takes no value, received \"%s\"",
                                  flag.value);
        flag.value = flag.is_negated ? "false" : "true";
    }
    if (flag.value == NULL) {
        *uses_next = true;
        flag.value = next;
    }
    if (flag.value == NULL)
        return error_mismatch(err, STATUS_BAD_OPTION, flag.name, "a value", "nothing",
                              "needs a value");
    return option_set_text(flag.set, flag.field, flag.value, SOURCE_FLAG, flag.name, err);
}

enum status option_table_read_arguments(const struct option_table *sets, size_t count,
                                        int argc, char **argv, const char **rest,
                                        size_t *rest_count, struct error *err)
{
    bool has_ended = false;
    *rest_count = 0;
    for (int i = 1; i < argc; i++) {
        if (has_ended || argv[i][0] != '-' || argv[i][1] == '\0') {
            rest[(*rest_count)++] = argv[i];
        } else if (strcmp(argv[i], "--") == 0) {
            has_ended = true;
        } else {
            bool uses_next;
            const char *next = i + 1 < argc ? argv[i + 1] : NULL;
            enum status status = flag_take(sets, count, argv[i], next, &uses_next, err);
            if (status != STATUS_OK)
                return status;
            i += uses_next;
        }
    }
    return STATUS_OK;
}
