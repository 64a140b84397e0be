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

struct options {
    const char *listen, *models, *model, *config, *kernel;
    uint32_t loops; /* 0: one per CPU */
    uint32_t max_connections, max_client_connections, max_jobs;
    uint32_t max_rows, max_events, max_histories;
    uint64_t max_waiting_events;
    uint64_t max_head, max_body, max_memory; /* bytes */
    uint32_t slice;                          /* events */
    uint32_t request_timeout_ms, head_timeout_ms, body_timeout_ms, idle_timeout_ms;
    uint32_t shutdown_delay_ms, drain_timeout_ms;
    uint32_t log_level; /* enum log_level */

    bool wants_help, wants_version, wants_config, wants_healthcheck;
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

/* Append the text of --help, that of --print-config, and the table in server/README.md. */
void options_write_help(struct options *options, struct strbuf *text);
void options_write_values(struct options *options, struct strbuf *text);
void options_write_table(struct options *options, struct strbuf *text);

#endif
