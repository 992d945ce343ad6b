/* metrics.c: GET /metrics: the counters as Prometheus text. */
#include "api/measures.h"
#include "api/overview.h"
#include "api/stream.h"
#include "base/mem.h"
#include "base/str.h"

#define ROWS_MAX 1024

struct family {
	const char *name, *type, *help;
};

static void begin(struct str_buf *to, const struct family *f)
{
	str_buf_printf(to, "# HELP estated_%s %s\n# TYPE estated_%s %s\n", f->name, f->help, f->name, f->type);
}

static void plain(struct str_buf *to, const struct family *f, double value)
{
	char text[STR_DOUBLE_MAX];

	begin(to, f);
	str_buf_printf(to, "estated_%s %s\n", f->name, str_from_double(value, text));
}

/* name{label="value"} n. Labels are ids of the configuration and words of our own: nothing to escape. */
static void labelled(struct str_buf *to, const char *name, const char *label, uint64_t value)
{
	str_buf_printf(to, "estated_%s{%s} %llu\n", name, label, (unsigned long long)value);
}

static void state_families(struct str_buf *to, const struct overview *o)
{
	char label[64];

	begin(to, &(struct family){ "points", "gauge", "points by quality" });
	for (int q = 0; q < OVERVIEW_QUALITIES; q++) {
		snprintf(label, sizeof(label), "quality=\"%s\"", value_quality_name((enum quality)q));
		labelled(to, "points", label, o->quality[q]);
	}
	begin(to, &(struct family){ "alarms", "gauge", "alarms by state" });
	for (int s = ALARM_UNACKED; s < OVERVIEW_STATES; s++) {
		snprintf(label, sizeof(label), "state=\"%s\"", alarm_state_name((enum alarm_state)s));
		labelled(to, "alarms", label, o->state[s]);
	}
	begin(to, &(struct family){ "alarms_standing", "gauge", "standing alarms by priority" });
	for (int p = 1; p <= 4; p++) {
		snprintf(label, sizeof(label), "priority=\"%d\"", p);
		labelled(to, "alarms_standing", label, o->priority[p]);
	}
}

static void bus_families(struct str_buf *to, const struct api_source *source)
{
	static const struct family families[] = {
		{ "bus_up", "gauge", "1: the bus answers" },
		{ "bus_requests_total", "counter", "requests sent" },
		{ "bus_answers_total", "counter", "good answers" },
		{ "bus_timeouts_total", "counter", "requests without an answer in time" },
		{ "bus_bad_answers_total", "counter", "answers thrown away: CRC, mismatch, late" },
		{ "bus_exceptions_total", "counter", "Modbus exceptions" },
		{ "bus_skipped_total", "counter", "turns of requests that there was no time for" },
		{ "bus_lag_milliseconds", "gauge", "how late the most overdue request is" },
	};
	_cleanup_(freep) void *room = mem_array(ROWS_MAX, sizeof(struct status_bus));
	const struct status_bus *buses = room;
	size_t count = source->buses(source->context, room, ROWS_MAX);
	char label[96];

	for (size_t f = 0; f < ARRAY_SIZE(families); f++) {
		begin(to, &families[f]);
		for (size_t i = 0; i < count; i++) {
			const struct status_bus *b = &buses[i];
			uint64_t values[] = { str_equal(b->state, "up"),
					      b->requests,
					      b->answers,
					      b->timeouts,
					      b->crc_errors + b->mismatches + b->late,
					      b->exceptions,
					      b->skipped,
					      (uint64_t)(b->lag_us / MS) };

			snprintf(label, sizeof(label), "bus=\"%s\"", b->id);
			labelled(to, families[f].name, label, values[f]);
		}
	}
}

static void plugin_families(struct str_buf *to, const struct api_source *source)
{
	static const struct family families[] = {
		{ "plugin_up", "gauge", "1: the plugin runs and is healthy" },
		{ "plugin_restarts_total", "counter", "restarts" },
		{ "plugin_messages_in_total", "counter", "messages from the plugin" },
		{ "plugin_messages_out_total", "counter", "messages to the plugin" },
		{ "plugin_bad_lines_total", "counter", "lines that were no message" },
	};
	_cleanup_(freep) void *room = mem_array(ROWS_MAX, sizeof(struct status_plugin));
	const struct status_plugin *plugins = room;
	size_t count = source->plugins(source->context, room, ROWS_MAX);
	char label[96];

	for (size_t f = 0; f < ARRAY_SIZE(families); f++) {
		begin(to, &families[f]);
		for (size_t i = 0; i < count; i++) {
			const struct status_plugin *p = &plugins[i];
			uint64_t values[] = { str_equal(p->state, "up"), p->restarts, p->messages_in, p->messages_out,
					      p->bad_lines };

			snprintf(label, sizeof(label), "plugin=\"%s\"", p->id);
			labelled(to, families[f].name, label, values[f]);
		}
	}
}

static void outbox_families(struct str_buf *to, const struct api_source *source)
{
	static const struct family families[] = {
		{ "outbox_pending", "gauge", "messages not delivered yet" },
		{ "outbox_bytes", "gauge", "their size" },
		{ "outbox_delivered_total", "counter", "messages delivered" },
	};
	_cleanup_(freep) void *room = mem_array(ROWS_MAX, sizeof(struct status_outbox));
	const struct status_outbox *rows = room;
	size_t count = source->outbox(source->context, room, ROWS_MAX);
	char label[160];

	for (size_t f = 0; f < ARRAY_SIZE(families); f++) {
		begin(to, &families[f]);
		for (size_t i = 0; i < count; i++) {
			uint64_t values[] = { rows[i].pending, rows[i].bytes, rows[i].delivered };

			snprintf(label, sizeof(label), "uplink=\"%s\",lane=\"%s\"", rows[i].uplink, rows[i].lane);
			labelled(to, families[f].name, label, values[f]);
		}
	}
}

static void own_families(struct str_buf *to, const struct api *a, const struct overview *o)
{
	struct stream_counts streams = stream_counts(a->stream);
	const struct {
		struct family family;
		double value;
	} rows[] = {
		{ { "ready", "gauge", "1: every bus and plugin was heard once" }, o->ready },
		{ { "start_time_seconds", "gauge", "when it was started" }, (double)o->started_us / (double)S },
		{ { "readings_total", "counter", "readings applied" }, (double)o->readings },
		{ { "store_ok", "gauge", "1: the disk keeps up" }, o->store.ok },
		{ { "store_commits_total", "counter", "commits" }, (double)o->store.commits },
		{ { "store_failures_total", "counter", "commits that failed" }, (double)o->store.failures },
		{ { "history_rows_total", "counter", "history rows written" }, (double)o->store.history_rows },
		{ { "history_dropped_total", "counter", "history rows dropped" }, (double)o->store.history_dropped },
		{ { "api_connections", "gauge", "open connections" }, (double)conn_table_count(a->conns) },
		{ { "api_requests_total", "counter", "requests" }, (double)a->requests },
		{ { "api_refused_total", "counter", "connections refused" },
		  (double)conn_table_counts(a->conns).refused },
		{ { "api_streams", "gauge", "clients of the live stream" }, (double)streams.clients },
		{ { "api_streams_dropped_total", "counter", "streams dropped: too slow" }, (double)streams.dropped },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		plain(to, &rows[i].family, rows[i].value);
}

static void engine_counters(struct str_buf *to, const struct api_source *source)
{
	json_t *counters = source->counters ? source->counters(source->context) : NULL, *value;
	const char *name;

	if (!json_is_object(counters)) {
		json_decref(counters);
		return;
	}
	begin(to, &(struct family){ "engine", "untyped", "counters of the engine" });
	json_object_foreach(counters, name, value)
	{
		char text[STR_DOUBLE_MAX];

		if (json_is_number(value))
			str_buf_printf(to, "estated_engine{counter=\"%s\"} %s\n", name,
				       str_from_double(json_number_value(value), text));
	}
	json_decref(counters);
}

void metrics_get(struct call *x)
{
	struct str_buf text _cleanup_str_buf_ = { 0 };
	struct overview o;

	overview_read(x->api, &x->by, &o);
	own_families(&text, x->api, &o);
	state_families(&text, &o);
	bus_families(&text, x->api->source);
	plugin_families(&text, x->api->source);
	outbox_families(&text, x->api->source);
	measures_families(&text, x->api->source);
	engine_counters(&text, x->api->source);
	call_text(x, "text/plain; version=0.0.4; charset=utf-8", str_buf_text(&text));
}
