/*
 * Where one request ends and the next begins, and which bytes are not a request: requirements of
 * RFC 9112 and RFC 9110 on a server.  A server that breaks one may see two requests where a proxy
 * in front of it sees one.
 *
 * Each case is sent on a connection of its own.  After its answer a marked request is sent, whose
 * answer shows that the connection continues and that both sides agree where the case ends.
 * Defects of the library are listed with the version and the reason.  A failure that is not listed
 * fails the test, and so does a listed failure that does not occur.
 */
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "http/document.h"
#include "http/suites.h"

enum after {
    CONTINUES, /* the marked request is answered */
    TWO_MORE,  /* the marked request is answered, after two more answers */
    CLOSES,    /* the connection is closed */
    EITHER
};

#define BODY "{\"events\": [\"error logged\"]}" /* 28 bytes, 1c in hexadecimal */
#define CHUNKS "1c\r\n" BODY "\r\n0\r\n\r\n"
#define GET "GET /livez HTTP/1.1\r\n"
#define HOST "Host: a\r\n"
#define POST "POST /predict HTTP/1.1\r\n" HOST
#define CHUNKED "Transfer-Encoding: chunked\r\n"
#define TEN(text) text text text text text text text text text text
#define THOUSAND(text) TEN(TEN(TEN(text)))
#define RAW(text) text, sizeof(text) - 1

/* clang-format off */
static const struct {
    const char *about, *rfc, *bytes;
    size_t length;
    short codes[3]; /* the answer has one of them; first 0: no answer is allowed too */
    enum after after;
} cases[] = {
    {"a GET", "9112 2.1", RAW(GET HOST "\r\n"), {200}, CONTINUES},
    {"a POST", "9112 6.2", RAW(POST "Content-Length: 28\r\n\r\n" BODY), {200}, CONTINUES},
    {"a POST in one chunk", "9112 7.1", RAW(POST CHUNKED "\r\n" CHUNKS), {200}, CONTINUES},
    {"a POST in two chunks", "9112 7.1", RAW(POST CHUNKED "\r\n1\r\n{\r\n1B\r\n\"events\": [\"error logged\"]}\r\n00\r\n\r\n"), {200}, CONTINUES},
    {"a trailer", "9112 7.1.2", RAW(POST CHUNKED "\r\n1c\r\n" BODY "\r\n0\r\nX: y\r\n\r\n"), {200}, CONTINUES},
    {"a chunk extension", "9112 7.1.1: MUST ignore", RAW(POST CHUNKED "\r\n1c;x=y\r\n" BODY "\r\n0\r\n\r\n"), {200}, CONTINUES},
    {"three requests at once", "9112 9.3.2: MUST answer in order", RAW(GET HOST "\r\n" POST "Content-Length: 28\r\n\r\n" BODY GET HOST "\r\n"), {200}, TWO_MORE},
    {"HEAD", "9110 9.3.2: MUST NOT send content", RAW("HEAD /livez HTTP/1.1\r\n" HOST "\r\n"), {200}, CONTINUES},
    {"an absolute target", "9112 3.2.2: MUST accept", RAW("GET http://a/livez HTTP/1.1\r\n" HOST "\r\n"), {200}, CONTINUES},
    {"a coding name in capitals", "9112 7: case-insensitive", RAW(POST "Transfer-Encoding: CHUNKED\r\n\r\n" CHUNKS), {200}, CONTINUES},
    {"a field name in capitals", "9110 5.1: case-insensitive", RAW(POST "CONTENT-LENGTH: 28\r\n\r\n" BODY), {200}, CONTINUES},
    {"blanks around a value", "9112 5.1: excluded from it", RAW(POST "Content-Length: \t 28 \t\r\n\r\n" BODY), {200}, CONTINUES},
    {"Connection: close", "9112 9.6: MUST close", RAW(GET HOST "Connection: close\r\n\r\n"), {200}, CLOSES},
    {"HTTP/1.0", "9112 9.3: not persistent by default", RAW("GET /livez HTTP/1.0\r\n\r\n"), {200}, CLOSES},
    {"an unknown minor version", "9110 2.5: like the highest known", RAW("GET /livez HTTP/1.2\r\n" HOST "\r\n"), {200}, EITHER},
    {"a GET with a body", "9110 9.3.1: framed like any body", RAW(GET HOST "Content-Length: 5\r\n\r\nhello"), {200}, CONTINUES},
    {"Expect: 100-continue with the body at once", "9110 10.1.1", RAW(POST "Expect: 100-continue\r\nContent-Length: 28\r\n\r\n" BODY), {200}, CONTINUES},

    {"no Host", "9112 3.2: MUST 400", RAW(GET "\r\n"), {400}, EITHER},
    {"two Hosts", "9112 3.2: MUST 400", RAW(GET HOST "Host: b\r\n\r\n"), {400}, EITHER},
    {"the same Host twice", "9112 3.2: MUST 400", RAW(GET HOST HOST "\r\n"), {400}, EITHER},

    {"Content-Length, then chunked", "9112 6.1: MUST close", RAW(POST "Content-Length: 28\r\n" CHUNKED "\r\n" CHUNKS), {400}, CLOSES},
    {"chunked, then Content-Length", "9112 6.1: MUST close", RAW(POST CHUNKED "Content-Length: 3\r\n\r\n" CHUNKS), {400}, CLOSES},
    {"two different lengths", "9112 6.3: MUST 400 and close", RAW(POST "Content-Length: 28\r\nContent-Length: 27\r\n\r\n" BODY), {400}, CLOSES},
    {"a list of lengths", "9112 6.3: MUST 400 and close", RAW(POST "Content-Length: 28, 27\r\n\r\n" BODY), {400}, CLOSES},
    {"a length with a sign", "9112 6.3: MUST 400 and close", RAW(POST "Content-Length: +28\r\n\r\n" BODY), {400}, CLOSES},
    {"a negative length", "9112 6.3: MUST 400 and close", RAW(POST "Content-Length: -1\r\n\r\n" BODY), {400}, CLOSES},
    {"a length in hexadecimal", "9112 6.3: MUST 400 and close", RAW(POST "Content-Length: 0x1c\r\n\r\n" BODY), {400}, CLOSES},
    {"a length with a blank in it", "9112 6.3: MUST 400 and close", RAW(POST "Content-Length: 2 8\r\n\r\n" BODY), {400}, CLOSES},
    {"an empty length", "9112 6.3: MUST 400 and close", RAW(POST "Content-Length: \r\n\r\n" BODY), {400}, CLOSES},
    {"a length above 64 bits", "9110 8.6: MUST NOT overflow", RAW(POST "Content-Length: 18446744073709551644\r\n\r\n" BODY), {400, 413}, CLOSES},
    {"an unknown coding", "9112 6.1: 501, or 6.3: 400", RAW(POST "Transfer-Encoding: gzip\r\n\r\n" CHUNKS), {400, 501}, CLOSES},
    {"a coding that ends in chunked", "9112 6.3: MUST 400 and close", RAW(POST "Transfer-Encoding: xchunked\r\n\r\n" CHUNKS), {400, 501}, CLOSES},
    {"chunked that is not the last coding", "9112 6.3: MUST 400 and close", RAW(POST "Transfer-Encoding: chunked, identity\r\n\r\n" CHUNKS), {400, 501}, CLOSES},
    {"chunked in two fields", "9112 6.1: MUST NOT twice", RAW(POST CHUNKED CHUNKED "\r\n" CHUNKS), {400, 501}, CLOSES},
    {"chunked in one field twice", "9112 6.1: MUST NOT twice", RAW(POST "Transfer-Encoding: chunked, chunked\r\n\r\n" CHUNKS), {400, 501}, CLOSES},
    {"chunks in HTTP/1.0", "9112 6.1: MUST close", RAW("POST /predict HTTP/1.0\r\n" HOST CHUNKED "\r\n" CHUNKS), {200, 400}, CLOSES},
    {"a chunk size that overflows", "9112 7.1: MUST anticipate", RAW(POST CHUNKED "\r\n1000000000000001c\r\n" BODY "\r\n0\r\n\r\n"), {400, 413}, CLOSES},
    {"a negative chunk size", "9112 7.1", RAW(POST CHUNKED "\r\n-1c\r\n" CHUNKS), {400}, CLOSES},
    {"a chunk size that is not a number", "9112 7.1", RAW(POST CHUNKED "\r\nten\r\n" CHUNKS), {400}, CLOSES},
    {"a chunk that is longer than its size", "9112 7.1", RAW(POST CHUNKED "\r\n1b\r\n" BODY "\r\n0\r\n\r\n"), {400}, CLOSES},

    {"a blank before the colon", "9112 5.1: MUST 400", RAW(POST "Content-Length : 28\r\n\r\n" BODY), {400}, EITHER},
    {"a field without a name", "9112 5: MUST be a token", RAW(GET HOST ": x\r\n\r\n"), {400}, EITHER},
    {"a field without a colon", "9112 5", RAW(GET HOST "nothing\r\n\r\n"), {400}, EITHER},
    {"a blank in a field name", "9110 5.1: a token", RAW(GET HOST "a b: x\r\n\r\n"), {400}, EITHER},
    {"a blank before the first field", "9112 2.2: MUST reject, or ignore the line", RAW(GET " X: y\r\n" HOST "\r\n"), {200, 400}, EITHER},
    {"a zero byte in a value", "9110 5.5: MUST reject or replace", RAW(GET HOST "X: a\0b\r\n\r\n"), {400}, EITHER},
    {"a bare CR in a value", "9112 2.2: MUST reject or replace", RAW(GET HOST "X: a\rb\r\n\r\n"), {400}, EITHER},
    {"a zero byte in the target", "9112 3.2: not allowed in a target", RAW("GET /livez\0x HTTP/1.1\r\n" HOST "\r\n"), {0, 400, 404}, EITHER},
    {"a method that is not a token", "9112 3.1", RAW("G(T /livez HTTP/1.1\r\n" HOST "\r\n"), {400, 501}, EITHER},
    {"an unknown method", "9110 9.1: 501", RAW("BREW /livez HTTP/1.1\r\n" HOST "\r\n"), {501}, EITHER},
    {"a method in lower case", "9110 9.1: case-sensitive", RAW("get /livez HTTP/1.1\r\n" HOST "\r\n"), {501}, EITHER},
    {"an unknown Expect", "9110 10.1.1: 417", RAW(POST "Expect: the-best\r\nContent-Length: 28\r\n\r\n" BODY), {417}, EITHER},
    {"another major version", "9110 15.6.6", RAW("GET /livez HTTP/3.0\r\n" HOST "\r\n"), {400, 505}, CLOSES},

    {"a field of 10,000 bytes", "9110 5.4: MUST 4xx", RAW(GET HOST "X: " TEN(THOUSAND("x")) "\r\n\r\n"), {400, 413, 431}, EITHER},
    {"a thousand fields", "9110 5.4: MUST 4xx", RAW(GET HOST THOUSAND("X: y\r\n") "\r\n"), {400, 413, 431}, EITHER},
    {"a target of 10,000 bytes", "9112 3: 414", RAW("GET /" TEN(THOUSAND("x")) " HTTP/1.1\r\n" HOST "\r\n"), {414, 431}, EITHER},
    {"a TLS hello", "not HTTP", RAW("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"), {0, 400}, CLOSES},
    {"an HTTP/2 preface", "9113 3.4", RAW("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), {0, 400, 505}, CLOSES},
};
/* clang-format on */

static const char hides[] = "the library does not pass the field on",
                  cuts[] = "the library cuts the target at the zero byte",
                  counts[] = "the library reads the blanks after a length as part of it",
                  refuses[] = "the library refuses all extensions";

static const struct {
    const char *about, *version, *reason; /* version: the beginning of its text */
} known[] = {
    {"a chunk extension", "1.", refuses},      {"blanks around a value", "0.", counts},
    {"a zero byte in the target", "0.", cuts}, {"a field without a name", "0.", hides},
    {"a zero byte in a value", "0.", hides},
};

/* What happened after a case was sent. */
struct outcome {
    int code; /* of the first answer that is not interim; 0: none */
    unsigned answers;
    bool continues;
};

static unsigned count_heads(const char *text)
{
    unsigned count = 0;
    for (; text && (text = strstr(text, "HTTP/1.1 ")); text++)
        count += strspn(text + 9, "0123456789") == 3;
    return count;
}

static const char marked[] =
    "GET /livez HTTP/1.1\r\nHost: a\r\nX-Request-Id: marked\r\nConnection: close\r\n\r\n";

/* Send the marked request, which has a known id, and receive everything after the first answer. */
static void receive_rest(struct client *client, struct outcome *outcome)
{
    static char rest[1 << 16];
    size_t length = client->length < sizeof rest ? client->length : 0;
    ssize_t got = 1;
    memcpy(rest, client->bytes ? client->bytes : "", length);
    client_send(client, marked); /* fails if the connection was closed */
    while (got > 0 && length < sizeof rest - 1) {
        rest[length] = '\0';
        got = recv(client->socket, rest + length, sizeof rest - 1 - length, 0);
        length += got > 0 ? (size_t)got : 0;
    }
    rest[length] = '\0';
    outcome->continues = strstr(rest, "X-Request-Id: marked") != NULL;
    outcome->answers += count_heads(rest) - outcome->continues;
}

/* The reason why a case fails with this version of the library; NULL if it must not fail. */
static const char *known_reason(int i)
{
    const char *version = MHD_get_version();
    for (int k = 0; k < COUNT(known); k++)
        if (strcmp(known[k].about, cases[i].about) == 0 &&
            strncmp(known[k].version, version, strlen(known[k].version)) == 0)
            return known[k].reason;
    return NULL;
}

static struct outcome run_case(int i, struct answer *answer)
{
    const bool is_head = strncmp(cases[i].bytes, "HEAD", 4) == 0;
    struct outcome outcome = {0};
    struct client client;
    ck_assert(client_open(&client, url()));
    client_send_bytes(&client, cases[i].bytes, cases[i].length);
    bool is_answered = client_receive(&client, answer, is_head);
    while (is_answered && answer->code < 200) {
        answer_release(answer);
        is_answered = client_receive(&client, answer, is_head);
    }
    if (is_answered) {
        outcome.code = answer->code;
        outcome.answers = 1 + count_heads(answer->body);
    }
    receive_rest(&client, &outcome);
    client_close(&client);
    return outcome;
}

static bool is_right(int i, const struct outcome *outcome)
{
    bool has_code = false;
    unsigned answers = outcome->code == 0 ? 0 : cases[i].after == TWO_MORE ? 3 : 1;
    for (int k = 0; k < 3; k++)
        has_code |= cases[i].codes[k] == outcome->code && (outcome->code || k == 0);
    return has_code && outcome->answers == answers &&
           (cases[i].after == EITHER || (cases[i].after != CLOSES) == outcome->continues);
}

START_TEST(test_requests_end_where_http_says)
{
    const char *reason = known_reason(_i);
    struct answer answer = {0};
    serve();
    client_on_answer = NULL; /* known defects would fail the validation */
    struct outcome outcome = run_case(_i, &answer);
    bool is_good = is_right(_i, &outcome);
    ck_assert_msg(is_good || reason, "%s (%s): %d, %u answers, connection %s",
                  cases[_i].about, cases[_i].rfc, outcome.code, outcome.answers,
                  outcome.continues ? "continues" : "closed");
    ck_assert_msg(!is_good || !reason, "%s (%s) passes, although it is listed: %s",
                  cases[_i].about, cases[_i].rfc, reason);
    answer_release(&answer);
}
END_TEST

Suite *framing_suite(void)
{
    Suite *suite = suite_create("framing");
    TCase *tcase = tcase_create("framing");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, test_requests_end_where_http_says, 0, COUNT(cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
