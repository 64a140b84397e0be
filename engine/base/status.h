/*
 * What can go wrong, listed once, and the place where a failure says where and why.
 *
 * The enum, its names and its general texts all grow from STATUS_LIST.  A function that
 * can fail returns enum status and takes a struct error last; the first failure that
 * is written there is kept.
 */
#ifndef TRIAGE_STATUS_H
#define TRIAGE_STATUS_H

#include <stddef.h>

#define STATUS_LIST(X)                                                                   \
    X(OK, "success")                                                                     \
    X(NO_MEMORY, "out of memory")                                                        \
    X(IO, "could not read or write a file")                                              \
    X(BAD_FORMAT, "file is not a model this build can read")                             \
    X(BAD_JSON, "input is not JSON")                                                     \
    X(BAD_INPUT, "input does not fit the schema")                                        \
    X(BAD_OPTION, "setting cannot be used")                                              \
    X(TOO_LARGE, "input exceeds a limit")                                                \
    X(NOT_FOUND, "there is no such model")                                               \
    X(BUSY, "too much work is waiting")                                                  \
    X(TIMED_OUT, "the deadline passed")                                                  \
    X(INTERRUPTED, "stopped by a signal")                                                \
    X(NOT_FINITE, "a computation produced a value that is not finite")

#define STATUS_ENUMERATOR(name, text) STATUS_##name,
enum status { STATUS_LIST(STATUS_ENUMERATOR) STATUS_COUNT };
#undef STATUS_ENUMERATOR

/*
 * Where and why a call failed.  The caller owns it, usually on its stack, and may
 * pass NULL when only the status matters.  All-zero before use.  The first failure is
 * kept.
 */
struct error {
    enum status status;
    char where[96]; /* JSON Pointer, file name or tensor name; "" if none */
    char text[160]; /* lower case, no full stop: what failed, why; cut at a character */
    char expected[48], received[64]; /* "" if they say nothing more */
    unsigned line, column;           /* of the text it came from; 0 if none */
};

/* "NO_MEMORY"; borrowed, for ever. */
const char *status_name(enum status status);

/* "out of memory"; borrowed, for ever. */
const char *status_text(enum status status);

/* Fill err, if given and still empty, and return status: `return error_set(...)`. */
enum status error_set(struct error *err, enum status status, const char *where,
                      const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same, with what was expected and what came instead; both may be "". */
enum status error_mismatch(struct error *err, enum status status, const char *where,
                           const char *expected, const char *received, const char *format,
                           ...) __attribute__((format(printf, 6, 7)));

/* STATUS_NO_MEMORY, with its general text. */
static inline enum status error_no_memory(struct error *err)
{
    (void)error_set(err, STATUS_NO_MEMORY, "", "%s", "out of memory");
    return STATUS_NO_MEMORY;
}

/*
 * Copy text into room, at most size - 1 bytes, cut at the end of a UTF-8 character.  Bytes
 * that are not UTF-8 become question marks, so that whatever an error quotes can be sent.
 */
void copy_cut(char *room, size_t size, const char *text);

#endif
