/* "Did you mean" for the names of files. */
#ifndef TRIAGE_NEAR_FILE_H
#define TRIAGE_NEAR_FILE_H

#include "base/error.h"

/*
 * If there is no file of that path, append the nearest one of its folder to the text of the error:
 * ` (did you mean "models/lesson.safetensors"?)`.  Near is also a name that lacks its ending.
 */
void near_file_suggest(const char *path, struct error *err);

#endif
