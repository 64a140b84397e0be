/* The width of the terminal that a text is for. */
#ifndef TRIAGE_TERMINAL_H
#define TRIAGE_TERMINAL_H

enum { TERMINAL_COLUMNS = 80 }; /* when nothing says otherwise */

/*
 * The variable COLUMNS if it is a number of at least 20; else the width of the terminal behind the
 * descriptor; else TERMINAL_COLUMNS: a file or a pipe has no width, and 80 is read anywhere.
 */
unsigned terminal_columns(int descriptor);

#endif
