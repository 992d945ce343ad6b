#include "api/recordings.h"

#include <errno.h>

#include "api/acts.h"
#include "api/allow.h"
#include "api/pending.h"
#include "base/clock.h"

#define PATIENCE (60 * S) /* a piece of a long time back may be far down in the file */

/* A moment of the query; what was there before where it is not said. False: answered. */
static bool read_moment(struct call *x, const char *name, int64_t *us)
{
	const char *text = call_query(x, name);

	if (!text || acts_read_since(text, us))
		return true;
	call_error(x, (struct call_problem){ 400, name },
		   "%s '%s': expected a duration as \"30d\", or a time as 2026-11-22T03:00", name, text);
	return false;
}

static bool read_after(struct call *x, struct api_recording *r)
{
	const char *text = call_query(x, "after");
	int64_t ms;

	r->begins = !text;
	if (!text)
		return true;
	if (str_to_i64(text, &ms) == 0 && ms >= 0 && ms < INT64_MAX / MS) {
		r->from_us = ms * MS;
		return true;
	}
	call_error(x, (struct call_problem){ 400, "after" }, "after '%s': expected what \"next\" said", text);
	return false;
}

void recordings_get(struct call *x)
{
	const struct api_source *source = x->api->source;
	struct api_recording r = { .to_us = clock_wall_us() };
	int error;

	if (!read_moment(x, "since", &r.from_us) || !read_moment(x, "until", &r.to_us) || !read_after(x, &r))
		return;
	if (r.begins)
		allow_note(x, "recording", true); /* homes are in it */
	r.pending = pending_new(x, "recording");
	pending_patience(r.pending, PATIENCE, "the history is read for too long: try again in a moment");
	error = source->recording ? source->recording(source->context, &r) : -ENOSYS;
	if (error < 0)
		pending_answer(r.pending, 503,
			       call_problem_new((struct call_problem){ 503, NULL },
						"somebody else records just now: try again in a moment"));
}
