#include "api/rules.h"

#include "alarm/explain.h"
#include "api/allow.h"
#include "api/inside.h"
#include "api/rows.h"
#include "api/rules_care.h"
#include "base/mem.h"
#include "base/str.h"
#include "upstream/alarm_json.h"

static const struct evaluator *evaluator_of(const struct call *x)
{
	return x->api->source->alarms(x->api->source->context);
}

/* ---- the list ---- */

static json_t *rises_of(const struct rule *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->rise_count; i++)
		json_array_append_new(list, json_pack("{s:f s:i}", "after", (double)r->rises[i].after_us / S,
						      "priority", r->rises[i].priority));
	return list;
}

static json_t *rule_row(const struct rule *r, const struct explain_tally *t)
{
	return json_pack("{s:s s:s? s:s? s:i s:b s:s? s:s? s:o s:s? s:s? s:I s:I s:s? s:i}", "rule", r->id, "class",
			 r->class ? r->class->id : NULL, "device", r->device, "priority", r->priority, "life_safety",
			 r->life_safety, "ladder", r->ladder, "when", r->when, "rise", rises_of(r), "suppressed_when",
			 r->suppressed_when, "acked_when", r->acked_when, "watched", (json_int_t)t->watched, "open",
			 (json_int_t)t->open, "file", r->at.file, "line", (int)r->at.line);
}

void rules_list(struct call *x)
{
	const struct evaluator *e = evaluator_of(x);
	struct evaluator_rules rules = evaluator_rules(e);
	_cleanup_(freep) void *room = mem_array(rules.count, sizeof(struct explain_tally));
	struct explain_tally *tallies = room;
	json_t *list = json_array();

	explain_count(e, tallies);
	for (size_t i = 0; i < rules.count; i++)
		json_array_append_new(list, rule_row(&rules.rules[i], &tallies[i]));
	call_json(x, list);
}

/* ---- why ---- */

static const char *result_name(enum expr_result r)
{
	return r == EXPR_UNKNOWN ? "unknown" : r == EXPR_TRUE ? "true" : "false";
}

static json_t *said_value(const struct expr_said *s)
{
	if (!s->known)
		return s->at_least ? json_real(s->number) : json_null();
	switch (s->type) {
	case VALUE_NUMBER: return json_real(s->number);
	case VALUE_BOOL: return json_boolean(s->boolean);
	default: return json_string(s->text);
	}
}

static json_t *said_row(const char *source, const struct expr_said *s)
{
	return json_pack("{s:s% s:i s:o s:b s:b}", "text", source + s->start, s->end - s->start, "depth", (int)s->depth,
			 "value", said_value(s), "known", s->known, "at_least", s->at_least);
}

static json_t *said_rows(const char *source, const struct expr_said *said, size_t count)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(rows, said_row(source, &said[i]));
	return rows;
}

/* An expression beside the condition, as an object with the parts of its own; null where the rule has none. */
static json_t *beside_row(const struct explain_beside *b)
{
	if (!b->text)
		return json_null();
	return json_pack("{s:s s:b s:s s:b s:o}", "when", b->text, "bound", b->bound, "result", result_name(b->result),
			 "holds", b->holds, "parts", said_rows(b->text, b->said, b->said_count));
}

static json_t *rise_rows(const struct explain *x)
{
	static const char *const names[] = {
		[EXPLAIN_RISE_IDLE] = "idle",
		[EXPLAIN_RISE_WAITING] = "waiting",
		[EXPLAIN_RISE_HELD] = "held",
		[EXPLAIN_RISE_REACHED] = "reached",
	};
	json_t *rows = rises_of(x->rule);

	for (size_t i = 0; i < x->rule->rise_count; i++) {
		const struct explain_step *step = &x->steps[i];
		bool runs = step->state == EXPLAIN_RISE_WAITING || step->state == EXPLAIN_RISE_HELD;
		json_t *row = json_array_get(rows, i);

		json_object_set_new(row, "state", json_string(names[step->state]));
		json_object_set_new(row, "left", runs ? json_real((double)step->left_us / S) : json_null());
	}
	return rows;
}

static json_t *delay_row(const struct explain *x)
{
	if (!x->waiting)
		return json_null();
	return json_pack("{s:s s:f s:f s:b}", "kind", x->active ? "off_for" : "for", "seconds", (double)x->wait_us / S,
			 "left", (double)x->left_us / S, "stopped", x->stopped);
}

static json_t *explain_row(const struct explain *x, const struct call *call, const char *asset)
{
	const struct point_table *table = call->api->source->points(call->api->source->context);
	json_t *inputs = json_array();

	for (size_t i = 0; i < x->input_count; i++) {
		const struct point *p = &table->points[x->inputs[i]];
		json_t *row = rows_point_detail(p);

		if (allow_hides_point(&call->by, p))
			allow_veil_point(row);
		json_array_append_new(inputs, row);
	}
	return json_pack("{s:s s:s s:s? s:s s:b s:b s:s s:i s:o s:o s:o s:o s:o s:o}", "rule", x->rule->id, "asset",
			 asset, "when", x->rule->when, "result", result_name(x->result), "active", x->active, "pending",
			 x->pending, "state", x->alarm ? alarm_state_name(x->alarm->state) : "normal", "priority",
			 x->priority, "rise", rise_rows(x), "delay", delay_row(x), "suppressed_when",
			 beside_row(&x->suppressed), "acked_when", beside_row(&x->acked), "inputs", inputs, "parts",
			 said_rows(x->rule->when, x->said, x->said_count));
}

static void no_rule(struct call *x, const char *id)
{
	struct evaluator_rules rules = evaluator_rules(evaluator_of(x));
	struct str_nearest nearest = { .word = id };

	for (size_t i = 0; i < rules.count; i++) {
		if (str_equal(rules.rules[i].id, id)) {
			call_error(x, (struct call_problem){ 404, "asset" },
				   "rule '%s' does not watch that; see /v1/rules/%s", id, id);
			return;
		}
		str_nearest_try(&nearest, rules.rules[i].id);
	}
	call_error(x, (struct call_problem){ 404, "rule" }, "no rule '%s'%s%s%s", id,
		   nearest.best ? "; did you mean '" : "; see /v1/rules", nearest.best ? nearest.best : "",
		   nearest.best ? "'?" : "");
}

/* What a rule makes of a home is said by its parts too. */
static bool is_for(const struct call *x, const char *asset)
{
	return party_knows(&x->by, allow_place_of(x->api, asset)) &&
	       (party_reads_homes(&x->by) || !allow_is_home(x->api, asset));
}

/* All assets of the rule, at most RULES_EXPLAINED; or the one that is asked for. */
#define RULES_EXPLAINED 100

void rules_explain(struct call *x)
{
	const char *rule = router_value(&x->match, "rule"), *wanted = call_query(x, "asset"), *asset;
	const struct evaluator *e = evaluator_of(x);
	_cleanup_(freep) void *room = mem_zalloc(sizeof(struct explain));
	struct explain *why = room;
	int64_t now_us = clock_now().mono_us;
	json_t *list = json_array();

	for (size_t position = 0; (asset = explain_next_asset(e, rule, &position));)
		if ((!wanted || str_equal(asset, wanted)) && is_for(x, asset) &&
		    json_array_size(list) < RULES_EXPLAINED && explain_watch(e, rule, asset, now_us, why) == 0)
			json_array_append_new(list, explain_row(why, x, asset));
	if (json_array_size(list) == 0) {
		json_decref(list);
		list = rules_care_rows(x, rule, wanted, RULES_EXPLAINED);
	}
	if (json_array_size(list) > 0) {
		call_json(x, list);
		return;
	}
	json_decref(list);
	no_rule(x, rule);
}
