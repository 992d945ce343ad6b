/* build_limits.c: see build_limits.h. */
#include "conf/build_limits.h"

#include <errno.h>
#include <math.h>

#include "model/encode.h"
#include "model/plausible.h"

#define COUNTER 1 /* of the words of "kind" */

static bool is_number(const config_setting_t *s, double *ret_number)
{
	switch (config_setting_type(s)) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64: *ret_number = (double)config_setting_get_int64(s); return true;
	case CONFIG_TYPE_FLOAT: *ret_number = config_setting_get_float(s); return isfinite(*ret_number);
	default: return false;
	}
}

/* ------------------------------------------------------------------------------------------------ invalid */

static unsigned bits_of(const struct codec_wire *w)
{
	if (w->bit_low >= 0)
		return (unsigned)(w->bit_high - w->bit_low + 1);
	return w->type == CODEC_U8 || w->type == CODEC_I8 ? 8 : codec_type_registers(w->type) * 16;
}

static bool read_marker(struct fields *f, const struct codec_wire *w, const config_setting_t *s, int64_t *ret_marker)
{
	unsigned bits = bits_of(w);
	int type = config_setting_type(s), r;

	if (type == CONFIG_TYPE_FLOAT) {
		r = codec_float_marker(w->type, config_setting_get_float(s), ret_marker);
		if (r == -EINVAL)
			fields_error(f, "invalid", "expected a whole number, as it stands on the wire");
		else if (r < 0)
			fields_error(f, "invalid", "too large for type '%s'", codec_type_name(w->type));
		return r == 0;
	}
	if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64) {
		fields_error(f, "invalid", "expected a whole number like 0x8000, or several: ( 0x7FFF, 0x8000 )%s",
			     type == CONFIG_TYPE_STRING ? ", without quotes" : "");
		return false;
	}
	*ret_marker = config_setting_get_int64(s);
	if (bits >= 64 || (*ret_marker < (int64_t)1 << bits && *ret_marker >= -((int64_t)1 << (bits - 1))))
		return true;
	fields_error(f, "invalid", "does not fit into the %u bits of type '%s'", bits, codec_type_name(w->type));
	return false;
}

static void read_invalid(struct build *b, struct fields *f, struct codec_wire *w)
{
	const config_setting_t *said = fields_get(f, "invalid")->setting;
	bool list = said && (config_setting_is_list(said) || config_setting_is_array(said));
	int count = list ? config_setting_length(said) : said ? 1 : 0;
	int64_t *markers;

	if (!said)
		return;
	if (w->table == CODEC_TABLE_NONE) {
		fields_error(f, "invalid", "only for registers, as at = \"holding:3\"");
		return;
	}
	if (w->type == CODEC_BIT || codec_type_has_length(w->type) || codec_table_is_bits(w->table)) {
		fields_error(f, "invalid", "only for numbers");
		return;
	}
	markers = ARENA_ARRAY(b->arena, MAX(count, 1), int64_t);
	for (int i = 0; i < count; i++)
		if (!read_marker(f, w, list ? config_setting_get_elem(said, (unsigned)i) : said, &markers[i]))
			return;
	w->invalid = markers;
	w->invalid_count = (size_t)count;
}

/* ------------------------------------------------------------------------------------------------ range, rate, counter */

/* The numbers that the registers can show at all. False: any. */
static bool find_reach(const struct codec_wire *w, double *ret_low, double *ret_high)
{
	double span = codec_span(w), low, high;

	if (w->table == CODEC_TABLE_NONE || span == 0)
		return false;
	low = w->type == CODEC_I8 || w->type == CODEC_I16 || w->type == CODEC_I32 || w->type == CODEC_I64 ? -span / 2
													  : 0;
	high = (low + span - 1) * w->scale + w->offset;
	low = low * w->scale + w->offset;
	*ret_low = MIN(low, high);
	*ret_high = MAX(low, high);
	return true;
}

static void check_reach(struct fields *f, const struct codec_wire *w, const struct plausible_limits *l)
{
	double low, high;

	if (!find_reach(w, &low, &high) || (l->low <= high && l->high >= low))
		return;
	fields_error(f, "range", "no reading can be in it: type '%s' goes from %.15g to %.15g",
		     codec_type_name(w->type), low, high);
}

static void read_range(struct fields *f, struct plausible_limits *l)
{
	const config_setting_t *said = fields_get(f, "range")->setting;

	if (!fields_said(f, "range"))
		return;
	if (config_setting_length(said) != 2 || !is_number(config_setting_get_elem(said, 0), &l->low) ||
	    !is_number(config_setting_get_elem(said, 1), &l->high) || !(l->low < l->high))
		fields_error(f, "range", "expected the lowest and the highest number, as ( -40, 85 )");
	else
		l->has_range = true;
}

static void read_counter(struct fields *f, const struct profile_point *p, struct plausible_limits *l)
{
	double scale = p->wire.table == CODEC_TABLE_NONE ? p->field.scale : p->wire.scale;

	if (scale < 0) {
		fields_error(f, "kind", "a counter goes up: expected a scale above 0");
		return;
	}
	l->counter = true;
	if (p->wire.table != CODEC_TABLE_NONE)
		l->span = codec_span(&p->wire) * scale;
}

void build_limits_read(struct build *b, struct fields *f, struct profile_point *p)
{
	static const char *const keys[] = { "range", "max_rate", "kind" };
	struct plausible_limits l = { .settle_us = p->period_us / 2 };

	read_invalid(b, f, &p->wire);
	for (size_t i = 0; p->type != VALUE_NUMBER && i < ARRAY_SIZE(keys); i++)
		if (fields_said(f, keys[i]))
			fields_error(f, keys[i], "only for numbers; the point is %s", value_type_name(p->type));
	if (p->type != VALUE_NUMBER)
		return;
	read_range(f, &l);
	if (l.has_range)
		check_reach(f, &p->wire, &l);
	l.max_rate = fields_number(f, "max_rate");
	if (fields_said(f, "max_rate") && l.max_rate == 0)
		fields_error(f, "max_rate", "expected more than 0");
	if (fields_int(f, "kind") == COUNTER)
		read_counter(f, p, &l);
	p->limits = l;
}

/* Writing some bits of a register by reading it, changing it and writing it back would undo what the device has changed
 * meanwhile: only a device that does it itself (function 22) is asked for it. */
void build_limits_writable(struct build *b, struct fields *f, struct fields *profile, struct profile_point *p)
{
	const struct codec_wire *w = &p->wire;
	bool bits = w->bit_low >= 0 && w->bit_high - w->bit_low < 15;
	const char *why;

	p->writable = fields_bool(f, "writable");
	p->only_when = build_text(b, fields_text(f, "only_when"));
	if (!p->writable && fields_said(f, "only_when"))
		fields_warning(f, "only_when", "has no effect without writable = true");
	if (!p->writable)
		return;
	if (!encode_can(w, &why))
		fields_error(f, "writable", "%s", why);
	else if (p->event)
		fields_error(f, "writable", "an event cannot be written");
	else if (bits && !fields_bool(profile, "mask_write"))
		fields_error(
			f, "writable",
			"only some bits of the register: expected mask_write = true in the profile, where the device "
			"knows function 22");
}
