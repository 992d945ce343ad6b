#include "app/homedays.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/live.h"
#include "app/staged.h"
#include "base/mem.h"
#include "care/activity.h"
#include "care/care.h"
#include "store/history_reader.h"
#include "store/sums.h"

#define ASKING_MAX 4
#define TURN_DAYS  5                   /* read before others have their turns */
#define TOKENS     ((uint64_t)5 << 59) /* ours begin here: others wait for stagings too */

struct job {
	struct staged staged;
	char *place;
	struct activity *activity;
	char **names; /* of the points, as the history has them */
	size_t count;
	unsigned days;
	int64_t begins_us[ACTIVITY_DAYS + 1]; /* of that many days ago: its midnight; [days] is not read */
	int64_t now_us;
	unsigned left; /* days that are still to be read, the oldest first */
};

struct homedays {
	struct staged_desk desk;
};

/* ---- days ---- */

/* The midnight that the day of that moment began with: a day may have 23 hours. */
static int64_t midnight(int64_t us)
{
	struct clock_calendar c;
	char text[64];
	int64_t begins_us = us;

	clock_calendar(us, &c);
	snprintf(text, sizeof(text), "%04d-%02d-%02dT00:00:00", c.year, c.month, c.day);
	clock_parse(text, &begins_us);
	return begins_us;
}

static void find_days(struct job *j)
{
	j->begins_us[0] = midnight(j->now_us);
	for (unsigned i = 1; i < j->days; i++)
		j->begins_us[i] = midnight(j->begins_us[i - 1] - DAY / 2);
}

static int64_t day_ends(const struct job *j, unsigned day)
{
	return day ? j->begins_us[day - 1] : j->now_us + 1;
}

static unsigned slot_of(int64_t us)
{
	struct clock_calendar c;

	clock_calendar(us, &c);
	return (unsigned)(c.hour * 60 + c.minute) / ACTIVITY_SLOT_MINUTES;
}

/* ---- on the reader thread ---- */

static void take(struct job *j, const struct history_reader_sample *s, unsigned *day)
{
	int64_t us = s->ts_ms * MS;

	while (*day > 0 && us >= day_ends(j, *day))
		--*day;
	activity_take(j->activity,
		      &(struct activity_sample){ .source = s->point,
						 .value = &s->value,
						 .good = s->quality == QUALITY_GOOD && s->value.type != VALUE_NONE,
						 .repeats = s->ts_ms % SUMS_HOLD_MS == 0,
						 .test = s->test,
						 .day = *day,
						 .slot = slot_of(us) });
}

static int read_days(struct job *j, unsigned oldest, unsigned newest)
{
	struct history_span span = { .path = j->staged.path,
				     .points = (const char *const *)j->names,
				     .count = j->count,
				     .from_ms = j->begins_us[oldest] / MS,
				     .to_ms = (day_ends(j, newest) + MS - 1) / MS };
	_cleanup_(history_reader_closep) struct history_reader *reader = NULL;
	struct history_reader_sample s;
	int r = history_reader_open(&span, &reader, &j->staged.why);

	if (r < 0)
		return r;
	while ((r = history_reader_next(reader, &s)) > 0)
		take(j, &s, &oldest);
	j->staged.damaged += history_reader_damaged(reader);
	return r;
}

static void job_work(struct staged *s)
{
	struct job *j = CONTAINER_OF(s, struct job, staged);
	unsigned oldest = j->left - 1, count = MIN(j->left, (unsigned)TURN_DAYS);

	s->error = j->count ? read_days(j, oldest, oldest + 1 - count) : -ENOENT;
	j->left -= count;
	if (s->error == -ENOENT)
		s->error = j->left = 0; /* nothing was ever kept, or no sensor says anything of people */
	s->more = s->error == 0 && j->left > 0;
}

/* ---- on the main thread ---- */

static json_t *rooms_of(void)
{
	json_t *list = json_array();

	for (unsigned room = 0; room < SIGN_ROOMS; room++)
		json_array_append_new(list, json_string(room ? sign_room_name((enum sign_room)room) : "other"));
	return list;
}

/* Stretches of the day of which nobody has heard anything: first slot, and the one after the last. */
static json_t *unheard_of(const struct activity *a, unsigned day, unsigned end)
{
	json_t *list = json_array();
	unsigned from = 0;

	for (unsigned slot = 0; slot <= end; slot++) {
		if (slot < end && !activity_heard(a, day, slot))
			continue;
		if (slot > from)
			json_array_append_new(list, json_pack("[i, i]", (int)from, (int)slot));
		from = slot + 1;
	}
	return list;
}

static json_t *ticks_of(const struct activity *a, unsigned day)
{
	json_t *list = json_array();

	for (unsigned slot = 0; slot < ACTIVITY_SLOTS; slot++)
		for (unsigned room = 0; room < SIGN_ROOMS; room++) {
			uint8_t ticks = activity_ticks(a, day, slot, (enum sign_room)room);

			if (ticks)
				json_array_append_new(list, json_pack("[i, i, i]", (int)slot, (int)room, (int)ticks));
		}
	return list;
}

static json_t *day_row(const struct job *j, unsigned day)
{
	char iso[CLOCK_ISO_MAX];
	unsigned end = day ? ACTIVITY_SLOTS : slot_of(j->now_us) + 1;

	clock_format_iso(j->begins_us[day], iso);
	return json_pack("{s:s%, s:o, s:o}", "day", iso, (size_t)10, "ticks", ticks_of(j->activity, day), "unheard",
			 unheard_of(j->activity, day, end));
}

static json_t *job_answer(struct staged *s)
{
	const struct job *j = CONTAINER_OF(s, struct job, staged);
	json_t *days = json_array();

	for (unsigned day = 0; day < j->days; day++)
		json_array_append_new(days, day_row(j, day));
	return json_pack("{s:s, s:i, s:o, s:o}", "place", j->place, "slot_minutes", ACTIVITY_SLOT_MINUTES, "rooms",
			 rooms_of(), "days", days);
}

static void job_free(struct staged *s)
{
	struct job *j = CONTAINER_OF(s, struct job, staged);

	for (size_t i = 0; i < j->count; i++)
		free(j->names[i]);
	free(j->names);
	activity_free(j->activity);
	free(j->place);
	free(j);
}

static const struct staged_kind kind = {
	.name = "days of a home answered",
	.max = ASKING_MAX,
	.first_token = TOKENS,
	.work = job_work,
	.answer = job_answer,
	.free = job_free,
};

struct homedays *homedays_new(struct live *l)
{
	struct homedays *h = MEM_NEW(struct homedays);

	staged_open(&h->desk, l, &kind);
	return h;
}

void homedays_free(struct homedays *h)
{
	if (!h)
		return;
	staged_close(&h->desk);
	free(h);
}

/* The configuration may change before they are read: names are copied. */
static void name_points(struct job *j)
{
	j->count = activity_count(j->activity);
	j->names = mem_array(j->count + 1, sizeof(*j->names));
	for (size_t i = 0; i < j->count; i++) {
		struct activity_source source = activity_source(j->activity, i);

		size_t room = strlen(source.device->id) + strlen(source.point) + 2;

		j->names[i] = mem_alloc(room);
		snprintf(j->names[i], room, "%s.%s", source.device->id, source.point);
	}
}

int homedays_ask(struct homedays *h, const struct api_activity *ask)
{
	const struct home *home = care_find(engine_care(h->desk.live->engine), ask->place);
	struct job *j;

	if (!home)
		return -ENOENT;
	if (staged_full(&h->desk))
		return -EBUSY;
	j = MEM_NEW(struct job);
	j->place = mem_strdup(ask->place);
	j->activity = activity_new(home);
	j->days = j->left = MIN(MAX(ask->days, 1U), (unsigned)ACTIVITY_DAYS);
	j->now_us = clock_wall_us();
	find_days(j);
	name_points(j);
	staged_begin(&h->desk, &j->staged, ask->pending);
	staged_wait(&j->staged);
	return 0;
}

void homedays_staged(struct homedays *h, uint64_t token)
{
	staged_arrived(&h->desk, token);
}
