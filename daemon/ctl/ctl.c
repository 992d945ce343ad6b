#include "ctl/ctl.h"

#include <errno.h>

void ctl_answer_fini(struct ctl_answer *a)
{
	str_buf_fini(&a->body);
	json_decref(a->json);
	a->json = NULL;
}

const char *ctl_word(const struct ctl *c, size_t index)
{
	return index < c->args.count ? c->args.words[index] : NULL;
}

enum ctl_exit ctl_explain(const struct ctl *c, int error)
{
	const char *socket = talk_socket(c->talk);

	switch (error) {
	case -ENOTCONN:
		fprintf(stderr, _("estatectl: estated does not answer at %s: systemctl status estated\n"), socket);
		return CTL_NOT_RUNNING;
	case -EBUSY:
		fprintf(stderr, _("estatectl: estated at %s has too many connections: try again when one is closed\n"),
			socket);
		return CTL_FAILED;
	case -EACCES:
		fprintf(stderr,
			_("estatectl: you may not talk to estated at %s: use sudo, or join the group with "
			  "'usermod -aG estated USER' and log in again\n"),
			socket);
		return CTL_FAILED;
	case -ETIMEDOUT:
		fprintf(stderr, _("estatectl: estated at %s took too long: journalctl -u estated -n 50\n"), socket);
		return CTL_FAILED;
	default: fprintf(stderr, "estatectl: %s: %s\n", socket, talk_error(c->talk)); return CTL_FAILED;
	}
}

enum ctl_exit ctl_refused(const struct talk_answer *a)
{
	json_t *body = json_loads(str_buf_text(&a->body), 0, NULL), *problem;
	size_t i;
	const char *text = json_string_value(json_object_get(json_object_get(body, "error"), "text"));

	if (text)
		fprintf(stderr, "estatectl: %s\n", text);
	else
		fprintf(stderr, _("estatectl: estated answered with status %ld: journalctl -u estated -n 50\n"),
			a->status);
	json_array_foreach(json_object_get(body, "problems"), i, problem)
		fprintf(stderr, "%s\n", json_string_value(problem));
	json_decref(body);
	return CTL_FAILED;
}

/* Makes an answer of what came, or says why not. Takes the body. */
static enum ctl_exit take(struct ctl *c, int error, struct talk_answer *came, struct ctl_answer *ret_answer)
{
	struct ctl_answer answer = { .body = came->body };
	json_error_t wrong;
	enum ctl_exit refused;

	if (error < 0)
		return ctl_explain(c, error);
	if (came->status != 200 && came->status != 202) {
		refused = ctl_refused(came);
		ctl_answer_fini(&answer);
		return refused;
	}
	answer.json = json_loadb(str_buf_text(&answer.body), answer.body.len, 0, &wrong);
	if (!answer.json) {
		fprintf(stderr, _("estatectl: the answer is no JSON (line %d: %s): is this estated's socket: %s?\n"),
			wrong.line, wrong.text, talk_socket(c->talk));
		ctl_answer_fini(&answer);
		return CTL_FAILED;
	}
	*ret_answer = answer;
	return CTL_DONE;
}

enum ctl_exit ctl_get(struct ctl *c, const char *path, struct ctl_answer *ret_answer)
{
	struct talk_answer came = { 0 };
	int r = talk_get(c->talk, path, &came);

	return take(c, r, &came, ret_answer);
}

enum ctl_exit ctl_list(struct ctl *c, const char *path, const struct out_table *table)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	enum ctl_exit exit = ctl_get(c, path, &answer);

	if (exit == CTL_DONE)
		c->out.writer->list(&c->out, table, str_buf_text(&answer.body), answer.json);
	return exit;
}

enum ctl_exit ctl_post(struct ctl *c, const char *path, json_t *body, struct ctl_answer *ret_answer)
{
	struct talk_answer came = { 0 };
	char *text = json_dumps(body, JSON_COMPACT);
	int r;

	json_decref(body);
	if (!text) {
		fprintf(stderr, "%s", _("estatectl: the text is not UTF-8\n"));
		return CTL_USAGE;
	}
	r = talk_post(c->talk, path, text, &came);
	free(text);
	return take(c, r, &came, ret_answer);
}
