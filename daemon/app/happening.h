/* happening.h: all that one happening leaves behind, on its way into the store. Owns all it names. Main thread; the outflow's. */
#pragma once

#include "store/store.h"

struct happening {
	struct happening *next;
	struct alarm_effects effects;
	struct store_message *messages;
	size_t message_count;
	char **texts; /* payloads and uplinks that the messages name */
	size_t text_count;
	struct reading *values;
	char **value_names;
	size_t value_count;
	struct store_audit *audits; /* their texts are among ours */
	size_t audit_count;
	struct store_visit visit; /* likewise; place NULL: none */
	struct store_summary *summaries;
	size_t summary_count;
	struct store_account *accounts; /* texts among ours */
	size_t account_count;
	uint64_t token;
	struct clock_now now;     /* when it was taken over */
	enum clock_quality clock; /* when it happened: it may be handed over later */
};

void happening_free(struct happening *h);
/* Takes text; it lives as long as the happening. */
char *happening_own(struct happening *h, char *text);
const char *happening_own_copy(struct happening *h, const char *text); /* NULL: NULL */
/* Copied. */
void happening_audit(struct happening *h, const struct store_audit *audit);
void happening_visit(struct happening *h, const struct store_visit *visit);
/* Nobody is told of it: only what was last seen of some points, and what goes up in the data lane. */
bool happening_yields(const struct happening *h);
