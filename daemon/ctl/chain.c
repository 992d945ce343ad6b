#include "ctl/chain.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

#include "ctl/words.h"

static const char zeros[CHAIN_HEX] = "0000000000000000000000000000000000000000000000000000000000000000";

/* A row as it was read. */
struct row {
	json_t *json;
	uint64_t n;
	const char *prev, *hash, *kind, *what;
	struct str_buf record;
};

static void find(struct chain *c, struct chain_finding f, const char *fmt, ...) _printf_(3, 4);
static void find(struct chain *c, struct chain_finding f, const char *fmt, ...)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	f.text = str_buf_text(&text);
	c->wrong += f.wrong;
	c->found(c->context, &f);
}

static void digest(const char *before, const char *record, char ret_hash[CHAIN_HEX])
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state state;

	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, (const unsigned char *)before, strlen(before));
	crypto_hash_sha256_update(&state, (const unsigned char *)record, strlen(record));
	crypto_hash_sha256_final(&state, hash);
	sodium_bin2hex(ret_hash, CHAIN_HEX, hash, sizeof(hash));
}

/* ---- one row ---- */

static const char *text_of(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text ? text : "";
}

static const char *last_of(const char *line, const char *part)
{
	const char *last = NULL;

	for (const char *at = line; (at = strstr(at, part)); at++)
		last = at;
	return last;
}

static void row_fini(struct row *r)
{
	json_decref(r->json);
	str_buf_fini(&r->record);
}

static bool row_read(const char *line, struct row *ret_row)
{
	const char *tail = last_of(line, ",\"prev\":\"");
	struct row r = { .json = json_loads(line, 0, NULL) };
	json_int_t n = json_integer_value(json_object_get(r.json, "n"));

	if (!tail || n < 1) {
		json_decref(r.json);
		return false;
	}
	r.n = (uint64_t)n;
	r.prev = text_of(r.json, "prev");
	r.hash = text_of(r.json, "hash");
	r.kind = text_of(r.json, "kind");
	r.what = text_of(r.json, "what");
	str_buf_add_len(&r.record, line, (size_t)(tail - line));
	str_buf_add(&r.record, "}");
	*ret_row = r;
	return true;
}

/* What estated itself has recorded about the record. */
static void read_about(struct chain *c, const struct row *r)
{
	const json_t *detail = json_object_get(r->json, "detail");
	uint64_t to = (uint64_t)json_integer_value(json_object_get(detail, "to"));

	if (!str_equal(r->kind, "audit"))
		return;
	if (str_equal(r->what, "anchor") && to == c->anchor.n && str_equal(text_of(detail, "hash"), c->anchor.hash))
		c->anchored = true;
	if (str_equal(r->what, "replaced"))
		find(c, (struct chain_finding){ .from = r->n, .to = r->n, .problem = "witness", .wrong = true },
		     _("row %" PRIu64 ": estated found at its start that row %" PRId64
		       " was not the one that audit.head tells of: it was replaced while estated did not run"),
		     r->n, (int64_t)json_integer_value(json_object_get(detail, "n")));
	if (str_equal(r->what, "astray"))
		find(c, (struct chain_finding){ .from = r->n, .to = r->n, .problem = "witness", .wrong = true },
		     _("row %" PRIu64 ": estated found rows with impossible numbers at its start (%" PRId64
		       " of them, the first was row %" PRId64
		       ") and took them out: somebody was at state.db, or its disk fails"),
		     r->n, (int64_t)json_integer_value(json_object_get(detail, "count")),
		     (int64_t)json_integer_value(json_object_get(detail, "n")));
	if (str_equal(r->what, "restored"))
		find(c, (struct chain_finding){ .from = r->n, .to = r->n, .problem = "restored" },
		     _("row %" PRIu64 ": a backup was restored here: what was done after it was made, from row %" PRIu64
		       " of then on, is not in this record, and a head of that time does not fit it"),
		     r->n, r->n);
	if (str_equal(r->what, "unwitnessed"))
		find(c, (struct chain_finding){ .from = r->n, .to = r->n, .problem = "witness" },
		     _("row %" PRIu64
		       ": audit.head was missing when estated started: rows cut off before it would not be "
		       "seen; compare with a head that left the box (--head)"),
		     r->n);
}

static bool fits(const char *before, const struct row *r)
{
	char hash[CHAIN_HEX];

	if (!*before)
		return false;
	digest(before, str_buf_text(&r->record), hash);
	return str_equal(hash, r->hash);
}

static void say_missing(struct chain *c, uint64_t from, uint64_t to)
{
	struct chain_finding f = { .from = from, .to = to, .problem = "missing", .wrong = true };

	if (from == to)
		find(c, f, _("row %" PRIu64 " is missing"), from);
	else
		find(c, f, _("rows %" PRIu64 " to %" PRIu64 " are missing"), from, to);
}

/* Behind a hole nothing can be said of a row but that it is there. */
static void check_hash(struct chain *c, const struct row *r, bool hole)
{
	bool good = fits(c->at.hash, r) || fits(c->other, r) || (c->moved && fits(r->prev, r));

	c->other[0] = '\0';
	c->moved = false;
	if (good || hole)
		return;
	find(c, (struct chain_finding){ .from = r->n, .to = r->n, .problem = "changed", .wrong = true },
	     _("row %" PRIu64 " was changed (%s %s): it does not give its hash"), r->n, r->kind, r->what);
	digest(c->at.hash, str_buf_text(&r->record), c->other);
}

static void check_known(struct chain *c, const struct row *r)
{
	if (c->known.n == r->n && !str_equal(c->known.hash, r->hash))
		find(c, (struct chain_finding){ .from = r->n, .to = r->n, .problem = "head", .wrong = true },
		     _("row %" PRIu64
		       " is not the one that was the head then: this or an earlier row was replaced, and all "
		       "hashes after it made anew"),
		     r->n);
}

static void take(struct chain *c, const struct row *r)
{
	bool hole = r->n > c->at.n + 1;

	if (r->n <= c->at.n) {
		find(c, (struct chain_finding){ .from = r->n, .to = r->n, .problem = "moved", .wrong = true },
		     _("row %" PRIu64 " stands behind row %" PRIu64 ": the order was changed"), r->n, c->at.n);
		c->moved = true;
		return;
	}
	if (hole)
		say_missing(c, c->at.n + 1, r->n - 1);
	check_hash(c, r, hole);
	check_known(c, r);
	read_about(c, r);
	c->at.n = r->n;
	snprintf(c->at.hash, sizeof(c->at.hash), "%s", r->hash);
}

/* ---- all ---- */

void chain_begin(struct chain *c, const struct chain_head *anchor)
{
	c->anchor = *anchor;
	c->at = *anchor;
	if (c->at.n == 0)
		snprintf(c->at.hash, sizeof(c->at.hash), "%s", zeros);
}

void chain_follow(struct chain *c, const struct chain_head *anchor)
{
	if (anchor->n <= c->anchor.n)
		return;
	c->anchor = *anchor;
	c->anchored = false;
	if (anchor->n > c->at.n) {
		c->at = *anchor;
		c->other[0] = '\0';
	}
}

void chain_take(struct chain *c, const char *line)
{
	struct row r _cleanup_(row_fini) = { 0 };

	c->rows++;
	if (!row_read(line, &r)) {
		find(c,
		     (struct chain_finding){
			     .from = c->at.n + 1, .to = c->at.n + 1, .problem = "unreadable", .wrong = true },
		     _("the row behind row %" PRIu64 " is no record: it was changed"), c->at.n);
		return;
	}
	if (c->rows == 1)
		c->first = r.n;
	if (c->rows == 1 && c->anchor.n == UINT64_MAX) { /* a file says itself what it stands behind */
		c->anchor = (struct chain_head){ .n = r.n - 1 };
		snprintf(c->anchor.hash, sizeof(c->anchor.hash), "%s", r.n == 1 ? zeros : r.prev);
		c->at = c->anchor;
	}
	take(c, &r);
}

static void check_end(struct chain *c, const struct chain_head *head, const char *who)
{
	if (head->n > c->at.n)
		find(c,
		     (struct chain_finding){ .from = c->at.n + 1, .to = head->n, .problem = "cut-off", .wrong = true },
		     _("rows %" PRIu64 " to %" PRIu64 " are missing at the end: %s had row %" PRIu64), c->at.n + 1,
		     head->n, who, head->n);
	else if (head->n && head->n == c->at.n && !str_equal(head->hash, c->at.hash))
		find(c, (struct chain_finding){ .from = head->n, .to = head->n, .problem = "head", .wrong = true },
		     _("row %" PRIu64 ": its hash is not the one that %s had"), head->n, who);
}

void chain_end(struct chain *c, const struct chain_head *head)
{
	if (c->anchor.n && c->anchor.n != UINT64_MAX && !c->anchored)
		find(c,
		     (struct chain_finding){
			     .from = c->anchor.n, .to = c->anchor.n, .problem = "anchor", .wrong = true },
		     _("rows up to %" PRIu64 " are gone, and no record says that they went for their age: they were "
		       "taken away"),
		     c->anchor.n);
	check_end(c, head, "estated");
	if (c->known.n > c->at.n)
		check_end(c, &c->known, _("the head that you gave"));
}

int chain_parse_head(const char *text, struct chain_head *ret_head)
{
	const char *colon = strchr(text, ':');
	char number[24] = "";
	int64_t n;

	if (!colon || (size_t)(colon - text) >= sizeof(number) || strlen(colon + 1) != CHAIN_HEX - 1 ||
	    strspn(colon + 1, "0123456789abcdef") != CHAIN_HEX - 1)
		return -EINVAL;
	memcpy(number, text, (size_t)(colon - text));
	if (str_to_i64(number, &n) < 0 || n < 1)
		return -EINVAL;
	ret_head->n = (uint64_t)n;
	snprintf(ret_head->hash, sizeof(ret_head->hash), "%s", colon + 1);
	return 0;
}
