/* sim_main.c: estate-sim: a simulated estate: Modbus slaves with lifts, doors and pumps, and homes full of sensors. */
#include "config.h"

#include <errno.h>
#include <event2/event.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "sim_control.h"
#include "sim_models.h"
#include "sim_mqtt.h"
#include "sim_record.h"
#include "sim_scenario.h"
#include "sim_slave.h"
#include "sim_timeline.h"
#include "sim_world.h"

#define READY_US (5 * S) /* without a broker it is ready then all the same */

struct program {
	struct sim_scenario_options scenario;
	struct sim_control_options control;
	struct sim_world world;
	struct event *patience;
	char *dir;
	const char *replay;
	struct str_buf replay_text; /* the scenario of a replay */
	bool ready, fast;
};

static const char usage[] =
	"usage: estate-sim [OPTIONS] SCENARIO\n"
	"A simulated estate. Prints one JSON line when ready, then one for everything that happens.\n"
	"Commands are lines on stdin (try: help).\n\n"
	"  -d, --dir DIR          make pty links and ports.json there\n"
	"  -p, --port SLAVE=PORT  this port for a slave (0: the kernel's choice)\n"
	"  -m, --mqtt URL         the broker, mqtt://HOST:PORT\n"
	"  -P, --mqtt-port PORT   the broker's port\n"
	"  -M, --no-mqtt          neither broker nor homes\n"
	"  -T, --no-timeline      only what is commanded happens\n"
	"  -L, --no-living        lifts and homes do nothing by themselves\n"
	"  -s, --set PATH=VALUE   another value in the scenario, such as speed=10 or slaves.[0].repeat=256\n"
	"  -c, --control PATH     take commands on this unix socket too\n"
	"  -r, --replay FILE      no scenario: answer as the bus did that FILE is a recording of (estatectl bus "
	"record)\n"
	"  -f, --fast             of a replay: answers come at once, not as late as they were\n"
	"  -e, --exit-on-eof      end when stdin ends\n"
	"  -l, --models           list the models of units\n"
	"  -V, --version          the version\n"
	"  -h, --help             this text\n";

static const struct option options[] = {
	{ "dir", required_argument, NULL, 'd' },     { "port", required_argument, NULL, 'p' },
	{ "mqtt", required_argument, NULL, 'm' },    { "mqtt-port", required_argument, NULL, 'P' },
	{ "no-mqtt", no_argument, NULL, 'M' },       { "no-timeline", no_argument, NULL, 'T' },
	{ "no-living", no_argument, NULL, 'L' },     { "set", required_argument, NULL, 's' },
	{ "control", required_argument, NULL, 'c' }, { "exit-on-eof", no_argument, NULL, 'e' },
	{ "models", no_argument, NULL, 'l' },        { "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },          { "replay", required_argument, NULL, 'r' },
	{ "fast", no_argument, NULL, 'f' },          { 0 },
};

static json_t *describe_slaves(const struct sim_world *w)
{
	json_t *slaves = json_object();

	for (size_t i = 0; i < w->slave_count; i++)
		json_object_set_new(slaves, w->slaves[i]->id, w->slaves[i]->transport->describe(w->slaves[i]->wire));
	return slaves;
}

/* The map of ports for those who come later. */
static void write_map(const struct sim_world *w, const json_t *line)
{
	_cleanup_str_buf_ struct str_buf path = { 0 }, fresh = { 0 };

	if (!w->dir)
		return;
	str_buf_printf(&path, "%s/ports.json", w->dir);
	str_buf_printf(&fresh, "%s/.ports.json.new", w->dir);
	if (json_dump_file(line, str_buf_text(&fresh), JSON_INDENT(1)) < 0 ||
	    rename(str_buf_text(&fresh), str_buf_text(&path)) < 0)
		fprintf(stderr, "estate-sim: %s: %s\n", str_buf_text(&path), strerror(errno));
}

static void become_ready(void *arg)
{
	struct program *p = arg;
	struct sim_world *w = &p->world;
	json_t *line;

	if (p->ready)
		return;
	p->ready = true;
	line = json_pack("{s:b, s:i, s:o}", "ready", 1, "pid", (int)getpid(), "slaves", describe_slaves(w));
	if (w->mqtt)
		json_object_set_new(line, "mqtt", sim_mqtt_stats(w->mqtt));
	if (p->control.socket)
		json_object_set_new(line, "control", json_string(p->control.socket));
	write_map(w, line);
	sim_out_line(w->out, line);
	if (w->timeline)
		sim_timeline_start(w->timeline);
}

static void on_patience(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	become_ready(arg);
}

static void on_signal(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	event_base_loopexit(arg, NULL);
}

/* Every listening socket and every client takes a descriptor. */
static void raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int run_loop(struct program *p)
{
	struct sim_world *w = &p->world;
	struct event *ends[] = { evsignal_new(w->base, SIGTERM, on_signal, w->base),
				 evsignal_new(w->base, SIGINT, on_signal, w->base) };
	_cleanup_(sim_control_freep) struct sim_control *control = NULL;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		event_add(ends[i], NULL);
	p->patience = evtimer_new(w->base, on_patience, p);
	if (w->mqtt)
		sim_mqtt_on_settled(w->mqtt, become_ready, p);
	sim_world_arm_real(p->patience, w->mqtt ? READY_US : 0);
	r = sim_control_new(w, &p->control, &control);
	if (r < 0)
		fprintf(stderr, "estate-sim: --control %s: %s\n", p->control.socket, strerror(-r));
	else
		event_base_dispatch(w->base);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		event_free(ends[i]);
	event_free(p->patience);
	return r < 0 ? 1 : 0;
}

static int run(struct program *p)
{
	struct sim_world *w = &p->world;
	struct diag diag = { 0 };
	int status = 1;

	w->base = event_base_new();
	w->out = sim_out_new(w->base, STDOUT_FILENO);
	w->assets = map_new();
	w->start_us = clock_mono_us();
	sim_scenario_load(w, &p->scenario, &diag);
	if (diag_failed(&diag))
		diag_print(&diag, stderr);
	else
		status = run_loop(p);
	diag_fini(&diag);
	sim_scenario_unload(w);
	map_free(w->assets);
	sim_out_free(w->out);
	event_base_free(w->base);
	libevent_global_shutdown();
	return status;
}

static int refuse(const char *what)
{
	fprintf(stderr, "estate-sim: %s\nTry estate-sim --help.\n", what);
	return 2;
}

static void list_models(void)
{
	char verbs[512];

	for (size_t i = 0; sim_models[i]; i++)
		printf("%-14s verbs: %s\n", sim_models[i]->name,
		       sim_models[i]->verbs ? sim_asset_verbs(sim_models[i]->verbs, verbs, sizeof(verbs)) : "none");
}

/* -1: go on; else the exit status. */
static int take_option(struct program *p, int option)
{
	struct sim_scenario_options *s = &p->scenario;
	uint16_t port;

	switch (option) {
	case 'd':
		free(p->dir);
		p->dir = realpath(optarg, NULL);
		p->world.dir = p->dir;
		return p->dir ? -1 : refuse("--dir: expected a folder that exists");
	case 'm': s->mqtt_url = optarg; return -1;
	case 'M': s->no_mqtt = true; return -1;
	case 'r': p->replay = optarg; return -1;
	case 'f': p->fast = true; return -1;
	case 'T': s->no_timeline = true; return -1;
	case 'L': s->no_living = true; return -1;
	case 'c': p->control.socket = optarg; return -1;
	case 'e': p->control.exit_on_eof = true; return -1;
	case 'l': list_models(); return 0;
	case 'V': puts("estate-sim " PACKAGE_VERSION); return 0;
	case 'h': fputs(usage, stdout); return 0;
	case 'P':
		if (str_to_u16(optarg, &port) < 0)
			return refuse("--mqtt-port: expected 0..65535");
		s->mqtt_port = port;
		return -1;
	case 'p':
	case 's':
		if (s->set_count == SIM_SCENARIO_SETS || s->port_count == SIM_SCENARIO_SETS)
			return refuse("expected at most 64 of --set and --port");
		if (option == 's')
			s->set[s->set_count++] = optarg;
		else
			s->port[s->port_count++] = optarg;
		return -1;
	default: return refuse("unknown option");
	}
}

/* One slave "replay" that has the framing of the recording. */
static int write_replay(struct program *p)
{
	_cleanup_str_buf_ struct str_buf problem = { 0 };
	struct sim_record record = { 0 };
	struct str_buf *to = &p->replay_text;
	int r = sim_record_read(p->replay, &record, &problem);

	if (r < 0) {
		fprintf(stderr, "estate-sim: %s: %s\n", p->replay, str_buf_text(&problem));
		return r;
	}
	str_buf_printf(to, "slaves: ( { id = \"replay\"; type = \"%s\"; replay_fast = %s; replay = ",
		       record.framing == SIM_FRAMING_TCP ? "tcp"
		       : record.serial                   ? "rtu"
							 : "rtu-over-tcp",
		       p->fast ? "true" : "false");
	str_buf_add_json(to, p->replay);
	str_buf_add(to, "; } );");
	p->scenario.text = to->text;
	sim_record_fini(&record);
	return 0;
}

int main(int argc, char **argv)
{
	struct program p = { .scenario = { .mqtt_port = -1 } };
	int status;

	for (int option; (option = getopt_long(argc, argv, "d:p:m:P:MTLs:c:elVhr:f", options, NULL)) != -1;) {
		status = take_option(&p, option);
		if (status >= 0)
			return status;
	}
	if (optind + (p.replay ? 0 : 1) != argc)
		return refuse(p.replay ? "--replay takes no scenario" : "expected one scenario file");
	p.scenario.file = p.replay ? p.replay : argv[optind];
	if (p.replay && write_replay(&p) < 0)
		return 1;
	signal(SIGPIPE, SIG_IGN);
	raise_descriptors();
	status = run(&p);
	free(p.dir);
	str_buf_fini(&p.replay_text);
	return status;
}
