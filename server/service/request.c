/* Making and releasing requests, their query arguments, and the names of methods. */
#include "service/request.h"

#include <string.h>

#include "service/clock.h"
#include "service/target.h"

enum { ARENA_BYTES = 512 << 20 };

static const char *const methods[METHODS] = {
    [METHOD_GET] = "GET",         [METHOD_HEAD] = "HEAD",   [METHOD_POST] = "POST",
    [METHOD_PUT] = "PUT",         [METHOD_PATCH] = "PATCH", [METHOD_DELETE] = "DELETE",
    [METHOD_OPTIONS] = "OPTIONS",
};

enum method method_parse(const char *name)
{
    for (size_t i = 0; i < METHOD_UNKNOWN; i++)
        if (strcmp(methods[i], name) == 0)
            return (enum method)i;
    return METHOD_UNKNOWN;
}

const char *method_name(enum method method)
{
    return methods[method];
}

enum status request_init(struct request *request, const char *method, const char *path)
{
    *request = (struct request){.started_us = clock_us(),
                                .answer_by_us = INT64_MAX,
                                .route_index = ROUTE_NONE,
                                .method = method_parse(method)};
    arena_init(&request->arena, ARENA_BYTES);
    strbuf_init(&request->body, SIZE_MAX);
    strbuf_init(&request->answer, SIZE_MAX);
    request->method_name = arena_string(&request->arena, method, strlen(method));
    char *own_path = arena_string(&request->arena, path, strlen(path));
    if (!own_path || !request->method_name)
        return STATUS_NO_MEMORY;
    target_normalise(own_path);
    request->path = own_path;
    return STATUS_OK;
}

void request_release(struct request *request)
{
    if (!request)
        return;
    strbuf_release(&request->body);
    strbuf_release(&request->answer);
    arena_release(&request->arena);
}

void request_abandon(struct request *request)
{
    void (*abandon)(struct request * request) = request->abandon;
    request->abandon = NULL;
    if (abandon)
        abandon(request);
}

enum status request_add_argument(struct request *request, const char *name,
                                 const char *value)
{
    struct request_argument *argument = arena_array(&request->arena, 1, sizeof *argument);
    char *own_name = arena_string(&request->arena, name, strlen(name));
    char *own_value = arena_string(&request->arena, value, strlen(value));
    if (!argument || !own_name || !own_value)
        return STATUS_NO_MEMORY;
    *argument = (struct request_argument){.name = target_decode(own_name),
                                          .value = target_decode(own_value),
                                          .next = request->arguments};
    request->arguments = argument;
    return STATUS_OK;
}

const char *request_argument(const struct request *request, const char *name)
{
    const char *value = NULL;
    for (const struct request_argument *a = request->arguments; a; a = a->next)
        if (strcmp(a->name, name) == 0)
            value = a->value; /* go on: the list begins with the last argument */
    return value;
}
