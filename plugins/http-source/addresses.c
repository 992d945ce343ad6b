#include "http-source/addresses.h"

#include <stdlib.h>
#include <string.h>

#include "sdk/sdk_log.h"

struct addresses {
	json_t *ids;        /* address in small letters → array of device ids */
	json_t *discovered; /* set */
};

/* NULL: longer than an address may be. */
static const char *key_of(const char *address, char buf[static ADDRESSES_MAX_LEN + 1])
{
	size_t len = strlen(address);

	if (len == 0 || len > ADDRESSES_MAX_LEN)
		return NULL;
	for (size_t i = 0; i <= len; i++)
		buf[i] = (char)(address[i] >= 'A' && address[i] <= 'Z' ? address[i] + 0x20 : address[i]);
	return buf;
}

static void add(struct addresses *a, const json_t *device)
{
	json_t *id = json_object_get(device, "id"), *ids;
	const char *address = json_string_value(json_object_get(device, "address"));
	char buf[ADDRESSES_MAX_LEN + 1];
	const char *key = address ? key_of(address, buf) : NULL;

	if (!json_is_string(id))
		return;
	if (!key) {
		sdk_log_warning(
			"device '%.63s' has no address, or one of more than %d bytes: nothing can be told of it",
			json_string_value(id), ADDRESSES_MAX_LEN);
		return;
	}
	ids = json_object_get(a->ids, key);
	if (!ids) {
		ids = json_array();
		json_object_set_new(a->ids, key, ids);
	}
	json_array_append(ids, id);
}

struct addresses *addresses_new(const json_t *devices)
{
	struct addresses *a = calloc(1, sizeof(*a));
	json_t *device;
	size_t i;

	if (!a)
		abort();
	a->ids = json_object();
	a->discovered = json_object();
	json_array_foreach((json_t *)devices, i, device)
	{
		add(a, device);
	}
	return a;
}

void addresses_free(struct addresses *a)
{
	if (!a)
		return;
	json_decref(a->ids);
	json_decref(a->discovered);
	free(a);
}

const json_t *addresses_find(const struct addresses *a, const char *address)
{
	char buf[ADDRESSES_MAX_LEN + 1];
	const char *key = key_of(address, buf);

	return key ? json_object_get(a->ids, key) : NULL;
}

const json_t *addresses_only(const struct addresses *a)
{
	void *first = json_object_iter(a->ids);

	return json_object_size(a->ids) == 1 ? json_object_iter_value(first) : NULL;
}

bool addresses_discover(struct addresses *a, const char *address)
{
	char buf[ADDRESSES_MAX_LEN + 1];
	const char *key = key_of(address, buf);

	if (!key || json_object_get(a->discovered, key) || json_object_size(a->discovered) >= ADDRESSES_DISCOVERED_MAX)
		return false;
	/* One that is no text (not UTF-8) cannot be told of. */
	return json_object_set_new(a->discovered, key, json_true()) == 0;
}

void addresses_each(const struct addresses *a, void (*each)(void *user, const char *address, const json_t *ids),
		    void *user)
{
	const char *address;
	json_t *ids;

	json_object_foreach(a->ids, address, ids)
	{
		each(user, address, ids);
	}
}
