/* sim_timeline.c: see sim_timeline.h. */
#include "sim_timeline.h"

#include <event2/event.h>

#include "base/mem.h"
#include "sim_command.h"
#include "sim_world.h"

struct step {
	struct sim_timeline *timeline;
	char *line;
	int64_t at_us, every_us;
	struct event *timer;
	struct step *next;
};

struct sim_timeline {
	struct sim_world *world;
	struct step *steps;
};

static void on_step(evutil_socket_t fd, short what, void *arg)
{
	struct step *step = arg;
	struct sim_world *w = step->timeline->world;

	(void)fd, (void)what;
	sim_out_event(w->out, "timeline",
		      json_pack("{s:f, s:s, s:o}", "at", (double)step->at_us / 1e6, "do", step->line, "result",
				sim_command_run(w, step->line)));
	if (step->every_us)
		sim_world_arm_real(step->timer, step->every_us);
}

static void load_step(struct sim_timeline *t, const struct sim_setting *s)
{
	const char *line = sim_setting_text(s, "do", "");
	int64_t at_us = sim_setting_duration(s, "at", 0), every_us = sim_setting_duration(s, "every", 0);
	struct step *step;

	sim_setting_keys(s, "at do every", NULL);
	if (!config_setting_get_member(s->at, "at"))
		sim_setting_error(s, NULL, "timeline: expected at = \"20s\"");
	if (!sim_command_knows(t->world, line)) {
		sim_setting_error(s, "do", "'%s': expected a command, or the name of an asset and a verb", line);
		return;
	}
	step = MEM_NEW(struct step);
	step->timeline = t;
	step->line = mem_strdup(line);
	step->at_us = at_us;
	step->every_us = every_us;
	step->timer = evtimer_new(t->world->base, on_step, step);
	step->next = t->steps;
	t->steps = step;
}

struct sim_timeline *sim_timeline_load(struct sim_world *w, const config_setting_t *list, struct diag *diag)
{
	struct sim_timeline *t = MEM_NEW(struct sim_timeline);

	t->world = w;
	for (int i = 0; list && i < config_setting_length(list); i++) {
		struct sim_setting row = { config_setting_get_elem(list, (unsigned)i), diag };

		if (config_setting_is_group(row.at))
			load_step(t, &row);
		else
			sim_setting_error(&row, NULL, "timeline: expected a group { at = \"20s\"; do = \"…\"; }");
	}
	return t;
}

void sim_timeline_start(struct sim_timeline *t)
{
	for (struct step *step = t->steps; step; step = step->next)
		sim_world_arm_real(step->timer, step->at_us);
}

void sim_timeline_free(struct sim_timeline *t)
{
	if (!t)
		return;
	while (t->steps) {
		struct step *step = t->steps;

		t->steps = step->next;
		event_free(step->timer);
		free(step->line);
		free(step);
	}
	free(t);
}
