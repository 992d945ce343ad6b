#include "app/homes.h"

#include <string.h>

#include "app/homefile.h"
#include "app/live.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "care/care.h"

#define SAVE_EVERY   HOUR
#define SAVE_AT_ONCE 32 /* blocks in one commit: a few hundred kB */
#define SHORT_DOWN   MINUTE

struct home_row {
	uint64_t written, saved; /* versions */
	int64_t saved_us;        /* monotonic */
	bool urgent;
};

struct kept {
	char *place;
	void *bytes;
	size_t len;
	int64_t by_us;
};

struct homes {
	struct live *live;
	struct homefile *file;
	struct kept *kept; /* until homes_begin */
	size_t kept_count;
	struct home_row *rows; /* by the index of care */
	size_t count;
	const struct engine *engine; /* of which they are */
	uint64_t generation;
	size_t next; /* where the search for what is to be saved goes on */
	bool begun;  /* what was kept is taken up */
	int day;     /* of the month, when it was looked last; 0: never */
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

void homes_free(struct homes *h)
{
	if (!h)
		return;
	forget_kept(h);
	homefile_free(h->file);
	free(h->rows);
	free(h);
}

/* ---- start ---- */

/* The later one of a dwelling counts. */
static void keep(struct homes *h, const struct kept *one)
{
	size_t at = 0;

	while (at < h->kept_count && !str_equal(h->kept[at].place, one->place))
		at++;
	if (at == h->kept_count) {
		h->kept = mem_realloc(h->kept, h->kept_count + 1, sizeof(*h->kept));
		h->kept[h->kept_count++] = (struct kept){ .place = mem_strdup(one->place) };
	}
	free(h->kept[at].bytes);
	h->kept[at].bytes = mem_dup(one->bytes, one->len);
	h->kept[at].len = one->len;
	h->kept[at].by_us = one->by_us;
}

void homes_kept(struct homes *h, const struct store_kept_home *k)
{
	int64_t down_us = clock_mono_us() - k->mono_us;
	bool brief = k->same_boot && down_us < SHORT_DOWN;

	keep(h, &(struct kept){ .place = (char *)k->place,
				.bytes = (void *)k->bytes,
				.len = k->len,
				.by_us = brief ? 0 : down_us });
}

static void take_file(void *context, const struct homefile_block *b, int64_t alive_us)
{
	int64_t down_us = clock_mono_us() - alive_us;

	keep(context, &(struct kept){ .place = (char *)b->place,
				      .bytes = (void *)b->bytes,
				      .len = b->len,
				      .by_us = alive_us && down_us >= SHORT_DOWN ? down_us : 0 });
}

static void restore(struct homes *h, const struct kept *k)
{
	struct care_block block = { .place = k->place, .bytes = k->bytes, .len = k->len };
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

/* Others than before, or at other places in the list. */
static void renew(struct homes *h)
{
	const struct live *l = h->live;
	const struct care *care = engine_care(l->engine);
	size_t count = care_count(care);
	struct homefile *file = homefile_prepare(l->setup->runtime_dir, count, count ? care_block(care, 0).len : 0);

	free(h->rows);
	h->rows = mem_array(MAX(count, (size_t)1), sizeof(*h->rows));
	h->count = count;
	h->engine = l->engine;
	h->generation = engine_homes_generation(l->engine);
	h->next = 0;
	for (size_t i = 0; i < count; i++) {
		struct care_block b = care_block(care, i);

		homefile_put(file, i, &(struct homefile_block){ b.place, b.bytes, b.len });
		h->rows[i] = (struct home_row){ .written = b.version, .urgent = true };
	}
	homefile_alive(file, clock_mono_us());
	homefile_place(file);
	homefile_free(h->file);
	h->file = file;
}

void homes_settle(struct homes *h)
{
	const struct care *care = engine_care(h->live->engine);

	if (!h->begun)
		return;
	if (h->engine != h->live->engine || h->generation != engine_homes_generation(h->live->engine)) {
		renew(h);
		return;
	}
	for (size_t i = 0; i < h->count; i++) {
		struct care_block b;

		if (care_home(care, i)->version == h->rows[i].written)
			continue;
		b = care_block(care, i);
		homefile_put(h->file, i, &(struct homefile_block){ b.place, b.bytes, b.len });
		h->rows[i].written = b.version;
	}
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

		*r = (struct home_row){ .written = r->written, .saved = r->written, .saved_us = now.mono_us };
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
	static const char text[] = "您好，一段时间没有听到您的动静。您还好吗？请走动一下，或按一下求助按钮。";
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
