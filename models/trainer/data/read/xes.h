/*
 * An XES event log (IEEE 1849), cut into numbered lines (record_lines.h) while it is read.
 *
 *     <trace>                                         a history
 *       <string key="concept:name" value="INC-7"/>      its id, unless --id names another attribute
 *       <string key="zone" value="main"/>               a field of the history; a member, if it is
 *                                                       the label or the part of the split
 *       <event>                                         an event
 *         <string key="concept:name" value="closed"/>     its name, unless --event names another
 *         <date key="time:timestamp" value="..."/>        its time, unless --time names another
 *         <string key="org:group" value="V30"/>           a field of the event
 *
 * int and float are numbers, boolean is true or false, all others are texts; an attribute of an empty
 * value is missing.  Extensions, globals, classifiers and attributes of the log are not read.  Lists,
 * attributes in attributes and events outside of traces are not read either, and counted.
 *
 * expat reads the XML.  A document type declaration is refused, so there are no entities but the
 * five of XML itself: nothing is expanded and no other file is read.  A tag has 1 MiB at most, and
 * elements are nested 64 deep at most.
 */
#ifndef TRIAGE_XES_H
#define TRIAGE_XES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "data/common/keys.h"

struct xes;

/* keys is borrowed.  NULL with STATUS_NO_MEMORY. */
struct xes *xes_new(const struct data_keys *keys, struct error *err);
void xes_free(struct xes *xes);

/* Read more of the log; at its end, is_end.  The lines are added to out.  STATUS_NO_MEMORY. */
enum status xes_feed(struct xes *xes, const char *bytes, size_t length, bool is_end,
                     struct strbuf *out, struct error *err);

/* What was not read, and the line of the first. */
struct xes_unread {
    uint64_t nested, nested_line; /* lists, and attributes in attributes */
    uint64_t stray, stray_line;   /* events outside of traces */
};
const struct xes_unread *xes_unread(const struct xes *xes);

#endif
