#include "alarm/watcher_new.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"

static struct watcher *born(const struct rule *rule, const char *asset)
{
	struct watcher *w = MEM_NEW(struct watcher);
	struct str_buf id = { 0 };

	str_buf_printf(&id, "%s/%s", rule->id, asset);
	w->id = str_buf_take(&id);
	w->rule = rule;
	w->told_us = w->acked_us = w->opened_us = w->pardoned_us = WATCHER_NEVER;
	w->said_when = w->said_condition = w->mirrored = EXPR_UNKNOWN;
	if (rule->times > 1) {
		w->times_us = mem_array((size_t)rule->times, sizeof(*w->times_us));
		for (int i = 0; i < rule->times; i++)
			w->times_us[i] = WATCHER_NEVER;
	}
	return w;
}

static bool has_all(const struct rule *rule, const struct device *device, const struct point_table *table)
{
	for (size_t i = 0; i < rule->needs_count; i++)
		if (!point_of(table, device, rule->needs[i]))
			return false;
	return true;
}

/* More points, each once. */
static void add_inputs(struct watcher *w, const uint32_t *points, size_t count)
{
	if (!w->inputs) {
		w->inputs = points;
		w->input_count = count;
		return;
	}
	if (!w->merged) {
		w->merged = mem_array(w->input_count + count, sizeof(*w->merged));
		memcpy(w->merged, w->inputs, w->input_count * sizeof(*w->merged));
	} else {
		w->merged = mem_realloc(w->merged, w->input_count + count, sizeof(*w->merged));
	}
	for (size_t i = 0; i < count; i++) {
		size_t at = 0;

		while (at < w->input_count && w->merged[at] != points[i])
			at++;
		w->merged[at] = points[i];
		w->input_count += at == w->input_count;
	}
	w->inputs = w->merged;
}

static void find_inputs(struct watcher *w, const struct point_table *table)
{
	const uint32_t *points;
	size_t count;

	if (w->binding) {
		points = expr_binding_points(w->binding, &count);
		add_inputs(w, points, count);
	}
	if (w->entrapment) {
		points = entrapment_points(w->entrapment, &count);
		add_inputs(w, points, count);
	}
	w->reads_states = w->binding && expr_binding_reads_link(w->binding);
	for (size_t i = 0; i < w->input_count; i++)
		if (point_is_event(table->points[w->inputs[i]].spec) &&
		    (!w->binding || expr_binding_hears(w->binding, w->inputs[i])))
			w->reads_events = true;
		else
			w->reads_states = true;
	/* These decide nothing of the condition. */
	if (w->excuse) {
		points = expr_binding_points(w->excuse, &count);
		add_inputs(w, points, count);
	}
	if (w->mirror) {
		points = expr_binding_points(w->mirror, &count);
		add_inputs(w, points, count);
	}
}

struct watcher *watcher_new(const struct rule *rule, const struct device *device, const struct point_table *table)
{
	struct expr_binding *binding = NULL;
	struct entrapment *entrapment = NULL;
	struct watcher *w;

	if (rule->expr && has_all(rule, device, table))
		expr_binding_new(rule->expr, table, device, &binding);
	if (rule->condition == RULE_CONDITION_ENTRAPMENT)
		entrapment = entrapment_new(rule, device, table);
	if (!binding && !entrapment)
		return NULL;
	w = born(rule, device->id);
	w->device = w->subject = device;
	w->binding = binding;
	w->entrapment = entrapment;
	if (rule->excuse && !rule->life_safety)
		expr_binding_new(rule->excuse, table, device, &w->excuse);
	if (rule->mirror)
		expr_binding_new(rule->mirror, table, device, &w->mirror);
	find_inputs(w, table);
	return w;
}

struct watcher *watcher_new_told(const struct rule *rule, const char *asset)
{
	struct watcher *w = born(rule, asset);

	w->told = MEM_NEW(struct watcher_told);
	w->told->asset = mem_strdup(asset);
	w->reads_states = true;
	return w;
}
