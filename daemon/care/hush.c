#include "care/hush.h"

#include <string.h>

#include "base/util.h"

#define ENOUGH       40   /* times heard, to know how often it is */
#define SELDOM       40   /* turns: what is silent for so long anyway is not missed */
#define SOME_MORE    12   /* turns */
#define NOT_MISSED   1500 /* turns: about a week */
#define FADES        256  /* of the longest, with each time that it is heard */
#define LONGEST_MOST (UINT16_MAX / HUSH_PARTS)

void hush_init(struct hush *h)
{
	memset(h, 0, sizeof(*h));
}

static unsigned turns_missed(const struct hush *h, const struct hush_device *d)
{
	return (uint16_t)(h->turn - d->turn);
}

void hush_sign(struct hush *h, const struct sign *s)
{
	struct hush_device *d, *one;
	unsigned missed;

	if (s->device >= HUSH_DEVICES || h->last == s->device + 1)
		return;
	h->last = (uint16_t)(s->device + 1);
	h->turn++;
	d = &h->devices[s->device];
	missed = turns_missed(h, d);
	if (d->heard) {
		d->longest = (uint16_t)(d->longest - d->longest / FADES);
		d->longest = (uint16_t)MAX(d->longest, MIN(missed, LONGEST_MOST) * HUSH_PARTS);
	}
	d->heard = (uint16_t)MIN(d->heard + 1, ENOUGH);
	d->turn = h->turn;
	/* Turns go round: what was not heard for long is found in time, one device with each turn. */
	one = &h->devices[h->turn % HUSH_DEVICES];
	if (one->heard && turns_missed(h, one) > NOT_MISSED)
		*one = (struct hush_device){ .heard = 0 };
}

bool hush_misses(const struct hush *h, unsigned device)
{
	const struct hush_device *d;

	if (device >= HUSH_DEVICES)
		return false;
	d = &h->devices[device];
	return d->heard >= ENOUGH && d->longest <= SELDOM * HUSH_PARTS && turns_missed(h, d) <= NOT_MISSED &&
	       turns_missed(h, d) > 2U * d->longest / HUSH_PARTS + SOME_MORE;
}

void hush_forget(struct hush *h, unsigned device)
{
	if (device < HUSH_DEVICES)
		h->devices[device] = (struct hush_device){ .heard = 0 };
}
