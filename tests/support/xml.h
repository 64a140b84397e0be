/* Is what the report writes well-formed XML? */
#ifndef TRIAGE_TEST_XML_H
#define TRIAGE_TEST_XML_H

/*
 * The place of the first mistake in a page or an SVG file; NULL if there is none.  Every tag is closed
 * in order; attributes have quotes; & and < are those of markup.
 */
const char *xml_mistake(const char *text);

#endif
