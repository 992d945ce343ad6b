#include "sdk/sdk_uplink_talk.h"

#include <errno.h>
#include <stdbool.h>

#include "sdk/sdk_log.h"

static void refuse(struct sdk_uplink_talk *t, const json_t *deliver, int error, const char *why)
{
	json_t *batch = json_object_get(deliver, "batch");

	if (t->refused++ == 0)
		sdk_log_warning("a batch was refused: %s; more are only counted", why);
	if (json_is_integer(batch)) /* else there is nothing that an answer could name */
		sdk_host_send(t->host, json_pack("{s:s,s:O,s:b,s:s}", "type", "refused", "batch", batch, "retry",
						 error == -ENOBUFS, "text", why));
}

int sdk_uplink_talk_take(struct sdk_uplink_talk *t, const json_t *deliver)
{
	char why[SDK_UPLINK_WHY] = "";
	int r = sdk_uplink_add(t->queue, deliver, sdk_host_line(t->host), why);

	if (r == -EINVAL || r == -ENOBUFS)
		refuse(t, deliver, r, why);
	return r;
}

static void say_aside(struct sdk_uplink_talk *t, const struct sdk_uplink_aside *a)
{
	if (t->aside++ == 0)
		sdk_log_warning("message %lld will never be taken: %s; more are only counted", (long long)a->seq,
				a->why);
	if (sdk_host_send(t->host, json_pack("{s:s,s:I,s:b,s:I,s:s}", "type", "refused", "batch", a->batch, "retry",
					     false, "seq", (json_int_t)a->seq, "text", a->why)) == -EINVAL)
		sdk_host_send(t->host,
			      json_pack("{s:s,s:I,s:b,s:I,s:s}", "type", "refused", "batch", a->batch, "retry", false,
					"seq", (json_int_t)a->seq, "text", "for a reason that is not UTF-8"));
}

void sdk_uplink_talk_delivered(struct sdk_uplink_talk *t)
{
	struct sdk_uplink_aside aside;
	json_int_t batch;

	while (sdk_host_has_room(t->host) && sdk_uplink_take_done(t->queue, &batch))
		sdk_host_send(t->host, json_pack("{s:s,s:I}", "type", "delivered", "batch", batch));
	while (sdk_host_has_room(t->host) && sdk_uplink_take_aside(t->queue, &aside))
		say_aside(t, &aside);
}

void sdk_uplink_talk_counters(const struct sdk_uplink_talk *t, json_t *counters)
{
	struct sdk_uplink_counts c = sdk_uplink_counts(t->queue);

	json_object_set_new(counters, "delivered", json_integer((json_int_t)c.messages));
	json_object_set_new(counters, "held_batches", json_integer((json_int_t)c.batches));
	json_object_set_new(counters, "held_bytes", json_integer((json_int_t)c.bytes));
	json_object_set_new(counters, "refused", json_integer((json_int_t)t->refused));
	json_object_set_new(counters, "set_aside", json_integer((json_int_t)t->aside));
}
