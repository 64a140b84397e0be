/*
 * The decoder of requests and tree_decode agree on any bytes: both refuse them, at the same place,
 * or both accept them with the same rows and notes.  The first byte chooses the schemas, whether
 * "histories" is allowed, and the bytes of a step.
 */
#include <string.h>

#include "base/json.h"
#include "engine.h"
#include "fuzz/targets.h"
#include "support/decoders.h"
#include "support/drawn_requests.h"
#include "trainer.h"

void fuzz_decoder(const uint8_t *bytes, size_t length)
{
    static const size_t steps[] = {0, 1, 7, 64};
    static struct schema *schemas[DRAWN_SCHEMAS];
    static struct decoders decoders;
    for (int i = 0; i < DRAWN_SCHEMAS && !schemas[i]; i++) {
        json_t *json = json_read(drawn_schemas[i], strlen(drawn_schemas[i]), NULL);
        schemas[i] = triage_schema_read(json, "", NULL);
        REQUIRE(schemas[i]);
        json_decref(json);
    }
    if (length == 0)
        return;
    decoders.schemas[0] = schemas[bytes[0] & 3];
    decoders.schemas[1] = schemas[bytes[0] >> 2 & 3];
    decoders.max_histories = bytes[0] & 16 ? 0 : DECODERS_HISTORIES;
    decoders.step = steps[bytes[0] >> 5 & 3];
    const char *difference =
        decoders_difference(&decoders, (const char *)bytes + 1, length - 1, NULL);
    if (difference)
        fprintf(stderr, "the decoders differ: %s\n", difference);
    REQUIRE(!difference);
}
