/* Names of architectures, and what their structure alone says of them. */
#include "compare/networks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/suggest.h"

/* Every cell with both heads; NULL ends them. */
static const struct {
    const char *name;
    enum cell_kind cell;
    enum head_kind head;
} known[] = {
    {"rnn", CELL_RNN, HEAD_FINAL},
    {"lstm", CELL_LSTM, HEAD_FINAL},
    {"gru", CELL_GRU, HEAD_FINAL},
    {"attention", CELL_ATTENTION, HEAD_FINAL},
    {"rnn+attention", CELL_RNN, HEAD_ATTENTION},
    {"lstm+attention", CELL_LSTM, HEAD_ATTENTION},
    {"gru+attention", CELL_GRU, HEAD_ATTENTION},
    {"attention+attention", CELL_ATTENTION, HEAD_ATTENTION},
};

enum { KNOWN = sizeof known / sizeof *known };

static enum status reject_name(const char *name, size_t length, struct error *err)
{
    struct suggestion suggestion;
    char phrase[SUGGEST_PHRASE];
    suggestion_init(&suggestion, name, length);
    for (size_t i = 0; i < KNOWN; i++)
        suggestion_offer(&suggestion, known[i].name, strlen(known[i].name));
    suggestion_phrase(&suggestion, "", phrase, sizeof phrase);
    return error_set(
        err, STATUS_BAD_OPTION, "--networks",
        "no such network: \"%.*s\"%s; they are rnn, lstm, gru and attention, "
        "each also with +attention",
        length < NETWORK_NAME_SIZE ? (int)length : NETWORK_NAME_SIZE, name, phrase);
}

static enum status add_network(struct network_list *networks, const char *name,
                               size_t length, struct error *err)
{
    size_t k = 0;
    while (k < KNOWN &&
           (strlen(known[k].name) != length || memcmp(known[k].name, name, length) != 0))
        k++;
    if (k == KNOWN)
        return reject_name(name, length, err);
    for (size_t i = 0; i < networks->count; i++)
        if (strcmp(networks->list[i].name, known[k].name) == 0)
            return error_set(err, STATUS_BAD_OPTION, "--networks",
                             "\"%s\" is there twice", known[k].name);
    if (networks->count == NETWORKS_MOST)
        return error_set(err, STATUS_BAD_OPTION, "--networks",
                         "more than %d networks are not compared", NETWORKS_MOST);
    size_t n = networks->count++;
    (void)snprintf(networks->list[n].name, NETWORK_NAME_SIZE, "%s", known[k].name);
    networks->list[n].cell = known[k].cell;
    networks->list[n].head = known[k].head;
    return STATUS_OK;
}

enum status networks_read(struct network_list *networks, const char *names,
                          struct error *err)
{
    networks->count = 0;
    for (;;) {
        size_t length = strcspn(names, ",");
        RETURN_IF_ERROR(add_network(networks, names, length, err));
        if (names[length] == '\0')
            return STATUS_OK;
        names += length + 1;
    }
}

/* "n" or "n + 1" for a recurrence of one or two layers. */
static void write_steps(const struct spec *spec, char text[FORMULA_SIZE])
{
    if (spec->layers == 1)
        (void)snprintf(text, FORMULA_SIZE, "n");
    else
        (void)snprintf(text, FORMULA_SIZE, "n + %" PRIu32, spec->layers - 1);
}

static void write_layers(const struct spec *spec, char text[FORMULA_SIZE])
{
    (void)snprintf(text, FORMULA_SIZE, "%" PRIu32, spec->layers);
}

void network_path_length(const struct spec *spec, char text[FORMULA_SIZE])
{
    if (spec->cell == CELL_ATTENTION || spec->head == HEAD_ATTENTION)
        write_layers(spec, text);
    else
        write_steps(spec, text);
}

void network_sequential_operations(const struct spec *spec, char text[FORMULA_SIZE])
{
    if (spec->cell == CELL_ATTENTION)
        write_layers(spec, text);
    else
        write_steps(spec, text);
}
