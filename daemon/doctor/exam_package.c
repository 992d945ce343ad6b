/* exam_package.c: libraries whose old versions are known to be dangerous here. */
#include <stdio.h>

#include "doctor/exam.h"
#include "doctor/peek.h"

#define STATUS_MAX  ((size_t)32 * 1024 * 1024)
#define EVENT_LEAST "2.1.12-stable-8+deb12u1" /* mends eight holes of its HTTP server */

/* ---- versions, in Debian's order ---- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* '~' before the end before letters before all else. */
static int weight(char c)
{
	if (c == '~')
		return -1;
	if (c == '\0' || is_digit(c))
		return 0;
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ? c : c + 256;
}

/* The first len bytes of each. */
static int compare_part(const char *a, const char *b)
{
	while (*a || *b) {
		int first = 0;

		while ((*a && !is_digit(*a)) || (*b && !is_digit(*b))) {
			if (weight(*a) != weight(*b))
				return weight(*a) - weight(*b);
			a++;
			b++;
		}
		a += strspn(a, "0");
		b += strspn(b, "0");
		for (; is_digit(*a) && is_digit(*b); a++, b++)
			first = first ? first : *a - *b;
		if (is_digit(*a))
			return 1;
		if (is_digit(*b))
			return -1;
		if (first)
			return first;
	}
	return 0;
}

struct version {
	int64_t epoch;
	struct str_buf upstream, revision;
};

static void split(const char *text, struct version *v)
{
	const char *colon = strchr(text, ':'), *dash;
	_cleanup_str_buf_ struct str_buf epoch = { 0 };

	if (colon) {
		str_buf_add_len(&epoch, text, (size_t)(colon - text));
		if (str_to_i64(str_buf_text(&epoch), &v->epoch) < 0)
			v->epoch = 0;
		text = colon + 1;
	}
	dash = strrchr(text, '-');
	str_buf_add_len(&v->upstream, text, dash ? (size_t)(dash - text) : strlen(text));
	str_buf_add(&v->revision, dash ? dash + 1 : "");
}

int exam_package_compare(const char *a, const char *b)
{
	struct version x = { 0 }, y = { 0 };
	int r;

	split(a, &x);
	split(b, &y);
	r = x.epoch < y.epoch ? -1 : x.epoch > y.epoch;
	if (r == 0)
		r = compare_part(str_buf_text(&x.upstream), str_buf_text(&y.upstream));
	if (r == 0)
		r = compare_part(str_buf_text(&x.revision), str_buf_text(&y.revision));
	str_buf_fini(&x.upstream);
	str_buf_fini(&x.revision);
	str_buf_fini(&y.upstream);
	str_buf_fini(&y.revision);
	return r;
}

/* ---- what is installed ---- */

void exam_package_find(const char *status, const char *package, struct str_buf *to)
{
	_cleanup_str_buf_ struct str_buf head = { 0 }, record = { 0 }, state = { 0 };
	const char *at, *end;

	str_buf_printf(&head, "Package: %s\n", package);
	at = str_starts(status, head.text) ? status : NULL;
	if (!at) {
		_cleanup_str_buf_ struct str_buf later = { 0 };

		str_buf_printf(&later, "\n%s", head.text);
		at = strstr(status, later.text);
		at = at ? at + 1 : NULL;
	}
	if (!at)
		return;
	end = strstr(at, "\n\n");
	str_buf_add_len(&record, at, end ? (size_t)(end - at) + 1 : strlen(at));
	peek_value(record.text, "Status", &state);
	if (str_equal(str_buf_text(&state), "install ok installed"))
		peek_value(record.text, "Version", to);
}

static void exam_event(const char *status, struct findings *f)
{
	static const char *const names[] = { "libevent-core-2.1-7", "libevent-2.1-7", "libevent-core-2.1-7t64",
					     "libevent-2.1-7t64" };
	_cleanup_str_buf_ struct str_buf version = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(names) && !version.len; i++)
		exam_package_find(status, names[i], &version);
	finding_about(f, "package", "libevent");
	if (!version.len)
		finding_ok(f, N_("is no package of this system, so its version is not known"), NULL);
	else if (exam_package_compare(version.text, EVENT_LEAST) < 0)
		finding_warning(f, N_("{version} has known holes in its HTTP server, expected at least {least}"),
				N_("apt update && apt upgrade"), "version", version.text, "least", EVENT_LEAST, NULL);
	else
		finding_ok(f, N_("{version}"), "version", version.text, NULL);
}

static void exam_sqlite(const char *status, struct findings *f)
{
	_cleanup_str_buf_ struct str_buf version = { 0 };

	exam_package_find(status, "libsqlite3-0", &version);
	finding_about(f, "package", "sqlite");
	if (version.len)
		finding_ok(f, N_("{version}"), "version", version.text, NULL);
	else
		finding_ok(f, N_("is no package of this system, so its version is not known"), NULL);
}

void exam_package(struct patient *p, struct findings *f)
{
	_cleanup_str_buf_ struct str_buf status = { 0 };

	if (peek_file(p->root, "/var/lib/dpkg/status", STATUS_MAX, &status) < 0)
		return;
	exam_event(str_buf_text(&status), f);
	exam_sqlite(str_buf_text(&status), f);
}
