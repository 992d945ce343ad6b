#include "upstream/discreet.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/util.h"
#include "model/place.h"
#include "upstream/resident_json.h"

int64_t discreet_bucket(int64_t wall_us)
{
	int64_t over_us = wall_us % DISCREET_BUCKET;

	return wall_us - over_us - (over_us < 0 ? DISCREET_BUCKET : 0);
}

/* ---- who ---- */

static json_t *person_of(const struct resident *r, const struct discreet_receiver *to)
{
	char text[PSEUDONYM_MAX];

	return json_pack("{s:s, s:o, s:o}", "id", pseudonym_of(&to->key, PSEUDONYM_RESIDENT, r->id, text), "categories",
			 resident_json_categories(r->categories), "needs", resident_json_needs(r->needs));
}

static json_t *people_of(const struct discreet_home *home, const struct discreet_receiver *to, bool named)
{
	json_t *list = json_array();

	for (size_t i = 0; i < home->count; i++) {
		json_t *person = person_of(home->residents[i], to);

		if (named && home->residents[i]->name)
			json_object_set_new(person, "name", json_string(home->residents[i]->name));
		json_array_append_new(list, person);
	}
	return list;
}

/* ---- an alarm ---- */

bool discreet_is_urgent(const json_t *alarm)
{
	static const char *const open[] = { "unacked", "acked", "rtn_unacked", "latched" };
	const char *state = json_string_value(json_object_get(alarm, "state"));
	json_int_t priority = json_integer_value(json_object_get(alarm, "priority"));

	if (json_is_true(json_object_get(alarm, "test")))
		return false; /* nobody is to come */
	for (size_t i = 0; i < ARRAY_SIZE(open); i++)
		if (str_equal(state, open[i]))
			return priority >= 1 && priority <= 2;
	return false;
}

static void blur_time(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	char iso[CLOCK_ISO_MAX];
	int64_t us;

	if (text && clock_parse(text, &us) == 0)
		json_object_set_new(object, key, json_string(clock_format_iso(discreet_bucket(us), iso)));
}

/* The asset is the dwelling itself, or a device in it. */
static void set_identity(json_t *alarm, const struct discreet_home *home, const struct discreet_receiver *to)
{
	const char *rule = json_string_value(json_object_get(alarm, "rule"));
	const char *asset = json_string_value(json_object_get(alarm, "asset"));
	bool whole = str_equal(asset, home->place);
	char text[PSEUDONYM_MAX];
	json_t *name = json_string(
		pseudonym_of(&to->key, whole ? PSEUDONYM_HOME : PSEUDONYM_DEVICE, asset ? asset : "", text));

	json_object_set_new(alarm, "alarm", json_sprintf("%s/%s", rule ? rule : "", json_string_value(name)));
	json_object_set_new(alarm, "asset", name);
}

static void set_text(json_t *alarm)
{
	const char *rule = json_string_value(json_object_get(alarm, "rule"));
	const char *asset = json_string_value(json_object_get(alarm, "asset"));

	json_object_set_new(alarm, "text",
			    json_pack("{s:o, s:o}", "zh", json_sprintf("%s：住户%s", rule ? rule : "", asset), "en",
				      json_sprintf("%s: home %s", rule ? rule : "", asset)));
}

static void blur(json_t *alarm)
{
	static const char *const times[] = { "since", "acked", "arrived", "shelved_until", "out_of_service_until" };
	static const char *const said[] = { "guidance", "suppressed_by", "shelved_reason", "out_of_service_reason" };
	const char *place = json_string_value(json_object_get(alarm, "place"));

	json_object_set_new(alarm, "place", json_stringn(place ? place : "", place ? place_first_len(place) : 0));
	json_object_set_new(alarm, "reason", json_null());
	for (size_t i = 0; i < ARRAY_SIZE(times); i++)
		blur_time(alarm, times[i]);
	for (size_t i = 0; i < ARRAY_SIZE(said); i++)
		json_object_del(alarm, said[i]);
	set_text(alarm);
}

bool discreet_alarm(json_t *alarm, const struct discreet_home *home, const struct discreet_receiver *to)
{
	bool named = to->names && discreet_is_urgent(alarm);

	set_identity(alarm, home, to);
	json_object_set_new(alarm, "residents", people_of(home, to, named));
	if (!named)
		blur(alarm);
	return named;
}

/* ---- a text ---- */

static bool goes_on(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static const char *find_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at += len)
		if (!goes_on(at[len]) && (at == text || (!goes_on(at[-1]))))
			return at;
	return NULL;
}

/* Every word by that one; NULL: it is not in it. */
static char *replaced(const char *text, const char *word, const char *by)
{
	struct str_buf changed = { 0 };
	const char *at = find_word(text, word);

	if (!at)
		return NULL;
	for (; at; at = find_word(text, word)) {
		str_buf_add_len(&changed, text, (size_t)(at - text));
		str_buf_add(&changed, by);
		text = at + strlen(word);
	}
	str_buf_add(&changed, text);
	return str_buf_take(&changed);
}

char *discreet_hide(const char *text, const char *place, const struct discreet_receiver *to)
{
	char pseudonym[PSEUDONYM_MAX];

	return replaced(text, place, pseudonym_of(&to->key, PSEUDONYM_HOME, place, pseudonym));
}

/* In every text of it, however deep. */
static bool replace_in(json_t *json, const char *word, const char *by)
{
	_cleanup_(freep) char *text = json_is_string(json) ? replaced(json_string_value(json), word, by) : NULL;
	bool found = text != NULL;
	const char *key;
	json_t *value;
	size_t i;

	if (found)
		json_string_set(json, text);
	if (json_is_object(json))
		json_object_foreach(json, key, value) found = replace_in(value, word, by) || found;
	else if (json_is_array(json))
		json_array_foreach(json, i, value) found = replace_in(value, word, by) || found;
	return found;
}

bool discreet_hide_device(json_t *alarm, const char *device, const struct discreet_receiver *to)
{
	char pseudonym[PSEUDONYM_MAX];
	bool found;

	pseudonym_of(&to->key, PSEUDONYM_DEVICE, device, pseudonym);
	found = replace_in(json_object_get(alarm, "text"), device, pseudonym);
	return replace_in(json_object_get(alarm, "reason"), device, pseudonym) || found;
}

/* ---- who is erased ---- */

static bool unname(json_t *person, const struct discreet_erased *who)
{
	const char *name = json_string_value(json_object_get(person, "name"));

	return name && (who->last || str_equal(name, who->name)) && json_object_del(person, "name") == 0;
}

/* Of a building, or a part of it: his home is named in what it says. */
static bool unplace(json_t *alarm, const struct discreet_erased *who)
{
	_cleanup_(freep) char *building = mem_strndup(who->place, place_first_len(who->place));
	bool said = replace_in(json_object_get(alarm, "text"), who->place, building);

	return replace_in(json_object_get(alarm, "reason"), who->place, building) || said;
}

bool discreet_erase(json_t *alarm, const struct discreet_erased *who)
{
	const char *place = json_string_value(json_object_get(alarm, "place"));
	bool found = false;
	json_t *person;
	size_t i;

	if (!place || (!place_contains(who->place, place) && !place_contains(place, who->place)))
		return false;
	if (!place_contains(who->place, place))
		return who->last && unplace(alarm, who);
	json_array_foreach(json_object_get(alarm, "residents"), i, person) found = unname(person, who) || found;
	if (who->last && json_object_get(alarm, "residents") && place[place_first_len(place)]) {
		blur(alarm);
		return true;
	}
	return found;
}

/* ---- a summary ---- */

void discreet_summary(json_t *summary, const struct resident *r, const struct discreet_receiver *to)
{
	json_t *person = person_of(r, to);

	json_object_set(summary, "of", json_object_get(person, "id"));
	json_object_set(summary, "categories", json_object_get(person, "categories"));
	json_object_set(summary, "needs", json_object_get(person, "needs"));
	json_decref(person);
}

static json_t *quarter(int64_t wall_us)
{
	char iso[CLOCK_ISO_MAX];

	return wall_us ? json_string(clock_format_iso(discreet_bucket(wall_us), iso)) : json_null();
}

void discreet_state(json_t *summary, const struct discreet_state *state)
{
	int64_t quiet_us = MAX(discreet_bucket(state->now_us) - discreet_bucket(state->last_sign_us), (int64_t)0);

	json_object_set_new(summary, "state",
			    json_pack("{s:s, s:o, s:o, s:o}", "presence", state->presence, "since",
				      quarter(state->since_us), "last_sign", quarter(state->last_sign_us), "quiet_min",
				      state->last_sign_us ? json_integer(quiet_us / MINUTE) : json_null()));
}

void discreet_counts(json_t *figures, unsigned few)
{
	const char *key;
	json_t *value;
	void *next;

	json_object_foreach_safe(figures, next, key, value)
	{
		if (json_is_object(value))
			discreet_counts(value, few);
		else if (json_is_integer(value) && json_integer_value(value) > 0 && json_integer_value(value) < few)
			json_object_set_new(figures, key, json_null());
	}
}
