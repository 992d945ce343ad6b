#include "care/senses.h"

#include <stddef.h>

#include "base/str.h"

#define LITRE 0.001 /* of a counter in m3 */

/* clang-format off */
static const struct senses_row rows[] = {
	/* class        point           form            kind            vital, hazard               on            scale         unless */
	{ "motion",     "motion",       SENSES_LEVEL,   SIGN_MOTION,    0, 0,                       0,            0,            NULL },
	{ "contact",    "open",         SENSES_LEVEL,   SIGN_CONTACT,   0, 0,                       0,            0,            NULL },
	{ "door",       "open",         SENSES_LEVEL,   SIGN_CONTACT,   0, 0,                       0,            0,            NULL },
	{ "door",       "granted",      SENSES_PASSAGE, SIGN_CONTACT,   0, 0,                       0,            0,            "open" },
	{ "door",       "egress",       SENSES_PASSAGE, SIGN_CONTACT,   0, 0,                       0,            0,            "open" },
	{ "seat",       "occupied",     SENSES_LEVEL,   SIGN_SEAT,      0, 0,                       0,            0,            NULL },
	{ "bed",        "occupied",     SENSES_LEVEL,   SIGN_BED,       0, 0,                       0,            0,            NULL },
	{ "bed",        "heart_rate",   SENSES_FIGURE,  SIGN_VITAL,     SIGN_HEART_RATE, 0,         0,            0,            NULL },
	{ "bed",        "breathing_rate", SENSES_FIGURE, SIGN_VITAL,    SIGN_BREATHING_RATE, 0,     0,            0,            NULL },
	{ "radar",      "presence",     SENSES_LEVEL,   SIGN_RADAR,     0, 0,                       0,            0,            NULL },
	{ "radar",      "posture",      SENSES_WORD,    SIGN_VITAL,     SIGN_POSTURE, 0,            0,            0,            NULL },
	{ "appliance",  "on",           SENSES_LEVEL,   SIGN_APPLIANCE, 0, 0,                       0,            0,            "power" },
	{ "appliance",  "power",        SENSES_FLOW,    SIGN_APPLIANCE, 0, 0,                       10,           0,            NULL },
	{ "water",      "flow",         SENSES_FLOW,    SIGN_WATER,     0, 0,                       0.2,          0,            NULL },
	{ "water",      "volume",       SENSES_COUNT,   SIGN_WATER,     0, 0,                       LITRE,        1 / LITRE,    "flow" },
	{ "meter",      "flow",         SENSES_FLOW,    SIGN_WATER,     0, 0,                       0.012,        LITRE * 1e6 / 60, NULL },
	{ "meter",      "volume",       SENSES_COUNT,   SIGN_WATER,     0, 0,                       LITRE,        1 / LITRE,    "flow" },
	{ "meter",      "power",        SENSES_FLOW,    SIGN_POWER,     0, 0,                       150,          0,            NULL },
	{ "sos",        "pressed",      SENSES_EVENT,   SIGN_BUTTON,    0, 0,                       0,            0,            NULL },
	{ "wearable",   "pressed",      SENSES_EVENT,   SIGN_BUTTON,    0, 0,                       0,            0,            NULL },
	{ "wearable",   "heart_rate",   SENSES_FIGURE,  SIGN_VITAL,     SIGN_HEART_RATE, 0,         0,            0,            NULL },
	{ "wearable",   "spo2",         SENSES_FIGURE,  SIGN_VITAL,     SIGN_SPO2, 0,               0,            0,            NULL },
	{ "wearable",   "worn",         SENSES_FIGURE,  SIGN_VITAL,     SIGN_WORN, 0,               0,            0,            NULL },
	{ "wearable",   "battery",      SENSES_FIGURE,  SIGN_VITAL,     SIGN_BATTERY, 0,            0,            0,            NULL },
	{ "water_leak", "leak",         SENSES_LEVEL,   SIGN_HAZARD,    0, SIGN_LEAK,               0,            0,            NULL },
	{ "gas",        "gas",          SENSES_LEVEL,   SIGN_HAZARD,    0, SIGN_GAS,                0,            0,            NULL },
	{ "smoke",      "smoke",        SENSES_LEVEL,   SIGN_HAZARD,    0, SIGN_SMOKE,              0,            0,            NULL },
	{ "co",         "co",           SENSES_LEVEL,   SIGN_HAZARD,    0, SIGN_CO,                 0,            0,            NULL },
	{ "environment", "temperature", SENSES_FIGURE,  SIGN_CLIMATE,   0, 0,                       0,            0,            NULL },
};
/* clang-format on */

const struct senses_row *senses_find(const char *class, const char *point)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (str_equal(rows[i].class, class) && str_equal(rows[i].point, point))
			return &rows[i];
	return NULL;
}

/* "lying" → 2; standing 0, sitting 1, low 3; -1: another word. */
static double posture_of(const char *word)
{
	static const char *const postures[] = { "standing", "sitting", "lying", "low" };

	for (size_t i = 0; i < ARRAY_SIZE(postures); i++)
		if (str_equal(postures[i], word))
			return (double)i;
	return -1;
}

/* ---- readings ---- */

#define REPEATS_MOST 12 /* the same "on" in a row: what says it more often hangs */
#define EDGES_LEAST  10 /* before it is told apart who says things again */
#define RARELY       5  /* a repeat for so many edges is a lost edge between, not a habit */
#define BASE_DOWN    0.5
#define BASE_UP      0.002

static void count_edge(struct home_device *d)
{
	if (d->edges == UINT8_MAX) {
		d->edges /= 2;
		d->repeats /= 2;
	}
	d->edges++;
	d->same = 0;
}

static void count_repeat(struct home_device *d)
{
	if (d->repeats == 15) {
		d->edges /= 2;
		d->repeats /= 2;
	}
	d->repeats++;
	if (d->same < 15)
		d->same++;
}

/* It says "on" or "off" again. Motion that is seen again is another sign; what a door says again was something else between, and so
 * was a bed that is taken again: its device is not one that repeats itself, what came between was lost. */
static bool counts_again(const struct senses_row *row, const struct home_device *d, bool on)
{
	if (row->kind == SIGN_MOTION || row->form == SENSES_COUNT)
		return on && (d->same < REPEATS_MOST || !d->edges);
	if (row->kind == SIGN_CONTACT ||
	    (on && (row->kind == SIGN_BED || row->kind == SIGN_SEAT || row->kind == SIGN_RADAR)))
		return d->edges >= EDGES_LEAST && d->repeats * RARELY < d->edges;
	return false;
}

static bool read_level(const struct senses_row *row, struct home_device *d, bool on)
{
	uint16_t bit = (uint16_t)(1U << row->kind);
	bool known = d->known & bit, was = d->level & bit, again;

	d->known |= bit;
	d->level = on ? d->level | bit : (uint16_t)(d->level & ~bit);
	if (!known)
		return row->kind != SIGN_CONTACT; /* as it stands at first nobody has moved it */
	if (on != was) {
		count_edge(d);
		return true;
	}
	again = counts_again(row, d, on);
	count_repeat(d);
	return again;
}

/* What stands beside the figure; NULL where there are too many. *ret_known: since before. */
static float *beside(const struct senses_source *from, bool *ret_known)
{
	struct home_meter *unused = NULL;

	for (size_t i = 0; i < HOME_METERS; i++) {
		struct home_meter *m = &from->state->meters[i];

		*ret_known = true;
		if (m->device == from->device + 1 && m->kind == from->row->kind)
			return &m->value;
		if (!m->device && !unused)
			unused = m;
	}
	*ret_known = false;
	if (!unused)
		return NULL;
	unused->device = (uint16_t)(from->device + 1);
	unused->kind = (uint16_t)from->row->kind;
	return &unused->value;
}

static bool flows(const struct senses_source *from, double value)
{
	const struct senses_row *row = from->row;
	bool was = from->state->devices[from->device].level & (1U << row->kind), known;
	float *base = row->kind == SIGN_POWER ? beside(from, &known) : NULL;

	if (base) {
		if (!known)
			*base = (float)value;
		*base += (float)((value - *base) * (value < *base ? BASE_DOWN : BASE_UP));
		value -= *base;
	}
	return value > (was ? row->on / 2 : row->on);
}

/* How much a counter grew. */
static double grown(const struct senses_source *from, double value)
{
	bool known;
	float *last = beside(from, &known);
	double more = last && known ? value - *last : 0;

	if (last)
		*last = (float)value;
	return MAX(more, 0);
}

static double number_of(const struct value *v)
{
	return v->type == VALUE_NUMBER ? v->number : value_true(v);
}

size_t senses_read(const struct senses_source *from, const struct point *p, struct sign ret_signs[SENSES_MOST])
{
	const struct senses_row *row = from->row;
	struct home_device *d = &from->state->devices[from->device];
	struct sign s = { .kind = row->kind, .vital = row->vital, .hazard = row->hazard, .on = true };
	double number = number_of(&p->value), scale = row->scale ? row->scale : 1;
	bool says = true;

	switch (row->form) {
	case SENSES_LEVEL:
		s.on = value_true(&p->value);
		says = read_level(row, d, s.on);
		break;
	case SENSES_FLOW:
		s.on = flows(from, number);
		s.value = number * scale;
		says = read_level(row, d, s.on);
		break;
	case SENSES_COUNT:
		number = grown(from, number);
		s.on = number >= row->on;
		s.value = number * scale;
		says = read_level(row, d, s.on);
		break;
	case SENSES_FIGURE: s.value = number; break;
	case SENSES_WORD:
		s.value = p->value.type == VALUE_TEXT ? posture_of(p->value.text) : -1;
		says = s.value >= 0;
		break;
	case SENSES_EVENT:
	case SENSES_PASSAGE: says = p->fired; break;
	}
	d->known |= (uint16_t)(1U << row->kind);
	if (!says && row->kind == SIGN_APPLIANCE && row->form == SENSES_FLOW) {
		s.kind = SIGN_WATTS;
		says = true;
	}
	if (!says)
		return 0;
	ret_signs[0] = s;
	if (row->form != SENSES_PASSAGE)
		return 1;
	s.on = false;
	ret_signs[1] = s;
	return 2;
}
