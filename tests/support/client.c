#include "support/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { PATIENCE_S = 20, PIECE = 65536 };

void (*client_on_answer)(const struct sent_request *question,
                         const struct answer *answer);

bool client_open(struct client *client, const char *url)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    const int on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET};
    unsigned port = 0;
    *client = (struct client){.socket = -1};
    if (sscanf(url, "http://127.0.0.1:%u", &port) != 1)
        return false;
    address.sin_port = htons((uint16_t)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    client->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->socket < 0)
        return false;
    setsockopt(client->socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(client->socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    setsockopt(client->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(client->socket, (struct sockaddr *)&address, sizeof address) == 0)
        return true;
    client_close(client);
    return false;
}

void client_close(struct client *client)
{
    if (client->socket >= 0)
        close(client->socket);
    free(client->bytes);
    requests_release(&client->asked);
    *client = (struct client){.socket = -1};
}

void client_abort(struct client *client)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(client->socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    client_close(client);
}

void client_end(struct client *client)
{
    shutdown(client->socket, SHUT_WR);
}

bool client_send_bytes(struct client *client, const char *bytes, size_t length)
{
    requests_add_bytes(&client->asked, bytes, length);
    while (length > 0) {
        ssize_t sent = send(client->socket, bytes, length, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        length -= (size_t)sent;
    }
    return true;
}

bool client_send(struct client *client, const char *text)
{
    return client_send_bytes(client, text, strlen(text));
}

bool client_post(struct client *client, const char *path, const char *type,
                 const char *body, size_t length)
{
    char head[512];
    snprintf(head, sizeof head,
             "POST %s HTTP/1.1\r\nHost: test\r\n%s%s%sContent-Length: %zu\r\n\r\n", path,
             type ? "Content-Type: " : "", type ? type : "", type ? "\r\n" : "", length);
    return client_send(client, head) && client_send_bytes(client, body, length);
}

/* Receive some more; false at the end. */
static bool receive_piece(struct client *client)
{
    char *bytes = realloc(client->bytes, client->length + PIECE + 1);
    if (!bytes)
        return false;
    client->bytes = bytes;
    ssize_t received = recv(client->socket, bytes + client->length, PIECE, 0);
    if (received > 0)
        client->length += (size_t)received;
    bytes[client->length] = '\0';
    return received > 0;
}

/* Cut length bytes off the front of what was received. */
static char *take(struct client *client, size_t length)
{
    char *taken = malloc(length + 1);
    if (!taken)
        return NULL;
    memcpy(taken, client->bytes, length);
    taken[length] = '\0';
    client->length -= length;
    memmove(client->bytes, client->bytes + length, client->length + 1);
    return taken;
}

/* Have at least length bytes; false when there are not so many. */
static bool receive_bytes(struct client *client, size_t length)
{
    while (client->length < length)
        if (!receive_piece(client))
            return false;
    return true;
}

/* A body in chunks, put together; only whole ones count. */
static bool receive_chunks(struct client *client, struct answer *answer)
{
    for (;;) {
        char *end = NULL;
        while (!client->bytes || !(end = strstr(client->bytes, "\r\n")))
            if (!receive_piece(client))
                return false;
        size_t length = strtoul(client->bytes, NULL, 16);
        size_t head = (size_t)(end - client->bytes) + 2;
        if (!receive_bytes(client, head + length + 2))
            return false;
        char *body = realloc(answer->body, answer->body_length + length + 1);
        if (!body)
            return false;
        memcpy(body + answer->body_length, client->bytes + head, length);
        answer->body = body;
        answer->body_length += length;
        body[answer->body_length] = '\0';
        free(take(client, head + length + 2));
        if (length == 0)
            return true;
    }
}

static bool receive(struct client *client, struct answer *answer, bool is_head)
{
    char *end = NULL, length[32];
    *answer = (struct answer){0};
    while (!client->bytes || !(end = strstr(client->bytes, "\r\n\r\n")))
        if (!receive_piece(client))
            return false;
    answer->head = take(client, (size_t)(end - client->bytes) + 4);
    if (!answer->head || sscanf(answer->head, "HTTP/1.%*c %d", &answer->code) != 1)
        return false;
    if (!is_head && answer_header(answer, "Transfer-Encoding", length, sizeof length))
        return receive_chunks(client, answer);
    if (!is_head && answer_header(answer, "Content-Length", length, sizeof length))
        answer->body_length = strtoul(length, NULL, 10);
    if (!receive_bytes(client, answer->body_length))
        return false;
    answer->body = take(client, answer->body_length);
    return answer->body != NULL;
}

bool client_receive(struct client *client, struct answer *answer, bool is_head)
{
    if (!receive(client, answer, is_head))
        return false;
    if (answer->code < 200)
        return true;
    const struct sent_request question = requests_next(&client->asked);
    if (client_on_answer)
        client_on_answer(&question, answer);
    return true;
}

bool client_sees_end(struct client *client)
{
    char byte;
    if (client->length > 0)
        return false;
    ssize_t received = recv(client->socket, &byte, 1, 0);
    return received == 0 || (received < 0 && errno == ECONNRESET);
}

static int exchange(const char *url, const char *head, const char *body,
                    struct answer *answer)
{
    struct client client;
    struct answer own = {0};
    int code = 0;
    if (client_open(&client, url) && client_send(&client, head) &&
        client_send(&client, body) && client_receive(&client, &own, false))
        code = own.code;
    client_close(&client);
    if (answer)
        *answer = own;
    else
        answer_release(&own);
    return code;
}

int client_ask(const char *url, const char *path, const char *body, struct answer *answer)
{
    char head[256];
    snprintf(head, sizeof head,
             "POST %s HTTP/1.1\r\nHost: test\r\nContent-Length: %zu\r\n\r\n", path,
             strlen(body));
    return exchange(url, head, body, answer);
}

int client_get(const char *url, const char *path, struct answer *answer)
{
    char head[256];
    snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: test\r\n\r\n", path);
    return exchange(url, head, "", answer);
}

bool answer_header(const struct answer *answer, const char *name, char *room, size_t size)
{
    size_t length = strlen(name);
    for (const char *line = answer->head; line && *line;
         line = strstr(line, "\r\n") ? strstr(line, "\r\n") + 2 : NULL) {
        if (strncasecmp(line, name, length) != 0 || line[length] != ':')
            continue;
        const char *value = line + length + 1 + strspn(line + length + 1, " ");
        size_t value_length = strcspn(value, "\r\n");
        if (value_length >= size)
            value_length = size - 1;
        memcpy(room, value, value_length);
        room[value_length] = '\0';
        return true;
    }
    return false;
}

void answer_release(struct answer *answer)
{
    free(answer->head);
    free(answer->body);
    *answer = (struct answer){0};
}
