#include "fuzz/fuzzed_service.h"

#include <string.h>

#include "fuzz/targets.h"
#include "loop/loop.h"

struct drive *fuzzed_service(void)
{
    static struct drive drive;
    if (drive.loop)
        return &drive;
    struct error err = {0};
    REQUIRE(options_default(&drive.options, &err) == STATUS_OK);
    drive.options.models = "tests/support/models";
    drive.options.model = "lesson";
    drive.options.log_level = LOG_NONE;
    drive.options.max_body = 64 << 10;
    drive.options.max_events = 200;
    drive.options.max_histories = 20;
    drive.options.max_forecast_steps = 20;
    drive.options.max_beam = 8;
    REQUIRE(drive_init(&drive, &err) == STATUS_OK);
    return &drive;
}

void fuzzed_service_check(struct drive *drive)
{
    static const char request[] =
        "POST /predict HTTP/1.1\r\nHost: t\r\nContent-Length: 28"
        "\r\n\r\n{\"events\": [\"error logged\"]}";
    REQUIRE(loop_requests(drive->loop) == 0);
    REQUIRE(atomic_load(&drive->service.waiting_requests) == 0);
    REQUIRE(atomic_load(&drive->service.waiting_events) == 0);
    REQUIRE(atomic_load(&drive->service.connections) == 0);
    struct strbuf answer;
    strbuf_init(&answer, 1 << 20);
    REQUIRE(drive_ask(drive, request, sizeof request - 1, SIZE_MAX, &answer));
    REQUIRE(strncmp(answer.bytes, "HTTP/1.1 200 ", 13) == 0);
    REQUIRE(strstr(answer.bytes, "\"ignore\": 0.4457927,"));
    strbuf_release(&answer);
}
