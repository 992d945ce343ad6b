#include "store/restore.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

struct restore_value {
	char *point;
	struct reading reading;
};

struct restore_visit {
	char *place;
	int64_t wall_us;
};

struct restore {
	struct alarm *alarms;
	struct evaluator_delay *delays;
	struct restore_value *values;
	char **uplinks;
	struct alarm_effects modes; /* its modes only */
	struct ladder_run **ladders;
	struct burden_told *told;
	struct restore_visit *visits;
	struct resident *residents;
	char **erasing;
	size_t resident_count, erasing_count;
	struct store_account *accounts;
	struct store_kept_home *homes;
	size_t home_count;
	size_t alarm_count, delay_count, value_count, uplink_count, told_count, ladder_count, visit_count,
		account_count;
};

/* Room for one more in an array of count; doubles. */
static void *grow(void *array, size_t count, size_t size)
{
	bool full = (count & (count - 1)) == 0; /* 0 and the powers of two */

	return full ? mem_realloc(array, MAX(count * 2, (size_t)1), size) : array;
}

static void add_alarm(void *context, const struct alarm *a)
{
	struct restore *r = context;

	r->alarms = grow(r->alarms, r->alarm_count, sizeof(*r->alarms));
	alarm_copy(a, &r->alarms[r->alarm_count++]);
}

static void add_delay(void *context, const struct evaluator_delay *d)
{
	struct restore *r = context;

	r->delays = grow(r->delays, r->delay_count, sizeof(*r->delays));
	r->delays[r->delay_count++] = *d;
}

static void add_value(void *context, const char *point, const struct reading *reading)
{
	struct restore *r = context;

	r->values = grow(r->values, r->value_count, sizeof(*r->values));
	r->values[r->value_count++] = (struct restore_value){ .point = mem_strdup(point), .reading = *reading };
}

static void add_uplink(void *context, const char *name)
{
	struct restore *r = context;

	r->uplinks = grow(r->uplinks, r->uplink_count, sizeof(*r->uplinks));
	r->uplinks[r->uplink_count++] = mem_strdup(name);
}

static void add_told(void *context, const struct burden_told *t)
{
	struct restore *r = context;
	struct burden_told *copy;

	r->told = grow(r->told, r->told_count, sizeof(*r->told));
	copy = &r->told[r->told_count++];
	*copy = *t;
	copy->alarm = mem_strdup(t->alarm);
}

static void add_ladder(void *context, struct ladder_run *run)
{
	struct restore *r = context;

	r->ladders = grow(r->ladders, r->ladder_count, sizeof(struct ladder_run *));
	r->ladders[r->ladder_count++] = run;
}

static void add_resident(void *context, struct resident *resident)
{
	struct restore *r = context;

	r->residents = grow(r->residents, r->resident_count, sizeof(*r->residents));
	r->residents[r->resident_count++] = *resident;
}

static void add_erasing(void *context, const char *point)
{
	struct restore *r = context;

	r->erasing = grow(r->erasing, r->erasing_count, sizeof(*r->erasing));
	r->erasing[r->erasing_count++] = mem_strdup(point);
}

static void add_visit(void *context, const char *place, int64_t wall_us)
{
	struct restore *r = context;

	r->visits = grow(r->visits, r->visit_count, sizeof(*r->visits));
	r->visits[r->visit_count++] = (struct restore_visit){ mem_strdup(place), wall_us };
}

static void add_account(void *context, const struct store_account *a)
{
	struct restore *r = context;

	r->accounts = grow(r->accounts, r->account_count, sizeof(*r->accounts));
	r->accounts[r->account_count++] =
		(struct store_account){ mem_strdup(a->kind), mem_strdup(a->id), mem_strdup(a->body) };
}

static void add_home(void *context, const struct store_kept_home *h)
{
	struct restore *r = context;
	struct store_kept_home *copy;

	r->homes = grow(r->homes, r->home_count, sizeof(*r->homes));
	copy = &r->homes[r->home_count++];
	*copy = *h;
	copy->place = mem_strdup(h->place);
	copy->bytes = mem_dup(h->bytes, h->len);
}

static void free_homes(struct restore *r)
{
	for (size_t i = 0; i < r->home_count; i++) {
		free((char *)r->homes[i].place);
		free((void *)r->homes[i].bytes);
	}
	free(r->homes);
}

static void add_mode(void *context, const struct mode *m)
{
	struct restore *r = context;

	mode_tell(&r->modes, m);
}

int restore_new(struct state *state, const struct clockmap_stamp *now, struct restore **ret_restore)
{
	_cleanup_(restore_freep) struct restore *r = MEM_NEW(struct restore);
	const struct clockmap *map = &state->clocks.map;
	struct kept_present present = { .now = *now, .map = map };
	struct alarm_table_reader alarms = { .context = r, .present = present, .alarm = add_alarm };
	struct mode_table_reader modes = { .context = r, .present = present, .mode = add_mode };
	struct ladder_table_reader ladders = { .context = r, .present = present, .run = add_ladder };
	struct visit_table_reader visits = { .context = r, .present = present, .last = add_visit };
	struct resident_table_reader residents = { .context = r, .resident = add_resident, .erasing = add_erasing };
	struct account_table_reader accounts = { .context = r, .account = add_account };
	struct home_table_reader homes = { .context = r, .present = present, .home = add_home };
	struct outbox_reader uplinks = { .context = r, .uplink = add_uplink };
	struct kept_reader kept = { .context = r, .present = present, .delay = add_delay, .value = add_value };
	struct alarm_table_told told = { .context = r, .present = present, .span_us = BURDEN_SPAN, .told = add_told };
	size_t bad = 0;
	int error = alarm_table_read(&state->alarms, &alarms, &bad);

	if (error == 0)
		error = mode_table_read(&state->modes, &modes);
	if (error == 0)
		error = ladder_table_read(&state->ladders, &ladders);
	if (error == 0)
		error = resident_table_read(&state->residents, &residents);
	if (error == 0)
		error = visit_table_read(&state->visits, &visits);
	if (error == 0)
		error = account_table_read(&state->accounts, &accounts);
	if (error == 0)
		error = home_table_read(&state->homes, &homes);
	if (error == 0)
		error = alarm_table_read_told(&state->alarms, &told);
	if (error == 0)
		error = kept_read(&state->kept, &kept);
	if (error == 0)
		error = outbox_read(&state->outbox, &uplinks);
	if (error < 0)
		return error;
	if (bad)
		log_event(LOGID_ALARMS_UNREAD, NULL, "store: %zu open alarms could not be read from state.db", bad);
	*ret_restore = steal(&r);
	return 0;
}

void restore_free(struct restore *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->alarm_count; i++)
		alarm_fini(&r->alarms[i]);
	for (size_t i = 0; i < r->value_count; i++)
		free(r->values[i].point);
	for (size_t i = 0; i < r->uplink_count; i++)
		free(r->uplinks[i]);
	for (size_t i = 0; i < r->told_count; i++)
		free((char *)r->told[i].alarm);
	for (size_t i = 0; i < r->ladder_count; i++)
		ladder_run_free(r->ladders[i]);
	free(r->ladders);
	for (size_t i = 0; i < r->visit_count; i++)
		free(r->visits[i].place);
	free(r->visits);
	for (size_t i = 0; i < r->resident_count; i++)
		resident_fini(&r->residents[i]);
	for (size_t i = 0; i < r->erasing_count; i++)
		free(r->erasing[i]);
	free(r->residents);
	free(r->erasing);
	for (size_t i = 0; i < r->account_count; i++) {
		free((char *)r->accounts[i].kind);
		free((char *)r->accounts[i].id);
		free((char *)r->accounts[i].body);
	}
	free(r->accounts);
	free_homes(r);
	free(r->told);
	free(r->alarms);
	free(r->delays);
	free(r->values);
	free(r->uplinks);
	alarm_effects_fini(&r->modes);
	free(r);
}

void restore_play(const struct restore *r, const struct store_kept *kept)
{
	for (size_t i = 0; kept->alarm && i < r->alarm_count; i++)
		kept->alarm(kept->context, &r->alarms[i]);
	for (size_t i = 0; kept->mode && i < r->modes.mode_count; i++)
		kept->mode(kept->context, &r->modes.modes[i]);
	for (size_t i = 0; kept->account && i < r->account_count; i++)
		kept->account(kept->context, &r->accounts[i]);
	for (size_t i = 0; kept->ladder && i < r->ladder_count; i++)
		kept->ladder(kept->context, r->ladders[i]);
	for (size_t i = 0; kept->value && i < r->value_count; i++)
		kept->value(kept->context, r->values[i].point, &r->values[i].reading);
	for (size_t i = 0; kept->delay && i < r->delay_count; i++)
		kept->delay(kept->context, &r->delays[i]);
	for (size_t i = 0; kept->told && i < r->told_count; i++)
		kept->told(kept->context, &r->told[i]);
	for (size_t i = 0; kept->resident && i < r->resident_count; i++)
		kept->resident(kept->context, &r->residents[i]);
	for (size_t i = 0; kept->home && i < r->home_count; i++)
		kept->home(kept->context, &r->homes[i]);
	for (size_t i = 0; kept->visited && i < r->visit_count; i++)
		kept->visited(kept->context, r->visits[i].place, r->visits[i].wall_us);
	for (size_t i = 0; kept->uplink && i < r->uplink_count; i++)
		kept->uplink(kept->context, r->uplinks[i]);
}

struct store_op *restore_erasure(struct restore *r)
{
	size_t count = r->erasing_count;

	r->erasing_count = 0;
	return count ? store_op_new_erase(steal(&r->erasing), count) : NULL;
}
