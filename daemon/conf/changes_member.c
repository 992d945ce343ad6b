/* changes_member.c: see changes_member.h. One row of a table is one key. */
#include "conf/changes_member.h"

#include <inttypes.h>
#include <stddef.h>

#include "conf/build_rule.h"
#include "conf/conf.h"
#include "conf/schema.h"

enum kind { TEXT, INT, I64, U16, U8, BOOL, NUMBER, DURATION, SIZE, LEVEL, WRITTEN };

/* ---- what takes more than a member ---- */

static void bus_type(const void *row, struct str_buf *to)
{
	str_buf_add(to, bus_type_name(((const struct bus *)row)->type));
}

static void bus_port(const void *row, struct str_buf *to)
{
	const struct bus *b = row;

	if (b->type == BUS_RTU)
		str_buf_add(to, b->path);
	else
		str_buf_printf(to, "%u", b->port);
}

static void bus_parity(const void *row, struct str_buf *to)
{
	char parity = ((const struct bus *)row)->parity;

	if (parity)
		str_buf_add(to, parity == 'E' ? "even" : parity == 'O' ? "odd" : "none");
}

static void bus_rs485(const void *row, struct str_buf *to)
{
	static const char *const words[] = { "adapter", "rts-high", "rts-low" };

	str_buf_add(to, words[((const struct bus *)row)->rs485]);
}

static void bus_framing(const void *row, struct str_buf *to)
{
	str_buf_add(to, ((const struct bus *)row)->tcp_frames ? "tcp" : "rtu");
}

static void bus_registration(const void *row, struct str_buf *to)
{
	const struct bus *b = row;

	for (size_t i = 0; i < b->registration_len; i++)
		str_buf_printf(to, i == 0 ? "hex:%02x" : " %02x", b->registration[i]);
}

static void place_units(const void *row, struct str_buf *to)
{
	const struct place *p = row;

	for (size_t i = 0; i < p->unit_count; i++)
		str_buf_printf(to, "%s%s", i ? " " : "", p->units[i]);
}

static void device_bus(const void *row, struct str_buf *to)
{
	const struct device *d = row;

	str_buf_add(to, d->bus ? d->bus->id : "");
}

static void device_plugin(const void *row, struct str_buf *to)
{
	const struct device *d = row;

	str_buf_add(to, d->plugin ? d->plugin->id : "");
}

/* "class:tank" is the profile of devices that name a class. */
static void device_profile(const void *row, struct str_buf *to)
{
	const char *id = ((const struct device *)row)->profile->id;

	str_buf_add(to, strchr(id, ':') ? "" : id);
}

static void device_class(const void *row, struct str_buf *to)
{
	str_buf_add(to, ((const struct device *)row)->class->id);
}

static void device_tid(const void *row, struct str_buf *to)
{
	str_buf_add(to, ((const struct device *)row)->loose ? "loose" : "strict");
}

static void profile_class(const void *row, struct str_buf *to)
{
	str_buf_add(to, ((const struct profile *)row)->class->id);
}

static void rule_class(const void *row, struct str_buf *to)
{
	const struct rule *r = row;

	str_buf_add(to, r->class ? r->class->id : "");
}

static void rule_condition(const void *row, struct str_buf *to)
{
	static const char *const words[] = {
		[RULE_CONDITION_NONE] = "", [RULE_CONDITION_ENTRAPMENT] = "entrapment", [RULE_CONDITION_CARE] = "care"
	};

	str_buf_add(to, words[((const struct rule *)row)->condition]);
}

static void rule_settings(const void *row, struct str_buf *to)
{
	const struct rule *r = row;
	char text[BUILD_SETTINGS_TEXT];

	for (size_t i = 0; i < r->setting_count; i++)
		str_buf_printf(to, "%s%s %s", i ? ", " : "", r->settings[i].name,
			       build_settings_text(r->id, &r->settings[i], text));
}

static void write_ids(const char *const *ids, size_t count, struct str_buf *to)
{
	for (size_t i = 0; i < count; i++)
		str_buf_printf(to, "%s%s", i ? " " : "", ids[i]);
}

static void rule_needs(const void *row, struct str_buf *to)
{
	const struct rule *r = row;

	write_ids(r->needs, r->needs_count, to);
}

static void rule_inhibited_by(const void *row, struct str_buf *to)
{
	const struct rule *r = row;

	write_ids(r->inhibited_by, r->inhibited_by_count, to);
}

static void add_limit(const char *name, const char *value, struct str_buf *to)
{
	if (value)
		str_buf_printf(to, " %s %s", name, value);
}

/* "lift keep 365d, tank bytes 64MB" */
static void history_classes(const void *row, struct str_buf *to)
{
	const struct keeping *k = &((const struct conf_history *)row)->keeping;
	char text[STR_DURATION_MAX];

	for (size_t i = 0; i < k->class_count; i++) {
		const struct keeping_class *c = &k->classes[i];

		str_buf_printf(to, "%s%s", i ? ", " : "", c->class);
		add_limit("keep", c->keep_us ? str_from_duration(c->keep_us, text) : NULL, to);
		add_limit("keep_sums", c->keep_days_us ? str_from_duration(c->keep_days_us, text) : NULL, to);
		if (c->max_bytes)
			str_buf_printf(to, " bytes %" PRId64 "MB", c->max_bytes / SCHEMA_MB);
	}
}

/* "10m: 2, 30m: 1" */
static void rule_rise(const void *row, struct str_buf *to)
{
	const struct rule *r = row;
	char after[STR_DURATION_MAX];

	for (size_t i = 0; i < r->rise_count; i++)
		str_buf_printf(to, "%s%s: %d", i ? ", " : "", str_from_duration(r->rises[i].after_us, after),
			       r->rises[i].priority);
}

static void contact_duties(const void *row, struct str_buf *to)
{
	const struct contact *c = row;

	write_ids(c->duties, c->duty_count, to);
}

static void contact_places(const void *row, struct str_buf *to)
{
	const struct contact *c = row;

	write_ids(c->places, c->place_count, to);
}

static void contact_notifier(const void *row, struct str_buf *to)
{
	const struct contact *c = row;

	str_buf_add(to, c->notifier ? c->notifier->id : "");
}

static void contact_output_until(const void *row, struct str_buf *to)
{
	str_buf_add(to, ((const struct contact *)row)->output_stays ? "over" : "acked");
}

static void contact_cards(const void *row, struct str_buf *to)
{
	const struct contact *c = row;

	write_ids(c->cards, c->card_count, to);
}

static void contact_language(const void *row, struct str_buf *to)
{
	str_buf_add(to, ((const struct contact *)row)->english ? "en" : "zh");
}

/* "mon tue 08:00-18:00, holiday 10:00-12:00" */
static void contact_roster(const void *row, struct str_buf *to)
{
	static const char *const days[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat", "holiday" };
	const struct contact *c = row;

	for (size_t i = 0; i < c->span_count; i++) {
		const struct contact_span *s = &c->roster[i];

		str_buf_add(to, i ? ", " : "");
		for (size_t day = 0; day < ARRAY_SIZE(days); day++)
			if (s->days >> day & 1)
				str_buf_printf(to, "%s ", days[day]);
		str_buf_printf(to, "%02d:%02d-%02d:%02d", s->from_min / 60, s->from_min % 60, s->to_min / 60,
			       s->to_min % 60);
	}
}

static void write_day(int date, struct str_buf *to)
{
	str_buf_printf(to, "%04d-%02d-%02d", date / 10000, date / 100 % 100, date % 100);
}

static void holiday_from(const void *row, struct str_buf *to)
{
	write_day(((const struct contact_holiday *)row)->from, to);
}

static void holiday_until(const void *row, struct str_buf *to)
{
	write_day(((const struct contact_holiday *)row)->until, to);
}

static void holiday_as(const void *row, struct str_buf *to)
{
	static const char *const words[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat", "holiday" };

	str_buf_add(to, words[((const struct contact_holiday *)row)->as]);
}

static void holiday_places(const void *row, struct str_buf *to)
{
	const struct contact_holiday *h = row;

	write_ids(h->places, h->place_count, to);
}

/* "0s: desk siren, 15m: backup, 30m: priority 1, L1" */
static void ladder_steps(const void *row, struct str_buf *to)
{
	const struct ladder *l = row;
	char after[STR_DURATION_MAX];

	for (size_t i = 0; i < l->step_count; i++) {
		const struct ladder_step *s = &l->steps[i];

		str_buf_printf(to, "%s%s:%s ", i ? ", " : "",
			       s->after_us ? str_from_duration(s->after_us, after) : "0s", s->all ? " all" : "");
		write_ids(s->to, s->to_count, to);
		if (s->priority)
			str_buf_printf(to, "priority %d", s->priority);
		if (s->then)
			str_buf_printf(to, " then %s", s->then);
	}
}

static void profile_models(const void *row, struct str_buf *to)
{
	const struct profile *p = row;

	write_ids(p->models, p->model_count, to);
}

/* ---- the keys of each group ---- */

#define M(group, key, kind, member)                             \
	{                                                       \
		key, kind, offsetof(struct group, member), NULL \
	}
#define W(key, write)                  \
	{                              \
		key, WRITTEN, 0, write \
	}

/* clang-format off */
static const struct changes_member estate_members[] = {
	M(estate, "name", TEXT, name),
	M(estate, "timezone", TEXT, timezone),
	M(estate, "self_test", DURATION, self_test_us),
	{ 0 }
};

static const struct changes_member log_members[] = {
	M(conf_log, "level", LEVEL, plan.all),
	M(conf_log, "rooms.api", LEVEL, plan.rooms[LOG_ROOM_API]),
	M(conf_log, "rooms.app", LEVEL, plan.rooms[LOG_ROOM_APP]),
	M(conf_log, "rooms.field", LEVEL, plan.rooms[LOG_ROOM_FIELD]),
	M(conf_log, "rooms.plugin", LEVEL, plan.rooms[LOG_ROOM_PLUGIN]),
	M(conf_log, "rooms.store", LEVEL, plan.rooms[LOG_ROOM_STORE]),
	{ 0 }
};

static const struct changes_member outbox_members[] = {
	M(conf_outbox, "bytes", SIZE, bytes),
	M(conf_outbox, "age", DURATION, age_us),
	M(conf_outbox, "rate", INT, rate),
	M(conf_outbox, "ack_within", DURATION, ack_within_us),
	{ 0 }
};

static const struct changes_member web_members[] = {
	M(conf_web, "user", TEXT, user),
	{ 0 }
};

static const struct changes_member audit_members[] = {
	M(conf_audit, "age", DURATION, age_us),
	M(conf_audit, "rows", INT, rows),
	{ 0 }
};

static const struct changes_member history_members[] = {
	M(conf_history, "keep", DURATION, keeping.keep_us),
	M(conf_history, "keep_homes", DURATION, keeping.keep_homes_us),
	M(conf_history, "keep_sums", DURATION, keeping.keep_days_us),
	M(conf_history, "bytes", SIZE, keeping.max_bytes),
	W("classes", history_classes),
	{ 0 }
};

static const struct changes_member place_members[] = {
	M(place, "name", TEXT, name),
	M(place, "floors", INT, floors),
	W("units", place_units),
	{ 0 }
};

static const struct changes_member bus_members[] = {
	M(bus, "name", TEXT, name),
	W("type", bus_type),
	M(bus, "host", TEXT, host),
	W("port", bus_port),
	M(bus, "standby", TEXT, standby),
	M(bus, "standby_port", U16, standby_port),
	W("registration", bus_registration),
	W("framing", bus_framing),
	M(bus, "baud", INT, baud),
	W("parity", bus_parity),
	M(bus, "data_bits", INT, data_bits),
	M(bus, "stop_bits", INT, stop_bits),
	W("rs485", bus_rs485),
	M(bus, "rs485_before", DURATION, rs485_before_us),
	M(bus, "rs485_after", DURATION, rs485_after_us),
	M(bus, "timeout", DURATION, timeout_us),
	M(bus, "turnaround", DURATION, turnaround_us),
	M(bus, "pause_after_connect", DURATION, pause_after_connect_us),
	M(bus, "min_interval", DURATION, min_interval_us),
	M(bus, "idle_close", DURATION, idle_close_us),
	{ 0 }
};

static const struct changes_member plugin_members[] = {
	M(plugin, "program", TEXT, program),
	M(plugin, "options", TEXT, options_json),
	M(plugin, "max_age", DURATION, max_age_us),
	{ 0 }
};

static const struct changes_member device_members[] = {
	M(device, "name", TEXT, name),
	M(device, "place", TEXT, place),
	M(device, "room", TEXT, room),
	M(device, "entrance", BOOL, entrance),
	W("bus", device_bus),
	M(device, "unit", U8, unit),
	W("plugin", device_plugin),
	M(device, "address", TEXT, address),
	W("profile", device_profile),
	W("class", device_class),
	M(device, "max_age", DURATION, max_age_us),
	M(device, "max_registers", U16, max_registers),
	M(device, "max_bits", U16, max_bits),
	M(device, "late_bound", DURATION, late_bound_us),
	M(device, "min_interval", DURATION, min_interval_us),
	W("tid", device_tid),
	M(device, "writes", BOOL, writes),
	{ 0 }
};

static const struct changes_member profile_members[] = {
	W("class", profile_class),
	M(profile, "name", TEXT, name),
	W("models", profile_models),
	M(profile, "mask_write", BOOL, mask_write),
	{ 0 }
};

static const struct changes_member class_members[] = {
	{ 0 }
};

static const struct changes_member rule_members[] = {
	W("class", rule_class),
	M(rule, "device", TEXT, device),
	M(rule, "when", TEXT, when),
	W("needs", rule_needs),
	W("condition", rule_condition),
	W("settings", rule_settings),
	M(rule, "level_for", DURATION, level_for_us),
	M(rule, "between_for", DURATION, between_for_us),
	M(rule, "for", DURATION, for_us),
	M(rule, "off_for", DURATION, off_for_us),
	M(rule, "hysteresis", NUMBER, hysteresis),
	M(rule, "latch", BOOL, latch),
	M(rule, "times", INT, times),
	M(rule, "within", DURATION, within_us),
	M(rule, "realarm", DURATION, realarm_us),
	M(rule, "priority", INT, priority),
	W("rise", rule_rise),
	M(rule, "ladder", TEXT, ladder),
	M(rule, "silent", BOOL, silent),
	M(rule, "life_safety", BOOL, life_safety),
	W("inhibited_by", rule_inhibited_by),
	M(rule, "suppressed_when", TEXT, suppressed_when),
	M(rule, "acked_when", TEXT, acked_when),
	M(rule, "enabled", BOOL, enabled),
	M(rule, "text.zh", TEXT, text.zh),
	M(rule, "text.en", TEXT, text.en),
	M(rule, "guidance.zh", TEXT, guidance.zh),
	M(rule, "guidance.en", TEXT, guidance.en),
	{ 0 }
};

static const struct changes_member contact_members[] = {
	M(contact, "name", TEXT, name),
	W("duties", contact_duties),
	W("places", contact_places),
	W("notifier", contact_notifier),
	M(contact, "to", TEXT, to_json),
	M(contact, "output", TEXT, output),
	W("output_until", contact_output_until),
	M(contact, "button", TEXT, button),
	W("cards", contact_cards),
	M(contact, "phone", TEXT, phone),
	W("roster", contact_roster),
	M(contact, "rate", INT, rate),
	M(contact, "tests", BOOL, tests),
	W("language", contact_language),
	{ 0 }
};

static const struct changes_member holiday_members[] = {
	M(contact_holiday, "name", TEXT, name),
	W("from", holiday_from),
	W("until", holiday_until),
	W("as", holiday_as),
	W("places", holiday_places),
	{ 0 }
};

static const struct changes_member ladder_members[] = {
	W("steps", ladder_steps),
	M(ladder, "repeat", DURATION, repeat_us),
	{ 0 }
};

static const struct {
	const char *group;
	const struct changes_member *members;
} groups[] = {
	{ "contacts", contact_members },
	{ "holidays", holiday_members },
	{ "ladders", ladder_members },
	{ "log", log_members },
	{ "outbox", outbox_members },
	{ "web", web_members },
	{ "audit", audit_members },
	{ "history", history_members },
	{ "estate", estate_members },   { "places", place_members },     { "buses", bus_members },
	{ "plugins", plugin_members },  { "devices", device_members },   { "profiles", profile_members },
	{ "classes", class_members },   { "rules", rule_members },
};
/* clang-format on */

const struct changes_member *changes_member_list(const char *group)
{
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		if (str_equal(groups[i].group, group))
			return groups[i].members;
	return NULL;
}

/* A duration that was not said is not 0s. */
static void write_duration(int64_t us, struct str_buf *to)
{
	char text[STR_DURATION_MAX];

	str_buf_add(to, us ? str_from_duration(us, text) : "0s");
}

void changes_member_write(const struct changes_member *m, const void *row, struct str_buf *to)
{
	const void *at = (const char *)row + m->offset;
	char text[STR_DOUBLE_MAX];

	switch ((enum kind)m->kind) {
	case TEXT: str_buf_add(to, *(const char *const *)at ? *(const char *const *)at : ""); break;
	case INT: str_buf_printf(to, "%d", *(const int *)at); break;
	case I64: str_buf_printf(to, "%" PRId64, *(const int64_t *)at); break;
	case U16: str_buf_printf(to, "%u", *(const uint16_t *)at); break;
	case U8: str_buf_printf(to, "%u", *(const uint8_t *)at); break;
	case BOOL: str_buf_add(to, *(const bool *)at ? "true" : "false"); break;
	case NUMBER: str_buf_add(to, str_from_double(*(const double *)at, text)); break;
	case SIZE: str_buf_printf(to, "%" PRId64 "MB", *(const int64_t *)at / SCHEMA_MB); break;
	case DURATION: write_duration(*(const int64_t *)at, to); break;
	case LEVEL:
		if (*(const enum log_level *)at) /* 0: as all */
			str_buf_add(to, logid_level_name(*(const enum log_level *)at));
		break;
	case WRITTEN: m->write(row, to); break;
	}
}
