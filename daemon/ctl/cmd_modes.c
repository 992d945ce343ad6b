/* cmd_modes.c: devices out of service, devices and places in test, and when help was last proven. */
#include "ctl/command.h"

static void show_mode(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	static const char *const known[] = { NC_("mode", "out_of_service"), NC_("mode", "test"),
					     NC_("mode", "proven") };

	str_buf_add(to, words_in_context("mode", json_string_value(json_object_get(row, "mode")), known,
					 ARRAY_SIZE(known)));
}

static void show_since(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	words_age_since(json_object_get(row, "since"), to);
}

/* clang-format off */
static const struct out_table modes = {
	.columns = (const struct out_column[]){
		{ N_("MODE"),    OUT_LEFT,  NULL,      show_mode,  N_("out of service, test; proven: an alarm came through in test") },
		{ N_("SUBJECT"), OUT_LEFT,  "subject", NULL,       N_("a device, or a place") },
		{ N_("AGE"),     OUT_RIGHT, NULL,      show_since, N_("since it began, or was proven") },
		{ N_("UNTIL"),   OUT_LEFT,  "until",   NULL,       N_("ends by itself then") },
		{ N_("WHO"),     OUT_LEFT,  "by",      NULL,       NULL },
		{ N_("REASON"),  OUT_LEFT,  "reason",  NULL,       NULL },
		{ 0 } },
	.keys = (const char *const[]){ "mode", "subject", "since", "until", "by", "reason", NULL },
	.none = N_("nothing is out of service, nothing in test"),
};
/* clang-format on */

enum ctl_exit cmd_modes(struct ctl *c)
{
	return ctl_list(c, "/v1/modes", &modes);
}

/* The slashes of a place stay, all else is escaped. */
static void add_subject(struct str_buf *path, const char *subject)
{
	while (*subject) {
		char part[256];
		size_t len = strcspn(subject, "/");

		len = MIN(len, sizeof(part) - 1);
		memcpy(part, subject, len);
		part[len] = '\0';
		talk_escape(path, part);
		subject += len;
		if (*subject == '/') {
			str_buf_add(path, "/");
			subject++;
		}
	}
}

static enum ctl_exit set(struct ctl *c, const char *base, const char *length)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	struct str_buf path _cleanup_str_buf_ = { 0 };
	json_t *body = json_object();
	const char *until, *goes_on;
	enum ctl_exit exit;

	str_buf_add(&path, base);
	add_subject(&path, ctl_word(c, 0));
	if (length)
		json_object_set_new(body, "for", json_string(length));
	if (c->args.values[ARGS_REASON])
		json_object_set_new(body, "reason", json_string(c->args.values[ARGS_REASON]));
	exit = ctl_post(c, path.text, body, &answer);
	if (exit != CTL_DONE)
		return exit;
	if (c->out.writer != &out_text_writer) {
		c->out.writer->object(&c->out, &modes, str_buf_text(&answer.body), answer.json);
		return CTL_DONE;
	}
	until = json_string_value(json_object_get(answer.json, "until"));
	goes_on = json_string_value(json_object_get(answer.json, "goes_on"));
	if (until)
		out_say(&c->out, _("%s: until %s\n"), ctl_word(c, 0), until);
	else
		out_say(&c->out, _("%s: over\n"), ctl_word(c, 0));
	if (goes_on)
		out_say(&c->out, _("what protects life goes on: %s\n"), goes_on);
	return CTL_DONE;
}

enum ctl_exit cmd_modes_service(struct ctl *c)
{
	if (!c->args.values[ARGS_FOR] || !c->args.values[ARGS_REASON]) {
		fprintf(stderr, "%s", _("estatectl: out-of-service: expected --for and --reason\n"));
		return CTL_USAGE;
	}
	return set(c, "/v1/out-of-service/", c->args.values[ARGS_FOR]);
}

enum ctl_exit cmd_modes_in_service(struct ctl *c)
{
	return set(c, "/v1/out-of-service/", "0s");
}

enum ctl_exit cmd_modes_test(struct ctl *c)
{
	return set(c, "/v1/test/", c->args.values[ARGS_FOR]);
}
