/* GET /problems and /problems/{code}: the kinds of problems, to which "type" refers. */
#include <string.h>

#include "api/handlers.h"
#include "base/suggest.h"
#include "service/context.h"
#include "service/reply.h"

static void add_member(struct strbuf *text, const char *key, const char *value)
{
    strbuf_printf(text, ", \"%s\": ", key);
    strbuf_json_string(text, value, strlen(value));
}

static void add_kind(struct strbuf *text, enum problem_kind kind)
{
    const struct problem problem = problem_of(kind);
    strbuf_printf(text, "{\"type\": \"" PROBLEM_TYPES "%s\"", problem.code);
    add_member(text, "code", problem.code);
    add_member(text, "title", problem.title);
    strbuf_printf(text, ", \"status\": %d", problem.status);
    add_member(text, "description", problem_about(kind));
    strbuf_add(text, "}");
}

void problems_list(struct context *context, struct request *request)
{
    (void)context;
    strbuf_add(&request->answer, "{\"problems\": [");
    for (int i = PROBLEM_NONE + 1; i < PROBLEM_KINDS; i++) {
        strbuf_add(&request->answer, i == PROBLEM_NONE + 1 ? "" : ", ");
        add_kind(&request->answer, (enum problem_kind)i);
    }
    strbuf_add(&request->answer, "]}\n");
    reply_json(request, 200);
}

static void suggest_kind(const char *code, char phrase[SUGGEST_PHRASE])
{
    struct suggestion suggestion;
    suggestion_init(&suggestion, code, strlen(code));
    for (int i = PROBLEM_NONE + 1; i < PROBLEM_KINDS; i++) {
        const char *known = problem_of((enum problem_kind)i).code;
        suggestion_offer(&suggestion, known, strlen(known));
    }
    suggestion_phrase(&suggestion, "", phrase, SUGGEST_PHRASE);
}

void problems_show(struct context *context, struct request *request)
{
    (void)context;
    const enum problem_kind kind = problem_find(request->name);
    if (kind == PROBLEM_NONE) {
        char code[48], phrase[SUGGEST_PHRASE];
        struct error err = {0};
        suggest_kind(request->name, phrase);
        error_set(&err, STATUS_NOT_FOUND, "", "no such kind of problem: \"%s\"%s",
                  reply_printable(code, sizeof code, request->name),
                  *phrase ? phrase : " (GET /problems lists them)");
        reply_problem(request, PROBLEM_UNKNOWN_PATH, &err);
        return;
    }
    add_kind(&request->answer, kind);
    strbuf_add(&request->answer, "\n");
    reply_json(request, 200);
}
