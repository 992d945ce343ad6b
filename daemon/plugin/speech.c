#include "plugin/speech.h"

#include <errno.h>
#include <inttypes.h>

#include "plugin/protocol.h"

#define TAIL_MAX 32 /* of a line with devices: ],"more":true} and the newline */

static void add_member(struct str_buf *to, const char *name, const char *text)
{
	str_buf_printf(to, ",\"%s\":", name);
	str_buf_add_json(to, text);
}

static void add_device(struct str_buf *to, const struct device *d)
{
	str_buf_add(to, "{\"id\":");
	str_buf_add_json(to, d->id);
	add_member(to, "address", d->address ? d->address : d->id);
	add_member(to, "class", d->class->id);
	if (!str_starts(d->profile->id, "class:")) /* made of the class: none that a technician wrote */
		add_member(to, "profile", d->profile->id);
	str_buf_add(to, "}");
}

/* The member "devices" from `from` on, as far as the line goes, and the end of the object. */
static int add_devices(struct str_buf *to, const struct speech_introduction *i, size_t from, size_t *ret_next)
{
	_cleanup_str_buf_ struct str_buf one = { 0 };
	size_t next = from;

	str_buf_add(to, ",\"devices\":[");
	for (; next < i->device_count; next++) {
		str_buf_clear(&one);
		str_buf_add(&one, next > from ? "," : "");
		add_device(&one, i->devices[next]);
		if (to->len + one.len + TAIL_MAX > PROTOCOL_LINE_MAX)
			break;
		str_buf_add_len(to, one.text, one.len);
	}
	str_buf_add(to, next < i->device_count ? "],\"more\":true}" : "]}");
	if (to->len >= PROTOCOL_LINE_MAX)
		return -EMSGSIZE;
	*ret_next = next;
	return 0;
}

int speech_hello(struct str_buf *to, const struct speech_introduction *i, size_t *ret_next)
{
	char max_age[STR_DOUBLE_MAX];

	str_buf_printf(to, "{\"type\":\"hello\",\"protocol\":%d", PROTOCOL_VERSION);
	add_member(to, "instance", i->plugin->id);
	add_member(to, "estate", i->estate->id);
	str_buf_printf(to, ",\"max_age\":%s,\"options\":%s",
		       str_from_double((double)i->plugin->max_age_us / (double)S, max_age), i->plugin->options_json);
	return add_devices(to, i, 0, ret_next);
}

int speech_devices(struct str_buf *to, const struct speech_introduction *i, size_t from, size_t *ret_next)
{
	size_t next;
	int r;

	str_buf_add(to, "{\"type\":\"devices\"");
	r = add_devices(to, i, from, &next);
	if (r < 0)
		return r;
	if (next == from)
		return -EMSGSIZE;
	*ret_next = next;
	return 0;
}

void speech_deliver(struct str_buf *to, const struct supervisor_batch *b)
{
	str_buf_printf(to, "{\"type\":\"deliver\",\"batch\":%" PRIu64, b->batch);
	add_member(to, "lane", b->lane);
	str_buf_add(to, ",\"messages\":[");
	for (size_t i = 0; i < b->count; i++) {
		str_buf_add(to, i ? "," : "");
		str_buf_add(to, b->messages[i]);
	}
	str_buf_add(to, "]}");
}

void speech_stored(struct str_buf *to, const char *id_json)
{
	str_buf_add(to, "{\"type\":\"stored\",\"id\":");
	str_buf_add(to, id_json);
	str_buf_add(to, "}");
}

void speech_ping(struct str_buf *to, uint64_t id)
{
	str_buf_printf(to, "{\"type\":\"ping\",\"id\":%" PRIu64 "}", id);
}

void speech_stop(struct str_buf *to)
{
	str_buf_add(to, "{\"type\":\"stop\"}");
}
