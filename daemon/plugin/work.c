#include "plugin/work.h"

#include "base/complain.h"
#include "base/map.h"
#include "base/mem.h"

#define FUTURE_MAX        MINUTE /* a stamp later than this is a wrong clock */
#define DISCOVERED_MAX    1000   /* addresses told upwards in a window: each is a line somewhere */
#define DISCOVERED_WINDOW HOUR

struct work {
	const struct supervisor_setup *setup;
	struct supervisor *supervisor;
	struct map *devices;        /* id → const struct device * */
	const struct device **list; /* the same, in order */
	size_t count;
	struct mapping_field *fields; /* of the sample in work */
	struct complaint unknown_devices, too_many_discovered, odd_addresses;
	unsigned discovered;
	int64_t discovered_since_us;
};

struct work *work_new(const struct supervisor_setup *setup, struct supervisor *s)
{
	struct work *w = MEM_NEW(struct work);

	w->setup = setup;
	w->supervisor = s;
	w->fields = mem_array(PROTOCOL_FIELDS_MAX, sizeof(*w->fields));
	w->devices = map_new();
	w->list = mem_array(setup->devices.count, sizeof(const struct device *));
	for (size_t i = 0; i < setup->devices.count; i++) {
		const struct device *d = &setup->devices.devices[i];

		if (d->plugin != setup->plugin)
			continue;
		map_put(w->devices, d->id, (void *)d);
		w->list[w->count++] = d;
	}
	return w;
}

void work_free(struct work *w)
{
	if (!w)
		return;
	map_free(w->devices);
	free(w->list);
	free(w->fields);
	free(w);
}

const struct device *const *work_devices(const struct work *w, size_t *ret_count)
{
	*ret_count = w->count;
	return w->list;
}

static const struct device *find_device(struct work *w, const char *id)
{
	const struct device *d = map_find(w->devices, id);

	if (!d)
		complain_as(&w->unknown_devices, LOGID_NONE, LOG_ABOUT(.plugin = w->setup->plugin->id),
			    "plugin %s: speaks of device '%s', which is not its own: ignored", w->setup->plugin->id,
			    id);
	return d;
}

/* Whether an event point reads this field. */
static bool feeds_an_event(const struct profile *profile, const char *path)
{
	for (size_t i = 0; i < profile->point_count; i++) {
		const struct profile_point *p = &profile->points[i];

		if ((p->event || p->type == VALUE_EVENT) && p->field.path && str_equal(p->field.path, path))
			return true;
	}
	return false;
}

/* What a broker kept says how things stood; it is no button being pressed now. */
static size_t leave_events_out(const struct device *d, struct mapping_field *fields, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (!feeds_an_event(d->profile, fields[i].path))
			fields[kept++] = fields[i];
	return kept;
}

static void take_sample(struct work *w, const struct protocol_message *m)
{
	_cleanup_(arena_freep) struct arena *arena = NULL;
	const struct device *d = find_device(w, m->device);
	struct mapping_message message = { .device = d, .fields = w->fields, .at = clock_now(), .test = m->test };

	if (!d) {
		if (m->id_json)
			supervisor_stored(w->supervisor, m->id_json); /* it may forget it: nobody will ever want it */
		return;
	}
	arena = arena_new();
	message.field_count = protocol_fields(
		m->fields, &(struct protocol_flat){ .arena = arena, .fields = w->fields, .max = PROTOCOL_FIELDS_MAX });
	if (m->retained)
		message.field_count = leave_events_out(d, w->fields, message.field_count);
	message.kept = m->retained;
	message.age_us = -1;
	if (m->has_at && m->at_us <= message.at.wall_us + FUTURE_MAX) {
		message.age_us = MAX(message.at.wall_us - m->at_us, 0);
		message.at.wall_us = m->at_us;
	}
	w->setup->calls->sample(w->setup->calls->context, w->supervisor, &message, m->id_json);
}

static void take_stale(struct work *w, const struct protocol_message *m)
{
	const struct device *d = find_device(w, m->device);

	if (d)
		w->setup->calls->stale(w->setup->calls->context, w->supervisor, d);
}

/* It is to stand in the configuration and on a technician's screen. */
static bool is_address(const char *address)
{
	size_t len = strlen(address);

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)address[i] < 0x20 || address[i] == 0x7f)
			return false;
	return len > 0 && len <= SUPERVISOR_ADDRESS_MAX;
}

static void tell_discovered(struct work *w, const struct protocol_message *m)
{
	w->setup->calls->discovered(w->setup->calls->context, w->supervisor,
				    &(struct supervisor_discovery){ .address = m->address,
								    .name = m->name,
								    .vendor = m->vendor,
								    .model = m->model,
								    .battery = m->battery,
								    .fields = m->fields });
}

static void take_discovered(struct work *w, const struct protocol_message *m)
{
	int64_t now_us = clock_mono_us();

	if (!is_address(m->address)) {
		complain_as(&w->odd_addresses, LOGID_NONE, LOG_ABOUT(.plugin = w->setup->plugin->id),
			    "plugin %s: tells of an address that is empty, longer than %d bytes or has control "
			    "characters in "
			    "it: ignored",
			    w->setup->plugin->id, SUPERVISOR_ADDRESS_MAX);
		return;
	}

	if (now_us - w->discovered_since_us > DISCOVERED_WINDOW) {
		w->discovered_since_us = now_us;
		w->discovered = 0;
		complain_resolved(&w->too_many_discovered, "plugin %s: unknown addresses are told of again",
				  w->setup->plugin->id);
	}
	if (w->discovered++ < DISCOVERED_MAX)
		tell_discovered(w, m);
	else
		complain_as(&w->too_many_discovered, LOGID_NONE, LOG_ABOUT(.plugin = w->setup->plugin->id),
			    "plugin %s: more than %d unknown addresses in an hour: ignored", w->setup->plugin->id,
			    DISCOVERED_MAX);
}

void work_take(struct work *w, const struct protocol_message *m)
{
	const struct supervisor_calls *calls = w->setup->calls;
	struct supervisor *s = w->supervisor;

	switch (m->type) {
	case PROTOCOL_SAMPLE: take_sample(w, m); break;
	case PROTOCOL_STALE: take_stale(w, m); break;
	case PROTOCOL_DISCOVERED: take_discovered(w, m); break;
	case PROTOCOL_DELIVERED: calls->delivered(calls->context, s, m->number); break;
	case PROTOCOL_REFUSED:
		calls->refused(calls->context, s,
			       &(struct supervisor_refusal){
				       .batch = m->number, .seq = m->seq, .retry = m->flag, .text = m->text });
		break;
	case PROTOCOL_NOTIFIED:
		if (calls->notified)
			calls->notified(calls->context, s, m->number, m->flag, m->text);
		break;
	case PROTOCOL_RESULT:
		if (calls->result)
			calls->result(calls->context, s, m->number, m->flag, m->json);
		break;
	default: break;
	}
}
