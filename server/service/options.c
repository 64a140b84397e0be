/*
 * The table of options, and reading them: the environment, then the flags, which replace its values,
 * then the file named by --config, which sets only what neither has set.
 */
#include "service/options.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/option_table.h"
#include "base/utf8.h"
#include "service/origin.h"

#define OPTION(member) offsetof(struct options, member)

enum { CONFIG_BYTES = 1 << 20, PATH_BYTES = 4096 };

static const char variable_prefix[] = "TRIAGE_";

static const char *const log_levels[] = {
    [LOG_NONE] = "none", [LOG_ERROR] = "error", [LOG_INFO] = "info", NULL};
static const char *const log_formats[] = {
    [LOG_AUTO] = "auto", [LOG_JSON] = "json", [LOG_TEXT] = "text", NULL};

/* clang-format off */
static const struct option_def option_defs[] = {
    {.name = "listen", .kind = OPTION_TEXT, .offset = OPTION(listen), .default_text = "127.0.0.1:8080", .value_name = "ADDR:PORT",
     .help = "address to listen on; port 0 picks a free port"},
    {.name = "models", .kind = OPTION_TEXT, .offset = OPTION(models), .default_text = "models", .value_name = "DIR",
     .help = "folder with the model files; without this option, if the current folder has no models, the installed ones"},
    {.name = "model", .kind = OPTION_TEXT, .offset = OPTION(model), .default_text = "", .value_name = "NAME",
     .help = "default model; empty: the only one, else incident"},
    {.name = "config", .kind = OPTION_TEXT, .offset = OPTION(config), .default_text = "", .value_name = "FILE", .is_outside_files = true,
     .help = "JSON file with options"},
    {.name = "loops", .kind = OPTION_U32, .offset = OPTION(loops), .default_text = "0", .min = 0, .max = 1024,
     .help = "event loops, one thread each; 0: one per CPU"},
    {.name = "kernel", .kind = OPTION_TEXT, .offset = OPTION(kernel), .default_text = "", .value_name = "NAME",
     .help = "force one kernel; empty: the fastest exact one"},
    {.name = "allowed-host", .kind = OPTION_TEXT, .offset = OPTION(allowed_host), .default_text = "", .value_name = "NAMES", .is_list = true,
     .help = "names of this service, with commas: requests for others get 403; addresses and localhost are always allowed"},
    {.name = "allowed-origin", .kind = OPTION_TEXT, .offset = OPTION(allowed_origin), .default_text = "", .value_name = "ORIGINS", .is_list = true,
     .help = "origins of web pages that may use the service, with commas, or *; pages of others get 403"},
    {.name = "max-connections", .kind = OPTION_U32, .offset = OPTION(max_connections), .default_text = "8192", .min = 1, .max = 1000000,
     .help = "open connections; more get 503"},
    {.name = "max-client-connections", .kind = OPTION_U32, .offset = OPTION(max_client_connections), .default_text = "0", .min = 0, .max = 1000000,
     .help = "open connections of one client (IPv4 address or IPv6 /64); more get 503; 0: no limit"},
    {.name = "max-jobs", .kind = OPTION_U32, .offset = OPTION(max_jobs), .default_text = "1024", .min = 1, .max = 1000000,
     .help = "requests that wait or run; more get 503"},
    {.name = "max-waiting-events", .kind = OPTION_U64, .offset = OPTION(max_waiting_events), .default_text = "1000000", .min = 1, .max = 1e12,
     .help = "events of all waiting and active histories, and those that forecasts may predict; more get 503"},
    {.name = "max-head", .kind = OPTION_BYTES, .offset = OPTION(max_head), .default_text = "7K", .min = 4096, .max = 1048576,
     .help = "bytes of a request head plus 1 KiB for that of the answer; larger heads get 431"},
    {.name = "max-body", .kind = OPTION_BYTES, .offset = OPTION(max_body), .default_text = "8M", .min = 1, .max = 1073741824,
     .help = "bytes of a request body, or of an NDJSON line; larger ones get 413"},
    {.name = "max-memory", .kind = OPTION_BYTES, .offset = OPTION(max_memory), .default_text = "0", .min = 0, .max = 1e15,
     .help = "bytes of memory of the process; requests that need more get 503; 0: three quarters of the container's limit"},
    {.name = "max-events", .kind = OPTION_U32, .offset = OPTION(max_events), .default_text = "100000", .min = 1, .max = 100000000,
     .help = "events of a history; longer ones get 413"},
    {.name = "max-histories", .kind = OPTION_U32, .offset = OPTION(max_histories), .default_text = "10000", .min = 1, .max = 1000000,
     .help = "histories of a request; more get 413"},
    {.name = "max-include-steps", .kind = OPTION_U64, .offset = OPTION(max_include_steps), .default_text = "250000", .min = 1, .max = 1e12,
     .help = "events that the \"include\" of a request has to look at; more get 413"},
    {.name = "max-forecast-steps", .kind = OPTION_U32, .offset = OPTION(max_forecast_steps), .default_text = "1000", .min = 1, .max = 10000,
     .help = "predictions of a forecast one after the other, its \"steps\"; more get 422"},
    {.name = "max-beam", .kind = OPTION_U32, .offset = OPTION(max_beam), .default_text = "64", .min = 1, .max = 1000,
     .help = "continuations of a forecast, its \"beam\" or \"sample\"; more get 422"},
    {.name = "max-rows", .kind = OPTION_U32, .offset = OPTION(max_rows), .default_text = "64", .min = 1, .max = 4096,
     .help = "histories in one batch"},
    {.name = "slice", .kind = OPTION_U32, .offset = OPTION(slice), .default_text = "64", .min = 1, .max = 1000000,
     .help = "events of each history that run before the sockets are checked again"},
    {.name = "request-timeout-ms", .kind = OPTION_MS, .offset = OPTION(request_timeout_ms), .default_text = "30000", .min = 1, .max = 86400000,
     .help = "from a request's last byte to its answer, then 504; X-Request-Timeout-Ms can shorten it"},
    {.name = "head-timeout-ms", .kind = OPTION_MS, .offset = OPTION(head_timeout_ms), .default_text = "10000", .min = 1, .max = 86400000,
     .help = "from connecting to the end of the first request head, then 408"},
    {.name = "body-timeout-ms", .kind = OPTION_MS, .offset = OPTION(body_timeout_ms), .default_text = "30000", .min = 1, .max = 86400000,
     .help = "from a request's head to its last byte, then 408"},
    {.name = "idle-timeout-ms", .kind = OPTION_MS, .offset = OPTION(idle_timeout_ms), .default_text = "60000", .min = 1000, .max = 86400000,
     .help = "from an answer to the end of the next request head, then the connection is closed"},
    {.name = "shutdown-delay-ms", .kind = OPTION_MS, .offset = OPTION(shutdown_delay_ms), .default_text = "0", .min = 0, .max = 86400000,
     .help = "after SIGTERM, continue to accept for this long while /readyz answers 503"},
    {.name = "drain-timeout-ms", .kind = OPTION_MS, .offset = OPTION(drain_timeout_ms), .default_text = "25000", .min = 0, .max = 86400000,
     .help = "after that, finish accepted requests for at most this long, then answer 503"},
    {.name = "log-level", .kind = OPTION_CHOICE, .offset = OPTION(log_level), .default_text = "info", .choices = log_levels,
     .help = "what to log on standard error: nothing, failures (5xx) or all requests"},
    {.name = "log-format", .kind = OPTION_CHOICE, .offset = OPTION(log_format), .default_text = "auto", .choices = log_formats,
     .help = "lines of the log: JSON or text; auto: text if standard error is a terminal"},
    {.name = NULL},
};

/* Flags that are neither environment variables nor keys of the file. */
static const struct option_def command_defs[] = {
    {.name = "help", .letter = 'h', .kind = OPTION_SWITCH, .offset = OPTION(wants_help), .default_text = "false",
     .help = "print this help and exit"},
    {.name = "version", .letter = 'V', .kind = OPTION_SWITCH, .offset = OPTION(wants_version), .default_text = "false",
     .help = "print the version and exit"},
    {.name = "print-config", .kind = OPTION_SWITCH, .offset = OPTION(wants_config), .default_text = "false",
     .help = "print a configuration file with the value of every option and where it came from, and exit"},
    {.name = "check-config", .kind = OPTION_SWITCH, .offset = OPTION(wants_check), .default_text = "false",
     .help = "read all options and load the models, and exit: status 0 if the service could start, else 1 or 2"},
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
    options->installed_models = "";
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
    if (json_is_object(json_object_get(object, "sources"))) /* --print-config writes it */
        json_object_del(object, "sources");
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
    RETURN_IF_ERROR(
        file_read_regular(options->config, CONFIG_BYTES, &bytes, &length, err));
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

void options_name_place(const struct options *options, struct error *err)
{
    const char *name = err->where;
    size_t index = 0;
    name += strncmp(name, "--", 2) == 0 ? 2 : 0;
    while (option_defs[index].name && strcmp(option_defs[index].name, name) != 0)
        index++;
    const struct option_def *option = &option_defs[index];
    if (err->status != STATUS_BAD_OPTION || !option->name)
        return;
    char place[OPTION_NAME_SIZE];
    const struct error inner = *err;
    switch ((enum option_source)options->sources[index]) {
    case SOURCE_FILE:
        option_key(option, place);
        *err = (struct error){0};
        error_mismatch(err, inner.status, options->config, inner.expected, inner.received,
                       "/%s: %s", place, inner.text);
        return;
    case SOURCE_ENVIRONMENT:
        option_variable(option, variable_prefix, place);
        break;
    case SOURCE_DEFAULT:
    case SOURCE_FLAG:
        option_flag(option, place);
    }
    utf8_copy(err->where, sizeof err->where, place);
}

/* ../share/triage/models from the folder of the program; false if it cannot be found out. */
static bool find_installed_models(char path[PATH_BYTES])
{
    static const char models[] = "share/triage/models";
    ssize_t length = readlink("/proc/self/exe", path, PATH_BYTES - sizeof models);
    if (length <= 0 || length >= PATH_BYTES - (ssize_t)sizeof models)
        return false;
    path[length] = '\0';
    for (int i = 0; i < 2; i++) { /* PREFIX/bin/triaged: the program, then bin */
        char *slash = strrchr(path, '/');
        if (!slash)
            return false;
        *slash = '\0';
    }
    length = (ssize_t)strlen(path);
    path[length] = '/';
    memcpy(path + length + 1, models, sizeof models);
    return true;
}

static bool is_absent(const char *path)
{
    struct stat found;
    return stat(path, &found) != 0 && errno == ENOENT;
}

/* The current folder has no models, and no option says where they are: take the installed ones. */
static enum status choose_models(struct options *options, struct error *err)
{
    char path[PATH_BYTES];
    size_t index = 0;
    while (strcmp(option_defs[index].name, "models") != 0)
        index++;
    if (options->sources[index] != SOURCE_DEFAULT || !is_absent(options->models) ||
        !find_installed_models(path))
        return STATUS_OK;
    options->installed_models = arena_string(&options->arena, path, strlen(path));
    if (!options->installed_models)
        return error_no_memory(err);
    if (!is_absent(path))
        options->models = options->installed_models;
    return STATUS_OK;
}

/* Of two commands, one would be dropped in silence. */
static enum status check_commands(const struct options *options, struct error *err)
{
    bool is_first =
        options->wants_help || options->wants_version; /* they drop the others */
    bool has_other = options->wants_config || options->wants_check;
    return is_first || !options->wants_healthcheck || !has_other
               ? STATUS_OK
               : error_set(err, STATUS_BAD_OPTION, "--healthcheck",
                           "it cannot be given with %s",
                           options->wants_config ? "--print-config" : "--check-config");
}

enum status options_read(struct options *options, int argc, char **argv,
                         struct error *err)
{
    RETURN_IF_ERROR(options_default(options, err));
    RETURN_IF_ERROR(read_environment_and_flags(options, argc, argv, err));
    RETURN_IF_ERROR(check_commands(options, err));
    if (*options->config)
        RETURN_IF_ERROR(read_file(options, err));
    enum status status = host_check_list(options->allowed_host, err);
    if (status == STATUS_OK)
        status = origin_check_list(options->allowed_origin, err);
    if (status == STATUS_OK)
        return choose_models(options, err);
    options_name_place(options, err);
    return status;
}

void options_release(struct options *options)
{
    arena_release(&options->arena);
    *options = (struct options){0};
}

void options_write_help(struct options *options, unsigned columns, struct strbuf *text)
{
    const struct option_table tables[] = {option_table(options), command_table(options)};
    option_table_write_usage("triaged [--models DIR] [OPTION]...", columns, text);
    strbuf_add(text, "\n");
    option_table_write_prose(
        "Answers event histories with the probability of each action.", columns, text);
    strbuf_add(text, "\n");
    option_table_write_help(tables, 2, columns, text);
    strbuf_add(text, "\n");
    option_table_write_prose(
        "Each option is also an environment variable (TRIAGE_LISTEN for --listen) and a "
        "key of "
        "the JSON file named by --config, with underscores for dashes (\"max_body\").  A "
        "flag "
        "wins over the environment, the environment over the file; an empty variable is "
        "unset.  "
        "BYTES may have a unit: 64K, 8MiB (powers of 1024), 8MB (powers of 1000); MS are "
        "milliseconds, or have a unit: 500ms, 30s, 2m, 1h.  Listening on an address that "
        "is not "
        "loopback needs TRIAGE_ALLOW_PUBLIC=1.",
        columns, text);
}

/* JSON cannot hold bytes that are not UTF-8. */
static enum status check_texts(const struct options *options, struct error *err)
{
    for (const struct option_def *option = option_defs; option->name; option++) {
        if (option->kind != OPTION_TEXT)
            continue;
        const char *text = *(const char *const *)((const char *)options + option->offset);
        size_t left = strlen(text), count;
        for (; left > 0 && (count = utf8_character(text, left)) > 0; left -= count)
            text += count;
        if (left > 0)
            return error_set(err, STATUS_BAD_OPTION, option->name,
                             "the value is not UTF-8, and cannot be printed as JSON");
    }
    return STATUS_OK;
}

enum status options_write_config(struct options *options, struct strbuf *text,
                                 struct error *err)
{
    const struct option_table table = option_table(options);
    RETURN_IF_ERROR(check_texts(options, err));
    option_table_write_config(&table, text);
    return STATUS_OK;
}

size_t options_write_unknown_variables(struct options *options, struct strbuf *text)
{
    static const char *const known[] = {"TRIAGE_ALLOW_PUBLIC", "TRIAGE_TEST_SMALL", NULL};
    const struct option_table table = option_table(options);
    return option_table_unknown_variables(&table, variable_prefix, known, text);
}

void options_write_table(struct options *options, struct strbuf *text)
{
    const struct option_table table = option_table(options);
    option_table_write_table(&table, variable_prefix, text);
}
