/* Drawing sequences: each kind has a function, which draws in a fixed order from the random numbers. */
#include "simulate/task_sequences.h"

#include <math.h>
#include <string.h>

#include "base/random.h"

enum { ORDER_SHORTEST = 100, ORDER_LONGEST = 110, SPAN = 11, MARKS = 3 };

bool sequence_kind_has_T(enum sequence_kind kind)
{
    return kind == ADDING || kind == COPY || kind == LONG_EFFECT;
}

static const char reber_symbols[] = "BTPSXVE";

const char *sequence_symbols(enum sequence_kind kind)
{
    static const char *const symbols[SEQUENCE_KINDS] = {
        [TEMPORAL_ORDER_6A] = "EBabcdXY",
        [TEMPORAL_ORDER_6B] = "EBabcdXY",
        [REBER] = reber_symbols,
        [ADDING] = "EnM",
        [COPY] = "abcdefghNR",
        [LONG_EFFECT] = "XYZabcd",
    };
    return symbols[kind];
}

const char *sequence_classes(enum sequence_kind kind)
{
    static const char *const classes[SEQUENCE_KINDS] = {
        [TEMPORAL_ORDER_6A] = "QRSU",
        [TEMPORAL_ORDER_6B] = "QRSUVABC",
        [REBER] = "",
        [ADDING] = "0123456789",
        [COPY] = "abcdefghN",
        [LONG_EFFECT] = "QRSUVA",
    };
    return classes[kind];
}

/* ---- temporal order ---- */

static void draw_order(struct sequence *sequence, struct random *random)
{
    /* the first place of each mark, from 1 */
    static const uint32_t first[2][MARKS] = {{10, 50, 0}, {10, 33, 66}};
    const uint32_t *places = first[sequence->kind == TEMPORAL_ORDER_6B];
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
    sequence->class = sequence_classes(sequence->kind)[order];
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

/* ---- adding ---- */

/* Mark event t, and add its number to the sum. */
static void mark(struct sequence *sequence, uint32_t t)
{
    if (t == 0)
        sequence->numbers[t] = 0;
    else
        sequence->symbols[t] = 'M';
    sequence->sum += sequence->numbers[t];
}

static void draw_adding(struct sequence *sequence, uint32_t T, struct random *random)
{
    enum { FIRST_MARK = 10, CLASS_WIDTH = 4 * SEQUENCE_ONE / 10 }; /* of the sum */
    sequence->length = T + (uint32_t)random_below(random, T / 10 + 1);
    for (uint32_t t = 0; t < sequence->length; t++) {
        sequence->symbols[t] = 'n';
        sequence->numbers[t] =
            (int16_t)((int)random_below(random, 2 * SEQUENCE_ONE + 1) - SEQUENCE_ONE);
    }
    sequence->symbols[0] = sequence->symbols[sequence->length - 1] = 'E';
    uint32_t first = (uint32_t)random_below(random, FIRST_MARK);
    uint32_t second = (uint32_t)random_below(random, T / 2 - 1);
    mark(sequence, first);
    mark(sequence, second < first ? second : second + 1);
    int32_t class = (sequence->sum + 2 * SEQUENCE_ONE) / CLASS_WIDTH;
    sequence->class = (char)('0' + (class < 9 ? class : 9));
}

double sequence_distance(const struct sequence *sequence, char class)
{
    if (class < '0' || class > '9')
        return 1.0;
    double value = 0.5 + sequence->sum / (4.0 * SEQUENCE_ONE);
    double least = (class - '0') / 10.0, most = (class - '0' + 1) / 10.0;
    return fmax(0.0, fmax(least - value, value - most));
}

/* ---- copy ---- */

static void draw_copy(struct sequence *sequence, uint32_t T, struct random *random)
{
    uint32_t recall = COPIED + T - 1; /* the place of R */
    sequence->length = recall + 1 + COPIED;
    memset(sequence->symbols, 'N', sequence->length);
    memset(sequence->classes, 'N', sequence->length);
    sequence->symbols[recall] = 'R';
    for (uint32_t i = 0; i < COPIED; i++) {
        char symbol = "abcdefgh"[random_below(random, 8)];
        sequence->symbols[i] = sequence->classes[recall + 1 + i] = symbol;
    }
}

/* ---- long effect ---- */

static void draw_effect(struct sequence *sequence, uint32_t T, struct random *random)
{
    static const char orders[][4] = {"XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX"};
    enum { CAUSE = 3 };
    uint64_t order = random_below(random, sizeof orders / sizeof *orders);
    sequence->length = CAUSE + 1 + (uint32_t)random_below(random, T);
    memcpy(sequence->symbols, orders[order], CAUSE);
    for (uint32_t t = CAUSE; t < sequence->length; t++)
        sequence->symbols[t] = "abcd"[random_below(random, 4)];
    sequence->class = sequence_classes(LONG_EFFECT)[order];
}

/* ---- all kinds ---- */

void sequence_draw(struct sequence *sequence, const struct sequence_task *task,
                   uint64_t seed, uint64_t number)
{
    struct random random;
    random_init(&random, seed, number);
    memset(sequence, 0, sizeof *sequence);
    sequence->kind = task->kind;
    switch (task->kind) {
    case REBER:
        while (!draw_reber(sequence, &random))
            continue; /* a string that is too long is less likely than one in 10^60 */
        break;
    case ADDING:
        draw_adding(sequence, task->T, &random);
        break;
    case COPY:
        draw_copy(sequence, task->T, &random);
        break;
    case LONG_EFFECT:
        draw_effect(sequence, task->T, &random);
        break;
    default:
        draw_order(sequence, &random);
        break;
    }
}

void sequence_write_number(const struct sequence *sequence, uint32_t t,
                           struct strbuf *text)
{
    strbuf_float(text, (float)sequence->numbers[t] / SEQUENCE_ONE);
}

static void write_event(const struct sequence *sequence, uint32_t t, struct strbuf *text)
{
    char symbol = sequence->symbols[t];
    if (sequence->kind == COPY) {
        strbuf_printf(text, "{\"event\":\"%c\",\"action\":\"%c\"}", symbol,
                      sequence->classes[t]);
    } else if (sequence->kind == ADDING) {
        strbuf_printf(text, "{\"event\":\"%c\",\"number\":", symbol);
        sequence_write_number(sequence, t, text);
        strbuf_add(text, "}");
    } else {
        strbuf_printf(text, "\"%c\"", symbol);
    }
}

void sequence_write(const struct sequence *sequence, struct strbuf *text)
{
    strbuf_add(text, "\"events\":[");
    for (uint32_t t = 0; t < sequence->length; t++) {
        strbuf_add(text, t == 0 ? "" : ",");
        write_event(sequence, t, text);
    }
    strbuf_add(text, "]");
    if (sequence->class != '\0')
        strbuf_printf(text, ",\"action\":\"%c\"", sequence->class);
}
