#include "service/request.h"

#include <stdlib.h>
#include <string.h>

#include "http/guard.h"
#include "service/clock.h"

enum { ARENA_BYTES = 512 << 20 };

struct request *request_new(struct loop *loop, const char *method, const char *target)
{
    struct request *request = calloc(1, sizeof *request);
    if (!request)
        return NULL;
    arena_init(&request->arena, ARENA_BYTES);
    strbuf_init(&request->body, SIZE_MAX);
    strbuf_init(&request->answer, SIZE_MAX);
    request->loop = loop;
    request->method = guard_method(method);
    request->method_name = arena_text(&request->arena, method, strlen(method));
    const char *path = guard_path(target);
    request->path = arena_text(&request->arena, path, strlen(path));
    request->started_us = clock_us();
    request->answer_by_us = INT64_MAX;
    if (request->path && request->method_name)
        return request;
    request_free(request);
    return NULL;
}

void request_free(struct request *request)
{
    if (!request)
        return;
    strbuf_release(&request->body);
    strbuf_release(&request->answer);
    arena_release(&request->arena);
    free(request);
}
