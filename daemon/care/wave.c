#include "care/wave.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define WATER_BACK (HOUR) /* after the pump: pipes fill, people come back to their taps */

struct wave_home {
	int64_t crossed_us; /* mono; 0: within its line */
	const char *name;
};
struct wave {
	size_t homes, watched;
	int pumps_out;
	bool common;
	int64_t since_us; /* it is common since then */
	int64_t water_us; /* mono: from then on there is water again */
	struct wave_home list[];
};

struct wave *wave_new(size_t homes)
{
	struct wave *w = mem_zalloc(sizeof(*w) + homes * sizeof(w->list[0]));

	w->homes = w->watched = homes;
	return w;
}

void wave_free(struct wave *w)
{
	free(w);
}

void wave_name(struct wave *w, size_t home, const char *name)
{
	w->list[home].name = name;
}

void wave_take_up(struct wave *w, const struct wave *before)
{
	w->common = before->common;
	w->since_us = before->since_us;
	w->water_us = before->water_us;
}

void wave_watched(struct wave *w, size_t count)
{
	w->watched = count;
}

void wave_cross(struct wave *w, size_t home, int64_t mono_us)
{
	if (!w->list[home].crossed_us)
		w->list[home].crossed_us = MAX(mono_us, (int64_t)1);
}

void wave_end(struct wave *w, size_t home)
{
	w->list[home].crossed_us = 0;
}

static size_t crossed_since(const struct wave *w, int64_t from_us)
{
	size_t count = 0;

	for (size_t i = 0; i < w->homes; i++)
		count += w->list[i].crossed_us && w->list[i].crossed_us >= from_us;
	return count;
}

static size_t threshold(const struct wave *w)
{
	return MAX((w->watched * WAVE_SHARE + 99) / 100, (size_t)WAVE_LEAST);
}

void wave_tick(struct wave *w, int64_t mono_us)
{
	if (!w->common && crossed_since(w, mono_us - WAVE_WITHIN) >= threshold(w)) {
		w->common = true;
		w->since_us = mono_us - WAVE_WITHIN;
	} else if (w->common && crossed_since(w, w->since_us) * 2 < threshold(w)) {
		w->common = false;
	}
}

/* The homes of it, as many as there is room for. */
static void list(const struct wave *w, char *buf, size_t room)
{
	size_t len = 0, left = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < w->homes; i++) {
		const char *name = w->list[i].name;

		if (!w->list[i].crossed_us || w->list[i].crossed_us < w->since_us || !name)
			continue;
		if (len + strlen(name) + 12 > room)
			left++;
		else
			len += (size_t)snprintf(buf + len, room - len, "%s%s", len ? " " : "", name);
	}
	if (left)
		snprintf(buf + len, room - len, " +%zu", left);
}

void wave_judge(const struct wave *w, struct verdict *ret_verdict)
{
	struct verdict verdict = { .active = w->common, .priority = w->common ? 2 : 0 };
	char homes[160];

	if (w->common) {
		size_t count = crossed_since(w, w->since_us);

		list(w, homes, sizeof(homes));
		snprintf(verdict.zh, sizeof(verdict.zh),
			 "监测可能失效：%zu户在30分钟内同时没有动静（共看护%zu户），先查设备和网络，再逐户确认：%s",
			 count, w->watched, homes);
		snprintf(verdict.en, sizeof(verdict.en),
			 "monitoring may have failed: %zu of %zu homes fell silent within 30 min; look at the "
			 "equipment, then at each: %s",
			 count, w->watched, homes);
	}
	*ret_verdict = verdict;
}

int64_t wave_hold(const struct wave *w, size_t home, int64_t stage_us)
{
	bool of_it = w->common && w->list[home].crossed_us && w->list[home].crossed_us >= w->since_us;

	return of_it ? stage_us + WAVE_HOLD : stage_us;
}

void wave_pump(struct wave *w, int delta, int64_t mono_us)
{
	bool stood = w->pumps_out > 0;

	w->pumps_out = MAX(w->pumps_out + delta, 0);
	if (stood && !w->pumps_out)
		w->water_us = mono_us + WATER_BACK;
}

bool wave_has_water(const struct wave *w, int64_t mono_us)
{
	return !w->pumps_out && mono_us >= w->water_us;
}
