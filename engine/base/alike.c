/* A name is cleaned of HTML, folded, and then its characters are replaced one by one. */
#include "base/alike.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/suggest.h"
#include "base/utf8.h"

/* ---- HTML, and UTF-8 that was converted twice ---- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static size_t tag_bytes(const char *bytes, size_t length)
{
    enum { LONGEST_TAG = 32 };
    bool is_tag =
        length > 2 && bytes[0] == '<' && (bytes[1] == '/' || is_letter(bytes[1]));
    for (size_t i = 1; is_tag && i < length && i < LONGEST_TAG; i++)
        if (bytes[i] == '>')
            return i + 1;
    return 0;
}

/* "&uuml;": a letter with an accent, of which the letter is compared. */
static size_t letter_entity_bytes(const char *bytes, size_t length, char *character)
{
    static const char *const accents[] = {"uml;",   "acute;", "grave;", "circ;",
                                          "tilde;", "cedil;", "ring;"};
    if (length < 6 || *bytes != '&' || !is_letter(bytes[1]))
        return 0;
    for (size_t i = 0; i < sizeof accents / sizeof *accents; i++) {
        size_t size = strlen(accents[i]);
        if (length >= size + 2 && memcmp(bytes + 2, accents[i], size) == 0) {
            *character = bytes[1];
            return size + 2;
        }
    }
    return 0;
}

static size_t entity_bytes(const char *bytes, size_t length, char *character)
{
    static const struct {
        const char *name;
        char character;
    } entities[] = {{"&amp;", '&'},  {"&lt;", '<'},   {"&gt;", '>'},   {"&quot;", '"'},
                    {"&#39;", '\''}, {"&nbsp;", ' '}, {"&apos;", '\''}};
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++) {
        size_t size = strlen(entities[i].name);
        if (length >= size && memcmp(bytes, entities[i].name, size) == 0) {
            *character = entities[i].character;
            return size;
        }
    }
    return letter_entity_bytes(bytes, length, character);
}

/*
 * The bytes of a character of U+0080 to U+00FF that was converted to UTF-8 twice, as in "SÃ¼d"; it is
 * C3 or C2, which is written, and a second byte.  0: it is another character.
 */
static size_t twice_bytes(const char *bytes, size_t length, char once[2])
{
    bool is_twice = length > 3 && bytes[0] == '\xC3' &&
                    (bytes[1] == '\x83' || bytes[1] == '\x82') && bytes[2] == '\xC2' &&
                    ((unsigned char)bytes[3] & 0xC0) == 0x80;
    if (!is_twice)
        return 0;
    once[0] = bytes[1] == '\x83' ? '\xC3' : '\xC2';
    once[1] = bytes[3];
    return 4;
}

/* Leave out HTML tags, and replace HTML entities.  The buffer holds the whole text. */
static size_t without_html(const char *bytes, size_t length, char *buffer)
{
    size_t used = 0;
    while (length > 0) {
        char character = *bytes, once[2];
        size_t tag = tag_bytes(bytes, length), size = tag;
        size_t twice = tag == 0 ? twice_bytes(bytes, length, once) : 0;
        if (twice > 0) {
            memcpy(buffer + used, once, sizeof once);
            used += sizeof once;
            size = twice;
        } else if (tag == 0) {
            size = entity_bytes(bytes, length, &character);
            buffer[used++] = character;
        }
        size = size == 0 ? 1 : size;
        bytes += size;
        length -= size;
    }
    return used;
}

/* ---- characters ---- */

/* The Latin letters of U+00C0 to U+00FF without their accents; '.' stands for the character itself. */
static const char latin[] =
    "aaaaaa.ceeeeiiii.nooooo..uuuuy..aaaaaa.ceeeeiiii.nooooo..uuuuy.y";

/* Letters that look like a Latin one. */
static const struct {
    uint32_t character;
    char looks_like;
} lookalikes[] = {
    {0x0410, 'a'}, {0x0412, 'b'},  {0x0415, 'e'},  {0x041A, 'k'}, {0x041C, 'm'},
    {0x041D, 'h'}, {0x041E, 'o'},  {0x0420, 'p'},  {0x0421, 'c'}, {0x0422, 't'},
    {0x0423, 'y'}, {0x0425, 'x'},  {0x0430, 'a'},  {0x0435, 'e'}, {0x043E, 'o'},
    {0x0440, 'p'}, {0x0441, 'c'},  {0x0443, 'y'},  {0x0445, 'x'}, {0x0455, 's'},
    {0x0456, 'i'}, {0x0458, 'j'},  {0x0391, 'a'},  {0x0392, 'b'}, {0x0395, 'e'},
    {0x0397, 'h'}, {0x0399, 'i'},  {0x039A, 'k'},  {0x039C, 'm'}, {0x039D, 'n'},
    {0x039F, 'o'}, {0x03A1, 'p'},  {0x03A4, 't'},  {0x03A5, 'y'}, {0x03A7, 'x'},
    {0x03BF, 'o'}, {0x2019, '\''}, {0x2018, '\''}, {0x201C, '"'}, {0x201D, '"'},
};

/* The character at bytes, whose size is *size; an invalid byte is itself. */
static uint32_t character_at(const char *bytes, size_t length, size_t *size)
{
    static const unsigned char first_bits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    *size = utf8_character(bytes, length);
    if (*size == 0) {
        *size = 1;
        return (unsigned char)*bytes;
    }
    uint32_t character = (unsigned char)*bytes & first_bits[*size];
    for (size_t i = 1; i < *size; i++)
        character = character << 6 | ((unsigned char)bytes[i] & 0x3F);
    return character;
}

static bool is_left_out(uint32_t c)
{
    return (c >= 0x0300 && c <= 0x036F) || (c >= 0x2010 && c <= 0x2015) || c == 0xFE0F;
}

/* The ASCII character that is compared; 0: the character itself. */
static char compared(uint32_t c)
{
    if (c >= 0xC0 && c <= 0xFF)
        return latin[c - 0xC0] == '.' ? '\0' : latin[c - 0xC0];
    if (c > 0xFF00 && c < 0xFF5F) { /* of full width */
        char ascii = (char)(c - 0xFF00 + 0x20);
        return ascii >= 'A' && ascii <= 'Z' ? (char)(ascii + ('a' - 'A')) : ascii;
    }
    for (size_t i = 0; c > 0xFF && i < sizeof lookalikes / sizeof *lookalikes; i++)
        if (lookalikes[i].character == c)
            return lookalikes[i].looks_like;
    return '\0';
}

size_t alike_fold(const char *bytes, size_t length, char *buffer, size_t size)
{
    char clean[ALIKE_BYTES], folded[ALIKE_BYTES];
    size_t used = 0, step;
    if (length >= sizeof clean || length >= size)
        return size;
    size_t left =
        suggest_fold(clean, without_html(bytes, length, clean), folded, sizeof folded);
    for (const char *at = folded; left > 0; at += step, left -= step) {
        uint32_t character = character_at(at, left, &step);
        char ascii = compared(character);
        if (ascii != '\0') {
            buffer[used++] = ascii;
        } else if (!is_left_out(character)) {
            memcpy(buffer + used, at, step);
            used += step;
        }
    }
    while (used > 0 && strchr(".,;:!\"'", buffer[used - 1]) && buffer[used - 1] != '\0')
        used--;
    size_t quotes = 0;
    while (quotes < used && (buffer[quotes] == '"' || buffer[quotes] == '\''))
        quotes++;
    used -= quotes;
    memmove(buffer, buffer + quotes, used);
    if (used > 0)
        return used;
    memcpy(buffer, bytes, length); /* nothing but marks */
    return length;
}

size_t alike_fold_column(const char *name, size_t length, char buffer[ALIKE_BYTES])
{
    size_t used = 0;
    size_t folded = alike_fold(name, length, buffer, ALIKE_BYTES);
    if (folded == ALIKE_BYTES)
        return 0;
    for (size_t i = 0; i < folded; i++) {
        char c = buffer[i];
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80)
            buffer[used++] = c;
    }
    return used;
}

void alike_explain(const char *a, const char *b, char *buffer, size_t size)
{
    const char *const texts[] = {a, b};
    size_t same = 0, step;
    buffer[0] = '\0';
    while (a[same] != '\0' && a[same] == b[same])
        same++;
    while (same > 0 && ((unsigned char)a[same] & 0xC0) == 0x80)
        same--; /* to the beginning of a character */
    for (size_t i = 0; i < 2; i++) {
        const char *at = texts[i] + same;
        if ((unsigned char)*at < 0x80)
            continue;
        uint32_t character = character_at(at, strlen(at), &step);
        (void)snprintf(buffer, size, "; the \"%.*s\" of the %s is U+%04X", (int)step, at,
                       i == 0 ? "first" : "second", (unsigned)character);
    }
}
