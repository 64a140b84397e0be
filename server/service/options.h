/*
 * The options of triaged.  The table in options.c has their names, bounds and help.
 *
 * A flag such as --max-body wins over the environment variable TRIAGE_MAX_BODY, the environment
 * wins over the key "max_body" of the JSON file named by --config, and the file wins over the
 * default.  Read-only after options_read.
 */
#ifndef TRIAGE_OPTIONS_H
#define TRIAGE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/strbuf.h"

enum log_level { LOG_NONE, LOG_ERROR, LOG_INFO };
enum log_format { LOG_AUTO, LOG_JSON, LOG_TEXT };

struct options {
    const char *listen, *models, *model, *config, *kernel;
    const char *allowed_host, *allowed_origin; /* lists; "": none */
    uint32_t loops;                            /* 0: one per CPU */
    uint32_t max_connections, max_client_connections, max_jobs;
    uint32_t max_rows, max_events, max_histories;
    uint32_t max_forecast_steps, max_beam;
    uint64_t max_waiting_events, max_include_steps;
    uint64_t max_head, max_body, max_memory; /* bytes */
    uint32_t slice;                          /* events */
    uint32_t request_timeout_ms, head_timeout_ms, body_timeout_ms, idle_timeout_ms;
    uint32_t shutdown_delay_ms, drain_timeout_ms;
    uint32_t log_level;  /* enum log_level */
    uint32_t log_format; /* enum log_format */

    bool wants_help, wants_version, wants_config, wants_check, wants_healthcheck;
    /*
     * The folder of models that `make install` makes, seen from the program; it is models if no
     * option names one and the current folder has none.  "" if it could not be found out.
     */
    const char *installed_models;
    unsigned char *sources; /* enum option_source of each option */
    struct arena arena;     /* memory of the texts and of sources */
};

/* Set every option to its default. */
enum status options_default(struct options *options, struct error *err);

/*
 * Read defaults, file, environment and flags.  Call options_release also after a failure.
 * STATUS_BAD_OPTION, STATUS_IO, STATUS_NO_MEMORY.
 */
enum status options_read(struct options *options, int argc, char **argv,
                         struct error *err);

void options_release(struct options *options);

/*
 * Append the text of --help for a terminal of that many columns; a configuration file with all
 * values and, in its member "sources", where they come from; the table in server/README.md.
 */
void options_write_help(struct options *options, unsigned columns, struct strbuf *text);
enum status options_write_config(struct options *options, struct strbuf *text,
                                 struct error *err);
void options_write_table(struct options *options, struct strbuf *text);

/*
 * The error is about the value of the option that err->where names ("listen" or "--listen"), found
 * after options_read: make it name the flag, the variable or the file and key that set it.
 */
void options_name_place(const struct options *options, struct error *err);

/*
 * Append the names of the environment variables that begin with TRIAGE_ and mean nothing, each with
 * the nearest that does.  Returns how many.
 */
size_t options_write_unknown_variables(struct options *options, struct strbuf *text);

#endif
