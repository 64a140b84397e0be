/* Asking the environment, then the terminal. */
#include "base/terminal.h"

#include <stdlib.h>
#include <sys/ioctl.h>

enum { NARROWEST = 20, WIDEST = 1000 };

unsigned terminal_columns(int descriptor)
{
    struct winsize size;
    const char *text = getenv("COLUMNS");
    unsigned long columns = text ? strtoul(text, NULL, 10) : 0;
    if (columns >= NARROWEST && columns <= WIDEST)
        return (unsigned)columns;
    if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col >= NARROWEST)
        return size.ws_col;
    return TERMINAL_COLUMNS;
}
