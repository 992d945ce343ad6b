/* conffile.c: see conffile.h. */
#include "conf/conffile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"
#include "conf/prescan.h"

#define QUOTED_MAX 60

struct diag_at conffile_at(const struct conffile *f, const config_setting_t *s)
{
	return (struct diag_at){ f->name, s ? s->line : 0 };
}

/* Whether the line, from at to end, has the text in quotes. */
static bool has_quoted(const char *at, const char *end, const char *text)
{
	size_t len = strlen(text);

	for (; (at = memchr(at, '"', (size_t)(end - at))); at++)
		if ((size_t)(end - at) > len + 1 && memcmp(at + 1, text, len) == 0 && at[len + 1] == '"')
			return true;
	return false;
}

/* libconfig reads on behind a string, for another may follow that belongs to it: the line is where it stopped. */
struct diag_at conffile_at_entry(const struct conffile *f, const config_setting_t *s)
{
	const char *text = config_setting_get_string(s), *at = f->text;
	unsigned found = s->line;

	for (unsigned line = 1; text && at && line <= s->line; line++) {
		const char *end = strchrnul(at, '\n');

		if (has_quoted(at, end, text))
			found = line;
		at = *end ? end + 1 : NULL;
	}
	return (struct diag_at){ f->name, found };
}

static int read_all(int fd, char *text, size_t size, size_t *ret_len)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(fd, text + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	*ret_len = len;
	return 0;
}

/* The whole file with a NUL behind it, and what it was before. */
static int slurp(const char *path, struct conffile_text *ret_text)
{
	_cleanup_(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	_cleanup_(freep) char *text = NULL;
	struct stat st;
	size_t len = 0;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (st.st_size > CONFFILE_SIZE_MAX)
		return -EFBIG;
	text = mem_alloc((size_t)st.st_size + 1);
	r = read_all(fd, text, (size_t)st.st_size, &len);
	if (r < 0)
		return r;
	text[len] = '\0';
	*ret_text = (struct conffile_text){ .name = path, .text = steal(&text), .len = len, .stat = st };
	return 0;
}

/* The text of that line, without blanks around it, cut to a handy length. */
static void quote_line(const char *text, unsigned line, struct str_buf *to)
{
	size_t len;

	for (; line > 1 && text; line--) {
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	if (!text)
		return;
	text += strspn(text, " \t\r");
	len = strcspn(text, "\r\n");
	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	if (len == 0)
		return;
	str_buf_add(to, " in: ");
	str_buf_add_len(to, text, str_utf8_cut(text, MIN(len, (size_t)QUOTED_MAX)));
	if (len > QUOTED_MAX)
		str_buf_add(to, "…");
}

static void say_syntax_error(const struct conffile *f, const char *text, const struct prescan *p)
{
	_cleanup_str_buf_ struct str_buf said = { 0 };
	const char *what = config_error_text(&f->config);
	unsigned line = (unsigned)MAX(config_error_line(&f->config), 1);

	if (p->hint_line && line >= p->hint_from) {
		diag_error(p->diag, (struct diag_at){ f->name, p->hint_line }, "%s", p->hint);
		return;
	}
	if (str_equal(what, "duplicate setting name"))
		what = "this key stands twice in one group";
	str_buf_add(&said, what ? what : "syntax error");
	quote_line(text, line, &said);
	diag_error(p->diag, (struct diag_at){ f->name, line }, "%s", str_buf_text(&said));
}

/* The text with its marks: what was told is told, and libconfig reads on. Each name becomes another one. */
static char *set_marks(const char *text, const struct prescan *p)
{
	struct str_buf marked = { 0 };
	size_t done = 0;

	for (size_t i = 0; i < p->mark_count; i++) {
		str_buf_add_len(&marked, text + done, p->marks[i].at - done);
		str_buf_printf(&marked, "%c", p->marks[i].what);
		if (p->marks[i].what == PRESCAN_TWICE)
			str_buf_printf(&marked, "%zu", i);
		done = p->marks[i].at;
	}
	str_buf_add(&marked, text + done);
	return str_buf_take(&marked);
}

static void clear(struct conffile *f)
{
	config_destroy(&f->config);
	config_init(&f->config);
}

/* What stands before a syntax error: its mistakes belong into the same run. */
static void parse_front(struct conffile *f, const char *text, unsigned stop_line)
{
	_cleanup_str_buf_ struct str_buf front = { 0 };
	const char *close;
	size_t len = prescan_whole(text, strlen(text), stop_line, &close);

	clear(f);
	str_buf_add_len(&front, text, len);
	str_buf_add(&front, close);
	if (!config_read_string(&f->config, str_buf_text(&front))) {
		clear(f);
		len = 0;
	}
	f->unread = mem_strdup(text + len);
}

static void parse(struct conffile *f, const char *text, size_t len, struct diag *d)
{
	struct prescan p = { .file = f->name, .diag = d };
	bool good = prescan_text(text, len, &p) == 0;
	_cleanup_(freep) char *marked = p.mark_count ? set_marks(text, &p) : NULL;
	const char *to_read = marked ? marked : text;

	/* libconfig 1.5 forgets to free the text it is at when it meets a syntax error: the pre-scan finds most before it. */
	if (good && config_read_string(&f->config, to_read + p.start))
		return;
	if (good) {
		p.stop_line = (unsigned)MAX(config_error_line(&f->config), 1);
		if (p.hint_line)
			p.stop_line = MIN(p.stop_line, p.hint_line);
		say_syntax_error(f, text + p.start, &p);
	}
	parse_front(f, to_read + p.start, p.stop_line);
	f->unread_all = strlen(text) < len;
}

int conffile_read(const char *name, struct diag *d, struct conffile_text *ret_text)
{
	int r = slurp(name, ret_text);

	if (r < 0)
		diag_error(d, (struct diag_at){ name, 0 }, "cannot be read: %s",
			   r == -EINVAL ? "not a file" : strerror(-r));
	return r;
}

void conffile_text_fini(struct conffile_text *t)
{
	freep(&t->text);
}

bool conffile_changed(const struct conffile_text *t)
{
	struct stat now;

	return stat(t->name, &now) < 0 || now.st_dev != t->stat.st_dev || now.st_ino != t->stat.st_ino ||
	       now.st_size != t->stat.st_size || now.st_mtim.tv_sec != t->stat.st_mtim.tv_sec ||
	       now.st_mtim.tv_nsec != t->stat.st_mtim.tv_nsec;
}

void conffile_parse(const struct conffile_text *t, struct arena *a, struct diag *d, struct conffile **ret_file)
{
	struct conffile *f = MEM_NEW(struct conffile);

	f->name = arena_strdup(a, t->name);
	config_init(&f->config);
	f->text = mem_strndup(t->text, t->len);
	parse(f, t->text, t->len, d);
	*ret_file = f;
}

void conffile_close(struct conffile *f)
{
	if (!f)
		return;
	config_destroy(&f->config);
	free(f->unread);
	free(f->text);
	free(f);
}
