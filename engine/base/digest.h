/* SHA-256 (FIPS 180-4). */
#ifndef TRIAGE_DIGEST_H
#define TRIAGE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

enum { SHA256_BYTES = 32, SHA256_HEX = 65 }; /* HEX counts the terminating zero */

struct sha256 {
    uint32_t state[8];
    uint64_t length; /* bytes so far */
    uint8_t block[64];
};

void sha256_init(struct sha256 *hash);
void sha256_add(struct sha256 *hash, const void *bytes, size_t length);
void sha256_finish(struct sha256 *hash, uint8_t digest[SHA256_BYTES]);

/* The digest of length bytes as 64 lower-case hexadecimal digits and a zero. */
void sha256_hex(const void *bytes, size_t length, char hex[SHA256_HEX]);

#endif
