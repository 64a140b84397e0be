#include "service/registry.h"

#include <dirent.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "service/clock.h"

static const char suffix[] = ".safetensors";

struct registry {
    atomic_size_t users;
    size_t count;
    struct registry_entry *entries; /* [count] */
    const struct registry_entry *preferred;
    struct arena arena; /* entries and names */
};

static int is_model_file(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name), tail = sizeof suffix - 1;
    return entry->d_name[0] != '.' && length > tail &&
           strcmp(entry->d_name + length - tail, suffix) == 0;
}

/* Of models, not of files: "incident" comes before "incident-lstm". */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    size_t tail = sizeof suffix - 1;
    size_t m = strlen((*a)->d_name) - tail, n = strlen((*b)->d_name) - tail;
    int order = memcmp((*a)->d_name, (*b)->d_name, m < n ? m : n);
    return order ? order : (m > n) - (m < n);
}

/* Names stand in URLs, logs and JSON, so they are plain. */
static enum status check_name(const char *file, size_t length, struct error *err)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789._-";
    if (length <= REGISTRY_NAME && strspn(file, plain) == strlen(file))
        return STATUS_OK;
    return error_set(
        err, STATUS_BAD_FORMAT, file,
        "a model's file name is at most %d letters, digits, dots, dashes and "
        "underscores before %s",
        REGISTRY_NAME, suffix);
}

/* Put the file in front of a complaint that names only a place in it. */
static enum status name_file(const char *path, const struct error *reason,
                             struct error *err)
{
    bool has_place = *reason->where && strcmp(reason->where, path) != 0;
    return error_mismatch(err, reason->status ? reason->status : STATUS_BAD_FORMAT, path,
                          reason->expected, reason->received, "%s%s%s",
                          has_place ? reason->where : "", has_place ? ": " : "",
                          reason->text);
}

static enum status load_one(struct registry *registry, const char *folder,
                            const char *file, struct error *err)
{
    size_t length = strlen(file) - (sizeof suffix - 1);
    enum status status = check_name(file, length, err);
    if (status)
        return status;
    char path[4096];
    int written = snprintf(path, sizeof path, "%s/%s", folder, file);
    if (written < 0 || (size_t)written >= sizeof path)
        return error_set(err, STATUS_IO, file, "the path of the file is too long");
    struct registry_entry *entry = &registry->entries[registry->count];
    entry->index = registry->count;
    entry->name = arena_text(&registry->arena, file, length);
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

static enum status load_all(struct registry *registry, const char *folder,
                            struct error *err)
{
    struct dirent **files = NULL;
    int count = scandir(folder, &files, is_model_file, by_name);
    if (count < 0)
        return errno == ENOMEM
                   ? error_no_memory(err)
                   : error_set(err, STATUS_IO, folder, "could not list the folder: %s",
                               strerror(errno));
    enum status status = STATUS_OK;
    if (count == 0)
        status = error_set(err, STATUS_NOT_FOUND, folder, "there is no *%s file in it",
                           suffix);
    else if (!(registry->entries = arena_array(&registry->arena, (size_t)count,
                                               sizeof *registry->entries)))
        status = error_no_memory(err);
    for (int i = 0; i < count; i++) {
        if (!status)
            status = load_one(registry, folder, files[i]->d_name, err);
        free(files[i]);
    }
    free(files);
    return status;
}

static enum status choose_default(struct registry *registry, const char *preferred,
                                  struct error *err)
{
    if (*preferred) {
        char names[96];
        registry->preferred = registry_find(registry, preferred);
        if (!registry->preferred)
            return error_mismatch(err, STATUS_BAD_OPTION, "model",
                                  registry_names(registry, names, sizeof names),
                                  preferred, "there is no such model");
    } else {
        registry->preferred = registry->count == 1 ? &registry->entries[0]
                                                   : registry_find(registry, "incident");
    }
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
    if (load_all(registry, folder, err) || choose_default(registry, preferred, err)) {
        registry_release(registry);
        return NULL;
    }
    return registry;
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
    return registry->preferred;
}

char *registry_names(const struct registry *registry, char *room, size_t size)
{
    size_t length = 0;
    room[0] = '\0';
    for (size_t i = 0; i < registry->count && length < size - 1; i++) {
        int written = snprintf(room + length, size - length, "%s%s", i ? ", " : "",
                               registry->entries[i].name);
        length += written > 0 ? (size_t)written : 0;
    }
    return room;
}
