#include "care/sign.h"

#include <stddef.h>
#include <string.h>

#include "base/str.h"

#define SIGN_ROOM_WORD 64

static const struct {
	const char *name, *zh;
} rooms[SIGN_ROOMS] = {
	[SIGN_ROOM_OTHER] = { "", "室内" },
	[SIGN_ROOM_BATHROOM] = { "bathroom", "卫生间" },
	[SIGN_ROOM_BEDROOM] = { "bedroom", "卧室" },
	[SIGN_ROOM_KITCHEN] = { "kitchen", "厨房" },
	[SIGN_ROOM_LIVING] = { "living", "客厅" },
	[SIGN_ROOM_HALL] = { "hall", "过道" },
	[SIGN_ROOM_OFFICE] = { "office", "书房" },
	[SIGN_ROOM_DINING] = { "dining", "餐厅" },
	[SIGN_ROOM_ENTRANCE] = { "entrance", "门口" },
};

/* Other words that people write for the same. */
static const struct {
	const char *word;
	enum sign_room room;
} words[] = {
	{ "toilet", SIGN_ROOM_BATHROOM },    { "wc", SIGN_ROOM_BATHROOM },     { "washroom", SIGN_ROOM_BATHROOM },
	{ "bath", SIGN_ROOM_BATHROOM },      { "shower", SIGN_ROOM_BATHROOM }, { "restroom", SIGN_ROOM_BATHROOM },
	{ "ensuite", SIGN_ROOM_BATHROOM },   { "bed", SIGN_ROOM_BEDROOM },     { "livingroom", SIGN_ROOM_LIVING },
	{ "living-room", SIGN_ROOM_LIVING }, { "lounge", SIGN_ROOM_LIVING },   { "corridor", SIGN_ROOM_HALL },
	{ "hallway", SIGN_ROOM_HALL },       { "study", SIGN_ROOM_OFFICE },    { "dining-room", SIGN_ROOM_DINING },
};

bool sign_is_inside(const struct sign *s)
{
	if (s->entrance)
		return false;
	switch (s->kind) {
	case SIGN_CONTACT: return true;
	case SIGN_MOTION:
	case SIGN_SEAT:
	case SIGN_BED:
	case SIGN_RADAR:
	case SIGN_APPLIANCE:
	case SIGN_WATER:
	case SIGN_POWER:
	case SIGN_BUTTON: return s->on;
	case SIGN_VITAL:
	case SIGN_CARD:
	case SIGN_HAZARD:
	case SIGN_CLIMATE:
	case SIGN_WATTS: break;
	}
	return false;
}

static enum sign_room find_room(const char *room)
{
	for (unsigned i = 0; i < SIGN_ROOMS; i++)
		if (str_equal(rooms[i].name, room) || str_equal(rooms[i].zh, room))
			return (enum sign_room)i;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_equal(words[i].word, room))
			return words[i].room;
	return SIGN_ROOM_OTHER;
}

/* There may be several, "bathroom-2", and each its word before it, "guest_bedroom". */
enum sign_room sign_room_parse(const char *room)
{
	char word[SIGN_ROOM_WORD] = "";
	size_t len = room ? strlen(room) : 0;

	while (len && strchr("0123456789-_", room[len - 1]))
		len--;
	if (!len || len >= sizeof(word))
		return SIGN_ROOM_OTHER;
	for (size_t i = 0; i < len; i++)
		word[i] = room[i] == '_' ? '-' : room[i];
	for (const char *at = word; at; at = strchr(at, '-') ? strchr(at, '-') + 1 : NULL)
		if (find_room(at) != SIGN_ROOM_OTHER)
			return find_room(at);
	return SIGN_ROOM_OTHER;
}

const char *sign_room_name(enum sign_room r)
{
	return r < SIGN_ROOMS ? rooms[r].name : "";
}

const char *sign_room_zh(enum sign_room r)
{
	return rooms[r < SIGN_ROOMS ? r : SIGN_ROOM_OTHER].zh;
}
