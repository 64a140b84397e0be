/* Any bytes give a configuration within its bounds, or an error with a text. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/targets.h"
#include "service/options.h"

void fuzz_config(const uint8_t *bytes, size_t length)
{
    int file = memfd_create("config", MFD_CLOEXEC);
    REQUIRE(file >= 0 && write(file, bytes, length) == (ssize_t)length);
    char flag[64], *argv[] = {(char[]){"triaged"}, flag, NULL};
    snprintf(flag, sizeof flag, "--config=/proc/self/fd/%d", file);
    struct error err = {.status = STATUS_OK};
    struct options options;
    enum status status = options_read(&options, 2, argv, &err);
    REQUIRE(status == err.status);
    REQUIRE(status == STATUS_OK || err.text[0] != '\0');
    REQUIRE(options.max_rows >= 1 && options.max_events >= 1 && options.slice >= 1);
    struct strbuf text;
    strbuf_init(&text, 16 << 20);
    status = options_write_config(&options, &text, &err);
    REQUIRE(!text.has_failed && (status != STATUS_OK || text.length > 0));
    strbuf_release(&text);
    options_release(&options);
    close(file);
}
