/*
 * Memory runs out: every allocation that starting the service or answering a request makes,
 * by us, by libmicrohttpd or by jansson, fails once, alone and from there on.
 *
 * Whatever fails: no crash, nothing leaked, no connection that hangs; the answer is the right
 * one, a 503, or none, never another; and the next request is answered as ever.
 *
 * malloc is replaced in the whole process, so this cannot run under a sanitizer or valgrind.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine.h"
#include "loop/server.h"
#include "support/drive.h"

/* ---- the allocator ------------------------------------------------------------------- */

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *place, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);
void __libc_free(void *place);

static struct {
    atomic_uint next, fails; /* allocations are numbered; which one fails, 0: none */
    atomic_bool goes_on, has_struck;
    atomic_long live; /* allocations that have not been freed */
} famine;

static bool strikes(void)
{
    unsigned fails = famine.fails;
    if (fails == 0)
        return false;
    unsigned number = ++famine.next;
    if (number != fails && (number < fails || !famine.goes_on))
        return false;
    famine.has_struck = true;
    errno = ENOMEM;
    return true;
}

static void *count(void *place)
{
    famine.live += place != NULL;
    return place;
}

void *malloc(size_t bytes)
{
    return strikes() ? NULL : count(__libc_malloc(bytes));
}

void *calloc(size_t items, size_t size)
{
    return strikes() ? NULL : count(__libc_calloc(items, size));
}

void *realloc(void *place, size_t bytes)
{
    if (strikes())
        return NULL;
    return place ? __libc_realloc(place, bytes) : count(__libc_malloc(bytes));
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    return strikes() ? NULL : count(__libc_memalign(alignment, bytes));
}

int posix_memalign(void **place, size_t alignment, size_t bytes)
{
    *place = aligned_alloc(alignment, bytes);
    return *place ? 0 : ENOMEM;
}

void free(void *place)
{
    famine.live -= place != NULL;
    __libc_free(place);
}

static void arm(unsigned n, bool goes_on)
{
    famine.goes_on = goes_on;
    famine.has_struck = false;
    famine.next = 0;
    famine.fails = n;
}

/* Whether it struck. */
static bool disarm(void)
{
    famine.fails = 0;
    return famine.has_struck;
}

/* ---- what is asked ------------------------------------------------------------------- */

#define LINES "Content-Type: application/x-ndjson\r\n"
#define CHUNKED "Transfer-Encoding: chunked\r\n"
#define TRACE "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n"

static const struct {
    const char *about, *line, *fields, *body;
} asked[] = {
    {"a history", "POST /predict", TRACE,
     "{\"id\":\"x\",\"events\":[{\"event\":\"error logged\",\"time\":7},{\"time\":3}]}"},
    {"histories", "POST /predict", CHUNKED,
     "2b\r\n{\"histories\":[{\"events\":[\"a\"]},{\"events\":[\r\n"
     "7\r\n\"b\"]}]}\r\n0\r\n\r\n"},
    {"chunks that end too early", "POST /predict", CHUNKED,
     "2f\r\n{\"histories\":[{\"events\":[\"a\"]},{\"events\":[\"b\"\r\n4\r\n]}]}"
     "\r\n0\r\n\r\n"},
    {"lines", "POST /predict", LINES,
     "{\"id\":1,\"events\":[\"a\"]}\n[]\n{\"events\":[\"b\"]}\n"},
    {"no JSON", "POST /predict", "", "{\"events\""},
    {"an event of another kind", "POST /predict", "", "{\"events\":[7]}"},
    {"a model that is not there", "POST /predict", "",
     "{\"model\":\"x\",\"events\":[1]}"},
    {"a type that is not read", "POST /predict", "Content-Type: text/plain\r\n", "{}"},
    {"two lengths", "POST /predict", "Content-Length: 2\r\n", "{}"},
    {"a body past the limit", "POST /predict",
     "Expect: 100-continue\r\nContent-Length: 99999999\r\n", NULL},
    {"expected to go on", "POST /predict", "Expect: 100-continue\r\n",
     "{\"events\":[\"a\"]}"},
    {"the models", "GET /models", "", NULL},
    {"a model", "GET /models/lesson", "", NULL},
    {"the contract", "GET /openapi.json", "", NULL},
    {"alive", "GET /livez", "", NULL},
    {"ready", "GET /readyz", "", NULL},
    {"healthy", "GET /healthz", "", NULL},
    /* HEAD, for what these say is never twice the same. */
    {"ready, with figures", "HEAD /readyz?verbose", "", NULL},
    {"the numbers", "HEAD /metrics", "", NULL},
    {"nowhere", "GET /nowhere", "", NULL},
    {"another method", "DELETE /models", "", NULL},
};

static char *write_request(char *room, size_t size, size_t i)
{
    const char *body = asked[i].body ? asked[i].body : "";
    char length[64] = "";
    if (*body && !strstr(asked[i].fields, CHUNKED))
        snprintf(length, sizeof length, "Content-Length: %zu\r\n", strlen(body));
    snprintf(room, size, "%s HTTP/1.1\r\nHost: t\r\nX-Request-Id: t\r\n%s%s\r\n%s",
             asked[i].line, asked[i].fields, length, body);
    return room;
}

enum { ASKED = sizeof asked / sizeof *asked, ROOM = 64 << 10 };

static unsigned failures, strikes_in_all;
static char config[] = "/tmp/triage-famine-XXXXXX";

static void complain(const char *about, unsigned n, bool goes_on, const char *what,
                     const struct strbuf *answer)
{
    failures++;
    fprintf(stderr, "%s, allocation %u%s: %s\n%s\n", about, n, goes_on ? " and on" : "",
            what, answer && answer->bytes ? answer->bytes : "");
}

/* Memory for an answer beforehand, so that collecting it takes none. */
static void text_prepare(struct strbuf *text)
{
    static const char zeros[ROOM];
    strbuf_init(text, ROOM);
    strbuf_add_bytes(text, zeros, ROOM - 1);
    strbuf_clear(text);
}

/* ---- what may come back --------------------------------------------------------------- */

static const char *body_of(const char *answer)
{
    const char *gap = strstr(answer, "\r\n\r\n");
    return gap ? gap + 4 : "";
}

/* The body of the first answer in a text. */
static size_t body_length(const char *answer)
{
    const char *body = body_of(answer), *next = strstr(body, "HTTP/1.1 ");
    return next ? (size_t)(next - body) : strlen(body);
}

/* The same status and body; a date and a span of its own in the head. */
static bool is_same(const char *answer, const char *right)
{
    size_t length = body_length(answer);
    return strncmp(answer, right, strlen("HTTP/1.1 200")) == 0 &&
           length == body_length(right) &&
           memcmp(body_of(answer), body_of(right), length) == 0;
}

/* All that came: the right answers, 503 in place of any, or fewer; what is cut is at its end. */
static bool is_allowed(const char *answer, const char *right)
{
    if (*answer == '\0')
        return true;
    if (*right == '\0')
        return false;
    const char *rest = body_of(answer) + body_length(answer);
    const char *right_rest = body_of(right) + body_length(right);
    bool is_stream = strstr(right, "x-ndjson") != NULL; /* 503 may be in its lines */
    if (strncmp(answer, "HTTP/1.1 503 ", 13) != 0 && !is_stream &&
        !is_same(answer, right))
        return false;
    return is_allowed(rest, right_rest);
}

/* All of them, and nothing else. */
static bool is_right(const char *answer, const char *right)
{
    while (*answer && is_same(answer, right)) {
        answer = body_of(answer) + body_length(answer);
        right = body_of(right) + body_length(right);
    }
    return *answer == '\0' && *right == '\0';
}

static void ask(struct drive *drive, size_t i, const struct strbuf *right, bool goes_on)
{
    char room[1024], *bytes = write_request(room, sizeof room, i);
    struct strbuf answer;
    text_prepare(&answer);
    for (unsigned n = 1;; n++) {
        long live = famine.live;
        strbuf_clear(&answer);
        arm(n, goes_on);
        bool has_ended = drive_ask(drive, bytes, strlen(bytes), SIZE_MAX, &answer);
        bool has_struck = disarm();
        strikes_in_all += has_struck;
        if (!has_ended)
            complain(asked[i].about, n, goes_on, "the connection hangs", &answer);
        else if (answer.length > 0 && !is_allowed(answer.bytes, right->bytes))
            complain(asked[i].about, n, goes_on, "a wrong answer", &answer);
        if (famine.live > live)
            complain(asked[i].about, n, goes_on, "memory is not given back", NULL);
        strbuf_clear(&answer);
        if (!drive_ask(drive, bytes, strlen(bytes), SIZE_MAX, &answer) ||
            !is_right(answer.bytes, right->bytes))
            complain(asked[i].about, n, goes_on, "the next answer is not right", &answer);
        if (!has_struck)
            break;
    }
    strbuf_release(&answer);
}

static void make_options(struct options *options)
{
    if (options_default(options, NULL) != STATUS_OK)
        exit(2);
    options->model = "lesson";
    options->log_level = LOG_NONE;
}

/* From the command line to the first turn of its loops, and to the end. */
static enum status start_and_stop(struct error *err)
{
    static char name[] = "triaged", listen[] = "--listen", any[] = "127.0.0.1:0",
                from[] = "--config";
    char *argv[] = {name, listen, any, from, config, NULL};
    struct options options = {0};
    enum status status = options_read(&options, 5, argv, err);
    struct server *server = status ? NULL : server_start(&options, err);
    if (!status && !server)
        status = err->status;
    if (server) {
        server_hurry(server);
        server_free(server);
    }
    options_release(&options);
    return status;
}

/* Starting: it starts, or says that memory ran out; either way nothing stays. */
static void start(bool goes_on)
{
    for (unsigned n = 1;; n++) {
        struct error err = {0};
        long live = famine.live;
        arm(n, goes_on);
        enum status status = start_and_stop(&err);
        bool has_struck = disarm();
        strikes_in_all += has_struck;
        if (status &&
            (!has_struck || (status != STATUS_NO_MEMORY && status != STATUS_IO)))
            complain("starting", n, goes_on, err.text, NULL);
        if (famine.live > live)
            complain("starting", n, goes_on, "memory is not given back", NULL);
        if (!has_struck)
            break;
    }
}

static void write_config(void)
{
    static const char settings[] = "{\"model\": \"lesson\", \"log_level\": \"none\"}";
    int file = mkstemp(config);
    if (file < 0 || write(file, settings, strlen(settings)) < 0 || close(file) != 0)
        exit(2);
}

int main(void)
{
    struct drive drive = {0};
    struct error err = {0};
    triage_init();
    write_config();
    arm(0, false);
    start_and_stop(&err); /* what libraries keep for ever, they have from then on */
    start(false);
    start(true);
    unlink(config);
    make_options(&drive.options);
    if (drive_init(&drive, &err)) {
        fprintf(stderr, "%s: %s\n", err.where, err.text);
        return 1;
    }
    for (size_t i = 0; i < ASKED; i++) {
        char room[1024], *bytes = write_request(room, sizeof room, i);
        struct strbuf right;
        text_prepare(&right);
        for (int warm = 0; warm < 3; warm++) {
            strbuf_clear(&right);
            if (!drive_ask(&drive, bytes, strlen(bytes), SIZE_MAX, &right))
                complain(asked[i].about, 0, false, "it hangs anyway", &right);
        }
        if (right.length == 0)
            complain(asked[i].about, 0, false, "there is no answer anyway", NULL);
        ask(&drive, i, &right, false);
        ask(&drive, i, &right, true);
        strbuf_release(&right);
    }
    drive_release(&drive);
    options_release(&drive.options);
    printf("%u allocations failed, %u complaints\n", strikes_in_all, failures);
    return failures == 0 ? 0 : 1;
}
