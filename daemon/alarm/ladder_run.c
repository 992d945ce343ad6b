#include "alarm/ladder_run.h"

#include <errno.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/str.h"

static const char *const state_names[LADDER_RUN_STATES] = { "climbing", "stopped", "clearing" };
static const char *const call_names[LADDER_CALL_STATES] = { "waiting", "sent", "delivered", "failed" };

struct ladder_run *ladder_run_new(const char *alarm)
{
	struct ladder_run *r = MEM_NEW(struct ladder_run);

	r->alarm = mem_strdup(alarm);
	r->known = true;
	r->changed = true;
	return r;
}

void ladder_run_free(struct ladder_run *r)
{
	if (!r)
		return;
	free(r->alarm);
	free(r->place);
	free(r->text_zh);
	free(r->text_en);
	free(r->calls);
	free(r);
}

struct ladder_run *ladder_run_copy(const struct ladder_run *r)
{
	struct ladder_run *copy = mem_dup(r, sizeof(*r));

	copy->alarm = mem_strdup(r->alarm);
	copy->place = mem_strdup(r->place);
	copy->text_zh = mem_strdup(r->text_zh);
	copy->text_en = mem_strdup(r->text_en);
	copy->calls = r->call_count ? mem_dup(r->calls, r->call_count * sizeof(*r->calls)) : NULL;
	copy->call_room = r->call_count;
	return copy;
}

/* ---- calls ---- */

static void remove_call(struct ladder_run *r, size_t at)
{
	r->call_count--;
	for (size_t i = at; i < r->call_count; i++)
		r->calls[i] = r->calls[i + 1];
}

/* That nobody has arrived. */
static bool is_late(const struct ladder_call *c)
{
	return c->step == 0 && !c->clear;
}

static bool told_later(const struct ladder_run *r, size_t at)
{
	for (size_t i = at + 1; i < r->call_count; i++)
		if (r->calls[i].clear == r->calls[at].clear && r->calls[i].state == LADDER_CALL_DELIVERED &&
		    str_equal(r->calls[i].contact, r->calls[at].contact))
			return true;
	return false;
}

static bool tried_later(const struct ladder_run *r, size_t at)
{
	for (size_t i = at + 1; i < r->call_count; i++)
		if (r->calls[i].clear == r->calls[at].clear && str_equal(r->calls[i].contact, r->calls[at].contact))
			return true;
	return false;
}

static bool tells_nothing(const struct ladder_run *r, size_t at)
{
	const struct ladder_call *c = &r->calls[at];

	if (r->state != LADDER_RUN_CLEARING && c->round == r->round)
		return false;
	if (c->state == LADDER_CALL_FAILED)
		return r->state == LADDER_RUN_CLEARING || tried_later(r, at);
	return c->state == LADDER_CALL_DELIVERED && !is_late(c) && told_later(r, at);
}

void ladder_run_tidy(struct ladder_run *r)
{
	for (size_t i = 0; i < r->call_count;)
		if (tells_nothing(r, i))
			remove_call(r, i);
		else
			i++;
}

void ladder_run_drop_waiting(struct ladder_run *r)
{
	for (size_t i = 0; i < r->call_count;)
		if (r->calls[i].state == LADDER_CALL_WAITING)
			remove_call(r, i);
		else
			i++;
}

void ladder_run_drop_steps(struct ladder_run *r)
{
	for (size_t i = 0; i < r->call_count;)
		if (r->calls[i].state == LADDER_CALL_WAITING && !is_late(&r->calls[i]))
			remove_call(r, i);
		else
			i++;
}

void ladder_run_drop_late(struct ladder_run *r)
{
	for (size_t i = 0; i < r->call_count;)
		if (is_late(&r->calls[i]) &&
		    (r->calls[i].state == LADDER_CALL_WAITING || r->calls[i].state == LADDER_CALL_FAILED))
			remove_call(r, i);
		else
			i++;
}

static void forget_failed(struct ladder_run *r)
{
	for (size_t i = 0; i < r->call_count;)
		if (r->calls[i].state == LADDER_CALL_FAILED && r->calls[i].round != r->round)
			remove_call(r, i);
		else
			i++;
}

/* An all-clear may have the place of what it takes back. */
static void forget_told(struct ladder_run *r)
{
	for (size_t i = 0; i < r->call_count; i++)
		if (r->calls[i].state == LADDER_CALL_DELIVERED && !r->calls[i].clear) {
			remove_call(r, i);
			return;
		}
}

struct ladder_call *ladder_run_call(struct ladder_run *r, const char *contact, const char *duty)
{
	struct ladder_call *c;

	if (r->call_count == LADDER_RUN_CALLS_MAX)
		ladder_run_tidy(r);
	if (r->call_count == LADDER_RUN_CALLS_MAX)
		forget_failed(r);
	if (r->call_count == LADDER_RUN_CALLS_MAX && r->state == LADDER_RUN_CLEARING)
		forget_told(r);
	if (r->call_count == LADDER_RUN_CALLS_MAX)
		return NULL;
	if (r->call_count == r->call_room) {
		r->call_room = MAX(r->call_room * 2, (size_t)4);
		r->calls = mem_realloc(r->calls, r->call_room, sizeof(*r->calls));
	}
	c = &r->calls[r->call_count++];
	*c = (struct ladder_call){ .round = r->round };
	snprintf(c->contact, sizeof(c->contact), "%s", contact);
	snprintf(c->duty, sizeof(c->duty), "%s", duty);
	r->changed = true;
	return c;
}

bool ladder_run_has_told(const struct ladder_run *r, const char *contact)
{
	bool told = false;

	for (size_t i = 0; i < r->call_count; i++) {
		const struct ladder_call *c = &r->calls[i];

		if (!str_equal(c->contact, contact) ||
		    (c->state != LADDER_CALL_SENT && c->state != LADDER_CALL_DELIVERED))
			continue;
		told = !c->clear;
	}
	return told;
}

/* ---- words ---- */

const char *ladder_run_state_name(enum ladder_run_state s)
{
	return state_names[s];
}

const char *ladder_run_call_name(enum ladder_call_state s)
{
	return call_names[s];
}

int ladder_run_state_parse(const char *name, enum ladder_run_state *ret_state)
{
	for (size_t i = 0; i < LADDER_RUN_STATES; i++)
		if (str_equal(name, state_names[i])) {
			*ret_state = (enum ladder_run_state)i;
			return 0;
		}
	return -EINVAL;
}

int ladder_run_call_parse(const char *name, enum ladder_call_state *ret_state)
{
	for (size_t i = 0; i < LADDER_CALL_STATES; i++)
		if (str_equal(name, call_names[i])) {
			*ret_state = (enum ladder_call_state)i;
			return 0;
		}
	return -EINVAL;
}
