/*
 * Each case is a folder with two files.
 *
 * request: a head, an empty line and a body.  The newline at the end of the file does not belong to
 * the body.  Lines of the head are sent with CRLF.  Host and Content-Length are added if they are
 * missing, unless the first line is "# raw".
 *
 * expected: a status; headers, where "Name: *" accepts any value and "!Name" requires that the
 * header is absent; an empty line; then texts that must all be in the body, one per line.  A line
 * that begins with a brace is the whole body, as JSON.
 */
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "http/document.h"
#include "http/suites.h"

static const char folder[] = "tests/http/cases";
static struct dirent **cases;
static int case_count;

static char *read_part(const char *name, const char *part, size_t *length)
{
    char path[512], *bytes = NULL;
    struct error err = {0};
    snprintf(path, sizeof path, "%s/%s/%s", folder, name, part);
    ck_assert_msg(file_read(path, 64 << 20, &bytes, length, &err) == STATUS_OK, "%s: %s",
                  path, err.text);
    if (*length > 0 && bytes[*length - 1] == '\n')
        bytes[--*length] = '\0';
    return bytes;
}

/* Cut text at its first empty line; returns the rest, or the end of the text. */
static char *cut_body(char *text, const char *end)
{
    char *gap = strstr(text, "\n\n");
    if (!gap)
        return text + (end - text);
    *gap = '\0';
    return gap + 2;
}

/* The next line without its newline; NULL after the last one. */
static char *next_line(char **rest)
{
    char *line = strsep(rest, "\n");
    return line && *line ? line : NULL;
}

/* Send the request; returns its body. */
static const char *send_request(struct client *client, char *request, size_t length)
{
    char added[64] = "", *end = request + length, *body = cut_body(request, end);
    bool is_raw = strncmp(request, "# raw\n", 6) == 0;
    char *rest = is_raw ? request + 6 : request, *line = NULL;
    bool has_host = is_raw, has_length = is_raw || body == end;
    while ((line = next_line(&rest))) {
        has_host |= strncasecmp(line, "Host:", 5) == 0;
        has_length |= strncasecmp(line, "Content-Length:", 15) == 0;
        ck_assert(client_send(client, line) && client_send(client, "\r\n"));
    }
    if (!has_host)
        ck_assert(client_send(client, "Host: test\r\n"));
    if (!has_length)
        snprintf(added, sizeof added, "Content-Length: %zu\r\n", (size_t)(end - body));
    ck_assert(client_send(client, added) && client_send(client, "\r\n") &&
              client_send_bytes(client, body, (size_t)(end - body)));
    return body;
}

static void check_header(const char *name, const struct answer *answer, char *line)
{
    char value[256], *colon = strchr(line, ':');
    if (line[0] == '!') {
        ck_assert_msg(!answer_header(answer, line + 1, value, sizeof value),
                      "%s: unexpected header %s", name, line + 1);
        return;
    }
    ck_assert_msg(colon != NULL, "%s: no header: %s", name, line);
    *colon = '\0';
    const char *expected = colon + 1 + strspn(colon + 1, " ");
    ck_assert_msg(answer_header(answer, line, value, sizeof value), "%s: no header %s",
                  name, line);
    if (strcmp(expected, "*") != 0)
        ck_assert_msg(strcmp(value, expected) == 0, "%s: %s is %s, expected %s", name,
                      line, value, expected);
}

static void check_body(const char *name, const struct answer *answer, const char *line)
{
    if (line[0] != '{') {
        ck_assert_msg(strstr(answer->body, line) != NULL, "%s: no %s in %s", name, line,
                      answer->body);
        return;
    }
    json_t *expected = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    json_t *body = json_loads(answer->body, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_msg(expected != NULL && json_equal(expected, body), "%s: %s\nexpected %s",
                  name, answer->body, line);
    json_decref(expected);
    json_decref(body);
}

/* A request that gets a decision must be valid for the OpenAPI document. */
static void check_described(const char *name, const char *request, const char *body)
{
    char text[1024];
    if (strncmp(request, "POST ", 5) == 0)
        ck_assert_msg(document_describes(document, settings.model, "PredictRequest", body,
                                         text, sizeof text),
                      "%s: %s", name, text);
}

static void check_answer(const char *name, const struct answer *answer, char *expected,
                         size_t length)
{
    char *body = cut_body(expected, expected + length), *line = NULL;
    const char *code = next_line(&expected);
    ck_assert_msg(code && answer->code == atoi(code), "%s: %d %s", name, answer->code,
                  answer->body);
    while ((line = next_line(&expected)))
        check_header(name, answer, line);
    while ((line = next_line(&body)))
        check_body(name, answer, line);
}

START_TEST(test_request_gets_the_expected_answer)
{
    const char *name = cases[_i]->d_name;
    struct client client;
    struct answer answer;
    size_t request_length, expected_length;
    char *request = read_part(name, "request", &request_length);
    char *expected = read_part(name, "expected", &expected_length);
    serve();
    ck_assert(client_open(&client, url()));
    bool is_head = strncmp(request, "HEAD ", 5) == 0;
    const char *body = send_request(&client, request, request_length);
    ck_assert_msg(client_receive(&client, &answer, is_head), "%s: no answer", name);
    check_answer(name, &answer, expected, expected_length);
    char type[64] = "";
    answer_header(&answer, "Content-Type", type, sizeof type);
    if (answer.code == 200 && strcmp(type, "application/x-ndjson") != 0)
        check_described(name, request, body);
    answer_release(&answer);
    client_close(&client);
    free(request);
    free(expected);
}
END_TEST

static int is_case(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

Suite *cases_suite(void)
{
    Suite *suite = suite_create("cases");
    TCase *tcase = tcase_create("cases");
    case_count = scandir(folder, &cases, is_case, alphasort);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, test_request_gets_the_expected_answer, 0,
                        case_count < 0 ? 0 : case_count);
    suite_add_tcase(suite, tcase);
    return suite;
}
