/*
 * Every allocation fails once: those of a start of the service and of each kind of request, made by
 * this project, by libmicrohttpd or by jansson.  In one pass only that allocation fails, in a
 * second pass all later ones fail too.
 *
 * Always true: nothing crashes, leaks or hangs.  The answer is the right one, a 503, or none; and
 * the next request is answered as usual.
 *
 * malloc is replaced in the whole process, so this program cannot run under a sanitizer or
 * valgrind.
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
void *__libc_realloc(void *pointer, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);
void __libc_free(void *pointer);

static struct {
    atomic_uint count;    /* allocations since allocations_fail_at */
    atomic_uint failing;  /* the number of the allocation that fails, from 1; 0: none */
    atomic_bool fails_on; /* all later ones fail too */
    atomic_bool has_failed;
    atomic_long live; /* allocations that have not been freed */
} allocations;

/* Count an allocation; true if it must fail. */
static bool must_fail(void)
{
    unsigned failing = allocations.failing;
    if (failing == 0)
        return false;
    unsigned number = ++allocations.count;
    if (number != failing && (number < failing || !allocations.fails_on))
        return false;
    allocations.has_failed = true;
    errno = ENOMEM;
    return true;
}

static void *count_live(void *pointer)
{
    allocations.live += pointer != NULL;
    return pointer;
}

void *malloc(size_t bytes)
{
    return must_fail() ? NULL : count_live(__libc_malloc(bytes));
}

void *calloc(size_t items, size_t size)
{
    return must_fail() ? NULL : count_live(__libc_calloc(items, size));
}

void *realloc(void *pointer, size_t bytes)
{
    if (must_fail())
        return NULL;
    return pointer ? __libc_realloc(pointer, bytes) : count_live(__libc_malloc(bytes));
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    return must_fail() ? NULL : count_live(__libc_memalign(alignment, bytes));
}

int posix_memalign(void **pointer, size_t alignment, size_t bytes)
{
    *pointer = aligned_alloc(alignment, bytes);
    return *pointer ? 0 : ENOMEM;
}

void free(void *pointer)
{
    allocations.live -= pointer != NULL;
    __libc_free(pointer);
}

/* Let the nth allocation from now on fail, and with fails_on all later ones. */
static void allocations_fail_at(unsigned n, bool fails_on)
{
    allocations.fails_on = fails_on;
    allocations.has_failed = false;
    allocations.count = 0;
    allocations.failing = n;
}

/* Let no allocation fail any more; returns whether one has failed. */
static bool allocations_succeed(void)
{
    allocations.failing = 0;
    return allocations.has_failed;
}

/* ---- the requests ------------------------------------------------------------------- */

#define LINES "Content-Type: application/x-ndjson\r\n"
#define CHUNKED "Transfer-Encoding: chunked\r\n"
#define TRACE "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n"

static const struct {
    const char *about, *line, *fields, *body;
} requests[] = {
    {"a history", "POST /predict", TRACE,
     "{\"id\":\"x\",\"events\":[{\"event\":\"error logged\",\"time\":7},{\"time\":3}]}"},
    {"histories in chunks", "POST /predict", CHUNKED,
     "2b\r\n{\"histories\":[{\"events\":[\"a\"]},{\"events\":[\r\n"
     "7\r\n\"b\"]}]}\r\n0\r\n\r\n"},
    {"chunks that end too early", "POST /predict", CHUNKED,
     "2f\r\n{\"histories\":[{\"events\":[\"a\"]},{\"events\":[\"b\"\r\n4\r\n]}]}"
     "\r\n0\r\n\r\n"},
    {"NDJSON lines", "POST /predict", LINES,
     "{\"id\":1,\"events\":[\"a\"]}\n[]\n{\"events\":[\"b\"]}\n"},
    /* {"events":["evgpz"]} and two such lines, as zlib data without a zero byte. */
    {"a compressed body", "POST /predict", "Content-Encoding: deflate\r\n",
     "\170\001\253\126\112\055\113\315\053\051\126\262\212\006\262\322\013\252\224\142"
     "\153\001\113\156\007\064"},
    {"compressed lines", "POST /predict", LINES "Content-Encoding: deflate\r\n",
     "\170\001\253\126\112\055\113\315\053\051\126\262\212\126\312\057\255\110\124\212"
     "\255\345\252\106\022\003\012\345\226\203\004\001\054\346\016\022"},
    {"a damaged compressed body", "POST /predict", "Content-Encoding: gzip\r\n", "{}"},
    {"an unsupported coding", "POST /predict", "Content-Encoding: br\r\n", "{}"},
    {"a body that is not JSON", "POST /predict", "", "{\"events\""},
    {"an event of a wrong type", "POST /predict", "", "{\"events\":[7]}"},
    {"an unknown model", "POST /predict", "", "{\"model\":\"x\",\"events\":[1]}"},
    {"a forecast", "POST /forecast", "",
     "{\"model\":\"orders\",\"id\":1,\"events\":[\"placed\"],\"steps\":2,\"beam\":2}"},
    {"samples", "POST /forecast", "",
     "{\"model\":\"orders\",\"events\":[\"placed\"],\"steps\":2,\"sample\":2,\"seed\":"
     "7}"},
    {"a forecast above a limit", "POST /forecast", "", "{\"events\":[1],\"beam\":65}"},
    {"a forecast of another model", "POST /forecast", "", "{\"events\":[\"a\"]}"},
    {"an unsupported Content-Type", "POST /predict", "Content-Type: text/html\r\n", "{}"},
    {"two Content-Length headers", "POST /predict", "Content-Length: 2\r\n", "{}"},
    {"a body above the limit", "POST /predict",
     "Expect: 100-continue\r\nContent-Length: 99999999\r\n", NULL},
    {"Expect: 100-continue", "POST /predict", "Expect: 100-continue\r\n",
     "{\"events\":[\"a\"]}"},
    {"the list of models", "GET /models", "", NULL},
    {"one model", "GET /models/lesson", "", NULL},
    {"the OpenAPI document", "GET /openapi.json", "", NULL},
    {"the schema of a model", "GET /models/lesson/schema", "", NULL},
    {"the kinds of problems", "GET /problems", "", NULL},
    {"liveness", "GET /livez", "", NULL},
    {"readiness", "GET /readyz", "", NULL},
    {"health", "GET /healthz", "", NULL},
    /* HEAD: their bodies differ each time. */
    {"verbose readiness", "HEAD /readyz?verbose", "", NULL},
    {"metrics", "HEAD /metrics", "", NULL},
    {"an unknown path", "GET /nowhere", "", NULL},
    {"a path near one", "GET /model/lesson", "", NULL},
    {"a model near one", "GET /models/less%6fm", "", NULL},
    {"an argument of the query", "POST /predict?a=%20", "", NULL},
    {"the list of paths", "GET /", "", NULL},
    {"the methods of a path", "OPTIONS /predict", "", NULL},
    {"a page of another origin", "GET /models", "Origin: http://a\r\n", NULL},
    {"a method that is not allowed", "DELETE /models", "", NULL},
};

static char *write_request(char *text, size_t size, size_t i)
{
    const char *body = requests[i].body ? requests[i].body : "";
    char length[64] = "";
    if (*body && !strstr(requests[i].fields, CHUNKED))
        snprintf(length, sizeof length, "Content-Length: %zu\r\n", strlen(body));
    snprintf(text, size, "%s HTTP/1.1\r\nHost: t\r\nX-Request-Id: t\r\n%s%s\r\n%s",
             requests[i].line, requests[i].fields, length, body);
    return text;
}

enum { REQUESTS = sizeof requests / sizeof *requests, MAX_ANSWER = 256 << 10 };

static unsigned complaints, failed_allocations;
static char config[] = "/tmp/triage-oom-XXXXXX";

static void complain(const char *about, unsigned n, bool fails_on, const char *what,
                     const struct strbuf *answer)
{
    complaints++;
    fprintf(stderr, "%s, allocation %u%s: %s\n%s\n", about, n,
            fails_on ? " and all later" : "", what,
            answer && answer->bytes ? answer->bytes : "");
}

/* Grow the buffer beforehand, so that receiving an answer allocates nothing. */
static void reserve(struct strbuf *text)
{
    static const char zeros[MAX_ANSWER];
    strbuf_init(text, MAX_ANSWER);
    strbuf_add_bytes(text, zeros, MAX_ANSWER - 1);
    strbuf_clear(text);
}

/* ---- what an answer may be ------------------------------------------------------------- */

static const char *body_of(const char *answer)
{
    const char *gap = strstr(answer, "\r\n\r\n");
    return gap ? gap + 4 : "";
}

/* The length of the body of the first answer in a text. */
static size_t body_length(const char *answer)
{
    const char *body = body_of(answer), *next = strstr(body, "HTTP/1.1 ");
    return next ? (size_t)(next - body) : strlen(body);
}

/* The first answers of two texts have the same status and body; dates and traces may differ. */
static bool is_same(const char *answer, const char *right)
{
    size_t length = body_length(answer);
    return strncmp(answer, right, strlen("HTTP/1.1 200")) == 0 &&
           length == body_length(right) &&
           memcmp(body_of(answer), body_of(right), length) == 0;
}

/* The right answers, with 503 in place of any, possibly fewer of them. */
static bool is_allowed(const char *answer, const char *right)
{
    if (*answer == '\0')
        return true;
    if (*right == '\0')
        return false;
    const char *rest = body_of(answer) + body_length(answer);
    const char *right_rest = body_of(right) + body_length(right);
    bool is_stream = strstr(right, "x-ndjson") != NULL; /* its lines may say 503 */
    if (strncmp(answer, "HTTP/1.1 503 ", 13) != 0 && !is_stream &&
        !is_same(answer, right))
        return false;
    return is_allowed(rest, right_rest);
}

/* The right answers and nothing else. */
static bool is_right(const char *answer, const char *right)
{
    while (*answer && is_same(answer, right)) {
        answer = body_of(answer) + body_length(answer);
        right = body_of(right) + body_length(right);
    }
    return *answer == '\0' && *right == '\0';
}

/* Send request i again and again, letting another allocation fail each time. */
static void test_request(struct drive *drive, size_t i, const struct strbuf *right,
                         bool fails_on)
{
    char text[1024], *bytes = write_request(text, sizeof text, i);
    struct strbuf answer;
    reserve(&answer);
    for (unsigned n = 1;; n++) {
        long live = allocations.live;
        strbuf_clear(&answer);
        allocations_fail_at(n, fails_on);
        bool has_ended = drive_ask(drive, bytes, strlen(bytes), SIZE_MAX, &answer);
        bool has_failed = allocations_succeed();
        failed_allocations += has_failed;
        if (!has_ended)
            complain(requests[i].about, n, fails_on, "the connection is not closed",
                     &answer);
        else if (answer.length > 0 && !is_allowed(answer.bytes, right->bytes))
            complain(requests[i].about, n, fails_on, "the answer is wrong", &answer);
        if (allocations.live > live)
            complain(requests[i].about, n, fails_on, "memory is not freed", NULL);
        strbuf_clear(&answer);
        if (!drive_ask(drive, bytes, strlen(bytes), SIZE_MAX, &answer) ||
            !is_right(answer.bytes, right->bytes))
            complain(requests[i].about, n, fails_on, "the next answer is wrong", &answer);
        if (!has_failed)
            break;
    }
    strbuf_release(&answer);
}

static void make_options(struct options *options)
{
    if (options_default(options, NULL) != STATUS_OK)
        exit(2);
    options->models = "tests/support/models";
    options->model = "lesson";
    options->log_level = LOG_NONE;
}

/* Read the options, start the service and stop it. */
static enum status start_and_stop(struct error *err)
{
    static char name[] = "triaged", listen[] = "--listen", any[] = "127.0.0.1:0",
                from[] = "--config";
    char *argv[] = {name, listen, any, from, config, NULL};
    struct options options = {0};
    enum status status = options_read(&options, 5, argv, err);
    struct server *server = NULL;
    if (status == STATUS_OK) {
        server = server_start(&options, err);
        status = server ? STATUS_OK : err->status;
    }
    if (server) {
        server_hurry(server);
        server_free(server);
    }
    options_release(&options);
    return status;
}

/* A start succeeds or reports that memory ran out; both leave nothing allocated. */
static void test_start(bool fails_on)
{
    for (unsigned n = 1;; n++) {
        struct error err = {0};
        long live = allocations.live;
        allocations_fail_at(n, fails_on);
        enum status status = start_and_stop(&err);
        bool has_failed = allocations_succeed();
        failed_allocations += has_failed;
        if (status != STATUS_OK &&
            (!has_failed || (status != STATUS_NO_MEMORY && status != STATUS_IO)))
            complain("starting", n, fails_on, err.text, NULL);
        if (allocations.live > live)
            complain("starting", n, fails_on, "memory is not freed", NULL);
        if (!has_failed)
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
    start_and_stop(&err); /* libraries allocate what they never free */
    test_start(false);
    test_start(true);
    unlink(config);
    make_options(&drive.options);
    if (drive_init(&drive, &err) != STATUS_OK) {
        fprintf(stderr, "%s: %s\n", err.where, err.text);
        return 1;
    }
    for (size_t i = 0; i < REQUESTS; i++) {
        char text[1024], *bytes = write_request(text, sizeof text, i);
        struct strbuf right;
        reserve(&right);
        for (int warm = 0; warm < 3; warm++) {
            strbuf_clear(&right);
            if (!drive_ask(&drive, bytes, strlen(bytes), SIZE_MAX, &right))
                complain(requests[i].about, 0, false,
                         "the connection is not closed, without a failure", &right);
        }
        if (right.length == 0)
            complain(requests[i].about, 0, false, "there is no answer, without a failure",
                     NULL);
        test_request(&drive, i, &right, false);
        test_request(&drive, i, &right, true);
        strbuf_release(&right);
    }
    drive_release(&drive);
    options_release(&drive.options);
    printf("%u allocations failed, %u complaints\n", failed_allocations, complaints);
    return complaints == 0 ? 0 : 1;
}
