/* isapi_event.h: what one document of a Hikvision controller's event stream says, in the words of class door. Pure.
 *
 *   {"eventType":"AccessControllerEvent","dateTime":…,"AccessControllerEvent":{"majorEventType":5,"subEventType":75,"doorNo":1,…}}
 *
 * or the same as XML. Which code means what is a table. What it does not know is a sign of life with the field `code`. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ISAPI_EVENT_DOORS_MAX 64 /* that are looked at: doors are numbered 1..64 */

enum isapi_event_kind {
	ISAPI_EVENT_LIFE,   /* a heartbeat, or something of a camera: it lives, and no more */
	ISAPI_EVENT_ACCESS, /* of doors: fields is set */
};

/* Whose tamper contact: they are told as one, and only together do they rest. */
enum isapi_event_tamper {
	ISAPI_EVENT_TAMPER_NONE,
	ISAPI_EVENT_TAMPER_HOST,
	ISAPI_EVENT_TAMPER_READER,
	ISAPI_EVENT_TAMPER_MODULE
};

struct isapi_event {
	enum isapi_event_kind kind;
	int door;        /* 0: it does not say */
	bool everywhere; /* of the whole controller where it does not say a door */
	int64_t at_us;   /* 0: it does not say, or not when */
	int64_t serial;  /* of the controller's log; 0: it does not say */
	enum isapi_event_tamper tamper;
	bool tampered;
	bool duress;
	json_t *fields; /* the caller's; NULL: none */
};

/* 0, or -EINVAL with ret_why (a constant): no such document. An event of the past (currentEvent false: kept while nobody listened)
 * has only the fields that stand for danger: a card of yesterday opens nothing today. */
int isapi_event_read(const char *text, size_t len, struct isapi_event *ret_event, const char **ret_why);

/* What /ISAPI/AccessControl/AcsWorkStatus answers: ret_doors is an array, for door 1, 2, … an object of fields, which may be
 * empty. 0 or -EINVAL. */
int isapi_event_status(const char *text, size_t len, json_t **ret_doors);
