/* conffile.c: see conffile.h. */
#include "conf/conffile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "conf/prescan.h"

#define QUOTED_MAX 60

struct diag_at conffile_at(const struct conffile *f, const config_setting_t *s)
{
	return (struct diag_at){ f->name, s ? s->line : 0 };
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
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

/* The whole file with a NUL behind it. */
static int slurp(const char *path, char **ret_text, size_t *ret_len)
{
	_cleanup_(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
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
	*ret_text = steal(&text);
	*ret_len = len;
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

static int parse(struct conffile *f, const char *text, size_t len, struct diag *d)
{
	struct prescan p = { .file = f->name, .diag = d };

	if (prescan_text(text, len, &p) < 0)
		return -EINVAL;
	/* libconfig 1.5 forgets to free the text it is at when it meets a syntax error: the pre-scan finds most before it. */
	if (config_read_string(&f->config, text + p.start))
		return 0;
	say_syntax_error(f, text + p.start, &p);
	config_destroy(&f->config);
	config_init(&f->config);
	return -EINVAL;
}

int conffile_open(const char *path, struct arena *a, struct diag *d, struct conffile **ret_file)
{
	_cleanup_(conffile_closep) struct conffile *f = NULL;
	_cleanup_(freep) char *text = NULL;
	size_t len = 0;
	int r = slurp(path, &text, &len);

	if (r < 0) {
		diag_error(d, (struct diag_at){ path, 0 }, "cannot be read: %s",
			   r == -EINVAL ? "not a file" : strerror(-r));
		return r;
	}
	f = MEM_NEW(struct conffile);
	f->name = arena_strdup(a, path);
	config_init(&f->config);
	r = parse(f, text, len, d);
	if (r < 0)
		return r;
	*ret_file = steal(&f);
	return 0;
}

void conffile_close(struct conffile *f)
{
	if (!f)
		return;
	config_destroy(&f->config);
	free(f);
}
