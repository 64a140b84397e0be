/*
 * A small blocking HTTP client: one connection, requests sent as raw bytes, answers parsed.
 *
 *     struct client client;
 *     client_open(&client, server_url(server));
 *     client_send(&client, "GET /livez HTTP/1.1\r\nHost: t\r\n\r\n");
 *     client_receive(&client, &answer, false);
 *     client_close(&client);
 *
 * No function here asserts; a function that fails returns false.
 */
#ifndef TRIAGE_CLIENT_H
#define TRIAGE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "support/requests.h"

struct client {
    int socket;  /* -1: closed */
    char *bytes; /* received, but not yet part of an answer */
    size_t length;
    struct requests requests; /* sent on this connection */
};

struct answer {
    int code;          /* 0: the connection ended without an answer */
    char *head, *body; /* owned, zero-terminated */
    size_t body_length;
};

/*
 * Called, unless it is NULL, with every answer that is received, except interim ones (1xx), and the
 * request that it belongs to.
 */
extern void (*client_on_answer)(const struct sent_request *request,
                                const struct answer *answer);

/* url: "http://127.0.0.1:PORT".  An answer that takes longer than 20 s counts as missing. */
bool client_open(struct client *client, const char *url);
void client_close(struct client *client);

/* End the connection with a reset, like a client that was killed. */
void client_reset(struct client *client);

/* Shut down the sending side; answers are still received. */
void client_shutdown(struct client *client);

bool client_send(struct client *client, const char *text);
bool client_send_bytes(struct client *client, const char *bytes, size_t length);

/* Send "POST path" with a Content-Length and, unless type is NULL, a Content-Type. */
bool client_post(struct client *client, const char *path, const char *type,
                 const char *body, size_t length);

/* Receive the next answer, which may be an interim one (1xx).  is_head: it has no body. */
bool client_receive(struct client *client, struct answer *answer, bool is_head);

/* Whether the server closes the connection within 20 s without sending another byte. */
bool client_receive_end(struct client *client);

/* Connect, send a request, receive its answer, close.  Returns the status code, or 0. */
int client_post_json(const char *url, const char *path, const char *body,
                     struct answer *answer);
int client_get(const char *url, const char *path, struct answer *answer);

/* Copy the value of a header to value; false if the answer does not have it. */
bool answer_header(const struct answer *answer, const char *name, char *value,
                   size_t size);
void answer_release(struct answer *answer);

#endif
