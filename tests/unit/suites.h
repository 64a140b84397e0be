/*
 * The suites of the unit tests, listed once.  test_NAME.c defines NAME_suite().
 *
 * A test is usually a table of cases and a loop test over it.  Each case has a sentence that says
 * what it is about; a failure quotes this sentence.
 */
#ifndef TRIAGE_SUITES_H
#define TRIAGE_SUITES_H

#include <check.h>

#define SUITES(X)                                                                        \
    X(error)                                                                             \
    X(arena)                                                                             \
    X(attention)                                                                         \
    X(self_attention)                                                                    \
    X(utf8)                                                                              \
    X(strbuf)                                                                            \
    X(printable)                                                                         \
    X(suggest)                                                                           \
    X(timestamp)                                                                         \
    X(time_format)                                                                       \
    X(time_column)                                                                       \
    X(name_parts)                                                                        \
    X(value)                                                                             \
    X(number_column)                                                                     \
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
    X(time_range)                                                                        \
    X(profile)                                                                           \
    X(tensors)                                                                           \
    X(packed_batch)                                                                      \
    X(safetensors)                                                                       \
    X(decision)                                                                          \
    X(decision_fit)                                                                      \
    X(model_file)                                                                        \
    X(members)                                                                           \
    X(answer)                                                                            \
    X(json_schema)                                                                       \
    X(classifier)                                                                        \
    X(surprises)                                                                         \
    X(numerics)                                                                          \
    X(lesson)                                                                            \
    X(network)                                                                           \
    X(gradients)                                                                         \
    X(loss)                                                                              \
    X(adam)                                                                              \
    X(workers)                                                                           \
    X(tasks)                                                                             \
    X(trainer)                                                                           \
    X(member_training)                                                                   \
    X(starting_weights)                                                                  \
    X(checkpoint)                                                                        \
    X(standardise)                                                                       \
    X(pytorch)                                                                           \
    X(active_batch)                                                                      \
    X(model_load)                                                                        \
    X(model_writer)                                                                      \
    X(training_histories)                                                                \
    X(json_reader)                                                                       \
    X(decoder)                                                                           \
    X(synthetic)                                                                         \
    X(diagnostics)                                                                       \
    X(check)                                                                             \
    X(map)                                                                               \
    X(list)                                                                              \
    X(predictions)                                                                       \
    X(prefixes)                                                                          \
    X(metrics)                                                                           \
    X(ngrams)                                                                            \
    X(count_vectors)                                                                     \
    X(logistic)                                                                          \
    X(ranking)                                                                           \
    X(calibration_test)                                                                  \
    X(bootstrap)                                                                         \
    X(anomaly)                                                                           \
    X(suffixes)                                                                          \
    X(permutation)                                                                       \
    X(baselines)                                                                         \
    X(forecast)                                                                          \
    X(encoder_decoder)                                                                   \
    X(evaluate)                                                                          \
    X(evaluation_output)                                                                 \
    X(importance)                                                                        \
    X(drift)                                                                             \
    X(report)                                                                            \
    X(source)                                                                            \
    X(tape)                                                                              \
    X(csv)                                                                               \
    X(schema_inference)                                                                  \
    X(schema_growth)                                                                     \
    X(case_ids)                                                                          \
    X(data_warnings)                                                                     \
    X(part_differences)                                                                  \
    X(number_scales)                                                                     \
    X(served)                                                                            \
    X(changed_values)                                                                    \
    X(examples)                                                                          \
    X(recipe)                                                                            \
    X(starting_model)                                                                    \
    X(record_lines)                                                                      \
    X(progress)                                                                          \
    X(input_choice)                                                                      \
    X(search)                                                                            \
    X(compare)                                                                           \
    X(incidents)                                                                         \
    X(task_sequences)                                                                    \
    X(json_schema_validator)

#define SUITE_DECLARATION(name) Suite *name##_suite(void);
SUITES(SUITE_DECLARATION)
#undef SUITE_DECLARATION

/* The number of items of a table, as an argument of tcase_add_loop_test. */
#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

#endif
