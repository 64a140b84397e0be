/* Keys of labelled data in tests. */
#ifndef TRIAGE_TEST_DATA_KEYS_H
#define TRIAGE_TEST_DATA_KEYS_H

#include "data/common/keys.h"

/* Initialisers of struct data_keys: all keys have the names that they have without options. */
#define DATA_KEYS(time_key, split_key)                                                   \
    .id = "", .label = "action", .events = "events", .event = "event",                   \
    .time = (time_key), .split = (split_key)

#endif
