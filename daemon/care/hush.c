#include "care/hush.h"

#include <string.h>

#include "base/util.h"

#define ENOUGH       40   /* times heard, to know how often it is */
#define SELDOM       40   /* turns: what is silent for so long anyway is not missed */
#define SOME_MORE    12   /* turns */
#define ROUND        1500 /* turns: what was not heard for so many is not counted in turns any more */
#define FADES        256  /* of the longest, with each time that it is heard */
#define LONGEST_MOST (UINT16_MAX / HUSH_PARTS)
#define QUARTER      (15 * MINUTE)
#define LIVED        6 /* quarters of an hour: less is no day on which somebody was about */
#define EACH_DAY     ((1U << HUSH_DAYS) - 1)
#define STAYS_IN     3  /* days: the entrance may rest */
#define NOT_MISSED   10 /* days: by then a week of days without it is known */
#define SILENT_MOST  126
#define ENTRANCE     128 /* in `silent` */

void hush_init(struct hush *h)
{
	memset(h, 0, sizeof(*h));
}

static unsigned turns_missed(const struct hush *h, const struct hush_device *d)
{
	return (uint16_t)(h->turn - d->turn);
}

static void hear(struct hush *h, unsigned device)
{
	h->today[device / 64] |= (uint64_t)1 << device % 64;
}

/* True: another quarter of an hour than with the last sign. */
static bool live(struct hush *h, int64_t now_us)
{
	if (h->lived_us && now_us - h->lived_us < QUARTER)
		return false;
	h->lived_us = now_us;
	h->lived = (uint8_t)MIN(h->lived + 1, UINT8_MAX);
	return true;
}

void hush_door(struct hush *h, const struct sign *s)
{
	if (s->device >= HUSH_DEVICES)
		return;
	hear(h, s->device);
	h->devices[s->device].silent = ENTRANCE;
}

void hush_sign(struct hush *h, const struct sign *s)
{
	struct hush_device *d, *one;
	unsigned missed;
	bool later;

	if (s->device >= HUSH_DEVICES)
		return;
	later = live(h, s->moment.at.mono_us);
	d = &h->devices[s->device];
	d->silent = 0;
	hear(h, s->device);
	if (h->last == s->device + 1 && !later)
		return;
	h->last = (uint16_t)(s->device + 1);
	h->turn++;
	missed = turns_missed(h, d);
	if (d->heard) {
		d->longest = (uint16_t)(d->longest - d->longest / FADES);
		d->longest = (uint16_t)MAX(d->longest, MIN(missed, LONGEST_MOST) * HUSH_PARTS);
	}
	d->heard = (uint16_t)MIN(d->heard + 1, ENOUGH);
	d->turn = h->turn;
	/* Turns go round: what was not heard for long is found in time, one device with each turn. */
	one = &h->devices[h->turn % HUSH_DEVICES];
	if (one->heard && turns_missed(h, one) > ROUND)
		one->heard = one->longest = 0;
}

static void end_day(struct hush_device *d, bool heard)
{
	unsigned silent = d->silent & ~ENTRANCE;

	if (heard) {
		d->days = (uint8_t)(d->days << 1 | 1);
		return;
	}
	if ((d->days & EACH_DAY) == EACH_DAY)
		d->silent = (uint8_t)((d->silent & ENTRANCE) | MIN(silent + 1, SILENT_MOST));
	else
		d->days = (uint8_t)(d->days << 1);
}

/* Where nobody was about, nobody was there to be seen. */
void hush_day(struct hush *h)
{
	for (unsigned i = 0; i < HUSH_DEVICES; i++) {
		bool heard = h->today[i / 64] >> i % 64 & 1;

		if (heard || h->lived >= LIVED)
			end_day(&h->devices[i], heard);
	}
	memset(h->today, 0, sizeof(h->today));
	h->lived = 0;
}

/* A day without it says something where it was never missed for as many turns as now. */
unsigned hush_silent(const struct hush *h, unsigned device)
{
	const struct hush_device *d = &h->devices[device % HUSH_DEVICES];
	unsigned silent = d->silent & ~ENTRANCE;

	if (device >= HUSH_DEVICES || !silent)
		return 0;
	if (d->silent & ENTRANCE)
		return silent >= STAYS_IN ? silent : 0;
	if (silent < NOT_MISSED && (d->heard < ENOUGH || turns_missed(h, d) <= d->longest / HUSH_PARTS))
		return 0;
	return silent;
}

void hush_suspect(struct hush *h)
{
	for (unsigned i = 0; i < HUSH_DEVICES; i++) {
		struct hush_device *d = &h->devices[i];

		if (!d->silent && d->heard >= ENOUGH && turns_missed(h, d) > d->longest / HUSH_PARTS)
			d->silent = 1;
	}
}

static bool misses_turns(const struct hush *h, const struct hush_device *d)
{
	return d->heard >= ENOUGH && d->longest <= SELDOM * HUSH_PARTS && turns_missed(h, d) <= ROUND &&
	       turns_missed(h, d) > 2U * d->longest / HUSH_PARTS + SOME_MORE;
}

bool hush_misses(const struct hush *h, unsigned device)
{
	if (device >= HUSH_DEVICES || hush_silent(h, device) >= NOT_MISSED)
		return false;
	return hush_silent(h, device) || misses_turns(h, &h->devices[device]);
}

void hush_forget(struct hush *h, unsigned device)
{
	if (device >= HUSH_DEVICES)
		return;
	h->devices[device] = (struct hush_device){ .heard = 0 };
	h->today[device / 64] &= ~((uint64_t)1 << device % 64);
}

void hush_move(struct hush *h, int64_t by_us)
{
	sign_move(&h->lived_us, by_us);
}
