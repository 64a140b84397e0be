/* One client and its answer: what most suites need.  To be included by the file of a suite. */
#ifndef TRIAGE_ONE_CLIENT_H
#define TRIAGE_ONE_CLIENT_H

#include "http/suites.h"

static struct client client = {.socket = -1};
static struct answer answer;

/* A fixture: the server with the settings for tests, and a connection to it. */
static inline void set_up_client(void)
{
    set_up();
    serve();
    ck_assert(client_open(&client, url()));
}

static inline void tear_down_client(void)
{
    answer_release(&answer);
    client_close(&client);
    tear_down();
}

#endif
