/* sim_command.c: see sim_command.h. Commands are rows; a line whose first word is the name of an
 * asset goes to that asset. */
#include "sim_command.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "sim_mqtt.h"
#include "sim_slave.h"
#include "sim_world.h"

#define GET_MAX 2000

/* A slave, or one unit of it. */
struct target {
	struct sim_slave *slave;
	struct sim_unit *unit; /* NULL: the whole slave */
};

struct command {
	const char *name, *usage;
	json_t *(*run)(struct sim_world *w, const struct sim_words *words);
};

static struct sim_unit *unit_named(const struct sim_world *w, const char *name)
{
	const struct sim_asset *asset = map_find(w->assets, name);

	for (size_t i = 0; asset && i < w->slave_count; i++)
		for (size_t j = 0; j < w->slaves[i]->unit_count; j++)
			if (&w->slaves[i]->units[j]->asset == asset)
				return w->slaves[i]->units[j];
	return NULL;
}

/* NULL, or the answer that says what was expected. */
static json_t *target_parse(struct sim_world *w, const char *word, struct target *ret_target)
{
	_cleanup_(freep) char *slave = NULL;
	const char *colon = word ? strchr(word, ':') : NULL;
	struct target t = { 0 };
	uint16_t unit;

	if (!word)
		return sim_out_error("no target: expected SLAVE, SLAVE:UNIT or the name of a unit");
	slave = colon ? mem_strndup(word, (size_t)(colon - word)) : mem_strdup(word);
	t.slave = sim_world_find_slave(w, slave);
	if (!t.slave && !colon) {
		t.unit = unit_named(w, word);
		t.slave = t.unit ? t.unit->slave : NULL;
	}
	if (!t.slave)
		return sim_out_error("'%s': expected SLAVE, SLAVE:UNIT or the name of a unit", word);
	if (colon) {
		if (str_to_u16(colon + 1, &unit) < 0 || unit > 255 || !t.slave->by_id[unit])
			return sim_out_error("'%s': expected a unit number that '%s' has", word, slave);
		t.unit = t.slave->by_id[unit];
	}
	*ret_target = t;
	return NULL;
}

/* Target with a unit, table and address at words 1, 2, 3. */
static json_t *cell_parse(struct sim_world *w, const struct sim_words *words, struct target *ret_target,
			  struct sim_span *ret_span)
{
	json_t *error = target_parse(w, sim_words_at(words, 1), ret_target);
	const char *table = sim_words_at(words, 2);
	int64_t at;
	int t = 0;

	if (error)
		return error;
	if (!ret_target->unit)
		return sim_out_error("'%s': expected one unit: SLAVE:UNIT or its name", words->word[1]);
	while (t < SIM_TABLES && !str_equal(sim_bank_tables[t], table))
		t++;
	if (t == SIM_TABLES)
		return sim_out_error("'%s': expected coil, discrete, input or holding", table ? table : "");
	if (sim_words_int(words, 3, (struct sim_words_range){ 0, 65535 }, &at) < 0)
		return sim_out_error("address: expected 0..65535");
	*ret_span = (struct sim_span){ (enum sim_table)t, (uint32_t)at, 1 };
	if (!sim_bank_has(&ret_target->unit->bank, *ret_span))
		return sim_out_error("%s %d: expected an address that the unit has", table, (int)at);
	return NULL;
}

static json_t *flap(const struct target *t, const struct sim_fault_order *o)
{
	/* A line has no "accept and close": it goes away for a while. */
	bool for_a_while = o->fault.arg || t->slave->framing == SIM_FRAMING_RTU;

	if (!for_a_while)
		sim_fault_set(&t->slave->faults, o);
	t->slave->transport->flap(t->slave->wire, o->fault.arg * MS);
	return sim_out_ok();
}

static json_t *clear_faults(struct sim_faults *f, const char *kind)
{
	int number = kind ? sim_fault_find(kind) : 0;

	if (number < 0)
		return sim_out_error("ok: '%s': expected the name of a fault, or nothing for all", kind);
	if (kind)
		sim_fault_end(f, (enum sim_fault_kind)number);
	else
		sim_fault_clear(f);
	return sim_out_ok();
}

static json_t *run_fault(struct sim_world *w, const struct sim_words *words)
{
	struct sim_fault_order order;
	struct target t;
	json_t *error = target_parse(w, sim_words_at(words, 1), &t);
	struct sim_faults *faults;
	int where;

	if (error)
		return error;
	faults = t.unit ? &t.unit->faults : &t.slave->faults;
	if (str_equal(sim_words_at(words, 2), "ok"))
		return clear_faults(faults, sim_words_at(words, 3));
	error = sim_fault_parse(words, sim_world_now_us(w), &order);
	if (error)
		return error;
	where = t.slave->framing == SIM_FRAMING_TCP ? SIM_FAULT_TCP : SIM_FAULT_RTU;
	if (!(sim_fault_rows[order.kind].where & where))
		return sim_out_error("%s: expected a slave that speaks %s", words->word[2],
				     where == SIM_FAULT_TCP ? "RTU" : "TCP");
	if (t.unit && sim_fault_rows[order.kind].slave_only)
		return sim_out_error("%s: expected a slave, not one unit", words->word[2]);
	if (order.kind == SIM_FAULT_FLAP)
		return flap(&t, &order);
	sim_fault_set(faults, &order);
	return sim_out_ok();
}

static void describe_faults(const struct sim_faults *f, const char *name, json_t *into)
{
	if (f->on)
		json_object_set_new(into, name, sim_fault_describe(f, sim_world_now_us(NULL)));
}

static json_t *run_faults(struct sim_world *w, const struct sim_words *words)
{
	json_t *reply = sim_out_ok(), *all = json_object();
	char name[96];

	(void)words;
	for (size_t i = 0; i < w->slave_count; i++) {
		const struct sim_slave *s = w->slaves[i];

		describe_faults(&s->faults, s->id, all);
		for (size_t j = 0; j < s->unit_count; j++) {
			snprintf(name, sizeof(name), "%s:%u", s->id, s->units[j]->id);
			describe_faults(&s->units[j]->faults, name, all);
		}
	}
	json_object_set_new(reply, "faults", all);
	return reply;
}

/* "f32 23.5": one typed value, in the order abcd. */
static json_t *set_typed(struct sim_unit *u, const struct sim_span *at, const struct sim_words *words)
{
	static const char *const types[] = { "u16", "i16", "u32", "i32", "f32" };
	struct sim_cell cell = { .span = *at, .order = "abcd" };
	const char *word = sim_words_at(words, 5);
	size_t type = 0;
	double value;

	while (type < ARRAY_SIZE(types) && !str_equal(types[type], words->word[4]))
		type++;
	if (type == ARRAY_SIZE(types))
		return sim_out_error(
			"'%s': expected numbers 0..65535, or u16, i16, u32, i32, f32 and a number, or auto",
			words->word[4]);
	cell.type = (enum sim_type)type;
	cell.span.count = sim_bank_width(cell.type);
	if (sim_bank_is_bits(at->table) || !sim_bank_has(&u->bank, cell.span))
		return sim_out_error("%s: expected %u registers that exist", types[type], cell.span.count);
	if (!word || str_to_double(word, &value) < 0)
		return sim_out_error("%s: expected a number", types[type]);
	sim_bank_set_cell(&u->bank, &cell, value);
	return sim_out_ok();
}

static json_t *run_set(struct sim_world *w, const struct sim_words *words)
{
	struct target t;
	struct sim_span at;
	json_t *error = cell_parse(w, words, &t, &at);
	int64_t value;

	if (error)
		return error;
	at.count = (uint32_t)words->count - 4;
	if (!at.count)
		return sim_out_error("set: expected SLAVE:UNIT TABLE ADDRESS VALUE …");
	if (str_equal(words->word[4], "auto")) {
		at.count = 1;
		sim_bank_release(&t.unit->bank, at);
		return sim_out_ok();
	}
	if (sim_words_int(words, 4, (struct sim_words_range){ INT64_MIN, INT64_MAX }, &value) < 0)
		return set_typed(t.unit, &at, words);
	if (!sim_bank_has(&t.unit->bank, at))
		return sim_out_error("set: expected %u addresses that exist", at.count);
	/* All or nothing. */
	for (size_t i = 4; i < words->count; i++)
		if (sim_words_int(words, i, (struct sim_words_range){ 0, 65535 }, &value) < 0)
			return sim_out_error("'%s': expected 0..65535", words->word[i]);
	for (size_t i = 4; i < words->count; i++) {
		sim_words_int(words, i, (struct sim_words_range){ 0, 65535 }, &value);
		sim_bank_set(&t.unit->bank, at.table, at.first + (uint32_t)i - 4, (uint16_t)value);
	}
	return sim_out_ok();
}

static json_t *run_get(struct sim_world *w, const struct sim_words *words)
{
	json_t *reply, *values;
	struct target t;
	struct sim_span at;
	int64_t count = 1;

	reply = cell_parse(w, words, &t, &at);
	if (reply)
		return reply;
	if (words->count > 4 && sim_words_int(words, 4, (struct sim_words_range){ 1, GET_MAX }, &count) < 0)
		return sim_out_error("get: expected a count, 1..%d", GET_MAX);
	at.count = (uint32_t)count;
	if (!sim_bank_has(&t.unit->bank, at))
		return sim_out_error("get: expected %u addresses that exist", at.count);
	sim_unit_refresh(t.unit, &at);
	values = json_array();
	for (uint32_t i = 0; i < at.count; i++)
		json_array_append_new(values, json_integer(sim_bank_get(&t.unit->bank, at.table, at.first + i)));
	reply = sim_out_ok();
	json_object_set_new(reply, "values", values);
	return reply;
}

static json_t *run_inject(struct sim_world *w, const struct sim_words *words)
{
	uint8_t bytes[SIM_WORDS_MAX];
	const char *bad;
	struct target t;
	json_t *error = target_parse(w, sim_words_at(words, 1), &t);
	int len = sim_words_bytes(words, 2, bytes, &bad);

	if (error)
		return error;
	if (len < 0 && *bad)
		return sim_out_error("inject: '%s': expected bytes such as f7 03 0a", bad);
	if (len < 0)
		return sim_out_error("inject: expected SLAVE and bytes such as f7 03 0a");
	return json_pack("{s:b, s:I}", "ok", 1, "clients",
			 (json_int_t)t.slave->transport->inject(t.slave->wire, bytes, (size_t)len));
}

static json_t *run_mqtt(struct sim_world *w, const struct sim_words *words)
{
	const char *how = sim_words_at(words, 1), *payload = sim_words_from(words, 3);
	json_t *reply;
	int r;

	if (!w->mqtt)
		return sim_out_error("mqtt: expected a scenario with mqtt: { … }");
	if (!how) {
		reply = sim_out_ok();
		json_object_set_new(reply, "mqtt", sim_mqtt_stats(w->mqtt));
		return reply;
	}
	if ((!str_equal(how, "raw") && !str_equal(how, "retained")) || words->count < 3)
		return sim_out_error("mqtt: expected raw TOPIC PAYLOAD, or retained TOPIC PAYLOAD");
	r = sim_mqtt_publish(w->mqtt,
			     &(struct sim_mqtt_message){ words->word[2], payload, str_equal(how, "retained") });
	if (r == -ENOTCONN)
		return sim_out_error("mqtt: expected a broker, and it does not answer");
	return r < 0 ? sim_out_error("mqtt: '%s': expected a topic without + and #", words->word[2]) : sim_out_ok();
}

static json_t *run_stats(struct sim_world *w, const struct sim_words *words)
{
	const char *word = sim_words_at(words, 1);
	json_t *reply, *slaves;
	struct target t = { 0 };

	if (word && !str_equal(word, "reset")) {
		reply = target_parse(w, word, &t);
		if (reply)
			return reply;
	}
	if (t.unit) {
		reply = sim_out_ok();
		json_object_set_new(reply, "unit", sim_unit_stats(t.unit));
		return reply;
	}
	slaves = json_object();
	for (size_t i = 0; i < w->slave_count; i++) {
		if (t.slave && t.slave != w->slaves[i])
			continue;
		json_object_set_new(slaves, w->slaves[i]->id, sim_slave_stats(w->slaves[i]));
		if (str_equal(word, "reset"))
			sim_slave_reset_stats(w->slaves[i]);
	}
	reply = sim_out_ok();
	json_object_set_new(reply, "slaves", slaves);
	if (w->mqtt)
		json_object_set_new(reply, "mqtt", sim_mqtt_stats(w->mqtt));
	return reply;
}

static json_t *run_requests(struct sim_world *w, const struct sim_words *words)
{
	int64_t max = 50;
	struct target t;
	json_t *reply = target_parse(w, sim_words_at(words, 1), &t);

	if (reply)
		return reply;
	if (words->count > 2 && sim_words_int(words, 2, (struct sim_words_range){ 1, SIM_SLAVE_LOG }, &max) < 0)
		return sim_out_error("requests: expected a count, 1..%d", SIM_SLAVE_LOG);
	reply = sim_out_ok();
	json_object_set_new(reply, "total", json_integer((json_int_t)t.slave->seen_total));
	json_object_set_new(reply, "requests", sim_slave_requests(t.slave, (size_t)max));
	return reply;
}

static json_t *run_assets(struct sim_world *w, const struct sim_words *words)
{
	json_t *reply = sim_out_ok(), *all = json_object();
	size_t position = 0;

	(void)words;
	for (struct sim_asset *a; (a = map_next(w->assets, &position));)
		json_object_set_new(all, a->name, sim_asset_help(a));
	json_object_set_new(reply, "assets", all);
	return reply;
}

static json_t *run_ping(struct sim_world *w, const struct sim_words *words)
{
	(void)words;
	return json_pack("{s:b, s:f}", "ok", 1, "up", (double)(sim_world_now_us(w) - w->start_us) / 1e6);
}

static json_t *run_stop(struct sim_world *w, const struct sim_words *words)
{
	(void)words;
	event_base_loopexit(w->base, NULL);
	return sim_out_ok();
}

static json_t *run_help(struct sim_world *w, const struct sim_words *words);

static const struct command commands[] = {
	{ "fault", "TARGET KIND [ARG] [for DURATION] [count N], or TARGET ok [KIND]", run_fault },
	{ "faults", "what is wrong now", run_faults },
	{ "set", "TARGET TABLE ADDRESS VALUE …, or u16|i16|u32|i32|f32 VALUE, or auto", run_set },
	{ "get", "TARGET TABLE ADDRESS [COUNT]", run_get },
	{ "inject", "SLAVE BYTE …: hex bytes to every client, unasked", run_inject },
	{ "mqtt", "raw|retained TOPIC PAYLOAD, or nothing for its state", run_mqtt },
	{ "stats", "[TARGET|reset]", run_stats },
	{ "requests", "SLAVE [COUNT]: the newest requests, oldest first", run_requests },
	{ "assets", "everything that has a name, and its verbs", run_assets },
	{ "ping", "is it there", run_ping },
	{ "help", "this", run_help },
	{ "stop", "ends the simulator", run_stop },
};

static json_t *run_help(struct sim_world *w, const struct sim_words *words)
{
	json_t *reply = sim_out_ok(), *all = json_object(), *faults = json_object();

	(void)w, (void)words;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		json_object_set_new(all, commands[i].name, json_string(commands[i].usage));
	for (int i = 0; i < SIM_FAULT_KINDS; i++)
		json_object_set_new(faults, sim_fault_rows[i].name, json_string(sim_fault_rows[i].help));
	json_object_set_new(reply, "commands", all);
	json_object_set_new(reply, "faults", faults);
	return reply;
}

static const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (str_equal(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static json_t *unknown(const char *name)
{
	_cleanup_str_buf_ struct str_buf all = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		str_buf_printf(&all, "%s%s", i ? ", " : "", commands[i].name);
	return sim_out_error("'%s': expected one of %s, or the name of an asset (see assets)", name,
			     str_buf_text(&all));
}

json_t *sim_command_run(struct sim_world *w, const char *line)
{
	const struct command *command;
	const struct sim_asset *asset;
	struct sim_words words;
	json_t *reply;

	if (sim_words_init(&words, line) < 0)
		return sim_out_error("expected a line of at most %d bytes", SIM_WORDS_LINE - 1);
	command = words.count ? command_find(words.word[0]) : NULL;
	asset = words.count ? map_find(w->assets, words.word[0]) : NULL;
	if (!words.count)
		reply = sim_out_error("expected a command");
	else if (command)
		reply = command->run(w, &words);
	else
		reply = asset ? sim_asset_run(asset, &words) : unknown(words.word[0]);
	if (str_is_utf8(line, strlen(line)))
		json_object_set_new(reply, "command", json_string(line));
	sim_words_fini(&words);
	return reply;
}

bool sim_command_knows(const struct sim_world *w, const char *line)
{
	struct sim_words words;
	bool knows;

	if (sim_words_init(&words, line) < 0)
		return false;
	knows = words.count && (command_find(words.word[0]) || map_find(w->assets, words.word[0]));
	sim_words_fini(&words);
	return knows;
}
