#include "alarm/watcher_say.h"

#include <string.h>

#include "alarm/alarm_text.h"
#include "base/mem.h"
#include "base/str.h"

/* Why the condition holds, in words; NULL where its readings say it. */
struct why {
	char *zh, *en;
};

static void why_fini(struct why *why)
{
	free(why->zh);
	free(why->en);
}

static void replace(char **slot, char *text)
{
	free(*slot);
	*slot = text;
}

/* Where there are two conditions: which of them raised. */
static void find_why(const struct watcher *w, int64_t now_us, struct why *ret_why)
{
	struct str_buf zh = { 0 }, en = { 0 };

	if (w->told) {
		ret_why->zh = mem_strdup(w->told->why_zh);
		ret_why->en = mem_strdup(w->told->why_en);
		return;
	}
	if (!w->entrapment)
		return;
	if (w->said_when == EXPR_TRUE) {
		str_buf_add(&zh, "监测板报告");
		str_buf_add(&en, "reported by its board");
	} else {
		entrapment_why(w->entrapment, now_us, &zh, &en);
	}
	ret_why->zh = str_buf_take(&zh);
	ret_why->en = str_buf_take(&en);
}

static char *reason_of(const struct watcher *w, const struct why *why)
{
	struct str_buf board = { 0 };

	if (!w->entrapment)
		return mem_strdup(w->told ? why->en : w->rule->when);
	if (w->said_when != EXPR_TRUE)
		return mem_strdup(why->en);
	str_buf_printf(&board, "board: %s", w->rule->when);
	return str_buf_take(&board);
}

static void fill_reason(const struct watcher_world *world, const struct watcher *w, const struct why *why)
{
	struct alarm_reason *reason = &w->alarm->reason;

	free(reason->when);
	*reason = (struct alarm_reason){ .when = reason_of(w, why) };
	for (size_t i = 0; i < MIN(w->input_count, (size_t)ALARM_INPUTS_MAX); i++) {
		const struct point *p = &world->table->points[w->inputs[i]];
		struct alarm_reading *input = &reason->inputs[reason->input_count++];

		memcpy(input->point, p->name, str_utf8_cut(p->name, sizeof(input->point) - 1));
		input->value = p->value;
		input->quality = p->quality;
		input->at_us = p->at_us;
	}
}

/* How much a reading tells a person. */
static int telling(const struct alarm_reading *r)
{
	if (r->quality != QUALITY_GOOD)
		return 0;
	return r->value.type == VALUE_NUMBER ? 3 : r->value.type == VALUE_TEXT ? 2 : 1;
}

/* The reading that {value} stands for: the first number that is known, else the first text, else what is known at all. */
static void choose_value(const struct watcher_world *world, const struct watcher *w, struct alarm_text_facts *f)
{
	const struct alarm_reason *reason = &w->alarm->reason;
	size_t best = 0;

	if (reason->input_count == 0)
		return;
	for (size_t i = reason->input_count; i-- > 0;)
		if (telling(&reason->inputs[i]) >= telling(&reason->inputs[best]))
			best = i;
	f->value = &reason->inputs[best].value;
	f->unit = world->table->points[w->inputs[best]].spec->unit;
}

/* What the rule says in this language, else in the other; else, for the text, its id and the device. */
static char *words(const struct watcher *w, const struct rule_text *t, const struct alarm_text_facts *f,
		   enum alarm_text_language l)
{
	const char *mine = l == ALARM_TEXT_ZH ? t->zh : t->en, *other = l == ALARM_TEXT_ZH ? t->en : t->zh;
	struct str_buf plain = { 0 };

	if (mine || other)
		return alarm_text_render(mine ? mine : other, l, f);
	if (t != &w->rule->text)
		return NULL;
	str_buf_printf(&plain, "%s: %s", w->rule->id, f->device);
	if (f->why)
		str_buf_printf(&plain, ": %s", f->why);
	return str_buf_take(&plain);
}

const char *watcher_say_place(const struct watcher_world *world, const char *path)
{
	for (size_t i = 0; i < world->place_count; i++)
		if (str_equal(world->places[i].id, path) && world->places[i].name)
			return world->places[i].name;
	return path;
}

static void append(char **slot, const struct str_buf *more)
{
	struct str_buf text = { 0 };

	if (!more->len)
		return;
	str_buf_add(&text, *slot ? *slot : "");
	str_buf_add(&text, str_buf_text(more));
	replace(slot, str_buf_take(&text));
}

/* What somebody else knows of it. */
static void add_more(const struct watcher_world *world, const struct watcher *w)
{
	_cleanup_str_buf_ struct str_buf zh = { 0 }, en = { 0 };

	world->more.add(world->more.context, w->rule, w->alarm, &zh, &en);
	append(&w->alarm->text_zh, &zh);
	append(&w->alarm->text_en, &en);
}

static void put_words(const struct watcher_world *world, const struct watcher *w, int64_t now_us, const struct why *why)
{
	struct alarm *a = w->alarm;
	struct alarm_text_facts f = {
		.device = w->device         ? w->device->name
			  : w->told->device ? w->told->device
					    : w->told->asset,
		.place = watcher_say_place(world, a->place),
		.age_us = now_us - w->since_us,
	};

	choose_value(world, w, &f);
	f.why = why->zh;
	replace(&a->text_zh, words(w, &w->rule->text, &f, ALARM_TEXT_ZH));
	replace(&a->guidance_zh, words(w, &w->rule->guidance, &f, ALARM_TEXT_ZH));
	f.why = why->en;
	replace(&a->text_en, words(w, &w->rule->text, &f, ALARM_TEXT_EN));
	replace(&a->guidance_en, words(w, &w->rule->guidance, &f, ALARM_TEXT_EN));
	if (world->more.add)
		add_more(world, w);
}

void watcher_say(const struct watcher_world *world, const struct watcher *w, int64_t now_us)
{
	_cleanup_(why_fini) struct why why = { 0 };

	find_why(w, now_us, &why);
	fill_reason(world, w, &why);
	put_words(world, w, now_us, &why);
}

void watcher_say_again(const struct watcher_world *world, const struct watcher *w, int64_t now_us)
{
	_cleanup_(why_fini) struct why why = { 0 };

	find_why(w, now_us, &why);
	put_words(world, w, now_us, &why);
}
