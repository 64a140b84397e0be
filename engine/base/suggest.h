/*
 * "Did you mean": the known name that is nearest to one that is not known.
 *
 * Names are compared without regard to the case of ASCII letters, to blanks, "-" and "_".  What
 * remains is compared by the number of edits: a character inserted, deleted or replaced, or two
 * neighbours swapped (optimal string alignment distance).  Edits of digits count more, because
 * "web-06" is not a typing error for "web-07".
 *
 *     struct suggestion suggestion;
 *     suggestion_init(&suggestion, text, strlen(text));
 *     for each known name
 *         suggestion_offer(&suggestion, name, strlen(name));
 *     error_set(err, ..., "no such model: \"%s\"%s", text,
 *               suggestion_phrase(&suggestion, "", phrase, sizeof phrase));
 */
#ifndef TRIAGE_SUGGEST_H
#define TRIAGE_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SUGGEST_CHARACTERS = 96, /* of longer names only those that are alike are suggested */
    SUGGEST_BYTES = 4096,    /* for a longer text nothing is suggested */
    SUGGEST_PHRASE = 96      /* size of a buffer that is large enough for most phrases */
};

/* Do a and b differ at most in the case of ASCII letters, in blanks, "-" and "_"? */
bool suggest_is_alike(const char *a, size_t a_length, const char *b, size_t b_length);

/*
 * Write what is compared of a text: alike texts give the same bytes.  Returns the length, and size if
 * the text does not fit.
 */
size_t suggest_fold(const char *bytes, size_t length, char *buffer, size_t size);

/*
 * The distance of what remains of a and b; limit + 1 if it is more than limit, or if that of one
 * is longer than SUGGEST_CHARACTERS.  0: they are alike.
 */
unsigned suggest_distance(const char *a, size_t a_length, const char *b, size_t b_length,
                          unsigned limit);

/* Characters that are compared: lower case, without blanks, "-" and "_". */
struct suggest_key {
    uint32_t characters[SUGGEST_CHARACTERS];
    size_t count;
    bool is_too_long; /* there are more characters than these */
};

struct suggestion {
    const char *text; /* borrowed */
    size_t length;
    struct suggest_key key; /* of text */
    const char *nearest;    /* borrowed from the candidate; NULL: none is near enough */
    size_t nearest_length;
    unsigned distance; /* of nearest; before there is one, 1 more than is near enough */
};

/*
 * Text is not copied.  Near enough is: alike, in a text of 3 or 4 characters also one edit, in a
 * longer one also two.
 */
void suggestion_init(struct suggestion *suggestion, const char *text, size_t length);

/*
 * Offer a candidate, which is not copied.  The nearest is kept; of equally near ones the first in
 * the order of their bytes, so that the order of the offers does not count.  A candidate equal to
 * the text is not a suggestion and is not kept.
 */
void suggestion_offer(struct suggestion *suggestion, const char *candidate,
                      size_t length);

/*
 * Is the text of the suggestion a slip of the keyboard for the candidate?  It is if both are alike, or
 * if the candidate has at least 4 characters and one edit separates them.  This is stricter than what
 * suggestion_offer keeps, and cheap if they differ in their first and last character.
 */
bool suggestion_is_mistyped(const struct suggestion *suggestion, const char *candidate,
                            size_t length);

/*
 * Write ` (did you mean "NAME"?)`, or, if dashes is not "", ` (did you mean --NAME?)`; "" if there
 * is no nearest or the buffer is too small.  Returns buffer.
 */
const char *suggestion_phrase(const struct suggestion *suggestion, const char *dashes,
                              char *buffer, size_t size);

/* The nearest of names, which NULL ends, in the same form. */
const char *suggest_phrase(const char *text, const char *const *names, char *buffer,
                           size_t size);

#endif
