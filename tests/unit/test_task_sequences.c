/* Sequences of the tasks of 1997, and the criterion by which a network does them. */
#include "simulate/task_sequences.h"

#include <stdlib.h>
#include <string.h>

#include "simulate/criterion.h"
#include "support/case_count.h"
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
        sequence_draw(&sequence, orders[_i].kind, 3, i);
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
        sequence_draw(&sequence, REBER, 4, i);
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

START_TEST(test_sequences_depend_on_seed_and_number_only)
{
    struct sequence first, again, other;
    for (int kind = 0; kind < SEQUENCE_KINDS; kind++)
        for (uint32_t i = 0; i < 20; i++) {
            sequence_draw(&first, (enum sequence_kind)kind, 7, i);
            sequence_draw(&again, (enum sequence_kind)kind, 7, i);
            sequence_draw(&other, (enum sequence_kind)kind, 8, i);
            ck_assert_mem_eq(&first, &again, sizeof first);
            if (kind != REBER) /* short strings are repeated */
                ck_assert_mem_ne(&first, &other, sizeof first);
        }
}
END_TEST

START_TEST(test_untrained_network_does_not_meet_the_criterion)
{
    const struct criterion_options options = {
        .kind = REBER, .seed = 1, .max_sequences = 1};
    struct criterion_result result;
    ck_assert(criterion_test(&result, &options, NULL) == STATUS_OK);
    ck_assert(!result.is_reached);
    ck_assert_uint_eq(result.sequences, 256);
}
END_TEST

Suite *task_sequences_suite(void)
{
    Suite *suite = suite_create("task_sequences");
    TCase *tc = tcase_create("task_sequences");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_temporal_order_is_drawn_by_the_paper, 0, COUNT(orders));
    tcase_add_test(tc, test_reber_strings_are_of_the_embedded_grammar);
    tcase_add_test(tc, test_sequences_depend_on_seed_and_number_only);
    tcase_add_test(tc, test_untrained_network_does_not_meet_the_criterion);
    suite_add_tcase(suite, tc);
    return suite;
}
