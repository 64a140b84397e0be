/* Loading a folder of models, and finding one by name. */
#include "service/registry.h"

#include <dirent.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/model_name.h"
#include "base/suggest.h"
#include "service/clock.h"

static const char suffix[] = MODEL_SUFFIX;

struct registry {
    atomic_size_t users;
    size_t count;
    struct registry_entry *entries;             /* [count] */
    const struct registry_entry *default_entry; /* NULL: none */
    struct arena arena;                         /* memory of entries and names */
};

static int is_model_file(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name), tail = sizeof suffix - 1;
    return entry->d_name[0] != '.' && length > tail &&
           strcmp(entry->d_name + length - tail, suffix) == 0;
}

/* Compare without the suffix, so that "incident" comes before "incident-lstm". */
static int compare_names(const struct dirent **a, const struct dirent **b)
{
    size_t tail = sizeof suffix - 1;
    size_t m = strlen((*a)->d_name) - tail, n = strlen((*b)->d_name) - tail;
    int order = memcmp((*a)->d_name, (*b)->d_name, m < n ? m : n);
    return order != 0 ? order : (m > n) - (m < n);
}

static enum status check_name(const char *file, size_t length, struct error *err)
{
    if (model_name_is_valid(file, length))
        return STATUS_OK;
    return error_set(err, STATUS_BAD_FORMAT, file,
                     "a model of this name cannot be served; " MODEL_NAME_RULE);
}

/* Fill err from reason.  Its place is the path; a place in the file is put before the text. */
static enum status name_file(const char *path, const struct error *reason,
                             struct error *err)
{
    bool has_place = *reason->where && strcmp(reason->where, path) != 0;
    enum status status = reason->status != STATUS_OK ? reason->status : STATUS_BAD_FORMAT;
    return error_mismatch(err, status, path, reason->expected, reason->received, "%s%s%s",
                          has_place ? reason->where : "", has_place ? ": " : "",
                          reason->text);
}

static enum status load_model(struct registry *registry, const char *folder,
                              const char *file, struct error *err)
{
    size_t length = strlen(file) - (sizeof suffix - 1);
    RETURN_IF_ERROR(check_name(file, length, err));
    char path[4096];
    int written = snprintf(path, sizeof path, "%s/%s", folder, file);
    if (written < 0 || (size_t)written >= sizeof path)
        return error_set(err, STATUS_IO, file, "the path of the file is too long");
    struct registry_entry *entry = &registry->entries[registry->count];
    entry->index = registry->count;
    entry->name = arena_string(&registry->arena, file, length);
    if (!entry->name)
        return error_no_memory(err);
    struct error reason = {0};
    entry->model = triage_model_load(path, &reason);
    if (!entry->model)
        return name_file(path, &reason, err);
    entry->loaded_at_us = clock_of_day_us();
    registry->count++;
    return STATUS_OK;
}

static enum status load_models(struct registry *registry, const char *folder,
                               struct dirent **files, size_t count, struct error *err)
{
    if (count == 0)
        return error_set(err, STATUS_NOT_FOUND, folder, "no *%s file in the folder",
                         suffix);
    registry->entries = arena_array(&registry->arena, count, sizeof *registry->entries);
    if (!registry->entries)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++)
        RETURN_IF_ERROR(load_model(registry, folder, files[i]->d_name, err));
    return STATUS_OK;
}

static enum status load_folder(struct registry *registry, const char *folder,
                               struct error *err)
{
    struct dirent **files = NULL;
    int count = scandir(folder, &files, is_model_file, compare_names);
    if (count < 0 && errno == ENOMEM)
        return error_no_memory(err);
    if (count < 0)
        return error_set(err, STATUS_IO, folder, "could not list the folder: %s",
                         strerror(errno));
    enum status status = load_models(registry, folder, files, (size_t)count, err);
    for (int i = 0; i < count; i++)
        free(files[i]);
    free(files);
    return status;
}

static enum status choose_default(struct registry *registry, const char *preferred,
                                  struct error *err)
{
    if (!*preferred) {
        registry->default_entry = registry->count == 1
                                      ? &registry->entries[0]
                                      : registry_find(registry, "incident");
        return STATUS_OK;
    }
    char names[sizeof err->expected], phrase[SUGGEST_PHRASE];
    registry->default_entry = registry_find(registry, preferred);
    if (!registry->default_entry)
        return error_mismatch(
            err, STATUS_BAD_OPTION, "model",
            registry_names(registry, names, sizeof names), preferred,
            "no such model: \"%s\"%s", preferred,
            registry_suggest(registry, preferred, phrase, sizeof phrase));
    return STATUS_OK;
}

struct registry *registry_load(const char *folder, const char *preferred,
                               struct error *err)
{
    struct registry *registry = calloc(1, sizeof *registry);
    if (!registry) {
        error_no_memory(err);
        return NULL;
    }
    registry->users = 1;
    arena_init(&registry->arena, SIZE_MAX);
    enum status status = load_folder(registry, folder, err);
    if (status == STATUS_OK)
        status = choose_default(registry, preferred, err);
    if (status == STATUS_OK)
        return registry;
    registry_release(registry);
    return NULL;
}

struct registry *registry_take(struct registry *registry)
{
    atomic_fetch_add(&registry->users, 1);
    return registry;
}

void registry_release(struct registry *registry)
{
    if (!registry || atomic_fetch_sub(&registry->users, 1) != 1)
        return;
    for (size_t i = 0; i < registry->count; i++)
        triage_model_free(registry->entries[i].model);
    arena_release(&registry->arena);
    free(registry);
}

size_t registry_count(const struct registry *registry)
{
    return registry->count;
}

const struct registry_entry *registry_at(const struct registry *registry, size_t index)
{
    return &registry->entries[index];
}

const struct registry_entry *registry_find(const struct registry *registry,
                                           const char *name)
{
    for (size_t i = 0; i < registry->count; i++)
        if (strcmp(registry->entries[i].name, name) == 0)
            return &registry->entries[i];
    return NULL;
}

const struct registry_entry *registry_default(const struct registry *registry)
{
    return registry->default_entry;
}

const char *registry_suggest(const struct registry *registry, const char *name,
                             char *phrase, size_t size)
{
    struct suggestion suggestion;
    suggestion_init(&suggestion, name, strlen(name));
    for (size_t i = 0; i < registry->count; i++)
        suggestion_offer(&suggestion, registry->entries[i].name,
                         strlen(registry->entries[i].name));
    return suggestion_phrase(&suggestion, "", phrase, size);
}

char *registry_names(const struct registry *registry, char *text, size_t size)
{
    static const char more[] = ", ...";
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < registry->count; i++) {
        const char *name = registry->entries[i].name, *comma = i > 0 ? ", " : "";
        size_t reserved = i + 1 < registry->count ? sizeof more : 1;
        size_t needed = strlen(comma) + strlen(name);
        if (length + needed + reserved > size) {
            (void)snprintf(text + length, size - length, "%s", i > 0 ? more : "...");
            break;
        }
        (void)snprintf(text + length, size - length, "%s%s", comma, name);
        length += needed;
    }
    return text;
}
