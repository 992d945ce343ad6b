#include "upstream/waiting.h"

#include <string.h>

void waiting_queued(struct waiting *w, uint64_t seq, int64_t grain_us, int64_t now_us)
{
	struct waiting_span *last = w->count ? &w->spans[w->count - 1] : NULL;

	if (seq <= w->delivered || (last && seq <= last->last))
		return;
	/* A full list is of messages that wait for long: how long exactly those at its end do matters no more. */
	if (last && (now_us - last->first_us < grain_us || w->count == WAITING_SPANS)) {
		last->last = seq;
		last->last_us = now_us;
		return;
	}
	w->spans[w->count++] =
		(struct waiting_span){ .first = seq, .last = seq, .first_us = now_us, .last_us = now_us };
}

void waiting_delivered(struct waiting *w, uint64_t seq)
{
	size_t done = 0;

	if (seq <= w->delivered)
		return;
	w->delivered = seq;
	while (done < w->count && w->spans[done].last <= seq)
		done++;
	w->count -= done;
	memmove(w->spans, w->spans + done, w->count * sizeof(*w->spans));
}

int64_t waiting_since(const struct waiting *w)
{
	const struct waiting_span *first = w->spans;

	if (!w->count)
		return INT64_MAX;
	return w->delivered >= first->first ? first->last_us : first->first_us;
}
