/*
 * Where one request ends and the next begins, and what is no request at all: the MUSTs of RFC 9112
 * and RFC 9110 that a server keeps or breaks.  Whoever breaks one may see two requests where a
 * proxy in front sees one.
 *
 * A case is sent on a connection of its own; after its answer comes a marked request, whose answer
 * shows that the connection goes on and that both sides agree where.  What the library itself gets
 * wrong is listed with the reason, by version: a failure that is not listed fails the test, and so
 * does a listed one that does not come.
 */
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "http/document.h"
#include "http/suites.h"

enum after {
    GOES_ON,  /* the marked request is answered */
    TWO_MORE, /* so it is, after two more answers */
    ENDS,     /* it is not: the connection is closed */
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
    short codes[3]; /* the answer has one of them; first 0: none may come */
    enum after after;
} cases[] = {
    {"a GET", "9112 2.1", RAW(GET HOST "\r\n"), {200}, GOES_ON},
    {"a POST", "9112 6.2", RAW(POST "Content-Length: 28\r\n\r\n" BODY), {200}, GOES_ON},
    {"a POST in one chunk", "9112 7.1", RAW(POST CHUNKED "\r\n" CHUNKS), {200}, GOES_ON},
    {"a POST in two chunks", "9112 7.1", RAW(POST CHUNKED "\r\n1\r\n{\r\n1B\r\n\"events\": [\"error logged\"]}\r\n00\r\n\r\n"), {200}, GOES_ON},
    {"a trailer", "9112 7.1.2", RAW(POST CHUNKED "\r\n1c\r\n" BODY "\r\n0\r\nX: y\r\n\r\n"), {200}, GOES_ON},
    {"an extension of a chunk", "9112 7.1.1: MUST ignore", RAW(POST CHUNKED "\r\n1c;x=y\r\n" BODY "\r\n0\r\n\r\n"), {200}, GOES_ON},
    {"three at once", "9112 9.3.2: MUST answer in order", RAW(GET HOST "\r\n" POST "Content-Length: 28\r\n\r\n" BODY GET HOST "\r\n"), {200}, TWO_MORE},
    {"HEAD", "9110 9.3.2: MUST NOT send content", RAW("HEAD /livez HTTP/1.1\r\n" HOST "\r\n"), {200}, GOES_ON},
    {"an absolute target", "9112 3.2.2: MUST accept", RAW("GET http://a/livez HTTP/1.1\r\n" HOST "\r\n"), {200}, GOES_ON},
    {"a coding's name in capitals", "9112 7: case-insensitive", RAW(POST "Transfer-Encoding: CHUNKED\r\n\r\n" CHUNKS), {200}, GOES_ON},
    {"a field's name in capitals", "9110 5.1: case-insensitive", RAW(POST "CONTENT-LENGTH: 28\r\n\r\n" BODY), {200}, GOES_ON},
    {"blanks around a value", "9112 5.1: excluded from it", RAW(POST "Content-Length: \t 28 \t\r\n\r\n" BODY), {200}, GOES_ON},
    {"close", "9112 9.6: MUST close", RAW(GET HOST "Connection: close\r\n\r\n"), {200}, ENDS},
    {"HTTP/1.0", "9112 9.3: does not persist by itself", RAW("GET /livez HTTP/1.0\r\n\r\n"), {200}, ENDS},
    {"a minor version to come", "9110 2.5: as the highest known", RAW("GET /livez HTTP/1.2\r\n" HOST "\r\n"), {200}, EITHER},
    {"a body that a GET need not have", "9110 9.3.1: framed all the same", RAW(GET HOST "Content-Length: 5\r\n\r\nhello"), {200}, GOES_ON},
    {"100-continue, and the body at once", "9110 10.1.1", RAW(POST "Expect: 100-continue\r\nContent-Length: 28\r\n\r\n" BODY), {200}, GOES_ON},

    {"no Host", "9112 3.2: MUST 400", RAW(GET "\r\n"), {400}, EITHER},
    {"two Hosts", "9112 3.2: MUST 400", RAW(GET HOST "Host: b\r\n\r\n"), {400}, EITHER},
    {"the same Host twice", "9112 3.2: MUST 400", RAW(GET HOST HOST "\r\n"), {400}, EITHER},

    {"a length and chunks", "9112 6.1: MUST close", RAW(POST "Content-Length: 28\r\n" CHUNKED "\r\n" CHUNKS), {400}, ENDS},
    {"chunks and a length", "9112 6.1: MUST close", RAW(POST CHUNKED "Content-Length: 3\r\n\r\n" CHUNKS), {400}, ENDS},
    {"two lengths", "9112 6.3: MUST 400 and close", RAW(POST "Content-Length: 28\r\nContent-Length: 27\r\n\r\n" BODY), {400}, ENDS},
    {"a list of lengths", "9112 6.3: MUST 400 and close", RAW(POST "Content-Length: 28, 27\r\n\r\n" BODY), {400}, ENDS},
    {"a length with a sign", "9112 6.3: MUST 400 and close", RAW(POST "Content-Length: +28\r\n\r\n" BODY), {400}, ENDS},
    {"a length below zero", "9112 6.3: MUST 400 and close", RAW(POST "Content-Length: -1\r\n\r\n" BODY), {400}, ENDS},
    {"a length in hexadecimal", "9112 6.3: MUST 400 and close", RAW(POST "Content-Length: 0x1c\r\n\r\n" BODY), {400}, ENDS},
    {"a length with a blank in it", "9112 6.3: MUST 400 and close", RAW(POST "Content-Length: 2 8\r\n\r\n" BODY), {400}, ENDS},
    {"no digits", "9112 6.3: MUST 400 and close", RAW(POST "Content-Length: \r\n\r\n" BODY), {400}, ENDS},
    {"a length past 64 bits", "9110 8.6: MUST NOT overflow", RAW(POST "Content-Length: 18446744073709551644\r\n\r\n" BODY), {400, 413}, ENDS},
    {"another coding", "9112 6.1: 501, or 6.3: 400", RAW(POST "Transfer-Encoding: gzip\r\n\r\n" CHUNKS), {400, 501}, ENDS},
    {"nearly chunked", "9112 6.3: MUST 400 and close", RAW(POST "Transfer-Encoding: xchunked\r\n\r\n" CHUNKS), {400, 501}, ENDS},
    {"chunked that is not the last", "9112 6.3: MUST 400 and close", RAW(POST "Transfer-Encoding: chunked, identity\r\n\r\n" CHUNKS), {400, 501}, ENDS},
    {"chunked in two fields", "9112 6.1: MUST NOT twice", RAW(POST CHUNKED CHUNKED "\r\n" CHUNKS), {400, 501}, ENDS},
    {"chunked in one field twice", "9112 6.1: MUST NOT twice", RAW(POST "Transfer-Encoding: chunked, chunked\r\n\r\n" CHUNKS), {400, 501}, ENDS},
    {"chunks in HTTP/1.0", "9112 6.1: MUST close", RAW("POST /predict HTTP/1.0\r\n" HOST CHUNKED "\r\n" CHUNKS), {200, 400}, ENDS},
    {"a chunk's size that overflows", "9112 7.1: MUST anticipate", RAW(POST CHUNKED "\r\n1000000000000001c\r\n" BODY "\r\n0\r\n\r\n"), {400, 413}, ENDS},
    {"a chunk's size below zero", "9112 7.1", RAW(POST CHUNKED "\r\n-1c\r\n" CHUNKS), {400}, ENDS},
    {"a chunk's size that is none", "9112 7.1", RAW(POST CHUNKED "\r\nten\r\n" CHUNKS), {400}, ENDS},
    {"a chunk that is longer than its size", "9112 7.1", RAW(POST CHUNKED "\r\n1b\r\n" BODY "\r\n0\r\n\r\n"), {400}, ENDS},

    {"a blank before the colon", "9112 5.1: MUST 400", RAW(POST "Content-Length : 28\r\n\r\n" BODY), {400}, EITHER},
    {"a field without a name", "9112 5: MUST be a token", RAW(GET HOST ": x\r\n\r\n"), {400}, EITHER},
    {"a field without a colon", "9112 5", RAW(GET HOST "nothing\r\n\r\n"), {400}, EITHER},
    {"a blank in a field's name", "9110 5.1: a token", RAW(GET HOST "a b: x\r\n\r\n"), {400}, EITHER},
    {"a blank line before the fields' first", "9112 2.2: MUST reject, or ignore the line", RAW(GET " X: y\r\n" HOST "\r\n"), {200, 400}, EITHER},
    {"a zero byte in a value", "9110 5.5: MUST reject or replace", RAW(GET HOST "X: a\0b\r\n\r\n"), {400}, EITHER},
    {"a bare CR in a value", "9112 2.2: MUST reject or replace", RAW(GET HOST "X: a\rb\r\n\r\n"), {400}, EITHER},
    {"a zero byte in the target", "9112 3.2: no such character", RAW("GET /livez\0x HTTP/1.1\r\n" HOST "\r\n"), {0, 400, 404}, EITHER},
    {"a method that is no token", "9112 3.1", RAW("G(T /livez HTTP/1.1\r\n" HOST "\r\n"), {400, 501}, EITHER},
    {"an unknown method", "9110 9.1: 501", RAW("BREW /livez HTTP/1.1\r\n" HOST "\r\n"), {501}, EITHER},
    {"a method in small letters", "9110 9.1: case-sensitive", RAW("get /livez HTTP/1.1\r\n" HOST "\r\n"), {501}, EITHER},
    {"an unknown Expect", "9110 10.1.1: 417", RAW(POST "Expect: the-best\r\nContent-Length: 28\r\n\r\n" BODY), {417}, EITHER},
    {"another major version", "9110 15.6.6", RAW("GET /livez HTTP/3.0\r\n" HOST "\r\n"), {400, 505}, ENDS},

    {"a field of 10,000 bytes", "9110 5.4: MUST 4xx", RAW(GET HOST "X: " TEN(THOUSAND("x")) "\r\n\r\n"), {400, 413, 431}, EITHER},
    {"a thousand fields", "9110 5.4: MUST 4xx", RAW(GET HOST THOUSAND("X: y\r\n") "\r\n"), {400, 413, 431}, EITHER},
    {"a target of 10,000 bytes", "9112 3: 414", RAW("GET /" TEN(THOUSAND("x")) " HTTP/1.1\r\n" HOST "\r\n"), {400, 404, 414}, EITHER},
    {"a hello of TLS", "no HTTP", RAW("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"), {0, 400}, ENDS},
    {"a preface of HTTP/2", "9113 3.4", RAW("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), {0, 400, 505}, ENDS},
};
/* clang-format on */

static const char twice[] = "it sends the head of its own refusal twice",
                  hides[] = "it hides the field from whoever asks for them",
                  cuts[] = "it cuts the target there before anyone sees it",
                  counts[] = "it takes the blanks behind a length for a part of it",
                  refuses[] = "it refuses all extensions";

static const struct {
    const char *about, *version, *reason; /* version: its beginning */
} known[] = {
    {"an extension of a chunk", "1.", refuses},
    {"blanks around a value", "0.", counts},
    {"a zero byte in the target", "0.", cuts},
    {"a list of lengths", "0.", twice},
    {"a length with a sign", "0.", twice},
    {"a length below zero", "0.", twice},
    {"a length in hexadecimal", "0.", twice},
    {"a length with a blank in it", "0.", twice},
    {"no digits", "0.", twice},
    {"a length past 64 bits", "0.", twice},
    {"a field without a name", "0.", hides},
    {"a zero byte in a value", "0.", hides},
};

/* What came of it. */
struct outcome {
    int code; /* of the first answer that is not interim; 0: none */
    unsigned answers;
    bool goes_on;
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

/* Everything after the first answer; the marked request's has a known id. */
static void look_on(struct client *client, struct outcome *outcome)
{
    static char rest[1 << 16];
    size_t length = client->length < sizeof rest ? client->length : 0;
    ssize_t got = 1;
    memcpy(rest, client->bytes ? client->bytes : "", length);
    client_send(client, marked); /* which fails when the connection has ended */
    while (got > 0 && length < sizeof rest - 1) {
        rest[length] = '\0';
        got = recv(client->socket, rest + length, sizeof rest - 1 - length, 0);
        length += got > 0 ? (size_t)got : 0;
    }
    rest[length] = '\0';
    outcome->goes_on = strstr(rest, "X-Request-Id: marked") != NULL;
    outcome->answers += count_heads(rest) - outcome->goes_on;
}

/* Why a case fails with the library that runs; NULL when it must not. */
static const char *known_reason(int i)
{
    const char *version = MHD_get_version();
    for (int k = 0; k < COUNT(known); k++)
        if (strcmp(known[k].about, cases[i].about) == 0 &&
            strncmp(known[k].version, version, strlen(known[k].version)) == 0)
            return known[k].reason;
    return NULL;
}

static struct outcome try(int i, struct answer *answer)
{
    const struct timeval patience = {.tv_usec = 500000};
    const bool is_head = strncmp(cases[i].bytes, "HEAD", 4) == 0;
    struct outcome outcome = {0};
    struct client client;
    ck_assert(client_open(&client, url()));
    setsockopt(client.socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
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
    look_on(&client, &outcome);
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
           (cases[i].after == EITHER || (cases[i].after != ENDS) == outcome->goes_on);
}

START_TEST(test_framing)
{
    const char *reason = known_reason(_i);
    struct answer answer = {0};
    serve();
    client_on_answer = NULL; /* it would stumble over what is known to be wrong */
    struct outcome outcome = try(_i, &answer);
    bool is_good = is_right(_i, &outcome);
    ck_assert_msg(is_good || reason, "%s (%s): %d, %u answers, connection %s",
                  cases[_i].about, cases[_i].rfc, outcome.code, outcome.answers,
                  outcome.goes_on ? "goes on" : "ends");
    ck_assert_msg(!is_good || !reason, "%s (%s) is right, though %s", cases[_i].about,
                  cases[_i].rfc, reason);
    answer_release(&answer);
}
END_TEST

Suite *framing_suite(void)
{
    Suite *suite = suite_create("framing");
    TCase *tcase = tcase_create("framing");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, test_framing, 0, COUNT(cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
