/* test_peer.c: who may do what. */
#include "unit.h"

#include <grp.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/peer.h"
#include "api/people.h"

static const struct peer_rule rule = { .own_uid = 500, .has_group = true, .group = 77 };

static enum api_role role_of(uid_t uid, gid_t first, gid_t second)
{
	const gid_t groups[] = { first, second };

	return peer_role(&rule, &(struct peer_ids){ .uid = uid, .groups = groups, .count = 2 });
}

static void root_and_the_daemons_own_user_are_admin(void **state)
{
	(void)state;
	assert_int_equal(role_of(0, 1, 2), API_ADMIN);
	assert_int_equal(role_of(500, 1, 2), API_ADMIN);
}

static void members_of_the_group_are_technicians(void **state)
{
	(void)state;
	assert_int_equal(role_of(1000, 1000, 77), API_TECHNICIAN);
	assert_int_equal(role_of(1000, 77, 1), API_TECHNICIAN);
}

static void all_others_are_nobody(void **state)
{
	const gid_t groups[] = { 0 };
	struct peer_rule without = rule;

	(void)state;
	assert_int_equal(role_of(1000, 1000, 78), API_NOBODY);
	without.has_group = false;
	without.group = 0;
	assert_int_equal(peer_role(&without, &(struct peer_ids){ .uid = 1, .groups = groups, .count = 1 }), API_NOBODY);
}

static void the_kernel_says_who_it_is(void **state)
{
	struct peer_rule own = peer_rule_read(NULL);
	struct peer peer;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(peer_identify(&own, pair[0], &peer), 0);
	assert_int_equal(peer.uid, geteuid());
	assert_int_equal(peer.pid, getpid());
	assert_int_equal(peer.role, API_ADMIN);
	assert_true(peer.who[0] != '\0');
	close(pair[0]);
	close(pair[1]);
}

static void what_is_no_socket_has_no_peer(void **state)
{
	struct peer_rule own = peer_rule_read(NULL);
	struct peer peer;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_true(peer_identify(&own, ends[0], &peer) < 0);
	close(ends[0]);
	close(ends[1]);
}

/* In a child that has become another user: the role that the kernel's answer gives it. */
static int role_in_child(size_t groups)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		gid_t list[200];
		struct peer peer;
		int pair[2];

		for (size_t i = 0; i < groups; i++)
			list[i] = (gid_t)(1000 + i);
		if (groups)
			list[groups - 1] = rule.group;
		if (setgroups(groups, list) < 0 || setgid(65534) < 0 || setuid(65534) < 0)
			_exit(100);
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 || peer_identify(&rule, pair[0], &peer) < 0)
			_exit(101);
		_exit(peer.uid == 65534 ? (int)peer.role : 102);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void group_members_are_known_however_many_groups_they_have(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip(); /* only root can become another user */
	assert_int_equal(role_in_child(0), API_NOBODY);
	assert_int_equal(role_in_child(1), API_TECHNICIAN);
	assert_int_equal(role_in_child(64), API_TECHNICIAN);
	assert_int_equal(role_in_child(150), API_TECHNICIAN); /* more than the first question has room for */
}

static void a_viewer_hears_which_duty_was_told_and_not_who_it_was(void **state)
{
	static const char *const gone[] = { "contact", "name", "text" };
	json_t *told = json_pack("[{ss ss ss si ss sn ss}]", "contact", "grid-3", "name", "grid worker 3", "duty",
				 "grid", "step", 1, "outcome", "failed", "at", "text", "138… is switched off");
	json_t *row = json_array_get(told, 0);

	(void)state;
	people_told_to(API_OPERATOR, told);
	assert_int_equal(json_object_size(row), 7);
	people_told_to(API_VIEWER, told);
	for (size_t i = 0; i < ARRAY_SIZE(gone); i++)
		assert_null(json_object_get(row, gone[i]));
	assert_string_equal(json_string_value(json_object_get(row, "duty")), "grid");
	assert_int_equal(json_object_size(row), 4);
	json_decref(told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(root_and_the_daemons_own_user_are_admin),
		cmocka_unit_test(members_of_the_group_are_technicians),
		cmocka_unit_test(all_others_are_nobody),
		cmocka_unit_test(the_kernel_says_who_it_is),
		cmocka_unit_test(what_is_no_socket_has_no_peer),
		cmocka_unit_test(group_members_are_known_however_many_groups_they_have),
		cmocka_unit_test(a_viewer_hears_which_duty_was_told_and_not_who_it_was),
	};

	return UNIT_RUN(tests);
}
