#include "app/happening.h"

#include <stdlib.h>

#include "base/mem.h"

void happening_free(struct happening *h)
{
	alarm_effects_fini(&h->effects);
	for (size_t i = 0; i < h->text_count; i++)
		free(h->texts[i]);
	for (size_t i = 0; i < h->value_count; i++)
		free(h->value_names[i]);
	free(h->messages);
	free(h->texts);
	free(h->values);
	free(h->value_names);
	free(h->summaries);
	free(h->accounts);
	free(h->audits);
	free(h);
}

char *happening_own(struct happening *h, char *text)
{
	if ((h->text_count & (h->text_count - 1)) == 0)
		h->texts = mem_realloc(h->texts, h->text_count ? h->text_count * 2 : 1, sizeof(*h->texts));
	return h->texts[h->text_count++] = text;
}

const char *happening_own_copy(struct happening *h, const char *text)
{
	return text ? happening_own(h, mem_strdup(text)) : NULL;
}

void happening_audit(struct happening *h, const struct store_audit *audit)
{
	h->audits = mem_realloc(h->audits, h->audit_count + 1, sizeof(*h->audits));
	h->audits[h->audit_count++] = (struct store_audit){
		.kind = happening_own_copy(h, audit->kind),
		.who = happening_own_copy(h, audit->who),
		.what = happening_own_copy(h, audit->what),
		.why = happening_own_copy(h, audit->why),
		.detail = happening_own_copy(h, audit->detail),
	};
}

void happening_visit(struct happening *h, const struct store_visit *visit)
{
	h->visit = (struct store_visit){
		.place = happening_own_copy(h, visit->place),
		.resident = happening_own_copy(h, visit->resident),
		.kind = happening_own_copy(h, visit->kind),
		.worker = happening_own_copy(h, visit->worker),
		.note = happening_own_copy(h, visit->note),
		.at_us = visit->at_us,
	};
}

bool happening_yields(const struct happening *h)
{
	for (size_t i = 0; i < h->message_count; i++)
		if (h->messages[i].lane == ENVELOPE_ALARM)
			return false;
	return !alarm_effects_any(&h->effects) && !h->audit_count;
}
