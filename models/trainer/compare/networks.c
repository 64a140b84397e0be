/* Names of architectures, and what their structure alone says of them. */
#include "compare/networks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/suggest.h"

static const struct network_kind known[] = {
    {.name = "rnn", .cell = CELL_RNN, .head = HEAD_FINAL},
    {.name = "lstm", .cell = CELL_LSTM, .head = HEAD_FINAL},
    {.name = "gru", .cell = CELL_GRU, .head = HEAD_FINAL},
    {.name = "attention", .cell = CELL_ATTENTION, .head = HEAD_FINAL},
    {.name = "rnn+attention", .cell = CELL_RNN, .head = HEAD_ATTENTION},
    {.name = "lstm+attention", .cell = CELL_LSTM, .head = HEAD_ATTENTION},
    {.name = "gru+attention", .cell = CELL_GRU, .head = HEAD_ATTENTION},
    {.name = "attention+attention", .cell = CELL_ATTENTION, .head = HEAD_ATTENTION},
    {.name = "encoder-decoder", .cell = CELL_GRU, .is_encoder_decoder = true},
};

enum { KNOWN = sizeof known / sizeof *known, MAX_SHOWN = 24 };

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
        "no such network: \"%.*s\"%s; they are rnn, lstm, gru, attention, each "
        "also with +attention, and encoder-decoder",
        length < MAX_SHOWN ? (int)length : MAX_SHOWN, name, phrase);
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
    networks->list[networks->count++] = known[k];
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

/* "n" or "n + 1". */
static void write_steps(uint32_t more, char text[FORMULA_SIZE])
{
    if (more == 0)
        (void)snprintf(text, FORMULA_SIZE, "n");
    else
        (void)snprintf(text, FORMULA_SIZE, "n + %" PRIu32, more);
}

void network_path_length(const struct network_kind *kind, uint32_t layers,
                         char text[FORMULA_SIZE])
{
    if (kind->cell == CELL_ATTENTION || kind->head == HEAD_ATTENTION)
        (void)snprintf(text, FORMULA_SIZE, "%" PRIu32, layers);
    else
        write_steps(layers - 1 + kind->is_encoder_decoder, text);
}

void network_sequential_operations(const struct network_kind *kind, uint32_t layers,
                                   char text[FORMULA_SIZE])
{
    if (kind->cell == CELL_ATTENTION)
        (void)snprintf(text, FORMULA_SIZE, "%" PRIu32, layers);
    else
        write_steps(layers - 1 + kind->is_encoder_decoder, text);
}
