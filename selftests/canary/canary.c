// SPDX-License-Identifier: GPL-2.0-only
/*
 * canary_NAME, whatever it is called by: has acall_canary.ko make the bug NAME, as
 * a program of the suite would run into it, and judges nothing but what every test
 * does: that its calls end, and that no uninitialised bytes come out of them. Who
 * else should notice is in canaries.txt; check.sh looks whether he has. The module
 * stays, so that who reads traces afterwards finds its names.
 *
 * The race it is about: both sides of data_race are at work at the same time.
 */
#include "acall_more.h"

#include "timer/module_util.h"

#define MODULE	"acall_canary"
#define BUG	"/sys/module/" MODULE "/parameters/bug"
#define WORKER	0
#define CLIENT	1

/* The kernel's log from here on. */
static int open_log(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		lseek(fd, 0, SEEK_END);
	return fd;
}

/* Waits until the kernel has complained of a task that hangs, or never will. */
static void wait_complaint(int log)
{
	__u64 since = now_ns();
	char line[1024];
	ssize_t n;

	do {
		n = read(log, line, sizeof(line) - 1);
		if (n < 0) {
			struct pollfd p = { .fd = log, .events = POLLIN };

			poll(&p, 1, 1000);
			continue;
		}
		line[n] = '\0';
		if (strstr(line, "blocked for more than"))
			return;
	} while (!guard_expired(since));
}

static int let_it_happen(const char *bug)
{
	struct poison_range written = { 0 };
	char out[64];
	struct acall_finish f;
	struct acall_cancel c;
	int log = open_log();
	int worker, client;
	__u64 since;

	CHECK(log >= 0);
	CHECK(module_loaded(MODULE) || !module_load(MODULE));
	CHECK(!write_file(BUG, bug));
	worker = sys_object("canary");
	client = sys_object("canary");
	CHECK(worker >= 0 && client >= 0);

	CHECK(!sys_begin(worker, WORKER, NULL, 0, NULL));
	for (since = now_ns(); state_of(worker) == ACALL_STATE_QUEUED;)
		CHECK(!guard_expired(since));
	CHECK(!sys_begin(client, CLIENT, NULL, 0, NULL));
	CHECK(!sys_finish(client, 0, &f));
	if (!strcmp(bug, "hung_worker"))
		wait_complaint(log);
	if (!strcmp(bug, "hung_worker") || !strcmp(bug, "data_race"))
		CHECK(!sys_cancel(worker, ACALL_CANCEL_NOWAIT, 0, FOREVER, &c));
	poison_fill(out, sizeof(out));
	CHECK(!sys_finish_out(worker, out, sizeof(out), &f));
	CHECK(f.outcome == ACALL_OUTCOME_COMPLETED && !f.status);
	written.len = f.out_len;
	CHECK(!poison_check("output", out, NULL, sizeof(out), &written, 1));
	close(worker);
	close(client);
	close(log);
	return 0;
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');
	const char *bug;
	pid_t pid;
	int ret;

	(void)argc;
	name = name ? name + 1 : argv[0];
	bug = strncmp(name, "canary_", 7) ? "none" : name + 7;
	ksft_print_header();
	ksft_set_plan(1);
	pid = fork();
	if (!pid)
		_exit(let_it_happen(bug));
	ret = child_join(pid);
	if (ret)
		printf("# its status: %d\n", ret);
	ksft_test_result(!ret, "%s\n", name);
	ksft_finished();
}
