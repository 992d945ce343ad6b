/* build_point.c: see build_point.h. */
#include "conf/build_point.h"

#include "base/mem.h"
#include "conf/build_bank.h"
#include "conf/build_limits.h"

/* What one entry becomes before it is repeated. */
struct draft {
	struct build_point_set *set;
	struct fields *f;
	const struct class_point *standard; /* the class's point of that name, or NULL */
	struct profile_point point;
};

static const char *const register_keys[] = { "order",  "length", "bits",     "values",
					     "period", "repeat", "writable", "only_when" };

static bool is_register(const char *at)
{
	return at && strchr(at, ':') != NULL;
}

/* A type that the class has is a contract: rules are written on it. */
static void say_class_type(struct draft *d, const char *key, const char *hint)
{
	fields_error(d->f, key, "class '%s' says that '%s' is %s%s", d->set->class->class->id, d->standard->name,
		     d->standard->type == VALUE_EVENT ? "an event" : value_type_name(d->standard->type), hint);
}

static bool is_event(const struct draft *d)
{
	return d->standard ? d->standard->type == VALUE_EVENT : fields_bool(d->f, "event");
}

static void check_event(struct draft *d)
{
	if (fields_said(d->f, "event") && d->standard && fields_bool(d->f, "event") != is_event(d))
		say_class_type(d, "event", "");
}

/* Keys that only numbers, or only bools, understand. */
static void check_arithmetic(struct draft *d, enum value_type type)
{
	static const char *const number_keys[] = { "scale", "offset", "deadband", "unit" };

	for (size_t i = 0; type != VALUE_NUMBER && i < ARRAY_SIZE(number_keys); i++)
		if (fields_said(d->f, number_keys[i]))
			fields_error(d->f, number_keys[i], "only for numbers; the point is %s", value_type_name(type));
	if (type != VALUE_BOOL && !(type == VALUE_EVENT && d->point.wire.type == CODEC_BIT && !d->point.field.path) &&
	    fields_said(d->f, "invert"))
		fields_error(d->f, "invert", "only for bools; the point is %s", value_type_name(type));
	if (fields_said(d->f, "scale") && fields_number(d->f, "scale") == 0)
		fields_error(d->f, "scale", "expected a number other than 0");
}

/* ------------------------------------------------------------------------------------------------ JSON fields */

static enum value_type field_type(struct draft *d)
{
	static const char *const words[] = { "number", "bool", "text", "event" };
	static const enum value_type types[] = { VALUE_NUMBER, VALUE_BOOL, VALUE_TEXT, VALUE_EVENT };
	const char *said =
		fields_said(d->f, "type") ? config_setting_get_string(fields_get(d->f, "type")->setting) : NULL;
	enum value_type type = VALUE_NUMBER;
	bool known = false;

	for (size_t i = 0; said && i < ARRAY_SIZE(words); i++)
		if (str_equal(words[i], said)) {
			type = types[i];
			known = true;
		}
	if (said && !known)
		fields_error(d->f, "type", "only for registers; a JSON point is number, bool, text or event");
	else if (known && d->standard && type != d->standard->type)
		say_class_type(d, "type", "");
	if (d->standard)
		return d->standard->type;
	if (known)
		return type;
	return fields_said(d->f, "event") && fields_bool(d->f, "event") ? VALUE_EVENT
	       : fields_said(d->f, "equals")                            ? VALUE_BOOL
									: VALUE_NUMBER;
}

static void read_equals(struct draft *d)
{
	const struct fields_value *v = fields_get(d->f, "equals");
	_cleanup_str_buf_ struct str_buf text = { 0 };

	if (!v->setting)
		return;
	if (config_setting_is_aggregate(v->setting)) {
		fields_error(d->f, "equals", "expected a text, a number, true or false");
		return;
	}
	if (d->point.type != VALUE_BOOL && d->point.type != VALUE_EVENT)
		fields_error(d->f, "equals", "only for bools and events; the point is %s",
			     value_type_name(d->point.type));
	if (config_setting_type(v->setting) == CONFIG_TYPE_STRING)
		str_buf_add(&text, config_setting_get_string(v->setting));
	else
		fields_show(v->setting, &text);
	d->point.field.equals = build_text(d->set->b, str_buf_text(&text));
}

static void read_field(struct draft *d, const char *at)
{
	struct profile_point *p = &d->point;

	for (size_t i = 0; i < ARRAY_SIZE(register_keys); i++)
		if (fields_said(d->f, register_keys[i]))
			fields_error(d->f, register_keys[i], "only for registers, as at = \"holding:3\"");
	p->type = field_type(d);
	p->event = p->type == VALUE_EVENT;
	p->field.path = build_text(d->set->b, at);
	p->field.invert = fields_bool(d->f, "invert");
	p->field.scale = fields_number(d->f, "scale");
	p->field.offset = fields_number(d->f, "offset");
	p->max_age_us = fields_int(fields_said(d->f, "max_age") ? d->f : d->set->profile, "max_age");
	read_equals(d);
	check_arithmetic(d, p->type);
	build_limits_read(d->set->b, d->f, p);
	d->set->built->fields = true;
}

/* ------------------------------------------------------------------------------------------------ registers */

static bool is_one_bit(const struct codec_wire *w)
{
	return w->bit_low >= 0 && w->bit_low == w->bit_high;
}

/* The type on the wire where it was not said: what the class wants decides, else whether a bit was named. */
static enum codec_type default_wire_type(const struct draft *d, const struct codec_wire *w)
{
	bool truth = d->standard && d->standard->type == VALUE_BOOL;
	bool bit = !d->standard && is_one_bit(w);

	/* A bit's event is its rise; a whole register's that it changes to another number: a card. */
	if (is_event(d))
		bit = w->bit_low >= 0;
	return truth || bit || codec_table_is_bits(w->table) ? CODEC_BIT : CODEC_U16;
}

static void read_wire_type(struct draft *d, struct codec_wire *w)
{
	const char *said =
		fields_said(d->f, "type") ? config_setting_get_string(fields_get(d->f, "type")->setting) : NULL;
	unsigned registers;

	w->type = default_wire_type(d, w);
	if (said && codec_parse_type(said, &w->type) < 0)
		fields_error(d->f, "type", "only for JSON fields; a register is u16 i16 u32 i32 f32 … or bit");
	registers = codec_type_registers(w->type);
	if (codec_table_is_bits(w->table) && w->type != CODEC_BIT)
		fields_error(d->f, "type", "a coil or discrete input is one bit");
	else if (w->bit_low >= 0 && (registers > 1 || codec_type_has_length(w->type) || w->type == CODEC_BCD16))
		fields_error(d->f, "type", "'%s' takes the whole register, without .BIT", codec_type_name(w->type));
	else if (w->bit_low < 0 && (w->type == CODEC_U8 || w->type == CODEC_I8))
		fields_error(d->f, "type", "which half of the register? expected .hi or .lo behind the address");
	/* One number that is not 0 is as good as a bit, where the class wants one. */
	if (d->standard && d->standard->type == VALUE_BOOL && registers == 1 && !codec_type_has_length(w->type) &&
	    !fields_get(d->f, "values")->setting)
		w->type = CODEC_BIT;
}

static void read_length(struct draft *d, struct codec_wire *w)
{
	w->registers = (uint8_t)codec_type_registers(w->type);
	if (codec_type_has_length(w->type) && !fields_get(d->f, "length")->setting)
		fields_error(d->f, "length", "missing: how many registers has the %s?",
			     w->type == CODEC_STRING ? "string" : "bank");
	else if (codec_type_has_length(w->type))
		w->registers = (uint8_t)MAX(fields_int(d->f, "length"), (int64_t)1);
	else if (fields_said(d->f, "length"))
		fields_error(d->f, "length", "only for type = \"string\", \"any\" or \"which\"");
	if (w->address + w->registers > 65536)
		fields_error(d->f, "at", "%u registers from there end beyond the last address", w->registers);
}

/* A bank of small fields: how wide one is, and what number is looked for. */
static void read_bank(struct draft *d, struct codec_wire *w)
{
	const config_setting_t *equals = fields_get(d->f, "equals")->setting;
	bool bank = w->type == CODEC_ANY || w->type == CODEC_WHICH;
	int64_t bits = fields_int(d->f, "bits"), number = 1;

	if (!bank && equals)
		fields_error(d->f, "equals",
			     "only for JSON fields and banks; registers have values = ( (1, \"fire\") )");
	if (!bank && fields_said(d->f, "bits"))
		fields_error(d->f, "bits", "only for type = \"any\" or \"which\"");
	if (!bank)
		return;
	if (bits & (bits - 1)) /* 16 % bits would not be 0 */
		fields_error(d->f, "bits", "expected 1, 2, 4, 8 or 16: a field never lies in two registers");
	if (equals && config_setting_type(equals) != CONFIG_TYPE_INT)
		number = -1;
	else if (equals)
		number = config_setting_get_int(equals);
	if (number < 0 || number >= 1 << bits)
		fields_error(d->f, "equals", "expected a number of %lld bits", (long long)bits);
	w->field_bits = (uint8_t)bits;
	w->field_equals = (uint16_t)number;
}

static bool read_value_pair(struct draft *d, const config_setting_t *pair, struct codec_text *ret_text)
{
	const config_setting_t *raw = config_setting_is_list(pair) ? config_setting_get_elem(pair, 0) : NULL;
	const char *text = raw ? config_setting_get_string_elem(pair, 1) : NULL;

	if (!raw || !text || config_setting_length(pair) != 2 ||
	    (config_setting_type(raw) != CONFIG_TYPE_INT && config_setting_type(raw) != CONFIG_TYPE_INT64))
		return false;
	*ret_text = (struct codec_text){ config_setting_get_int64(raw), build_text(d->set->b, text) };
	return true;
}

/* What the wire cannot give, or what has its text already. */
static void check_raw(struct draft *d, const struct codec_wire *w, const struct codec_text *texts, size_t i)
{
	unsigned bits = w->bit_low >= 0 ? (unsigned)(w->bit_high - w->bit_low) + 1 : codec_type_registers(w->type) * 16;
	int64_t raw = texts[i].raw;

	for (size_t j = 0; j < i; j++)
		if (texts[j].text && texts[j].raw == raw) {
			fields_error_in(d->f, "values", (int)i, "%lld stands twice", (long long)raw);
			return;
		}
	if (codec_table_is_bits(w->table) || w->type == CODEC_BIT)
		bits = 1;
	if (bits < 63 && (raw >= (int64_t)1 << bits || raw < -((int64_t)1 << (bits - 1))))
		fields_error_in(d->f, "values", (int)i, "%lld does not fit into %u bits", (long long)raw, bits);
}

static void read_values(struct draft *d, struct codec_wire *w)
{
	const config_setting_t *list = fields_get(d->f, "values")->setting;
	size_t count = fields_said(d->f, "values") ? (size_t)config_setting_length(list) : 0;
	struct codec_text *texts;

	if (count == 0)
		return;
	if (w->type == CODEC_F32 || w->type == CODEC_F64 || codec_type_has_length(w->type))
		fields_error(d->f, "values", "only for whole numbers");
	texts = ARENA_ARRAY(d->set->b->arena, count, struct codec_text);
	for (size_t i = 0; i < count; i++) {
		if (!read_value_pair(d, config_setting_get_elem(list, (unsigned)i), &texts[i]))
			fields_error_in(d->f, "values", (int)i, "expected a number and a text, as (1, \"fire\")");
		else
			check_raw(d, w, texts, i);
	}
	w->texts = texts;
	w->text_count = count;
}

/* One byte, one bit: there is nothing to put into order. (The profile's order is for its other points.) */
static void check_order(struct draft *d, const struct codec_wire *w)
{
	if (!fields_said(d->f, "order"))
		return;
	if (codec_table_is_bits(w->table))
		fields_error(d->f, "order", "a coil or discrete input has no bytes");
	else if (w->type == CODEC_U8 || w->type == CODEC_I8)
		fields_error(d->f, "order", "one byte has no order: expected .hi or .lo behind the address");
	else if (codec_type_registers(w->type) == 1 && w->type != CODEC_STRING && w->order == CODEC_CDAB)
		fields_warning(d->f, "order", "has no effect on one register: abcd is the same");
}

/* What the wire gives against what the class says. */
static void settle_type(struct draft *d, const struct codec_wire *w)
{
	enum value_type wire = codec_value_type(w);
	const char *key = fields_get(d->f, "values")->setting ? "values"
			  : fields_get(d->f, "type")->setting ? "type"
							      : "at";
	enum value_type wanted = d->standard ? d->standard->type : wire;

	d->point.type = wanted;
	d->point.event = is_event(d);
	if (d->point.event) {
		d->point.type = VALUE_EVENT;
	} else if (wanted != wire && !fields_get(d->f, key)->wrong) {
		_cleanup_str_buf_ struct str_buf hint = { 0 };

		str_buf_printf(&hint, ", but this reads as %s", value_type_name(wire));
		if (wanted == VALUE_TEXT)
			str_buf_add(&hint, "; say values = ( (0, \"…\"), (1, \"…\") )");
		say_class_type(d, key, str_buf_text(&hint));
	}
}

static void read_times(struct draft *d)
{
	struct fields *profile = d->set->profile;
	struct profile_point *p = &d->point;

	p->period_us = fields_int(fields_said(d->f, "period") ? d->f : profile, "period");
	if (fields_said(d->f, "max_age"))
		p->max_age_us = fields_int(d->f, "max_age");
	else if (fields_said(profile, "max_age"))
		p->max_age_us = fields_int(profile, "max_age");
	else
		p->max_age_us = MAX(3 * p->period_us, 10 * S);
	if (p->max_age_us > 0 && p->max_age_us <= p->period_us)
		fields_error(d->f, fields_said(d->f, "max_age") ? "max_age" : "period",
			     "the value would always be stale: it is asked only every period");
}

/* The table that a wrong `at` was meant to name, or NULL. */
static const char *meant_table(const char *at)
{
	_cleanup_str_buf_ struct str_buf word = { 0 };
	struct str_nearest nearest = { 0 };

	str_buf_add_len(&word, at, strcspn(at, ":"));
	nearest.word = str_buf_text(&word);
	for (enum codec_table t = CODEC_COIL; t <= CODEC_HOLDING; t++) {
		if (str_equal(nearest.word, codec_table_name(t)))
			return NULL; /* it is something else that is wrong */
		str_nearest_try(&nearest, codec_table_name(t));
	}
	return nearest.best;
}

static void read_wire(struct draft *d, const char *at)
{
	struct codec_wire *w = &d->point.wire;
	const char *expected = NULL;

	if (codec_parse_at(at, (int)fields_int(d->set->profile, "base"), w, &expected) < 0) {
		const char *meant = meant_table(at);

		fields_error(d->f, "at", "%s%s%s%s", expected, meant ? "; did you mean '" : "", meant ? meant : "",
			     meant ? "'?" : "");
		read_values(d, &(struct codec_wire){ .table = CODEC_HOLDING, .type = CODEC_I64, .bit_low = -1 });
		return;
	}
	read_wire_type(d, w);
	read_length(d, w);
	w->order = (enum codec_order)fields_int(fields_said(d->f, "order") ? d->f : d->set->profile, "order");
	w->scale = fields_number(d->f, "scale");
	w->offset = fields_number(d->f, "offset");
	w->invert = fields_bool(d->f, "invert");
	read_bank(d, w);
	read_values(d, w);
	settle_type(d, w);
	build_limits_writable(d->set->b, d->f, d->set->profile, &d->point);
	if (d->point.only_when)
		build_write_wish(d->set->b, d->f, d->set->built->profile);
	check_arithmetic(d, d->point.type);
	check_order(d, w);
	read_times(d);
	build_limits_read(d->set->b, d->f, &d->point);
	d->set->built->registers = true;
}

/* ------------------------------------------------------------------------------------------------ points */

/* False, and an error, where the name is taken. */
static bool take_name(struct draft *d, const char *name)
{
	struct build_point_set *set = d->set;
	struct diag_at *at = map_find(set->names, name);

	if (at) {
		fields_error(d->f, "name", "'%s' stands twice; the other is at line %u", name, at->line);
		return false;
	}
	at = ARENA_NEW(set->b->arena, struct diag_at);
	*at = d->f->at;
	map_put(set->names, name, at);
	return true;
}

static void append(struct draft *d, const struct profile_point *p)
{
	struct build_point_set *set = d->set;

	if (!take_name(d, p->name))
		return;
	if (set->count == BUILD_POINT_MAX) {
		fields_error(d->f, "name", "more than %d points in one profile", BUILD_POINT_MAX);
		return;
	}
	if (set->count == set->room) {
		set->room = set->room ? set->room * 2 : 32;
		set->points = mem_realloc(set->points, set->room, sizeof(*set->points));
	}
	set->points[set->count++] = *p;
	if (p->wire.registers > set->built->widest) {
		set->built->widest = p->wire.registers;
		set->built->widest_name = p->name;
	}
}

static void append_bank(struct draft *d)
{
	struct build *b = d->set->b;
	struct build_bank bank;

	if (build_bank_read(b, d->f, &d->point, &bank) < 0)
		return;
	for (int64_t i = 0; i < bank.count; i++) {
		struct profile_point one = d->point;

		build_bank_place(b, &bank, i, &one);
		append(d, &one);
	}
}

static void add(struct build_point_set *set, struct fields *f)
{
	const char *at = fields_text(f, "at"), *name = fields_text(f, "name");
	struct draft d = { .set = set, .f = f };
	size_t errors = set->b->diag->errors;

	if (fields_get(f, "at")->wrong) {
		if (name)
			take_name(&d, build_text(set->b, name));
		return;
	}
	d.standard = set->class && name ? build_class_point(set->class, name) : NULL;
	d.point = (struct profile_point){
		.name = name ? build_text(set->b, name) : "",
		.deadband = fields_number(f, "deadband"),
		.at = f->at,
	};
	d.point.unit = fields_said(f, "unit") ? build_text(set->b, fields_text(f, "unit"))
		       : d.standard           ? d.standard->unit
					      : "";
	check_event(&d);
	if (is_register(at))
		read_wire(&d, at);
	else
		read_field(&d, at ? at : d.point.name);
	if (!name)
		return; /* only checked */
	if (set->b->diag->errors > errors)
		take_name(&d, d.point.name); /* known by name all the same */
	else if (fields_said(f, "repeat"))
		append_bank(&d);
	else
		append(&d, &d.point);
}

void build_point_add(struct build_point_set *set, struct fields *f)
{
	const char *name = fields_text(f, "name");
	size_t errors = set->b->diag->errors;

	add(set, f);
	if (name && set->b->diag->errors > errors)
		unread_add(&set->b->lost, name, strlen(name));
}
