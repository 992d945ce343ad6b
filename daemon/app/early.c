#include "app/early.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

#define MESSAGES_MAX 2000

struct early {
	char **unknown;
	size_t unknown_count;
	struct store_message *messages; /* own their payloads */
	size_t count;
};

struct early *early_new(void)
{
	return MEM_NEW(struct early);
}

static void forget(struct early *e)
{
	while (e->count)
		free((char *)e->messages[--e->count].payload);
	free(steal(&e->messages));
}

static void forget_unknown(struct early *e)
{
	while (e->unknown_count)
		free(e->unknown[--e->unknown_count]);
}

void early_free(struct early *e)
{
	if (!e)
		return;
	forget(e);
	forget_unknown(e);
	free(e->unknown);
	free(e);
}

void early_expect(struct early *e, const char *instance)
{
	for (size_t i = 0; i < e->unknown_count; i++)
		if (str_equal(e->unknown[i], instance))
			return;
	e->unknown = mem_realloc(e->unknown, e->unknown_count + 1, sizeof(*e->unknown));
	e->unknown[e->unknown_count++] = mem_strdup(instance);
}

void early_known(struct early *e, const char *instance)
{
	for (size_t i = 0; i < e->unknown_count; i++)
		if (str_equal(e->unknown[i], instance)) {
			free(e->unknown[i]);
			e->unknown[i] = e->unknown[--e->unknown_count];
		}
	if (e->unknown_count == 0)
		forget(e);
}

void early_keep(struct early *e, const struct store_message *pattern, const char *payload)
{
	if (e->unknown_count == 0)
		return;
	if (e->count == MESSAGES_MAX) {
		/* One that is still silent after so much is broken, and has its alarm. */
		log_warning("outbox: %d messages were kept for plugins that never became ready; no more are",
			    MESSAGES_MAX);
		forget_unknown(e);
		forget(e);
		return;
	}
	if ((e->count & (e->count - 1)) == 0)
		e->messages = mem_realloc(e->messages, e->count ? e->count * 2 : 1, sizeof(*e->messages));
	e->messages[e->count] = *pattern;
	e->messages[e->count].uplink = NULL;
	e->messages[e->count++].payload = mem_strdup(payload);
}

size_t early_count(const struct early *e)
{
	return e->count;
}

const struct store_message *early_next(const struct early *e, const struct store_message *m)
{
	m = m ? m + 1 : e->messages;
	return m < e->messages + e->count ? m : NULL;
}
