/* cmd_audit.c: the record of what was done: shown, taken along, proved. */
#include "ctl/command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "ctl/chain.h"

/* ---- show ---- */

/* "from": "unacked", "to": 7 → from unacked, to 7 */
static void show_detail(const json_t *row, enum words_language l, struct str_buf *to)
{
	const char *key, *between = "";
	json_t *value;

	json_object_foreach(json_object_get(row, "detail"), key, value)
	{
		if (json_is_null(value))
			continue;
		str_buf_printf(to, "%s%s ", between, key);
		if (json_is_object(value) || json_is_array(value))
			str_buf_add(to, "…");
		else
			out_value(value, l, to);
		between = ", ";
	}
}

static void show_who(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	const char *who = json_string_value(json_object_get(row, "who"));

	str_buf_add(to, who ? who : "estated");
}

/* clang-format off */
static const struct out_table records = {
	.columns = (const struct out_column[]){
		{ N_("N"),      OUT_RIGHT, "n",    NULL,        N_("number of the record: none is ever left out"), 0 },
		{ N_("TIME"),   OUT_LEFT,  "time", NULL,        N_("by the clock of then; its quality is in the exported record"), 0 },
		{ N_("KIND"),   OUT_LEFT,  "kind", NULL,        NULL, 0 },
		{ N_("WHO"),    OUT_LEFT,  NULL,   show_who,    NULL, 0 },
		{ N_("WHAT"),   OUT_LEFT,  "what", NULL,        N_("what it was done to"), 0 },
		{ N_("WHY"),    OUT_LEFT,  "why",  NULL,        NULL, 0 },
		{ N_("DETAIL"), OUT_LEFT,  NULL,   show_detail, NULL, 0 },
		{ 0 } },
	.keys = (const char *const[]){ "n", "time", "clock", "boot", "mono", "kind", "who", "what", "why", "detail", "prev", "hash", NULL },
	.none = N_("nothing of that kind is recorded"),
};
/* clang-format on */

enum ctl_exit cmd_audit_show(struct ctl *c)
{
	struct str_buf path _cleanup_str_buf_ = { 0 };

	str_buf_add(&path, "/v1/audit");
	talk_query(&path, "since", c->args.values[ARGS_SINCE]);
	talk_query(&path, "kind", c->args.values[ARGS_KIND]);
	talk_query(&path, "who", c->args.values[ARGS_WHO]);
	talk_query(&path, "limit", c->args.values[ARGS_SINCE] ? "1000" : NULL);
	return ctl_list(c, path.text, &records);
}

/* ---- all of it, piece by piece ---- */

static struct chain_head head_of(const json_t *answer, const char *key)
{
	const json_t *json = json_object_get(answer, key);
	const char *hash = json_string_value(json_object_get(json, "hash"));
	struct chain_head head = { .n = (uint64_t)json_integer_value(json_object_get(json, "n")) };

	snprintf(head.hash, sizeof(head.hash), "%s", hash ? hash : "");
	return head;
}

struct walk_lines {
	void *context;
	void (*piece)(void *context, const struct chain_head *anchor); /* before the rows of each */
	void (*line)(void *context, const char *line);
	struct chain_head head; /* as of the last piece */
};

static enum ctl_exit walk(struct ctl *c, struct walk_lines *w)
{
	json_int_t after = 0, looked;
	size_t i;

	do {
		struct ctl_answer answer _cleanup_answer_ = { 0 };
		struct str_buf path _cleanup_str_buf_ = { 0 };
		struct chain_head anchor;
		const json_t *rows, *row;
		enum ctl_exit exit;

		str_buf_printf(&path, "/v1/audit/chain?after=%lld", (long long)after);
		exit = ctl_get(c, path.text, &answer);
		if (exit != CTL_DONE)
			return exit;
		anchor = head_of(answer.json, "anchor");
		w->head = head_of(answer.json, "head");
		w->piece(w->context, &anchor);
		if (after < (json_int_t)anchor.n) {
			after = (json_int_t)anchor.n;
			continue; /* asked anew, from there on */
		}
		rows = json_object_get(answer.json, "rows");
		json_array_foreach(rows, i, row) w->line(w->context, json_string_value(row));
		looked = json_integer_value(json_object_get(answer.json, "looked"));
		if (looked <= after)
			break;
		after = looked;
	} while (after < (json_int_t)w->head.n);
	return CTL_DONE;
}

/* ---- export ---- */

static void no_piece(void *context _unused_, const struct chain_head *anchor _unused_)
{
}

static void write_line(void *context, const char *line)
{
	fprintf(context, "%s\n", line);
}

enum ctl_exit cmd_audit_export(struct ctl *c)
{
	const char *path = c->args.values[ARGS_OUT];
	FILE *to = path ? fopen(path, "we") : c->out.to;
	struct walk_lines w = { .context = to, .piece = no_piece, .line = write_line };
	enum ctl_exit exit;

	if (!to) {
		fprintf(stderr, _("estatectl: %s: %s\n"), path, strerror(errno));
		return CTL_FAILED;
	}
	exit = walk(c, &w);
	if (fflush(to) != 0 && exit == CTL_DONE) {
		fprintf(stderr, _("estatectl: %s: %s\n"), path ? path : "-", strerror(errno));
		exit = CTL_FAILED;
	}
	if (path)
		fclose(to);
	return exit;
}

/* ---- verify ---- */

struct verdict {
	struct ctl *ctl;
	struct chain chain;
	bool begun;
	json_t *findings;
};

static void take_finding(void *context, const struct chain_finding *f)
{
	struct verdict *v = context;

	json_array_append_new(v->findings,
			      json_pack("{s:I, s:I, s:s, s:b, s:s}", "from", (json_int_t)f->from, "to",
					(json_int_t)f->to, "problem", f->problem, "wrong", f->wrong, "text", f->text));
	if (v->ctl->out.writer == &out_text_writer)
		out_say(&v->ctl->out, "%s", f->text);
}

static void take_piece(void *context, const struct chain_head *anchor)
{
	struct verdict *v = context;

	if (!v->begun)
		chain_begin(&v->chain, anchor);
	v->begun = true;
	chain_follow(&v->chain, anchor);
}

static void take_line(void *context, const char *line)
{
	struct verdict *v = context;

	chain_take(&v->chain, line ? line : "");
}

static enum ctl_exit read_file(struct verdict *v, const char *path)
{
	FILE *from = str_equal(path, "-") ? stdin : fopen(path, "re");
	struct chain_head unknown = { .n = UINT64_MAX };
	char *line = NULL;
	size_t room = 0;
	ssize_t len;

	if (!from) {
		fprintf(stderr, _("estatectl: %s: %s\n"), path, strerror(errno));
		return CTL_FAILED;
	}
	chain_begin(&v->chain, &unknown);
	while ((len = getline(&line, &room, from)) > 0) {
		line[strcspn(line, "\r\n")] = '\0';
		if (*line)
			chain_take(&v->chain, line);
	}
	free(line);
	if (from != stdin)
		fclose(from);
	return CTL_DONE;
}

static void say(struct verdict *v)
{
	const struct chain *chain = &v->chain;
	json_t *json;
	char *text;

	if (v->ctl->out.writer == &out_text_writer) {
		out_say(&v->ctl->out,
			chain->wrong ? _("audit: %" PRIu64 " rows, %" PRIu64 " to %" PRIu64 ": NOT whole")
				     : _("audit: %" PRIu64 " rows, %" PRIu64 " to %" PRIu64 ": whole"),
			chain->rows, chain->first, chain->at.n);
		out_say(&v->ctl->out, _("head: %" PRIu64 ":%s"), chain->at.n, chain->at.hash);
		return;
	}
	json = json_pack("{s:b, s:I, s:I, s:I, s:s, s:O}", "whole", chain->wrong == 0, "rows", (json_int_t)chain->rows,
			 "first", (json_int_t)chain->first, "last", (json_int_t)chain->at.n, "head", chain->at.hash,
			 "findings", v->findings);
	text = json_dumps(json, JSON_COMPACT);
	fprintf(v->ctl->out.to, "%s\n", text ? text : "{}");
	free(text);
	json_decref(json);
}

enum ctl_exit cmd_audit_verify(struct ctl *c)
{
	const char *file = ctl_word(c, 0), *head = c->args.values[ARGS_HEAD];
	struct verdict v = { .ctl = c, .chain = { .found = take_finding } };
	struct walk_lines w = { .context = &v, .piece = take_piece, .line = take_line };
	enum ctl_exit exit;

	v.chain.context = &v;
	if (head && chain_parse_head(head, &v.chain.known) < 0) {
		fprintf(stderr, _("estatectl: --head %s: expected a number, a colon and 64 hex digits\n"), head);
		return CTL_USAGE;
	}
	v.findings = json_array();
	exit = file ? read_file(&v, file) : walk(c, &w);
	if (exit == CTL_DONE) {
		chain_end(&v.chain, &w.head);
		say(&v);
		exit = v.chain.wrong ? CTL_FAILED : CTL_DONE;
	}
	json_decref(v.findings);
	return exit;
}
