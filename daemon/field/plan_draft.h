/* plan_draft.h: from devices to the values that a bus has to read, in order, each with the period with which it is read.
 * Pure but for memory; for plan.c. */
#pragma once

#include "field/plan.h"

/* A value on its way into the plan: what it is sorted by, and itself. */
struct plan_draft {
	uint16_t unit, address, width;
	uint8_t function;
	enum codec_table table;
	int64_t period_us; /* with which it is read; item.period_us: its own where that is longer */
	struct plan_item item;
};

/* About what the plan's arena will hold. */
size_t plan_draft_size(const struct bus *bus, struct device_list list);
/* The values of those devices that are on this bus, sorted by unit, function, period and address; the caller frees them.
 * Fills the plan's units, copies what the values need into its arena, and counts what no request can carry. */
size_t plan_draft_devices(struct plan *p, const struct bus *bus, struct device_list list,
			  struct plan_draft **ret_drafts);
