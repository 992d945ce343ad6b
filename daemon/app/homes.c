#include "app/homes.h"

#include <string.h>

#include "app/homefile.h"
#include "app/live.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/search.h"
#include "base/str.h"
#include "care/care.h"

#define SAVE_EVERY   HOUR
#define SAVE_AT_ONCE 32 /* blocks in one commit: a few hundred kB */
#define SHORT_DOWN   MINUTE
#define SHORT_BOOT   (10 * MINUTE)
#define SPARE        64 /* slots of the file for dwellings that are yet to come, and one in so many of those that are there */

struct home_row {
	char *place;
	size_t slot;             /* of the file */
	uint64_t written, saved; /* versions */
	int64_t saved_us;        /* monotonic */
	bool urgent;
};

struct kept {
	char *place;
	void *bytes;
	size_t len;
	int64_t by_us, dark_us;
};

struct homes {
	struct live *live;
	struct homefile *file;
	struct kept *kept; /* until homes_begin */
	size_t kept_count;
	struct home_row *rows; /* by the index of care */
	size_t count;
	bool *taken; /* by slot of the file */
	size_t slots;
	const struct engine *engine; /* of which they are */
	uint64_t generation;
	size_t next; /* where the search for what is to be saved goes on */
	bool begun;  /* what was kept is taken up */
	bool placed; /* and is in the file: who is watched from then on is not known yet, and comes there with the first look */
	int day; /* of the month, when it was looked last; 0: never */
};

struct homes *homes_new(struct live *l)
{
	struct homes *h = MEM_NEW(struct homes);

	h->live = l;
	return h;
}

static void forget_kept(struct homes *h)
{
	for (size_t i = 0; i < h->kept_count; i++) {
		free(h->kept[i].place);
		free(h->kept[i].bytes);
	}
	free(steal(&h->kept));
	h->kept_count = 0;
}

static void forget_rows(struct home_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(rows[i].place);
	free(rows);
}

void homes_free(struct homes *h)
{
	if (!h)
		return;
	forget_kept(h);
	homefile_free(h->file);
	forget_rows(h->rows, h->count);
	free(h->taken);
	free(h);
}

/* ---- start ---- */

static int compare_place(const void *place, const void *row)
{
	return strcmp(place, ((const struct kept *)row)->place);
}

/* The number of the first that is not before it; they are in the order of places. */
static size_t kept_at(const struct homes *h, const char *place)
{
	return search_first(&(struct search_rows){ h->kept, h->kept_count, sizeof(*h->kept), compare_place }, place);
}

/* The later one of a dwelling counts. */
static void keep(struct homes *h, const struct kept *one)
{
	size_t at = kept_at(h, one->place);

	if (at == h->kept_count || !str_equal(h->kept[at].place, one->place)) {
		h->kept = mem_realloc(h->kept, h->kept_count + 1, sizeof(*h->kept));
		memmove(&h->kept[at + 1], &h->kept[at], (h->kept_count - at) * sizeof(*h->kept));
		h->kept_count++;
		h->kept[at] = (struct kept){ .place = mem_strdup(one->place) };
	}
	free(h->kept[at].bytes);
	h->kept[at].bytes = mem_dup(one->bytes, one->len);
	h->kept[at].len = one->len;
	h->kept[at].by_us = one->by_us;
	h->kept[at].dark_us = one->dark_us;
}

void homes_kept(struct homes *h, const struct store_kept_home *k)
{
	int64_t later_us = clock_mono_us() - k->mono_us;
	/* It watched for up to SAVE_EVERY of it: a boot or a start that takes no longer is lived through. */
	bool brief = k->same_boot ? later_us < SHORT_DOWN : k->age_us && k->age_us < SHORT_BOOT;

	keep(h, &(struct kept){ .place = (char *)k->place,
				.bytes = (void *)k->bytes,
				.len = k->len,
				.by_us = !brief         ? later_us
					 : k->same_boot ? 0
							: later_us - k->age_us,
				.dark_us = brief       ? 0
					   : k->age_us ? k->age_us
						       : INT64_MAX });
}

static void take_file(void *context, const struct homefile_block *b, int64_t alive_us)
{
	int64_t down_us = clock_mono_us() - alive_us;

	keep(context, &(struct kept){ .place = (char *)b->place,
				      .bytes = (void *)b->bytes,
				      .len = b->len,
				      .by_us = alive_us && down_us >= SHORT_DOWN ? down_us : 0,
				      .dark_us = alive_us ? down_us : 0 });
}

static void restore(struct homes *h, const struct kept *k)
{
	struct care_block block = { .place = k->place, .bytes = k->bytes, .len = k->len, .dark_us = k->dark_us };
	int r = engine_restore_home(h->live->engine, k->place, &block, k->by_us);

	if (r == -EPROTO)
		log_notice("%s: what was learned there is of another version: it is learned anew", k->place);
	else if (r < 0 && r != -ENOENT)
		log_warning("%s: what was learned there is damaged: it is learned anew", k->place);
}

void homes_begin(struct homes *h)
{
	const struct live *l = h->live;
	struct homefile_reader reader = { .context = h, .home = take_file };

	homefile_recall(l->setup->runtime_dir, &reader);
	for (size_t i = 0; i < h->kept_count; i++)
		restore(h, &h->kept[i]);
	forget_kept(h);
	h->begun = true;
	engine_end_strange_homes(l->engine, clock_now(), &h->live->effects);
	homes_settle(h);
}

/* ---- the file ---- */

static void write_home(struct homes *h, size_t i)
{
	struct care_block b = care_block(engine_care(h->live->engine), i);

	homefile_put(h->file, h->rows[i].slot, &(struct homefile_block){ b.place, b.bytes, b.len });
	h->rows[i].written = b.version;
}

/* All of them, into a file with room for some more. */
static void renew_file(struct homes *h)
{
	const struct live *l = h->live;
	size_t slots = h->count ? h->count + h->count / SPARE + SPARE : 0;
	struct homefile *file = homefile_prepare(l->setup->runtime_dir, slots,
						 h->count ? care_block(engine_care(l->engine), 0).len : 0);

	homefile_free(steal(&h->file));
	h->file = file;
	free(h->taken);
	h->taken = mem_array(slots + 1, sizeof(*h->taken));
	h->slots = slots;
	for (size_t i = 0; i < h->count; i++) {
		h->rows[i].slot = i;
		h->taken[i] = true;
		if (h->rows[i].written || !h->placed)
			write_home(h, i);
	}
	homefile_alive(file, clock_mono_us());
	homefile_place(file);
	h->placed = true;
}

/* Those that are there no more leave their slots. */
static void leave(struct homes *h, struct home_row *row)
{
	if (h->file)
		homefile_clear(h->file, row->slot);
	if (row->slot < h->slots)
		h->taken[row->slot] = false;
	free(row->place);
}

/* False: there is no slot left for one. */
static bool settle_in(struct homes *h)
{
	size_t slot = 0;

	for (size_t i = 0; i < h->count; i++) {
		if (h->rows[i].slot != SIZE_MAX)
			continue;
		while (slot < h->slots && h->taken[slot])
			slot++;
		if (slot == h->slots)
			return false;
		h->rows[i].slot = slot;
		h->taken[slot] = true;
	}
	return true;
}

/* Others than before, or at other places in the list; both are in the order of places. */
static void match_rows(struct homes *h)
{
	const struct care *care = engine_care(h->live->engine);
	size_t count = care_count(care), before = 0, old_count = h->count;
	struct home_row *rows = mem_array(MAX(count, (size_t)1), sizeof(*rows)), *old = h->rows;

	for (size_t i = 0; i < count; i++) {
		const char *place = care_home(care, i)->place;

		while (before < old_count && strcmp(old[before].place, place) < 0)
			leave(h, &old[before++]);
		if (before < old_count && str_equal(old[before].place, place))
			rows[i] = old[before++];
		else
			rows[i] = (struct home_row){ .place = mem_strdup(place), .slot = SIZE_MAX, .urgent = true };
	}
	while (before < old_count)
		leave(h, &old[before++]);
	free(old);
	h->rows = rows;
	h->count = count;
}

static void renew(struct homes *h)
{
	const struct care *care = engine_care(h->live->engine);

	match_rows(h);
	h->engine = h->live->engine;
	h->generation = engine_homes_generation(h->live->engine);
	h->next = 0;
	if (!h->file || !h->count || !settle_in(h)) {
		renew_file(h);
		return;
	}
	for (size_t i = 0; i < h->count; i++)
		if (h->rows[i].written && care_home(care, i)->version != h->rows[i].written)
			write_home(h, i);
}

void homes_settle(struct homes *h)
{
	size_t i;

	if (!h->begun)
		return;
	if (h->engine != h->live->engine || h->generation != engine_homes_generation(h->live->engine)) {
		renew(h);
		return;
	}
	while (engine_next_changed_home(h->live->engine, &i))
		if (i < h->count && care_home(engine_care(h->live->engine), i)->version != h->rows[i].written)
			write_home(h, i);
}

/* ---- state.db ---- */

static bool is_due(const struct homes *h, size_t i, int64_t now_us)
{
	const struct home_row *r = &h->rows[i];

	if (r->written == r->saved)
		return false;
	return r->urgent || now_us - r->saved_us >= SAVE_EVERY;
}

/* Some of those that are due; false: the store does not take them now, or there are no more. */
static bool save_some(struct homes *h, struct clock_now now)
{
	const struct care *care = engine_care(h->live->engine);
	struct store_home homes[SAVE_AT_ONCE];
	size_t which[SAVE_AT_ONCE], count = 0;
	struct store_commit commit = { .homes = homes,
				       .now = now,
				       .clock = clockwork_quality_at(h->live->clockwork, now.mono_us) };

	for (size_t looked = 0; looked < h->count && count < SAVE_AT_ONCE; looked++) {
		size_t i = h->next++ % h->count;
		struct care_block b;

		if (!is_due(h, i, now.mono_us))
			continue;
		b = care_block(care, i);
		which[count] = i;
		homes[count++] = (struct store_home){ b.place, b.bytes, b.len };
	}
	commit.home_count = count;
	if (!count || store_submit(h->live->store, &commit) < 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		struct home_row *r = &h->rows[which[i]];

		r->saved = r->written;
		r->saved_us = now.mono_us;
		r->urgent = false;
	}
	return count == SAVE_AT_ONCE;
}

static void save_all_soon(struct homes *h)
{
	for (size_t i = 0; i < h->count; i++)
		h->rows[i].urgent = true;
}

void homes_tick(struct homes *h, struct clock_now now)
{
	struct clock_calendar today;

	if (h->engine != h->live->engine)
		return; /* with the next happening */
	clock_calendar(now.wall_us, &today);
	if (today.day != h->day) {
		h->day = today.day; /* what the day was is learned by now */
		save_all_soon(h);
	}
	homefile_alive(h->file, now.mono_us);
	save_some(h, now);
}

void homes_save(struct homes *h)
{
	if (!h->begun)
		return;
	homes_settle(h);
	save_all_soon(h);
	while (save_some(h, clock_now()))
		continue;
}

/* ---- what care wants ---- */

static void save_soon(struct homes *h, const char *place)
{
	const struct care *care = engine_care(h->live->engine);

	for (size_t i = 0; i < h->count && i < care_count(care); i++)
		if (str_equal(care_home(care, i)->place, place))
			h->rows[i].urgent = true;
}

void homes_presence(void *context, const struct care_presence *p)
{
	const struct live *l = context;

	if (l->homes)
		save_soon(l->homes, p->place);
	if (l->api)
		api_home_changed(l->api, p);
}

/* The device by which somebody in that dwelling can be spoken to; NULL: there is none. */
static const struct device *station_of(const struct live *l, const char *place)
{
	for (size_t i = 0; i < l->conf->device_count; i++) {
		const struct device *d = &l->conf->devices[i];
		const struct supervisor *s;

		if (!d->plugin || !str_equal(d->place, place))
			continue;
		s = links_supervisor(l->links, (size_t)(d->plugin - l->conf->plugins));
		if (s && supervisor_up(s) && supervisor_roles(s) & SUPERVISOR_COMMAND)
			return d;
	}
	return NULL;
}

void homes_prompt(void *context, const struct care_prompt *p)
{
	static const char quiet[] = "您好，一段时间没有听到您的动静。您还好吗？请走动一下，或按一下求助按钮。";
	static const char fallen[] = "您好，您是不是摔倒了？没事请站起来走动一下；需要帮助请按求助按钮，或大声回答。";
	const char *text = str_equal(p->alarm, "maybe-fall") ? fallen : quiet;
	struct live *l = context;
	const struct device *d = l->links ? station_of(l, p->place) : NULL;
	json_t *args;

	if (l->homes)
		save_soon(l->homes, p->place);
	if (!p->begins || !d || !l->bidding)
		return;
	args = json_pack("{s:s, s:s, s:s}", "station", d->address ? d->address : d->id, "text", text, "lang", "zh");
	bidding_give(l->bidding, &(struct api_bid){ .plugin = d->plugin->id,
						    .verb = "prompt",
						    .args = args,
						    .who = "estated",
						    .reason = p->alarm });
	json_decref(args);
}
