#include "fuzz/driven.h"

#include <string.h>

#include "fuzz/targets.h"
#include "loop/loop.h"

struct drive *driven(void)
{
    static struct drive drive;
    struct error err = {0};
    if (drive.loop)
        return &drive;
    PROMISE(!options_default(&drive.options, &err));
    drive.options.model = "lesson";
    drive.options.log_level = LOG_NONE;
    drive.options.max_body = 64 << 10;
    drive.options.max_events = 200;
    drive.options.max_histories = 20;
    PROMISE(!drive_init(&drive, &err));
    return &drive;
}

void driven_check(struct drive *drive)
{
    static const char question[] =
        "POST /predict HTTP/1.1\r\nHost: t\r\nContent-Length: 28"
        "\r\n\r\n{\"events\": [\"error logged\"]}";
    struct strbuf answer;
    strbuf_init(&answer, 1 << 20);
    PROMISE(loop_requests(drive->loop) == 0);
    PROMISE(atomic_load(&drive->service.jobs) == 0);
    PROMISE(atomic_load(&drive->service.events) == 0);
    PROMISE(atomic_load(&drive->service.connections) == 0);
    PROMISE(drive_ask(drive, question, sizeof question - 1, SIZE_MAX, &answer));
    PROMISE(strncmp(answer.bytes, "HTTP/1.1 200 ", 13) == 0);
    PROMISE(strstr(answer.bytes, "\"ignore\": 0.4457927,"));
    strbuf_release(&answer);
}
