/* Drawing sequences: places and symbols for temporal order, a walk on a graph for Reber strings. */
#include "simulate/task_sequences.h"

#include <string.h>

#include "base/random.h"

enum { ORDER_SHORTEST = 100, ORDER_LONGEST = 110, SPAN = 11, MARKS = 3 };

const char *const sequence_kind_names[SEQUENCE_KINDS + 1] = {
    [TEMPORAL_ORDER_6A] = "temporal-order-6a",
    [TEMPORAL_ORDER_6B] = "temporal-order-6b",
    [REBER] = "reber",
};

static const char order_symbols[] = "EBabcdXY", reber_symbols[] = "BTPSXVE";

const char *sequence_symbols(enum sequence_kind kind)
{
    return kind == REBER ? reber_symbols : order_symbols;
}

const char *sequence_classes(enum sequence_kind kind)
{
    static const char *const classes[SEQUENCE_KINDS] = {
        [TEMPORAL_ORDER_6A] = "QRSU", [TEMPORAL_ORDER_6B] = "QRSUVABC", [REBER] = ""};
    return classes[kind];
}

/* ---- temporal order ---- */

static void draw_order(struct sequence *sequence, enum sequence_kind kind,
                       struct random *random)
{
    /* the first place of each mark, from 1 */
    static const uint32_t first[2][MARKS] = {{10, 50, 0}, {10, 33, 66}};
    const uint32_t *places = first[kind == TEMPORAL_ORDER_6B];
    uint32_t order = 0;
    sequence->length = ORDER_SHORTEST +
                       (uint32_t)random_below(random, ORDER_LONGEST - ORDER_SHORTEST + 1);
    for (uint32_t t = 0; t < sequence->length; t++)
        sequence->symbols[t] = "abcd"[random_below(random, 4)];
    sequence->symbols[0] = 'E';
    sequence->symbols[sequence->length - 1] = 'B';
    for (int i = 0; i < MARKS && places[i] > 0; i++) {
        uint32_t place = places[i] + (uint32_t)random_below(random, SPAN);
        uint32_t is_y = (uint32_t)random_below(random, 2);
        sequence->symbols[place - 1] = is_y ? 'Y' : 'X';
        order = 2 * order + is_y;
    }
    sequence->class = sequence_classes(kind)[order];
}

/* ---- Reber strings ---- */

/* The two edges of each node, or the same edge twice; from node 0 to the last one. */
static const struct {
    char symbols[3];
    uint8_t next[2];
} nodes[] = {
    {"BB", {1, 1}}, {"TP", {2, 3}}, {"SX", {2, 4}}, {"TV", {3, 5}},
    {"XS", {3, 6}}, {"PV", {4, 6}}, {"EE", {7, 7}},
};
enum { LAST_NODE = sizeof nodes / sizeof *nodes };

static uint8_t bit_of(char symbol)
{
    return (uint8_t)(1u << (strchr(reber_symbols, symbol) - reber_symbols));
}

/* Add a symbol; possible: those that could be in its place. */
static void add_symbol(struct sequence *sequence, char symbol, uint8_t possible)
{
    uint32_t t = sequence->length++;
    sequence->symbols[t] = symbol;
    if (t > 0)
        sequence->possible[t - 1] = possible;
}

/* False if the string is too long. */
static bool draw_reber(struct sequence *sequence, struct random *random)
{
    enum { TAIL = 3 };
    char outer = random_below(random, 2) ? 'T' : 'P';
    sequence->length = 0;
    add_symbol(sequence, 'B', bit_of('B'));
    add_symbol(sequence, outer, bit_of('T') | bit_of('P'));
    for (uint8_t node = 0; node < LAST_NODE;) {
        const char *edges = nodes[node].symbols;
        uint64_t edge = random_below(random, 2);
        if (sequence->length + TAIL > SEQUENCE_MAX)
            return false;
        add_symbol(sequence, edges[edge], bit_of(edges[0]) | bit_of(edges[1]));
        node = nodes[node].next[edge];
    }
    add_symbol(sequence, outer, bit_of(outer));
    add_symbol(sequence, 'E', bit_of('E'));
    return true;
}

/* ---- all kinds ---- */

void sequence_draw(struct sequence *sequence, enum sequence_kind kind, uint64_t seed,
                   uint64_t number)
{
    struct random random;
    random_init(&random, seed, number);
    memset(sequence, 0, sizeof *sequence);
    if (kind != REBER)
        draw_order(sequence, kind, &random);
    else
        while (!draw_reber(sequence, &random))
            continue; /* one string in 10^60 */
}

void sequence_write(const struct sequence *sequence, struct strbuf *text)
{
    strbuf_add(text, "\"events\":[");
    for (uint32_t t = 0; t < sequence->length; t++)
        strbuf_printf(text, "%s\"%c\"", t == 0 ? "" : ",", sequence->symbols[t]);
    strbuf_add(text, "]");
    if (sequence->class != '\0')
        strbuf_printf(text, ",\"action\":\"%c\"", sequence->class);
}
