#include "upstream/envelope.h"

#include <errno.h>
#include <inttypes.h>

#include <jansson.h>

static const char *const lane_names[ENVELOPE_LANES] = { [ENVELOPE_ALARM] = "alarm", [ENVELOPE_DATA] = "data" };

/* Members of the envelope itself: a payload with one of them would make an object with two of a name. */
static const char *const own_members[] = { "v", "estate", "lane", "seq", "time", "clock", "kind" };

const char *envelope_lane_name(enum envelope_lane l)
{
	return lane_names[l];
}

int envelope_lane_parse(const char *name, enum envelope_lane *ret_lane)
{
	for (size_t i = 0; i < ENVELOPE_LANES; i++)
		if (str_equal(lane_names[i], name)) {
			*ret_lane = (enum envelope_lane)i;
			return 0;
		}
	return -EINVAL;
}

int envelope_check(const char *payload)
{
	json_t *object = payload ? json_loads(payload, 0, NULL) : NULL;
	int r = json_is_object(object) ? 0 : -EINVAL;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(own_members); i++)
		if (json_object_get(object, own_members[i]))
			r = -EINVAL;
	json_decref(object);
	return r;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Appends what stands between the braces, as it stands there: numbers keep their digits. Line ends can only stand between
 * tokens (JSON has none inside strings), so they may go. */
static void add_members(struct str_buf *to, const char *payload)
{
	const char *from = strchr(payload, '{') + 1, *end = strrchr(payload, '}');

	while (from < end && is_blank(*from))
		from++;
	while (from < end && is_blank(end[-1]))
		end--;
	if (from < end)
		str_buf_add(to, ",");
	while (from < end) {
		size_t len = strcspn(from, "\r\n");

		len = MIN(len, (size_t)(end - from));
		str_buf_add_len(to, from, len);
		from += len;
		while (from < end && (*from == '\r' || *from == '\n'))
			from++;
	}
}

int envelope_render(const struct envelope *e, struct str_buf *to)
{
	if (envelope_check(e->payload) < 0)
		return -EINVAL;
	str_buf_add(to, "{\"v\":1,\"estate\":");
	str_buf_add_json(to, e->estate);
	str_buf_printf(to, ",\"lane\":\"%s\",\"seq\":%" PRIu64 ",\"time\":", envelope_lane_name(e->lane), e->seq);
	str_buf_add_json(to, e->time);
	if (e->clock)
		str_buf_printf(to, ",\"clock\":\"%s\"", e->clock);
	str_buf_add(to, ",\"kind\":");
	str_buf_add_json(to, e->kind);
	add_members(to, e->payload);
	str_buf_add(to, "}");
	return 0;
}
