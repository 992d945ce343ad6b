/* sms_notifier.c: the plugin sms-notifier: tells people by short messages through a modem on a serial line. One thread. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "sdk/sdk_clock.h"
#include "sdk/sdk_host.h"
#include "sdk/sdk_log.h"
#include "sdk/sdk_notifier.h"
#include "sms-notifier/sms_courier.h"
#include "sms-notifier/sms_modem.h"
#include "sms-notifier/sms_port.h"

#define SLOTS        4 /* a modem sends one at a time; what is behind it may be overtaken by something urgent */
#define URGENT_SLOTS 16
#define CONFIRMED    64 /* of each kind: those that wait for the telephone's report keep no other from being sent */
#define WEAK_LOOKS   10 /* so many in a row, five minutes, are no passing lorry */
#define PROBE_LIMIT  (6 * SDK_CLOCK_S)

struct settings {
	char *port, *pin_file, *pin_credential, *centre;
	int64_t baud, parts, signal_min;
	int confirm;
};

struct sms_notifier {
	struct settings settings;
	struct sdk_host *host;
	struct sdk_notifier *notifier;
	struct sms_courier *courier;
	struct sms_modem *modem;
	unsigned weak;
	struct sdk_timer probe_limit;
};

static const char *check_port(const char *value)
{
	return value[0] == '/' ? NULL : "an absolute path, such as /dev/serial/by-id/…";
}

static const char *check_number(const char *value)
{
	struct sms_pdu_number n;

	return sms_pdu_number(value, &n) == 0 ? NULL : "a telephone number, as +8613800230500";
}

static const struct sdk_option options[] = {
	{ "port", SDK_OPTION_TEXT, .required = true, .offset = offsetof(struct settings, port), .check = check_port,
	  .help = "the modem's serial line for AT commands, best by /dev/serial/by-id/" },
	{ "baud", SDK_OPTION_INTEGER, .fallback = "115200", .offset = offsetof(struct settings, baud), .min = 1200,
	  .max = 460800, .help = "its speed; a modem on USB takes any" },
	{ "pin_file", SDK_OPTION_TEXT, .offset = offsetof(struct settings, pin_file), .check = sdk_secret_check_file,
	  .help = "a file whose first line is the PIN of the SIM card" },
	{ "pin_credential", SDK_OPTION_TEXT, .offset = offsetof(struct settings, pin_credential),
	  .check = sdk_secret_check_credential, .help = "instead: the name of a credential" },
	{ "centre", SDK_OPTION_TEXT, .offset = offsetof(struct settings, centre), .check = check_number,
	  .help = "the number of the message centre; the one of the SIM card if not given" },
	{ "parts", SDK_OPTION_INTEGER, .fallback = "4", .offset = offsetof(struct settings, parts), .min = 1,
	  .max = SMS_PDU_PARTS_MAX, .help = "most parts of one message, each 67 Chinese characters; the rest is cut" },
	{ "confirm", SDK_OPTION_WORD, .fallback = "sent", .offset = offsetof(struct settings, confirm),
	  .words = "sent delivered", .help = "what counts as told: the network has it, or the telephone" },
	{ "signal_min", SDK_OPTION_INTEGER, .fallback = "-109", .offset = offsetof(struct settings, signal_min),
	  .min = -113, .max = -51, .help = "dBm; weaker for five minutes is a fault" },
	{ 0 },
};

/* The modem. */

static void tell_state(struct sms_notifier *s)
{
	const char *trouble = sms_modem_trouble(s->modem);
	int dbm = sms_modem_dbm(s->modem);
	char text[96];

	if (trouble && !trouble[0])
		return;
	s->weak = !trouble && dbm && dbm < s->settings.signal_min ? s->weak + 1 : 0;
	if (!trouble && s->weak >= WEAK_LOOKS) {
		snprintf(text, sizeof(text), "the signal is weak: expected %lld dBm, or turn the aerial",
			 (long long)s->settings.signal_min);
		trouble = text;
	}
	sdk_host_fault(s->host, trouble);
}

static void modem_changed(void *user)
{
	struct sms_notifier *s = user;

	tell_state(s);
	sms_courier_look(s->courier);
}

static void modem_idle(void *user)
{
	struct sms_notifier *s = user;

	sms_courier_go_on(s->courier);
}

static void modem_sent(void *user, const struct sms_modem_outcome *outcome)
{
	struct sms_notifier *s = user;

	sms_courier_sent(s->courier, outcome);
}

static void modem_reported(void *user, const struct sms_pdu_report *report)
{
	struct sms_notifier *s = user;

	sms_courier_reported(s->courier, report);
}

/* From the daemon. */

static void begin(void *user, struct sdk_notice *notice)
{
	struct sms_notifier *s = user;

	sms_courier_begin(s->courier, notice);
}

static void add_counters(void *user, json_t *counters)
{
	const struct sms_notifier *s = user;
	struct sms_modem_counts c = sms_modem_counts(s->modem);
	int dbm = sms_modem_dbm(s->modem);

	sms_courier_counters(s->courier, counters);
	if (dbm)
		json_object_set_new(counters, "signal_dbm", json_integer(dbm));
	json_object_set_new(counters, "modem_opened", json_integer((json_int_t)c.opened));
	json_object_set_new(counters, "modem_restarts", json_integer((json_int_t)c.restarts));
	json_object_set_new(counters, "modem_silences", json_integer((json_int_t)c.silences));
	json_object_set_new(counters, "modem_long_lines", json_integer((json_int_t)c.long_lines));
}

/* Life. */

static int check_settings(const struct sms_notifier *s, const struct sdk_secret *pin)
{
	char why[SDK_SECRET_WHY_MAX];
	int r = sdk_secret_probe(pin, why);

	if (r < 0)
		sdk_host_fail(s->host, "%s", why);
	else if (!sms_port_speed_is_known(s->settings.baud)) {
		sdk_host_fail(s->host,
			      "option 'baud' = %lld: expected 9600, 19200, 38400, 57600, 115200 or another usual speed",
			      (long long)s->settings.baud);
		r = -1;
	}
	return r;
}

static int use_modem(struct sms_notifier *s, const struct sms_modem_calls *calls)
{
	struct sdk_secret pin = { .option = "pin",
				  .file = s->settings.pin_file,
				  .credential = s->settings.pin_credential };
	int r = check_settings(s, &pin);

	if (r < 0)
		return r;
	s->modem = sms_modem_new(
		sdk_host_loop(s->host),
		&(struct sms_modem_settings){ .port = s->settings.port, .baud = s->settings.baud, .pin = pin }, calls);
	return 0;
}

static int start(void *user, struct sdk_host *host)
{
	struct sms_notifier *s = user;
	struct sms_courier_settings settings = { .parts_max = (unsigned)s->settings.parts,
						 .confirm = s->settings.confirm == 1 };
	int r;

	s->host = host;
	if (s->settings.centre)
		sms_pdu_number(s->settings.centre, &settings.centre);
	r = use_modem(s, &(struct sms_modem_calls){ .user = s,
						    .changed = modem_changed,
						    .idle = modem_idle,
						    .sent = modem_sent,
						    .reported = modem_reported });
	if (r < 0)
		return r;
	s->courier = sms_courier_new(sdk_host_loop(host), &settings);
	sms_courier_use(s->courier, s->modem);
	s->notifier = sdk_notifier_new(
		&(struct sdk_notifier_setup){ .host = host,
					      .slots = settings.confirm ? CONFIRMED : SLOTS,
					      .urgent_slots = settings.confirm ? CONFIRMED : URGENT_SLOTS,
					      .begin = begin,
					      .user = s });
	return 0;
}

/* --probe: the modem, its SIM card and its network are looked at; nothing is sent. */

static void end_probe(struct sms_notifier *s, const char *result, const char *text)
{
	sdk_loop_disarm(sdk_host_loop(s->host), &s->probe_limit);
	sdk_host_probed(s->host, &(struct sdk_host_verdict){ result, s->settings.port, text });
}

static void probe_changed(void *user)
{
	struct sms_notifier *s = user;
	const char *trouble = sms_modem_trouble(s->modem);

	if (!trouble)
		end_probe(s, "reached", NULL);
	else if (trouble[0])
		end_probe(s, sms_modem_counts(s->modem).silences ? "silent" : "failed", trouble);
}

static void probe_overdue(struct sdk_timer *t)
{
	end_probe(t->user, "failed", "it still looks for its network");
}

static void probe_idle(void *user)
{
	(void)user;
}

/* A report that the modem has kept until somebody listens. */
static void probe_reported(void *user, const struct sms_pdu_report *report)
{
	(void)user;
	(void)report;
}

static int probe(void *user, struct sdk_host *host)
{
	struct sms_notifier *s = user;

	s->host = host;
	s->probe_limit = (struct sdk_timer){ .due = probe_overdue, .user = s };
	sdk_loop_arm(sdk_host_loop(host), &s->probe_limit, PROBE_LIMIT);
	return use_modem(s,
			 &(struct sms_modem_calls){
				 .user = s, .changed = probe_changed, .idle = probe_idle, .reported = probe_reported });
}

static void fini(void *user)
{
	struct sms_notifier *s = user;

	if (s->probe_limit.armed)
		sdk_loop_disarm(sdk_host_loop(s->host), &s->probe_limit);
	sms_modem_free(s->modem);
	sms_courier_free(s->courier);
}

int main(int argc, char **argv)
{
	struct sms_notifier notifier = { 0 };

	return sdk_notifier_main(argc, argv,
				 &(struct sdk_plugin){
					 .name = "sms-notifier",
					 .about = "tells people by short messages, through a modem on a serial line",
					 .options = options,
					 .settings = &notifier.settings,
					 .user = &notifier,
					 .start = start,
					 .probe = probe,
					 .fini = fini,
					 .counters = add_counters,
				 },
				 &notifier.notifier);
}
