/* fuzz_windows.c: alarm/windows.c: what another process left of the rules' memory, whatever stands in that file: it is refused, or
 * taken back so that rules go on, wait for something later, and leave a block that is whole.
 *
 * Input: a byte (1: cells are sealed again, 2: the header too, 4: cut, 8: the rest is the block itself), two bytes for the
 * length where it is cut, then changes of a good block, three bytes each: where and what. */
#include "fuzz.h"

#include <errno.h>

#include "alarm/cell.h"
#include "alarm/windows.h"
#include "base/mem.h"

#define BOOT         "0123456789abcdef0123456789abcdef"
#define LEFT_US      (5000 * S)
#define HEADER_BYTES 80 /* its sum stands at 64 and is of what comes before */

static const struct class_point class_points[] = { { .name = "x", .type = VALUE_NUMBER },
						   { .name = "b", .type = VALUE_BOOL },
						   { .name = "t", .type = VALUE_TEXT },
						   { .name = "e", .type = VALUE_EVENT } };
static const struct class class = { .id = "probe", .points = class_points, .point_count = 4 };
static const struct profile_point profile_points[] = { { .name = "x", .type = VALUE_NUMBER },
						       { .name = "b", .type = VALUE_BOOL },
						       { .name = "t", .type = VALUE_TEXT },
						       { .name = "e", .type = VALUE_EVENT, .event = true } };
static const struct profile profile = { .class = &class, .points = profile_points, .point_count = 4 };
static const struct device device = {
	.id = "p1", .name = "p1", .place = "b1/u1", .room = "", .class = &class, .profile = &profile
};
static const struct device_list devices = { &device, 1 };

static struct rule rules[] = {
	{ .id = "often", .when = "count(e, 30s) >= 3 || count(b, 1m) > 2 || changed(t, 10s)" },
	{ .id = "mean", .when = "avg(x, 1m) > 50 || rate(x, 32s) > 1 || min(x, 40s) < 2 || max(x, 1h) > 99" },
	{ .id = "old", .when = "age(e) > 1m && age(x) < 5m" },
};

struct world {
	struct point_table *table;
	struct evaluator *evaluator;
	struct alarm_effects effects;
};

static void parse_rules(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules) && !rules[i].expr; i++) {
		struct expr_scope scope = { .class = &class, .devices = devices, .subject = rules[i].id };
		struct diag d = { 0 };

		rules[i].class = &class;
		rules[i].enabled = true;
		rules[i].priority = 3;
		FUZZ_CLAIM(expr_parse(rules[i].when, &scope, &d, &rules[i].expr) == 0);
		diag_fini(&d);
	}
}

static struct world begin(void)
{
	struct world w = { .table = point_table_new(devices) };
	struct evaluator_rules all = { .rules = rules, .count = ARRAY_SIZE(rules) };

	parse_rules();
	FUZZ_CLAIM(evaluator_new(all, devices, w.table, &w.evaluator) == 0);
	return w;
}

static void end(struct world *w)
{
	evaluator_free(w->evaluator);
	point_table_free(w->table);
	alarm_effects_fini(&w->effects);
}

static void say(struct world *w, uint32_t point, struct value v, int64_t now_us)
{
	struct reading r = { .point = point, .quality = QUALITY_GOOD, .value = v, .at = { now_us, now_us } };

	if (point_apply(w->table, &r) == POINT_SAME)
		evaluator_renewed(w->evaluator, point, r.at, &w->effects);
	else
		evaluator_point(w->evaluator, point, r.at, &w->effects);
}

/* Something of everything, some of it twice. */
static void live(struct world *w, int64_t now_us)
{
	for (int i = 0; i < 6; i++, now_us += 4 * S) {
		say(w, 0, value_number(10 + i * 7 % 4), now_us);
		say(w, 1, value_bool(i % 2), now_us);
		say(w, 2, value_text(i < 3 ? "one" : "two"), now_us);
		say(w, 3, value_event(""), now_us);
	}
}

static struct windows_block place(struct evaluator *e, int64_t now_us)
{
	struct windows_block b = { .len = windows_bytes(e), .boot = BOOT };

	b.bytes = mem_zalloc(b.len);
	FUZZ_CLAIM(windows_place(e, &b, now_us) == 0);
	return b;
}

static struct windows_block good_block(void)
{
	struct world w = begin();
	struct windows_block b = place(w.evaluator, LEFT_US - MINUTE);

	live(&w, LEFT_US - 30 * S);
	evaluator_tick(w.evaluator, (struct clock_now){ LEFT_US, LEFT_US }, &w.effects);
	end(&w);
	return b;
}

static void seal(struct windows_block *b, unsigned what)
{
	unsigned char *bytes = b->bytes;
	uint64_t sum;

	for (size_t at = HEADER_BYTES; what & 1 && at + sizeof(struct cell) <= b->len;) {
		struct cell *cell = (struct cell *)(bytes + at);

		if (cell->room % 8 || cell->room > b->len - at - sizeof(*cell))
			break;
		if (cell->len <= cell->room && cell->len % 8 == 0)
			cell_seal(cell, cell->len);
		at += cell_size(cell->room);
	}
	if (what & 2 && b->len >= HEADER_BYTES) {
		sum = cell_sum(bytes, 64, WINDOWS_VERSION);
		memcpy(bytes + 64, &sum, sizeof(sum));
	}
}

static struct windows_block changed_block(struct fuzz_bytes *in)
{
	unsigned what = fuzz_u8(in);
	size_t len = what & 4 ? fuzz_u16(in) : SIZE_MAX;
	struct windows_block b = good_block(), exact;

	if (what & 8) {
		free(b.bytes);
		b = (struct windows_block){ .bytes = mem_dup(in->left ? in->at : (const uint8_t *)"",
							     MAX(in->left, (size_t)1)),
					    .len = in->left,
					    .boot = BOOT };
	}
	while (!(what & 8) && in->left >= 3) {
		size_t at = fuzz_u16(in) % b.len;

		((unsigned char *)b.bytes)[at] = fuzz_u8(in);
	}
	exact = (struct windows_block){ .len = MIN(b.len, len), .boot = BOOT };
	exact.bytes = mem_dup(b.bytes, MAX(exact.len, (size_t)1));
	free(b.bytes);
	seal(&exact, what);
	return exact;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	struct windows_block left = changed_block(&in), own;
	struct windows_counts counts = { 0 };
	struct world w = begin(), again = begin();
	int64_t now_us = LEFT_US + 3 * S;
	int r = windows_recall(w.evaluator, &left, now_us, &counts);

	FUZZ_CLAIM(r == 0 || r == -ENOENT || r == -EPROTO || r == -EBADMSG);
	free(left.bytes);
	own = place(w.evaluator, now_us);
	live(&w, now_us);
	now_us += 30 * S;
	for (int i = 0; i < 200 && evaluator_due(w.evaluator) <= now_us; i++)
		evaluator_tick(w.evaluator, (struct clock_now){ now_us, now_us }, &w.effects);
	FUZZ_CLAIM(evaluator_due(w.evaluator) > now_us);
	evaluator_tick(w.evaluator, (struct clock_now){ now_us, now_us }, &w.effects);
	FUZZ_CLAIM(windows_recall(again.evaluator, &own, now_us, &counts) == 0 && counts.damaged == 0 &&
		   counts.recalled > 0);
	end(&w);
	end(&again);
	free(own.bytes);
	return 0;
}
