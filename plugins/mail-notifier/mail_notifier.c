/* mail_notifier.c: the plugin mail-notifier: people are told by mail, one for each message and contact. One thread.
 *
 *   notify --> slot (urgent ones have some of their own) --> letter.h --> smtp.h --> taken by the server │ not --> notified
 *
 * "ok" means that the mail server has taken it; what becomes of it then is not known. A server that cannot be reached or
 * does not let us in is a fault, and is tried again after 2 s … 60 s without a mail. */
#include <sodium.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mail-notifier/letter.h"
#include "mail-notifier/smtp.h"
#include "sdk/sdk_log.h"
#include "sdk/sdk_notifier.h"
#include "sdk/sdk_secret.h"

#define SLOTS        4
#define URGENT_SLOTS 16
#define CHECK_FIRST  (2 * SDK_CLOCK_S)
#define CHECK_LAST   (60 * SDK_CLOCK_S)
#define CHECK_LIMIT  (6 * SDK_CLOCK_S)
#define ID_MAX       64

struct settings {
	char *url, *from, *from_name, *prefix, *username, *password_file, *password_credential;
	struct sdk_tls_files tls;
	int security;
	int64_t timeout_us;
};

struct mail_notifier {
	struct settings settings;
	struct sdk_host *host;
	struct sdk_notifier *notifier;
	struct smtp *smtp;
	struct sending *sendings;
	struct sdk_timer check;
	int64_t check_us;
	bool checking;
};

/* One mail under way. */
struct sending {
	struct mail_notifier *notifier;
	struct sdk_notice *notice;
	struct sending *next;
};

static const struct sdk_option options[] = {
	{ "url", SDK_OPTION_TEXT, .required = true, .offset = offsetof(struct settings, url), .check = smtp_check_url,
	  .help = "the mail server: smtps://host[:port], or smtp://host[:port] with STARTTLS" },
	{ "from", SDK_OPTION_TEXT, .required = true, .offset = offsetof(struct settings, from),
	  .check = letter_check_address, .help = "the address that mails come from" },
	{ "from_name", SDK_OPTION_TEXT, .offset = offsetof(struct settings, from_name), .help = "the name beside it" },
	{ "prefix", SDK_OPTION_TEXT, .offset = offsetof(struct settings, prefix),
	  .help = "stands before each subject" },
	{ "security", SDK_OPTION_WORD, .fallback = "tls", .offset = offsetof(struct settings, security),
	  .words = "tls none", .help = "none: smtp:// without STARTTLS, for a server on this machine" },
	{ "username", SDK_OPTION_TEXT, .offset = offsetof(struct settings, username), .help = "to log in with" },
	{ "password_file", SDK_OPTION_TEXT, .offset = offsetof(struct settings, password_file),
	  .check = sdk_secret_check_file, .help = "a file whose first line is the password; read at each mail" },
	{ "password_credential", SDK_OPTION_TEXT, .offset = offsetof(struct settings, password_credential),
	  .check = sdk_secret_check_credential, .help = "instead: the name of a credential" },
	{ "timeout", SDK_OPTION_DURATION, .fallback = "10s", .offset = offsetof(struct settings, timeout_us),
	  .min = 500 * SDK_CLOCK_MS, .max = 15 * SDK_CLOCK_S, .help = "longest wait for the server to take a mail" },
	SDK_TLS_OPTIONS(struct settings, tls),
	{ 0 },
};

/* ---- the server ---- */

struct access {
	char password[SDK_SECRET_MAX];
	struct sdk_tls_paths tls;
};

static int read_access(const struct settings *o, struct access *a, char why[static SDK_SECRET_WHY_MAX])
{
	struct sdk_secret password = { .file = o->password_file, .credential = o->password_credential };
	int r = sdk_secret_read(&password, a->password, why);

	return r < 0 ? r : sdk_tls_find(&o->tls, &a->tls, why);
}

/* 0, or -errno with why: then done is not called, and the mail is not taken over. */
static int start_smtp(struct mail_notifier *m, const struct smtp_mail *mail, int64_t timeout_us,
		      char why[static SDK_SECRET_WHY_MAX])
{
	const struct settings *o = &m->settings;
	struct access access;
	int r = read_access(o, &access, why);

	if (r == 0)
		smtp_start(m->smtp,
			   &(struct smtp_server){ .url = o->url,
						  .tls = o->security ? SMTP_PLAIN : SMTP_STARTTLS,
						  .paths = &access.tls,
						  .username = o->username,
						  .password = access.password,
						  .timeout_us = timeout_us },
			   mail);
	explicit_bzero(&access, sizeof(access));
	return r;
}

static void check_later(struct mail_notifier *m)
{
	m->check_us = m->check_us ? m->check_us * 2 : CHECK_FIRST;
	if (m->check_us > CHECK_LAST)
		m->check_us = CHECK_LAST;
	sdk_loop_arm(sdk_host_loop(m->host), &m->check, sdk_loop_jitter(m->check_us));
}

static void be_troubled(struct mail_notifier *m, const char *why)
{
	sdk_host_fault(m->host, why);
	if (!m->checking && !m->check.armed)
		check_later(m);
}

static void recovered(struct mail_notifier *m)
{
	m->check_us = 0;
	sdk_loop_disarm(sdk_host_loop(m->host), &m->check);
	sdk_host_fault(m->host, NULL);
}

static void checked(void *user, const struct smtp_result *result)
{
	struct mail_notifier *m = user;

	m->checking = false;
	if (result->server_works)
		recovered(m);
	else
		be_troubled(m, result->why);
}

static void check_due(struct sdk_timer *t)
{
	struct mail_notifier *m = t->user;
	char why[SDK_SECRET_WHY_MAX];

	if (m->checking)
		return;
	m->checking = true;
	if (start_smtp(m, &(struct smtp_mail){ .done = checked, .user = m }, CHECK_LIMIT, why) < 0) {
		m->checking = false;
		be_troubled(m, why);
	}
}

/* ---- one mail ---- */

static void sending_free(struct sending *s)
{
	struct sending **at = &s->notifier->sendings;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	free(s);
}

static void sent(void *user, const struct smtp_result *result)
{
	struct sending *s = user;
	struct mail_notifier *m = s->notifier;
	struct sdk_notice *notice = s->notice;

	sending_free(s);
	if (result->server_works)
		recovered(m);
	else
		be_troubled(m, result->why);
	if (result->taken)
		sdk_notifier_told(notice);
	else
		sdk_notifier_failed(notice, "%s", result->why);
}

/* Unlike that of any other mail, of this estate or of another. */
static void make_id(int64_t wall_us, char id[static ID_MAX])
{
	unsigned char random[8];
	char hex[2 * sizeof(random) + 1];

	randombytes_buf(random, sizeof(random));
	sodium_bin2hex(hex, sizeof(hex), random, sizeof(random));
	snprintf(id, ID_MAX, "%lld.%s", (long long)wall_us, hex);
}

static char *letter_of(const struct mail_notifier *m, const struct sdk_notice *n, size_t *ret_len)
{
	const json_t *alarm = json_object_get(n->message, "alarm"), *contact = json_object_get(n->message, "contact");
	int64_t now_us = sdk_clock_wall_us();
	char id[ID_MAX];

	make_id(now_us, id);
	return letter_make(
		&(struct letter){
			.from = m->settings.from,
			.from_name = m->settings.from_name,
			.to = sdk_notifier_to(n, "mail"),
			.to_name = json_string_value(json_object_get(contact, "name")),
			.prefix = m->settings.prefix,
			.text = n->text,
			.alarm = json_string_value(json_object_get(alarm, "alarm")),
			.id = id,
			.wall_us = now_us,
			.urgent = n->urgent && !n->clear,
		},
		ret_len);
}

static void send_letter(struct mail_notifier *m, struct sdk_notice *notice)
{
	struct sending *s = calloc(1, sizeof(*s));
	struct smtp_mail mail = {
		.from = m->settings.from, .to = sdk_notifier_to(notice, "mail"), .done = sent, .user = s
	};
	char why[SDK_SECRET_WHY_MAX];

	if (!s)
		abort();
	*s = (struct sending){ .notifier = m, .notice = notice, .next = m->sendings };
	m->sendings = s;
	mail.data = letter_of(m, notice, &mail.len);
	if (start_smtp(m, &mail, m->settings.timeout_us, why) == 0)
		return;
	free(mail.data);
	sending_free(s);
	be_troubled(m, why);
	sdk_notifier_failed(notice, "%s", why);
}

static void begin(void *user, struct sdk_notice *notice)
{
	const char *to = sdk_notifier_to(notice, "mail"), *wanted = to ? letter_check_address(to) : NULL;

	if (!to)
		sdk_notifier_failed(notice, "the contact's `to` has no `mail`: expected mail = \"desk@example.org\"");
	else if (wanted)
		sdk_notifier_failed(notice, "`mail` of the contact's `to`: expected %s", wanted);
	else
		send_letter(user, notice);
}

/* ---- life ---- */

/* A password goes over no network in the clear. */
static int check_settings(const struct settings *o, struct sdk_host *host)
{
	bool plain = o->security && strncmp(o->url, "smtps://", 8) != 0;

	if (!plain || !o->username || smtp_is_here(o->url))
		return 0;
	sdk_host_fail(host, "option 'security' = \"none\": with 'username' the password would go to %s unencrypted",
		      o->url);
	return -1;
}

static int prepare(struct mail_notifier *m, struct sdk_host *host)
{
	struct access access;
	char why[SDK_SECRET_WHY_MAX];
	int r;

	m->host = host;
	if (sodium_init() < 0)
		abort();
	if (check_settings(&m->settings, host) < 0)
		return -1;
	r = read_access(&m->settings, &access, why);
	explicit_bzero(&access, sizeof(access));
	if (r < 0)
		sdk_host_fail(host, "%s", why);
	else
		m->smtp = smtp_new(sdk_host_loop(host));
	return r;
}

static int start(void *user, struct sdk_host *host)
{
	struct mail_notifier *m = user;
	int r = prepare(m, host);

	if (r < 0)
		return r;
	if (m->settings.security && !smtp_is_here(m->settings.url))
		sdk_log_warning("mails go to %s unencrypted", m->settings.url);
	m->notifier = sdk_notifier_new(&(struct sdk_notifier_setup){
		.host = host, .slots = SLOTS, .urgent_slots = URGENT_SLOTS, .begin = begin, .user = m });
	m->check = (struct sdk_timer){ .due = check_due, .user = m };
	sdk_loop_arm(sdk_host_loop(host), &m->check, 0); /* after "ready" */
	return 0;
}

static void probed(void *user, const struct smtp_result *result)
{
	struct mail_notifier *m = user;
	const char *word = sdk_curl_word(result->result);

	if (result->result == SDK_CURL_FAILED && strstr(result->why, " answers: 5"))
		word = "denied";
	sdk_host_probed(m->host, &(struct sdk_host_verdict){ word, m->settings.url, result->why });
}

static int probe(void *user, struct sdk_host *host)
{
	struct mail_notifier *m = user;
	char why[SDK_SECRET_WHY_MAX];
	int r = prepare(m, host);

	if (r == 0)
		r = start_smtp(m, &(struct smtp_mail){ .done = probed, .user = m }, CHECK_LIMIT, why);
	return r;
}

static void stop(void *user)
{
	struct mail_notifier *m = user;

	sdk_loop_disarm(sdk_host_loop(m->host), &m->check);
}

static void fini(void *user)
{
	struct mail_notifier *m = user;

	if (m->check.armed)
		sdk_loop_disarm(sdk_host_loop(m->host), &m->check);
	smtp_free(m->smtp);
	while (m->sendings) {
		sdk_notifier_drop(m->sendings->notice);
		sending_free(m->sendings);
	}
}

int main(int argc, char **argv)
{
	struct mail_notifier notifier = { .host = NULL };

	return sdk_notifier_main(argc, argv,
				 &(struct sdk_plugin){
					 .name = "mail-notifier",
					 .about = "tells people by mail",
					 .options = options,
					 .settings = &notifier.settings,
					 .user = &notifier,
					 .start = start,
					 .probe = probe,
					 .stop = stop,
					 .fini = fini,
				 },
				 &notifier.notifier);
}
