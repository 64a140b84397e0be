/*
 * GET /: where to go from here.
 *
 * Browsers get a page, other clients text, and JSON if they ask for it.  The page has no icon of its
 * own and says so, or browsers would ask for /favicon.ico.
 */
#include <string.h>

#include "api/handlers.h"
#include "api/router.h"
#include "service/context.h"
#include "service/reply.h"

enum { METHOD_WIDTH = 5, PATH_WIDTH = 22 };

static const char about[] = "event histories in, action probabilities out";
static const char example[] =
    "curl -d '{\"events\": [\"deploy_started\", \"error_rate_high\"]}'";

static void write_text(struct strbuf *text, const struct router *router)
{
    strbuf_printf(text, "triage %s: %s\n\n", TRIAGE_VERSION, about);
    for (size_t i = 0; i < router->count; i++) {
        const struct route *route = &router->routes[i];
        strbuf_printf(text, "%-*s%-*s %s\n", METHOD_WIDTH, method_name(route->method),
                      PATH_WIDTH, route->path, route->about);
    }
    strbuf_printf(text, "\nTry it: %s http://THIS_HOST/predict\n", example);
}

static void write_json(struct strbuf *text, const struct router *router)
{
    strbuf_printf(text, "{\"service\": \"triage\", \"version\": \"%s\", \"routes\": [",
                  TRIAGE_VERSION);
    for (size_t i = 0; i < router->count; i++) {
        const struct route *route = &router->routes[i];
        strbuf_printf(text, "%s{\"method\": \"%s\", \"path\": \"%s\", \"about\": \"%s\"}",
                      i > 0 ? ", " : "", method_name(route->method), route->path,
                      route->about);
    }
    strbuf_add(text, "]}\n");
}

static void write_page(struct strbuf *text, const struct router *router)
{
    strbuf_printf(text,
                  "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                  "<title>triage</title><link rel=\"icon\" href=\"data:,\">"
                  "<meta name=\"viewport\" content=\"width=device-width\">"
                  "<meta name=\"color-scheme\" content=\"light dark\">"
                  "<style>body{font:1rem/1.5 sans-serif;margin:2rem}"
                  "td{padding-right:1.5rem}</style></head>\n"
                  "<body><h1>triage %s</h1><p>%s</p>\n<table>\n",
                  TRIAGE_VERSION, about);
    for (size_t i = 0; i < router->count; i++) {
        const struct route *route = &router->routes[i];
        bool is_link = route->method == METHOD_GET && !strchr(route->path, '{');
        strbuf_printf(text, "<tr><td>%s</td><td>", method_name(route->method));
        strbuf_printf(text, is_link ? "<a href=\"%s\">%s</a>" : "%s%s",
                      is_link ? route->path : "", route->path);
        strbuf_printf(text, "</td><td>%s</td></tr>\n", route->about);
    }
    strbuf_printf(text,
                  "</table>\n<p>Try it: <code>%s http://THIS_HOST/predict</code></p>\n"
                  "</body></html>\n",
                  example);
}

void index_show(struct context *context, struct request *request)
{
    const char *accept = request->accept ? request->accept : "";
    struct strbuf *text = &request->answer;
    request->vary = request->vary ? "Origin, Accept" : "Accept";
    if (strstr(accept, "text/html")) {
        write_page(text, context->router);
        reply_text(request, 200, "text/html; charset=utf-8");
    } else if (strstr(accept, "json")) {
        write_json(text, context->router);
        reply_json(request, 200);
    } else {
        write_text(text, context->router);
        reply_text(request, 200, "text/plain; charset=utf-8");
    }
}
