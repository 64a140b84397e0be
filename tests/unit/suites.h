/*
 * The suites of the unit tests, listed once; test_<room>.c holds <room>_suite().
 *
 * A test is a table of cases and a loop test over it.  Each case says in a sentence what it
 * is about, and a failure quotes that sentence.
 */
#ifndef TRIAGE_SUITES_H
#define TRIAGE_SUITES_H

#include <check.h>

#define SUITES(X)                                                                        \
    X(error)                                                                             \
    X(arena)                                                                             \
    X(utf8)                                                                              \
    X(strbuf)                                                                            \
    X(timestamp)                                                                         \
    X(digest)                                                                            \
    X(random)                                                                            \
    X(file)                                                                              \
    X(json)                                                                              \
    X(option_table)                                                                      \
    X(elementary)                                                                        \
    X(kernels)                                                                           \
    X(kernels_amx)                                                                       \
    X(training_kernels)                                                                  \
    X(gemm)                                                                              \
    X(schema)                                                                            \
    X(history)                                                                           \
    X(tensors)                                                                           \
    X(packed_batch)                                                                      \
    X(safetensors)                                                                       \
    X(model_file)                                                                        \
    X(answer)                                                                            \
    X(json_schema)                                                                       \
    X(classifier)                                                                        \
    X(numerics)                                                                          \
    X(lesson)                                                                            \
    X(network)                                                                           \
    X(gradients)                                                                         \
    X(loss)                                                                              \
    X(adam)                                                                              \
    X(workers)                                                                           \
    X(tasks)                                                                             \
    X(trainer)                                                                           \
    X(standardise)                                                                       \
    X(pytorch)                                                                           \
    X(active_batch)                                                                      \
    X(model_load)                                                                        \
    X(model_writer)                                                                      \
    X(lexer)                                                                             \
    X(fast_decoder)                                                                      \
    X(synthetic)                                                                         \
    X(diagnostics)                                                                       \
    X(check)                                                                             \
    X(map)                                                                               \
    X(list)                                                                              \
    X(predictions)                                                                       \
    X(metrics)                                                                           \
    X(ngrams)                                                                            \
    X(logistic)                                                                          \
    X(bootstrap)                                                                         \
    X(permutation)                                                                       \
    X(baselines)                                                                         \
    X(evaluate)                                                                          \
    X(evaluation_output)                                                                 \
    X(csv)                                                                               \
    X(time_forms)                                                                        \
    X(cases)                                                                             \
    X(schema_inference)                                                                  \
    X(examples)                                                                          \
    X(recipe)                                                                            \
    X(progress)                                                                          \
    X(incidents)                                                                         \
    X(json_schema_validator)

#define SUITE_DECLARATION(room) Suite *room##_suite(void);
SUITES(SUITE_DECLARATION)
#undef SUITE_DECLARATION

/* The items of a table, as a loop test counts them. */
#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

#endif
