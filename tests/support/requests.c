#include "support/requests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* line: "METHOD TARGET ...". */
static void add_request(struct requests *requests, const char *line)
{
    struct sent_request *items =
        realloc(requests->items, (requests->count + 1) * sizeof *items);
    if (!items)
        return;
    requests->items = items;
    struct sent_request *request = &items[requests->count++];
    *request = (struct sent_request){0};
    char target[256] = "";
    sscanf(line, "%15[^ ] %255[^ ?]", request->method, target);
    const char *path = target;
    if (strncasecmp(target, "http://", 7) == 0)
        path = strchr(target + 7, '/') ? strchr(target + 7, '/') : "/";
    snprintf(request->path, sizeof request->path, "%.*s", REQUESTS_PATH - 1, path);
}

/* A header field, or the empty line after the last one. */
static void end_field(struct requests *requests)
{
    if (strncasecmp(requests->line, "Content-Length:", 15) == 0)
        requests->left_bytes = strtoull(requests->line + 15, NULL, 10);
    if (strncasecmp(requests->line, "Transfer-Encoding:", 18) == 0)
        requests->is_chunked = true;
    if (requests->line_length > 0)
        return;
    requests->state = requests->is_chunked   ? REQUESTS_CHUNK_SIZE
                      : requests->left_bytes ? REQUESTS_BODY
                                             : REQUESTS_LINE;
}

static void end_line(struct requests *requests)
{
    switch (requests->state) {
    case REQUESTS_LINE:
        if (requests->line_length == 0)
            break; /* an empty line between two requests */
        requests->left_bytes = 0;
        requests->is_chunked = false;
        add_request(requests, requests->line);
        requests->state = REQUESTS_FIELD;
        break;
    case REQUESTS_FIELD:
        end_field(requests);
        break;
    case REQUESTS_CHUNK_SIZE:
        requests->left_bytes = strtoull(requests->line, NULL, 16) + 2;
        requests->state = requests->left_bytes == 2 ? REQUESTS_TRAILER : REQUESTS_CHUNK;
        break;
    case REQUESTS_TRAILER:
        if (requests->line_length == 0)
            requests->state = REQUESTS_LINE;
        break;
    case REQUESTS_BODY:
    case REQUESTS_CHUNK:
        break;
    }
    requests->line_length = 0;
    requests->line[0] = '\0';
}

static void add_byte(struct requests *requests, char byte)
{
    if (byte == '\n') {
        end_line(requests);
    } else if (byte != '\r') {
        if (requests->line_length < sizeof requests->line - 1) {
            requests->line[requests->line_length] = byte;
            requests->line[requests->line_length + 1] = '\0';
        }
        requests->line_length++;
    }
}

void requests_add_bytes(struct requests *requests, const char *bytes, size_t length)
{
    while (length > 0) {
        size_t step = 1;
        if (requests->state == REQUESTS_BODY || requests->state == REQUESTS_CHUNK) {
            step = requests->left_bytes < length ? (size_t)requests->left_bytes : length;
            requests->left_bytes -= step;
            if (requests->left_bytes == 0)
                requests->state = requests->state == REQUESTS_BODY ? REQUESTS_LINE
                                                                   : REQUESTS_CHUNK_SIZE;
        } else {
            add_byte(requests, *bytes);
        }
        bytes += step;
        length -= step;
    }
}

struct sent_request requests_next(struct requests *requests)
{
    if (requests->answered == requests->count)
        return (struct sent_request){0};
    return requests->items[requests->answered++];
}

void requests_release(struct requests *requests)
{
    free(requests->items);
    *requests = (struct requests){0};
}
