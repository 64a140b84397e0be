/*
 * A checkpoint: the state of a training after an epoch, in a file, so that a training that was killed
 * goes on from there to the same model, byte for byte.
 *
 * The state is a list of pieces of memory.  The training adds them in an order that depends on its
 * settings alone; writing and restoring follow the list.  The file:
 *
 *     "triage checkpoint 1\n"
 *     build, recipe, data     32 bytes each: digests of all that the rest of the training depends on
 *     the pieces              one after another, in the machine's byte order
 *     SHA-256                 32 bytes, of everything before
 *
 * The file is replaced as a whole (file_write), so that there is always a complete one.
 */
#ifndef TRIAGE_CHECKPOINT_H
#define TRIAGE_CHECKPOINT_H

#include <stdbool.h>

#include "base/digest.h"
#include "base/error.h"
#include "trainer.h"

enum checkpoint_identity {
    IDENTITY_BUILD,  /* the program, its libraries, the kind of processor */
    IDENTITY_RECIPE, /* settings, schema, actions and initial weights */
    IDENTITY_DATA,   /* the examples */
    IDENTITIES
};

struct checkpoint_piece {
    void *bytes; /* borrowed */
    size_t length;
};

enum { CHECKPOINT_PIECES = 48 };

struct checkpoint {
    const char *path; /* borrowed */
    uint8_t identity[IDENTITIES][SHA256_BYTES];
    struct checkpoint_piece pieces[CHECKPOINT_PIECES];
    size_t count;
    char *
        file; /* owned: the bytes of the file whose pieces are being restored; else NULL */
    size_t position, end; /* of the pieces that are left */
};

/*
 * Read the file, if there is one.  STATUS_BAD_INPUT, with path as the place, if it is none, is cut
 * short or damaged, or belongs to another build, recipe or data.  STATUS_IO, STATUS_NO_MEMORY.
 * identity must be set.  checkpoint_release is called in any case.
 */
enum status checkpoint_open(struct checkpoint *checkpoint, struct error *err);
void checkpoint_release(struct checkpoint *checkpoint);

/* Is there a state that is not restored yet? */
bool checkpoint_is_restoring(const struct checkpoint *checkpoint);

/* Add a piece.  While the file is being restored, the piece gets its content from there. */
enum status checkpoint_add(struct checkpoint *checkpoint, void *bytes, size_t length,
                           struct error *err);

/* Forget the pieces after the first count ones. */
void checkpoint_keep(struct checkpoint *checkpoint, size_t count);

/* Write the file.  STATUS_IO, STATUS_NO_MEMORY. */
enum status checkpoint_write(const struct checkpoint *checkpoint, struct error *err);

/* The digest of this build: of the program and the libraries that it has loaded. */
void checkpoint_build(uint8_t digest[SHA256_BYTES]);

/* The digest of the examples: what the training reads of them. */
void checkpoint_data(const struct schema *schema, const struct training_data *data,
                     uint8_t digest[SHA256_BYTES]);

#endif
