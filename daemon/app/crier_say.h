/* crier_say.h: the words of a message to a person, and what a notifier gets beside them. Pure but for the time zone. */
#pragma once

#include <jansson.h>

#include "alarm/ladder_book.h"
#include "base/str.h"

struct crier_say {
	const struct ladder_message *message;
	const struct alarm *alarms[LADDER_BOOK_GROUP_MAX];    /* of its lines; NULL: forgotten since */
	const struct ladder_run *runs[LADDER_BOOK_GROUP_MAX]; /* likewise, never NULL */
	const struct contact_list *people;
};

void crier_say_text(const struct crier_say *s, struct str_buf *to);
/* {"type":"notify","id":…,"to":…,"contact":…,"step":…,"alarm":…,("others":[…],)"told":[…],("clear":true,)"text":…} */
json_t *crier_say_notify(const struct crier_say *s);
/* Who was told of the alarm: [{"contact","name","duty","step","means","outcome","at","clear","text"}] */
json_t *crier_say_told(const struct ladder_run *r, const struct contact_list *people);
