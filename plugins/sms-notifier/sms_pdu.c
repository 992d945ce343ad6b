#include "sms-notifier/sms_pdu.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sms-notifier/sms_gsm7.h"

#define NATIONAL      0x81 /* type of address: unknown, telephone numbering plan (9.1.2.5) */
#define INTERNATIONAL 0x91
#define SUBMIT        0x01 /* first octet (9.2.3.1 …) */
#define STATUS_REPORT 0x02
#define KIND          0x03
#define VALIDITY      0x10 /* a relative one follows */
#define WANTS_REPORT  0x20
#define HAS_HEADER    0x40
#define A_DAY         167  /* validity period: (167 - 143) × 30 min + 12 h */
#define GSM7          0x00 /* data coding scheme */
#define UCS2          0x08
#define HEADER        6 /* octets: its length, the element "concatenated, 8 bit reference", its three values */
#define OCTETS_MAX    140
#define CHARACTERS    (SMS_PDU_PARTS_MAX * 153)
#define ELLIPSIS      0x2026

/* Octets of a PDU in the making. */
struct octets {
	uint8_t at[SMS_PDU_HEX_MAX / 2];
	size_t len;
};

static void put(struct octets *o, unsigned octet)
{
	o->at[o->len++] = (uint8_t)octet;
}

/* Numbers. */

int sms_pdu_number(const char *text, struct sms_pdu_number *ret_number)
{
	struct sms_pdu_number n = { 0 };
	size_t len = 0;

	text += strspn(text, " ");
	if (*text == '+') {
		n.international = true;
		text++;
	} else if (strncmp(text, "00", 2) == 0) {
		n.international = true;
		text += 2;
	}
	for (; *text; text++) {
		if (strchr(" -.()/", *text))
			continue;
		if (*text < '0' || *text > '9' || len == SMS_PDU_DIGITS_MAX)
			return -EINVAL;
		n.digits[len++] = *text;
	}
	if (len < 3)
		return -EINVAL;
	*ret_number = n;
	return 0;
}

void sms_pdu_number_shown(const struct sms_pdu_number *n, char ret_shown[static 12])
{
	size_t len = strlen(n->digits), kept = len > 7 ? 4 : 1;

	snprintf(ret_shown, 12, "…%s", n->digits + len - kept);
}

bool sms_pdu_number_same(const struct sms_pdu_number *a, const struct sms_pdu_number *b)
{
	size_t la = strlen(a->digits), lb = strlen(b->digits), shorter = la < lb ? la : lb;

	if (la == lb)
		return strcmp(a->digits, b->digits) == 0;
	/* A country's code has at most three digits; a national number may begin with a 0 that is left out behind it. */
	if (la > lb + 3 || lb > la + 3 || shorter < 7)
		return false;
	return strcmp(a->digits + la - (shorter - 1), b->digits + lb - (shorter - 1)) == 0;
}

/* Type and digits, two in an octet, the first one low; an odd one is filled up with F. */
static void put_digits(struct octets *o, const struct sms_pdu_number *n)
{
	put(o, n->international ? INTERNATIONAL : NATIONAL);
	for (const char *d = n->digits; *d; d += 2) {
		unsigned high = d[1] ? (unsigned)(d[1] - '0') : 0xf;

		put(o, high << 4 | (unsigned)(d[0] - '0'));
		if (!d[1])
			break;
	}
}

/* Text. */

/* A text as the units in which its length counts: septets, or 16 bits of UTF-16. `begins` says where a character does. */
struct units {
	uint16_t at[CHARACTERS + 4];
	bool begins[CHARACTERS + 4];
	size_t count;
	bool wide; /* UCS-2 */
	bool cut;  /* there was more */
};

/* One character of UTF-8; the octets taken, or 0: it is none. */
static size_t decode(const char *text, uint32_t *ret_character)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *s = (const unsigned char *)text;
	size_t len = s[0] < 0x80                   ? 1
		     : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
		     : s[0] >= 0xe0 && s[0] < 0xf0 ? 3
		     : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
						   : 0;
	uint32_t c = len == 1 ? s[0] : len ? s[0] & (0x7fu >> len) : 0;

	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (len > 1 && (c < least[len] || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff))
		return 0;
	*ret_character = c;
	return len;
}

static void add(struct units *u, uint32_t c)
{
	uint8_t septets[2];
	uint16_t units[2];
	unsigned count;

	if (u->wide) {
		count = c > 0xffff ? 2 : 1;
		units[0] = (uint16_t)(count == 2 ? 0xd800 + ((c - 0x10000) >> 10) : c);
		units[1] = (uint16_t)(0xdc00 + ((c - 0x10000) & 0x3ff));
	} else {
		count = sms_gsm7_septets(c, septets);
		units[0] = septets[0];
		units[1] = septets[1];
	}
	if (u->count + count > CHARACTERS) {
		u->cut = true;
		return;
	}
	for (unsigned i = 0; i < count; i++) {
		u->begins[u->count] = i == 0;
		u->at[u->count++] = units[i];
	}
}

static int read_text(const char *text, struct units *ret_units)
{
	uint8_t septets[2];
	uint32_t c;
	size_t len;

	*ret_units = (struct units){ 0 };
	for (const char *s = text; *s; s += len) {
		len = decode(s, &c);
		if (len == 0)
			return -EILSEQ;
		if (sms_gsm7_septets(c, septets) == 0)
			ret_units->wide = true;
	}
	for (const char *s = text; *s && !ret_units->cut; s += len) {
		len = decode(s, &c);
		add(ret_units, c);
	}
	return 0;
}

/* The end of a part that begins there and takes so many units: no character is torn. */
static size_t part_end(const struct units *u, size_t start, size_t room)
{
	size_t end = start + room;

	if (end >= u->count)
		return u->count;
	while (end > start + 1 && !u->begins[end])
		end--;
	return end;
}

/* How many parts it takes; `ret_ends` has the end of each. */
static unsigned split(const struct units *u, unsigned parts_max, size_t ret_ends[static SMS_PDU_PARTS_MAX])
{
	size_t whole = u->wide ? 70 : 160, room = u->wide ? 67 : 153;
	unsigned parts = 0;

	if (u->count <= whole && !u->cut) {
		ret_ends[0] = u->count;
		return 1;
	}
	if (parts_max == 1)
		room = whole;
	for (size_t at = 0; at < u->count && parts < parts_max; parts++) {
		ret_ends[parts] = part_end(u, at, room);
		at = ret_ends[parts];
	}
	return parts;
}

/* What does not fit is left out, and the end says so. */
static unsigned cut_to_parts(struct units *u, unsigned parts_max, size_t ret_ends[static SMS_PDU_PARTS_MAX])
{
	unsigned parts = split(u, parts_max, ret_ends), dots = u->wide ? 1 : 3;
	size_t end = ret_ends[parts - 1];

	if (end == u->count && !u->cut)
		return parts;
	end -= dots;
	while (!u->begins[end])
		end--;
	u->count = end;
	u->cut = false;
	for (unsigned i = 0; i < dots; i++)
		add(u, u->wide ? ELLIPSIS : '.');
	return split(u, parts_max, ret_ends);
}

static void put_text(struct octets *o, const struct units *u, size_t start, size_t end)
{
	uint8_t septets[160];
	size_t count = end - start;

	if (u->wide) {
		for (size_t i = start; i < end; i++) {
			put(o, u->at[i] >> 8);
			put(o, u->at[i] & 0xff);
		}
		return;
	}
	for (size_t i = 0; i < count; i++)
		septets[i] = (uint8_t)u->at[start + i];
	o->len += sms_gsm7_pack(septets, count, 0, o->at + o->len);
}

/* The header that makes one message of the parts, and the text behind it, on a septet's boundary. */
static void put_headed(struct octets *o, const struct units *u, const struct sms_pdu_message *m,
		       const size_t where[static 4])
{
	uint8_t septets[160], packed[OCTETS_MAX + 1];
	size_t start = where[0], end = where[1], count = end - start, octets;

	put(o, HEADER - 1);
	put(o, 0x00); /* 9.2.3.24.1 */
	put(o, 3);
	put(o, m->reference);
	put(o, (unsigned)where[3]);
	put(o, (unsigned)where[2]);
	if (u->wide) {
		put_text(o, u, start, end);
		return;
	}
	for (size_t i = 0; i < count; i++)
		septets[i] = (uint8_t)u->at[start + i];
	octets = sms_gsm7_pack(septets, count, 7 - HEADER * 8 % 7, packed);
	memcpy(o->at + o->len, packed, octets);
	o->len += octets;
}

static void write_hex(const struct octets *o, char ret_hex[static SMS_PDU_HEX_MAX])
{
	for (size_t i = 0; i < o->len; i++)
		snprintf(ret_hex + 2 * i, 3, "%02X", o->at[i]);
}

static size_t length_of(const struct units *u, size_t count, bool headed)
{
	if (u->wide)
		return 2 * count + (headed ? HEADER : 0);
	return count + (headed ? (HEADER * 8 + 6) / 7 : 0);
}

int sms_pdu_submit(const struct sms_pdu_message *m, struct sms_pdu_part ret_parts[static SMS_PDU_PARTS_MAX])
{
	struct units units;
	size_t ends[SMS_PDU_PARTS_MAX], start = 0, before;
	unsigned parts;
	int r = read_text(m->text, &units);

	if (r < 0)
		return r;
	parts = cut_to_parts(&units, m->parts_max, ends);
	for (unsigned i = 0; i < parts; start = ends[i++]) {
		struct octets o = { 0 };
		bool headed = parts > 1;

		if (m->centre) {
			put(&o, (unsigned)(1 + (strlen(m->centre->digits) + 1) / 2));
			put_digits(&o, m->centre);
		} else {
			put(&o, 0);
		}
		before = o.len;
		put(&o, SUBMIT | VALIDITY | (m->report ? WANTS_REPORT : 0u) | (headed ? HAS_HEADER : 0u));
		put(&o, 0); /* the modem numbers it */
		put(&o, (unsigned)strlen(m->to.digits));
		put_digits(&o, &m->to);
		put(&o, 0); /* protocol: none */
		put(&o, units.wide ? UCS2 : GSM7);
		put(&o, A_DAY);
		put(&o, (unsigned)length_of(&units, ends[i] - start, headed));
		if (headed)
			put_headed(&o, &units, m, (const size_t[4]){ start, ends[i], i + 1, parts });
		else
			put_text(&o, &units, start, ends[i]);
		ret_parts[i].octets = (unsigned)(o.len - before);
		write_hex(&o, ret_parts[i].hex);
	}
	return (int)parts;
}

/* Reports. */

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* Octets of a PDU that is read; one too many says so for good. */
struct reading {
	const char *at;
	bool bad;
};

static unsigned get(struct reading *r)
{
	int high = r->bad ? -1 : digit_of(r->at[0]), low = high < 0 ? -1 : digit_of(r->at[1]);

	if (low < 0) {
		r->bad = true;
		return 0;
	}
	r->at += 2;
	return (unsigned)(high << 4 | low);
}

static void get_digits(struct reading *r, unsigned count, struct sms_pdu_number *ret_number)
{
	*ret_number = (struct sms_pdu_number){ .international = (get(r) & 0x70) == 0x10 };
	if (count > SMS_PDU_DIGITS_MAX)
		r->bad = true;
	for (unsigned i = 0; i < count && !r->bad; i += 2) {
		unsigned octet = get(r), low = octet & 0xf, high = octet >> 4;

		if (low > 9 || (i + 1 < count && high > 9))
			r->bad = true;
		else {
			ret_number->digits[i] = (char)('0' + low);
			if (i + 1 < count)
				ret_number->digits[i + 1] = (char)('0' + high);
		}
	}
}

int sms_pdu_report(const char *hex, struct sms_pdu_report *ret_report)
{
	struct reading r = { .at = hex };
	struct sms_pdu_report report = { 0 };
	unsigned centre = get(&r), first, digits;

	if (centre > 12)
		return -EINVAL;
	for (unsigned i = 0; i < centre; i++)
		get(&r);
	first = get(&r);
	report.reference = (uint8_t)get(&r);
	digits = get(&r);
	get_digits(&r, digits, &report.to);
	for (int i = 0; i < 2 * 7; i++) /* when the centre took it, when it was settled */
		get(&r);
	report.status = (uint8_t)get(&r);
	if (r.bad || (first & KIND) != STATUS_REPORT)
		return -EINVAL;
	*ret_report = report;
	return 0;
}

enum sms_pdu_fate sms_pdu_fate(uint8_t status)
{
	if (status < 0x20)
		return SMS_PDU_DELIVERED;
	return status < 0x40 ? SMS_PDU_PENDING : SMS_PDU_FAILED;
}

const char *sms_pdu_fate_text(uint8_t status)
{
	switch (status) {
	case 0x41: return "the telephone cannot take such a message";
	case 0x42:
	case 0x63: return "the telephone refused it";
	case 0x43: return "the telephone cannot be reached";
	case 0x60: return "congestion";
	case 0x61:
	case 0x62: return "the telephone does not answer, or is busy";
	case 0x65: return "the telephone took it for wrong";
	case 0x46: return "it was not reached within a day";
	case 0x47:
	case 0x48:
	case 0x49: return "the centre does not have it any more";
	default: return "the network could not deliver it";
	}
}
