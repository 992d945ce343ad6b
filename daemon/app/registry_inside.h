/* registry_inside.h: what registry.c (the register and who waits), registry_import.c (tables that come in pieces), registry_intake.c
 * (those that have come) and registry_cards.c share. Private to them. Main thread. */
#pragma once

#include "app/registry.h"
#include "app/residents.h"

#define REGISTRY_WAITING_MAX 64

struct registry_waiting {
	uint64_t token; /* 0: free */
	struct api_pending *pending;
	char *versions_of; /* its record is durable: then his versions are asked for; NULL: nobody's */
	bool reading;      /* they are */
	json_t *answer;    /* NULL: the request's own maker makes it */
};

struct registry {
	struct live *live;
	struct resident *all; /* by id */
	size_t count, room;
	struct registry_waiting waiting[REGISTRY_WAITING_MAX];
	uint64_t last_token;
	struct registry_table *table;   /* its pieces come; NULL: none does */
	struct registry_intake *intake; /* one that has come is taken over; NULL: none is */
};

struct resident *registry_find(const struct registry *g, const char *id);
/* Answers with a mistake. field: NULL: of none. */
void registry_refuse(const struct api_register *act, int status, const char *field, const char *text);
/* Hands it over, with one record {verb, …detail} of what; answer (taken; NULL: the request makes it) when it is durable. */
struct registry_change {
	struct resident *changed; /* taken over by the register, the array stays the caller's */
	size_t changed_count;
	const char *what;
	json_t *detail, *answer; /* taken */
};
/* The first part of it: to the store. False: refused, the rows are gone. Else registry_put and registry_feed are to follow. */
bool registry_hand(struct registry *g, const struct api_register *act, const struct registry_change *c);
void registry_put(struct registry *g, struct resident *rows,
		  size_t count); /* takes their texts; no id is there twice */
void registry_commit(struct registry *g, const struct api_register *act, const struct registry_change *c);

void registry_import(struct registry *g, const struct api_register *act);
void registry_import_forget(struct registry *g); /* the table under way */
