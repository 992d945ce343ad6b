/* build_keep.c: how much is kept, and how long: of what waits for the uplinks, of what was done, of
 * samples. */
#include "conf/build.h"

void build_keep_outbox(struct build *b, const struct build_entries *e)
{
	struct fields f;

	build_read_once(b, "outbox", e, &f);
	b->conf->outbox = (struct conf_outbox){
		.id = "outbox",
		.bytes = fields_int(&f, "bytes"),
		.age_us = fields_int(&f, "age"),
		.rate = (int)fields_int(&f, "rate"),
		.ack_within_us = fields_int(&f, "ack_within"),
	};
}

void build_keep_audit(struct build *b, const struct build_entries *e)
{
	struct fields f;

	build_read_once(b, "audit", e, &f);
	b->conf->audit = (struct conf_audit){
		.id = "audit",
		.age_us = fields_int(&f, "age"),
		.rows = (int)fields_int(&f, "rows"),
	};
}

void build_keep_history(struct build *b, const struct build_entries *e)
{
	struct fields f;

	build_read_once(b, "history", e, &f);
	b->conf->history = (struct conf_history){
		.id = "history",
		.keeping = { .keep_us = fields_int(&f, "keep"),
			     .keep_days_us = fields_int(&f, "keep_sums"),
			     .max_bytes = fields_int(&f, "bytes") },
	};
}
