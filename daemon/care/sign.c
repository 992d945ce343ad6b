#include "care/sign.h"

#include <stddef.h>

#include "base/str.h"

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
	{ "toilet", SIGN_ROOM_BATHROOM }, { "wc", SIGN_ROOM_BATHROOM },        { "washroom", SIGN_ROOM_BATHROOM },
	{ "bath", SIGN_ROOM_BATHROOM },   { "livingroom", SIGN_ROOM_LIVING },  { "living-room", SIGN_ROOM_LIVING },
	{ "bed", SIGN_ROOM_BEDROOM },     { "bedroom2", SIGN_ROOM_BEDROOM },   { "corridor", SIGN_ROOM_HALL },
	{ "study", SIGN_ROOM_OFFICE },    { "dining-room", SIGN_ROOM_DINING }, { "hallway", SIGN_ROOM_HALL },
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

enum sign_room sign_room_parse(const char *room)
{
	if (!room || !room[0])
		return SIGN_ROOM_OTHER;
	for (unsigned i = 0; i < SIGN_ROOMS; i++)
		if (str_equal(rooms[i].name, room) || str_equal(rooms[i].zh, room))
			return (enum sign_room)i;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_equal(words[i].word, room))
			return words[i].room;
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
