#include "ctl/parcel_list.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>

#include "base/mem.h"
#include "base/tree.h"
#include "ctl/words.h"

#define FORM       1
#define NAME_BYTES 512
#define BYTES_MAX  ((json_int_t)1 << 42)
#define TEXT_MAX   256

void parcel_list_fini(struct parcel_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->files[i].name);
	free(l->files);
	free(l->version);
	free(l->estate);
	free(l->host);
	free(l->made);
	free(l->damaged);
	free(l->config);
	*l = (struct parcel_list){ 0 };
}

void parcel_list_add(struct parcel_list *l, const char *name, int64_t bytes, mode_t mode)
{
	if ((l->count & (l->count - 1)) == 0)
		l->files = mem_realloc(l->files, l->count ? l->count * 2 : 1, sizeof(*l->files));
	l->files[l->count++] = (struct parcel_file){ .name = mem_strdup(name), .bytes = bytes, .mode = mode & 0777 };
}

int64_t parcel_list_bytes(const struct parcel_list *l)
{
	int64_t sum = 0;

	for (size_t i = 0; i < l->count; i++)
		sum += l->files[i].bytes;
	return sum;
}

/* ---- write ---- */

static json_t *file_json(const struct parcel_file *f)
{
	char mode[8];

	snprintf(mode, sizeof(mode), "%04o", (unsigned)f->mode);
	return json_pack("{s:s, s:I, s:s, s:s}", "name", f->name, "bytes", (json_int_t)f->bytes, "mode", mode, "sha256",
			 f->hash);
}

void parcel_list_write(const struct parcel_list *l, struct str_buf *to)
{
	_cleanup_(freep) char *text = NULL;
	json_t *files = json_array(), *root;

	for (size_t i = 0; i < l->count; i++)
		json_array_append_new(files, file_json(&l->files[i]));
	root = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s*, s:s, s:{s:i, s:i}, s:b, s:o}", "estated-backup", FORM,
			 "version", l->version, "estate", l->estate, "host", l->host, "made", l->made, "damaged",
			 l->damaged, "config", l->config, "schema", "state", l->schemas[0], "history", l->schemas[1],
			 "credentials", l->credentials, "files", files);
	text = root ? json_dumps(root, JSON_INDENT(1) | JSON_PRESERVE_ORDER) : NULL;
	json_decref(root);
	str_buf_add(to, text ? text : "");
	str_buf_add(to, "\n");
}

/* ---- read ---- */

/* A text that may be shown: short, nothing in it that steers a terminal. */
static char *take_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (!text || !*text || strlen(text) > TEXT_MAX)
		return NULL;
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return NULL;
	return mem_strdup(text);
}

/* state/… or config/…, never out of there, and no deeper than what is ours. */
static bool is_name(const char *name)
{
	size_t depth = 0;

	if (!name || strlen(name) > NAME_BYTES || (!str_starts(name, "state/") && !str_starts(name, "config/")))
		return false;
	for (const char *at = name; at; at = strchr(at, '/')) {
		size_t len;

		at += at != name;
		len = strcspn(at, "/");
		if (len == 0 || (len == 1 && at[0] == '.') || (len == 2 && at[0] == '.' && at[1] == '.') ||
		    depth++ > TREE_DEPTH_MAX)
			return false;
	}
	for (const char *c = name; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return false;
	return true;
}

static bool is_hash(const char *text)
{
	return text && strlen(text) == PARCEL_LIST_HEX - 1 && strspn(text, "0123456789abcdef") == PARCEL_LIST_HEX - 1;
}

static bool is_mode(const char *text, mode_t *ret_mode)
{
	mode_t mode = 0;

	if (!text || strlen(text) != 4 || strspn(text, "01234567") != 4 || text[0] != '0')
		return false;
	for (const char *c = text; *c; c++)
		mode = mode << 3 | (mode_t)(*c - '0');
	*ret_mode = mode;
	return true;
}

static bool read_file(const json_t *row, struct parcel_list *l)
{
	const char *name = json_string_value(json_object_get(row, "name"));
	const char *hash = json_string_value(json_object_get(row, "sha256"));
	const json_t *bytes = json_object_get(row, "bytes");
	mode_t mode;

	if (!is_name(name) || !is_hash(hash) || !json_is_integer(bytes) || json_integer_value(bytes) < 0 ||
	    json_integer_value(bytes) > BYTES_MAX || !is_mode(json_string_value(json_object_get(row, "mode")), &mode))
		return false;
	/* In order of name: no file twice, and none that lies in another. */
	if (l->count && strcmp(l->files[l->count - 1].name, name) >= 0)
		return false;
	parcel_list_add(l, name, json_integer_value(bytes), mode);
	memcpy(l->files[l->count - 1].hash, hash, PARCEL_LIST_HEX);
	return true;
}

static bool read_all(const json_t *root, struct parcel_list *l)
{
	const json_t *files = json_object_get(root, "files"), *schema = json_object_get(root, "schema"), *row;
	size_t i;

	l->version = take_text(root, "version");
	l->estate = take_text(root, "estate");
	l->host = take_text(root, "host");
	l->made = take_text(root, "made");
	l->damaged = take_text(root, "damaged");
	l->config = take_text(root, "config");
	l->schemas[0] = (int)json_integer_value(json_object_get(schema, "state"));
	l->schemas[1] = (int)json_integer_value(json_object_get(schema, "history"));
	l->credentials = json_is_true(json_object_get(root, "credentials"));
	if (!l->version || !l->estate || !l->host || !l->made || !l->config || strchr(l->config, '/'))
		return false;
	if (!json_is_array(files) || json_array_size(files) > PARCEL_LIST_FILES)
		return false;
	json_array_foreach(files, i, row) if (!read_file(row, l)) return false;
	return true;
}

int parcel_list_read(const char *text, size_t len, struct parcel_list *ret_list, struct str_buf *why)
{
	_cleanup_(parcel_list_fini) struct parcel_list l = { 0 };
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *form = json_object_get(root, "estated-backup");
	int r = -EBADMSG;

	if (!json_is_integer(form))
		str_buf_add(why, _("this is no backup of estated"));
	else if (json_integer_value(form) != FORM) {
		str_buf_printf(why, _("the backup was made by a newer estatectl (form %" PRId64 ", this one knows %d)"),
			       (int64_t)json_integer_value(form), FORM);
		r = -EPROTO;
	} else if (!read_all(root, &l))
		str_buf_printf(why, _("its %s is damaged"), PARCEL_LIST_NAME);
	else
		r = 0;
	json_decref(root);
	if (r == 0) {
		*ret_list = l;
		l = (struct parcel_list){ 0 };
	}
	return r;
}
