#include "field/poller_link.h"

#include <errno.h>

#include "base/clock.h"
#include "base/log.h"
#include "field/notice.h"
#include "field/poller_aside.h"
#include "field/schedule.h"
#include "field/verdict.h"

#define FRUITLESS_MAX 4        /* links in a row, so that one unit that makes a gateway hang up is found out before */
#define CALL_US       (10 * S) /* a modem that is away for so long is told */

#define add(counter)        poller_add(counter)
#define put(counter, value) poller_put(counter, value)

void poller_link_expect(struct poller *p)
{
	p->open_us = p->bus->type == BUS_DIAL_IN ? clock_mono_us() + CALL_US : 0;
}

void poller_link_close(struct poller *p)
{
	tape_note(&p->tape, &(struct tape_frame){ .at_us = clock_mono_us(), .kind = TAPE_CLOSED });
	link_close(p->link);
	if (p->bus->type == BUS_DIAL_IN)
		poller_link_expect(p);
	poller_aside_forget(p);
}

/* The other address is tried at once, but only once until something has answered. */
static bool change_address(struct poller *p)
{
	bool standby = !link_on_standby(p->link);

	if (p->tried || !link_use_standby(p->link, standby))
		return false;
	p->tried = true;
	put(p->tally.standby, standby);
	/* Said once, until something answers: they take turns as long as neither serves. */
	if (!p->told)
		log_event(LOGID_BUS_STANDBY, LOG_ABOUT(.bus = p->bus->id), "bus %s: tries %s", p->bus->id,
			  standby ? p->bus->standby : p->bus->host);
	p->told = true;
	return true;
}

static void open_later(struct poller *p)
{
	if (p->bus->type == BUS_DIAL_IN)
		return;
	if (change_address(p)) {
		p->open_us = 0;
		return;
	}
	p->open_us = clock_mono_us() + backoff_next_us(&p->reconnect);
	/* From now on they take turns. */
	p->tried = false;
}

/* Gone before anything could be asked, or again and again before anything was answered: as good as refused. */
static void dropped(struct poller *p, int error)
{
	if (p->bus->type == BUS_DIAL_IN || (p->asked && p->fruitless < FRUITLESS_MAX) || p->open_us == 0)
		return;
	p->refused = true;
	notice_bus_down(p, &(struct trouble){ .kind = TROUBLE_NO_LINK, .detail = (uint16_t)-error });
	errand_unlinked(p, ORDER_NO_LINK, error);
}

void poller_link_lost(struct poller *p, int error)
{
	log_debug("bus %s: link lost: %s", p->bus->id, strerrordesc_np(-error));
	add(p->tally.causes[CAUSE_LINK]);
	poller_link_close(p);
	p->fruitless = p->served ? 0 : p->fruitless + 1;
	/* A peer that closes idle connections is no trouble: the next request finds a new one. */
	if (p->served && p->bus->type != BUS_DIAL_IN && p->plan->item_count > 0) {
		p->open_us = 0;
		p->asleep = true;
	} else {
		open_later(p);
		dropped(p, error);
	}
	p->served = false;
}

void poller_link_useless(struct poller *p)
{
	if (!link_is_open(p->link))
		return;
	poller_link_close(p);
	open_later(p);
}

/* A link that could not be opened takes all with it. */
static void link_refused(struct poller *p, int error)
{
	p->refused = true;
	add(p->tally.causes[CAUSE_REFUSED]);
	open_later(p);
	if (p->open_us > 0) {
		notice_bus_down(p, &(struct trouble){ .kind = TROUBLE_NO_LINK, .detail = (uint16_t)-error });
		errand_unlinked(p, ORDER_NO_LINK, error);
	}
}

static void begin_link(struct poller *p)
{
	add(p->tally.connects);
	tape_note(&p->tape, &(struct tape_frame){ .at_us = clock_mono_us(), .kind = TAPE_OPENED });
	exchange_reset(&p->exchange);
	p->asleep = p->asked = false;
	p->quiet_us = clock_mono_us() + p->plan->tempo.pause_after_connect_us;
	for (unsigned i = 0; i < p->plan->unit_count; i++) {
		if (p->refused)
			health_renew(&poller_unit_at(p, i)->health);
		poller_set_gate(p, i);
	}
	p->refused = false;
	/* A bus without points has nothing that could answer. */
	if (p->plan->item_count == 0) {
		notice_trouble(p, &(struct trouble){ .kind = TROUBLE_NONE });
		notice_bus_up(p);
	}
}

static void open_link(struct poller *p)
{
	int r = link_open(p->link, &p->waiter);

	if (r == -ECANCELED)
		return;
	if (r < 0)
		link_refused(p, r);
	else
		begin_link(p);
}

/* -------- dial-in -------- */

/* The modem has come, perhaps once more: what was there before is gone, whatever it seems to be. */
void poller_link_take_caller(struct poller *p)
{
	int fd = waiter_take_caller(&p->waiter);

	if (link_is_open(p->link))
		poller_link_close(p);
	p->refused = true; /* its units get their whole patience */
	if (link_adopt(p->link, fd) == 0)
		begin_link(p);
}

static void wait_for_caller(struct poller *p)
{
	errand_unlinked(p, ORDER_NO_CALL, 0);
	if (p->waiter.deaf) {
		notice_bus_down(p, &(struct trouble){ .kind = TROUBLE_NO_LINK, .detail = (uint16_t)p->waiter.deaf });
		p->waiter.deaf = 0;
	}
	if (clock_mono_us() >= p->open_us) {
		notice_bus_down(p, &(struct trouble){ .kind = TROUBLE_NO_CALL });
		p->open_us = INT64_MAX;
	}
	waiter_idle(&p->waiter, -1, p->open_us);
}

/* Closed, until something is due. */
static void sleep_on(struct poller *p, int64_t now_us)
{
	struct schedule_turn next = schedule_next(p->plan, now_us);

	if (next.request)
		open_link(p);
	else
		waiter_idle(&p->waiter, -1, next.wake_us);
}

void poller_link_stay_closed(struct poller *p, int64_t now_us)
{
	if (p->bus->type == BUS_DIAL_IN)
		wait_for_caller(p);
	else if (errand_waits(p))
		open_link(p);
	else if (now_us < p->open_us)
		waiter_idle(&p->waiter, -1, p->open_us);
	else if (p->asleep)
		sleep_on(p, now_us);
	else
		open_link(p);
}

/* Nothing is due before wake_us. */
void poller_link_rest(struct poller *p, int64_t wake_us)
{
	int64_t idle_us = MAX(p->exchange.last_us, p->quiet_us);
	int64_t close_us = p->plan->tempo.idle_close_us > 0 ? idle_us + p->plan->tempo.idle_close_us : INT64_MAX;
	int r = waiter_idle(&p->waiter, link_fd(p->link), MIN(wake_us, close_us));

	if (r > 0)
		r = exchange_drain(&p->exchange);
	if (r < 0 && r != -ECANCELED) {
		poller_link_lost(p, r);
	} else if (r == 0 && clock_mono_us() >= close_us && !waiter_has_mail(&p->waiter)) {
		poller_link_close(p);
		p->asleep = true;
	}
}
