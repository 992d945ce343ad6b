#include "store/store_op.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "store/resident_table.h"
#include "store/store_register.h"

#define STORY_MAX 1000
#define STORY_ROW 1024 /* bytes that one transition of a story may take */
#define AUDIT_MAX 500
#define AUDIT_ROW 1024 /* likewise a record of the audit */

struct store_op *store_op_new(enum store_op_kind kind)
{
	struct store_op *op = MEM_NEW(struct store_op);

	op->kind = kind;
	op->bytes = sizeof(*op);
	return op;
}

static size_t text_bytes(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

static int copy_name(char to[STORE_OP_UPLINK_MAX], const char *name)
{
	size_t len = name ? strlen(name) : 0;

	if (len == 0 || len >= STORE_OP_UPLINK_MAX)
		return -EINVAL;
	memcpy(to, name, len + 1);
	return 0;
}

static void copy_transitions(struct store_op *op, const struct store_commit *c)
{
	for (size_t i = 0; i < c->transition_count; i++) {
		const struct alarm_transition *t = &c->transitions[i];

		alarm_effects_add(&op->effects, t);
		op->bytes += sizeof(*t) + text_bytes(t->alarm.reason.when) + text_bytes(t->alarm.text_zh) +
			     text_bytes(t->alarm.text_en) + text_bytes(t->alarm.guidance_zh) +
			     text_bytes(t->alarm.guidance_en) + text_bytes(t->note);
	}
}

static void copy_modes(struct store_op *op, const struct store_commit *c)
{
	for (size_t i = 0; i < c->mode_count; i++) {
		mode_tell(&op->effects, &c->modes[i]);
		op->bytes += sizeof(*c->modes) + text_bytes(c->modes[i].subject) + text_bytes(c->modes[i].spell.by) +
			     text_bytes(c->modes[i].spell.why);
	}
}

static int copy_messages(struct store_op *op, const struct store_commit *c)
{
	op->messages = c->message_count ? mem_array(c->message_count, sizeof(*op->messages)) : NULL;
	for (; op->message_count < c->message_count; op->message_count++) {
		const struct store_message *m = &c->messages[op->message_count];
		struct store_op_message *copy = &op->messages[op->message_count];

		if (copy_name(copy->uplink, m->uplink) < 0 || !m->kind || !m->payload || m->lane >= ENVELOPE_LANES)
			return -EINVAL;
		copy->lane = m->lane;
		copy->kind = mem_strdup(m->kind);
		copy->payload = mem_strdup(m->payload);
		copy->time_us = m->time_us;
		copy->mono_us = m->mono_us;
		copy->clock = m->clock;
		copy->quiet = m->quiet;
		op->bytes += sizeof(*copy) + text_bytes(m->kind) + text_bytes(m->payload);
	}
	return 0;
}

static int copy_values(struct store_op *op, const struct store_commit *c)
{
	op->values = c->value_count ? mem_array(c->value_count, sizeof(*op->values)) : NULL;
	for (; op->value_count < c->value_count; op->value_count++) {
		const char *name = c->value_names[op->value_count];

		if (!name)
			return -EINVAL;
		op->values[op->value_count].name = mem_strdup(name);
		op->values[op->value_count].reading = c->values[op->value_count];
		op->bytes += sizeof(*op->values) + text_bytes(name);
	}
	return 0;
}

static void copy_audits(struct store_op *op, const struct store_audit *audits, size_t count)
{
	op->audits = count ? mem_array(count, sizeof(*op->audits)) : NULL;
	for (; op->audit_count < count; op->audit_count++) {
		const struct store_audit *a = &audits[op->audit_count];

		op->audits[op->audit_count] = (struct store_op_audit){
			.kind = mem_strdup(a->kind),
			.who = mem_strdup(a->who),
			.what = mem_strdup(a->what),
			.why = mem_strdup(a->why),
			.detail = mem_strdup(a->detail),
		};
		op->bytes += sizeof(*op->audits) + text_bytes(a->who) + text_bytes(a->what) + text_bytes(a->why) +
			     text_bytes(a->detail);
	}
}

static void copy_summaries(struct store_op *op, const struct store_commit *c)
{
	op->summaries = c->summary_count ? mem_array(c->summary_count, sizeof(*op->summaries)) : NULL;
	for (; op->summary_count < c->summary_count; op->summary_count++) {
		const struct store_summary *s = &c->summaries[op->summary_count];

		op->summaries[op->summary_count] = (struct store_op_summary){ .span = s->span,
									      .departed = mem_strdup(s->departed),
									      .devices = mem_strdup(s->devices) };
		op->bytes += sizeof(*op->summaries) + text_bytes(s->departed) + text_bytes(s->devices);
	}
}

static void copy_visits(struct store_op *op, const struct store_commit *c)
{
	op->visits = c->visit_count ? mem_array(c->visit_count, sizeof(*op->visits)) : NULL;
	for (; op->visit_count < c->visit_count; op->visit_count++) {
		const struct store_visit *v = &c->visits[op->visit_count];

		op->visits[op->visit_count] = (struct store_op_visit){
			.place = mem_strdup(v->place),
			.resident = mem_strdup(v->resident),
			.kind = mem_strdup(v->kind),
			.worker = mem_strdup(v->worker),
			.note = mem_strdup(v->note),
			.at_us = v->at_us,
		};
		op->bytes += sizeof(*op->visits) + text_bytes(v->place) + text_bytes(v->resident) +
			     text_bytes(v->worker) + text_bytes(v->note);
	}
}

static void copy_accounts(struct store_op *op, const struct store_commit *c)
{
	op->accounts = c->account_count ? mem_array(c->account_count, sizeof(*op->accounts)) : NULL;
	for (; op->account_count < c->account_count; op->account_count++) {
		const struct store_account *a = &c->accounts[op->account_count];

		op->accounts[op->account_count] = (struct store_account){ .kind = mem_strdup(a->kind),
									  .id = mem_strdup(a->id),
									  .body = mem_strdup(a->body) };
		op->bytes += sizeof(*op->accounts) + text_bytes(a->kind) + text_bytes(a->id) + text_bytes(a->body);
	}
}

static void copy_homes(struct store_op *op, const struct store_commit *c)
{
	op->homes = c->home_count ? mem_array(c->home_count, sizeof(*op->homes)) : NULL;
	for (; op->home_count < c->home_count; op->home_count++) {
		const struct store_home *h = &c->homes[op->home_count];

		op->homes[op->home_count] =
			(struct store_op_home){ .place = mem_strdup(h->place),
						.bytes = h->bytes ? mem_dup(h->bytes, h->len) : NULL,
						.len = h->len };
		op->bytes += sizeof(*op->homes) + text_bytes(h->place) + h->len;
	}
}

static void free_homes(struct store_op *op)
{
	for (size_t i = 0; i < op->home_count; i++) {
		free(op->homes[i].place);
		free(op->homes[i].bytes);
	}
	free(op->homes);
}

int store_op_new_commit(const struct store_commit *c, struct store_op **ret_op)
{
	_cleanup_(store_op_freep) struct store_op *op = store_op_new(STORE_OP_COMMIT);
	int r;

	op->token = c->token;
	op->clock = c->clock;
	op->now = c->now;
	copy_transitions(op, c);
	copy_modes(op, c);
	copy_audits(op, c->audits, c->audit_count);
	copy_summaries(op, c);
	copy_visits(op, c);
	copy_accounts(op, c);
	copy_homes(op, c);
	r = copy_messages(op, c);
	if (r == 0)
		r = copy_values(op, c);
	if (r < 0)
		return r;
	*ret_op = steal(&op);
	return 0;
}

int store_op_new_lane(enum store_op_kind kind, const char *uplink, enum envelope_lane lane, struct store_op **ret_op)
{
	_cleanup_(store_op_freep) struct store_op *op = store_op_new(kind);

	if (copy_name(op->uplink, uplink) < 0 || lane >= ENVELOPE_LANES)
		return -EINVAL;
	op->lane = lane;
	*ret_op = steal(&op);
	return 0;
}

int store_op_new_register(const struct store_register *change, struct store_op **ret_op)
{
	_cleanup_(store_op_freep) struct store_op *op = store_op_new(STORE_OP_REGISTER);
	int r;

	op->token = change->token;
	op->now = change->now;
	copy_audits(op, change->audits, change->audit_count);
	r = store_register_fill(op, change);
	if (r < 0)
		return r;
	*ret_op = steal(&op);
	return 0;
}

struct store_op *store_op_new_erase(char **points, size_t count)
{
	struct store_op *op = store_op_new(STORE_OP_ERASE);

	op->reg = MEM_NEW(struct store_register_copy);
	op->reg->points = points;
	op->reg->point_count = count;
	op->bytes += count * 64;
	return op;
}

struct store_op *store_op_new_versions(const char *id, uint64_t token)
{
	struct store_op *op = store_op_new(STORE_OP_VERSIONS);

	op->subject = mem_strdup(id);
	op->max_messages = RESIDENT_TABLE_VERSIONS;
	op->token = token;
	op->bytes += op->max_messages * STORY_ROW;
	return op;
}

struct store_op *store_op_new_story(const char *alarm, size_t max, uint64_t token)
{
	struct store_op *op = store_op_new(STORE_OP_STORY);

	op->subject = mem_strdup(alarm);
	op->max_messages = MIN(max, (size_t)STORY_MAX);
	op->token = token;
	op->bytes += op->max_messages * STORY_ROW;
	return op;
}

struct store_op *store_op_new_audit(const struct store_audit_ask *ask)
{
	struct store_op *op = store_op_new(STORE_OP_AUDIT);

	op->ask = *ask;
	op->subject = mem_strdup(ask->kind);
	op->who = mem_strdup(ask->who);
	op->ask.kind = op->subject;
	op->ask.who = op->who;
	op->max_messages = CLAMP(ask->max, (size_t)1, (size_t)AUDIT_MAX);
	op->token = ask->token;
	op->bytes += op->max_messages * AUDIT_ROW;
	return op;
}

#define DELAY_TAIL (sizeof(int64_t) + sizeof(int16_t)) /* since, kind */

/* Each its id with the NUL, since, kind. */
static char *pack_delays(const struct evaluator_delay *delays, size_t count, size_t *bytes)
{
	size_t room = 0;
	char *packed, *to;
	int16_t kind;

	for (size_t i = 0; i < count; i++)
		room += strlen(delays[i].id) + 1 + DELAY_TAIL;
	packed = to = room ? mem_alloc(room) : NULL;
	for (size_t i = 0; i < count; i++) {
		to = stpcpy(to, delays[i].id) + 1;
		memcpy(to, &delays[i].since_us, sizeof(int64_t));
		to += sizeof(int64_t);
		kind = (int16_t)delays[i].kind;
		memcpy(to, &kind, sizeof(kind));
		to += sizeof(kind);
	}
	*bytes += room;
	return packed;
}

struct store_op *store_op_new_delays(const struct evaluator_delay *delays, size_t count, struct clock_now now)
{
	struct store_op *op = store_op_new(STORE_OP_DELAYS);

	op->delays = pack_delays(delays, count, &op->bytes);
	op->delay_count = count;
	op->now = now;
	return op;
}

struct evaluator_delay *store_op_delays(const struct store_op *op)
{
	struct evaluator_delay *delays = mem_array(op->delay_count, sizeof(*delays));
	const char *from = op->delays;

	for (size_t i = 0; i < op->delay_count; i++) {
		size_t len = strlen(from) + 1;
		int16_t kind;

		memcpy(delays[i].id, from, len);
		memcpy(&delays[i].since_us, from + len, sizeof(delays[i].since_us));
		memcpy(&kind, from + len + sizeof(delays[i].since_us), sizeof(kind));
		delays[i].kind = (enum evaluator_delay_kind)kind;
		from += len + DELAY_TAIL;
	}
	return delays;
}

struct store_op *store_op_new_ladders(const struct store_ladder *ladders, size_t count, struct clock_now now)
{
	struct store_op *op = store_op_new(STORE_OP_LADDERS);

	op->ladders = mem_array(count, sizeof(*op->ladders));
	op->ladder_count = count;
	op->now = now;
	for (size_t i = 0; i < count; i++) {
		const struct ladder_run *run = ladders[i].run;

		op->ladders[i].alarm = mem_strdup(ladders[i].alarm);
		op->ladders[i].run = run ? ladder_run_copy(run) : NULL;
		op->bytes += text_bytes(ladders[i].alarm);
		if (run)
			op->bytes += sizeof(*run) + run->call_count * sizeof(*run->calls) + text_bytes(run->text_zh) +
				     text_bytes(run->text_en);
	}
	return op;
}

struct store_op *store_op_new_clock(const struct store_clock *row)
{
	struct store_op *op = store_op_new(STORE_OP_CLOCK);

	op->now = row->at;
	op->clock = row->quality;
	op->step_us = row->step_us;
	op->who = mem_strdup(row->who);
	return op;
}

static void free_visits(struct store_op *op)
{
	for (size_t i = 0; i < op->visit_count; i++) {
		free(op->visits[i].place);
		free(op->visits[i].resident);
		free(op->visits[i].kind);
		free(op->visits[i].worker);
		free(op->visits[i].note);
	}
	free(op->visits);
}

void store_op_free(struct store_op *op)
{
	if (!op)
		return;
	alarm_effects_fini(&op->effects);
	free_homes(op);
	for (size_t i = 0; i < op->message_count; i++) {
		free(op->messages[i].kind);
		free(op->messages[i].payload);
	}
	free(op->messages);
	for (size_t i = 0; i < op->value_count; i++)
		free(op->values[i].name);
	free(op->values);
	for (size_t i = 0; i < op->audit_count; i++) {
		free(op->audits[i].kind);
		free(op->audits[i].who);
		free(op->audits[i].what);
		free(op->audits[i].why);
		free(op->audits[i].detail);
	}
	for (size_t i = 0; i < op->account_count; i++) {
		free((char *)op->accounts[i].kind);
		free((char *)op->accounts[i].id);
		free((char *)op->accounts[i].body);
	}
	free(op->accounts);
	free(op->audits);
	for (size_t i = 0; i < op->summary_count; i++) {
		free(op->summaries[i].departed);
		free(op->summaries[i].devices);
	}
	free(op->summaries);
	free_visits(op);
	store_register_free(op->reg);
	free(op->delays);
	for (size_t i = 0; i < op->ladder_count; i++) {
		free(op->ladders[i].alarm);
		ladder_run_free(op->ladders[i].run);
	}
	free(op->ladders);
	for (size_t i = 0; i < op->batch_count; i++)
		free(op->batch[i]);
	free(op->batch);
	free(op->reports);
	free(op->text);
	free(op->who);
	free(op->subject);
	free(op);
}

bool store_op_writes(const struct store_op *op)
{
	switch (op->kind) {
	case STORE_OP_COMMIT:
	case STORE_OP_REGISTER:
	case STORE_OP_ERASE:
	case STORE_OP_DELAYS:
	case STORE_OP_LADDERS:
	case STORE_OP_UPLINK:
	case STORE_OP_DELIVERED:
	case STORE_OP_CLOCK:
	case STORE_OP_FLOOR:
	case STORE_OP_ASIDE:
	case STORE_OP_LIMITS: return true;
	case STORE_OP_FETCH:
	case STORE_OP_STORY:
	case STORE_OP_VERSIONS:
	case STORE_OP_AUDIT:
	case STORE_OP_STAGE:
	case STORE_OP_NUDGE:
	case STORE_OP_FAULT: break;
	}
	return false;
}

void store_op_forget(struct store_op *op)
{
	op->report_count = 0;
	op->error = 0;
}

struct store_op_report *store_op_report(struct store_op *op, const char *uplink, enum envelope_lane lane)
{
	struct store_op_report *report;

	for (size_t i = 0; i < op->report_count; i++)
		if (op->reports[i].lane == lane && str_equal(op->reports[i].uplink, uplink))
			return &op->reports[i];
	if (op->report_count == op->report_room) {
		op->report_room = MAX(op->report_room * 2, (size_t)2);
		op->reports = mem_realloc(op->reports, op->report_room, sizeof(*op->reports));
	}
	report = &op->reports[op->report_count++];
	*report = (struct store_op_report){ .lane = lane };
	memcpy(report->uplink, uplink, strlen(uplink) + 1);
	return report;
}
