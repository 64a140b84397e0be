/*
 * The architectures that are compared, by name: a cell, a cell with an attention head, or an
 * encoder-decoder.
 */
#ifndef TRIAGE_NETWORKS_H
#define TRIAGE_NETWORKS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "trainer.h"

enum { NETWORKS_MOST = 6, FORMULA_SIZE = 24 };

#define NETWORKS_DEFAULT "rnn,lstm,gru,gru+attention,attention"

struct network_kind {
    const char *name;    /* "gru+attention"; static */
    enum cell_kind cell; /* of the encoder, if it is an encoder-decoder */
    enum head_kind head;
    bool
        is_encoder_decoder; /* trained with the target continue; the first event counts */
};

struct network_list {
    size_t count;
    struct network_kind list[NETWORKS_MOST];
};

/*
 * Read a list of names with commas between them.  STATUS_BAD_OPTION at "--networks" for a name that is
 * unknown or there twice, and for more than NETWORKS_MOST.
 */
enum status networks_read(struct network_list *networks, const char *names,
                          struct error *err);

/*
 * In a network of L layers and one direction, with n events, as "n", "n + 1" or "2" (Vaswani et al.,
 * "Attention Is All You Need", 2017, table 1).
 *
 * Path length: how many steps or layers are between the first event and the decision, on the shortest
 * way.  A recurrence of L layers needs n + L - 1, and one more with a decoder.  An attention head reads
 * the first state, which L layers compute; in L layers of self-attention each event reads those before
 * it, if there are no more than the window has.
 *
 * Sequential operations: how many steps or layers must be computed one after another.
 */
void network_path_length(const struct network_kind *kind, uint32_t layers,
                         char text[FORMULA_SIZE]);
void network_sequential_operations(const struct network_kind *kind, uint32_t layers,
                                   char text[FORMULA_SIZE]);

#endif
