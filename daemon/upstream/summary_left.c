#include "upstream/summary_left.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/crc32.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/util.h"
#include "upstream/alarm_json.h"

#define ALARM_CLASS "alarm_class"
#define SUM_MAX     9

static const char *text_of(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	return text ? text : "";
}

static void sum_of(const json_t *figures, char sum[SUM_MAX])
{
	_cleanup_(freep) char *text = alarm_json_text(figures);

	snprintf(sum, SUM_MAX, "%08" PRIx32, crc32_add(0, text, strlen(text)));
}

static json_t *time_of(int64_t wall_us)
{
	char iso[CLOCK_ISO_MAX];

	return json_string(clock_format_iso(wall_us, iso));
}

/* Takes revision. */
static json_t *message(const struct summary_span *span, const json_t *row, json_t *revision)
{
	json_t *m = json_object();

	json_object_set_new(m, "period", json_string(summary_span_name(span->period)));
	json_object_set_new(m, "from", time_of(span->from_us));
	json_object_set_new(m, "to", time_of(span->to_us));
	json_object_set(m, "scope", json_object_get(row, "scope"));
	json_object_set(m, "of", json_object_get(row, "of"));
	json_object_set_new(m, "revision", revision);
	json_object_set(m, "figures", json_object_get(row, "figures"));
	if (json_object_get(row, "home"))
		json_object_set(m, "home", json_object_get(row, "home"));
	return m;
}

static void name_row(const json_t *row, struct str_buf *to)
{
	str_buf_printf(to, "%s/%s", text_of(row, "scope"), text_of(row, "of"));
}

struct comparison {
	const struct summary_span *span;
	json_t *left, *messages;
	bool begun, nothing; /* something of the span has left, or was to; nothing is to leave */
	int64_t gone_us;     /* 0: all is known */
};

/* The revision that leaves now; negative: none does. */
static json_int_t next_revision(const struct comparison *c, const json_t *entry, const char *sum, bool may_begin)
{
	json_int_t next = entry ? json_integer_value(json_array_get(entry, 0)) + 1 : 0;

	if (entry ? str_equal(json_string_value(json_array_get(entry, 1)), sum) : !may_begin)
		return -1;
	return MAX(next, (json_int_t)(c->gone_us / MINUTE));
}

/* Made of less than what has left. */
static bool is_poorer(const json_t *row, const json_t *entry)
{
	return entry && (json_object_get(row, "cut") || json_integer_value(json_object_get(row, "samples")) <
								json_integer_value(json_array_get(entry, 2)));
}

static json_t *entry_of(const json_t *row, json_int_t revision, const char *sum)
{
	json_t *entry = json_pack("[Is]", revision, sum), *samples = json_object_get(row, "samples");

	if (samples)
		json_array_append(entry, samples);
	return entry;
}

static void compare_row(struct comparison *c, const json_t *row)
{
	bool may_begin = !c->begun || (!c->nothing && str_equal(text_of(row, "scope"), ALARM_CLASS));
	_cleanup_str_buf_ struct str_buf key = { 0 };
	json_int_t revision;
	json_t *entry, *leaves;
	char sum[SUM_MAX];

	name_row(row, &key);
	sum_of(json_object_get(row, "figures"), sum);
	entry = json_object_get(c->left, key.text);
	revision = next_revision(c, entry, sum, may_begin);
	if (revision < 0 || is_poorer(row, entry))
		return;
	leaves = message(c->span, row, json_integer(revision));
	if (c->gone_us)
		json_object_set_new(leaves, "restored", time_of(c->gone_us));
	json_array_append_new(c->messages, leaves);
	json_object_set_new(c->left, key.text, entry_of(row, revision, sum));
}

/* NULL: nothing, or what is damaged: it is begun anew rather than never told. */
static json_t *load(const char *left)
{
	json_t *object = left ? json_loads(left, 0, NULL) : NULL;

	if (json_is_object(object))
		return object;
	json_decref(object);
	return NULL;
}

void summary_left_compare(const struct summary_span *span, const struct summary_left_known *known, const json_t *rows,
			  struct summary_left *ret_left)
{
	struct comparison c = { .span = span, .left = load(known->text), .messages = json_array() };
	const json_t *row;
	size_t i;

	c.begun = c.left != NULL;
	c.nothing = c.begun && json_object_size(c.left) == 0;
	c.gone_us = span->from_us < known->gone_us ? known->gone_us : 0;
	if (!c.left)
		c.left = json_object();
	json_array_foreach(rows, i, row) compare_row(&c, row);
	ret_left->messages = c.messages;
	ret_left->text = json_dumps(c.left, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(c.left);
}

json_t *summary_left_show(const struct summary_span *span, const char *left, const json_t *rows)
{
	json_t *object = load(left), *shown = json_array();
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		_cleanup_str_buf_ struct str_buf key = { 0 };
		json_t *revision;

		name_row(row, &key);
		revision = json_array_get(json_object_get(object, key.text), 0);
		json_array_append_new(shown, message(span, row, revision ? json_incref(revision) : json_null()));
	}
	json_decref(object);
	return shown;
}

void summary_left_fini(struct summary_left *l)
{
	json_decref(l->messages);
	free(l->text);
	*l = (struct summary_left){ 0 };
}

void summary_left_rules(const char *left, void (*rule)(void *context, const char *rule), void *context)
{
	static const char prefix[] = ALARM_CLASS "/";
	json_t *object = load(left), *value;
	const char *key;

	json_object_foreach(object, key, value) if (str_starts(key, prefix)) rule(context, key + strlen(prefix));
	json_decref(object);
}
