/* fuzz_replay_line.c: app/replay_line.c, replay_scan.c: a line of a recording: what is taken has all that its kind needs, and
 * the quick reading of the plain form finds exactly what the JSON library finds.
 *
 * Input: lines. The second reading of each is of the same line with a key that nobody knows in it, which the quick one leaves
 * to the library. */
#include "fuzz.h"

#include "app/replay_line.h"
#include "base/clock.h"

#define STRANGER "\"~\":0,"

struct understood {
	int r;
	struct replay_line line;
	struct str_buf problem, told; /* told: what the line says, as text */
};

static void tell_value(const struct value *v, struct str_buf *to)
{
	str_buf_printf(to, "%d ", (int)v->type);
	value_format(v, to);
	str_buf_add(to, ";");
}

static void tell(const struct replay_line *l, struct str_buf *to)
{
	str_buf_printf(to, "%d %lld %s %s %s %s %d %d %lld:", (int)l->kind, (long long)l->at_us,
		       l->device ? l->device : "-", l->bus ? l->bus : "-", l->plugin ? l->plugin : "-",
		       l->point ? l->point : "-", l->test, (int)l->quality, (long long)l->step_us);
	for (size_t i = 0; i < l->field_count; i++) {
		str_buf_printf(to, "%s=", l->fields[i].path);
		tell_value(&l->fields[i].value, to);
	}
}

static void check(const struct replay_line *l)
{
	const struct replay_line_command *c = &l->command;

	FUZZ_CLAIM(l->field_count <= REPLAY_LINE_FIELDS_MAX && l->quality <= QUALITY_SUSPECT);
	switch (l->kind) {
	case REPLAY_LINE_FIELDS:
	case REPLAY_LINE_POINTS: FUZZ_CLAIM(l->device); break;
	case REPLAY_LINE_QUALITY:
		FUZZ_CLAIM((l->device != NULL) + (l->bus != NULL) + (l->plugin != NULL) == 1);
		FUZZ_CLAIM(!l->point || l->device);
		break;
	case REPLAY_LINE_CLOCK_STEP:
	case REPLAY_LINE_RESTART: break;
	case REPLAY_LINE_COMMAND:
		FUZZ_CLAIM(c->who && (c->alarm ? strchr(c->alarm, '/') != NULL : c->subject != NULL));
		FUZZ_CLAIM(c->for_us >= 0 && c->for_us <= 90 * DAY);
		FUZZ_CLAIM(c->verb != REPLAY_LINE_CLOSE || c->outcome);
		FUZZ_CLAIM(c->verb != REPLAY_LINE_SHELVE || c->for_us >= S);
		break;
	}
}

static void read_line(struct replay_line_parser *p, const char *text, size_t len, struct understood *ret_understood)
{
	char *copy = malloc(len + 1); /* text[len] may be written, no more */

	if (!copy)
		abort();
	memcpy(copy, text, len);
	copy[len] = '?';
	*ret_understood = (struct understood){ 0 };
	ret_understood->r = replay_line_parse(p, copy, len, &ret_understood->line, &ret_understood->problem);
	FUZZ_CLAIM(ret_understood->r == 0 ? !ret_understood->problem.len : ret_understood->problem.len > 0);
	if (ret_understood->r == 0) {
		check(&ret_understood->line);
		tell(&ret_understood->line, &ret_understood->told);
	}
	free(copy);
}

static void understood_fini(struct understood *r)
{
	str_buf_fini(&r->problem);
	str_buf_fini(&r->told);
}

static void compare(struct replay_line_parser *p, const char *text, size_t len)
{
	_cleanup_str_buf_ struct str_buf with = { 0 };
	const char *brace = memchr(text, '{', len);
	struct understood plain, other;

	if (!brace || memmem(text, len, "~", 1) || memmem(text, len, "u007", 4))
		return;
	str_buf_add_len(&with, text, (size_t)(brace + 1 - text));
	str_buf_add(&with, STRANGER);
	str_buf_add_len(&with, brace + 1, len - (size_t)(brace + 1 - text));
	read_line(p, text, len, &plain);
	read_line(p, with.text, with.len, &other);
	/* Nothing but the stranger in it: no object. */
	if (plain.r == 0 || other.r == 0)
		FUZZ_CLAIM(plain.r == other.r && strcmp(str_buf_text(&plain.told), str_buf_text(&other.told)) == 0);
	understood_fini(&plain);
	understood_fini(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	struct replay_line_parser *p = replay_line_parser_new();

	clock_set_zone("Asia/Shanghai");
	while (in.left) {
		struct fuzz_bytes line = fuzz_line(&in);

		if (line.left)
			compare(p, (const char *)line.at, line.left);
	}
	replay_line_parser_free(p);
	return 0;
}
