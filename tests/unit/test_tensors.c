/*
 * The list of tensors: names, shapes, offsets, and lookups by name and role.
 */
#include "model/tensors.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/failing_malloc.h"
#include "support/sample.h"
#include "unit/suites.h"

enum { MOST = 16 };

/* The rich sample: fields of 7, 4 and 4 rows; F = 2 * 2 + 7 = 11. */
static const struct {
    const char *about, *schema;
    int cell;
    uint32_t embedding, hidden, layers, directions;
    struct {
        const char *name;
        uint32_t rows, columns; /* 0 columns: a vector */
    } tensors[MOST];
} cases[] = {
    {"one-hot has no embedding, and no rows for unknown and missing",
     sample_plain,
     0,
     0,
     4,
     1,
     1,
     {{"rnn.weight_ih_l0", 4, 5},
      {"rnn.weight_hh_l0", 4, 4},
      {"rnn.bias_ih_l0", 4, 0},
      {"rnn.bias_hh_l0", 4, 0},
      {"head.weight", 3, 4},
      {"head.bias", 3, 0}}},
    {"one-hot with numbers after the values of all fields",
     sample_rich,
     0,
     0,
     4,
     1,
     1,
     {{"rnn.weight_ih_l0", 4, 5 + 2 + 2 + 11},
      {"rnn.weight_hh_l0", 4, 4},
      {"rnn.bias_ih_l0", 4, 0},
      {"rnn.bias_hh_l0", 4, 0},
      {"head.weight", 3, 4},
      {"head.bias", 3, 0}}},
    {"an embedding per field, then numbers",
     sample_rich,
     1,
     6,
     5,
     1,
     1,
     {{"embedding.event.weight", 7, 6},
      {"embedding.service.weight", 4, 6},
      {"embedding.is_paged.weight", 4, 6},
      {"rnn.weight_ih_l0", 20, 6 + 11},
      {"rnn.weight_hh_l0", 20, 5},
      {"rnn.bias_ih_l0", 20, 0},
      {"rnn.bias_hh_l0", 20, 0},
      {"head.weight", 3, 5},
      {"head.bias", 3, 0}}},
    {"two layers in two directions",
     sample_plain,
     2,
     6,
     5,
     2,
     2,
     {{"embedding.event.weight", 7, 6},
      {"rnn.weight_ih_l0", 15, 6},
      {"rnn.weight_hh_l0", 15, 5},
      {"rnn.bias_ih_l0", 15, 0},
      {"rnn.bias_hh_l0", 15, 0},
      {"rnn.weight_ih_l0_reverse", 15, 6},
      {"rnn.weight_hh_l0_reverse", 15, 5},
      {"rnn.bias_ih_l0_reverse", 15, 0},
      {"rnn.bias_hh_l0_reverse", 15, 0},
      {"rnn.weight_ih_l1", 15, 10},
      {"rnn.weight_hh_l1", 15, 5},
      {"rnn.bias_ih_l1", 15, 0},
      {"rnn.bias_hh_l1", 15, 0},
      {"rnn.weight_ih_l1_reverse", 15, 10}}},
};

START_TEST(test_tensors_have_names_and_shapes)
{
    struct schema *schema = sample_schema(cases[_i].schema);
    struct spec spec = sample_spec(cases[_i].cell, cases[_i].embedding, cases[_i].hidden,
                                   cases[_i].layers, cases[_i].directions);
    struct tensor_list tensors;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    ck_assert_int_eq(tensors_init(&tensors, &spec, schema, 3, &arena, NULL), STATUS_OK);
    for (size_t i = 0; i < MOST && cases[_i].tensors[i].name; i++) {
        const struct tensor *tensor = &tensors.items[i];
        bool is_vector = cases[_i].tensors[i].columns == 0;
        ck_assert_str_eq(tensor->name, cases[_i].tensors[i].name);
        ck_assert_msg(tensor->rows == cases[_i].tensors[i].rows &&
                          tensor->columns == cases[_i].tensors[i].columns + is_vector &&
                          tensor->is_vector == is_vector,
                      "%s: %s is [%u][%u]", cases[_i].about, tensor->name, tensor->rows,
                      tensor->columns);
        ck_assert_ptr_eq(tensors_find(&tensors, tensor->name), tensor);
    }
    ck_assert_str_eq(tensors_head(&tensors)->name, "head.weight");
    ck_assert_str_eq(tensors_head_bias(&tensors)->name, "head.bias");
    ck_assert_ptr_null(tensors_find(&tensors, "head"));
    arena_release(&arena);
    triage_schema_free(schema);
}
END_TEST

START_TEST(test_tensors_are_aligned_and_do_not_overlap)
{
    struct schema *schema = sample_schema(sample_rich);
    struct tensor_list tensors;
    struct arena arena;
    size_t end = 0, elements = 0;
    arena_init(&arena, SIZE_MAX);
    for (int cell = 0; cell < SAMPLE_CELLS; cell++) {
        struct spec spec = sample_spec(cell, 3, 7, 3, 2);
        ck_assert_int_eq(tensors_init(&tensors, &spec, schema, 3, &arena, NULL),
                         STATUS_OK);
        end = elements = 0;
        for (size_t i = 0; i < tensors.count; i++) {
            const struct tensor *tensor = &tensors.items[i];
            ck_assert_uint_eq(tensor->offset % 16, 0);
            ck_assert_uint_ge(tensor->offset, end);
            end = tensor->offset + (size_t)tensor->rows * tensor->columns;
            elements += (size_t)tensor->rows * tensor->columns;
        }
        ck_assert_uint_ge(tensors.floats, end);
        ck_assert_uint_lt(tensors.floats, end + 16);
        ck_assert_uint_eq(tensors.parameters, elements);
    }
    float *block = tensors_zeros(&tensors);
    ck_assert_uint_eq((uintptr_t)block % 64, 0);
    for (size_t i = 0; i < tensors.floats; i++)
        ck_assert(block[i] == 0.0f);
    free(block);
    arena_release(&arena);
    triage_schema_free(schema);
}
END_TEST

START_TEST(test_tensors_by_role)
{
    static const char *const roles[] = {"weight_ih", "weight_hh", "bias_ih", "bias_hh"};
    struct schema *schema = sample_schema(sample_rich);
    struct spec spec = sample_spec(1, 3, 4, 3, 2);
    struct tensor_list tensors;
    struct arena arena;
    char name[64];
    arena_init(&arena, SIZE_MAX);
    ck_assert_int_eq(tensors_init(&tensors, &spec, schema, 3, &arena, NULL), STATUS_OK);
    ck_assert_str_eq(tensors_embedding(&tensors, 1)->name, "embedding.service.weight");
    for (uint32_t l = 0; l < 3; l++)
        for (uint32_t d = 0; d < 2; d++)
            for (int role = WEIGHT_IH; role <= BIAS_HH; role++) {
                snprintf(name, sizeof name, "rnn.%s_l%u%s", roles[role], l,
                         d == 1 ? "_reverse" : "");
                ck_assert_str_eq(
                    tensors_recurrent(&tensors, l, d, (enum tensor_role)role)->name,
                    name);
            }
    arena_release(&arena);
    triage_schema_free(schema);
}
END_TEST

START_TEST(test_memory_runs_out)
{
    struct schema *schema = sample_schema(sample_rich);
    struct spec spec = sample_spec(1, 3, 4, 8, 2);
    for (unsigned n = 0; failing_malloc_next(&n);) {
        struct error err = {.status = STATUS_OK};
        struct tensor_list tensors;
        struct arena arena;
        arena_init(&arena, SIZE_MAX);
        enum status status = tensors_init(&tensors, &spec, schema, 3, &arena, &err);
        ck_assert_int_eq(status,
                         failing_malloc_has_failed() ? STATUS_NO_MEMORY : STATUS_OK);
        ck_assert_int_eq(err.status, status);
        arena_release(&arena);
    }
    triage_schema_free(schema);
}
END_TEST

Suite *tensors_suite(void)
{
    Suite *suite = suite_create("tensors");
    TCase *tc = tcase_create("tensors");
    tcase_add_loop_test(tc, test_tensors_have_names_and_shapes, 0, COUNT(cases));
    tcase_add_test(tc, test_tensors_are_aligned_and_do_not_overlap);
    tcase_add_test(tc, test_tensors_by_role);
    tcase_add_test(tc, test_memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite;
}
