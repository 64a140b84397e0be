/*
 * oneDNN 2.x as a worker (worker.h): its RNN primitives lbr_gru and lstm, forward inference in
 * single precision, weights reordered once into the layout of the primitive.  The primitives have
 * no lengths, so a batch is padded and the state of each history is read at its own end.
 */
#include <oneapi/dnnl/dnnl.h>

#include "bench/peers/worker.h"

enum { SHAPES = 4096, ARGUMENTS = 8 };

/* A primitive for T events of B histories. */
struct shape {
    int T, B;
    dnnl_primitive_t primitive;
    dnnl_exec_arg_t arguments[ARGUMENTS];
    int argument_count;
    float *x, *states; /* [T][B][E], [T][B][H] */
};

struct peer {
    const struct peer_network *network;
    float *w, *u, *b; /* in oneDNN's order of gates */
    struct shape *shapes;
    int shape_count;
    struct {
        dnnl_memory_desc_t layout;
        dnnl_memory_t memory;
    } packed[32];
    int packed_count;
};

static dnnl_engine_t engine;
static dnnl_stream_t stream;

static void check(dnnl_status_t status)
{
    if (status == dnnl_success)
        return;
    fprintf(stderr, "onednn: error %d\n", (int)status);
    exit(1);
}

static void *peer_open(const struct peer_network *n)
{
    static const int gru_order[] = {1, 0, 2}, lstm_order[] = {0, 1, 2, 3};
    const int *order = n->is_lstm ? lstm_order : gru_order;
    struct peer *peer = need(calloc(1, sizeof *peer));
    size_t H = (size_t)n->H, G = (size_t)n->G;
    if (!engine) {
        const dnnl_version_t *version = dnnl_version();
        fprintf(stderr, "oneDNN %d.%d\n", version->major, version->minor);
        check(dnnl_engine_create(&engine, dnnl_cpu, 0));
        check(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags));
    }
    peer->network = n;
    peer->shapes = need(calloc(SHAPES, sizeof *peer->shapes));
    peer->w = need(calloc(G * H * EMBEDDING, sizeof(float)));
    peer->u = need(calloc(G * H * H, sizeof(float)));
    peer->b = need(calloc(4 * H, sizeof(float)));
    for (size_t g = 0; g < G; g++) {
        size_t from = (size_t)order[g] * H;
        memcpy(peer->w + g * H * EMBEDDING, n->w + from * EMBEDDING,
               H * EMBEDDING * sizeof(float));
        memcpy(peer->u + g * H * H, n->u + from * H, H * H * sizeof(float));
        for (size_t j = 0; j < H; j++) {
            /* The recurrent bias of a GRU's candidate is separate. */
            bool is_separate = !n->is_lstm && g == 2;
            peer->b[g * H + j] =
                n->b_ih[from + j] + (is_separate ? 0.0f : n->b_hh[from + j]);
        }
    }
    if (!n->is_lstm)
        memcpy(peer->b + 3 * H, n->b_hh + 2 * H, H * sizeof(float));
    return peer;
}

static dnnl_memory_desc_t describe(int rank, const dnnl_dims_t dims,
                                   dnnl_format_tag_t tag)
{
    dnnl_memory_desc_t description;
    check(dnnl_memory_desc_init_by_tag(&description, rank, dims, dnnl_f32, tag));
    return description;
}

static dnnl_memory_t place(const dnnl_memory_desc_t *description, void *data)
{
    dnnl_memory_t memory;
    check(dnnl_memory_create(&memory, description, engine, data));
    return memory;
}

/* Weights in the layout of a primitive, reordered once for each layout. */
static dnnl_memory_t pack(struct peer *peer, const dnnl_memory_desc_t *wanted,
                          const dnnl_memory_desc_t *plain, float *weights)
{
    dnnl_primitive_desc_t description;
    dnnl_primitive_t reorder;
    for (int i = 0; i < peer->packed_count; i++)
        if (dnnl_memory_desc_equal(&peer->packed[i].layout, wanted))
            return peer->packed[i].memory;
    dnnl_memory_t to = place(wanted, DNNL_MEMORY_ALLOCATE);
    dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, place(plain, weights)},
                                   {DNNL_ARG_TO, to}};
    check(dnnl_reorder_primitive_desc_create(&description, plain, engine, wanted, engine,
                                             NULL));
    check(dnnl_primitive_create(&reorder, description));
    check(dnnl_primitive_execute(reorder, stream, 2, arguments));
    check(dnnl_stream_wait(stream));
    peer->packed[peer->packed_count].layout = *wanted;
    peer->packed[peer->packed_count++].memory = to;
    return to;
}

static void add(struct shape *shape, int argument, dnnl_memory_t memory)
{
    shape->arguments[shape->argument_count++] = (dnnl_exec_arg_t){argument, memory};
}

static void make_shape(struct peer *peer, struct shape *shape)
{
    const struct peer_network *n = peer->network;
    int64_t T = shape->T, B = shape->B, G = n->G, H = n->H;
    dnnl_memory_desc_t none = {0};
    dnnl_memory_desc_t x = describe(3, (dnnl_dims_t){T, B, EMBEDDING}, dnnl_tnc);
    dnnl_memory_desc_t h = describe(3, (dnnl_dims_t){T, B, H}, dnnl_tnc);
    dnnl_memory_desc_t b = describe(4, (dnnl_dims_t){1, 1, 4, H}, dnnl_ldgo);
    dnnl_memory_desc_t w_any =
        describe(5, (dnnl_dims_t){1, 1, EMBEDDING, G, H}, dnnl_format_tag_any);
    dnnl_memory_desc_t u_any =
        describe(5, (dnnl_dims_t){1, 1, H, G, H}, dnnl_format_tag_any);
    dnnl_memory_desc_t w = describe(5, (dnnl_dims_t){1, 1, EMBEDDING, G, H}, dnnl_ldgoi);
    dnnl_memory_desc_t u = describe(5, (dnnl_dims_t){1, 1, H, G, H}, dnnl_ldgoi);
    dnnl_rnn_desc_t rnn;
    dnnl_primitive_desc_t made;
    if (n->is_lstm)
        check(dnnl_lstm_forward_desc_init(
            &rnn, dnnl_forward_inference, dnnl_unidirectional_left2right, &x, &none,
            &none, &w_any, &u_any, &b, &h, &none, &none, 0));
    else
        check(dnnl_lbr_gru_forward_desc_init(&rnn, dnnl_forward_inference,
                                             dnnl_unidirectional_left2right, &x, &none,
                                             &w_any, &u_any, &b, &h, &none, 0));
    check(dnnl_primitive_desc_create(&made, &rnn, NULL, engine, NULL));
    check(dnnl_primitive_create(&shape->primitive, made));
    shape->x = need(calloc((size_t)(T * B * EMBEDDING), sizeof(float)));
    shape->states = need(calloc((size_t)(T * B * H), sizeof(float)));
    add(shape, DNNL_ARG_SRC_LAYER, place(&x, shape->x));
    add(shape, DNNL_ARG_DST_LAYER, place(&h, shape->states));
    add(shape, DNNL_ARG_WEIGHTS_LAYER,
        pack(peer, dnnl_primitive_desc_query_md(made, dnnl_query_weights_md, 0), &w,
             peer->w));
    add(shape, DNNL_ARG_WEIGHTS_ITER,
        pack(peer, dnnl_primitive_desc_query_md(made, dnnl_query_weights_md, 1), &u,
             peer->u));
    add(shape, DNNL_ARG_BIAS, place(&b, peer->b));
    const dnnl_memory_desc_t *work =
        dnnl_primitive_desc_query_md(made, dnnl_query_workspace_md, 0);
    if (work && work->ndims > 0)
        add(shape, DNNL_ARG_WORKSPACE, place(work, DNNL_MEMORY_ALLOCATE));
}

static struct shape *find_shape(struct peer *peer, int T, int B)
{
    for (int i = 0; i < peer->shape_count; i++)
        if (peer->shapes[i].T == T && peer->shapes[i].B == B)
            return &peer->shapes[i];
    struct shape *shape = &peer->shapes[peer->shape_count++];
    shape->T = T;
    shape->B = B;
    make_shape(peer, shape);
    return shape;
}

static void apply_head(const struct peer_network *n, const float *h, float *probabilities)
{
    float sum = 0.0f;
    for (int c = 0; c < ACTIONS; c++) {
        float logit = n->head_bias[c];
        for (int j = 0; j < n->H; j++)
            logit += n->head[c * n->H + j] * h[j];
        probabilities[c] = expf(logit);
        sum += probabilities[c];
    }
    for (int c = 0; c < ACTIONS; c++)
        probabilities[c] /= sum;
}

static void peer_run(void *context, int count, const struct peer_history *histories,
                     float *probabilities)
{
    struct peer *peer = context;
    const struct peer_network *n = peer->network;
    int T = 0;
    for (int i = 0; i < count; i++)
        T = histories[i].length > T ? histories[i].length : T;
    struct shape *shape = find_shape(peer, T, count);
    for (int i = 0; i < count; i++)
        for (int t = 0; t < histories[i].length; t++)
            memcpy(shape->x + (t * count + i) * EMBEDDING,
                   n->embedding + histories[i].events[t] * EMBEDDING,
                   EMBEDDING * sizeof(float));
    check(dnnl_primitive_execute(shape->primitive, stream, shape->argument_count,
                                 shape->arguments));
    check(dnnl_stream_wait(stream));
    for (int i = 0; i < count; i++)
        apply_head(n, shape->states + ((histories[i].length - 1) * count + i) * n->H,
                   probabilities + i * ACTIONS);
}
