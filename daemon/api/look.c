#include "api/look.h"

#include <errno.h>

#include "api/allow.h"
#include "api/pending.h"
#include "base/mem.h"

#define BUSES_MAX 1024

static void ask(struct call *x, struct api_look look)
{
	const struct api_source *source = x->api->source;
	int r;

	look.pending = pending_new(x, look.subject);
	r = source->look ? source->look(source->context, &look) : -ENOSYS;
	if (r < 0)
		pending_answer(look.pending, 503,
			       call_problem_new((struct call_problem){ 503, NULL },
						r == -EBUSY
							? "too many look at the buses at the same time: try again in "
							  "a moment"
							: "this estated has no buses to look at"));
}

void look_why(struct call *x)
{
	const struct point *point = lists_wanted_point(x);

	if (point && allow_hides_point(&x->by, point))
		call_error(x, (struct call_problem){ 403, "point" },
			   "%s does not read values of homes, or of who it was", x->by.who);
	else if (point)
		ask(x, (struct api_look){ .at = API_LOOK_WHY, .subject = point->name });
}

bool look_bus_known(struct call *x, const char *id)
{
	const struct api_source *source = x->api->source;
	_cleanup_(freep) void *room = mem_array(BUSES_MAX, sizeof(struct status_bus));
	const struct status_bus *buses = room;
	size_t count = source->buses(source->context, room, BUSES_MAX);
	struct str_nearest nearest = { .word = id };

	for (size_t i = 0; i < count; i++) {
		if (str_equal(buses[i].id, id))
			return true;
		str_nearest_try(&nearest, buses[i].id);
	}
	call_error(x, (struct call_problem){ 404, "bus" }, "no bus '%s'%s%s%s", id,
		   nearest.best ? "; did you mean '" : "; see /v1/buses", nearest.best ? nearest.best : "",
		   nearest.best ? "'?" : "");
	return false;
}

/* False: the number is none, and it is answered. */
static bool number_of(struct call *x, const char *name, uint32_t *ret_number)
{
	const char *text = call_query(x, name);

	*ret_number = 0;
	if (!text || str_to_u32(text, ret_number) == 0)
		return true;
	call_error(x, (struct call_problem){ 400, name }, "%s: expected a number from 0 to 4294967295", name);
	return false;
}

void look_frames(struct call *x)
{
	struct api_look look = { .at = API_LOOK_FRAMES, .subject = router_value(&x->match, "bus") };

	if (number_of(x, "since", &look.from) && look_bus_known(x, look.subject))
		ask(x, look);
}

void look_sheet(struct call *x)
{
	struct api_look look = { .at = API_LOOK_SHEET, .subject = router_value(&x->match, "bus") };

	if (number_of(x, "from", &look.from) && look_bus_known(x, look.subject))
		ask(x, look);
}
