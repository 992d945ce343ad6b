#include "app/lookup.h"

#include "api/rows.h"
#include "app/inquest.h"
#include "app/live.h"
#include "base/mem.h"
#include "field/insight.h"
#include "field/spell.h"
#include "upstream/alarm_json.h"

int64_t lookup_wall_us(const struct lookup *at, int64_t mono_us)
{
	return mono_us ? at->now.wall_us - (at->now.mono_us - mono_us) : 0;
}

/* ---- which points ---- */

/* The page of a bus's points that begins with the from-th: walks devices, not points. */
struct page {
	const struct device *first; /* NULL: there are no more */
	uint32_t skip;              /* points of it that were on pages before */
};

static struct page page_of(const struct live *l, const char *bus, uint32_t from)
{
	struct page page = { .skip = from };

	for (size_t i = 0; i < l->conf->device_count; i++) {
		const struct device *d = &l->conf->devices[i];

		if (!d->bus || !str_equal(d->bus->id, bus))
			continue;
		if (page.skip < d->profile->point_count) {
			page.first = d;
			return page;
		}
		page.skip -= (uint32_t)d->profile->point_count;
	}
	return page;
}

/* Behind the number of its last point. */
static uint32_t page_end(const struct live *l, const char *bus, struct page page)
{
	uint32_t left = INQUEST_ROWS, skip = page.skip, end = 0;

	for (const struct device *d = page.first; d && left > 0 && d < l->conf->devices + l->conf->device_count; d++) {
		uint32_t count;

		if (!d->bus || !str_equal(d->bus->id, bus))
			continue;
		count = MIN((uint32_t)d->profile->point_count - skip, left);
		end = d->first_point + skip + count;
		left -= count;
		skip = 0;
	}
	return end;
}

void lookup_aim(const struct live *l, const char *subject, uint32_t from, struct insight *ret_insight)
{
	const struct point_table *points = engine_points(l->engine);
	struct page page;

	if (ret_insight->kind == INSIGHT_POINT) {
		const struct point *p = point_find(points, subject);

		ret_insight->point = p ? point_index(points, p) : POINT_NONE;
	} else if (ret_insight->kind == INSIGHT_REGISTERS) {
		page = page_of(l, subject, from);
		ret_insight->point = page.first ? page.first->first_point + page.skip : 0;
		ret_insight->end = page_end(l, subject, page);
		ret_insight->max = INQUEST_ROWS;
	}
}

/* ---- frames ---- */

static const char *way(enum tape_kind kind)
{
	static const char *const names[] = {
		[TAPE_SENT] = "sent", [TAPE_RECEIVED] = "received", [TAPE_OPENED] = "opened", [TAPE_CLOSED] = "closed"
	};

	return names[kind];
}

static bool received(const struct tape *t, size_t number)
{
	struct tape_frame f;

	return tape_get(t, number, &f) == 0 && f.kind == TAPE_RECEIVED;
}

/* What came since the last request, up to this frame, as one. */
static struct tape_frame joined(const struct tape *t, size_t number)
{
	struct tape_frame all = { .kind = TAPE_RECEIVED }, f;
	size_t first = number;

	while (first > 0 && received(t, first - 1))
		first--;
	for (; first <= number && tape_get(t, first, &f) == 0; first++)
		for (size_t i = 0; i < f.len && all.len < sizeof(all.bytes); i++)
			all.bytes[all.len++] = f.bytes[i];
	return all;
}

/* The pieces of an answer are parts; the last one says what it all is. */
static void spell(const struct insight *told, const struct tape_frame *f, size_t number, struct str_buf *to)
{
	struct tape_frame all;

	if (f->kind != TAPE_RECEIVED || spell_is_whole(told->link.framing, f)) {
		spell_frame(told->link.framing, f, to);
		return;
	}
	all = joined(&told->tape, number);
	if (!spell_is_whole(told->link.framing, &all) && received(&told->tape, number + 1))
		str_buf_printf(to, "part of a frame (%zu bytes)", f->len);
	else
		spell_frame(told->link.framing, &all, to);
}

/* number: on the tape; counted: since it began. */
static json_t *frame_row(const struct lookup *at, size_t number, uint32_t counted)
{
	enum frame_kind framing = at->told->link.framing;
	_cleanup_str_buf_ struct str_buf hex = { 0 }, text = { 0 };
	struct tape_frame frame = { 0 }, *f = &frame;

	tape_get(&at->told->tape, number, f);
	spell_hex(framing, f, &hex);
	spell(at->told, f, number, &text);
	return json_pack("{s:I, s:o, s:I, s:s, s:s, s:s}", "n", (json_int_t)counted, "at",
			 rows_time(lookup_wall_us(at, f->at_us)), "us", (json_int_t)f->at_us, "way", way(f->kind),
			 "hex", str_buf_text(&hex), "text", str_buf_text(&text));
}

static size_t held(const struct tape *t)
{
	struct tape_frame f;
	size_t n = MIN(t->count, (uint32_t)TAPE_FRAMES);

	while (n > 0 && tape_get(t, n - 1, &f) < 0)
		n--;
	return n;
}

json_t *lookup_frames(const struct lookup *at)
{
	const struct insight *told = at->told;
	struct status_bus bus;
	json_t *frames, *answer;
	uint32_t first, from, missed = 0;
	size_t n;

	if (!told || !at->worker)
		return NULL;
	worker_status(at->worker, &bus);
	frames = json_array();
	n = held(&told->tape);
	first = told->tape.count - (uint32_t)n;
	/* Numbers go round after 2^32 frames; one from the future is of the tape of a bus that was started anew. */
	from = at->from && (int32_t)(told->tape.count - at->from) >= 0 ? at->from : first;
	if ((int32_t)(first - from) > 0)
		missed = first - from;
	for (size_t i = 0; i < n; i++)
		if ((int32_t)(first + (uint32_t)i - from) >= 0)
			json_array_append_new(frames, frame_row(at, i, first + (uint32_t)i));
	answer = json_pack("{s:s, s:s, s:s, s:s, s:o, s:I, s:I}", "bus", bus.id, "type", bus.type, "target", bus.target,
			   "framing", told->link.framing == FRAME_TCP ? "tcp" : "rtu", "at",
			   rows_time(lookup_wall_us(at, told->now_us)), "next", (json_int_t)told->tape.count, "missed",
			   (json_int_t)missed);
	json_object_set_new(answer, "frames", frames);
	return answer;
}

/* ---- the sheet ---- */

void lookup_register(const struct profile_point *spec, struct str_buf *to)
{
	const struct codec_wire *w = &spec->wire;

	if (w->table == CODEC_TABLE_NONE)
		return;
	str_buf_printf(to, "%s:%u", codec_table_name(w->table), w->address);
	if (w->bit_low >= 0 && w->bit_high > w->bit_low)
		str_buf_printf(to, ".%d-%d", w->bit_low, w->bit_high);
	else if (w->bit_low >= 0 && !codec_table_is_bits(w->table))
		str_buf_printf(to, ".%d", w->bit_low);
}

void lookup_hex(const struct insight *told, size_t index, struct str_buf *to)
{
	const struct insight_registers *r = &told->registers[index];

	for (uint32_t k = 0; r->read_us > 0 && k < r->width; k++)
		str_buf_printf(to, "%s%04x", k ? " " : "", told->raw[r->raw + k]);
}

/* By number of a point: where it stands in what was told. The plan's order is that of addresses. */
static size_t *index_told(const struct insight *told, uint32_t first, uint32_t count)
{
	size_t *index = mem_array(count + 1, sizeof(*index));

	for (uint32_t i = 0; i < count; i++)
		index[i] = SIZE_MAX;
	for (uint32_t i = 0; told && i < told->register_count; i++)
		if (told->registers[i].point >= first && told->registers[i].point - first < count)
			index[told->registers[i].point - first] = i;
	return index;
}

static json_t *sheet_row(const struct lookup *at, const struct point *p, size_t told)
{
	_cleanup_str_buf_ struct str_buf reg = { 0 }, raw = { 0 };
	json_t *row = alarm_json_point(p);

	lookup_register(p->spec, &reg);
	if (told != SIZE_MAX)
		lookup_hex(at->told, told, &raw);
	json_object_set_new(row, "name", json_string(p->device->name));
	json_object_set_new(row, "modbus_unit", json_integer(p->device->unit));
	json_object_set_new(row, "field", json_string(p->spec->name));
	json_object_set_new(row, "register", reg.len ? json_string(reg.text) : json_null());
	json_object_set_new(row, "raw", raw.len ? json_string(raw.text) : json_null());
	json_object_set_new(row, "read_at",
			    told == SIZE_MAX ? json_null()
					     : rows_time(lookup_wall_us(at, at->told->registers[told].read_us)));
	return row;
}

json_t *lookup_sheet(const struct lookup *at)
{
	const struct live *l = at->live;
	const struct point_table *points = engine_points(l->engine);
	struct page page = page_of(l, at->subject, at->from);
	uint32_t first = page.first ? page.first->first_point + page.skip : 0, left = INQUEST_ROWS;
	uint32_t end = page_end(l, at->subject, page);
	_cleanup_(freep) size_t *index = index_told(at->told, first, end - first);
	json_t *rows = json_array();

	for (const struct device *d = page.first; d && d < l->conf->devices + l->conf->device_count; d++) {
		if (!d->bus || !str_equal(d->bus->id, at->subject))
			continue;
		for (uint32_t k = d == page.first ? page.skip : 0; k < d->profile->point_count && left > 0; k++, left--)
			json_array_append_new(rows, sheet_row(at, &points->points[d->first_point + k],
							      index[d->first_point + k - first]));
	}
	return rows;
}
