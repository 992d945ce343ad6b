#include "api/rules_care.h"

#include <stdio.h>

#include "api/allow.h"
#include "base/clock.h"
#include "base/str.h"
#include "care/care.h"
#include "care/verdict.h"

#define SENTENCE_MAX 512

static int find_rule(const char *id)
{
	for (int rule = 0; rule < CONCERN_RULES; rule++)
		if (str_equal(concern_rule_id((enum concern_rule)rule), id))
			return rule;
	return -1;
}

/* ---- what is known ---- */

struct sentence {
	char zh[SENTENCE_MAX], en[SENTENCE_MAX];
};

static void say_quiet(const struct home *h, const struct rhythm_limit *limit, struct sentence *to)
{
	char against[RHYTHM_TEXT], may[VERDICT_SPAN], is[VERDICT_SPAN];
	int64_t since_us = h->state.rhythm.since_us;

	if (!home_view_counts(&h->view) || !since_us || limit->limit_us == INT64_MAX) {
		snprintf(to->zh, sizeof(to->zh), "已了解%u天；现在不判断安静：没有室内动静，或推定外出", limit->days);
		snprintf(to->en, sizeof(to->en),
			 "%u days are known; no quiet is judged now: no sign inside yet, or nobody is thought to be in",
			 limit->days);
		return;
	}
	snprintf(to->zh, sizeof(to->zh), "已了解%u天；%s；现在安静超过%s才算异常，已安静%s", limit->days,
		 rhythm_against_zh(limit, against), verdict_span_zh(limit->limit_us, may),
		 verdict_span_zh(clock_mono_us() - since_us, is));
	snprintf(to->en, sizeof(to->en), "%u days are known; %s; a quiet may last %s now, this one has lasted %s",
		 limit->days, rhythm_against_en(limit, against), verdict_span_en(limit->limit_us, may),
		 verdict_span_en(clock_mono_us() - since_us, is));
}

static void say_visits(const struct home *h, struct sentence *to)
{
	int every = visit_every_days(&h->concern, &h->settings);
	char day[CLOCK_ISO_MAX];

	clock_format_iso(h->state.visit.met_us ? h->state.visit.met_us : h->state.visit.since_us, day);
	snprintf(to->zh, sizeof(to->zh), "每%d天巡访一次；%s %.10s", every,
		 h->state.visit.met_us ? "上次见面" : "登记于", day);
	snprintf(to->en, sizeof(to->en), "a visit every %d days; %s %.10s", every,
		 h->state.visit.met_us ? "last seen in person on" : "asked for since", day);
}

static void say_days(const struct rhythm_limit *limit, struct sentence *to)
{
	snprintf(to->zh, sizeof(to->zh), "已了解这户%u天的作息", limit->days);
	snprintf(to->en, sizeof(to->en), "%u days of this dwelling are known", limit->days);
}

static json_t *learned(const struct home *h, int rule)
{
	struct home_view view = h->view;
	struct rhythm_limit limit;
	struct clock_calendar c;
	struct sentence said;

	view.now.at = clock_now();
	if (view.now.minute >= 0) {
		clock_calendar(view.now.at.wall_us, &c);
		view.now.minute = c.hour * 60 + c.minute;
	}
	rhythm_limit(&h->state.rhythm, &view, &limit);
	if (rule == CONCERN_WELFARE)
		say_quiet(h, &limit, &said);
	else if (rule == CONCERN_VISIT)
		say_visits(h, &said);
	else
		say_days(&limit, &said);
	return json_pack("{s:s, s:s}", "zh", said.zh, "en", said.en);
}

static json_t *figure(const struct settings_row *row, double value)
{
	char text[STR_DURATION_MAX];

	if (row->kind == SETTINGS_DURATION)
		str_from_duration((int64_t)value, text);
	else if (row->kind == SETTINGS_TIME_OF_DAY)
		snprintf(text, sizeof(text), "%02d:%02d", (int)value / 60, (int)value % 60);
	else
		snprintf(text, sizeof(text), "%g", value);
	return json_pack("{s:s, s:s, s:s?, s:s}", "name", row->name, "value", text, "unit", row->unit, "help",
			 row->help);
}

static json_t *figures(const struct home *h, int rule)
{
	json_t *list = json_array();

	for (int key = 0; key < SETTINGS_KEYS; key++)
		if ((int)settings_rows[key].rule == rule)
			json_array_append_new(list, figure(&settings_rows[key], h->settings.values[key]));
	return list;
}

/* ---- rows ---- */

static json_t *row_of(const struct call *x, const struct home *h, int rule)
{
	const struct evaluator *e = x->api->source->alarms(x->api->source->context);
	const char *id = concern_rule_id((enum concern_rule)rule);
	_cleanup_str_buf_ struct str_buf name = { 0 };
	const struct alarm *alarm;
	bool active;
	json_t *row;

	str_buf_printf(&name, "%s/%s", id, h->place);
	alarm = evaluator_find(e, name.text);
	active = h->told[rule].active;
	row = json_pack("{s:s s:s s:n s:s s:b s:b s:s s:[] s:n s:[] s:[]}", "rule", id, "asset", h->place, "when",
			"result", active ? "true" : "false", "active", active, "pending", !h->told[rule].known, "state",
			alarm ? alarm_state_name(alarm->state) : "normal", "rise", "delay", "inputs", "parts");
	if (alarm)
		json_object_set_new(row, "priority", json_integer(alarm->priority));
	json_object_set_new(row, "learned", learned(h, rule));
	json_object_set_new(row, "settings", figures(h, rule));
	return row;
}

json_t *rules_care_rows(struct call *x, const char *rule, const char *asset, size_t most)
{
	const struct api_source *source = x->api->source;
	const struct care *care = source->care ? source->care(source->context) : NULL;
	int number = find_rule(rule);
	json_t *list = json_array();

	for (size_t i = 0; care && number >= 0 && i < care_count(care) && json_array_size(list) < most; i++) {
		const struct home *h = care_home(care, i);

		if (!h->asleep && h->concern.rules & 1U << number && (!asset || str_equal(h->place, asset)) &&
		    party_knows(&x->by, h->place) && party_reads_homes(&x->by))
			json_array_append_new(list, row_of(x, h, number));
	}
	return list;
}
