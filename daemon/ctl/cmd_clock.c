/* cmd_clock.c: the wall clock of the box: what it says, how far it can be trusted; setting it by hand. */
#include "ctl/command.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"

#define STEP_MAX_S 1e12 /* further than any clock goes */

static void show_quality(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	const char *quality = json_string_value(json_object_get(row, "quality"));

	if (str_equal(quality, "unset"))
		str_buf_add(to, _("unset: times are not to be trusted"));
	else if (str_equal(quality, "restored"))
		str_buf_add(to, _("restored: plausible, but no time service confirms it"));
	else
		str_buf_add(to, _("synchronised by a time service"));
}

static void show_boot(const json_t *row, enum words_language l, struct str_buf *to)
{
	out_value(json_object_get(row, "booted"), l, to);
	str_buf_add(to, " (");
	words_age_s(json_integer_value(json_object_get(row, "uptime_s")), to);
	str_buf_add(to, ")");
}

static void show_step(const json_t *row, enum words_language l, struct str_buf *to)
{
	double step_s = json_number_value(json_object_get(row, "step_s"));

	if (json_is_null(json_object_get(row, "step_s")))
		return;
	str_buf_add(to, step_s < 0 ? "-" : "+");
	words_age_s((int64_t)MIN(step_s < 0 ? -step_s : step_s, STEP_MAX_S), to);
	str_buf_add(to, ", ");
	out_value(json_object_get(row, "stepped"), l, to);
}

/* Red while it is not to be trusted. */
static const char *color_quality(const json_t *row)
{
	return str_equal(json_string_value(json_object_get(row, "quality")), "unset") ? "1;31" : NULL;
}

/* clang-format off */
static const struct out_table table = {
	.columns = (const struct out_column[]){
		{ N_("TIME"),    OUT_LEFT, "time",  NULL,         N_("in the estate's own zone"), 0 },
		{ N_("CLOCK"),   OUT_LEFT, NULL,    show_quality, N_("unset, restored or synchronised"), 0 },
		{ N_("SINCE"),   OUT_LEFT, "since", NULL,         N_("since when it is so"), 0 },
		{ N_("BOOTED"),  OUT_LEFT, NULL,    show_boot,    N_("when the box was switched on, by the clock of now"), 0 },
		{ N_("STEP"),    OUT_LEFT, NULL,    show_step,    N_("the last jump of the clock since estated runs"), 0 },
		{ 0 } },
	.keys = (const char *const[]){ "time", "quality", "since", "boot", "booted", "uptime_s", "max_error_s", "steps", "step_s",
		"stepped", NULL },
	.none = "",
	.color = color_quality,
};
/* clang-format on */

static void write_answer(struct ctl *c, const struct ctl_answer *answer)
{
	c->out.writer->object(&c->out, &table, str_buf_text(&answer->body), answer->json);
}

enum ctl_exit cmd_clock(struct ctl *c)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	enum ctl_exit exit = ctl_get(c, "/v1/clock", &answer);

	if (exit == CTL_DONE)
		write_answer(c, &answer);
	return exit;
}

/* The service has no right to it, root has: set here, what the daemon has read and found good. It notices, and writes down
 * who it was. */
static enum ctl_exit set_here(struct ctl *c, const char *iso)
{
	int64_t wall_us;
	int r = iso && clock_parse(iso, &wall_us) == 0 ? clock_set_wall(wall_us) : -EINVAL;

	if (r == 0)
		return cmd_clock(c);
	fprintf(stderr, _("estatectl: this system does not let its clock be set to %s: %s\n"), iso ? iso : "?",
		strerror(-r));
	return CTL_FAILED;
}

enum ctl_exit cmd_clock_set(struct ctl *c)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	struct str_buf time _cleanup_str_buf_ = { 0 };
	enum ctl_exit exit;

	/* Date and time may be two words. */
	str_buf_add(&time, ctl_word(c, 0));
	if (ctl_word(c, 1))
		str_buf_printf(&time, " %s", ctl_word(c, 1));
	exit = ctl_post(c, "/v1/clock", json_pack("{s:s, s:b}", "time", time.text, "client_sets", true), &answer);
	if (exit == CTL_DONE && json_object_get(answer.json, "set"))
		return set_here(c, json_string_value(json_object_get(answer.json, "set")));
	if (exit == CTL_DONE)
		write_answer(c, &answer);
	return exit;
}
