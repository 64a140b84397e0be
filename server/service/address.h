/*
 * A TCP address: text such as "127.0.0.1:8080", "[::1]:0" or "localhost:8080", and its sockaddr.
 */
#ifndef TRIAGE_ADDRESS_H
#define TRIAGE_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/error.h"

enum { ADDRESS_TEXT = 64 }; /* size of a buffer for address_format */

struct address {
    struct sockaddr_storage storage;
    socklen_t length;
};

/* STATUS_BAD_OPTION if text is not ADDR:PORT or ADDR cannot be resolved. */
enum status address_parse(struct address *address, const char *text, struct error *err);

/* Whether only this machine can connect to it. */
bool address_is_loopback(const struct address *address);

/* Replace a wildcard address (0.0.0.0 or ::), which is only for listening, by loopback. */
void address_make_reachable(struct address *address);

/* "127.0.0.1:8080" or "[::1]:8080". */
void address_format(const struct address *address, char text[ADDRESS_TEXT]);

/* Write an address of a client in the same form, an IPv4-mapped one as IPv4; "" if of another kind. */
void address_format_peer(const struct sockaddr *peer, char text[ADDRESS_TEXT]);

#endif
