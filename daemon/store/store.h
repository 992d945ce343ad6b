/* store.h: what must survive: state.db (alarms with every transition, outbox, last values, delays) and history.db.
 *
 * One store thread owns the only read-write connection of each file. The main thread hands over operations by queue and
 * gets completions by queue: an operation is done only after COMMIT (WAL, synchronous=FULL; group commit: everything that
 * waits goes into one transaction). The main thread never waits for the disk. Before the loop starts, store_open reads
 * what was kept, on the caller's thread.
 *
 * Main thread only. What is under way (handed over, answer not yet taken by store_next) is bounded by count and bytes, so
 * the answers cannot overflow: a caller that does not take them gets -ENOSPC. While the disk fails operations wait in
 * memory (committer.h); an answer with an error means: not kept, and the store will not try again. */
#pragma once

#include <stdint.h>

#include "alarm/alarm.h"
#include "alarm/evaluator.h"
#include "alarm/ladder_run.h"
#include "alarm/burden.h"
#include "base/queue.h"
#include "model/keeping.h"
#include "model/point.h"
#include "model/resident.h"
#include "model/status.h"
#include "store/audit_head.h"
#include "upstream/envelope.h"
#include "upstream/summary_span.h"

struct store;

struct store_setup {
	const char *dir;    /* made (0700) when it is not there */
	const char *estate; /* for envelopes */
};

/* Opens, checks, migrates; starts the thread. 0, or -errno with *ret_text (static or lent until the next call): what a
 * person can do. A newer schema is refused: -EPROTO; a directory that another process has open: -EBUSY. A damaged state.db
 * is renamed (state.db.damaged-YYYYmmddTHHMMSS, the newest two stay) and a new one begun, the lanes' numbers going on where
 * they can still be read: 0, and *ret_text (also logged) says so; else it is NULL. A disk that does not work (full, read-only, I/O)
 * does not keep alarms from people: 0, *ret_text says so, nothing of what was kept is known, and it is a fault (STORE_FAULT) until the
 * disk is well. */
int store_open(const struct store_setup *setup, struct store **ret_store, const char **ret_text);
/* Commits what waits, checkpoints, closes. Bounded: 10 s. */
void store_close(struct store *s);
UTIL_DEFINE_CLEANUP(struct store *, store_close);

/* A user or a session: a JSON object as text; NULL: it is gone. Texts are copied. */
struct store_account {
	const char *kind, *id, *body;
};

/* What was learned of a dwelling (care.h), as of now. Copied; bytes NULL: nobody is watched there any more. */
struct store_home {
	const char *place;
	const void *bytes;
	size_t len;
};
/* The same, read back: of that monotonic time, of this boot or another. */
struct store_kept_home {
	const char *place;
	const void *bytes;
	size_t len;
	bool same_boot;
	int64_t mono_us;
	int64_t age_us; /* so long ago that was, by the clocks; 0: they cannot tell */
};

/* What was kept, read at start before the thread owns the files. Each callback may be NULL. */
struct store_kept {
	void *context;
	void (*alarm)(void *context, const struct alarm *a); /* every alarm that was not normal */
	void (*delay)(void *context,
		      const struct evaluator_delay *d); /* since_us already on this boot's monotonic clock */
	void (*value)(void *context, const char *point, const struct reading *r); /* last values; r->point unused */
	void (*uplink)(void *context, const char *instance);                      /* instances once known as uplinks */
	void (*mode)(void *context,
		     const struct mode *m); /* what is out of service, in test, proven; after the alarms */
	void (*ladder)(void *context,
		       const struct ladder_run *r); /* began_us already on this boot's clock; after the alarms */
	void (*told)(void *context, const struct burden_told *t);           /* to people of late, oldest first */
	void (*resident)(void *context, const struct resident *r);          /* as they are */
	void (*visited)(void *context, const char *place, int64_t wall_us); /* last contact in person */
	void (*account)(void *context, const struct store_account *a);      /* users, then sessions */
	void (*home)(void *context, const struct store_kept_home *h);       /* after the residents */
};
int store_restore(struct store *s, const struct store_kept *kept);

/* One message to one uplink. The store gives seq in the same transaction. */
struct store_message {
	const char *uplink; /* instance */
	enum envelope_lane lane;
	const char *kind;
	const char *payload;      /* JSON object text */
	int64_t time_us;          /* wall */
	int64_t mono_us;          /* the same moment */
	enum clock_quality clock; /* of time_us */
	bool quiet;               /* of the way to a receiver itself: nobody is accused of keeping it waiting */
};

/* A record of what was done (audit.h). When is said by the commit. Texts are copied. */
struct store_audit {
	const char *kind;   /* alarm mode command write config delivery outbox clock login daemon audit */
	const char *who;    /* NULL: estated itself */
	const char *what;   /* what it was done to: an alarm, a point, a bus, … */
	const char *why;    /* NULL: not said */
	const char *detail; /* a JSON object as text, NULL: none */
};

/* What has left of an hour or a day with the messages of this commit (summary_left.h), and of which devices it was made
 * (summary_devices.h); NULL: as it was noted before. Copied. */
struct store_summary {
	struct summary_span span;
	const char *departed, *devices;
};

/* A contact with people who live here. Texts are copied. */
struct store_visit {
	const char *place;    /* the dwelling */
	const char *resident; /* NULL: whoever lives there */
	const char *kind;     /* visit, card, arrived: in person; phone */
	const char *worker;   /* who was there; NULL: not said */
	const char *note;
	int64_t at_us; /* wall, when it was; 0: now */
};

/* All that one happening leaves behind, in one transaction, or not at all. All is copied. */
struct store_commit {
	const struct alarm_transition *transitions;
	size_t transition_count;
	const struct store_message *messages;
	size_t message_count;
	const struct reading *values; /* last values of points worth keeping (events, states); named by names[i] */
	const char *const *value_names;
	size_t value_count;
	const struct mode *modes; /* as they are from now on */
	size_t mode_count;
	const struct store_audit
		*audits; /* beside those that the store makes itself: of transitions, modes, clock, deliveries */
	size_t audit_count;
	const struct store_summary *summaries;
	size_t summary_count;
	const struct store_visit *visits;
	size_t visit_count;
	const struct store_account *accounts;
	size_t account_count;
	const struct store_home *homes;
	size_t home_count;
	struct clock_now now;     /* where there are modes, audits, visits or homes: this moment */
	uint64_t token;           /* comes back in the completion; 0: none wanted */
	enum clock_quality clock; /* of the wall times of transitions and values */
};
/* 0; -ENOSPC: the queue is full (counted; the engine keeps it and tries again); -EINVAL: a name is missing or has more than
 * 63 bytes. Never blocks. A payload that envelope_check refuses comes back as -EINVAL in the completion, nothing kept. */
int store_submit(struct store *s, const struct store_commit *c);
/* Replaces the kept delays. now says when their since_us was true, by the clock of the last store_submit_clock. */
int store_submit_delays(struct store *s, const struct evaluator_delay *delays, size_t count, struct clock_now now);
/* How far alarms have climbed their ladders, as of now. Copied. */
struct store_ladder {
	const char *alarm;
	const struct ladder_run *run; /* NULL: it is over */
};
int store_submit_ladders(struct store *s, const struct store_ladder *ladders, size_t count, struct clock_now now);
/* A change of the register, in one transaction. Copied. Answered by STORE_REGISTER. */
struct store_register {
	const struct resident *changed; /* as they are from now on, with the version that makes it so */
	size_t changed_count;
	const char *erased; /* an id: all its versions go; NULL: nobody */
	const char
		*erased_place; /* the dwelling, where nobody who is watched lives there any more; NULL: somebody does */
	const char *const
		*points; /* with erased: their last values go, and their samples soon (store_submit_erasure) */
	size_t point_count;
	const struct store_audit *audits;
	size_t audit_count;
	struct clock_now now;
	uint64_t token;
};
int store_submit_register(struct store *s, const struct store_register *change);
/* All versions of a resident, newest first: answered by STORE_REGISTER with messages (resident_table.h). */
int store_submit_versions(struct store *s, const char *id, uint64_t token);
/* The clock. Its map is what mends the times of rows that were stored while it was wrong: nothing is rewritten, they are
 * mended when read or fetched. A row at every step, and whenever its quality changes. */
struct store_clock {
	struct clock_now at; /* right after it */
	enum clock_quality quality;
	int64_t step_us; /* 0: only the quality changed */
	const char *who; /* the person who set it; NULL: nobody here */
};
int store_submit_clock(struct store *s, const struct store_clock *row);
/* The last stored time of a trusted clock, for the next start: every row of the clockmap renews it, so does this. */
int store_submit_floor(struct store *s, int64_t wall_us);
/* As it was at store_open: a clock that nobody steers and that is before this is unset. 0: nothing is known. */
int64_t store_floor_us(const struct store *s);
/* History: dropped and counted when the disk cannot follow; never in the way of a commit. Ids go by name and are kept over
 * restarts: name the points at start and after each change of the table. Naming never fails. */
int store_name_points(struct store *s, const struct point_table *t);
int store_submit_history(struct store *s, const struct reading *r); /* -ENOSPC: dropped and counted */
/* How long samples are kept, and how many bytes of them; copied. As above; the usual where it was never said. */
int store_keep_history(struct store *s, const struct keeping *k);
/* Remembers that an instance is an uplink. */
int store_submit_uplink(struct store *s, const char *instance);

/* Outbox: asks for the next undelivered rows of a lane after seq; answered by a STORE_BATCH completion, also when there are
 * none (last_seq is then after_seq) or when the file cannot be read (error: ask again after a STORE_FAULT with error 0). At
 * most 1000 messages and 1 MiB; one message always comes, however long. */
struct store_fetch {
	const char *uplink;
	enum envelope_lane lane;
	uint64_t after_seq;
	size_t max_messages, max_bytes;
};
int store_submit_fetch(struct store *s, const struct store_fetch *f);
/* The receiver has all up to seq: the rows may go. No completion; a seq that was never given is ignored and logged. */
int store_submit_delivered(struct store *s, const char *uplink, enum envelope_lane lane, uint64_t up_to_seq);
/* A message that can never be delivered: a gap record with that reason takes its place, under the same seq. No completion;
 * one that is not there any more is ignored. */
struct store_aside {
	const char *uplink;
	enum envelope_lane lane;
	uint64_t seq;
	const char *reason;
};
int store_submit_aside(struct store *s, const struct store_aside *aside);

/* The bounds, from the start on and after each reload. Before the first call nothing is dropped. */
struct store_limits {
	uint64_t bytes; /* outbox: what waits for one uplink, payloads */
	int64_t age_us; /* outbox: how long a message waits */
	int64_t audit_age_us;
	uint64_t audit_rows;
};
int store_submit_limits(struct store *s, const struct store_limits *limits);

/* Records of the audit, answered by a STORE_AUDIT completion: messages (one JSON object each, with "prev" and "hash" as its
 * last members) and heads. One answer looks at a bounded number: ask again from heads.looked_n on. */
enum store_audit_order { STORE_AUDIT_OLDEST_FIRST, STORE_AUDIT_NEWEST_FIRST };
struct store_audit_ask {
	enum store_audit_order order;
	uint64_t from_n;  /* exclusive; newest first: 0 from the newest on */
	size_t max;       /* at most 500 */
	const char *kind; /* NULL: all */
	const char *who;  /* is part of the name; NULL: all */
	int64_t since_us; /* wall; 0: all */
	uint64_t token;
};
int store_submit_audit(struct store *s, const struct store_audit_ask *ask);
/* As of the last answer taken. */
struct audit_head store_audit_head(const struct store *s);

/* What happened to one alarm: answered by a STORE_STORY completion with at most that many transitions, newest first. */
int store_submit_story(struct store *s, const char *alarm, size_t max, uint64_t token);

/* Samples that are still in memory go where a reader of history.db finds them (history_reader.h): answered by STORE_STAGED, also
 * when the disk does not take them. */
int store_submit_stage(struct store *s, uint64_t token);
const char *store_history_path(const struct store *s); /* lives as long as the store */
const char *store_state_path(
	const struct store *s); /* likewise; read only what others wrote, by a connection of one's own */

enum store_done_kind {
	STORE_COMMITTED, /* token; error */
	STORE_QUEUED,    /* new rows for uplink/lane are durable: first_seq, last_seq; after its STORE_COMMITTED */
	STORE_BATCH,     /* uplink, lane, messages (envelopes as text, in order of seq), last_seq */
	STORE_STAGED,    /* token */
	STORE_STORY,     /* token; error; messages (JSON objects as text: alarm_table.h), newest first */
	STORE_REGISTER,  /* token; error; messages, where it was asked for versions */
	STORE_AUDIT,     /* token; error; messages; heads */
	STORE_FAULT,     /* text: the disk fails (error < 0), or works again (error 0) */
};
struct store_audit_heads {
	struct audit_head head, anchor; /* the newest record; the last of those that have gone */
	uint64_t looked_n;              /* how far it has looked */
};
struct store_done {
	enum store_done_kind kind;
	int error;
	uint64_t token;
	char uplink[64];
	enum envelope_lane lane;
	uint64_t first_seq, last_seq;
	uint64_t loud_seq; /* STORE_QUEUED: the last that is not quiet; 0: none */
	char **messages;   /* owned by whoever popped it: store_done_fini */
	size_t message_count;
	char *text;
	struct store_audit_heads heads;
};
/* Completions; the fd is readable while there are some: take them until store_next says false. */
int store_fd(const struct store *s);
bool store_next(struct store *s, struct store_done *ret_done);
void store_done_fini(struct store_done *d);

void store_status(struct store *s, struct status_store *ret_status);
/* One row per uplink and lane, from counters kept by the store thread; returns how many (at most max). Texts live as long as the store. */
size_t store_outbox(struct store *s, struct status_outbox *rows, size_t max);
uint64_t store_turns(const struct store *s); /* grows while the thread turns, at least once a second */
