/* Reading markup just far enough to know whether it is well formed. */
#include "support/xml.h"

#include <stdbool.h>
#include <string.h>

enum { MAX_DEPTH = 64, NAME_BYTES = 32 };

static const char doctype[] = "<!DOCTYPE html>\n";

const char *xml_mistake(const char *text)
{
    static char open[MAX_DEPTH][NAME_BYTES];
    int depth = 0;
    const char *at =
        text + (strncmp(text, doctype, strlen(doctype)) == 0 ? strlen(doctype) : 0);
    if (*at != '<')
        return text;
    while (*at != '\0') {
        if (*at == '&') {
            const size_t length = strspn(at + 1, "#abcdefghijklmnopqrstuvwxyz0123456789");
            if (length == 0 || at[length + 1] != ';')
                return at;
        }
        if (*at == '>')
            return at;
        if (*at != '<') {
            at++;
            continue;
        }
        const char *tag = at++;
        const bool is_end = *at == '/';
        at += is_end;
        char name[NAME_BYTES] = "";
        const size_t length = strcspn(at, " />\n");
        if (length == 0 || length >= sizeof name)
            return tag;
        memcpy(name, at, length);
        at += length;
        while (*at == ' ' || *at == '\n') {
            at += strspn(at, " \n");
            at += strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-");
            if (at[0] != '=' || at[1] != '"')
                return tag;
            at += 2;
            at += strcspn(at, "\"<");
            if (*at != '"')
                return tag;
            at++;
        }
        const bool is_empty = *at == '/';
        at += is_empty;
        if (*at++ != '>')
            return tag;
        if (is_end && (depth == 0 || strcmp(open[--depth], name) != 0))
            return tag;
        if (!is_end && !is_empty) {
            if (depth == MAX_DEPTH)
                return tag;
            memcpy(open[depth++], name, sizeof name);
        }
        if (!is_end && strcmp(name, "style") == 0)
            at = strstr(at, "</style>"); /* not XML's rules, and no < in it */
        if (depth == 0)
            break;
    }
    at += *at == '\n';
    return *at == '\0' ? NULL : at;
}
