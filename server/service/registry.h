/*
 * The models that are served, by name.
 *
 * A registry is a snapshot: it never changes after registry_load, so loops read it without a
 * lock.  It is counted; whoever keeps one past a call takes a reference.  Serving other
 * models means loading another registry and letting the last user of this one free it.
 */
#ifndef TRIAGE_REGISTRY_H
#define TRIAGE_REGISTRY_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine.h"

struct registry;

enum { REGISTRY_NAME = 64 }; /* bytes of a model's name, at most */

struct registry_entry {
    const char *name; /* the file's, without .safetensors */
    struct model *model;
    size_t index;         /* its place in the registry */
    int64_t loaded_at_us; /* since the epoch */
};

/*
 * Load every *.safetensors of folder, sorted by name.  The default is preferred, else the
 * only one, else "incident", else none.  NULL with err naming the first file that does not
 * load, a folder without models, or a preferred model that is not there.
 */
struct registry *registry_load(const char *folder, const char *preferred,
                               struct error *err);

struct registry *registry_take(struct registry *registry);
void registry_release(struct registry *registry);

size_t registry_count(const struct registry *registry);
const struct registry_entry *registry_at(const struct registry *registry, size_t index);

/* NULL when there is none; also when the default is asked for and there is no default. */
const struct registry_entry *registry_find(const struct registry *registry,
                                           const char *name);
const struct registry_entry *registry_default(const struct registry *registry);

/* "incident, lesson", cut to size - 1 bytes, for messages.  Returns room. */
char *registry_names(const struct registry *registry, char *room, size_t size);

#endif
