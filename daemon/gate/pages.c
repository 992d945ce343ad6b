#include "gate/pages.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "gate/crumb.h"
#include "gate/passage.h"
#include "gate/respond.h"

#define FILES_MAX   512
#define BYTES_MAX   ((size_t)16 << 20)
#define DEPTH_MAX   4
#define ETAG_BYTES  16
#define PACK_BYTES  1024 /* below that it is not worth it */
#define HASH_DIGITS 8    /* of a name that never means anything else */
#define STYLE_HASH  45   /* SHA-256 in base64, with the end */

struct page_file {
	char *path; /* "/app.js" */
	void *bytes;
	size_t len;
	char etag[2 * ETAG_BYTES + 3];
	char style[STYLE_HASH]; /* of the <style> in it; "": it has none */
};

struct pages {
	struct page_file *files;
	size_t count, bytes;
};

/* clang-format off */
static const struct {
	const char *ending, *type;
} types[] = {
	{ ".html",        "text/html; charset=utf-8" },
	{ ".js",          "text/javascript; charset=utf-8" },
	{ ".css",         "text/css; charset=utf-8" },
	{ ".json",        "application/json" },
	{ ".webmanifest", "application/manifest+json" },
	{ ".svg",         "image/svg+xml" },
	{ ".png",         "image/png" },
	{ ".ico",         "image/x-icon" },
	{ ".webp",        "image/webp" },
	{ ".woff2",       "font/woff2" },
	{ ".mp3",         "audio/mpeg" },
	{ ".ogg",         "audio/ogg" },
	{ ".wav",         "audio/wav" },
	{ ".txt",         "text/plain; charset=utf-8" },
};
/* clang-format on */

static const char none_installed[] =
	"<!doctype html>\n<html lang=\"zh-CN\"><meta charset=\"utf-8\"><title>estated</title>\n"
	"<h1>estated</h1>\n"
	"<p>这台主机上没有安装网页。报警照常工作，请使用 estatectl。</p>\n"
	"<p>No page is installed on this box. Alarms work without one: use estatectl, or the API below /v1/.</p>\n"
	"</html>\n";

static const char *type_of(const char *path)
{
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; dot && i < ARRAY_SIZE(types); i++)
		if (str_equal(types[i].ending, dot))
			return types[i].type;
	return "application/octet-stream";
}

/* ---- reading ---- */

static void set_etag(struct page_file *f)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	char *at = f->etag;

	if (EVP_Digest(f->bytes, f->len, digest, NULL, EVP_sha256(), NULL) != 1)
		abort();
	*at++ = '"';
	for (size_t i = 0; i < ETAG_BYTES; i++)
		at += sprintf(at, "%02x", digest[i]);
	*at++ = '"';
	*at = '\0';
}

static bool is_html(const char *path)
{
	return str_starts(type_of(path), "text/html");
}

/* It is a page of ours, with one style at most. */
static void set_style(struct page_file *f)
{
	static const char begins[] = "<style>", ends[] = "</style>";
	const char *from, *to, *end = (const char *)f->bytes + f->len;
	unsigned char digest[EVP_MAX_MD_SIZE];

	from = is_html(f->path) ? memmem(f->bytes, f->len, begins, sizeof(begins) - 1) : NULL;
	if (!from)
		return;
	from += sizeof(begins) - 1;
	to = memmem(from, (size_t)(end - from), ends, sizeof(ends) - 1);
	if (!to)
		return;
	if (EVP_Digest(from, (size_t)(to - from), digest, NULL, EVP_sha256(), NULL) != 1)
		abort();
	EVP_EncodeBlock((unsigned char *)f->style, digest, 32);
}

static void add_file(struct pages *p, const char *path, void *bytes, size_t len)
{
	struct page_file *f;

	p->files = mem_realloc(p->files, p->count + 1, sizeof(*p->files));
	f = &p->files[p->count++];
	*f = (struct page_file){ .path = mem_strdup(path), .bytes = bytes, .len = len };
	p->bytes += len;
	set_etag(f);
	set_style(f);
}

static int read_file(int dir_fd, const char *name, size_t most, struct str_buf *ret_bytes)
{
	_cleanup_(fd_close) int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char piece[16384];
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	while ((n = read(fd, piece, sizeof(piece))) > 0) {
		if (ret_bytes->len + (size_t)n > most)
			return -EFBIG;
		str_buf_add_len(ret_bytes, piece, (size_t)n);
	}
	return n < 0 ? -errno : 0;
}

static void read_folder(struct pages *p, int parent_fd, const char *name, const char *prefix);

static void read_entry(struct pages *p, int dir_fd, const struct dirent *entry, const char *prefix)
{
	struct str_buf path _cleanup_str_buf_ = { 0 }, bytes = { 0 };
	size_t len;
	int r;

	str_buf_printf(&path, "%s/%s", prefix, entry->d_name);
	if (entry->d_type == DT_DIR) {
		read_folder(p, dir_fd, entry->d_name, path.text);
		return;
	}
	r = p->count < FILES_MAX ? read_file(dir_fd, entry->d_name, BYTES_MAX - p->bytes, &bytes) : -EMFILE;
	len = bytes.len;
	if (r < 0) {
		log_warning("web: page file %s is left out: %s", path.text, strerror(-r));
		str_buf_fini(&bytes);
		return;
	}
	add_file(p, path.text, str_buf_take(&bytes), len);
}

static void read_folder(struct pages *p, int parent_fd, const char *name, const char *prefix)
{
	int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), depth = 0;
	const struct dirent *entry;
	DIR *dir;

	for (const char *c = prefix; *c; c++)
		depth += *c == '/';
	if (fd < 0 || depth > DEPTH_MAX || !(dir = fdopendir(fd))) {
		fd_close(&fd);
		return;
	}
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			read_entry(p, fd, entry, prefix);
	closedir(dir);
}

/* ---- packing ---- */

static bool is_text(const char *path)
{
	const char *type = type_of(path);

	return str_starts(type, "text/") || str_starts(type, "application/json") ||
	       str_starts(type, "application/manifest") || str_equal(type, "image/svg+xml");
}

/* As gzip would; NULL: it does not become smaller. */
static void *pack(const struct page_file *f, size_t *ret_len)
{
	z_stream z = { .next_in = f->bytes, .avail_in = (uInt)f->len, .avail_out = (uInt)f->len };
	_cleanup_(freep) void *packed = mem_alloc(f->len);
	int r;

	if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, MAX_WBITS + 16, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	z.next_out = packed;
	r = deflate(&z, Z_FINISH);
	*ret_len = z.total_out;
	deflateEnd(&z);
	return r == Z_STREAM_END ? steal(&packed) : NULL;
}

static const struct page_file *find_packed(const struct pages *p, const char *path);

/* What lies there packed stays as it is. */
static void pack_all(struct pages *p)
{
	for (size_t i = 0, count = p->count; i < count; i++) {
		const struct page_file f = p->files[i];
		struct str_buf path _cleanup_str_buf_ = { 0 };
		size_t len = 0;
		void *packed;

		if (f.len < PACK_BYTES || !is_text(f.path) || find_packed(p, f.path))
			continue;
		packed = pack(&f, &len);
		if (!packed)
			continue;
		str_buf_printf(&path, "%s.gz", f.path);
		add_file(p, path.text, packed, len);
	}
}

struct pages *pages_read(const char *dir)
{
	struct pages *p = MEM_NEW(struct pages);

	read_folder(p, AT_FDCWD, dir, "");
	pack_all(p);
	return p;
}

void pages_free(struct pages *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->count; i++) {
		free(p->files[i].path);
		free(p->files[i].bytes);
	}
	free(p->files);
	free(p);
}

size_t pages_count(const struct pages *p)
{
	return p->count;
}

/* ---- serving ---- */

static const struct page_file *find(const struct pages *p, const char *path)
{
	for (size_t i = 0; i < p->count; i++)
		if (str_equal(p->files[i].path, path))
			return &p->files[i];
	return NULL;
}

static const struct page_file *find_packed(const struct pages *p, const char *path)
{
	struct str_buf packed _cleanup_str_buf_ = { 0 };

	str_buf_printf(&packed, "%s.gz", path);
	return find(p, packed.text);
}

/* Eight hexadecimal digits or more, between dots or dashes. */
static bool is_for_ever(const char *path)
{
	const char *name = strrchr(path, '/');

	for (size_t run = 0; *name; name++) {
		bool digit = (*name >= '0' && *name <= '9') || (*name >= 'a' && *name <= 'f');

		if (run >= HASH_DIGITS && *name == '.')
			return true;
		run = digit && (run || name[-1] == '.' || name[-1] == '-') ? run + 1 : 0;
	}
	return false;
}

/* Asked for by its version: what it is of another one, nobody asks for. */
static bool is_versioned(struct evhttp_request *http)
{
	const char *query = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(http));

	return query && str_starts(query, "v=") && strlen(query) >= strlen("v=") + HASH_DIGITS;
}

/* One of several in the list, also as a weak one. */
static bool is_known(const char *asked, const char *etag)
{
	return asked && (strstr(asked, etag) || str_equal(asked, "*"));
}

static void send_file(struct web_call *c, const struct page_file *f, const char *path)
{
	bool head = evhttp_request_get_command(c->http) == EVHTTP_REQ_HEAD;
	bool lasts = is_for_ever(path) || (is_versioned(c->http) && !is_html(path));
	char len[24];

	respond_add(c->http, "ETag", f->etag);
	respond_add(c->http, "Cache-Control", lasts ? "public, max-age=31536000, immutable" : "no-cache");
	if (is_known(respond_asked(c->http, "If-None-Match"), f->etag)) {
		respond_send(c->http, 304, NULL, 0);
		return;
	}
	respond_add(c->http, "Content-Type", type_of(path));
	snprintf(len, sizeof(len), "%zu", f->len);
	respond_add(c->http, "Content-Length", len);
	respond_send(c->http, 200, head ? NULL : f->bytes, head ? 0 : f->len);
}

/* Who has no session has the form before the script that makes the rest of it. */
static const char *first_page(const struct pages *p, struct web_call *c)
{
	char token[CRUMB_TOKEN_MAX];

	if (!find(p, "/login.html"))
		return "/index.html";
	respond_add(c->http, "Vary", "Cookie");
	return passage_token(c->web, c->http, token) ? "/index.html" : "/login.html";
}

void pages_serve(const struct pages *p, struct web_call *c)
{
	const char *accepts = respond_asked(c->http, "Accept-Encoding"), *path = c->path, *last = strrchr(path, '/');
	const struct page_file *plain, *packed;

	if (evhttp_request_get_command(c->http) != EVHTTP_REQ_GET &&
	    evhttp_request_get_command(c->http) != EVHTTP_REQ_HEAD) {
		respond_add(c->http, "Allow", "GET, HEAD");
		respond_error(c->http, (struct respond_problem){ 405, NULL }, "a page is only read");
		return;
	}
	if (!last || !strchr(last, '.'))
		path = first_page(p, c); /* its own addresses: the page finds them itself */
	plain = find(p, path);
	if (plain && *plain->style)
		respond_allow_style(c->http, plain->style);
	packed = find_packed(p, path);
	if (plain && packed)
		respond_add(c->http, "Vary", "Accept-Encoding");
	if (packed && accepts && strstr(accepts, "gzip")) {
		respond_add(c->http, "Content-Encoding", "gzip");
		send_file(c, packed, path);
	} else if (plain) {
		send_file(c, plain, path);
	} else if (str_equal(path, "/index.html") && p->count == 0) {
		respond_add(c->http, "Content-Type", "text/html; charset=utf-8");
		respond_add(c->http, "Cache-Control", "no-store");
		respond_send(c->http, 200, none_installed, sizeof(none_installed) - 1);
	} else {
		respond_error(c->http, (struct respond_problem){ 404, NULL }, "no such page");
	}
}
