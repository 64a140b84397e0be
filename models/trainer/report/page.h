/*
 * The page of a report: one HTML document without scripts, pictures or anything else from outside,
 * which it also forbids the browser to load.
 */
#ifndef TRIAGE_REPORT_PAGE_H
#define TRIAGE_REPORT_PAGE_H

#include "report/content.h"

/* Append the document. */
void page_write(const struct content *content, struct strbuf *out);

/* ---- its sections, for page.c; each appends nothing where the content has nothing to say ---- */

/* page_quality.c: how good the model is on the data. */
void page_baselines(const struct content *content, struct strbuf *out);
void page_calibration(const struct content *content, struct strbuf *out);
void page_actions(const struct content *content, struct strbuf *out);

/* page_known.c: how good it is before all events are known. */
void page_known(const struct content *content, struct strbuf *out);

/* page_inputs.c: what it uses, and whether the data is that of the training. */
void page_importance(const struct content *content, struct strbuf *out);
void page_drift(const struct content *content, struct strbuf *out);
void page_gradient(const struct content *content, struct strbuf *out);

/* page_model.c: what the model file holds. */
void page_decision(const struct content *content, struct strbuf *out);
void page_training(const struct content *content, struct strbuf *out);
void page_model(const struct content *content, struct strbuf *out);

#endif
