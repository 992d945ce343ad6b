#include "api/measures.h"

#include "base/str.h"

static bool read_report(const struct api_source *source, struct burden_report *ret_report)
{
	if (!source->burden)
		return false;
	source->burden(source->context, ret_report);
	return true;
}

/* Shares to four digits: more is noise. */
static double rounded(double value)
{
	return (double)(int64_t)(value * 10000 + 0.5) / 10000;
}

static json_t *measure_row(const struct burden_report *r, size_t i)
{
	const struct burden_measure *m = &burden_measures[i];
	json_t *row = json_pack("{s:s, s:n, s:f, s:s, s:n}", "measure", m->name, "value", "target", m->target, "bound",
				m->at_least ? "at_least" : "at_most", "met");
	double value;

	if (burden_value(r, i, &value)) {
		json_object_set_new(row, "value", json_real(rounded(value)));
		json_object_set_new(row, "met", json_boolean(burden_met(i, value)));
	}
	return row;
}

static json_t *sources_of(const struct burden_report *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->top_count; i++)
		json_array_append_new(list, json_pack("{s:s, s:I, s:f}", "alarm", r->top[i].alarm, "count",
						      (json_int_t)r->top[i].count, "share",
						      rounded((double)r->top[i].count / (double)r->told)));
	return list;
}

void measures_get(struct call *x)
{
	struct burden_report r;
	json_t *measures, *answer;

	if (!read_report(x->api->source, &r)) {
		call_error(x, (struct call_problem){ 503, NULL }, "nobody measures the alarms here");
		return;
	}
	measures = json_array();
	for (size_t i = 0; i < BURDEN_MEASURES; i++)
		json_array_append_new(measures, measure_row(&r, i));
	answer = json_pack("{s:I, s:I, s:I, s:I, s:o, s:o}", "over_s", (json_int_t)(r.over_us / S), "alarms",
			   (json_int_t)r.told, "last_10min", (json_int_t)r.last, "peak_10min", (json_int_t)r.peak,
			   "measures", measures, "sources", sources_of(&r));
	call_json(x, answer);
}

static void family(struct str_buf *to, const char *name, const char *help)
{
	str_buf_printf(to, "# HELP estated_alarm_%s %s\n# TYPE estated_alarm_%s gauge\n", name, help, name);
}

static void sample(struct str_buf *to, const char *name, double value)
{
	char text[STR_DOUBLE_MAX];

	str_buf_printf(to, "estated_alarm_%s %s\n", name, str_from_double(value, text));
}

void measures_families(struct str_buf *to, const struct api_source *source)
{
	struct burden_report r;
	double value;

	if (!read_report(source, &r))
		return;
	for (size_t i = 0; i < BURDEN_MEASURES; i++) {
		const struct burden_measure *m = &burden_measures[i];

		if (!burden_value(&r, i, &value))
			continue;
		family(to, m->name, m->help);
		sample(to, m->name, value);
	}
	family(to, "peak_10min", "the most alarms told in ten minutes of the last seven days");
	sample(to, "peak_10min", r.peak);
	family(to, "source_told", "alarms told in the last seven days by the ten sources that told most");
	/* Rule, asset: ids of the configuration, nothing to escape. */
	for (size_t i = 0; i < r.top_count; i++)
		str_buf_printf(to, "estated_alarm_source_told{alarm=\"%s\"} %u\n", r.top[i].alarm, r.top[i].count);
}
