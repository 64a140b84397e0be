/*
 * Which web pages and which names may be used to reach the service: Origin and Host.
 *
 * A page of any site can make the browser of someone who reads it send requests to addresses that
 * only this browser reaches.  The browser says where the page is from (Origin).  But if the name of
 * the page's own site is made to resolve to the service's address (DNS rebinding), then the request
 * seems to be of the same origin, and only Host shows the foreign name.
 */
#ifndef TRIAGE_ORIGIN_H
#define TRIAGE_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { ORIGIN_BYTES = 256 }; /* longer origins are foreign */

/* STATUS_BAD_OPTION unless each item of the list, separated by commas, is "*", "null" or an origin. */
enum status origin_check_list(const char *list, struct error *err);

/* Whether the list has this origin, or "*". */
bool origin_is_allowed(const char *list, const char *origin);

/* Whether the list has "*". */
bool origin_is_any_allowed(const char *list);

/* Whether a page of this origin and a request with this Host have the same host and port. */
bool origin_is_of_host(const char *origin, const char *host, size_t host_length);

/* The same as origin_check_list for a list of names, each "*", a name, or "*.name". */
enum status host_check_list(const char *list, struct error *err);

/*
 * Whether the host, without regard to its port, is a name in the list.  Addresses and localhost
 * always are: a site cannot make them its own name.
 */
bool host_is_allowed(const char *list, const char *host, size_t length);

#endif
