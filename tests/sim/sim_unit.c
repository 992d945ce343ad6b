/* sim_unit.c: see sim_unit.h. */
#include "sim_unit.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/str.h"
#include "sim_compose.h"
#include "sim_rand.h"
#include "sim_slave.h"
#include "sim_world.h"

/* illegal: ( ("holding", ADDRESS), ("input", ADDRESS, COUNT), … ) */
static void load_illegal(struct sim_unit *u, const struct sim_setting *s)
{
	const config_setting_t *list = sim_setting_list(s, "illegal");

	for (int i = 0; list && i < config_setting_length(list); i++) {
		const config_setting_t *row = config_setting_get_elem(list, (unsigned)i);
		const char *table = config_setting_is_list(row) ? config_setting_get_string_elem(row, 0) : NULL;
		int at = table ? config_setting_get_int_elem(row, 1) : -1;
		int count = table && config_setting_length(row) > 2 ? config_setting_get_int_elem(row, 2) : 1;
		int t = 0;

		while (t < SIM_TABLES && !str_equal(sim_bank_tables[t], table))
			t++;
		if (t == SIM_TABLES || at < 0 || count < 1 || at + count > 65536) {
			diag_error(s->diag, sim_setting_at(row),
				   "illegal: expected (\"coil|discrete|input|holding\", ADDRESS [, COUNT]), 0..65535");
			continue;
		}
		sim_bank_forbid(&u->bank, (struct sim_span){ (enum sim_table)t, (uint32_t)at, (uint32_t)count });
	}
}

static void load_name(struct sim_unit *u, const struct sim_setting *s, const struct sim_unit_which *which)
{
	const char *name = sim_setting_text(s, "name", NULL);
	char full[128];

	if (!name)
		return;
	snprintf(full, sizeof(full), "%s%s", name, which->suffix);
	if (!str_is_id(full)) {
		sim_setting_error(s, "name", "'%s': expected small letters, digits, - and _, at most 63", full);
		return;
	}
	u->asset = (struct sim_asset){ .name = mem_strdup(full), .verbs = u->model->verbs, .object = u };
	if (sim_world_name(u->slave->world, &u->asset) < 0)
		sim_setting_error(s, "name", "'%s': expected a name that nothing else has", full);
}

struct sim_unit *sim_unit_new(struct sim_slave *slave, const struct sim_setting *s, const struct sim_unit_which *which)
{
	static const struct sim_verb no_verbs[] = { { 0 } };
	struct sim_unit *u = MEM_NEW(struct sim_unit);
	const char *model = sim_setting_text(s, "model", "registers");
	char names[256];

	u->slave = slave;
	u->id = which->id;
	u->seed = sim_rand_of(slave->world->seed + which->id, slave->id);
	u->model = sim_models_find(model);
	if (!u->model) {
		sim_setting_error(s, "model", "'%s': expected one of %s", model,
				  sim_models_names(names, sizeof(names)));
		return u;
	}
	sim_setting_keys(s, "unit model name repeat illegal", u->model->keys);
	load_name(u, s, which);
	if (u->asset.name && !u->asset.verbs)
		u->asset.verbs = no_verbs;
	u->model->start(u, s);
	load_illegal(u, s);
	return u;
}

void sim_unit_free(struct sim_unit *u)
{
	if (!u)
		return;
	if (u->model)
		u->model->stop(u);
	if (u->asset.name && map_find(u->slave->world->assets, u->asset.name) == &u->asset)
		map_remove(u->slave->world->assets, u->asset.name);
	free(u->asset.name);
	sim_bank_fini(&u->bank);
	free(u);
}

void sim_unit_exception(struct sim_unit *u, uint8_t function, uint8_t code, struct sim_pdu *ret_answer)
{
	u->exceptions++;
	ret_answer->byte[0] = function | 0x80;
	ret_answer->byte[1] = code;
	ret_answer->len = 2;
}

void sim_unit_refresh(struct sim_unit *u, const struct sim_span *span)
{
	if (u->model->refresh)
		u->model->refresh(u);
	sim_bank_refresh(&u->bank, *span, sim_world_elapsed_us(u->slave->world));
}

void sim_unit_answer(struct sim_unit *u, const struct sim_pdu *rq, struct sim_pdu *ret_answer)
{
	struct sim_access access;
	int code = sim_access_parse(rq, &access);

	if (!code && !(sim_bank_has(&u->bank, access.read) && sim_bank_has(&u->bank, access.write)))
		code = SIM_EXCEPTION_ADDRESS;
	if (code) {
		sim_unit_exception(u, access.function, (uint8_t)code, ret_answer);
		return;
	}
	if (access.read.count)
		sim_unit_refresh(u, &access.read);
	if (access.write.count) /* function 22 changes what is there */
		sim_unit_refresh(u, &access.write);
	/* 4 is "server failure"; it would take a defect of ours to see one. */
	if (sim_compose_answer(u->slave->world->compose, &u->bank, rq, ret_answer) < 0) {
		sim_unit_exception(u, access.function, 4, ret_answer);
		return;
	}
	u->answers++;
	if (!access.write.count)
		return;
	sim_bank_touch(&u->bank, access.write);
	if (u->model->written)
		u->model->written(u, &access.write);
}

json_t *sim_unit_stats(const struct sim_unit *u)
{
	json_t *stats = json_object(), *functions = json_object();
	json_int_t total = 0;
	char number[8];

	for (unsigned f = 0; f < ARRAY_SIZE(u->requests); f++) {
		if (!u->requests[f])
			continue;
		snprintf(number, sizeof(number), "%u", f);
		json_object_set_new(functions, number, json_integer(u->requests[f]));
		total += u->requests[f];
	}
	if (u->asset.name)
		json_object_set_new(stats, "name", json_string(u->asset.name));
	json_object_set_new(stats, "model", json_string(u->model->name));
	json_object_set_new(stats, "requests", json_integer(total));
	json_object_set_new(stats, "functions", functions);
	json_object_set_new(stats, "answers", json_integer((json_int_t)u->answers));
	json_object_set_new(stats, "exceptions", json_integer((json_int_t)u->exceptions));
	json_object_set_new(stats, "faults", json_integer((json_int_t)u->faults.done));
	return stats;
}
