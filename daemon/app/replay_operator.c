#include "app/replay_operator.h"

#include "alarm/due.h"
#include "base/map.h"
#include "base/mem.h"

#define ACKS_AFTER (2 * MINUTE)

/* An alarm that he has to do with. */
struct task {
	struct due_item due; /* in the heap while there is something to do */
	char *alarm;
};

struct replay_operator {
	struct map *tasks; /* by alarm */
	struct due due;
};

struct replay_operator *replay_operator_new(void)
{
	struct replay_operator *o = MEM_NEW(struct replay_operator);

	o->tasks = map_new();
	return o;
}

static void task_free(struct task *t)
{
	free(t->alarm);
	free(t);
}

void replay_operator_free(struct replay_operator *o)
{
	struct task *t;

	if (!o)
		return;
	for (size_t position = 0; (t = map_next(o->tasks, &position));)
		task_free(t);
	map_free(o->tasks);
	due_fini(&o->due);
	free(o);
}

static struct task *task_of(struct replay_operator *o, const char *alarm)
{
	struct task *t = map_find(o->tasks, alarm);

	if (t)
		return t;
	t = MEM_NEW(struct task);
	t->alarm = mem_strdup(alarm);
	map_put(o->tasks, t->alarm, t);
	return t;
}

static void forget(struct replay_operator *o, const char *alarm)
{
	struct task *t = map_remove(o->tasks, alarm);

	if (!t)
		return;
	due_remove(&o->due, &t->due);
	task_free(t);
}

void replay_operator_note(struct replay_operator *o, const struct alarm_transition *t)
{
	struct task *task;

	switch (t->alarm.state) {
	case ALARM_UNACKED:
	case ALARM_RTN_UNACKED:
		task = task_of(o, t->alarm.id);
		/* The first telling counts: one that goes on ringing does not start him anew. */
		if (!task->due.slot)
			due_set(&o->due, &task->due, t->at.mono_us + ACKS_AFTER);
		break;
	case ALARM_LATCHED: due_set(&o->due, &task_of(o, t->alarm.id)->due, t->at.mono_us); break;
	case ALARM_NORMAL:
	case ALARM_ACKED:
	case ALARM_SHELVED:
	case ALARM_SUPPRESSED:
	case ALARM_OUT_OF_SERVICE: forget(o, t->alarm.id); break;
	}
}

int64_t replay_operator_due(const struct replay_operator *o)
{
	const struct due_item *first = due_first(&o->due);

	return first ? first->at_us : INT64_MAX;
}

void replay_operator_act(struct replay_operator *o, struct engine *e, struct clock_now now, struct alarm_effects *out)
{
	struct task *task = CONTAINER_OF(due_first(&o->due), struct task, due);
	const struct alarm *a = evaluator_find(engine_evaluator(e), task->alarm);
	struct evaluator_command c = { .alarm = task->alarm, .who = "operator" };

	due_remove(&o->due, &task->due);
	if (!a)
		return;
	if (a->state == ALARM_LATCHED) {
		c.input = ALARM_IN_RESET;
		c.outcome = c.note = "false";
	} else {
		c.input = ALARM_IN_ACK;
	}
	/* A refusal says that somebody else was there first. */
	engine_command(e, &c, now, out);
}
