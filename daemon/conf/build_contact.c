/* build_contact.c: people: what they are told of, where, when and how; and the days that are not like others. */
#include "conf/build.h"

#include "base/mem.h"
#include "model/value.h"

#define MINUTES_OF_DAY (24 * 60)

/* ---- places ---- */

static bool place_good(struct build *b, struct fields *f, int entry, const char *path)
{
	_cleanup_(freep) char *first = NULL;
	_cleanup_str_buf_ struct str_buf expected = { 0 };

	if (!path || !place_path_valid(path)) {
		fields_error_in(f, "places", entry, "expected a place in quotes, as \"b3/u1\"");
		return false;
	}
	first = mem_strndup(path, place_first_len(path));
	if (idents_find(&b->places, first) || unread_may_have(b->unread, first))
		return true;
	if (b->diag->count < DIAG_MAX)
		idents_expect(&b->places, first, &expected);
	fields_error_in(f, "places", entry, "'%s' is not declared in places%s", first, str_buf_text(&expected));
	return false;
}

static const char *const *read_places(struct build *b, struct fields *f, size_t *ret_count)
{
	const config_setting_t *list = fields_get(f, "places")->setting;
	int count = fields_said(f, "places") ? config_setting_length(list) : 0;
	const char **places = ARENA_ARRAY(b->arena, (size_t)count + 1, const char *);

	*ret_count = 0;
	for (int i = 0; i < count; i++) {
		const char *path = config_setting_get_string_elem(list, i);

		if (place_good(b, f, i, path))
			places[(*ret_count)++] = build_text(b, path);
	}
	return places;
}

/* ---- rosters ---- */

static const char *const day_names[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat", "holiday" };

static int day_of(const char *word, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(day_names); i++)
		if (strlen(day_names[i]) == len && memcmp(day_names[i], word, len) == 0)
			return (int)i;
	return -1;
}

/* "mon-fri", "fri-mon", "holiday"; 0: it is none. */
static unsigned days_of(const char *word, size_t len)
{
	const char *dash = memchr(word, '-', len);
	int from = day_of(word, dash ? (size_t)(dash - word) : len), to = from;
	unsigned days = 0;

	if (dash)
		to = day_of(dash + 1, len - (size_t)(dash + 1 - word));
	if (from < 0 || to < 0 || (dash && (from == CONTACT_HOLIDAY || to == CONTACT_HOLIDAY)))
		return 0;
	if (!dash)
		return 1U << from;
	for (int day = from;; day = (day + 1) % 7) {
		days |= 1U << day;
		if (day == to)
			return days;
	}
}

static unsigned read_days(struct fields *f)
{
	const char *text = fields_text(f, "days");
	unsigned days = 0, more;

	if (!text || str_equal(text, "daily"))
		return (2U << CONTACT_HOLIDAY) - 1;
	for (const char *at = text; *at; at += strspn(at, " ,")) {
		size_t len = strcspn(at, " ,");

		more = days_of(at, len);
		if (!more) {
			fields_error(f, "days", "expected daily, or days as \"mon-fri\" or \"sat sun holiday\"");
			return 0;
		}
		days |= more;
		at += len;
	}
	return days;
}

static bool two_digits(const char *at, int most, int *ret_number)
{
	if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
		return false;
	*ret_number = (at[0] - '0') * 10 + at[1] - '0';
	return *ret_number <= most;
}

static int read_minute(struct fields *f, const char *key, int fallback)
{
	const char *text = fields_said(f, key) ? fields_text(f, key) : NULL;
	int hour, minute;

	if (!text)
		return fallback;
	if (strlen(text) == 5 && text[2] == ':' && two_digits(text, 24, &hour) && two_digits(text + 3, 59, &minute) &&
	    hour * 60 + minute <= MINUTES_OF_DAY)
		return hour * 60 + minute;
	fields_error(f, key, "expected a time of the day, as \"08:00\"");
	return fallback;
}

static void read_span(struct build *b, const struct fields *contact, int entry, struct contact *c)
{
	const struct fields_value *v = fields_get(contact, "roster");
	struct contact_span *span = (struct contact_span *)&c->roster[c->span_count];
	struct fields f;
	struct fields_source source = {
		.group = schema_group("contacts.roster"),
		.setting = config_setting_get_elem(v->setting, (unsigned)entry),
		.file = v->file,
		.parent = contact->subject,
		.number = (size_t)entry + 1,
	};

	if (fields_read(&source, b->diag, &f) < 0)
		return;
	*span = (struct contact_span){
		.days = read_days(&f),
		.from_min = read_minute(&f, "from", 0),
		.to_min = read_minute(&f, "to", MINUTES_OF_DAY),
	};
	c->span_count++;
}

static void read_roster(struct build *b, const struct fields *f, struct contact *c)
{
	int count = fields_said(f, "roster") ? config_setting_length(fields_get(f, "roster")->setting) : 0;

	c->roster = ARENA_ARRAY(b->arena, (size_t)count + 1, struct contact_span);
	for (int i = 0; i < count; i++)
		read_span(b, f, i, c);
}

/* ---- contacts ---- */

static void read_duties(struct build *b, struct fields *f, struct contact *c)
{
	const config_setting_t *list = fields_get(f, "duties")->setting;
	int count = fields_said(f, "duties") ? config_setting_length(list) : 0;
	const char **duties = ARENA_ARRAY(b->arena, (size_t)count + 1, const char *);

	for (int i = 0; i < count; i++) {
		const char *duty = config_setting_get_string_elem(list, i);

		if (!duty)
			continue; /* told already */
		duties[c->duty_count++] = build_text(b, duty);
		idents_add(&b->duties, duties[c->duty_count - 1], f->at);
	}
	c->duties = duties;
}

static void read_cards(struct build *b, struct fields *f, struct contact *c)
{
	const config_setting_t *list = fields_get(f, "cards")->setting;
	int count = fields_said(f, "cards") ? config_setting_length(list) : 0;
	const char **cards = ARENA_ARRAY(b->arena, (size_t)count + 1, const char *);

	for (int i = 0; i < count; i++) {
		const char *card = config_setting_get_string_elem(list, i);

		if (card && *card && strlen(card) < VALUE_TEXT_MAX)
			cards[c->card_count++] = build_text(b, card);
		else
			fields_error_in(f, "cards", i, "expected a card's number in quotes, at most %d characters",
					VALUE_TEXT_MAX - 1);
	}
	c->cards = cards;
}

/* What the notifier gets: `to`, and the number that people see where it has none of its own. */
static const char *to_of(struct build *b, const struct fields *f)
{
	const config_setting_t *s = fields_get(f, "to")->setting;
	_cleanup_str_buf_ struct str_buf text = { 0 };

	if (fields_said(f, "to") && config_setting_length(s) > 0)
		return build_plugin_json(b, s);
	if (!fields_said(f, "phone"))
		return "{}";
	str_buf_add(&text, "{\"phone\":");
	str_buf_add_json(&text, fields_text(f, "phone"));
	str_buf_add(&text, "}");
	return arena_strdup(b->arena, str_buf_text(&text));
}

static void read_contact(struct build *b, struct fields *f, struct contact *c)
{
	const struct ident *notifier = build_refer(b, &b->plugins, f, "notifier");

	c->name = build_text(b, fields_said(f, "name") ? fields_text(f, "name") : c->id);
	c->notifier = notifier ? notifier->object : NULL;
	c->to_json = to_of(b, f);
	c->phone = build_text(b, fields_text(f, "phone"));
	c->output = build_text(b, fields_text(f, "output"));
	c->output_stays = fields_int(f, "output_until") == 1;
	c->button = build_text(b, fields_text(f, "button"));
	read_cards(b, f, c);
	c->rate = (int)fields_int(f, "rate");
	c->tests = fields_bool(f, "tests");
	c->english = fields_int(f, "language") == 1;
	c->places = read_places(b, f, &c->place_count);
	read_duties(b, f, c);
	read_roster(b, f, c);
	c->at = f->at;
	if (c->output && fields_said(f, "notifier"))
		fields_error(f, "output", "expected either this or a notifier");
	if (fields_said(f, "output_until") && !fields_get(f, "output")->setting)
		fields_warning(f, "output_until", "has no effect without `output`");
	if (fields_said(f, "to") && !fields_get(f, "notifier")->setting)
		fields_warning(f, "to", "has no effect without `notifier`: who is told by what?");
}

void build_contact_all(struct build *b, const struct build_entries *e)
{
	struct conf *conf = b->conf;

	conf->contacts = ARENA_ARRAY(b->arena, MAX(e->count, (size_t)1), struct contact);
	for (size_t i = 0; i < e->count; i++) {
		struct contact *c = ARENA_NEW(b->arena, struct contact);
		struct ident *id;
		struct fields f;

		build_read(b, "contacts", &e->entries[i], &f);
		id = build_declare(b, &b->contacts, &f);
		c->id = id->id;
		read_contact(b, &f, c);
		if (!id->spare)
			conf->contacts[conf->contact_count++] = *c;
	}
}

/* ---- holidays ---- */

static bool is_day(int year, int month, int day)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] + (month == 2 && leap);
}

/* 20261001, or 0. */
static int read_date(struct fields *f, const char *key)
{
	const char *text = fields_text(f, key);
	int century, year, month, day;

	if (!text)
		return 0;
	if (strlen(text) == 10 && text[4] == '-' && text[7] == '-' && two_digits(text, 99, &century) &&
	    two_digits(text + 2, 99, &year) && two_digits(text + 5, 12, &month) && two_digits(text + 8, 31, &day) &&
	    is_day(century * 100 + year, month, day))
		return ((century * 100 + year) * 100 + month) * 100 + day;
	fields_error(f, key, "expected a day, as \"2026-10-01\"");
	return 0;
}

void build_contact_holidays(struct build *b, const struct build_entries *e)
{
	struct conf *conf = b->conf;

	conf->holidays = ARENA_ARRAY(b->arena, MAX(e->count, (size_t)1), struct contact_holiday);
	for (size_t i = 0; i < e->count; i++) {
		struct contact_holiday h = { 0 };
		struct ident *id;
		struct fields f;

		build_read(b, "holidays", &e->entries[i], &f);
		id = build_declare(b, &b->holidays, &f);
		h.id = id->id;
		h.name = build_text(b, fields_said(&f, "name") ? fields_text(&f, "name") : h.id);
		h.from = read_date(&f, "from");
		h.until = fields_said(&f, "until") ? read_date(&f, "until") : h.from;
		h.as = (int)fields_int(&f, "as");
		h.places = read_places(b, &f, &h.place_count);
		h.at = f.at;
		if (h.until && h.until < h.from)
			fields_error(&f, "until", "expected a day not before the first one");
		if (!id->spare)
			conf->holidays[conf->holiday_count++] = h;
	}
}
