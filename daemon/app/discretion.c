#include "app/discretion.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/live.h"
#include "app/uplinks.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "care/care.h"
#include "care/powered.h"
#include "upstream/alarm_json.h"
#include "upstream/discreet.h"

#define PEOPLE_MAX 16 /* of one dwelling */

struct discretion {
	struct live *live;
	struct pseudonym_key box;
};

/* ---- the key ---- */

static int read_key(int dir, struct pseudonym_key *ret_key)
{
	_cleanup_(fd_close) int fd = openat(dir, "pseudonyms", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct pseudonym_key key;

	if (fd < 0)
		return -errno;
	if (read(fd, key.bytes, sizeof(key.bytes)) != (ssize_t)sizeof(key.bytes))
		return -EBADMSG;
	*ret_key = key;
	return 0;
}

/* Whole or not at all: two runs with half a key each would give two names. */
static int write_key(int dir, const struct pseudonym_key *key)
{
	_cleanup_(fd_close) int fd =
		openat(dir, "pseudonyms.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return -errno;
	if (write(fd, key->bytes, sizeof(key->bytes)) != (ssize_t)sizeof(key->bytes))
		return -EIO;
	if (fsync(fd) < 0 || renameat(dir, "pseudonyms.new", dir, "pseudonyms") < 0 || fsync(dir) < 0)
		return -errno;
	return 0;
}

static int find_key(const char *state_dir, struct pseudonym_key *ret_key)
{
	_cleanup_str_buf_ struct str_buf path = { 0 };
	_cleanup_(fd_close) int dir = -1;
	int r;

	str_buf_printf(&path, "%s/keys", state_dir);
	if (mkdir(path.text, 0700) < 0 && errno != EEXIST)
		return -errno;
	dir = open(path.text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	r = read_key(dir, ret_key);
	if (r != -ENOENT && r != -EBADMSG)
		return r;
	randombytes_buf(ret_key->bytes, sizeof(ret_key->bytes));
	return write_key(dir, ret_key);
}

struct discretion *discretion_new(struct live *l)
{
	struct discretion *d = MEM_NEW(struct discretion);
	int r;

	d->live = l;
	randombytes_buf(d->box.bytes, sizeof(d->box.bytes));
	r = find_key(l->setup->state_dir, &d->box);
	if (r < 0)
		log_warning("%s/keys/pseudonyms: %s: receivers know residents by other pseudonyms until the next start",
			    l->setup->state_dir, strerror(-r));
	return d;
}

void discretion_free(struct discretion *d)
{
	if (!d)
		return;
	sodium_memzero(&d->box, sizeof(d->box));
	free(d);
}

/* A message on its way to a receiver, and what becomes of it. */
struct discretion_case {
	struct discreet_receiver to;
	json_t *message;
	char *payload;  /* what leaves instead; NULL: what was to */
	json_t *detail; /* names leave: what is recorded of it */
	bool blurred;   /* its time is a quarter of an hour */
	bool all_homes; /* who lives there need not be registered */
};

/* ---- whom it is about ---- */

struct people {
	struct discreet_home home;
	const struct resident *residents[PEOPLE_MAX];
};

/* Who lives at that place, or at the one that it lies in, watched or not. False: nobody that the register knows of. */
static bool find_people(const struct discretion *d, const char *place, struct people *ret_people)
{
	size_t count = 0, found = 0;
	const struct resident *all = d->live->registry ? registry_all(d->live->registry, &count) : NULL;

	for (size_t i = 0; place && *place && i < count && found < PEOPLE_MAX; i++)
		if (place_contains(all[i].place, place)) {
			ret_people->home.place = all[i].place;
			ret_people->residents[found++] = &all[i];
		}
	ret_people->home.residents = ret_people->residents;
	ret_people->home.count = found;
	return found > 0;
}

/* That resident of a watched dwelling; NULL: he is not in the register any more. */
static const struct resident *find_resident(const struct home *h, const char *id)
{
	for (size_t i = 0; h && i < h->resident_count; i++)
		if (str_equal(h->residents[i].id, id))
			return &h->residents[i];
	return NULL;
}

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* ---- alarms ---- */

static json_t *ids_of(const struct people *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->home.count; i++)
		json_array_append_new(list, json_string(p->residents[i]->id));
	return list;
}

static json_t *detail_of(const json_t *alarm, json_t *ids)
{
	return json_pack("{s:s?, s:o, s:[s,s,s]}", "alarm", text_of(alarm, "alarm"), "residents", ids, "given", "name",
			 "place", "text");
}

/* One of the rules about people: its asset is a dwelling, whoever is in the register now (he may just have left it). */
static bool is_about_people(const json_t *alarm)
{
	const char *rule = text_of(alarm, "rule");

	for (int i = 0; i < CONCERN_RULES; i++)
		if (str_equal(rule, concern_rule_id((enum concern_rule)i)))
			return true;
	return str_equal(rule, POWERED_RULE);
}

static enum discretion_verdict judge_home(const struct people *people, struct discretion_case *c)
{
	json_t *detail = detail_of(c->message, ids_of(people));

	if (discreet_alarm(c->message, &people->home, &c->to))
		c->detail = json_incref(detail);
	else
		c->blurred = true;
	json_decref(detail);
	c->payload = alarm_json_text(c->message);
	return DISCRETION_CHANGED;
}

/* Sites call them after the flat: smoke-1204. True: one of somebody in the register was named. */
static bool hide_devices(const struct discretion *d, struct discretion_case *c, const char *payload)
{
	const struct conf *conf = d->live->conf;
	const char *place = text_of(c->message, "place");
	struct people people;
	bool hidden = false;

	for (size_t i = 0; i < conf->device_count; i++) {
		const struct device *v = &conf->devices[i];

		if (device_is_home(v) && place_contains(place, v->place) && strstr(payload, v->id) &&
		    find_people(d, v->place, &people))
			hidden = discreet_hide_device(c->message, v->id, &c->to) || hidden;
	}
	return hidden;
}

/* Of a building, or a part of it: homes may be named in what it says. */
static enum discretion_verdict judge_building(const struct discretion *d, struct discretion_case *c,
					      const char *payload)
{
	const char *place = text_of(c->message, "place");
	bool named = c->to.names && discreet_is_urgent(c->message);
	const struct resident *all;
	size_t count = 0;
	json_t *ids = json_array();

	if (!place || !*place) {
		json_decref(ids);
		return DISCRETION_AS_IS;
	}
	if (hide_devices(d, c, payload))
		c->payload = alarm_json_text(c->message);
	all = d->live->registry ? registry_all(d->live->registry, &count) : NULL;
	for (size_t i = 0; i < count; i++) {
		char *hidden = place_contains(place, all[i].place)
				       ? discreet_hide(c->payload ? c->payload : payload, all[i].place, &c->to)
				       : NULL;

		if (!hidden)
			continue;
		json_array_append_new(ids, json_string(all[i].id));
		free(c->payload);
		c->payload = hidden;
	}
	if (c->payload && named) {
		free(steal(&c->payload));
		c->detail = detail_of(c->message, json_incref(ids));
	}
	json_decref(ids);
	return c->payload ? DISCRETION_CHANGED : DISCRETION_AS_IS;
}

/* Something there hears of people at home. */
static bool is_home(const struct discretion *d, const char *place)
{
	const struct conf *conf = d->live->conf;

	for (size_t i = 0; i < conf->device_count; i++)
		if (device_is_home(&conf->devices[i]) && str_equal(conf->devices[i].place, place))
			return true;
	return false;
}

static enum discretion_verdict judge_alarm(const struct discretion *d, struct discretion_case *c, const char *payload)
{
	const char *place = text_of(c->message, "place");
	struct people people;
	bool found = find_people(d, place, &people);

	if (!found && place && is_about_people(c->message)) {
		people.home.place = place;
		c->to.names = false;
		found = true;
	}
	if (!found && c->all_homes && place && is_home(d, place)) {
		people.home.place = place;
		found = true;
	}
	return found ? judge_home(&people, c) : judge_building(d, c, payload);
}

/* ---- summaries ---- */

static int64_t wall_of(struct clock_now now, int64_t mono_us)
{
	return mono_us ? now.wall_us - (now.mono_us - mono_us) : 0;
}

static void add_state(json_t *summary, const struct home *h)
{
	struct clock_now now = clock_now();
	struct discreet_state state = {
		.presence = home_view_mode_name((enum home_mode)h->state.presence.mode),
		.since_us = wall_of(now, h->state.presence.since.mono_us),
		.last_sign_us = wall_of(now, h->view.inside.at.mono_us),
		.now_us = now.wall_us,
	};

	discreet_state(summary, &state);
}

static enum discretion_verdict judge_summary(const struct discretion *d, struct discretion_case *c)
{
	json_t *summary = c->message;
	const char *scope = text_of(summary, "scope"), *place = text_of(summary, "home");
	const struct home *h = place ? care_find(engine_care(d->live->engine), place) : NULL;
	const struct resident *r;

	if (str_equal(scope, "care")) {
		discreet_counts(json_object_get(summary, "figures"), c->to.few);
		c->payload = alarm_json_text(summary);
		return DISCRETION_CHANGED;
	}
	if (!str_equal(scope, "resident"))
		return DISCRETION_AS_IS;
	r = find_resident(h, text_of(summary, "of"));
	if (!r)
		return DISCRETION_WITHHELD;
	discreet_summary(summary, r, &c->to);
	add_state(summary, h);
	json_object_del(summary, "home");
	c->payload = alarm_json_text(summary);
	return DISCRETION_CHANGED;
}

/* ---- a message ---- */

/* What is told of a home is of a quarter of an hour, also by the time that it is stamped with. */
static void blur_time(struct store_message *m)
{
	int64_t back_us = m->time_us - discreet_bucket(m->time_us);

	m->time_us -= back_us;
	m->mono_us -= MIN(back_us, m->mono_us);
}

static bool may_be_private(const struct store_message *m)
{
	if (str_equal(m->kind, "alarm"))
		return true;
	return str_equal(m->kind, "summary") &&
	       (strstr(m->payload, "\"scope\":\"resident\"") || strstr(m->payload, "\"scope\":\"care\""));
}

enum discretion_verdict discretion_judge(struct discretion *d, const struct uplink *u, struct store_message *m,
					 char **ret_payload, char **ret_detail)
{
	struct discretion_case c = { .to = { .names = u->names, .few = u->few }, .all_homes = u->all_homes };
	enum discretion_verdict verdict;

	*ret_detail = NULL;
	if (!may_be_private(m))
		return DISCRETION_AS_IS;
	c.message = json_loads(m->payload, 0, NULL);
	pseudonym_key_of(&d->box, u->id, &c.to.key);
	verdict = str_equal(m->kind, "alarm") ? judge_alarm(d, &c, m->payload) : judge_summary(d, &c);
	sodium_memzero(&c.to.key, sizeof(c.to.key));
	if (c.blurred)
		blur_time(m);
	if (c.payload)
		*ret_payload = c.payload;
	if (c.detail)
		*ret_detail = alarm_json_text(c.detail);
	json_decref(c.detail);
	json_decref(c.message);
	return verdict;
}
