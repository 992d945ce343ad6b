/* sim_rx.c: see sim_rx.h. An RTU slave that saw a bad frame takes nothing until the line was silent. A pseudo terminal
 * hands over whole writes, so the silence is a fixed 20 ms, not 3.5 characters. */
#include "sim_rx.h"

#include <errno.h>
#include <event2/event.h>
#include <string.h>

#include "base/util.h"
#include "sim_peer.h"
#include "sim_slave.h"
#include "sim_world.h"

#define SILENCE_US (20 * MS)

void sim_rx_clear(struct sim_rx *rx)
{
	rx->len = 0;
	rx->deaf = false;
	if (rx->silence)
		evtimer_del(rx->silence);
}

static void on_silence(evutil_socket_t fd, short what, void *arg)
{
	struct sim_rx *rx = arg;

	(void)fd;
	(void)what;
	if (rx->len && !rx->deaf)
		rx->peer->slave->counts.frame_errors++;
	sim_rx_clear(rx);
}

void sim_rx_init(struct sim_rx *rx, struct sim_peer *peer, struct event_base *base)
{
	rx->peer = peer;
	rx->silence_us = SILENCE_US;
	if (peer->slave->framing == SIM_FRAMING_RTU)
		rx->silence = evtimer_new(base, on_silence, rx);
}

void sim_rx_fini(struct sim_rx *rx)
{
	if (rx->silence)
		event_free(rx->silence);
	rx->silence = NULL;
}

/* Hands over every whole request; what is left moves to the front. */
static int take_all(struct sim_rx *rx)
{
	struct sim_slave *slave = rx->peer->slave;
	size_t used = 0;
	int n = 0;

	while (rx->len > used) {
		struct sim_message request;

		n = sim_frame_take(slave->framing, rx->buf + used, rx->len - used, &request);
		if (n <= 0)
			break;
		used += (size_t)n;
		sim_slave_take(slave, rx->peer, &request);
	}
	memmove(rx->buf, rx->buf + used, rx->len - used);
	rx->len -= used;
	return n < 0 ? n : 0;
}

int sim_rx_feed(struct sim_rx *rx, const uint8_t *data, size_t len)
{
	struct sim_slave *slave = rx->peer->slave;
	int r = 0;

	slave->counts.bytes_in += len;
	while (len && !rx->deaf && r == 0) {
		size_t n = MIN(len, sizeof(rx->buf) - rx->len);

		memcpy(rx->buf + rx->len, data, n);
		rx->len += n;
		data += n;
		len -= n;
		r = take_all(rx);
	}
	if (r < 0) {
		slave->counts.frame_errors++;
		if (slave->framing == SIM_FRAMING_TCP)
			return r;
		rx->deaf = true;
		rx->len = 0;
	}
	if (rx->silence && (rx->deaf || rx->len))
		sim_world_arm_real(rx->silence, rx->silence_us);
	return 0;
}
