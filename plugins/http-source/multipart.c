#include "http-source/multipart.h"

#include <stdlib.h>
#include <string.h>

#include "http-source/whole.h"

#define LINE_MAX_LEN 1024
#define BOUNDARY_MAX 256
#define HEADERS_MAX  64

enum state { BETWEEN, HEADERS, BEGIN, DOCUMENT, PICTURE, OVER };

struct multipart {
	void (*tell)(void *user, const char *text, size_t len);
	void *user;
	enum state state;
	char line[LINE_MAX_LEN]; /* of BETWEEN and HEADERS its begin, else its end */
	size_t line_len;
	bool line_cut; /* it was longer */
	char boundary[BOUNDARY_MAX];
	size_t boundary_len; /* with its two hyphens; 0: none was seen yet */
	unsigned headers;
	char *document;
	size_t document_len, line_at; /* line_at: where the document's last line begins */
	struct whole whole;
	uint64_t junk; /* bytes since the last document, picture or boundary */
	struct multipart_counts counts;
};

struct multipart *multipart_new(void (*document)(void *user, const char *text, size_t len), void *user)
{
	struct multipart *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	m->tell = document;
	m->user = user;
	m->document = malloc(MULTIPART_DOCUMENT_MAX + 1);
	if (!m->document)
		abort();
	return m;
}

void multipart_free(struct multipart *m)
{
	if (!m)
		return;
	free(m->document);
	free(m);
}

const struct multipart_counts *multipart_counts(const struct multipart *m)
{
	return &m->counts;
}

static void enter(struct multipart *m, enum state state)
{
	m->state = state;
	m->line_len = 0;
	m->line_cut = false;
	m->junk = 0;
}

static size_t trimmed(const char *line, size_t len)
{
	while (len && (line[len - 1] == '\r' || line[len - 1] == ' ' || line[len - 1] == '\t'))
		len--;
	return len;
}

/* ---- lines ---- */

/* The bytes of one line behind each other; what does not fit is left out. */
static void add_to_line(struct multipart *m, char byte)
{
	if (m->line_len < sizeof(m->line))
		m->line[m->line_len++] = byte;
	else
		m->line_cut = true;
}

/* "--BOUNDARY": the parts begin with it from now on. "--BOUNDARY--" would be the end, but the stream may go on. */
static bool learn_boundary(struct multipart *m)
{
	size_t len = trimmed(m->line, m->line_len);

	if (m->line_cut || len < 3 || len > BOUNDARY_MAX || memcmp(m->line, "--", 2) != 0)
		return false;
	if (m->boundary_len && len == m->boundary_len + 2 && memcmp(m->line, m->boundary, m->boundary_len) == 0)
		return false;
	memcpy(m->boundary, m->line, len);
	m->boundary_len = len;
	return true;
}

static bool is_boundary(const struct multipart *m, const char *line, size_t len)
{
	len = trimmed(line, len);
	return m->boundary_len && len == m->boundary_len && memcmp(line, m->boundary, len) == 0;
}

static void begin_document(struct multipart *m, char first)
{
	enter(m, DOCUMENT);
	whole_begin(&m->whole, first);
	m->document_len = m->line_at = 0;
}

static bool begins_document(const struct multipart *m, char byte)
{
	return m->line_len == 0 && !m->line_cut && (byte == '{' || byte == '<');
}

static void feed_between(struct multipart *m, char byte)
{
	if (byte != '\n') {
		add_to_line(m, byte);
		return;
	}
	if (learn_boundary(m)) {
		enter(m, HEADERS);
		m->headers = 0;
		return;
	}
	m->line_len = 0;
	m->line_cut = false;
}

static void feed_headers(struct multipart *m, char byte)
{
	size_t len;

	if (byte != '\n') {
		add_to_line(m, byte);
		return;
	}
	len = trimmed(m->line, m->line_len);
	if (len == 0 && !m->line_cut) {
		enter(m, BEGIN);
		return;
	}
	if (is_boundary(m, m->line, len)) /* some send it twice */
		m->headers = 0;
	else if (++m->headers > HEADERS_MAX)
		m->state = BETWEEN;
	m->line_len = 0;
	m->line_cut = false;
}

/* ---- bodies ---- */

static void tell_document(struct multipart *m)
{
	size_t len = m->document_len;

	m->document[len] = '\0';
	m->counts.documents++;
	enter(m, BETWEEN);
	m->tell(m->user, m->document, len);
}

static void feed_document(struct multipart *m, char byte)
{
	if (m->document_len == MULTIPART_DOCUMENT_MAX) {
		m->counts.too_long++;
		enter(m, PICTURE);
		return;
	}
	m->document[m->document_len++] = byte;
	if (whole_feed(&m->whole, byte)) {
		tell_document(m);
		return;
	}
	if (byte != '\n')
		return;
	if (is_boundary(m, m->document + m->line_at, m->document_len - 1 - m->line_at)) {
		m->counts.broken++;
		enter(m, HEADERS);
		m->headers = 0;
		return;
	}
	m->line_at = m->document_len;
}

/* The end of the line is what counts: some begin the boundary right behind the picture. */
static bool ends_in_boundary(const struct multipart *m)
{
	size_t len = trimmed(m->line, m->line_len);

	return m->boundary_len && len >= m->boundary_len &&
	       memcmp(m->line + len - m->boundary_len, m->boundary, m->boundary_len) == 0;
}

static void feed_picture(struct multipart *m, char byte)
{
	if (byte == '\n') {
		if (ends_in_boundary(m)) {
			m->counts.pictures++;
			enter(m, HEADERS);
			m->headers = 0;
		}
		m->line_len = 0;
		return;
	}
	if (m->line_len == sizeof(m->line)) {
		memmove(m->line, m->line + sizeof(m->line) / 2, sizeof(m->line) / 2);
		m->line_len = sizeof(m->line) / 2;
	}
	m->line[m->line_len++] = byte;
}

static void feed_begin(struct multipart *m, char byte)
{
	if (byte == '\r' || byte == '\n' || byte == ' ' || byte == '\t')
		return;
	if (byte == '-') { /* a part without anything */
		enter(m, BETWEEN);
		feed_between(m, byte);
		return;
	}
	enter(m, PICTURE);
	feed_picture(m, byte);
}

static void feed_byte(struct multipart *m, char byte)
{
	if ((m->state == BETWEEN || m->state == HEADERS || m->state == BEGIN) && begins_document(m, byte))
		begin_document(m, byte);
	switch (m->state) {
	case BETWEEN: feed_between(m, byte); break;
	case HEADERS: feed_headers(m, byte); break;
	case BEGIN: feed_begin(m, byte); break;
	case DOCUMENT: feed_document(m, byte); break;
	case PICTURE: feed_picture(m, byte); break;
	case OVER: break;
	}
}

bool multipart_feed(struct multipart *m, const char *data, size_t len)
{
	for (size_t i = 0; i < len && m->state != OVER; i++) {
		m->junk++;
		feed_byte(m, data[i]);
		if (m->state != DOCUMENT &&
		    m->junk > (m->state == PICTURE ? MULTIPART_PICTURE_MAX : MULTIPART_JUNK_MAX))
			m->state = OVER;
	}
	return m->state != OVER;
}
