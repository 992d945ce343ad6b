/* estated_web.c: estated-web: options, then the web server. It needs no rights and reads none of the daemon's files. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "config.h"
#include "gate/web.h"

enum option_id {
	OPTION_SOCKET = 256,
	OPTION_LISTEN,
	OPTION_CERTIFICATE,
	OPTION_KEY,
	OPTION_PLAIN_ANYWHERE,
	OPTION_PAGE,
	OPTION_NAME,
	OPTION_HOOK,
	OPTION_CONNECTIONS,
	OPTION_PER_ADDRESS,
	OPTION_PER_LOOPBACK,
	OPTION_LOG_LEVEL,
	OPTION_VERSION,
	OPTION_HELP
};

static const struct option options[] = {
	{ "socket", required_argument, NULL, OPTION_SOCKET },
	{ "listen", required_argument, NULL, OPTION_LISTEN },
	{ "certificate", required_argument, NULL, OPTION_CERTIFICATE },
	{ "key", required_argument, NULL, OPTION_KEY },
	{ "plain-anywhere", no_argument, NULL, OPTION_PLAIN_ANYWHERE },
	{ "page", required_argument, NULL, OPTION_PAGE },
	{ "name", required_argument, NULL, OPTION_NAME },
	{ "hook", required_argument, NULL, OPTION_HOOK },
	{ "connections", required_argument, NULL, OPTION_CONNECTIONS },
	{ "per-address", required_argument, NULL, OPTION_PER_ADDRESS },
	{ "per-loopback", required_argument, NULL, OPTION_PER_LOOPBACK },
	{ "log-level", required_argument, NULL, OPTION_LOG_LEVEL },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ 0 },
};

static const char usage[] =
	"Usage: estated-web [OPTION]...\n"
	"The web server of estated: serves the page of the control room and passes its requests on to the daemon.\n"
	"\n"
	"      --listen ADDRESS:PORT    listen there, such as 0.0.0.0:443 or [::]:443; up to 8 (default: the sockets "
	"that\n"
	"                               systemd hands over, else 127.0.0.1:8480)\n"
	"      --certificate FILE       speak TLS with this certificate (PEM, those that vouch for it behind it)\n"
	"      --key FILE               its key (PEM, without a password)\n"
	"      --plain-anywhere         without a certificate, listen also where others can listen in\n"
	"      --name HOST              answer only who calls us that, without port; up to 8 (default: anybody)\n"
	"      --hook NAME=TO           pass /hook/NAME on to an instance of http-source: its address and port, or a\n"
	"                               socket's path; up to 16\n"
	"      --page DIR               files of the page (default " ESTATE_DATADIR "/web)\n"
	"      --socket PATH            the daemon's socket (default " ESTATE_RUNTIMEDIR "/api.sock)\n"
	"      --connections N          most connections, 1 to 4096 (default 128)\n"
	"      --per-address N          most of one address (default 8)\n"
	"      --per-loopback N         most of this machine itself (default 100)\n"
	"      --log-level WORD         error, warning, notice, info or debug (default info)\n"
	"      --version                print the version\n"
	"      --help                   print this text\n";

#define DONE 1 /* nothing is left to do */

static int refuse(const char *option, const char *value, const char *expected)
{
	fprintf(stderr, "estated-web: --%s %s: expected %s\n", option, value, expected);
	return -1;
}

static int take_number(const char *option, const char *value, size_t *ret_number)
{
	uint16_t number;

	if (str_to_u16(value, &number) < 0 || number < 1 || number > 4096)
		return refuse(option, value, "1..4096");
	*ret_number = number;
	return 0;
}

static int take_listen(struct web_setup *s, const char *value)
{
	if (s->listen_count == WEB_LISTENERS_MAX || !web_is_address(value))
		return refuse("listen", value, "an address and a port, 0.0.0.0:443 or [::]:443, at most 8 of them");
	s->listens[s->listen_count++] = value;
	return 0;
}

/* "bands=127.0.0.1:8481", "bands=/run/estated-hook/bands.sock"; value is cut in two. */
static int take_hook(struct web_setup *s, char *value)
{
	char *equals = strchr(value, '=');

	if (!equals || s->hook_count == WEB_HOOKS_MAX || (equals[1] != '/' && !web_is_address(equals + 1)))
		return refuse("hook", value, "NAME=127.0.0.1:8481 or NAME=/path.sock, at most 16 of them");
	*equals = '\0';
	if (!str_is_id(value))
		return refuse("hook", value, "the id of a plugin before the =");
	s->hooks[s->hook_count++] = (struct web_hook){ value, equals + 1 };
	return 0;
}

static int take_level(const char *value)
{
	enum log_level level;

	if (logid_level_parse(value, &level) < 0)
		return refuse("log-level", value, "error, warning, notice, info or debug");
	log_set_level(level);
	return 0;
}

static int take_option(struct web_setup *s, int id)
{
	switch (id) {
	case OPTION_SOCKET: s->socket_path = optarg; return 0;
	case OPTION_PAGE: s->page_dir = optarg; return 0;
	case OPTION_CERTIFICATE: s->certificate = optarg; return 0;
	case OPTION_KEY: s->key = optarg; return 0;
	case OPTION_PLAIN_ANYWHERE: s->plain_anywhere = true; return 0;
	case OPTION_LISTEN: return take_listen(s, optarg);
	case OPTION_HOOK: return take_hook(s, optarg);
	case OPTION_CONNECTIONS: return take_number("connections", optarg, &s->connections);
	case OPTION_PER_ADDRESS: return take_number("per-address", optarg, &s->per_address);
	case OPTION_PER_LOOPBACK: return take_number("per-loopback", optarg, &s->per_loopback);
	case OPTION_LOG_LEVEL: return take_level(optarg);
	case OPTION_NAME:
		if (s->name_count == WEB_NAMES_MAX)
			return refuse("name", optarg, "at most 8 of them");
		s->names[s->name_count++] = optarg;
		return 0;
	case OPTION_VERSION: printf("estated-web %s\n", PACKAGE_VERSION); return DONE;
	case OPTION_HELP: fputs(usage, stdout); return DONE;
	default: fputs("estated-web: see --help\n", stderr); return -1;
	}
}

static int take_options(struct web_setup *s, int argc, char *argv[])
{
	int id, r;

	while ((id = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		r = take_option(s, id);
		if (r != 0)
			return r;
	}
	if (optind < argc) {
		fprintf(stderr, "estated-web: %s: expected options only; see --help\n", argv[optind]);
		return -1;
	}
	if (!s->certificate != !s->key) {
		fputs("estated-web: --certificate and --key: expected both or none\n", stderr);
		return -1;
	}
	return 0;
}

/* What systemd hands over; without that and without --listen, this machine only. */
static int take_sockets(struct web_setup *s)
{
	int count = sd_listen_fds(1);

	if (count < 0 || count > WEB_LISTENERS_MAX) {
		fprintf(stderr, "estated-web: %d sockets were handed over: expected 1 to %d\n", count,
			WEB_LISTENERS_MAX);
		return -1;
	}
	for (int i = 0; i < count; i++)
		s->fds[s->fd_count++] = SD_LISTEN_FDS_START + i;
	if (s->fd_count + s->listen_count > WEB_LISTENERS_MAX) {
		fprintf(stderr, "estated-web: expected at most %d sockets, those of systemd and of --listen together\n",
			WEB_LISTENERS_MAX);
		return -1;
	}
	if (s->fd_count == 0 && s->listen_count == 0)
		s->listens[s->listen_count++] = "127.0.0.1:8480";
	return 0;
}

int main(int argc, char *argv[])
{
	_cleanup_(web_closep) struct web *web = NULL;
	struct web_setup setup = {
		.socket_path = ESTATE_RUNTIMEDIR "/api.sock",
		.page_dir = ESTATE_DATADIR "/web",
		.connections = 128,
		.per_address = 8,
		.per_loopback = 100,
	};
	char why[WEB_WHY_MAX];
	int r = take_options(&setup, argc, argv);

	if (r != 0)
		return r == DONE ? 0 : 2;
	if (take_sockets(&setup) < 0)
		return 2;
	signal(SIGPIPE, SIG_IGN); /* a close of TLS writes */
	clock_begin();
	if (web_open(&setup, &web, why) < 0) {
		log_error("web: %s", why);
		return 1;
	}
	web_run(web);
	return 0;
}
