#include "service/options.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "base/option_table.h"

#define OPTION(member) offsetof(struct options, member)

enum { CONFIG_BYTES = 1 << 20 };

static const char *const log_levels[] = {"none", "error", "info", NULL};

/* clang-format off */
static const struct option_def settings[] = {
    {"listen", OPTION_TEXT, OPTION(listen), "127.0.0.1:8080", 0, 0, NULL, "ADDR:PORT to answer on; port 0 picks one"},
    {"models", OPTION_TEXT, OPTION(models), "models", 0, 0, NULL, "folder of the model files"},
    {"model", OPTION_TEXT, OPTION(model), "", 0, 0, NULL, "model of requests that name none; empty: the only one, else incident"},
    {"config", OPTION_TEXT, OPTION(config), "", 0, 0, NULL, "JSON file with settings"},
    {"loops", OPTION_U32, OPTION(loops), "0", 0, 1024, NULL, "threads that serve; 0: one per CPU"},
    {"kernel", OPTION_TEXT, OPTION(kernel), "", 0, 0, NULL, "force one implementation of the kernels; empty: the fastest whose answers are exact"},
    {"max-connections", OPTION_U32, OPTION(max_connections), "8192", 1, 1000000, NULL, "open connections; past it 503"},
    {"max-client-connections", OPTION_U32, OPTION(max_client_connections), "0", 0, 1000000, NULL, "open connections of one address (IPv6: of its /64); past it 503; 0: no limit, as behind a proxy"},
    {"max-jobs", OPTION_U32, OPTION(max_jobs), "1024", 1, 1000000, NULL, "requests that wait for a batch; past it 503"},
    {"max-waiting-events", OPTION_U64, OPTION(max_waiting_events), "1000000", 1, 1e12, NULL, "events of all histories that wait or run; past it 503"},
    {"max-head", OPTION_U64, OPTION(max_head), "7K", 4096, 1048576, NULL, "bytes kept for each connection, idle ones too: a request's head must fit in beside 1 KiB for the answer's; past it 431"},
    {"max-body", OPTION_U64, OPTION(max_body), "8M", 1, 1073741824, NULL, "bytes of a request's body"},
    {"max-memory", OPTION_U64, OPTION(max_memory), "0", 0, 1e15, NULL, "bytes of memory that the service may take; past it 503; 0: three quarters of its container's"},
    {"max-events", OPTION_U32, OPTION(max_events), "100000", 1, 100000000, NULL, "events of a history"},
    {"max-histories", OPTION_U32, OPTION(max_histories), "10000", 1, 1000000, NULL, "histories of a request"},
    {"max-rows", OPTION_U32, OPTION(max_rows), "64", 1, 4096, NULL, "histories that one batch runs together"},
    {"slice", OPTION_U32, OPTION(slice), "64", 1, 1000000, NULL, "events of each history between two looks at the sockets"},
    {"request-timeout-ms", OPTION_U32, OPTION(request_timeout_ms), "30000", 1, 86400000, NULL, "from a request's last byte to its answer; past it 504; X-Request-Timeout-Ms may ask for less"},
    {"head-timeout-ms", OPTION_U32, OPTION(head_timeout_ms), "10000", 1, 86400000, NULL, "from connecting to the end of a request's head; past it 408"},
    {"body-timeout-ms", OPTION_U32, OPTION(body_timeout_ms), "30000", 1, 86400000, NULL, "from a request's head to its last byte; past it 408"},
    {"idle-timeout-ms", OPTION_U32, OPTION(idle_timeout_ms), "60000", 1000, 86400000, NULL, "from an answer to the end of the next head; past it the connection is closed"},
    {"shutdown-delay-ms", OPTION_U32, OPTION(shutdown_delay_ms), "0", 0, 86400000, NULL, "keep accepting this long after SIGTERM, not ready"},
    {"drain-timeout-ms", OPTION_U32, OPTION(drain_timeout_ms), "25000", 0, 86400000, NULL, "then finish what was accepted for at most this long"},
    {"log-level", OPTION_CHOICE, OPTION(log_level), "info", 0, 0, log_levels, "requests to log on standard error: none, error (5xx) or info (all)"},
    {0},
};

static const struct option_def commands[] = {
    {"help", OPTION_SWITCH, OPTION(wants_help), "false", 0, 0, NULL, "show this and exit"},
    {"version", OPTION_SWITCH, OPTION(wants_version), "false", 0, 0, NULL, "show the version and exit"},
    {"print-config", OPTION_SWITCH, OPTION(wants_config), "false", 0, 0, NULL, "show every setting and where it came from, and exit"},
    {"healthcheck", OPTION_SWITCH, OPTION(wants_healthcheck), "false", 0, 0, NULL, "ask the running server whether it is ready: exit 0 or 1"},
    {0},
};
/* clang-format on */

static const char prefix[] = "TRIAGE_";

static struct option_table settings_of(struct options *options)
{
    return (struct option_table){"Settings", settings, options, &options->arena,
                                 options->sources};
}

static struct option_table commands_of(struct options *options)
{
    return (struct option_table){"Commands", commands, options, &options->arena, NULL};
}

enum status options_default(struct options *options, struct error *err)
{
    *options = (struct options){0};
    arena_init(&options->arena, SIZE_MAX);
    options->sources = arena_array(&options->arena, option_table_count(settings), 1);
    if (!options->sources)
        return error_no_memory(err);
    struct option_table sets[] = {settings_of(options), commands_of(options)};
    enum status status = option_table_default(&sets[0], err);
    return status ? status : option_table_default(&sets[1], err);
}

static enum status read_file(struct options *options, struct error *err)
{
    char *bytes = NULL;
    size_t length = 0;
    enum status status = file_read(options->config, CONFIG_BYTES, &bytes, &length, err);
    if (status)
        return status;
    struct error inner = {0};
    json_t *object = json_read(bytes, length, &inner);
    free(bytes);
    const struct option_table set = settings_of(options);
    if (!object)
        status = inner.status;
    else if (json_object_get(object, "config"))
        status = error_set(&inner, STATUS_BAD_OPTION, "/config",
                           "a configuration file cannot name another");
    else
        status = option_table_read_json(&set, object, "", &inner);
    json_decref(object);
    if (!status || status == STATUS_NO_MEMORY)
        return status ? error_no_memory(err) : status;
    error_mismatch(err, STATUS_BAD_OPTION, options->config, inner.expected,
                   inner.received, "%s%s%s", inner.where, *inner.where ? ": " : "",
                   inner.text);
    if (err) {
        err->line = inner.line;
        err->column = inner.column;
    }
    return STATUS_BAD_OPTION;
}

static enum status read_environment_and_flags(struct options *options, int argc,
                                              char **argv, const char **rest,
                                              struct error *err)
{
    struct option_table sets[] = {settings_of(options), commands_of(options)};
    size_t rest_count = 0;
    enum status status = option_table_read_environment(&sets[0], prefix, err);
    if (!status)
        status = option_table_read_arguments(sets, 2, argc, argv, rest, &rest_count, err);
    if (!status && rest_count > 0)
        status = error_mismatch(err, STATUS_BAD_OPTION, "", "a flag", rest[0],
                                "triaged takes flags only");
    return status;
}

enum status options_read(struct options *options, int argc, char **argv,
                         struct error *err)
{
    enum status status = options_default(options, err);
    if (status)
        return status;
    const char **rest =
        arena_array(&options->arena, argc > 0 ? (size_t)argc : 1, sizeof *rest);
    if (!rest)
        return error_no_memory(err);
    status = read_environment_and_flags(options, argc, argv, rest, err);
    if (status || !*options->config)
        return status;
    return read_file(options, err); /* what the others have set stays */
}

void options_release(struct options *options)
{
    arena_release(&options->arena);
    *options = (struct options){0};
}

void options_write_help(struct options *options, struct strbuf *text)
{
    const struct option_table sets[] = {settings_of(options), commands_of(options)};
    strbuf_add(text, "usage: triaged [--models DIR] [--listen ADDR:PORT] ...\n\n"
                     "Answers event histories with the probability of each action.\n\n");
    option_table_write_help(sets, 2, text);
    strbuf_add(text,
               "\nEach setting is also an environment variable (TRIAGE_LISTEN for "
               "--listen) and a key\nof the file named by --config.  A flag wins over "
               "the environment, that over the file, whose\nkeys have "
               "underscores for dashes (\"max_body\").\nListening beyond this machine "
               "needs TRIAGE_ALLOW_PUBLIC=1.\n");
}

void options_write_values(struct options *options, struct strbuf *text)
{
    const struct option_table set = settings_of(options);
    option_table_write_values(&set, text);
}

void options_write_table(struct options *options, struct strbuf *text)
{
    const struct option_table set = settings_of(options);
    option_table_write_table(&set, prefix, text);
}
