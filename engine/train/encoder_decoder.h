/*
 * An encoder-decoder in training (Cho et al. 2014, Sutskever et al. 2014), over a batch of beginnings
 * of histories.  model/trained_model.h says what the two networks are.
 *
 *     history   a b c d            beginning of 2 events
 *     encoder   a b                its states after b are where the decoder begins
 *     decoder   reads    start c d
 *               predicts c     d end
 *
 * The decoder reads the events that came, not those that it predicts (teacher forcing, Williams and
 * Zipser 1989).  The encoder reads a history once, whatever the number of its beginnings.
 */
#ifndef TRIAGE_ENCODER_DECODER_H
#define TRIAGE_ENCODER_DECODER_H

#include "base/arena.h"
#include "base/error.h"
#include "train/network.h"
#include "train/packed_batch.h"
#include "train/training_weights.h"

/* The weights of both networks. */
struct encoder_decoder_weights {
    struct trained_model encoder_model, decoder_model;
    struct training_weights encoder, decoder;
};

enum status encoder_decoder_pack(struct encoder_decoder_weights *weights,
                                 const struct trained_model *model, const float *params,
                                 struct arena *arena, struct error *err);

struct beginning {
    uint32_t history; /* index in a list */
    uint32_t length;  /* 1 to n of its events are known */
};

struct encoder_decoder_batch {
    struct packed_batch encoder; /* the histories, each up to its longest beginning */
    struct packed_batch
        decoder; /* a row for each beginning, with one event more than are left */
    size_t *
        events; /* [beginnings] the event of the encoder where row b of the decoder begins */
};

/*
 * Pack histories [count], each of which has a beginning at least.  decoder.order says which beginning a
 * row of the decoder is.  Everything is in the arena.  STATUS_TOO_LARGE, STATUS_NO_MEMORY.
 */
enum status encoder_decoder_batch_init(struct encoder_decoder_batch *batch,
                                       const struct trained_model *model,
                                       const struct history *const *histories,
                                       size_t count, const struct beginning *beginnings,
                                       size_t beginning_count, struct arena *arena,
                                       struct error *err);

struct encoder_decoder_run {
    struct network_run encoder, decoder;
    struct start_states states;
};

/*
 * Compute run->decoder.logits, after every event that the decoder reads.  weights, batch and arena are
 * borrowed by the run.  STATUS_NO_MEMORY.
 */
enum status encoder_decoder_forward(struct encoder_decoder_run *run,
                                    const struct encoder_decoder_weights *weights,
                                    const struct encoder_decoder_batch *batch,
                                    struct dropout dropout, struct arena *arena,
                                    struct error *err);

/*
 * Scheduled sampling (Bengio et al. 2015, arXiv:1506.03099), after encoder_decoder_forward: replace a
 * share of the events that the decoder reads by events drawn from what it has just predicted there, and
 * compute run->decoder.logits again.  The predictions are those after the events that came, so that all
 * steps are drawn at once (Mihaylova and Martins 2019, arXiv:1906.07651).  A drawn end leaves the event
 * that came.  STATUS_NO_MEMORY.
 */
enum status encoder_decoder_sample(struct encoder_decoder_run *run,
                                   const struct encoder_decoder_batch *batch,
                                   double share, struct dropout dropout,
                                   struct random *random, struct arena *arena,
                                   struct error *err);

/* network_backward of both networks. */
enum status encoder_decoder_backward(struct encoder_decoder_run *run,
                                     const float *dlogits, float *gradients,
                                     struct error *err);

#endif
