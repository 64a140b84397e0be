/*
 * The table of options, and reading them: the environment, then the flags, which replace its values,
 * then the file named by --config, which sets only what neither has set.
 */
#include "service/options.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "base/option_table.h"

#define OPTION(member) offsetof(struct options, member)

enum { CONFIG_BYTES = 1 << 20 };

static const char variable_prefix[] = "TRIAGE_";

static const char *const log_levels[] = {
    [LOG_NONE] = "none", [LOG_ERROR] = "error", [LOG_INFO] = "info", NULL};

/* clang-format off */
static const struct option_def option_defs[] = {
    {.name = "listen", .kind = OPTION_TEXT, .offset = OPTION(listen), .default_text = "127.0.0.1:8080",
     .help = "ADDR:PORT to listen on; port 0 picks a free port"},
    {.name = "models", .kind = OPTION_TEXT, .offset = OPTION(models), .default_text = "models",
     .help = "folder with the model files"},
    {.name = "model", .kind = OPTION_TEXT, .offset = OPTION(model), .default_text = "",
     .help = "default model; empty: the only one, else incident"},
    {.name = "config", .kind = OPTION_TEXT, .offset = OPTION(config), .default_text = "",
     .help = "JSON file with options"},
    {.name = "loops", .kind = OPTION_U32, .offset = OPTION(loops), .default_text = "0", .min = 0, .max = 1024,
     .help = "event loops, one thread each; 0: one per CPU"},
    {.name = "kernel", .kind = OPTION_TEXT, .offset = OPTION(kernel), .default_text = "",
     .help = "force one kernel; empty: the fastest exact one"},
    {.name = "max-connections", .kind = OPTION_U32, .offset = OPTION(max_connections), .default_text = "8192", .min = 1, .max = 1000000,
     .help = "open connections; more get 503"},
    {.name = "max-client-connections", .kind = OPTION_U32, .offset = OPTION(max_client_connections), .default_text = "0", .min = 0, .max = 1000000,
     .help = "open connections of one client (IPv4 address or IPv6 /64); more get 503; 0: no limit"},
    {.name = "max-jobs", .kind = OPTION_U32, .offset = OPTION(max_jobs), .default_text = "1024", .min = 1, .max = 1000000,
     .help = "requests that wait or run; more get 503"},
    {.name = "max-waiting-events", .kind = OPTION_U64, .offset = OPTION(max_waiting_events), .default_text = "1000000", .min = 1, .max = 1e12,
     .help = "events of all waiting and active histories; more get 503"},
    {.name = "max-head", .kind = OPTION_U64, .offset = OPTION(max_head), .default_text = "7K", .min = 4096, .max = 1048576,
     .help = "bytes of a request head plus 1 KiB for that of the answer; larger heads get 431"},
    {.name = "max-body", .kind = OPTION_U64, .offset = OPTION(max_body), .default_text = "8M", .min = 1, .max = 1073741824,
     .help = "bytes of a request body, or of an NDJSON line; larger ones get 413"},
    {.name = "max-memory", .kind = OPTION_U64, .offset = OPTION(max_memory), .default_text = "0", .min = 0, .max = 1e15,
     .help = "bytes of memory of the process; requests that need more get 503; 0: three quarters of the container's limit"},
    {.name = "max-events", .kind = OPTION_U32, .offset = OPTION(max_events), .default_text = "100000", .min = 1, .max = 100000000,
     .help = "events of a history; longer ones get 413"},
    {.name = "max-histories", .kind = OPTION_U32, .offset = OPTION(max_histories), .default_text = "10000", .min = 1, .max = 1000000,
     .help = "histories of a request; more get 413"},
    {.name = "max-rows", .kind = OPTION_U32, .offset = OPTION(max_rows), .default_text = "64", .min = 1, .max = 4096,
     .help = "histories in one batch"},
    {.name = "slice", .kind = OPTION_U32, .offset = OPTION(slice), .default_text = "64", .min = 1, .max = 1000000,
     .help = "events of each history that run before the sockets are checked again"},
    {.name = "request-timeout-ms", .kind = OPTION_U32, .offset = OPTION(request_timeout_ms), .default_text = "30000", .min = 1, .max = 86400000,
     .help = "from a request's last byte to its answer, then 504; X-Request-Timeout-Ms can shorten it"},
    {.name = "head-timeout-ms", .kind = OPTION_U32, .offset = OPTION(head_timeout_ms), .default_text = "10000", .min = 1, .max = 86400000,
     .help = "from connecting to the end of the first request head, then 408"},
    {.name = "body-timeout-ms", .kind = OPTION_U32, .offset = OPTION(body_timeout_ms), .default_text = "30000", .min = 1, .max = 86400000,
     .help = "from a request's head to its last byte, then 408"},
    {.name = "idle-timeout-ms", .kind = OPTION_U32, .offset = OPTION(idle_timeout_ms), .default_text = "60000", .min = 1000, .max = 86400000,
     .help = "from an answer to the end of the next request head, then the connection is closed"},
    {.name = "shutdown-delay-ms", .kind = OPTION_U32, .offset = OPTION(shutdown_delay_ms), .default_text = "0", .min = 0, .max = 86400000,
     .help = "after SIGTERM, continue to accept for this long while /readyz answers 503"},
    {.name = "drain-timeout-ms", .kind = OPTION_U32, .offset = OPTION(drain_timeout_ms), .default_text = "25000", .min = 0, .max = 86400000,
     .help = "after that, finish accepted requests for at most this long, then answer 503"},
    {.name = "log-level", .kind = OPTION_CHOICE, .offset = OPTION(log_level), .default_text = "info", .choices = log_levels,
     .help = "requests to log on standard error: none, error (5xx) or info (all)"},
    {.name = NULL},
};

/* Flags that are neither environment variables nor keys of the file. */
static const struct option_def command_defs[] = {
    {.name = "help", .kind = OPTION_SWITCH, .offset = OPTION(wants_help), .default_text = "false",
     .help = "print this help and exit"},
    {.name = "version", .kind = OPTION_SWITCH, .offset = OPTION(wants_version), .default_text = "false",
     .help = "print the version and exit"},
    {.name = "print-config", .kind = OPTION_SWITCH, .offset = OPTION(wants_config), .default_text = "false",
     .help = "print every option with its value and where the value came from, and exit"},
    {.name = "healthcheck", .kind = OPTION_SWITCH, .offset = OPTION(wants_healthcheck), .default_text = "false",
     .help = "ask the server at --listen whether it is ready; exit status 0 or 1"},
    {.name = NULL},
};
/* clang-format on */

static struct option_table option_table(struct options *options)
{
    return (struct option_table){.title = "Options",
                                 .options = option_defs,
                                 .values = options,
                                 .arena = &options->arena,
                                 .sources = options->sources};
}

static struct option_table command_table(struct options *options)
{
    return (struct option_table){.title = "Commands",
                                 .options = command_defs,
                                 .values = options,
                                 .arena = &options->arena};
}

enum status options_default(struct options *options, struct error *err)
{
    *options = (struct options){0};
    arena_init(&options->arena, SIZE_MAX);
    options->sources = arena_array(&options->arena, option_table_count(option_defs), 1);
    if (!options->sources)
        return error_no_memory(err);
    const struct option_table settings = option_table(options);
    const struct option_table commands = command_table(options);
    RETURN_IF_ERROR(option_table_set_defaults(&settings, err));
    return option_table_set_defaults(&commands, err);
}

static enum status read_environment_and_flags(struct options *options, int argc,
                                              char **argv, struct error *err)
{
    const struct option_table tables[] = {option_table(options), command_table(options)};
    const char **rest =
        arena_array(&options->arena, argc > 0 ? (size_t)argc : 1, sizeof *rest);
    size_t rest_count = 0;
    if (!rest)
        return error_no_memory(err);
    RETURN_IF_ERROR(option_table_read_environment(&tables[0], variable_prefix, err));
    RETURN_IF_ERROR(
        option_table_read_arguments(tables, 2, argc, argv, rest, &rest_count, err));
    if (rest_count > 0)
        return error_set(err, STATUS_BAD_OPTION, "", "argument \"%s\" is not an option",
                         rest[0]);
    return STATUS_OK;
}

static enum status read_object(struct options *options, const char *bytes, size_t length,
                               struct error *err)
{
    const struct option_table table = option_table(options);
    json_t *object = json_read(bytes, length, err);
    if (!object)
        return err->status;
    enum status status;
    if (json_object_get(object, "config"))
        status = error_set(err, STATUS_BAD_OPTION, "/config",
                           "a configuration file cannot name another");
    else
        status = option_table_read_json(&table, object, "", err);
    json_decref(object);
    return status;
}

static enum status read_file(struct options *options, struct error *err)
{
    char *bytes = NULL;
    size_t length = 0;
    RETURN_IF_ERROR(file_read(options->config, CONFIG_BYTES, &bytes, &length, err));
    struct error inner = {0};
    enum status status = read_object(options, bytes, length, &inner);
    free(bytes);
    if (status == STATUS_OK)
        return STATUS_OK;
    if (status == STATUS_NO_MEMORY)
        return error_no_memory(err);
    /* The error has to name the file and the place in it. */
    error_mismatch(err, STATUS_BAD_OPTION, options->config, inner.expected,
                   inner.received, "%s%s%s", inner.where, *inner.where ? ": " : "",
                   inner.text);
    if (err) {
        err->line = inner.line;
        err->column = inner.column;
    }
    return STATUS_BAD_OPTION;
}

enum status options_read(struct options *options, int argc, char **argv,
                         struct error *err)
{
    RETURN_IF_ERROR(options_default(options, err));
    RETURN_IF_ERROR(read_environment_and_flags(options, argc, argv, err));
    if (!*options->config)
        return STATUS_OK;
    return read_file(options, err);
}

void options_release(struct options *options)
{
    arena_release(&options->arena);
    *options = (struct options){0};
}

void options_write_help(struct options *options, struct strbuf *text)
{
    const struct option_table tables[] = {option_table(options), command_table(options)};
    strbuf_add(text, "usage: triaged [--models DIR] [--listen ADDR:PORT] ...\n\n"
                     "Answers event histories with the probability of each action.\n\n");
    option_table_write_help(tables, 2, text);
    strbuf_add(
        text,
        "\nEach option is also an environment variable (TRIAGE_LISTEN for --listen) and\n"
        "a key of the JSON file named by --config, with underscores for dashes\n"
        "(\"max_body\").  A flag wins over the environment, the environment over the\n"
        "file.  Listening on an address that is not loopback needs\n"
        "TRIAGE_ALLOW_PUBLIC=1.\n");
}

void options_write_values(struct options *options, struct strbuf *text)
{
    const struct option_table table = option_table(options);
    option_table_write_values(&table, text);
}

void options_write_table(struct options *options, struct strbuf *text)
{
    const struct option_table table = option_table(options);
    option_table_write_table(&table, variable_prefix, text);
}
