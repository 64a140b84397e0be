/* Any bytes are a configuration within its bounds, or an error that says why not. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/targets.h"
#include "service/options.h"

void fuzz_config(const uint8_t *bytes, size_t length)
{
    char flag[64], *argv[] = {(char[]){"triaged"}, flag, NULL};
    int file = memfd_create("config", MFD_CLOEXEC);
    struct error err = {.status = STATUS_OK};
    struct options options;
    struct strbuf text;

    PROMISE(file >= 0 && write(file, bytes, length) == (ssize_t)length);
    snprintf(flag, sizeof flag, "--config=/proc/self/fd/%d", file);
    enum status status = options_read(&options, 2, argv, &err);
    PROMISE(status == err.status);
    PROMISE(status == STATUS_OK || err.text[0] != '\0');
    PROMISE(options.max_rows >= 1 && options.max_events >= 1 && options.slice >= 1);
    strbuf_init(&text, 16 << 20);
    options_write_values(&options, &text);
    PROMISE(!text.has_failed && text.length > 0);
    strbuf_release(&text);
    options_release(&options);
    close(file);
}
