/* The architectures that are compared, by name: a cell, or a cell with an attention head. */
#ifndef TRIAGE_NETWORKS_H
#define TRIAGE_NETWORKS_H

#include <stddef.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "trainer.h"

enum { NETWORKS_MOST = 6, NETWORK_NAME_SIZE = 24, FORMULA_SIZE = 24 };

#define NETWORKS_DEFAULT "rnn,lstm,gru,gru+attention,attention"

struct network_list {
    size_t count;
    struct {
        char name[NETWORK_NAME_SIZE]; /* "gru+attention" */
        uint32_t cell, head;          /* of struct spec */
    } list[NETWORKS_MOST];
};

/*
 * Read a list of names with commas between them.  STATUS_BAD_OPTION at "--networks" for a name that is
 * unknown or there twice, and for more than NETWORKS_MOST.
 */
enum status networks_read(struct network_list *networks, const char *names,
                          struct error *err);

/*
 * In a network of one direction, with n events, as "n", "n + 1" or "2" (Vaswani et al., "Attention Is
 * All You Need", 2017, table 1).
 *
 * Path length: how many steps or layers are between the first event and the decision, on the shortest
 * way.  A recurrence of L layers needs n + L - 1.  An attention head reads the first state, which L
 * layers compute; in L layers of self-attention each event reads the first one.
 *
 * Sequential operations: how many steps or layers must be computed one after another.
 */
void network_path_length(const struct spec *spec, char text[FORMULA_SIZE]);
void network_sequential_operations(const struct spec *spec, char text[FORMULA_SIZE]);

#endif
