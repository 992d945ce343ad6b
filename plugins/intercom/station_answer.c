#include "intercom/station_answer.h"

#include <stdio.h>
#include <string.h>

#define MEMBER_TEXT_MAX 1024

static const struct {
	int status;
	const char *text;
} refusals[] = {
	{ 400, "it does not understand the order" },
	{ 401, "it does not let us in: is the password or the token right?" },
	{ 403, "it does not allow this" },
	{ 404, "it knows no such station, door or order" },
	{ 405, "it knows no such order" },
	{ 408, "nobody answered there" },
	{ 409, "it is busy" },
	{ 410, "it knows no such station any more" },
	{ 423, "the door is locked for good" },
	{ 429, "it is asked too often" },
	{ 502, "the station cannot be reached" },
	{ 503, "it cannot do it now" },
	{ 504, "the station did not answer" },
};

static void refuse(struct station_answer *a, int status)
{
	const char *text = "it refuses";

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (refusals[i].status == status)
			text = refusals[i].text;
	snprintf(a->text, sizeof(a->text), "%s (%d)", text, status);
}

/* Its own words go to people: without what steers a terminal; a cut character is left out by the JSON library's check. */
static void take_text(struct station_answer *a, const char *text)
{
	size_t len = 0;
	json_t *check;

	for (; *text && len < sizeof(a->text) - 1; text++)
		a->text[len++] = (unsigned char)*text < 0x20 || *text == 0x7f ? ' ' : *text;
	a->text[len] = '\0';
	for (int i = 0; i < 4 && len > 0; i++) {
		check = json_stringn(a->text, len);
		json_decref(check);
		if (check)
			return;
		a->text[--len] = '\0';
	}
}

static bool is_ours(const char *key)
{
	static const char *const ours[] = { "type", "id", "ok", "text" };

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (strcmp(key, ours[i]) == 0)
			return true;
	return false;
}

static void take_members(struct station_answer *a, json_t *root)
{
	const char *key;
	json_t *value;

	json_object_foreach(root, key, value)
	{
		if (is_ours(key) || json_is_array(value) || json_is_object(value) || json_is_null(value) ||
		    strlen(key) > 64 || json_string_length(value) > MEMBER_TEXT_MAX)
			continue;
		if (json_object_size(a->members) < STATION_ANSWER_MEMBERS_MAX)
			json_object_set(a->members, key, value);
	}
}

static void read_object(struct station_answer *a, int status, json_t *root)
{
	const json_t *ok = json_object_get(root, "ok");
	const char *text = json_string_value(json_object_get(root, "text"));

	take_members(a, root);
	a->ok = json_is_true(ok) && status >= 200 && status < 300;
	if (a->ok)
		return;
	if (text && text[0])
		take_text(a, text);
	else if (status < 200 || status >= 300)
		refuse(a, status);
	else
		snprintf(a->text, sizeof(a->text), "%s",
			 json_is_false(ok) ? "it refuses, and does not say why"
					   : "it does not say whether it was done: expected \"ok\" in its answer");
}

void station_answer_read(int status, const char *body, size_t len, struct station_answer *ret_answer)
{
	json_t *root = len ? json_loadb(body, len, 0, NULL) : NULL;

	*ret_answer = (struct station_answer){ .members = json_object() };
	if (json_is_object(root))
		read_object(ret_answer, status, root);
	else if (status == 202)
		snprintf(ret_answer->text, sizeof(ret_answer->text),
			 "it has taken the order, and does not say whether it was done (202)");
	else if (status < 200 || status >= 300)
		refuse(ret_answer, status);
	else if (len > 0)
		snprintf(ret_answer->text, sizeof(ret_answer->text),
			 "its answer is not understood: expected {\"ok\":true}");
	else
		ret_answer->ok = true;
	json_decref(root);
}
