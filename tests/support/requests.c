#include "support/requests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void add(struct requests *asked, const char *line)
{
    struct sent_request *questions =
        realloc(asked->questions, (asked->count + 1) * sizeof *questions);
    char target[256] = "";
    if (!questions)
        return;
    struct sent_request *question = &questions[asked->count++];
    asked->questions = questions;
    *question = (struct sent_request){0};
    sscanf(line, "%15[^ ] %255[^ ?]", question->method, target);
    const char *path = target;
    if (strncasecmp(target, "http://", 7) == 0)
        path = strchr(target + 7, '/') ? strchr(target + 7, '/') : "/";
    snprintf(question->path, sizeof question->path, "%.*s", ASKED_PATH - 1, path);
}

/* A field, or the empty line after the last. */
static void take_field(struct requests *asked)
{
    if (strncasecmp(asked->line, "Content-Length:", 15) == 0)
        asked->left = strtoull(asked->line + 15, NULL, 10);
    if (strncasecmp(asked->line, "Transfer-Encoding:", 18) == 0)
        asked->is_chunked = true;
    if (asked->length > 0)
        return;
    asked->state = asked->is_chunked ? ASKED_SIZE : asked->left ? ASKED_BODY : ASKED_LINE;
}

static void take_line(struct requests *asked)
{
    switch (asked->state) {
    case ASKED_LINE:
        if (asked->length == 0)
            break; /* between two requests */
        asked->left = 0;
        asked->is_chunked = false;
        add(asked, asked->line);
        asked->state = ASKED_FIELD;
        break;
    case ASKED_FIELD:
        take_field(asked);
        break;
    case ASKED_SIZE:
        asked->left = strtoull(asked->line, NULL, 16) + 2;
        asked->state = asked->left == 2 ? ASKED_TRAILER : ASKED_CHUNK;
        break;
    case ASKED_TRAILER:
        if (asked->length == 0)
            asked->state = ASKED_LINE;
        break;
    case ASKED_BODY:
    case ASKED_CHUNK:
        break;
    }
    asked->length = 0;
    asked->line[0] = '\0';
}

static bool is_within(const struct requests *asked)
{
    return asked->state == ASKED_BODY || asked->state == ASKED_CHUNK;
}

void requests_add_bytes(struct requests *asked, const char *bytes, size_t length)
{
    while (length > 0) {
        if (is_within(asked)) {
            size_t step = asked->left < length ? (size_t)asked->left : length;
            bytes += step;
            length -= step;
            asked->left -= step;
            if (asked->left == 0)
                asked->state = asked->state == ASKED_BODY ? ASKED_LINE : ASKED_SIZE;
            continue;
        }
        char byte = *bytes++;
        length--;
        if (byte == '\n') {
            take_line(asked);
        } else if (byte != '\r') {
            if (asked->length < sizeof asked->line - 1) {
                asked->line[asked->length] = byte;
                asked->line[asked->length + 1] = '\0';
            }
            asked->length++;
        }
    }
}

struct sent_request requests_next(struct requests *asked)
{
    if (asked->answered == asked->count)
        return (struct sent_request){0};
    return asked->questions[asked->answered++];
}

void requests_release(struct requests *asked)
{
    free(asked->questions);
    *asked = (struct requests){0};
}
