/*
 * Tests of the running service over sockets: the suites of http/suites.h, one after another.  The
 * current folder must be the root of the repository.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/strbuf.h"
#include "http/document.h"
#include "http/suites.h"
#include "support/runner.h"

struct options settings;
struct server *server;
json_t *document;

/* Validate an answer against the OpenAPI document. */
static void validate(const struct sent_request *request, const struct answer *answer)
{
    char text[4096];
    if (document)
        ck_assert_msg(document_allows(document, request, answer, text, sizeof text), "%s",
                      text);
}

const char *url(void)
{
    return server_url(server);
}

void set_up(void)
{
    struct error err = {0};
    signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(options_default(&settings, &err), STATUS_OK);
    settings.listen = "127.0.0.1:0";
    settings.model = "lesson";
    settings.loops = 2;
    settings.log_level = LOG_NONE;
    server = NULL;
}

void set_up_orders(void)
{
    set_up();
    settings.models = "tests/http/models";
    settings.model = "orders";
}

void tear_down(void)
{
    server_free(server);
    json_decref(document);
    document = NULL;
    options_release(&settings);
}

void serve(void)
{
    struct error err = {0};
    server = server_start(&settings, &err);
    ck_assert_msg(server != NULL, "%s: %s", err.where, err.text);
    document = document_read(&settings);
    ck_assert_ptr_nonnull(document);
    client_on_answer = validate;
}

void pause_ms(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

char *orders_of(size_t events, const char *member)
{
    struct strbuf text;
    size_t length;
    strbuf_init(&text, SIZE_MAX);
    strbuf_add(&text, "{\"events\": [\"placed\"");
    for (size_t i = 1; i < events; i++)
        strbuf_add(&text, ", \"packed\"");
    strbuf_add(&text, "]");
    strbuf_add(&text, member);
    strbuf_add(&text, "}");
    return strbuf_take(&text, &length);
}

char *history_of(size_t events)
{
    static const char head[] = "{\"events\": [\"error logged\"",
                      more[] = ",\"error logged\"";
    size_t length = sizeof head - 1, step = sizeof more - 1;
    char *text = malloc(length + events * step + 3);
    ck_assert_ptr_nonnull(text);
    memcpy(text, head, length);
    for (size_t i = 1; i < events; i++, length += step)
        memcpy(text + length, more, step);
    memcpy(text + length, "]}", 3);
    return text;
}

unsigned gauge(const char *name)
{
    char quoted[64];
    struct answer answer = {0};
    ck_assert_int_eq(client_get(url(), "/readyz?verbose", &answer), 200);
    snprintf(quoted, sizeof quoted, "\"%s\": ", name);
    const char *place = strstr(answer.body, quoted);
    ck_assert_ptr_nonnull(place);
    unsigned value = (unsigned)strtoul(place + strlen(quoted), NULL, 10);
    answer_release(&answer);
    return value;
}

bool gauge_becomes(const char *name, unsigned value)
{
    for (int i = 0; i < 2000; i++) {
        if (gauge(name) == value)
            return true;
        pause_ms(5);
    }
    return false;
}

int main(void)
{
#define SUITE_ENTRY(name) name##_suite,
    static Suite *(*const suites[])(void) = {SUITES(SUITE_ENTRY)};
#undef SUITE_ENTRY
    return run_suites(suites, sizeof suites / sizeof *suites);
}
