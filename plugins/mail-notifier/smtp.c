#include "mail-notifier/smtp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sdk/sdk_clock.h"

#define REPLY_MAX 200

struct smtp_exchange {
	struct sdk_curl_transfer transfer; /* the first member */
	struct smtp *smtp;
	struct smtp_exchange *next;
	struct curl_slist *recipients;
	struct smtp_mail mail;
	size_t sent;
	char host[128], reply[REPLY_MAX]; /* its last one that refuses something */
};

/* A socket of the library's, and whose it was made for. It lives on in the library's hands when that is gone. */
struct smtp_socket {
	curl_socket_t fd;
	const struct smtp_exchange *exchange;
	struct smtp_socket *next;
};

struct smtp {
	struct sdk_curl *curl;
	struct smtp_exchange *exchanges;
	struct smtp_socket *sockets;
};

/* ---- where ---- */

static char *host_of(const char *url)
{
	CURLU *parts = curl_url();
	char *host = NULL, *copy = NULL;

	if (parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK)
		copy = strdup(host);
	curl_free(host);
	curl_url_cleanup(parts);
	return copy;
}

const char *smtp_check_url(const char *url)
{
	bool scheme = strncmp(url, "smtp://", 7) == 0 || strncmp(url, "smtps://", 8) == 0;
	char *host = scheme && !strpbrk(url, "@?# ") ? host_of(url) : NULL;
	bool fine = host && *host;

	free(host);
	return fine ? NULL : "smtps://host[:port] or smtp://host[:port], the user name in its own option";
}

bool smtp_is_here(const char *url)
{
	char *host = host_of(url);
	bool here = host && (strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
			     (strncmp(host, "127.", 4) == 0 && !host[strspn(host, "0123456789.")]));

	free(host);
	return here;
}

/* ---- what came of it ---- */

/* Replies of the server, a line each: what it says when it refuses is worth more than the library's number for it. */
static size_t take_reply(char *data, size_t size, size_t count, void *user)
{
	struct smtp_exchange *x = user;
	size_t len = size * count, out = 0;

	if (len < 3 || (data[0] != '4' && data[0] != '5'))
		return len;
	for (size_t i = 0; i < len && out + 1 < REPLY_MAX; i++)
		if (data[i] != '\r' && data[i] != '\n')
			x->reply[out++] = (unsigned char)data[i] < ' ' ? ' ' : data[i];
	x->reply[out] = '\0';
	return len;
}

static size_t ignore(char *data, size_t size, size_t count, void *user)
{
	(void)data;
	(void)user;
	return size * count;
}

static size_t give_mail(char *data, size_t size, size_t count, void *user)
{
	struct smtp_exchange *x = user;
	size_t len = x->mail.len - x->sent;

	if (len > size * count)
		len = size * count;
	memcpy(data, x->mail.data + x->sent, len);
	x->sent += len;
	return len;
}

/* ---- sockets ---- */

static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct smtp_exchange *x = user;
	struct smtp_socket *s = calloc(1, sizeof(*s));

	(void)purpose;
	if (!s)
		abort();
	*s = (struct smtp_socket){ .exchange = x, .next = x->smtp->sockets };
	s->fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
	if (s->fd < 0) {
		free(s);
		return CURL_SOCKET_BAD;
	}
	x->smtp->sockets = s;
	return s->fd;
}

static int close_socket(void *user, curl_socket_t fd)
{
	struct smtp *smtp = user;

	for (struct smtp_socket **at = &smtp->sockets; *at; at = &(*at)->next)
		if ((*at)->fd == fd) {
			struct smtp_socket *s = *at;

			*at = s->next;
			free(s);
			break;
		}
	return close(fd);
}

/* Before the library gives a connection up it says QUIT and waits for the answer, all of the loop with it: a server that is
 * mute by then would hold up what is urgent. It is told by the end of the connection instead, which ends that wait, too. */
static void cut(const struct smtp_exchange *x)
{
	for (const struct smtp_socket *s = x->smtp->sockets; s; s = s->next)
		if (s->exchange == x)
			shutdown(s->fd, SHUT_RDWR);
}

static void exchange_free(struct smtp_exchange *x)
{
	struct smtp_exchange **at = &x->smtp->exchanges;

	while (*at != x)
		at = &(*at)->next;
	*at = x->next;
	cut(x);
	sdk_curl_end(x->smtp->curl, &x->transfer);
	curl_slist_free_all(x->recipients);
	free(x->mail.data);
	free(x);
}

/* The mail or the address was refused, by a server that works: libcurl says it as a failed sending, or, when all of the mail
 * was sent, as an odd reply. A server that refuses us (MAIL FROM: not logged in, not our sender) takes none at all. */
static bool is_of_mail(const struct smtp_exchange *x, CURLcode code)
{
	bool address = code == CURLE_SEND_ERROR && strncmp(x->transfer.error, "RCPT ", 5) == 0;

	return x->reply[0] == '5' && (address || (code == CURLE_WEIRD_SERVER_REPLY && x->sent > 0));
}

static void transfer_done(struct sdk_curl_transfer *t, CURLcode code)
{
	struct smtp_exchange *x = (struct smtp_exchange *)t;
	struct smtp_mail mail = x->mail;
	struct smtp_result result = { .taken = code == CURLE_OK };
	char why[SDK_CURL_WHY_MAX];

	result.result = sdk_curl_result(t, code, why);
	result.server_works = result.taken || is_of_mail(x, code);
	if (result.result == SDK_CURL_FAILED && code == CURLE_USE_SSL_FAILED && !x->reply[0])
		snprintf(result.why, sizeof(result.why), "%s does not offer STARTTLS", x->host);
	else if (result.result == SDK_CURL_FAILED && x->reply[0])
		snprintf(result.why, sizeof(result.why), "%s answers: %s", x->host, x->reply);
	else if (!result.taken)
		snprintf(result.why, sizeof(result.why), "%s: %s", x->host, why);
	x->mail.data = NULL;
	exchange_free(x);
	mail.done(mail.user, &result);
	free(mail.data);
}

/* ---- one mail ---- */

static void set_mail(struct smtp_exchange *x)
{
	CURL *easy = x->transfer.easy;

	if (!x->mail.data) {
		curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L); /* as far as to be let in */
		return;
	}
	x->recipients = curl_slist_append(NULL, x->mail.to);
	curl_easy_setopt(easy, CURLOPT_MAIL_FROM, x->mail.from);
	curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, x->recipients);
	curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_mail);
	curl_easy_setopt(easy, CURLOPT_READDATA, x);
	curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)x->mail.len);
}

void smtp_start(struct smtp *s, const struct smtp_server *server, const struct smtp_mail *mail)
{
	struct smtp_exchange *x = calloc(1, sizeof(*x));
	char *host = host_of(server->url);
	CURL *easy;

	if (!x || !host)
		abort();
	*x = (struct smtp_exchange){ .transfer.done = transfer_done, .smtp = s, .next = s->exchanges, .mail = *mail };
	snprintf(x->host, sizeof(x->host), "%s", host);
	free(host);
	s->exchanges = x;
	sdk_curl_init(&x->transfer, server->timeout_us);
	sdk_curl_set_tls(&x->transfer, server->paths);
	easy = x->transfer.easy;
	curl_easy_setopt(easy, CURLOPT_URL, server->url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(easy, CURLOPT_USE_SSL,
			 (long)(server->tls == SMTP_STARTTLS ? CURLUSESSL_ALL : CURLUSESSL_NONE));
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_reply);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, x);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ignore);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, x);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, s);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L); /* no other's: each is cut with its exchange */
	if (server->username) {
		curl_easy_setopt(easy, CURLOPT_USERNAME, server->username);
		curl_easy_setopt(easy, CURLOPT_PASSWORD, server->password ? server->password : "");
	}
	set_mail(x);
	sdk_curl_start(s->curl, &x->transfer);
}

struct smtp *smtp_new(struct sdk_loop *loop)
{
	struct smtp *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->curl = sdk_curl_new(loop);
	return s;
}

void smtp_free(struct smtp *s)
{
	if (!s)
		return;
	while (s->exchanges)
		exchange_free(s->exchanges);
	sdk_curl_free(s->curl);
	free(s);
}
