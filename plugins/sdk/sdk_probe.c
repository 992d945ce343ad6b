#include "sdk/sdk_probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "sdk/sdk_clock.h"

#define TRIES       2
#define LIMIT_US    (6 * SDK_CLOCK_S)
#define KEEPALIVE_S 10

struct sdk_probe {
	struct sdk_host *host;
	struct sdk_mqtt *mqtt;
	struct sdk_timer goodbye, limit;
	const char *url;
	char client_id[32];
	unsigned lost;
};

static const char *result_of(enum sdk_mqtt_failure failure)
{
	switch (failure) {
	case SDK_MQTT_UNRESOLVED: return "unresolved";
	case SDK_MQTT_REFUSED: return "refused";
	case SDK_MQTT_UNREACHABLE: return "unreachable";
	case SDK_MQTT_SILENT: return "silent";
	case SDK_MQTT_DENIED: return "denied";
	case SDK_MQTT_LOST: break;
	}
	return "failed";
}

static void broker_up(void *user)
{
	struct sdk_probe *p = user;

	sdk_loop_arm(sdk_host_loop(p->host), &p->goodbye, 0);
}

static void goodbye_due(struct sdk_timer *t)
{
	struct sdk_probe *p = t->user;

	sdk_mqtt_stop(p->mqtt);
	sdk_host_probed(p->host, &(struct sdk_host_verdict){ "reached", p->url, "" });
}

/* "no broker at URL: why": the URL is told apart. */
static const char *reason(const struct sdk_probe *p, const char *why)
{
	const char *at = strstr(why, p->url);

	return at && strncmp(at + strlen(p->url), ": ", 2) == 0 ? at + strlen(p->url) + 2 : why;
}

/* A name may have several addresses, of which the first is not the one: the next try takes the next. */
static void broker_lost(void *user, const char *why)
{
	struct sdk_probe *p = user;
	enum sdk_mqtt_failure failure = sdk_mqtt_failure(p->mqtt);
	bool may_do_better = failure == SDK_MQTT_REFUSED || failure == SDK_MQTT_UNREACHABLE;

	if (++p->lost < TRIES && may_do_better)
		return;
	sdk_host_probed(p->host, &(struct sdk_host_verdict){ result_of(failure), p->url, reason(p, why) });
}

static void broker_message(void *user, const struct sdk_mqtt_message *message)
{
	(void)user;
	(void)message;
}

static void limit_due(struct sdk_timer *t)
{
	struct sdk_probe *p = t->user;

	sdk_host_probed(p->host,
			&(struct sdk_host_verdict){ "silent", p->url, "neither the broker nor an error in 6 s" });
}

static const struct sdk_mqtt_events events = { .up = broker_up, .lost = broker_lost, .message = broker_message };

static struct sdk_probe *probe_new(struct sdk_host *host, const struct sdk_probe_broker *broker)
{
	struct sdk_probe *p = calloc(1, sizeof(*p));
	unsigned random = 0;

	if (!p)
		abort();
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != (ssize_t)sizeof(random))
		random = 0; /* two at the same time would then push each other out */
	snprintf(p->client_id, sizeof(p->client_id), "estated-probe-%08x", random);
	p->host = host;
	p->url = broker->url;
	p->goodbye = (struct sdk_timer){ .due = goodbye_due, .user = p };
	p->limit = (struct sdk_timer){ .due = limit_due, .user = p };
	sdk_loop_arm(sdk_host_loop(host), &p->limit, LIMIT_US);
	p->mqtt = sdk_mqtt_new(sdk_host_loop(host),
			       &(struct sdk_mqtt_settings){
				       .url = broker->url,
				       .tls = broker->tls,
				       .server_name = broker->server_name,
				       .version = broker->version,
				       .client_id = p->client_id,
				       .username = broker->username,
				       .password = broker->password,
				       .keepalive_s = KEEPALIVE_S,
				       .session = SDK_MQTT_CLEAN,
			       },
			       &events, p);
	return p;
}

int sdk_probe_start(struct sdk_host *host, const struct sdk_probe_broker *broker, struct sdk_probe **ret_probe)
{
	char why[SDK_SECRET_WHY_MAX];
	int r = sdk_secret_probe(&broker->password, why);

	if (r == 0 && broker->tls)
		r = sdk_tls_check(broker->tls, why);
	if (r < 0) {
		sdk_host_fail(host, "%s", why);
		return r;
	}
	*ret_probe = probe_new(host, broker);
	sdk_mqtt_start((*ret_probe)->mqtt);
	return 0;
}

void sdk_probe_free(struct sdk_probe *p)
{
	if (!p)
		return;
	sdk_loop_disarm(sdk_host_loop(p->host), &p->goodbye);
	sdk_loop_disarm(sdk_host_loop(p->host), &p->limit);
	sdk_mqtt_free(p->mqtt);
	free(p);
}
