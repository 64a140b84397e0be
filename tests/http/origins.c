/* Web pages of other origins, and names that are not those of the service: Origin, Host and CORS. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/one_client.h"
#include "service/origin.h"

#define ONE "{\"events\": [\"error logged\"]}"
#define OPS "https://ops.example"
#define MOZILLA "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0\r\n"

/* clang-format off */
static const struct {
    const char *about, *allowed_host, *allowed_origin, *line, *fields;
    int code;
    const char *allow_origin; /* of the answer; NULL: none */
} cases[] = {
    {"curl", "", "", "POST /predict", "Host: triage.example\r\n", 200, NULL},
    {"a page of the same origin", "", "", "POST /predict", "Host: 127.0.0.1:8080\r\nOrigin: http://127.0.0.1:8080\r\n", 200, NULL},
    {"a page of the same origin by IPv6", "", "", "POST /predict", "Host: [::1]:8080\r\nOrigin: http://[::1]:8080\r\n", 200, NULL},
    {"a page of the same origin, with the default port", "", "", "GET /models", "Host: localhost\r\nOrigin: http://LOCALHOST:80\r\n", 200, NULL},
    {"a page of the same origin, by TLS in front of the service", "", "", "GET /models", "Host: 10.0.0.7\r\nOrigin: https://10.0.0.7\r\n", 200, NULL},
    {"a page of another port", "", "", "POST /predict", "Host: localhost:8080\r\nOrigin: http://localhost:3000\r\n", 403, NULL},
    {"a page of another port, default on one side", "", "", "POST /predict", "Host: localhost\r\nOrigin: http://localhost:8080\r\n", 403, NULL},
    {"a page of another site", "", "", "POST /predict", "Host: 127.0.0.1\r\nOrigin: https://evil.example\r\n", 403, NULL},
    {"a form of another site, which sends text", "", "", "POST /predict", "Host: 127.0.0.1\r\nContent-Type: text/plain\r\nOrigin: null\r\n", 403, NULL},
    {"a script of another site that reads", "", "", "GET /models", "Host: 127.0.0.1\r\nOrigin: https://evil.example\r\n", 403, NULL},
    {"a script of another site that probes", "", "", "GET /livez", "Host: 127.0.0.1\r\nOrigin: https://evil.example\r\n", 403, NULL},
    {"a script of another site that looks for paths", "", "", "GET /nowhere", "Host: 127.0.0.1\r\nOrigin: https://evil.example\r\n", 403, NULL},
    {"a stream of another site", "", "", "POST /predict", "Host: 127.0.0.1\r\nContent-Type: text/jsonl\r\nOrigin: https://evil.example\r\n", 403, NULL},
    {"an empty origin", "", "", "POST /predict", "Host: 127.0.0.1\r\nOrigin: \r\n", 403, NULL},
    {"two origins", "", OPS, "POST /predict", "Host: 127.0.0.1\r\nOrigin: " OPS "\r\nOrigin: " OPS "\r\n", 403, NULL},
    {"a post of another site without an origin", "", "", "POST /predict", "Host: 127.0.0.1\r\nSec-Fetch-Site: cross-site\r\n", 403, NULL},
    {"a link of another site", "", "", "GET /models", "Host: 127.0.0.1\r\nSec-Fetch-Site: cross-site\r\n", 200, NULL},
    {"an address typed into the browser", "", "", "GET /models", "Host: 127.0.0.1\r\nSec-Fetch-Site: none\r\n", 200, NULL},

    {"a name that was made to resolve to the service", "", "", "POST /predict", "Host: evil.example:8080\r\nOrigin: http://evil.example:8080\r\n", 403, NULL},
    {"the same without an origin", "", "", "GET /models", "Host: evil.example:8080\r\n" MOZILLA, 403, NULL},
    {"an address of another name in the target", "", "", "GET http://evil.example/models", "Host: 127.0.0.1\r\n" MOZILLA, 403, NULL},
    {"PowerShell, which has the name of a browser too", "", "", "GET /models", "Host: triage.example\r\nUser-Agent: Mozilla/5.0 (Windows NT 10.0; Microsoft Windows 10.0.19045; en-US) PowerShell/7.4.1\r\n", 200, NULL},
    {"a robot", "", "", "GET /models", "Host: triage.example\r\nUser-Agent: Mozilla/5.0+(compatible; UptimeRobot/2.0)\r\n", 200, NULL},
    {"a browser that uses an address", "", "", "GET /models", "Host: 127.0.0.1:8080\r\n" MOZILLA, 200, NULL},
    {"a browser that uses localhost", "", "", "GET /models", "Host: triage.localhost:8080\r\n" MOZILLA, 200, NULL},
    {"a name that only begins like localhost", "", "", "GET /models", "Host: localhost.evil.example\r\n" MOZILLA, 403, NULL},
    {"a name that ends in digits", "", "", "GET /models", "Host: 127.0.0.1.evil.example\r\n" MOZILLA, 403, NULL},
    {"a browser that uses the name of the service", "ops.example, triage.example", "", "GET /models", "Host: Triage.Example.:8080\r\n" MOZILLA, 200, NULL},
    {"a page under the name of the service", "triage.example", "", "POST /predict", "Host: triage.example\r\nOrigin: https://triage.example\r\n", 200, NULL},
    {"a name in the domain", "*.example", "", "GET /models", "Host: a.b.example\r\n" MOZILLA, 200, NULL},
    {"the domain itself", "*.example", "", "GET /models", "Host: example\r\n" MOZILLA, 403, NULL},
    {"any name", "*", "", "GET /models", "Host: evil.example\r\n" MOZILLA, 200, NULL},
    {"curl with another name, when names are listed", "triage.example", "", "GET /models", "Host: other.example\r\n", 403, NULL},
    {"a probe by address, when names are listed", "triage.example", "", "GET /readyz", "Host: 10.0.0.7:8080\r\n", 200, NULL},

    {"a page that may use the service", "", "http://localhost:3000," OPS, "POST /predict", "Host: 127.0.0.1\r\nOrigin: " OPS "\r\n", 200, OPS},
    {"its origin in capitals", "", OPS, "POST /predict", "Host: 127.0.0.1\r\nOrigin: HTTPS://OPS.EXAMPLE\r\n", 200, "HTTPS://OPS.EXAMPLE"},
    {"a page may read what it did wrong", "", OPS, "GET /nowhere", "Host: 127.0.0.1\r\nOrigin: " OPS "\r\n", 404, OPS},
    {"a page may send lines", "", OPS, "POST /predict", "Host: 127.0.0.1\r\nContent-Type: application/x-ndjson\r\nOrigin: " OPS "\r\n", 200, OPS},
    {"a page of another port than the listed one", "", OPS, "POST /predict", "Host: 127.0.0.1\r\nOrigin: " OPS ":8443\r\n", 403, NULL},
    {"a page of an origin that is listed with the default port", "", OPS ":443", "POST /predict", "Host: 127.0.0.1\r\nOrigin: " OPS "\r\n", 200, OPS},
    {"a page that names the default port", "", OPS, "POST /predict", "Host: 127.0.0.1\r\nOrigin: " OPS ":443\r\n", 200, OPS ":443"},
    {"the default port of another scheme", "", OPS, "POST /predict", "Host: 127.0.0.1\r\nOrigin: " OPS ":80\r\n", 403, NULL},
    {"a page of another scheme than the listed one", "", OPS, "POST /predict", "Host: 127.0.0.1\r\nOrigin: http://ops.example\r\n", 403, NULL},
    {"a page whose origin begins like the listed one", "", OPS, "POST /predict", "Host: 127.0.0.1\r\nOrigin: " OPS ".evil.example\r\n", 403, NULL},
    {"a page of any origin", "", "*", "POST /predict", "Host: 127.0.0.1\r\nOrigin: https://evil.example\r\n", 200, "*"},
    {"a page without an origin, if that is listed", "", "null", "POST /predict", "Host: 127.0.0.1\r\nOrigin: null\r\n", 200, "null"},
    {"a page of a listed origin cannot rename the service", "", OPS, "POST /predict", "Host: evil.example\r\nOrigin: " OPS "\r\n", 403, NULL},

    {"a preflight", "", OPS, "OPTIONS /predict", "Host: 127.0.0.1\r\nOrigin: " OPS "\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type\r\n", 204, OPS},
    {"a preflight of another site", "", OPS, "OPTIONS /predict", "Host: 127.0.0.1\r\nOrigin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n", 403, NULL},
    {"a preflight for no path", "", OPS, "OPTIONS /nowhere", "Host: 127.0.0.1\r\nOrigin: " OPS "\r\nAccess-Control-Request-Method: POST\r\n", 404, OPS},

    {"a host that is none", "", "", "GET /models", "Host: a/b\r\n", 400, NULL},
    {"a host with a user", "", "", "GET /models", "Host: u@127.0.0.1\r\n", 400, NULL},
};
/* clang-format on */

START_TEST(test_page_is_served_or_refused)
{
    char head[1024], value[128];
    bool is_post = strncmp(cases[_i].line, "POST", 4) == 0;
    settings.allowed_host = cases[_i].allowed_host;
    settings.allowed_origin = cases[_i].allowed_origin;
    serve();
    snprintf(head, sizeof head, "%s HTTP/1.1\r\n%s%s\r\n%s", cases[_i].line,
             cases[_i].fields, is_post ? "Content-Length: 28\r\n" : "",
             is_post ? ONE : "");
    ck_assert(client_open(&client, url()));
    ck_assert(client_send(&client, head));
    ck_assert(client_receive(&client, &answer, false));
    ck_assert_msg(answer.code == cases[_i].code, "%s: %d %s", cases[_i].about,
                  answer.code, answer.body);
    bool is_allowed =
        answer_header(&answer, "Access-Control-Allow-Origin", value, sizeof value);
    ck_assert_msg(is_allowed == (cases[_i].allow_origin != NULL), "%s: %s",
                  cases[_i].about, answer.head);
    if (is_allowed)
        ck_assert_str_eq(value, cases[_i].allow_origin);
    bool varies = answer_header(&answer, "Vary", value, sizeof value);
    ck_assert_msg(varies == (*cases[_i].allowed_origin && answer.code != 400), "%s: %s",
                  cases[_i].about, answer.head);
}
END_TEST

START_TEST(test_preflight_says_what_a_page_may_send)
{
    static const char *const expected[][2] = {
        {"Allow", "POST, OPTIONS"},
        {"Access-Control-Allow-Methods", "POST, OPTIONS"},
        {"Access-Control-Allow-Headers",
         "Content-Type, Content-Encoding, If-None-Match, X-Request-Id, "
         "X-Request-Timeout-Ms, traceparent"},
        {"Access-Control-Max-Age", "600"},
        {"Vary", "Origin"},
    };
    char value[128];
    settings.allowed_origin = OPS;
    serve();
    ck_assert(client_open(&client, url()));
    ck_assert(client_send(&client, "OPTIONS /predict HTTP/1.1\r\nHost: localhost\r\n"
                                   "Origin: " OPS "\r\n"
                                   "Access-Control-Request-Method: POST\r\n\r\n"));
    ck_assert(client_receive(&client, &answer, false));
    ck_assert_int_eq(answer.code, 204);
    for (int i = 0; i < COUNT(expected); i++) {
        ck_assert(answer_header(&answer, expected[i][0], value, sizeof value));
        ck_assert_str_eq(value, expected[i][1]);
    }
    ck_assert(
        !answer_header(&answer, "Access-Control-Expose-Headers", value, sizeof value));
}
END_TEST

/* An item that can never match is a mistake, and is named when the service starts. */
static const struct {
    enum status (*check)(const char *list, struct error *err);
    const char *list, *text; /* text NULL: valid */
} lists[] = {
    {origin_check_list, "", NULL},
    {origin_check_list, " , ", NULL},
    {origin_check_list, "*", NULL},
    {origin_check_list, "null,https://a.example, http://b.example:3000", NULL},
    {origin_check_list, "http://[::1]:3000", NULL},
    {origin_check_list, "a.example", "\"a.example\" is not an origin"},
    {origin_check_list, "https://a.example/", "\"https://a.example/\" is not an origin"},
    {origin_check_list, "*,https://", "\"https://\" is not an origin"},
    {origin_check_list, "ftp://a.example", "\"ftp://a.example\" is not an origin"},
    {host_check_list, "", NULL},
    {host_check_list, "a.example,*.b.example *", NULL},
    {host_check_list, "a.example:8080", "\"a.example:8080\" is not a host"},
    {host_check_list, "http://a.example", "\"http://a.example\" is not a host name"},
    {host_check_list, "*a.example", "\"*a.example\" is not a host name"},
    {host_check_list, "a.*.example", "\"a.*.example\" is not a host name"},
    {host_check_list, "*.", "\"*.\" is not a host name"},
};

START_TEST(test_lists_are_checked)
{
    struct error err = {0};
    enum status status = lists[_i].check(lists[_i].list, &err);
    bool is_valid = lists[_i].text == NULL;
    ck_assert_msg((status == STATUS_OK) == is_valid, "\"%s\": %s", lists[_i].list,
                  err.text);
    if (!is_valid)
        ck_assert_msg(strstr(err.text, lists[_i].text) != NULL, "%s", err.text);
}
END_TEST

START_TEST(test_service_does_not_start_with_a_wrong_list)
{
    char program[] = "triaged", origin[] = "--allowed-origin=ops.example",
         host[] = "--allowed-host=http://ops.example";
    char *arguments[] = {program, _i == 0 ? origin : host};
    struct options options;
    struct error err = {0};
    ck_assert_int_eq(options_read(&options, 2, arguments, &err), STATUS_BAD_OPTION);
    ck_assert_ptr_nonnull(strstr(err.text, "ops.example\" is not"));
    options_release(&options);
}
END_TEST

START_TEST(test_flags_that_are_given_again_add_to_the_list)
{
    char program[] = "triaged", first[] = "--allowed-origin=https://a.example",
         second[] = "--allowed-origin", value[] = "https://b.example,null";
    char *arguments[] = {program, first, second, value};
    struct options options;
    struct error err = {0};
    setenv("TRIAGE_ALLOWED_ORIGIN", "https://c.example", 1);
    ck_assert_msg(options_read(&options, 4, arguments, &err) == STATUS_OK, "%s",
                  err.text);
    ck_assert_str_eq(options.allowed_origin,
                     "https://a.example,https://b.example,null"); /* flags win */
    options_release(&options);
    unsetenv("TRIAGE_ALLOWED_ORIGIN");
}
END_TEST

Suite *origins_suite(void)
{
    Suite *suite = suite_create("origins");
    TCase *tcase = tcase_create("origins");
    tcase_add_checked_fixture(tcase, set_up, tear_down_client);
    tcase_add_loop_test(tcase, test_page_is_served_or_refused, 0, COUNT(cases));
    tcase_add_test(tcase, test_preflight_says_what_a_page_may_send);
    suite_add_tcase(suite, tcase);
    TCase *tlists = tcase_create("lists");
    tcase_add_loop_test(tlists, test_lists_are_checked, 0, COUNT(lists));
    tcase_add_loop_test(tlists, test_service_does_not_start_with_a_wrong_list, 0, 2);
    tcase_add_test(tlists, test_flags_that_are_given_again_add_to_the_list);
    suite_add_tcase(suite, tlists);
    return suite;
}
