/* sim_fault.c: see sim_fault.h. The table is the manual: help and checks are made of it. */
#include "sim_fault.h"

#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "sim_out.h"

#define NO_ARG        false, false, 0, 0, 0
#define MAY(a, b, c)  true, false, a, b, c
#define MUST(a, b)    true, true, a, b, 0
#define TCP           SIM_FAULT_TCP, false
#define RTU           SIM_FAULT_RTU, false
#define ANY           SIM_FAULT_ANY, false
#define SLAVE         SIM_FAULT_ANY, true
#define MS_MAX        3600000
#define FLOOD_DEFAULT (1 << 20)

const struct sim_fault_row sim_fault_rows[SIM_FAULT_KINDS] = {
	[SIM_FAULT_MUTE] = { "mute", NO_ARG, ANY, "no answer, and nothing is carried out" },
	[SIM_FAULT_LATE] = { "late", MUST(1, MS_MAX), ANY, "answers MS later" },
	[SIM_FAULT_DRIP] = { "drip", MUST(1, 60000), ANY, "one byte every MS" },
	[SIM_FAULT_WRONG_UNIT] = { "wrong-unit", MAY(1, 255, 1), ANY, "unit number higher by N" },
	[SIM_FAULT_WRONG_TID] = { "wrong-tid", MAY(1, 65535, 1), TCP, "transaction id higher by N" },
	[SIM_FAULT_WRONG_PROTOCOL] = { "wrong-protocol-id", MAY(1, 65535, 1), TCP, "protocol id N, not 0" },
	[SIM_FAULT_WRONG_LENGTH] = { "wrong-length", MAY(-250, 65000, 1), ANY,
				     "length field (TCP) or byte count (RTU) off by N" },
	[SIM_FAULT_WRONG_COUNT] = { "wrong-count", MAY(1, 124, 1), ANY, "a valid frame with N registers fewer" },
	[SIM_FAULT_WRONG_FUNCTION] = { "wrong-function", MAY(1, 127, 1), ANY, "function code higher by N" },
	[SIM_FAULT_BAD_CRC] = { "bad-crc", NO_ARG, RTU, "wrong checksum" },
	[SIM_FAULT_EXCEPTION] = { "exception", MUST(1, 255), ANY, "answers exception N" },
	[SIM_FAULT_GARBAGE] = { "garbage", MAY(1, 4096, 20), ANY, "N random bytes for an answer" },
	[SIM_FAULT_NOISE] = { "noise", MAY(1, 4096, 5), ANY, "N random bytes before the answer" },
	[SIM_FAULT_ECHO] = { "echo", NO_ARG, RTU, "the request comes back before the answer" },
	[SIM_FAULT_FLOOD] = { "flood", MAY(1, 1 << 30, FLOOD_DEFAULT), ANY,
			      "N random bytes for an answer, as fast as they go" },
	[SIM_FAULT_DUPLICATE] = { "duplicate", NO_ARG, ANY, "every answer twice" },
	[SIM_FAULT_HALF] = { "half", MAY(1, 260, 0), ANY, "only the first half (or N bytes) of the answer" },
	[SIM_FAULT_CLOSE] = { "close", NO_ARG, TCP, "the connection is reset instead of an answer" },
	[SIM_FAULT_FLAP] = { "flap", MAY(1, MS_MAX, 0), SLAVE,
			     "down for MS (TCP: refused; RTU: line gone); TCP without MS: accept and close" },
};

int sim_fault_find(const char *name)
{
	for (int i = 0; i < SIM_FAULT_KINDS; i++)
		if (str_equal(sim_fault_rows[i].name, name))
			return i;
	return -EINVAL;
}

static json_t *unknown_kind(const char *name)
{
	_cleanup_str_buf_ struct str_buf all = { 0 };

	for (int i = 0; i < SIM_FAULT_KINDS; i++)
		str_buf_printf(&all, "%s%s", i ? ", " : "", sim_fault_rows[i].name);
	return sim_out_error("%s%s: expected ok or one of %s", name ? "unknown fault " : "no fault named",
			     name ? name : "", str_buf_text(&all));
}

/* Reads the fault's own argument at word i, if it stands there; moves i behind it. */
static json_t *parse_arg(const struct sim_words *words, size_t *i, struct sim_fault_order *o)
{
	const struct sim_fault_row *row = &sim_fault_rows[o->kind];
	const char *word = sim_words_at(words, *i);
	int64_t us;

	o->fault.arg = row->fallback;
	if (!row->takes_arg)
		return NULL;
	if (!word || str_equal(word, "for") || str_equal(word, "count") || str_equal(word, "next")) {
		if (row->needs_arg)
			return sim_out_error("%s: no number: expected %lld..%lld", row->name, (long long)row->min,
					     (long long)row->max);
		return NULL;
	}
	(*i)++;
	/* "700ms" and "2s" are as good as a bare number of milliseconds. */
	if (str_to_i64(word, &o->fault.arg) < 0) {
		if (row->max != MS_MAX || sim_words_duration(word, &us) < 0)
			return sim_out_error("%s: '%s': expected a number %lld..%lld", row->name, word,
					     (long long)row->min, (long long)row->max);
		o->fault.arg = us / MS;
	}
	if (o->fault.arg < row->min || o->fault.arg > row->max)
		return sim_out_error("%s: %s: expected %lld..%lld", row->name, word, (long long)row->min,
				     (long long)row->max);
	return NULL;
}

json_t *sim_fault_parse(const struct sim_words *words, int64_t now_us, struct sim_fault_order *ret_order)
{
	struct sim_fault_order o = { .fault = { .on = true, .left = -1 } };
	int kind = sim_fault_find(sim_words_at(words, 2));
	size_t i = 3;
	json_t *error;

	if (kind < 0)
		return unknown_kind(sim_words_at(words, 2));
	o.kind = (enum sim_fault_kind)kind;
	error = parse_arg(words, &i, &o);
	if (error)
		return error;
	for (; i < words->count; i += 2) {
		int64_t us;

		if (str_equal(words->word[i], "for")) {
			if (str_to_duration(sim_words_at(words, i + 1) ? words->word[i + 1] : "", &us) < 0 || us <= 0)
				return sim_out_error("for: expected a duration such as 500ms, 5s or 2m");
			o.fault.until_us = now_us + us;
		} else if (str_equal(words->word[i], "count") || str_equal(words->word[i], "next")) {
			if (sim_words_int(words, i + 1, (struct sim_words_range){ 1, 1000000 }, &o.fault.left) < 0)
				return sim_out_error("%s: expected a number of answers, 1..1000000", words->word[i]);
		} else {
			return sim_out_error("'%s': expected 'for DURATION' or 'count N'", words->word[i]);
		}
	}
	*ret_order = o;
	return NULL;
}

void sim_fault_set(struct sim_faults *f, const struct sim_fault_order *order)
{
	if (!f->kind[order->kind].on)
		f->on++;
	f->kind[order->kind] = order->fault;
}

void sim_fault_clear(struct sim_faults *f)
{
	for (int i = 0; i < SIM_FAULT_KINDS; i++)
		f->kind[i] = (struct sim_fault){ 0 };
	f->on = 0;
}

bool sim_fault_end(struct sim_faults *f, enum sim_fault_kind kind)
{
	bool was = f->kind[kind].on;

	f->kind[kind] = (struct sim_fault){ 0 };
	f->on -= was;
	return was;
}

/* Active now; one that is over is ended on the way. */
static bool active(struct sim_faults *f, enum sim_fault_kind kind, int64_t now_us)
{
	const struct sim_fault *fault = &f->kind[kind];

	if (fault->on && (fault->left == 0 || (fault->until_us && now_us >= fault->until_us)))
		sim_fault_end(f, kind);
	return f->kind[kind].on;
}

bool sim_fault_take_one(struct sim_faults *f, enum sim_fault_kind kind, int64_t now_us)
{
	if (!f->on || !active(f, kind, now_us))
		return false;
	if (f->kind[kind].left > 0)
		f->kind[kind].left--;
	f->done++;
	return true;
}

void sim_fault_take(struct sim_faults *f, int64_t now_us, struct sim_shape *shape)
{
	for (int i = 0; f->on && i < SIM_FAULT_KINDS; i++) {
		int64_t arg = f->kind[i].arg;

		if (i == SIM_FAULT_FLAP || !sim_fault_take_one(f, (enum sim_fault_kind)i, now_us))
			continue;
		shape->on[i] = true;
		shape->arg[i] = arg;
	}
}

json_t *sim_fault_describe(const struct sim_faults *f, int64_t now_us)
{
	json_t *all = json_object();

	for (int i = 0; i < SIM_FAULT_KINDS; i++) {
		const struct sim_fault *fault = &f->kind[i];
		json_t *one;

		if (!fault->on || fault->left == 0 || (fault->until_us && now_us >= fault->until_us))
			continue;
		one = json_object();
		if (sim_fault_rows[i].takes_arg)
			json_object_set_new(one, "arg", json_integer(fault->arg));
		if (fault->left > 0)
			json_object_set_new(one, "left", json_integer(fault->left));
		if (fault->until_us)
			json_object_set_new(one, "for_ms", json_integer((fault->until_us - now_us) / MS));
		json_object_set_new(all, sim_fault_rows[i].name, one);
	}
	return all;
}
