/* api.h: the HTTP+JSON API on the unix socket (/v1/…) and its live stream. Main thread, evhttp.
 *
 * Who may do what is decided here: SO_PEERCRED and SO_PEERGROUPS give the role, a route row says the role it needs.
 * State is only read; every change goes up through a call and is answered when it is durable. */
#pragma once

#include <jansson.h>

#include "alarm/evaluator.h"
#include "alarm/burden.h"
#include "model/estate.h"
#include "model/order.h"
#include "model/place.h"
#include "model/point.h"
#include "model/scope.h"
#include "model/status.h"
#include "upstream/summary_span.h"

struct event_base;
struct api;
struct care;
struct care_presence;
struct resident;

/* Roles are not a ladder: a technician does not read the register of residents, a care worker writes no register. A route
 * is open to a set of them. */
enum api_role { API_NOBODY, API_VIEWER, API_OPERATOR, API_CARE, API_TECHNICIAN, API_ADMIN, API_ROLES };
enum api_roles {
	API_FOR_ANYBODY = 1 << API_NOBODY, /* who has not said yet who he is; alone in its set: everybody */
	API_FOR_ADMIN = 1 << API_ADMIN,
	API_FOR_TECHNICIANS = API_FOR_ADMIN | 1 << API_TECHNICIAN,
	API_FOR_CARE = API_FOR_ADMIN | 1 << API_CARE,         /* who people are: the register, visits */
	API_FOR_HOMES = API_FOR_CARE | 1 << API_OPERATOR,     /* how homes are, without the register */
	API_FOR_DESK = API_FOR_HOMES | API_FOR_TECHNICIANS,   /* acknowledges, arrives, closes */
	API_FOR_CONTACTS = API_FOR_DESK,                      /* who is told of alarms */
	API_FOR_SAMPLES = API_FOR_CARE | API_FOR_TECHNICIANS, /* what sensors of homes have said */
	API_FOR_ALL = API_FOR_DESK | 1 << API_VIEWER,
};
const char *api_role_name(enum api_role role);
json_t *api_scope_json(const struct scope *s);                 /* its places; "*" is the whole estate */
int api_role_parse(const char *name, enum api_role *ret_role); /* not nobody; 0, -EINVAL */
static inline bool api_role_in(enum api_role role, unsigned roles)
{
	return roles & 1u << role;
}

/* A request that waits for its answer. Valid until api_finish. */
struct api_pending;

/* The configuration as a whole. Answered through api_finish_json, on a later turn. */
enum api_config_act { API_CONFIG_DIFF, API_CONFIG_RELOAD, API_CONFIG_CONFIRM };
struct api_config_request {
	enum api_config_act act;
	const char *who;
	int64_t confirm_us;          /* reload: return to the old one unless confirmed within; 0: for good */
	struct api_pending *pending; /* NULL: nobody waits (a signal) */
};

/* Another level of the log for a while. */
struct api_log_request {
	int room;             /* enum log_room, or -1: all */
	enum log_level level; /* 0: as configured */
	int64_t for_us;       /* 0: as long as is usual */
	const char *who;
};

/* What a bus's own thread has to be asked for. */
enum api_look_at { API_LOOK_WHY, API_LOOK_FRAMES, API_LOOK_SHEET };
struct api_look {
	enum api_look_at at;
	const char *subject; /* a point's name; frames, sheet: a bus's id */
	uint32_t from; /* frames: number of the first one that is wanted; sheet: so many points were told before */
	struct api_pending *pending;
};

/* Something that is to be done on a bus beside its plan. Texts are lent for the call. */
struct api_order {
	enum order_kind kind;
	const char *subject;      /* a bus's id; write: a point's name */
	const char *who, *reason; /* reason: of a write; NULL: not said */
	uint8_t unit;             /* read, probe */
	enum codec_table table;   /* read: from here on so many */
	uint16_t address, count;
	bool typed; /* read: they are values of this type and order */
	enum codec_type type;
	enum codec_order order;
	bool guessing; /* read: how would they be this number? */
	double guess;
	struct value value; /* write */
	int64_t for_us;     /* pause */
	struct api_pending *pending;
};

/* Something that a plugin is to do. All is lent for the call. */
struct api_bid {
	const char *plugin, *verb;
	json_t *args; /* an object; NULL: none */
	const char *who, *reason;
	struct api_pending *pending;
};

/* Records of the audit. Texts are lent for the call. */
enum api_audit_view {
	API_AUDIT_SHOW,  /* the newest that fit, in order of time: a list of objects */
	API_AUDIT_CHAIN, /* those after a number, as they are chained, with head and anchor */
};
struct api_audit {
	enum api_audit_view view;
	uint64_t after; /* CHAIN */
	size_t limit;
	const char *kind, *who; /* SHOW; NULL: all */
	int64_t since_us;       /* SHOW; wall; 0: all */
	struct api_pending *pending;
};

/* The kept samples of a point. Texts are lent for the call. */
struct api_history {
	const char *point;
	int64_t from_us, to_us, every_us; /* every_us 0: the samples themselves, the oldest first */
	size_t limit;                     /* samples */
	struct api_pending *pending;
};

/* What stirred in a dwelling, on so many days, today among them. */
struct api_activity {
	const char *place; /* lent for the call */
	unsigned days;
	struct api_pending *pending;
};

/* A piece of what was recorded of all points, as lines for a replay: {"lines":[…],"next":ms or null}. */
struct api_recording {
	int64_t from_us, to_us;
	bool begins; /* the first piece */
	struct api_pending *pending;
};

/* A copy of all that is kept, for estatectl to pack. */
enum api_backup_act { API_BACKUP_BEGIN, API_BACKUP_LOOK, API_BACKUP_END };
struct api_backup {
	enum api_backup_act act;
	const char *who; /* lent for the call */
};

/* What an hour or a day came to, or each of some days: one that is not over yet ends now. Pointers are lent for the call. */
struct api_summary {
	struct summary_span span; /* the first one */
	size_t days;              /* from there on, side by side; 0: rows of the one span, of the whole estate */
	const struct scope *scope;
	const char *scopes; /* kinds of rows, "estate,lift"; NULL: all */
	json_t *head;       /* what the answer says first: an object, shared from then on */
	int64_t now_us;     /* wall: the last one ends then */
	struct api_pending *pending;
};

/* Contacts with people who live here: a list, the figures of some time; or how people answered alarms. Texts are lent for the call. */
enum api_visits_view { API_VISITS_LIST, API_VISITS_FIGURES, API_VISITS_RESPONSE };
struct api_visits {
	enum api_visits_view view;
	const char *worker;     /* NULL: all */
	int64_t from_us, to_us; /* wall */
	size_t limit;           /* rows of a list */
	struct scope scope;     /* what of it is for whoever asks */
	struct api_pending *pending;
};
/* One such contact, by whoever records it. Texts are lent for the call. */
struct api_visit {
	const char *place, *resident, *kind, *worker, *note; /* resident, note: NULL where it is not said */
	const char *who;
	int64_t at_us; /* wall; 0: now */
	struct api_pending *pending;
};

/* One shift hands over to the next. Texts are lent for the call. */
struct api_handover {
	const char *who;     /* as the socket says */
	const char *to, *by; /* people; by: NULL: who */
	const char *note;    /* NULL: none */
	const json_t *open;  /* ids of the alarms that are not normal */
	struct api_pending *pending;
};

/* A session as it is now. */
struct api_session {
	uint64_t id;      /* of this run of the daemon; 0: none */
	const char *user; /* lent until the next turn */
	enum api_role role;
	struct scope scope;
	bool wall;
	int64_t expires_us; /* wall */
};
#define API_TOKEN_HEX 65 /* 256 bits as text, with the end */

/* Somebody logs in. Texts are lent for the call. */
struct api_login {
	const char *user, *password, *address; /* address: "": not known */
	bool wall;                             /* a display: lasts, and only looks */
	struct api_pending *pending;
};

/* Something is done to a user. Texts are lent for the call; NULL: stays as it is. */
enum api_user_act {
	API_USER_ADD,
	API_USER_SET,
	API_USER_PASSWORD,
	API_USER_REMOVE,
	API_USER_END_SESSIONS,
	API_USER_OWN_PASSWORD, /* who knows the old one gives himself another */
};
struct api_user_request {
	enum api_user_act act;
	const char *name, *password;
	enum api_role role; /* API_NOBODY: stays */
	const struct scope *scope;
	const char *who;
	const char *old, *address; /* OWN_PASSWORD: what is to be known, and where from; address "": not known */
	uint64_t session;          /* OWN_PASSWORD: goes on; 0: none does */
	struct api_pending *pending;
};

/* Something is done to the register of residents, or released of it. Texts are lent for the call. */
enum api_register_verb {
	API_REGISTER_ADD,
	API_REGISTER_SET,
	API_REGISTER_ERASE,
	API_REGISTER_IMPORT,
	API_REGISTER_VERSIONS, /* who changed what, when: a list, the newest first */
	API_REGISTER_RELEASE,  /* the pending request's own maker makes the answer, once it is recorded */
};
struct api_register {
	enum api_register_verb verb;
	const char *id;       /* RELEASE: NULL: of several */
	const json_t *fields; /* ADD, SET: names and texts (model/resident_field.h) */
	uint64_t version;     /* SET: of the one that was looked at; 0: whatever it is */
	const char *what;     /* RELEASE: "names", "sheet", "table" */
	const char *text;     /* IMPORT: a piece of the table */
	bool first, last, dry_run;
	const char *who, *reason;
	const struct scope *scope; /* whoever is outside is not named; NULL: nobody is */
	struct api_pending *pending;
};

/* Something about people was given to somebody, or refused. */
struct api_release {
	const char *who, *what;
	enum api_role role;
	bool granted;
};

/* The daemon as the API sees it. Pointers returned are lent until the next turn of the loop. Main thread. */
struct api_source {
	void *context;
	const struct estate *(*estate)(void *context);
	const struct place *(*places)(void *context, size_t *ret_count); /* the declared ones; may be NULL */
	struct device_list (*devices)(void *context);
	const struct point_table *(*points)(void *context);
	const struct evaluator *(*alarms)(void *context);
	size_t (*buses)(void *context, struct status_bus *rows, size_t max);
	size_t (*bus_units)(void *context, const char *bus, struct status_unit *rows, size_t max);
	size_t (*plugins)(void *context, struct status_plugin *rows, size_t max);
	/* Devices that plugins have heard of and nobody has configured: how many, and one as a row (NULL: it does not fit the
	 * glob, or is gone; the caller owns it). May be NULL. */
	size_t (*discovered_count)(void *context);
	json_t *(*discovered)(void *context, size_t index, const char *match);
	const struct profile *(*profiles)(void *context, size_t *ret_count); /* may be NULL */
	size_t (*outbox)(void *context, struct status_outbox *rows, size_t max);
	void (*store)(void *context, struct status_store *ret_status);
	int64_t (*started_us)(void *context); /* wall time of the start */
	bool (*ready)(void *context);         /* every bus was asked once, every plugin has answered or failed once */
	/* A person's input. 0: api_finish comes later (after COMMIT), also from within this call; -ENOENT, -EALREADY, …:
	 * answered at once. c and its texts are lent for the call. */
	int (*command)(void *context, const struct evaluator_command *c, struct api_pending *pending);
	/* A device out of service, a device or place in test. As command; may be NULL. */
	int (*mode)(void *context, const struct evaluator_mode *m, struct api_pending *pending);
	/* What happened to one alarm. 0: api_finish_story comes later; -EBUSY, -ENOSPC: answered at once. May be NULL. */
	int (*story)(void *context, const char *alarm, struct api_pending *pending);
	/* 0: api_finish_json comes later; -EBUSY: too many ask. May be NULL. */
	int (*history)(void *context, const struct api_history *ask);
	int (*activity)(void *context, const struct api_activity *ask); /* the same; -ENOENT: nobody is watched there */
	int (*recording)(void *context, const struct api_recording *ask); /* the same */
	int (*summary)(void *context, const struct api_summary *ask);     /* the same */
	/* People who are told, who of them is on duty for a place ("": none), who was told of an alarm: lists; the caller owns
	 * them. May be NULL. */
	json_t *(*contacts)(void *context);
	json_t *(*ladders)(void *context); /* their steps: a list; the caller owns it. May be NULL */
	json_t *(*on_duty)(void *context, const char *place);
	json_t *(*told)(void *context, const char *alarm);
	/* Who is told of an alarm next, and when: an object; the caller owns it. NULL: nobody. May be NULL. */
	json_t *(*next)(void *context, const char *alarm);
	/* Whom an alarm is about beside the people of its own dwelling, in the order in which they are to be helped: a list; the
	 * caller owns it. May be NULL. */
	json_t *(*helped)(void *context, const struct alarm *a);
	/* api_finish comes later: when it is durable. May be NULL. */
	void (*hand_over)(void *context, const struct api_handover *h);
	/* 0: api_finish_json comes later; -EBUSY: too many ask. May be NULL. */
	int (*visits)(void *context, const struct api_visits *ask);
	/* One row a watched dwelling; the caller owns the list. May be NULL. */
	json_t *(*visits_due)(void *context);
	/* 0: api_finish comes later, when it is durable; -ENOENT: no such place. May be NULL. */
	int (*visit)(void *context, const struct api_visit *visit);
	/* How well the alarms serve the people who get them. May be NULL. */
	void (*burden)(void *context, struct burden_report *ret_report);
	/* 0: api_finish_json comes later; -EBUSY, -ENOSPC: answered at once. May be NULL. */
	int (*audit)(void *context, const struct api_audit *ask);
	/* 0 with how far it is (the caller owns it); -EBUSY: one is under way; -ENOENT: none is; other -errno. May be NULL. */
	int (*backup)(void *context, const struct api_backup *act, json_t **ret_answer);
	/* 0: api_finish_json comes later; -EBUSY, -EALREADY (nothing to confirm), …: answered at once. May be NULL. */
	int (*config)(void *context, const struct api_config_request *request);
	void (*config_status)(void *context, struct status_config *ret_status);
	void (*clock)(void *context, struct status_clock *ret_status);
	/* 0; -ERANGE: before this program was built; -EPERM: the system refuses. */
	int (*set_clock)(void *context, int64_t wall_us, const char *who);
	/* The client will set it, now: its step is who's. 0; -ERANGE. */
	int (*expect_clock)(void *context, int64_t wall_us, const char *who);
	void (*log)(void *context, struct status_log *ret_status);
	void (*set_log)(void *context, const struct api_log_request *request);
	/* 0: api_finish_json comes later, or has come; -EBUSY: too many look at the same time. May be NULL. */
	int (*look)(void *context, const struct api_look *look);
	/* Always taken: api_finish_json comes later, or has come. May be NULL. */
	void (*order)(void *context, const struct api_order *order);
	/* Likewise. */
	void (*bid)(void *context, const struct api_bid *bid);
	/* The register of residents, by id. May be NULL. */
	const struct resident *(*residents)(void *context, size_t *ret_count);
	/* Always taken: the request is ended later, or has been. May be NULL. */
	void (*registry)(void *context, const struct api_register *act);
	const struct care *(*care)(void *context); /* may be NULL */
	/* Who a token speaks for, now: it is used, so it lasts on. False: nobody. May be NULL. */
	bool (*session)(void *context, const char *token, struct api_session *ret_session);
	/* The same without using it: an open page by itself does not keep a session. NULL where session is. */
	bool (*session_look)(void *context, const char *token, struct api_session *ret_session);
	bool (*csrf_good)(void *context, const char *token, const char *said);
	void (*csrf)(void *context, const char *token, char ret_csrf[API_TOKEN_HEX]);
	/* How long the user and the address have to wait for their next try; 0: not at all. */
	int64_t (*login_wait)(void *context, const struct api_login *ask);
	/* 0: api_finish_login comes later; -EBUSY: too many log in. */
	int (*login)(void *context, const struct api_login *ask);
	/* api_finish comes later. */
	void (*logout)(void *context, uint64_t session, const char *who, struct api_pending *pending);
	/* 0: api_finish comes later; -ENOENT, -EEXIST, -ENOSPC, -EBUSY: answered at once. */
	int (*user)(void *context, const struct api_user_request *r);
	json_t *(*users)(void *context); /* lists; the caller owns them */
	json_t *(*sessions)(void *context);
	/* Into the audit. May be NULL. */
	void (*release)(void *context, const struct api_release *r);
	/* Further counters for /v1/status and /metrics; may be NULL. The caller owns the reference. */
	json_t *(*counters)(void *context);
};

/* Bounds of what clients can cost. Times are absolute: bytes that drip in do not renew them. */
struct api_limits {
	size_t connections;       /* further ones are answered 503; streams do not count */
	size_t streams;           /* beside them; likewise */
	int64_t first_request_us; /* a new connection has sent a whole request by then, or is closed */
	int64_t idle_us;          /* the next request is whole by then */
	int64_t answer_us;        /* an answer has left by then */
	int64_t pending_us;       /* a command that is not durable by then is answered 504 */
	int64_t keepalive_us;     /* a comment on a stream */
	size_t stream_bytes;      /* a stream with more waiting for its client is dropped */
};
extern const struct api_limits api_limits_usual;

struct api_setup {
	struct event_base *base;
	const char
		*socket_path; /* replaced when it is there and nobody listens; 0660, group `estated` if there is one */
	int listen_fd;        /* -1, or a descriptor handed over by the service manager; ours then */
	const struct api_source *source;
	const struct api_limits *limits; /* NULL: the usual ones */
	const char *gate_user; /* estated-web's; NULL, or one that the system does not know: nobody is the gate */
};

/* 0, or -errno with *ret_text: what a person can do (static), NULL where the error says it. SIGPIPE must be ignored. */
int api_open(const struct api_setup *setup, struct api **ret_api, const char **ret_text);
/* Forgets all clients. Pending requests may still be ended by api_finish, before or after: nobody hears of it. */
void api_close(struct api *a);
UTIL_DEFINE_CLEANUP(struct api *, api_close);

/* Ends a pending request: error 0 done, else -errno with text (NULL: ours). Exactly once for each command that was taken. */
void api_finish(struct api_pending *p, int error, const char *text);

/* Ends a pending request with an answer of its own; takes body. */
void api_finish_json(struct api_pending *p, int status, json_t *body);

/* Ends a login: with the session, whose token is told this once; NULL: it is refused. */
void api_finish_login(struct api_pending *p, const struct api_session *session, const char *token);

/* Ends a pending request for a story with its transitions, oldest first; takes the list. error: it cannot be read. */
void api_finish_story(struct api_pending *p, int error, json_t *chapters);

/* The stream: what changed. Called by the engine; bounded per client (256 KiB, then the client is dropped). */
void api_point_changed(struct api *a, const struct point *p);
void api_alarm_changed(struct api *a, const struct alarm_transition *t);
/* Who is told of it next is another one now, or at another time. */
void api_next_changed(struct api *a, const char *alarm);
void api_health_changed(struct api *a, const char *what, const char *id, const char *state, const char *text);
/* Who is in a dwelling, as far as it is known. */
void api_home_changed(struct api *a, const struct care_presence *p);
/* Another user is estated-web's now; connections that are open stay as they were. */
void api_set_gate(struct api *a, const char *gate_user);
/* A session is over, or means something else now: its streams end. 0: those of all sessions. */
void api_session_ended(struct api *a, uint64_t session);
size_t api_clients(const struct api *a);
/* Those of them that are the page at a desk which is told of alarms there; place NULL: of the whole estate. */
size_t api_pages(const struct api *a, const char *place);
