#include "ctl/talk.h"

#include <curl/curl.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"

#define BODY_MAX   (512u << 20) /* a list of a million points fits; a wild server does not */
#define CONNECT_MS 5000L
#define ANSWER_MS  60000L

struct talk {
	char *socket_path;
	CURL *curl;
	char error[CURL_ERROR_SIZE];
	long limit_ms;
};

struct talk *talk_new(const char *socket_path)
{
	struct talk *t = MEM_NEW(struct talk);

	t->socket_path = mem_strdup(socket_path);
	t->limit_ms = ANSWER_MS;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort();
	t->curl = curl_easy_init();
	if (!t->curl)
		abort();
	return t;
}

void talk_free(struct talk *t)
{
	if (!t)
		return;
	curl_easy_cleanup(t->curl);
	free(t->socket_path);
	free(t);
}

void talk_limit(struct talk *t, long limit_ms)
{
	t->limit_ms = limit_ms;
}

const char *talk_error(const struct talk *t)
{
	return t->error;
}

const char *talk_socket(const struct talk *t)
{
	return t->socket_path;
}

void talk_escape(struct str_buf *to, const char *text)
{
	char *escaped = curl_easy_escape(NULL, text, (int)strlen(text));

	if (!escaped)
		abort();
	str_buf_add(to, escaped);
	curl_free(escaped);
}

void talk_query(struct str_buf *path, const char *name, const char *value)
{
	if (!value)
		return;
	str_buf_printf(path, "%c%s=", strchr(str_buf_text(path), '?') ? '&' : '?', name);
	talk_escape(path, value);
}

static size_t collect(char *bytes, size_t size, size_t count, void *context)
{
	struct str_buf *body = context;

	if (body->len + size * count > BODY_MAX)
		return 0;
	str_buf_add_len(body, bytes, size * count);
	return size * count;
}

/* Common to all requests; whatever the one before has set is forgotten, its connection is kept. */
static void prepare(struct talk *t, const char *path)
{
	struct str_buf url _cleanup_str_buf_ = { 0 };

	str_buf_printf(&url, "http://estated%s", path);
	curl_easy_reset(t->curl);
	t->error[0] = '\0';
	curl_easy_setopt(t->curl, CURLOPT_URL, url.text);
	curl_easy_setopt(t->curl, CURLOPT_UNIX_SOCKET_PATH, t->socket_path);
	curl_easy_setopt(t->curl, CURLOPT_PROXY, "");
	curl_easy_setopt(t->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(t->curl, CURLOPT_ERRORBUFFER, t->error);
	curl_easy_setopt(t->curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
}

/* A connection that was cut: has the daemon gone, or only this connection (it takes no more of them)? */
static bool somebody_listens(const struct talk *t)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool listens;

	if (fd < 0 || strlen(t->socket_path) >= sizeof(address.sun_path)) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	strcpy(address.sun_path, t->socket_path);
	listens = connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 || errno == EAGAIN;
	close(fd);
	return listens;
}

static int error_of(struct talk *t, CURLcode code)
{
	long system_error = 0;

	curl_easy_getinfo(t->curl, CURLINFO_OS_ERRNO, &system_error);
	if (!*t->error)
		snprintf(t->error, sizeof(t->error), "%s", curl_easy_strerror(code));
	switch (code) {
	case CURLE_OK: return 0;
	case CURLE_COULDNT_CONNECT:
		if (system_error == EACCES || system_error == EPERM)
			return -EACCES;
		return somebody_listens(t) ? -EBUSY : -ENOTCONN; /* more wait to be taken in than the socket holds */
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_PARTIAL_FILE: return somebody_listens(t) ? -EBUSY : -ENOTCONN;
	case CURLE_OPERATION_TIMEDOUT: return -ETIMEDOUT;
	default: return -EIO;
	}
}

static int perform(struct talk *t, struct talk_answer *ret_answer)
{
	struct talk_answer answer = { 0 };
	int r;

	curl_easy_setopt(t->curl, CURLOPT_TIMEOUT_MS, t->limit_ms);
	curl_easy_setopt(t->curl, CURLOPT_WRITEFUNCTION, collect);
	curl_easy_setopt(t->curl, CURLOPT_WRITEDATA, &answer.body);
	r = error_of(t, curl_easy_perform(t->curl));
	if (r < 0) {
		str_buf_fini(&answer.body);
		return r;
	}
	curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &answer.status);
	*ret_answer = answer;
	return 0;
}

int talk_get(struct talk *t, const char *path, struct talk_answer *ret_answer)
{
	prepare(t, path);
	return perform(t, ret_answer);
}

int talk_post(struct talk *t, const char *path, const char *json, struct talk_answer *ret_answer)
{
	struct curl_slist *headers;
	int r;

	prepare(t, path);
	headers = curl_slist_append(NULL, "Content-Type: application/json");
	curl_easy_setopt(t->curl, CURLOPT_POST, 1L);
	curl_easy_setopt(t->curl, CURLOPT_POSTFIELDS, json);
	curl_easy_setopt(t->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(json));
	curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, headers);
	r = perform(t, ret_answer);
	curl_slist_free_all(headers);
	return r;
}

struct following {
	struct talk *talk;
	const struct talk_follower *follower;
	struct str_buf refusal; /* the body of an answer that is no stream */
	long status;
	int ended; /* by the follower */
};

static size_t follow_bytes(char *bytes, size_t size, size_t count, void *context)
{
	struct following *f = context;

	curl_easy_getinfo(f->talk->curl, CURLINFO_RESPONSE_CODE, &f->status);
	if (f->status != 200)
		return collect(bytes, size, count, &f->refusal);
	f->ended = f->follower->bytes(f->follower->context, bytes, size * count);
	return f->ended == 0 ? size * count : 0;
}

static int follow_tick(void *context, curl_off_t total _unused_, curl_off_t now _unused_, curl_off_t up _unused_,
		       curl_off_t up_now _unused_)
{
	struct following *f = context;

	if (f->follower->tick && f->ended == 0)
		f->ended = f->follower->tick(f->follower->context);
	return f->ended;
}

int talk_follow(struct talk *t, const char *path, const struct talk_follower *f, struct talk_answer *ret_answer)
{
	struct following following = { .talk = t, .follower = f };
	struct curl_slist *headers = NULL;
	struct str_buf last _cleanup_str_buf_ = { 0 };
	CURLcode code;
	int r;

	prepare(t, path);
	if (f->last_id && *f->last_id) {
		str_buf_printf(&last, "Last-Event-ID: %s", f->last_id);
		headers = curl_slist_append(NULL, last.text);
		curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, headers);
	}
	curl_easy_setopt(t->curl, CURLOPT_WRITEFUNCTION, follow_bytes);
	curl_easy_setopt(t->curl, CURLOPT_WRITEDATA, &following);
	curl_easy_setopt(t->curl, CURLOPT_XFERINFOFUNCTION, follow_tick);
	curl_easy_setopt(t->curl, CURLOPT_XFERINFODATA, &following);
	curl_easy_setopt(t->curl, CURLOPT_NOPROGRESS, 0L);
	code = curl_easy_perform(t->curl);
	curl_slist_free_all(headers);
	if (following.ended != 0 || following.status == 0 || following.status == 200) {
		str_buf_fini(&following.refusal);
		if (following.ended != 0)
			return following.ended;
		r = code == CURLE_OK ? -ENOTCONN : error_of(t, code);
		return r == -EBUSY ? -ENOTCONN : r; /* cut, and somebody listens again: it was started anew */
	}
	*ret_answer = (struct talk_answer){ .status = following.status, .body = following.refusal };
	return -EPROTO;
}
