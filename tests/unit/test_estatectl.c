/* test_estatectl.c: the program itself against the real API: what it prints, where, and how it exits. */
#include "unit.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "fake_daemon.h"

static char program[512];

struct run {
	pid_t pid;
	int out, err; /* read ends */
	int exit;
	struct str_buf said, complained;
};

/* Starts it with these words; the socket comes by environment. */
static void start(struct run *r, const char *socket, const char *const words[])
{
	const char *argv[16] = { program };
	int out[2], err[2], count = 1;

	*r = (struct run){ 0 };
	for (; words[count - 1]; count++)
		argv[count] = words[count - 1];
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(pipe2(err, O_CLOEXEC), 0);
	r->pid = fork();
	if (r->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* a case that fails leaves nobody behind */
		dup2(out[1], 1);
		dup2(err[1], 2);
		setenv("ESTATE_SOCKET", socket, 1);
		execv(program, (char *const *)argv);
		_exit(126);
	}
	close(out[1]);
	close(err[1]);
	r->out = out[0];
	r->err = err[0];
}

#define WAIT_MS 30000 /* a test that waits this long has failed */

static ssize_t read_some(int fd, char *piece, size_t max, const struct str_buf *so_far)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (poll(&p, 1, WAIT_MS) != 1)
		fail_msg("nothing more came for %d ms; so far: %s", WAIT_MS, str_buf_text(so_far));
	return read(fd, piece, max);
}

static void read_to_end(int fd, struct str_buf *to)
{
	char piece[4096];
	ssize_t count;

	while ((count = read_some(fd, piece, sizeof(piece), to)) > 0)
		str_buf_add_len(to, piece, (size_t)count);
	close(fd);
}

static void read_until(int fd, struct str_buf *to, const char *text)
{
	char piece;

	while (!strstr(str_buf_text(to), text)) {
		if (read_some(fd, &piece, 1, to) != 1)
			fail_msg("'%s' did not come: %s", text, str_buf_text(to));
		str_buf_add_len(to, &piece, 1);
	}
}

static void end(struct run *r)
{
	int status;

	read_to_end(r->out, &r->said);
	read_to_end(r->err, &r->complained);
	assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
	assert_true(WIFEXITED(status));
	r->exit = WEXITSTATUS(status);
}

static void run_fini(struct run *r)
{
	str_buf_fini(&r->said);
	str_buf_fini(&r->complained);
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Runs to its end and expects that exit, that text on stdout and on stderr (NULL: nothing at all). */
struct expectation {
	int exit;
	const char *said, *complained;
};

static void expect(const char *socket, const char *const words[], struct expectation e)
{
	struct run r;

	start(&r, socket, words);
	end(&r);
	if (r.exit != e.exit)
		fail_msg("%s: exit %d, expected %d: %s%s", words[0], r.exit, e.exit, str_buf_text(&r.said),
			 str_buf_text(&r.complained));
	if (e.said ? !strstr(str_buf_text(&r.said), e.said) : r.said.len > 0)
		fail_msg("%s: stdout: %s\nexpected: %s", words[0], str_buf_text(&r.said), e.said ? e.said : "");
	if (e.complained ? !strstr(str_buf_text(&r.complained), e.complained) : r.complained.len > 0)
		fail_msg("%s: stderr: %s\nexpected: %s", words[0], str_buf_text(&r.complained),
			 e.complained ? e.complained : "");
	run_fini(&r);
}

static void without_a_daemon_it_exits_3_and_says_what_to_do(void **state)
{
	static const char *const commands[] = { "status", "buses",  "devices", "points",
						"watch",  "alarms", "plugins", "outbox" };
	const char *socket = "/tmp/there/is/no/such/socket";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		expect(socket, WORDS(commands[i]),
		       (struct expectation){
			       3, NULL,
			       "estated does not answer at /tmp/there/is/no/such/socket: systemctl status estated" });
	expect(socket, WORDS("show", "a.b"), (struct expectation){ 3, NULL, "systemctl status estated" });
	expect(socket, WORDS("ack", "a/b"), (struct expectation){ 3, NULL, "systemctl status estated" });
	expect("/x", WORDS("status", "--socket", "/y"), (struct expectation){ 3, NULL, "at /y:" });
	expect(socket, WORDS("wait", "--for", "200ms"), (struct expectation){ 3, NULL, "does not answer" });
}

static void wrong_usage_exits_2_before_it_asks_anybody(void **state)
{
	const char *socket = "/tmp/there/is/no/such/socket";

	(void)state;
	expect(socket, WORDS("pionts"), (struct expectation){ 2, NULL, "did you mean 'points'?" });
	expect(socket, WORDS("frobnicate", "a/b"), (struct expectation){ 2, NULL, "unknown command 'frobnicate'" });
	expect(socket, WORDS("conifg"), (struct expectation){ 2, NULL, "'conifg'; did you mean 'config check'?" });
	expect(socket, WORDS("conifg", "reload"), (struct expectation){ 2, NULL, "did you mean 'config reload'?" });
	expect(socket, WORDS("config", "dif"),
	       (struct expectation){ 2, NULL, "'config dif'; did you mean 'config diff'?" });
	expect(socket, WORDS("bus", "gw"), (struct expectation){ 2, NULL, "'bus': expected 'bus record'" });
	expect(socket, WORDS("points", "-f", "xml"), (struct expectation){ 2, NULL, "expected text, json or csv" });
	expect(socket, WORDS("show"), (struct expectation){ 2, NULL, "usage: estatectl show POINT" });
	expect(socket, WORDS("ack", "nothing"), (struct expectation){ 2, NULL, "expected an alarm as rule/asset" });
	expect(socket, WORDS("close", "a/b"), (struct expectation){ 2, NULL, "expected --outcome" });
	expect(socket, WORDS("points", "--check"), (struct expectation){ 2, NULL, "does not take --check" });
	expect(socket, WORDS("config"), (struct expectation){ 2, NULL, "expected 'config check'" });
	expect(socket, WORDS("wait", "--for", "soon"), (struct expectation){ 2, NULL, "expected a time like 30s" });
	expect(socket, WORDS("wait", "alarm"), (struct expectation){ 2, NULL, "expected ready, alarm ID" });
}

static void help_and_version_need_no_daemon(void **state)
{
	(void)state;
	expect("/x", WORDS("help"), (struct expectation){ 0, "alarms that are not normal", NULL });
	expect("/x", WORDS("--help"), (struct expectation){ 0, "--socket PATH", NULL });
	expect("/x", WORDS("help", "ack"), (struct expectation){ 0, "--note TEXT", NULL });
	expect("/x", WORDS("help", "config", "check"), (struct expectation){ 0, "estated --check", NULL });
	expect("/x", WORDS("ack", "--help"), (struct expectation){ 0, "usage: estatectl ack ID", NULL });
	expect("/x", WORDS("--version"), (struct expectation){ 0, "estatectl ", NULL });
	expect("/x", WORDS("version"), (struct expectation){ 0, "estatectl ", NULL });
}

static void the_lists_are_tables_json_and_csv(void **state)
{
	struct fake_daemon f;

	(void)state;
	fake_start(&f, NULL);
	fake_read(&f, "lift-1.load", value_number(0.1));
	expect(f.socket_path, WORDS("points", "lift-1.load"),
	       (struct expectation){ 0, "lift-1.load  0.1 kg  good", NULL });
	expect(f.socket_path, WORDS("points", "nothing"), (struct expectation){ 0, "no such points", NULL });
	expect(f.socket_path, WORDS("-f", "json", "points", "lift-1.load"),
	       (struct expectation){ 0, "[{\"point\":\"lift-1.load\",\"device\":\"lift-1\",\"place\":\"b3/u1\",",
				     NULL });
	expect(f.socket_path, WORDS("points", "-f", "csv", "lift-1.load"),
	       (struct expectation){
		       0,
		       "point,device,place,class,value,unit,quality,test,at\nlift-1.load,lift-1,b3/u1,lift,0.1,kg,"
		       "good,false,",
		       NULL });
	expect(f.socket_path, WORDS("buses", "-v"), (struct expectation){ 0, "units that answer, of all on it", NULL });
	expect(f.socket_path, WORDS("buses"), (struct expectation){ 0, "gw-lifts  tcp   127.0.0.1:1502  up", NULL });
	expect(f.socket_path, WORDS("devices"), (struct expectation){ 0, "sos-1204", NULL });
	expect(f.socket_path, WORDS("plugins"), (struct expectation){ 0, "zigbee  mqtt-source  source  fault", NULL });
	expect(f.socket_path, WORDS("outbox", "-f", "csv"),
	       (struct expectation){
		       0, "uplink,lane,pending,bytes,oldest,delivered,refused,last_seq\ncloud,alarm,0,0,,0,0,7\n",
		       NULL });
	expect(f.socket_path, WORDS("show", "lift-1.load"), (struct expectation){ 0, "value    0.1 kg\n", NULL });
	expect(f.socket_path, WORDS("show", "lift-1.lod"),
	       (struct expectation){ 1, NULL, "did you mean 'lift-1.load'?" });
	fake_stop(&f);
}

static void alarms_are_acknowledged_and_closed(void **state)
{
	struct fake_daemon f;

	(void)state;
	fake_start(&f, NULL);
	expect(f.socket_path, WORDS("alarms"), (struct expectation){ 0, "no alarms", NULL });
	expect(f.socket_path, WORDS("status", "--check"), (struct expectation){ 0, "alarms   0 standing", NULL });
	fake_read(&f, "tank-1.level", value_number(95));
	expect(f.socket_path, WORDS("alarms"), (struct expectation){ 0, "2 15 min  tank-high/tank-1  unacked", NULL });
	expect(f.socket_path, WORDS("status", "--check"),
	       (struct expectation){ 4, "1 standing, 1 15 min; 1 not acknowledged", NULL });
	expect(f.socket_path, WORDS("status"), (struct expectation){ 0, "tank is full", NULL });
	expect(f.socket_path, WORDS("ack", "tank-high/tank-1", "--note", "on my way"),
	       (struct expectation){ 0, "tank-high/tank-1: acknowledged, now acked", NULL });
	assert_string_equal(fake_note(&f), "on my way");
	expect(f.socket_path, WORDS("ack", "tank-high/tank-1"), (struct expectation){ 1, NULL, "so already" });
	expect(f.socket_path, WORDS("close", "tank-high/tank-1", "--outcome", "real"),
	       (struct expectation){ 1, NULL, "still holds" });
	fake_read(&f, "tank-1.level", value_number(5));
	expect(f.socket_path, WORDS("close", "tank-high/tank-1", "--outcome", "maybe"),
	       (struct expectation){ 1, NULL, "expected one of: real false test duplicate" });
	expect(f.socket_path, WORDS("close", "tank-high/tank-1", "--outcome", "test", "-f", "json"),
	       (struct expectation){ 0, "\"state\":\"normal\"", NULL });
	expect(f.socket_path, WORDS("alarms"), (struct expectation){ 0, "no alarms", NULL });
	expect(f.socket_path, WORDS("alarms", "--all"), (struct expectation){ 0, "normal", NULL });
	expect(f.socket_path, WORDS("ack", "sos/no-such"),
	       (struct expectation){ 1, NULL, "no alarm 'sos/no-such' is open" });
	fake_stop(&f);
}

static void texts_are_in_the_readers_language(void **state)
{
	struct fake_daemon f;

	(void)state;
	fake_start(&f, NULL);
	fake_read(&f, "lift-1.trapped", value_bool(true));
	setenv("LC_ALL", "zh_CN.UTF-8", 1);
	expect(f.socket_path, WORDS("alarms"), (struct expectation){ 0, "电梯困人", NULL });
	expect(f.socket_path, WORDS("alarms"), (struct expectation){ 0, "1 立即", NULL });
	expect(f.socket_path, WORDS("status"), (struct expectation){ 0, "示范小区 (demo)", NULL });
	setenv("LC_ALL", "C", 1);
	expect(f.socket_path, WORDS("alarms"), (struct expectation){ 0, "people trapped in the lift", NULL });
	fake_stop(&f);
}

static void stop(struct run *r)
{
	kill(r->pid, SIGTERM);
	assert_int_equal(waitpid(r->pid, NULL, 0), r->pid);
	close(r->out);
	close(r->err);
	run_fini(r);
}

static void watch_prints_each_change_at_once(void **state)
{
	struct fake_daemon f;
	struct run text, json;

	(void)state;
	fake_start(&f, NULL);
	start(&text, f.socket_path, WORDS("watch", "-v"));
	start(&json, f.socket_path, WORDS("watch", "-f", "json", "lift-*"));
	fake_wait_clients(&f, 2);
	fake_read(&f, "tank-1.level", value_number(0.1));
	read_until(text.out, &text.said, "tank-1.level              0.1 %         good\n");
	fake_read(&f, "lift-1.load", value_number(0.1));
	read_until(json.out, &json.said, "}\n");
	assert_true(str_starts(json.said.text, "{\"event\":\"point\",\"event_id\":"));
	assert_non_null(strstr(json.said.text, ",\"point\":\"lift-1.load\",")); /* nothing of the tank */
	assert_non_null(strstr(json.said.text, "\"value\":0.1,"));
	fake_read(&f, "lift-1.trapped", value_bool(true));
	read_until(text.out, &text.said, "1 now: people trapped in the lift\n");
	read_until(json.out, &json.said, "\"alarm\":\"lift-trapped/lift-1\"");
	stop(&text);
	stop(&json);
	fake_stop(&f);
}

static void watch_outlives_the_daemon(void **state)
{
	struct fake_daemon f;
	struct run r;
	char folder[64];

	(void)state;
	fake_start(&f, NULL);
	start(&r, f.socket_path, WORDS("watch"));
	fake_wait_clients(&f, 1);
	strcpy(folder, f.folder);
	fake_stop(&f);
	read_until(r.err, &r.complained, "estated has gone away");
	fake_start_at(&f, folder);
	read_until(r.err, &r.complained, "estated is back");
	read_until(r.err, &r.complained, "some changes were missed");
	fake_read(&f, "lift-1.trapped", value_bool(true));
	read_until(r.out, &r.said, "lift-trapped/lift-1");
	stop(&r);
	fake_stop(&f);
}

static void watch_ends_when_nobody_reads_it(void **state)
{
	struct fake_daemon f;
	struct run r;
	int status;

	(void)state;
	fake_start(&f, NULL);
	start(&r, f.socket_path, WORDS("watch"));
	fake_wait_clients(&f, 1);
	close(r.out);
	fake_read(&f, "lift-1.trapped", value_bool(true));
	assert_int_equal(waitpid(r.pid, &status, 0), r.pid);
	assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGPIPE : WEXITSTATUS(status) == 0);
	close(r.err);
	fake_wait_clients(&f, 0);
	fake_stop(&f);
}

static void become_ready(struct fake_daemon *f, const void *arg)
{
	(void)arg;
	f->ready = true;
}

static void become_unready(struct fake_daemon *f, const void *arg)
{
	(void)arg;
	f->ready = false;
}

static void wait_waits_for_what_it_is_told(void **state)
{
	struct fake_daemon f;
	struct run r;

	(void)state;
	fake_start(&f, NULL);
	expect(f.socket_path, WORDS("wait"), (struct expectation){ 0, NULL, NULL });
	expect(f.socket_path, WORDS("wait", "no-alarm"), (struct expectation){ 0, NULL, NULL });
	expect(f.socket_path, WORDS("wait", "alarm", "sos/sos-1204", "--for", "200ms"),
	       (struct expectation){ 1, NULL, "did not come in time" });

	start(&r, f.socket_path, WORDS("wait", "alarm", "lift-trapped/lift-1"));
	fake_wait_clients(&f, 1);
	fake_read(&f, "lift-1.trapped", value_bool(true));
	end(&r);
	assert_int_equal(r.exit, 0);
	run_fini(&r);

	start(&r, f.socket_path, WORDS("wait", "alarm", "lift-trapped/lift-1", "acked"));
	fake_wait_clients(&f, 1);
	expect(f.socket_path, WORDS("ack", "lift-trapped/lift-1"), (struct expectation){ 0, "now acked", NULL });
	end(&r);
	assert_int_equal(r.exit, 0);
	run_fini(&r);

	start(&r, f.socket_path, WORDS("wait", "no-alarm", "lift-trapped/lift-1"));
	fake_wait_clients(&f, 1);
	fake_read(&f, "lift-1.trapped", value_bool(false));
	end(&r);
	assert_int_equal(r.exit, 0);
	run_fini(&r);
	fake_stop(&f);
}

static void wait_begins_before_the_daemon_does(void **state)
{
	char folder[64], socket[80];
	struct fake_daemon f;
	struct run r;

	(void)state;
	fake_start(&f, NULL); /* for a folder that is free */
	strcpy(folder, f.folder);
	strcpy(socket, f.socket_path);
	fake_stop(&f);
	start(&r, socket, WORDS("wait", "--for", "20s"));
	read_until(r.err, &r.complained, "does not answer yet");
	fake_start_at(&f, folder);
	end(&r);
	assert_int_equal(r.exit, 0);
	run_fini(&r);

	fake_do(&f, become_unready, NULL);
	start(&r, socket, WORDS("wait", "--for", "20s"));
	read_until(r.err, &r.complained, "has not heard everything once");
	fake_do(&f, become_ready, NULL);
	end(&r);
	assert_int_equal(r.exit, 0);
	run_fini(&r);
	fake_stop(&f);
}

/* config check runs the estated of its own prefix: here a program that tells how it was called. */
static void config_check_passes_file_and_exit_on(void **state)
{
	char folder[] = "/tmp/estated-ctl.XXXXXX", bin[80], sbin[80], ctl[100], daemon[100], said[200];
	char original[sizeof(program)];
	struct str_buf binary _cleanup_str_buf_ = { 0 };
	FILE *file;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(bin, sizeof(bin), "%s/bin", folder);
	snprintf(sbin, sizeof(sbin), "%s/sbin", folder);
	snprintf(ctl, sizeof(ctl), "%s/estatectl", bin);
	snprintf(daemon, sizeof(daemon), "%s/estated", sbin);
	assert_int_equal(mkdir(bin, 0755) + mkdir(sbin, 0755), 0);
	fd = open(program, O_RDONLY | O_CLOEXEC);
	read_to_end(fd, &binary);
	fd = open(ctl, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	assert_int_equal(write(fd, binary.text, binary.len), binary.len);
	close(fd);
	file = fopen(daemon, "w");
	fprintf(file, "#!/bin/sh\necho \"called: $*\"\nexit 1\n");
	fclose(file);
	assert_int_equal(chmod(daemon, 0755), 0);
	strcpy(original, program);
	strcpy(program, ctl);
	expect("/x", WORDS("config", "check", "/a/b.conf"),
	       (struct expectation){ 1, "called: --check -c /a/b.conf\n", NULL });
	expect("/x", WORDS("config", "check"), (struct expectation){ 1, "called: --check\n", NULL });
	strcpy(program, original);
	snprintf(said, sizeof(said), "rm -r '%s'", folder);
	assert_int_equal(system(said), 0);
}

static int find_program(void **state)
{
	const char *folder = getenv("TOP_BUILDDIR");
	char catalogs[512];

	(void)state;
	snprintf(program, sizeof(program), "%s/estatectl", folder ? folder : ".");
	snprintf(catalogs, sizeof(catalogs), "%s/po", folder ? folder : ".");
	setenv("ESTATE_LOCALEDIR", catalogs, 1); /* those of this build, installed or not */
	unsetenv("LANG");
	unsetenv("LC_MESSAGES");
	setenv("LC_ALL", "C", 1);
	if (access(program, X_OK) == 0)
		return 0;
	print_error("%s is not there: build it first, or set TOP_BUILDDIR\n", program);
	return -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_daemon_it_exits_3_and_says_what_to_do),
		cmocka_unit_test(wrong_usage_exits_2_before_it_asks_anybody),
		cmocka_unit_test(help_and_version_need_no_daemon),
		cmocka_unit_test(the_lists_are_tables_json_and_csv),
		cmocka_unit_test(alarms_are_acknowledged_and_closed),
		cmocka_unit_test(texts_are_in_the_readers_language),
		cmocka_unit_test(watch_prints_each_change_at_once),
		cmocka_unit_test(watch_outlives_the_daemon),
		cmocka_unit_test(watch_ends_when_nobody_reads_it),
		cmocka_unit_test(wait_waits_for_what_it_is_told),
		cmocka_unit_test(wait_begins_before_the_daemon_does),
		cmocka_unit_test(config_check_passes_file_and_exit_on),
	};

	return cmocka_run_group_tests(tests, find_program, NULL);
}
