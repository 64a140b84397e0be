/* Where to listen: "127.0.0.1:8080", "[::1]:0", "localhost:8080", as text and as a socket's. */
#ifndef TRIAGE_ADDRESS_H
#define TRIAGE_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/error.h"

enum { ADDRESS_TEXT = 64 }; /* room for address_format's text */

struct address {
    struct sockaddr_storage storage;
    socklen_t length;
};

/* STATUS_BAD_OPTION when text is no ADDR:PORT or ADDR has no address on this machine. */
enum status address_parse(struct address *address, const char *text, struct error *err);

/* True when only this machine can reach it. */
bool address_is_loopback(const struct address *address);

/* The address by which this machine reaches a listener: loopback in place of "any". */
void address_make_reachable(struct address *address);

/* "127.0.0.1:8080" or "[::1]:8080". */
void address_format(const struct address *address, char room[ADDRESS_TEXT]);

#endif
