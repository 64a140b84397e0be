/* Compressed bodies: Content-Encoding gzip and deflate, whole, in pieces, damaged and very large. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "http/one_client.h"
#include "support/case_count.h"

#define ONE "{\"events\": [\"error logged\"]}"
#define LINES ONE "\n" ONE "\n" ONE "\n"
#define NDJSON "application/x-ndjson"

enum {
    ZLIB = 15,
    GZIP = 15 + 16,
    RAW = -15,
    PLAIN = 0
}; /* window bits for deflateInit2 */

static char *body;
static size_t body_length;

static void tear_down_body(void)
{
    free(body);
    body = NULL;
    body_length = 0;
    tear_down_client();
}

/* Append text to body, compressed; PLAIN: as it is. */
static void add(const char *text, size_t length, int window_bits)
{
    z_stream stream = {0};
    size_t most = length + length / 8 + 1024;
    body = realloc(body, body_length + most);
    ck_assert_ptr_nonnull(body);
    if (window_bits == PLAIN) {
        memcpy(body + body_length, text, length);
        body_length += length;
        return;
    }
    ck_assert_int_eq(
        deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (unsigned char *)(uintptr_t)text;
    stream.avail_in = (unsigned)length;
    stream.next_out = (unsigned char *)body + body_length;
    stream.avail_out = (unsigned)most;
    ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    body_length += stream.total_out;
    deflateEnd(&stream);
}

/* Append 'count' times the same byte, compressed. */
static void add_bytes(char byte, size_t count, int window_bits)
{
    char *text = malloc(count);
    ck_assert_ptr_nonnull(text);
    memset(text, byte, count);
    add(text, count, window_bits);
    free(text);
}

static void send_head(const char *type, const char *coding, bool is_chunked)
{
    char head[512], length[64];
    snprintf(length, sizeof length, "Content-Length: %zu", body_length);
    snprintf(head, sizeof head,
             "POST /predict HTTP/1.1\r\nHost: t\r\nContent-Type: %s\r\n"
             "Content-Encoding: %s\r\n%s\r\n\r\n",
             type, coding, is_chunked ? "Transfer-Encoding: chunked" : length);
    ck_assert(client_open(&client, url()));
    ck_assert(client_send(&client, head));
}

static void receive(const char *about, int code, const char *text)
{
    bool is_complete = client_receive(&client, &answer, false);
    ck_assert_msg(answer.code == code, "%s: %d %s", about, answer.code, answer.body);
    ck_assert_msg(answer.body && strstr(answer.body, text), "%s: no %s in %s", about,
                  text, answer.body);
    (void)is_complete; /* the answer to a damaged stream has no end */
}

/* ---- whole bodies ---------------------------------------------------------------------- */

/* clang-format off */
static const struct {
    const char *about, *coding;
    struct {
        const char *text;
        int window_bits;
    } parts[3];
    int cut; /* bytes to leave out at the end */
    int code;
    const char *text; /* in the answer */
} bodies[] = {
    {"gzip", "gzip", {{ONE, GZIP}}, 0, 200, "\"events\": 1"},
    {"its older name, in capitals", "X-GZIP", {{ONE, GZIP}}, 0, 200, "\"events\": 1"},
    {"deflate as it is defined", "deflate", {{ONE, ZLIB}}, 0, 200, "\"events\": 1"},
    {"deflate without its header", "deflate", {{ONE, RAW}}, 0, 200, "\"events\": 1"},
    {"identity", "identity", {{ONE, PLAIN}}, 0, 200, "\"events\": 1"},
    {"an empty value", "", {{ONE, PLAIN}}, 0, 200, "\"events\": 1"},
    {"identity beside gzip", " identity ,gzip,", {{ONE, GZIP}}, 0, 200, "\"events\": 1"},
    {"three gzip members", "gzip", {{"{\"events\": [", GZIP}, {"", GZIP}, {"\"a\"]}", GZIP}}, 0, 200, "\"events\": 1"},
    {"two codings", "gzip, gzip", {{ONE, GZIP}}, 0, 415, "\"received\": \"gzip, gzip\""},
    {"a coding that is not supported", "br", {{ONE, PLAIN}}, 0, 415, "\"expected\": \"gzip or deflate\""},
    {"gzip that is cut off in its checksum", "gzip", {{ONE, GZIP}}, 1, 400, "the gzip data of the body is cut off after byte"},
    {"gzip that is cut off in its data", "gzip", {{ONE, GZIP}}, 14, 400, "the gzip data of the body is cut off after byte"},
    {"deflate that is cut off", "deflate", {{ONE, ZLIB}}, 2, 400, "the deflate data of the body is cut off after byte"},
    {"raw deflate that is cut off", "deflate", {{ONE, RAW}}, 2, 400, "the deflate data of the body is cut off after byte"},
    {"the second member is cut off", "gzip", {{ONE, GZIP}, {" ", GZIP}}, 3, 400, "is cut off after byte"},
    {"bytes after gzip", "gzip", {{ONE, GZIP}, {"x", PLAIN}}, 0, 400, "the gzip data of the body ends at byte"},
    {"bytes after gzip that begin like a member", "gzip", {{ONE, GZIP}, {"\x1fx", PLAIN}}, 0, 400, "is damaged near byte"},
    {"bytes after deflate", "deflate", {{ONE, ZLIB}, {"x", PLAIN}}, 0, 400, "the deflate data of the body ends at byte"},
    {"deflate twice", "deflate", {{ONE, ZLIB}, {" ", ZLIB}}, 0, 400, "the deflate data of the body ends at byte"},
    {"JSON that is not compressed, as gzip", "gzip", {{ONE, PLAIN}}, 0, 400, "the body is not gzip data, although its Content-Encoding says so"},
    {"JSON that is not compressed, as deflate", "deflate", {{ONE, PLAIN}}, 0, 400, "the body is not deflate data, although its Content-Encoding says so"},
    {"one byte that is not gzip", "gzip", {{"{", PLAIN}}, 0, 400, "the body is not gzip data, although its Content-Encoding says so"},
    {"deflate as gzip", "gzip", {{ONE, ZLIB}}, 0, 400, "the body is not gzip data, although its Content-Encoding says so"},
    {"gzip without a coding", "identity", {{ONE, GZIP}}, 0, 400, "the body is gzip data, but the request has no"},
    {"no bytes", "gzip", {{"", PLAIN}}, 0, 400, "the body is empty"},
    {"gzip of no bytes", "gzip", {{"", GZIP}}, 0, 400, "the body is empty"},
    {"gzip of what is not JSON", "gzip", {{"{\"events\": [}", GZIP}}, 0, 400, "\"column\""},
};
/* clang-format on */

static void make_body(int i)
{
    for (int k = 0; k < COUNT(bodies[i].parts) && bodies[i].parts[k].text; k++)
        add(bodies[i].parts[k].text, strlen(bodies[i].parts[k].text),
            bodies[i].parts[k].window_bits);
    body_length -= (size_t)bodies[i].cut;
}

START_TEST(test_body_is_decoded_or_refused)
{
    char value[64];
    serve();
    make_body(_i);
    send_head("application/json", bodies[_i].coding, false);
    ck_assert(client_send_bytes(&client, body, body_length));
    receive(bodies[_i].about, bodies[_i].code, bodies[_i].text);
    bool has_codings = answer_header(&answer, "Accept-Encoding", value, sizeof value);
    ck_assert_msg(has_codings == (answer.code == 415), "%s", bodies[_i].about);
    if (has_codings)
        ck_assert_str_eq(value, "gzip, deflate");
}
END_TEST

/* A chunk of each byte: the library passes on several of them at once. */
START_TEST(test_body_is_decoded_byte_by_byte)
{
    serve();
    make_body(_i);
    send_head("application/json", bodies[_i].coding, true);
    for (size_t i = 0; i < body_length; i++)
        ck_assert(client_send(&client, "1\r\n") &&
                  client_send_bytes(&client, body + i, 1) &&
                  client_send(&client, "\r\n"));
    ck_assert(client_send(&client, "0\r\n\r\n"));
    bool is_detected = strcmp(bodies[_i].about, "gzip without a coding") != 0;
    receive(bodies[_i].about, bodies[_i].code, is_detected ? bodies[_i].text : "");
}
END_TEST

/* ---- sizes ----------------------------------------------------------------------------- */

START_TEST(test_limit_applies_to_the_decoded_size)
{
    static const int window_bits[] = {GZIP, ZLIB, RAW};
    settings.max_body = 1000000;
    serve();
    add(ONE, sizeof ONE - 1, PLAIN);
    char *text = body;
    size_t blanks = (size_t)settings.max_body - body_length + (size_t)(_i / 3);
    body = NULL;
    body_length = 0;
    text = realloc(text, sizeof ONE + blanks);
    ck_assert_ptr_nonnull(text);
    memset(text + sizeof ONE - 1, ' ', blanks);
    add(text, sizeof ONE - 1 + blanks, window_bits[_i % 3]);
    free(text);
    send_head("application/json", _i % 3 == 0 ? "gzip" : "deflate", false);
    ck_assert(client_send_bytes(&client, body, body_length));
    receive("the limit, or a byte more", _i < 3 ? 200 : 413,
            _i < 3 ? "\"events\": 1"
                   : "the body is larger than the limit after decompression");
}
END_TEST

/* The service answers long before it has decoded all of the bomb, and serves others meanwhile. */
START_TEST(test_bomb_is_refused_early)
{
    settings.loops = 1;
    settings.max_body = 1000000;
    serve();
    add_bytes('[', (size_t)case_count(100, 5) << 20, GZIP); /* the limit is 1 MB */
    send_head("application/json", "gzip", _i == 1);
    if (_i == 1) {
        char size[16];
        snprintf(size, sizeof size, "%zx\r\n", body_length);
        ck_assert(client_send(&client, size));
    }
    ck_assert(client_send_bytes(&client, body, body_length));
    if (_i == 1)
        ck_assert(client_send(&client, "\r\n0\r\n\r\n"));
    ck_assert_int_eq(client_get(url(), "/livez", NULL), 200);
    receive("a bomb of one byte", 413, "after decompression");
    ck_assert_int_eq(client_get(url(), "/livez", NULL), 200);
}
END_TEST

/* The compressed bytes are received, but more than the limit of them is not. */
START_TEST(test_empty_members_are_limited)
{
    settings.max_body = 1000;
    serve();
    for (int i = 0; i < 5000; i++)
        add("", 0, GZIP);
    send_head("application/json", "gzip", false);
    client_send_bytes(&client, body, body_length);
    receive("5000 empty members", 413, "the body is larger than the limit");
}
END_TEST

/* A large body is decoded in many slices, while its connection is suspended. */
START_TEST(test_large_body_is_decoded)
{
    char *history = history_of(90000);
    serve();
    add(history, strlen(history), GZIP);
    free(history);
    send_head("application/json", "gzip", false);
    ck_assert(client_send_bytes(&client, body, body_length));
    receive("90,000 events", 200, "\"events\": 90000");
}
END_TEST

/* ---- streams --------------------------------------------------------------------------- */

/* clang-format off */
static const struct {
    const char *about, *coding;
    struct {
        const char *text;
        int window_bits;
    } parts[2];
    int cut, lines;
    const char *text; /* in the answer */
} streams[] = {
    {"gzip", "gzip", {{LINES, GZIP}}, 0, 3, "\"events\": 1"},
    {"deflate", "deflate", {{LINES, ZLIB}}, 0, 3, "\"events\": 1"},
    {"raw deflate", "deflate", {{LINES, RAW}}, 0, 3, "\"events\": 1"},
    {"a line in two members", "gzip", {{LINES "{\"events\"", GZIP}, {": [\"a\"]}\n", GZIP}}, 0, 4, "\"unknown_count\": 1"},
    {"no line feed at the end", "gzip", {{LINES ONE, GZIP}}, 0, 4, "\"events\": 1"},
    {"no lines", "gzip", {{"", GZIP}}, 0, 0, ""},
    {"bytes after the end", "gzip", {{LINES, GZIP}, {"x", PLAIN}}, 0, 4, "{\"line\": 4, \"error\": {\"type\": \"/problems/invalid-encoding\""},
    {"cut off in the checksum", "gzip", {{LINES, GZIP}}, 4, 4, "the gzip data of the body is cut off after byte"},
    {"not compressed", "gzip", {{LINES, PLAIN}}, 0, 1, "{\"line\": 1, \"error\": {\"type\": \"/problems/invalid-encoding\""},
    {"gzip without a coding", "identity", {{LINES, GZIP}}, 0, 1, "the body is gzip data, but the request has no"},
};
/* clang-format on */

static int count_lines(const char *text)
{
    int count = 0;
    for (; text && (text = strchr(text, '\n')); text++)
        count++;
    return count;
}

START_TEST(test_stream_is_decoded_while_it_arrives)
{
    serve();
    for (int k = 0; k < 2 && streams[_i].parts[k].text; k++)
        add(streams[_i].parts[k].text, strlen(streams[_i].parts[k].text),
            streams[_i].parts[k].window_bits);
    body_length -= (size_t)streams[_i].cut;
    send_head(NDJSON, streams[_i].coding, false);
    ck_assert(client_send_bytes(&client, body, body_length));
    receive(streams[_i].about, 200, streams[_i].text);
    ck_assert_msg(count_lines(answer.body) == streams[_i].lines, "%s: %s",
                  streams[_i].about, answer.body);
}
END_TEST

/* 100,000 lines in a few kilobytes: far more than are in progress at a time. */
START_TEST(test_long_stream_is_answered_whole)
{
    const size_t length = sizeof ONE, count = (size_t)case_count(100000, 10);
    char *text = malloc(count * length);
    ck_assert_ptr_nonnull(text);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * length, ONE "\n", length);
    settings.loops = 1;
    serve();
    client_on_answer = NULL; /* to validate every line takes too long */
    add(text, count * length, GZIP);
    free(text);
    send_head(NDJSON, "gzip", false);
    ck_assert(client_send_bytes(&client, body, body_length));
    receive("a stream", 200, "\"events\": 1");
    ck_assert_int_eq(count_lines(answer.body), (int)count);
}
END_TEST

Suite *codings_suite(void)
{
    Suite *suite = suite_create("codings");
    TCase *tcase = tcase_create("codings");
    tcase_add_checked_fixture(tcase, set_up, tear_down_body);
    tcase_add_loop_test(tcase, test_body_is_decoded_or_refused, 0, COUNT(bodies));
    tcase_add_loop_test(tcase, test_body_is_decoded_byte_by_byte, 0, COUNT(bodies));
    tcase_add_loop_test(tcase, test_limit_applies_to_the_decoded_size, 0, 6);
    tcase_add_loop_test(tcase, test_bomb_is_refused_early, 0, 2);
    tcase_add_test(tcase, test_empty_members_are_limited);
    tcase_add_test(tcase, test_large_body_is_decoded);
    tcase_add_loop_test(tcase, test_stream_is_decoded_while_it_arrives, 0,
                        COUNT(streams));
    tcase_add_test(tcase, test_long_stream_is_answered_whole);
    suite_add_tcase(suite, tcase);
    return suite;
}
