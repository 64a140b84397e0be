/* "Did you mean" for the names of files. */
#ifndef TRIAGE_NEAR_FILE_H
#define TRIAGE_NEAR_FILE_H

#include "base/error.h"

/*
 * If there is no file at path, append the name of the nearest file in its folder to the text of the
 * error: ` (did you mean "models/lesson.safetensors"?)`.  A path without its ending is near, too.
 */
void near_file_suggest(const char *path, struct error *err);

#endif
