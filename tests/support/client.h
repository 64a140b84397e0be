/*
 * A small HTTP client that blocks: one connection, raw bytes out, answers in.
 *
 *     struct client client;
 *     client_open(&client, server_url(server));
 *     client_send(&client, "GET /livez HTTP/1.1\r\nHost: t\r\n\r\n");
 *     client_receive(&client, &answer);
 *     client_close(&client);
 *
 * Nothing here asserts; a call that fails says false.
 */
#ifndef TRIAGE_CLIENT_H
#define TRIAGE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "support/requests.h"

struct client {
    int socket;  /* -1: closed */
    char *bytes; /* received and not yet part of an answer */
    size_t length;
    struct requests asked;
};

struct answer {
    int code;          /* 0: the connection ended without one */
    char *head, *body; /* owned, ended by a zero */
    size_t body_length;
};

/* Sees every answer that is received, but interim ones, and what was asked; NULL: nobody does. */
extern void (*client_on_answer)(const struct sent_request *question,
                                const struct answer *answer);

/* url is "http://127.0.0.1:PORT"; an answer that takes longer than 20 s counts as none. */
bool client_open(struct client *client, const char *url);
void client_close(struct client *client);

/* End the connection with a reset, as a client that was killed does. */
void client_abort(struct client *client);

/* Shut the sending side; answers still come. */
void client_end(struct client *client);

bool client_send(struct client *client, const char *text);
bool client_send_bytes(struct client *client, const char *bytes, size_t length);

/* "POST path", with a Content-Length and, unless it is NULL, a Content-Type. */
bool client_post(struct client *client, const char *path, const char *type,
                 const char *body, size_t length);

/* The next answer; interim ones (1xx) too.  is_head: it has no body whatever it says. */
bool client_receive(struct client *client, struct answer *answer, bool is_head);

/* Whether the server ends the connection, without another byte, before 20 s are over. */
bool client_sees_end(struct client *client);

/* Connect, POST, receive, close: the code, 0 without an answer. */
int client_ask(const char *url, const char *path, const char *body,
               struct answer *answer);
int client_get(const char *url, const char *path, struct answer *answer);

/* The value of a header, in room; false when there is none. */
bool answer_header(const struct answer *answer, const char *name, char *room,
                   size_t size);
void answer_release(struct answer *answer);

#endif
