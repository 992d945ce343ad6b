/* cmd_bid.c: has a plugin do something. */
#include "ctl/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "for=5s": a text always; what a plugin wants as a number it can read. NULL: the word has no '='. */
static json_t *args_of(const struct ctl *c)
{
	json_t *args = json_object();
	const char *word;

	for (size_t i = 2; (word = ctl_word(c, i)); i++) {
		const char *equals = strchr(word, '=');
		char *name = equals && equals > word ? strndup(word, (size_t)(equals - word)) : NULL;

		/* What is no UTF-8 is refused by the JSON library. */
		if (!name || json_object_set_new(args, name, json_string(equals + 1)) < 0) {
			fprintf(stderr, _("estatectl: command: '%s': expected NAME=VALUE\n"), word);
			json_decref(args);
			args = NULL;
		}
		free(name);
		if (!args)
			break;
	}
	return args;
}

/* Whatever else the plugin says of it. */
static void say_done(struct ctl *c, const json_t *answer)
{
	const char *key;
	json_t *value;

	out_say(&c->out, _("done\n"));
	json_object_foreach((json_t *)answer, key, value)
	{
		char *text = strcmp(key, "ok") != 0 ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

		if (text)
			out_say(&c->out, "%s: %s\n", key, json_is_string(value) ? json_string_value(value) : text);
		free(text);
	}
}

static const struct out_table done = { .keys = (const char *const[]){ "ok", NULL }, .none = "" };

enum ctl_exit cmd_bid(struct ctl *c)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	struct str_buf path _cleanup_str_buf_ = { 0 };
	const char *reason = c->args.values[ARGS_REASON];
	json_t *args = args_of(c), *body;
	enum ctl_exit exit;

	if (!args)
		return CTL_USAGE;
	body = json_pack("{s:s, s:o, s:s*}", "verb", ctl_word(c, 1), "args", args, "reason", reason);
	str_buf_add(&path, "/v1/plugins/");
	talk_escape(&path, ctl_word(c, 0));
	str_buf_add(&path, "/command");
	exit = ctl_post(c, path.text, body, &answer);
	if (exit != CTL_DONE)
		return exit;
	if (c->out.writer == &out_text_writer)
		say_done(c, answer.json);
	else
		c->out.writer->object(&c->out, &done, str_buf_text(&answer.body), answer.json);
	return CTL_DONE;
}
