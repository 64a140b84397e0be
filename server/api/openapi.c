/*
 * The assembler includes the document: C11 has no other way to put a file into a program, and the
 * file stays one that every tool for OpenAPI can read.  The Makefile knows that this object depends
 * on it.
 */
#include "api/openapi.h"

#include "service/context.h"
#include "service/reply.h"

__asm__(".pushsection .rodata\n"
        ".global openapi_bytes\n"
        ".global openapi_end\n"
        "openapi_bytes: .incbin \"server/api/openapi.json\"\n"
        "openapi_end: .byte 0\n"
        ".popsection\n");

extern const char openapi_bytes[], openapi_end[];

const char *openapi_text(size_t *length)
{
    *length = (size_t)(openapi_end - openapi_bytes);
    return openapi_bytes;
}

void openapi_show(struct context *context, struct request *request)
{
    (void)context;
    size_t length;
    const char *text = openapi_text(&length);
    strbuf_add_bytes(&request->answer, text, length);
    reply_tagged(request, "application/json");
}
