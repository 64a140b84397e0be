/* Parsing and printing of TCP addresses, by getaddrinfo and inet_ntop. */
#include "service/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct sockaddr_in *as_v4(const struct address *address)
{
    return (const struct sockaddr_in *)&address->storage;
}

static const struct sockaddr_in6 *as_v6(const struct address *address)
{
    return (const struct sockaddr_in6 *)&address->storage;
}

static bool is_v6(const struct address *address)
{
    return address->storage.ss_family == AF_INET6;
}

/* Split text at its last colon into host (without brackets) and port; false if it has none. */
static bool split(const char *text, char *host, size_t host_size, char *port,
                  size_t port_size)
{
    const char *colon = strrchr(text, ':');
    if (!colon || colon == text || strlen(colon + 1) >= port_size || !colon[1] ||
        strspn(colon + 1, "0123456789") != strlen(colon + 1))
        return false;
    size_t length = (size_t)(colon - text);
    if (text[0] == '[' && colon[-1] == ']') {
        text++;
        length -= 2;
    } else if (memchr(text, ':', length)) {
        return false; /* an IPv6 address needs brackets */
    }
    if (length == 0 || length >= host_size)
        return false;
    memcpy(host, text, length);
    host[length] = '\0';
    memcpy(port, colon + 1, strlen(colon + 1) + 1);
    return true;
}

enum status address_parse(struct address *address, const char *text, struct error *err)
{
    char host[256], port[6];
    if (!split(text, host, sizeof host, port, sizeof port))
        return error_mismatch(err, STATUS_BAD_OPTION, "listen", "ADDR:PORT", text,
                              "address \"%s\" is not like 127.0.0.1:8080 or [::1]:8080",
                              text);
    if (strtoul(port, NULL, 10) > UINT16_MAX)
        return error_mismatch(err, STATUS_BAD_OPTION, "listen", "a port up to 65535",
                              port, "port \"%s\" is too large", port);
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
    };
    struct addrinfo *found = NULL;
    int failure = getaddrinfo(host, port, &hints, &found);
    if (failure == EAI_MEMORY)
        return error_no_memory(err);
    if (failure != 0)
        return error_mismatch(err, STATUS_BAD_OPTION, "listen", "ADDR:PORT", text,
                              "cannot resolve address \"%s\": %s", text,
                              gai_strerror(failure));
    memset(address, 0, sizeof *address);
    memcpy(&address->storage, found->ai_addr, found->ai_addrlen);
    address->length = found->ai_addrlen;
    freeaddrinfo(found);
    return STATUS_OK;
}

bool address_is_loopback(const struct address *address)
{
    if (is_v6(address))
        return IN6_IS_ADDR_LOOPBACK(&as_v6(address)->sin6_addr);
    return ntohl(as_v4(address)->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

void address_make_reachable(struct address *address)
{
    if (is_v6(address)) {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address->storage;
        if (IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr))
            v6->sin6_addr = in6addr_loopback;
    } else {
        struct sockaddr_in *v4 = (struct sockaddr_in *)&address->storage;
        if (v4->sin_addr.s_addr == htonl(INADDR_ANY))
            v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }
}

void address_format(const struct address *address, char text[ADDRESS_TEXT])
{
    char host[INET6_ADDRSTRLEN] = "";
    if (is_v6(address)) {
        inet_ntop(AF_INET6, &as_v6(address)->sin6_addr, host, sizeof host);
        snprintf(text, ADDRESS_TEXT, "[%s]:%u", host, ntohs(as_v6(address)->sin6_port));
    } else {
        inet_ntop(AF_INET, &as_v4(address)->sin_addr, host, sizeof host);
        snprintf(text, ADDRESS_TEXT, "%s:%u", host, ntohs(as_v4(address)->sin_port));
    }
}

/* A decimal number of at most 65535.  Returns the place after it.  Faster than snprintf. */
static char *add_decimal(char *text, unsigned number)
{
    for (unsigned power = 10000; power > 0; power /= 10)
        if (number >= power || power == 1)
            *text++ = (char)('0' + number / power % 10);
    return text;
}

static void format_v4(const unsigned char bytes[4], unsigned port, char *text)
{
    for (size_t i = 0; i < 4; i++) {
        text = add_decimal(text, bytes[i]);
        *text++ = i < 3 ? '.' : ':';
    }
    *add_decimal(text, port) = '\0';
}

void address_format_peer(const struct sockaddr *peer, char text[ADDRESS_TEXT])
{
    text[0] = '\0';
    if (peer->sa_family == AF_INET) {
        struct sockaddr_in v4;
        unsigned char bytes[4];
        memcpy(&v4, peer, sizeof v4);
        memcpy(bytes, &v4.sin_addr, sizeof bytes);
        format_v4(bytes, ntohs(v4.sin_port), text);
    } else if (peer->sa_family == AF_INET6) {
        struct address address = {.length = sizeof(struct sockaddr_in6)};
        struct sockaddr_in6 v6;
        memcpy(&v6, peer, sizeof v6);
        memcpy(&address.storage, peer, sizeof v6);
        if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr))
            format_v4(v6.sin6_addr.s6_addr + 12, ntohs(v6.sin6_port), text);
        else
            address_format(&address, text);
    }
}
