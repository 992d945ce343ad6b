/* build.h: what the builders of the configuration share: the arena, the diag, the ids that are known so far.
 *
 * Builders run in the order classes, profiles, estate and places, buses, plugins, contacts and ladders, devices, rules:
 * each only refers to what was built before it. None of them stops at the first mistake. */
#pragma once

#include "conf/conf.h"
#include "conf/confset.h"
#include "conf/fields.h"
#include "conf/idents.h"
#include "conf/unread.h"

/* One group of a list at the top of a file. */
struct build_entry {
	const config_setting_t *setting;
	const struct conffile *file;
	size_t number; /* in its list, from 1 */
	bool skip;     /* another one with its id counts */
	bool spare;    /* the same, but its mistakes are to be told */
};

struct build_entries {
	struct build_entry *entries; /* in the order of the files */
	size_t count, room;
};

struct build {
	struct arena *arena;
	struct diag *diag;
	struct conf *conf;
	const char *data_dir;        /* installed data */
	struct map *texts;           /* each text once */
	const struct unread *unread; /* what it may declare, nobody is told that it is not there */
	struct unread lost;          /* names of points that had mistakes, and are missing */
	struct build_wish *wishes;   /* see build_write.c */
	struct idents classes;       /* object: struct build_class */
	struct idents profiles;      /* object: struct build_profile */
	struct idents places;        /* object: struct place */
	struct idents buses;         /* object: struct bus */
	struct idents plugins;       /* object: struct plugin */
	struct idents ladders, contacts, duties, holidays;
	struct idents devices; /* object: struct device; NULL: declared, but with mistakes, and not among conf's */
	struct idents rules;
};

/* A class and what helps to build on it. */
struct build_class {
	struct class *class;
	struct map *points; /* name → struct class_point */
	bool broken;        /* points are missing whose names nobody knows */
};

/* A profile and what devices want to know of it. */
struct build_profile {
	struct profile *profile;
	bool registers, fields; /* it has points of that kind */
	unsigned widest;        /* registers of its widest point */
	const char *widest_name;
};

void build_init(struct build *b, struct conf *c, struct diag *d);
void build_fini(struct build *b);

void build_entries_add(struct build_entries *e, const struct build_entry *entry);
void build_entries_fini(struct build_entries *e);

/* The one copy of text in the arena; NULL gives NULL. */
const char *build_text(struct build *b, const char *text);
/* Reads entry by the schema of its group. 0 or -EINVAL as fields_read. */
int build_read(struct build *b, const char *group, const struct build_entry *entry, struct fields *ret_fields);
/* The same for a group that stands once: an error names the other place where it stands twice. Without any entry: all its
 * defaults. */
void build_read_once(struct build *b, const char *group, const struct build_entries *e, struct fields *ret_fields);
/* Declares the thing's first key. A spare one (see idents.h), and an error that names the other place, where it is taken;
 * never NULL. */
struct ident *build_declare(struct build *b, struct idents *in, struct fields *f);
/* What the key refers to; NULL when it was not said, or (an error then) there is no such thing. */
const struct ident *build_refer(struct build *b, const struct idents *in, struct fields *f, const char *key);
/* Of equal ids the later file's counts; twice in one level is an error. Marks the others: skip, spare. */
void build_supersede(struct build *b, struct build_entries *e, const char *group);

void build_class_all(struct build *b, const struct build_entries *e);
const struct class_point *build_class_point(const struct build_class *c, const char *name); /* or NULL */
void build_profile_all(struct build *b, struct build_entries *e);
/* The profile of a device that has none: its class's own names. */
const struct build_profile *build_profile_of_class(struct build *b, const struct build_class *c);
void build_place_estate(struct build *b, const struct build_entries *e);
void build_log(struct build *b, const struct build_entries *e);
void build_keep_outbox(struct build *b, const struct build_entries *e);
void build_keep_web(struct build *b, const struct build_entries *e);
void build_keep_audit(struct build *b, const struct build_entries *e);
void build_keep_history(struct build *b, const struct build_entries *e);
void build_place_all(struct build *b, const struct build_entries *e);
void build_bus_all(struct build *b, const struct build_entries *e);
void build_plugin_all(struct build *b, const struct build_entries *e);
/* Its options, or what a contact is to a notifier, as one JSON object. */
const char *build_plugin_json(struct build *b, const config_setting_t *s);
void build_contact_all(struct build *b, const struct build_entries *e);
void build_contact_holidays(struct build *b, const struct build_entries *e);
void build_ladder_all(struct build *b, struct build_entries *e); /* after contacts */
void build_device_all(struct build *b, const struct build_entries *e);
void build_rule_all(struct build *b, struct build_entries *e);
void build_urgent_all(struct build *b);  /* after rules and devices */
void build_silence_all(struct build *b); /* after rules and devices */
/* Under what condition a point may be written: f is the point in the profile's list. */
void build_write_wish(struct build *b, const struct fields *f, const struct profile *profile);
void build_write_all(struct build *b); /* after devices */
void build_touch_all(struct build *b); /* after devices and contacts */
