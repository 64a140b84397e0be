/* Sequences of the tasks on which networks are compared, and the criterion by which one does them. */
#include "simulate/task_sequences.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "simulate/criterion.h"
#include "support/case_count.h"
#include "trainer.h"
#include "unit/suites.h"

static const struct {
    enum sequence_kind kind;
    uint32_t marks;
    uint32_t first[3]; /* place of each mark, from 1; the last is 10 later */
    const char *classes;
} orders[] = {
    {TEMPORAL_ORDER_6A, 2, {10, 50}, "QRSU"},
    {TEMPORAL_ORDER_6B, 3, {10, 33, 66}, "QRSUVABC"},
};

START_TEST(test_temporal_order_is_drawn_by_the_paper)
{
    struct sequence sequence;
    uint32_t classes[SEQUENCE_CLASSES] = {0}, shortest = 1000, longest = 0;
    uint32_t count = (uint32_t)case_count(4000, 10);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t marks = 0, class = 0;
        sequence_draw(&sequence, &(struct sequence_task){.kind = orders[_i].kind}, 3, i);
        shortest = sequence.length < shortest ? sequence.length : shortest;
        longest = sequence.length > longest ? sequence.length : longest;
        ck_assert_int_eq(sequence.symbols[0], 'E');
        ck_assert_int_eq(sequence.symbols[sequence.length - 1], 'B');
        for (uint32_t t = 1; t + 1 < sequence.length; t++) {
            char c = sequence.symbols[t];
            ck_assert(c != '\0' && strchr("abcdXY", c));
            if (c != 'X' && c != 'Y')
                continue;
            ck_assert_uint_lt(marks, orders[_i].marks);
            ck_assert_uint_ge(t + 1, orders[_i].first[marks]);
            ck_assert_uint_le(t + 1, orders[_i].first[marks] + 10);
            class = 2 * class + (c == 'Y');
            marks++;
        }
        ck_assert_uint_eq(marks, orders[_i].marks);
        ck_assert_int_eq(sequence.class, orders[_i].classes[class]);
        classes[class]++;
    }
    ck_assert_uint_eq(shortest, 100);
    ck_assert_uint_eq(longest, 110);
    for (size_t c = 0; c < strlen(orders[_i].classes); c++) /* all equally likely */
        ck_assert_uint_ge(classes[c] * strlen(orders[_i].classes) * 2, count);
}
END_TEST

/* The grammar as a recursive descent; *next is after the string. */
static bool is_reber(const char **next)
{
    const char *at = *next;
    char node = *at++ == 'B' ? '1' : '!';
    while (node != 'E' && node != '!') {
        char c = *at++;
        node = node == '1'   ? (c == 'T'   ? '2'
                                : c == 'P' ? '3'
                                           : '!')
               : node == '2' ? (c == 'S'   ? '2'
                                : c == 'X' ? '4'
                                           : '!')
               : node == '3' ? (c == 'T'   ? '3'
                                : c == 'V' ? '5'
                                           : '!')
               : node == '4' ? (c == 'X'   ? '3'
                                : c == 'S' ? '6'
                                           : '!')
               : node == '5' ? (c == 'P'   ? '4'
                                : c == 'V' ? '6'
                                           : '!')
                             : (c == 'E' ? 'E' : '!');
    }
    *next = at;
    return node == 'E';
}

START_TEST(test_reber_strings_are_of_the_embedded_grammar)
{
    struct sequence sequence;
    const char *symbols = sequence_symbols(REBER);
    uint32_t with_t = 0, count = (uint32_t)case_count(4000, 10);
    for (uint32_t i = 0; i < count; i++) {
        sequence_draw(&sequence, &(struct sequence_task){.kind = REBER}, 4, i);
        char outer = sequence.symbols[1];
        const char *at = sequence.symbols + 2;
        ck_assert(sequence.symbols[0] == 'B' && (outer == 'T' || outer == 'P'));
        ck_assert(is_reber(&at));
        ck_assert(at[0] == outer && at[1] == 'E');
        ck_assert_ptr_eq(at + 2, sequence.symbols + sequence.length);
        with_t += outer == 'T';
        for (uint32_t t = 0; t + 1 < sequence.length; t++) {
            uint32_t next =
                (uint32_t)(strchr(symbols, sequence.symbols[t + 1]) - symbols);
            ck_assert_uint_eq(sequence.possible[t] >> next & 1, 1);
        }
        /* B or, at a choice, two; the last T or P is known from the second symbol */
        ck_assert_int_eq(__builtin_popcount(sequence.possible[0]), 2);
        ck_assert_int_eq(__builtin_popcount(sequence.possible[sequence.length - 3]), 1);
    }
    ck_assert_uint_ge(with_t * 3, count);
    ck_assert_uint_le(with_t * 3, 2 * count);
}
END_TEST

START_TEST(test_adding_is_drawn_by_the_paper)
{
    const struct sequence_task task = {.kind = ADDING, .T = 100};
    struct sequence sequence;
    uint32_t shortest = 1000, longest = 0, first_marked = 0, last_place = 0;
    uint32_t count = (uint32_t)case_count(4000, 10);
    double least = 1.0, most = -1.0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t marks = 0, places[2] = {0};
        double sum = 0.0;
        sequence_draw(&sequence, &task, 5, i);
        uint32_t last = sequence.length - 1;
        shortest = sequence.length < shortest ? sequence.length : shortest;
        longest = sequence.length > longest ? sequence.length : longest;
        ck_assert(sequence.symbols[0] == 'E' && sequence.symbols[last] == 'E');
        for (uint32_t t = 1; t < last; t++) {
            double number = sequence.numbers[t] / 10000.0;
            least = fmin(least, number);
            most = fmax(most, number);
            if (sequence.symbols[t] == 'n')
                continue;
            ck_assert_int_eq(sequence.symbols[t], 'M');
            ck_assert_uint_lt(marks, 2);
            places[marks++] = t;
            sum += number;
        }
        if (marks == 1) { /* the other one is the first event, and counts as 0 */
            ck_assert_int_eq(sequence.numbers[0], 0);
            first_marked++;
        } else {
            ck_assert_uint_eq(marks, 2);
            ck_assert_uint_lt(places[0], 10);
        }
        ck_assert_uint_lt(places[marks - 1], 50);
        last_place = places[marks - 1] > last_place ? places[marks - 1] : last_place;
        ck_assert_int_eq(sequence.sum, lround(sum * 10000));
        int tenth = (int)floor((0.5 + sum / 4) * 10 + 1e-9);
        ck_assert_int_eq(sequence.class, "01234567899"[tenth]);
    }
    ck_assert_uint_eq(shortest, 100);
    ck_assert_uint_eq(longest, 110);
    ck_assert_uint_ge(last_place, 45);
    ck_assert(least < -0.99 && most > 0.99);
    /* 1 in 10, and 1 in 49 of the others */
    ck_assert_uint_ge(first_marked * 20, count);
    ck_assert_uint_le(first_marked * 5, count);
}
END_TEST

static const struct {
    const char *about;
    int32_t sum; /* of the two numbers, in ten thousandths */
    char class;
    double distance;
} distances[] = {
    {"the sum 0 is 0.5, which is in the class 5", 0, '5', 0.0},
    {"and a border of the class 4", 0, '4', 0.0},
    {"the class 3 ends at 0.4", 0, '3', 0.1},
    {"the class 7 begins at 0.7", 0, '7', 0.2},
    {"the sum 0.1 is 0.525", 1000, '4', 0.025},
    {"the sum 2 is 1, in the class 9", 20000, '9', 0.0},
    {"the sum -2 is 0, in the class 0", -20000, '0', 0.0},
    {"an answer that is not a class is far away", 0, 'x', 1.0},
};

START_TEST(test_distance_of_a_sum_from_a_class)
{
    const struct sequence sequence = {.kind = ADDING, .sum = distances[_i].sum};
    double distance = sequence_distance(&sequence, distances[_i].class);
    ck_assert_msg(fabs(distance - distances[_i].distance) < 1e-12, "%s: %g",
                  distances[_i].about, distance);
}
END_TEST

START_TEST(test_copy_ends_with_the_symbols_of_its_beginning)
{
    static const uint32_t lengths[] = {20, 100, 1000};
    struct sequence sequence;
    uint32_t seen[8] = {0}, count = (uint32_t)case_count(200, 10);
    for (size_t k = 0; k < COUNT(lengths); k++)
        for (uint32_t i = 0; i < count; i++) {
            uint32_t T = lengths[k];
            const struct sequence_task task = {.kind = COPY, .T = T};
            sequence_draw(&sequence, &task, 6, i);
            ck_assert_uint_eq(sequence.length, T + 20);
            ck_assert_int_eq(sequence.class, '\0');
            for (uint32_t t = 0; t < T + 20; t++) {
                char symbol = sequence.symbols[t];
                if (t < 10)
                    ck_assert(symbol >= 'a' && symbol <= 'h');
                else
                    ck_assert_int_eq(symbol, t == T + 9 ? 'R' : 'N');
                ck_assert_int_eq(sequence.classes[t],
                                 t < T + 10 ? 'N' : sequence.symbols[t - T - 10]);
            }
            for (uint32_t t = 0; t < 10; t++)
                seen[sequence.symbols[t] - 'a']++;
        }
    for (int c = 0; c < 8; c++) /* all equally likely */
        ck_assert_uint_ge(seen[c] * 16, 30 * count);
}
END_TEST

START_TEST(test_long_effect_is_the_order_of_the_first_three)
{
    static const struct {
        const char *symbols;
        char class;
    } orders_of_three[] = {{"XYZ", 'Q'}, {"XZY", 'R'}, {"YXZ", 'S'},
                           {"YZX", 'U'}, {"ZXY", 'V'}, {"ZYX", 'A'}};
    const struct sequence_task task = {.kind = LONG_EFFECT, .T = 20};
    struct sequence sequence;
    uint32_t lengths[24] = {0}, classes[6] = {0};
    uint32_t count = (uint32_t)case_count(4000, 10);
    for (uint32_t i = 0; i < count; i++) {
        size_t order = 0;
        sequence_draw(&sequence, &task, 7, i);
        while (memcmp(sequence.symbols, orders_of_three[order].symbols, 3) != 0)
            ck_assert_uint_lt(++order, 6);
        ck_assert_int_eq(sequence.class, orders_of_three[order].class);
        ck_assert(sequence.length >= 4 && sequence.length <= 23);
        for (uint32_t t = 3; t < sequence.length; t++)
            ck_assert(strchr("abcd", sequence.symbols[t]) && sequence.symbols[t]);
        lengths[sequence.length]++;
        classes[order]++;
    }
    for (uint32_t length = 4; length <= 23; length++) /* all equally likely */
        ck_assert_uint_ge(lengths[length] * 60, count);
    for (size_t c = 0; c < 6; c++)
        ck_assert_uint_ge(classes[c] * 12, count);
}
END_TEST

static struct sequence_task task_of(int kind)
{
    return (struct sequence_task){.kind = (enum sequence_kind)kind, .T = SHORTEST_T};
}

START_TEST(test_sequences_depend_on_seed_and_number_only)
{
    struct sequence first, again, other;
    const struct sequence_task task = task_of(_i);
    for (uint32_t i = 0; i < 20; i++) {
        sequence_draw(&first, &task, 7, i);
        sequence_draw(&again, &task, 7, i);
        sequence_draw(&other, &task, 8, i);
        ck_assert_mem_eq(&first, &again, sizeof first);
        if (task.kind != REBER) /* short strings are repeated */
            ck_assert_mem_ne(&first, &other, sizeof first);
    }
}
END_TEST

START_TEST(test_untrained_network_does_not_meet_the_criterion)
{
    const bool is_reber = _i == REBER;
    if (case_count_is_reduced() && !is_reber)
        return; /* thousands of sequences */
    const struct spec spec = {
        .cell = CELL_GRU, .hidden = 8, .layers = 1, .directions = 1};
    const struct criterion_options options = {
        .task = task_of(_i), .seed = 1, .max_sequences = 1, .spec = &spec};
    struct criterion_result result;
    ck_assert(criterion_test(&result, &options, NULL) == STATUS_OK);
    ck_assert(!result.is_reached);
    ck_assert_uint_eq(result.sequences, is_reber ? 256 : 500);
    ck_assert_uint_eq(result.tested, is_reber ? 256 : 2560);
    ck_assert_uint_gt(result.wrong, 0);
    ck_assert(is_reber ? result.error == 0 : result.error > 0.5 && result.error <= 1.0);
}
END_TEST

Suite *task_sequences_suite(void)
{
    Suite *suite = suite_create("task_sequences");
    TCase *tc = tcase_create("task_sequences");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_temporal_order_is_drawn_by_the_paper, 0, COUNT(orders));
    tcase_add_test(tc, test_reber_strings_are_of_the_embedded_grammar);
    tcase_add_test(tc, test_adding_is_drawn_by_the_paper);
    tcase_add_loop_test(tc, test_distance_of_a_sum_from_a_class, 0, COUNT(distances));
    tcase_add_test(tc, test_copy_ends_with_the_symbols_of_its_beginning);
    tcase_add_test(tc, test_long_effect_is_the_order_of_the_first_three);
    tcase_add_loop_test(tc, test_sequences_depend_on_seed_and_number_only, 0,
                        SEQUENCE_KINDS);
    tcase_add_loop_test(tc, test_untrained_network_does_not_meet_the_criterion, 0,
                        SEQUENCE_KINDS);
    suite_add_tcase(suite, tc);
    return suite;
}
