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

enum { TIMEOUT_S = 20, PIECE = 65536 };

void (*client_on_answer)(const struct sent_request *request, const struct answer *answer);

bool client_open(struct client *client, const char *url)
{
    *client = (struct client){.socket = -1};
    unsigned port = 0;
    if (sscanf(url, "http://127.0.0.1:%u", &port) != 1)
        return false;
    client->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->socket < 0)
        return false;
    const struct timeval timeout = {.tv_sec = TIMEOUT_S};
    const int on = 1;
    setsockopt(client->socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    setsockopt(client->socket, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    setsockopt(client->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)port),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (connect(client->socket, (const struct sockaddr *)&address, sizeof address) == 0)
        return true;
    client_close(client);
    return false;
}

void client_close(struct client *client)
{
    if (client->socket >= 0)
        close(client->socket);
    free(client->bytes);
    requests_release(&client->requests);
    *client = (struct client){.socket = -1};
}

void client_reset(struct client *client)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(client->socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    client_close(client);
}

void client_shutdown(struct client *client)
{
    shutdown(client->socket, SHUT_WR);
}

bool client_send_bytes(struct client *client, const char *bytes, size_t length)
{
    requests_add_bytes(&client->requests, bytes, length);
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

/* Receive more bytes; false at the end of the connection. */
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

/* Remove the first length bytes that were received and return them. */
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

/* Receive until at least length bytes are there; false if the connection ends before. */
static bool receive_bytes(struct client *client, size_t length)
{
    while (client->length < length)
        if (!receive_piece(client))
            return false;
    return true;
}

/* Append the chunks of a body; false if the last one does not come. */
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
    *answer = (struct answer){0};
    char *end = NULL, length[32];
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
    const struct sent_request request = requests_next(&client->requests);
    if (client_on_answer)
        client_on_answer(&request, answer);
    return true;
}

bool client_receive_end(struct client *client)
{
    if (client->length > 0)
        return false;
    char byte;
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

int client_post_json(const char *url, const char *path, const char *body,
                     struct answer *answer)
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

bool answer_header(const struct answer *answer, const char *name, char *value,
                   size_t size)
{
    size_t length = strlen(name);
    for (const char *line = answer->head; line && *line;
         line = strstr(line, "\r\n") ? strstr(line, "\r\n") + 2 : NULL) {
        if (strncasecmp(line, name, length) != 0 || line[length] != ':')
            continue;
        const char *begin = line + length + 1 + strspn(line + length + 1, " ");
        size_t value_length = strcspn(begin, "\r\n");
        if (value_length >= size)
            value_length = size - 1;
        memcpy(value, begin, value_length);
        value[value_length] = '\0';
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
