/*
 * Whatever the fast decoder decodes, the tree decoder decodes too, to the same histories, bit for
 * bit.  The first byte chooses the order of two schemas, and whether "histories" is allowed.
 */
#include <string.h>

#include "base/json.h"
#include "engine.h"
#include "fuzz/targets.h"
#include "support/decoders.h"
#include "trainer.h"

static const char *const texts[] = {
    "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", \"values\": [\"a\", "
    "\"b\"]}]}",
    "{\"fields\": [{\"name\": \"event\", \"kind\": \"category\", \"values\": [\"a\", "
    "\"error_logged\", \"\u00e9\"]},"
    " {\"name\": \"service\", \"kind\": \"category\", \"values\": [\"x\", \"true\"]},"
    " {\"name\": \"latency\", \"kind\": \"number\", \"mean\": 1.5, \"scale\": 2.0,"
    " \"missing_mean\": 0.5, \"missing_scale\": 0.25},"
    " {\"name\": \"a/b~c\", \"kind\": \"number\"}],"
    " \"time\": [{\"name\": \"since_previous\"}, {\"name\": \"since_first\"},"
    " {\"name\": \"hour_sin\"}, {\"name\": \"weekday_cos\"}, {\"name\": \"missing\"}]}",
};

void fuzz_fast_decoder(const uint8_t *bytes, size_t length)
{
    static struct schema *schemas[2];
    for (int i = 0; i < 2 && !schemas[i]; i++) {
        json_t *json = json_read(texts[i], strlen(texts[i]), NULL);
        schemas[i] = triage_schema_read(json, "", NULL);
        REQUIRE(schemas[i]);
        json_decref(json);
    }
    if (length == 0)
        return;
    bool is_swapped = bytes[0] & 1, is_line = bytes[0] & 2;
    struct decoders decoders = {{schemas[is_swapped], schemas[!is_swapped]},
                                is_line ? 0 : DECODERS_HISTORIES};
    const char *difference =
        decoders_difference(&decoders, (const char *)bytes + 1, length - 1, NULL);
    if (difference)
        fprintf(stderr, "the decoders differ: %s\n", difference);
    REQUIRE(!difference);
}
