#include "field/plan_describe.h"

void plan_describe_request(const struct plan *p, const struct plan_request *r, struct str_buf *to)
{
	str_buf_printf(to, "%s:%u+%u", codec_table_name(p->groups[r->group].table), p->cells[r->first].address,
		       plan_span(p, r->first, r->end));
}

static void describe_line(const struct plan *p, const struct plan_request *r, struct str_buf *to)
{
	const struct plan_group *g = &p->groups[r->group];
	unsigned values = 0, slower = 0;
	char period[STR_DURATION_MAX];

	for (uint32_t c = r->first; c < r->end; c++)
		for (uint32_t i = 0; i < p->cells[c].item_count; i++, values++)
			slower += p->items[p->cells[c].first_item + i].period_us > 0;
	str_buf_printf(to, "unit %u: ", p->units[g->unit].unit);
	plan_describe_request(p, r, to);
	str_buf_printf(to, " every %s, %u value%s", str_from_duration(g->period_us, period), values,
		       values == 1 ? "" : "s");
	if (slower > 0)
		str_buf_printf(to, ", %u of them wanted less often", slower);
	str_buf_add(to, "\n");
}

void plan_describe(const struct plan *p, struct str_buf *to)
{
	for (size_t i = 0; i < p->group_count; i++)
		for (uint32_t k = 0; k < p->groups[i].request_count; k++)
			describe_line(p, plan_first_request(p, &p->groups[i]) + k, to);
}
