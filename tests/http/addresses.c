/* Addresses of clients as they are logged. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "http/suites.h"
#include "service/address.h"

static const struct {
    const char *about;
    int family;
    const char *host;
    unsigned port;
    const char *text;
} peers[] = {
    {"IPv4", AF_INET, "127.0.0.1", 40112, "127.0.0.1:40112"},
    {"the largest numbers", AF_INET, "255.255.255.255", 65535, "255.255.255.255:65535"},
    {"zeros inside and at the end", AF_INET, "10.0.100.200", 80, "10.0.100.200:80"},
    {"the smallest numbers", AF_INET, "0.0.0.0", 0, "0.0.0.0:0"},
    {"IPv6", AF_INET6, "2001:db8::1", 443, "[2001:db8::1]:443"},
    {"IPv6 loopback", AF_INET6, "::1", 1, "[::1]:1"},
    {"IPv4 on an IPv6 socket", AF_INET6, "::ffff:192.0.2.10", 8080, "192.0.2.10:8080"},
    {"no address", AF_UNSPEC, NULL, 0, ""},
    {"a local socket", AF_UNIX, NULL, 0, ""},
};

START_TEST(test_peer_is_written)
{
    struct sockaddr_storage storage = {.ss_family = (sa_family_t)peers[_i].family};
    char text[ADDRESS_TEXT] = "#";
    if (peers[_i].family == AF_INET) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)&storage;
        v4->sin_port = htons((uint16_t)peers[_i].port);
        ck_assert_int_eq(inet_pton(AF_INET, peers[_i].host, &v4->sin_addr), 1);
    } else if (peers[_i].family == AF_INET6) {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&storage;
        v6->sin6_port = htons((uint16_t)peers[_i].port);
        ck_assert_int_eq(inet_pton(AF_INET6, peers[_i].host, &v6->sin6_addr), 1);
    }
    address_format_peer((struct sockaddr *)&storage, text);
    ck_assert_msg(strcmp(text, peers[_i].text) == 0, "%s: %s", peers[_i].about, text);
}
END_TEST

Suite *addresses_suite(void)
{
    Suite *suite = suite_create("addresses");
    TCase *tcase = tcase_create("addresses");
    tcase_add_loop_test(tcase, test_peer_is_written, 0, COUNT(peers));
    suite_add_tcase(suite, tcase);
    return suite;
}
