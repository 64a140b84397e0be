/*
 * The models that are served, by name.
 *
 * A registry never changes after registry_load, so loops read it without a lock.  It counts its
 * references: whoever keeps a registry takes one, and the last registry_release frees it.
 */
#ifndef TRIAGE_REGISTRY_H
#define TRIAGE_REGISTRY_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/model_name.h"
#include "engine.h"

struct registry;

enum {
    REGISTRY_NAME = MODEL_NAME, /* longest name of a model */
    REGISTRY_NAMES = 80 /* size of a list of names that fits in the text of an error */
};

struct registry_entry {
    const char *name; /* the file's name without .safetensors */
    struct model *model;
    size_t index;         /* in the registry */
    int64_t loaded_at_us; /* since the epoch */
};

/*
 * Load every *.safetensors file of folder, in the order of their names.  The default model is the
 * one named preferred.  If preferred is "", it is the only one, else "incident", else none.  NULL
 * with err if a file does not load, the folder has no model, or none is named preferred.
 */
struct registry *registry_load(const char *folder, const char *preferred,
                               struct error *err);

/* Take a reference; registry_release gives it back. */
struct registry *registry_take(struct registry *registry);
void registry_release(struct registry *registry);

size_t registry_count(const struct registry *registry);
const struct registry_entry *registry_at(const struct registry *registry, size_t index);

/* The model of a name and the default model; NULL: none. */
const struct registry_entry *registry_find(const struct registry *registry,
                                           const char *name);
const struct registry_entry *registry_default(const struct registry *registry);

/*
 * Write ` (did you mean "incident"?)` for a name that no model has, "" if none is near.  Returns
 * phrase.
 */
const char *registry_suggest(const struct registry *registry, const char *name,
                             char *phrase, size_t size);

/*
 * Write "incident, lesson" for messages, or as many names as fit and ", ...".  size is at least 4.
 * Returns text.
 */
char *registry_names(const struct registry *registry, char *text, size_t size);

#endif
