/* out_json.c: the API's answer as it came; events one object a line. */
#include "ctl/out.h"

static void as_it_came(const struct out *o, const char *body)
{
	size_t len = strlen(body);

	fputs(body, o->to);
	if (len == 0 || body[len - 1] != '\n')
		fputc('\n', o->to);
}

static void list(const struct out *o, const struct out_table *t _unused_, const char *body, const json_t *rows _unused_)
{
	as_it_came(o, body);
}

static void object(const struct out *o, const struct out_table *t _unused_, const char *body,
		   const json_t *row _unused_)
{
	as_it_came(o, body);
}

static void event(const struct out *o, const struct out_table *t _unused_, const char *body, const json_t *row _unused_)
{
	as_it_came(o, body);
	fflush(o->to);
}

static void event_head(const struct out *o _unused_, const struct out_table *t _unused_)
{
}

const struct out_writer out_json_writer = {
	.name = "json", .list = list, .object = object, .event = event, .event_head = event_head
};
