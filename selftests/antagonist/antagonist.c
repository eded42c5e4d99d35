// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a system does to processes and processors, done to clients for two
 * minutes: processors go and come back, clients are killed, stopped, traced,
 * frozen and run out of their cgroup's memory, all at once. What CANCEL told
 * stays true of FINISH [X6] for those who live to see it, and of nobody is
 * anything left.
 *
 * Each antagonist is counted; one that this machine does not have is named.
 */
#include "antagonist_util.h"

#include <sys/prctl.h>
#include <sys/ptrace.h>

#define STORM_SEC	120
#define CGROUPS		"/sys/fs/cgroup/"
#define MEMORY_MAX	(24U << 20)
#define MOUTHFUL	0x100000U
#define CLIENTS		12

enum foe { NONE, KILLER, STOPPER, TRACER, FREEZER, STARVER, FOES };

static const char * const foe_names[FOES] = {
	"left alone", "killed", "stopped", "traced", "frozen", "out of memory",
};

static const char * const foe_groups[FOES] = {
	[FREEZER] = CGROUPS "acall-frozen",
	[STARVER] = CGROUPS "acall-starved",
};

/* In memory that all share. */
struct stage {
	bool stop;
	unsigned int rounds[FOES];
	unsigned int wrong;
};

struct client {
	struct stage *stage;
	struct dice dice;
	enum foe foe;
	pid_t pid;
	bool stopped;
	int dev;
	int ctl;
};

static bool over(const struct stage *s)
{
	return __atomic_load_n(&s->stop, __ATOMIC_ACQUIRE);
}

/* Clients. */

static bool wrong(struct client *c, const char *what, int ret)
{
	fprintf(stderr, "# a client that is %s: %s: %d\n", foe_names[c->foe],
		what, ret);
	__atomic_add_fetch(&c->stage->wrong, 1, __ATOMIC_RELAXED);
	return false;
}

/* No memory, or too many calls that were left behind. */
static bool no_room(int ret)
{
	return ret == -ENOMEM || ret == -EDQUOT || ret == -EAGAIN;
}

static int begin_any(struct client *c, int fd, __u64 id)
{
	static const __u32 methods[] = {
		ACALL_TEST_COOP, ACALL_TEST_KILLABLE, ACALL_TEST_SLEEP,
		ACALL_TEST_PROGRESS, ACALL_TEST_PARK, ACALL_TEST_FILES,
		ACALL_TEST_PARK_SLEEPABLE, ACALL_TEST_NUDGE_SLEEPABLE,
	};
	__u32 nr = roll(&c->dice, ARRAY_SIZE(methods));
	struct acall_test_custom custom = {
		.id = id, .files = 2, .flags = ACALL_TEST_HOOK_COMPLETES,
	};
	struct acall_test_arg arg = { .id = id };
	struct acall_begin b = {
		.size = sizeof(b), .method = methods[nr],
		.in = nr < 4 ? PTR(&arg) : PTR(&custom),
		.in_len = nr < 4 ? sizeof(arg) : sizeof(custom),
	};

	if (b.method == ACALL_TEST_SLEEP)
		arg.value = 1;
	if (b.method == ACALL_TEST_PROGRESS)
		arg.value = roll(&c->dice, 2000);
	if (!roll(&c->dice, 4)) {
		b.flags = ACALL_BEGIN_DEADLINE;
		b.deadline = now_ns() + roll(&c->dice, 2 * MSEC);
		b.grace_ns = 1 + roll(&c->dice, MSEC);
	}
	return sys_begin_struct(fd, &b);
}

/* Ends in every way there is; then what CANCEL has told is held against it. */
static bool end_any(struct client *c, int fd, __u64 id)
{
	struct acall_cancel told = { 0 };
	struct acall_finish f;
	__s32 files[2];
	int ret = -EINTR, i;

	switch (roll(&c->dice, 5)) {
	case 0:
		ret = sys_cancel(fd, 0, 0, FOREVER, &told);
		break;
	case 1:
		ret = sys_cancel(fd, 0, 0, 1 + roll(&c->dice, MSEC), &told);
		break;
	case 2:
		ret = sys_cancel(fd, ACALL_CANCEL_ABANDON, 0, 0, &told);
		break;
	case 3:
		/* The last close does. */
		return true;
	default:
		if (open_gate(c->ctl, id))
			return true;
		complete_once(c->ctl, id, 0);
		break;
	}
	/* Asked but not waited for to the end; it stays asked (X9). */
	if (ret != 0 && ret != -ESRCH && ret != -EALREADY && ret != -EINTR)
		return wrong(c, "CANCEL", ret);
	if (ret == -EINTR || ret == -EALREADY)
		sys_cancel(fd, ACALL_CANCEL_ESCALATE | ACALL_CANCEL_ABANDON, 0,
			   0, &told);
	memset(&f, 0, sizeof(f));
	do {
		f.files = PTR(files);
		f.nr_files = ARRAY_SIZE(files);
		i = sys_finish_struct(fd, &f);
	} while (i == -EINTR);
	if (i == -ENOMEM)
		return true;
	if (i)
		return wrong(c, "FINISH", i);
	for (i = 0; i < (int)f.nr_files; i++)
		close(files[i]);
	if (ret == 0 && f.outcome == ACALL_OUTCOME_COMPLETED)
		return wrong(c, "CANCEL said 0, FINISH", f.outcome);
	if (ret == -ESRCH && f.outcome != ACALL_OUTCOME_COMPLETED)
		return wrong(c, "CANCEL said ESRCH, FINISH", f.outcome);
	return true;
}

static bool client_round(struct client *c)
{
	__u64 id = fresh_id();
	bool ok = true;
	int fd, ret;

	fd = sys_create(c->dev, ACALL_TEST_INTERFACE);
	if (fd < 0)
		return no_room(fd) || wrong(c, "CREATE", fd);
	ret = begin_any(c, fd, id);
	if (!ret)
		ok = end_any(c, fd, id);
	else if (!no_room(ret))
		ok = wrong(c, "BEGIN", ret);
	close(fd);
	forget(c->ctl, id);
	__atomic_add_fetch(&c->stage->rounds[c->foe], 1, __ATOMIC_RELAXED);
	return ok;
}

static int client_main(void *arg)
{
	struct client *c = arg;
	size_t eaten = 0;
	void *food;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (foe_groups[c->foe]) {
		char path[80];

		snprintf(path, sizeof(path), "%s/cgroup.procs",
			 foe_groups[c->foe]);
		CHECK(!write_file(path, "0"));
	}
	c->dice.state = getpid();
	while (!over(c->stage) && client_round(c)) {
		if (c->foe != STARVER)
			continue;
		/* Until it is killed for it; what it has then is charged. */
		food = mmap(NULL, MOUTHFUL, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK(food != MAP_FAILED && eaten < 4 * MEMORY_MAX);
		memset(food, 1, MOUTHFUL);
		eaten += MOUTHFUL;
	}
	return 0;
}

static void spawn(struct client *c)
{
	c->stopped = false;
	c->pid = child_start(client_main, c);
}

/* Antagonists. Each return: whether it has done something. */

static bool respawn_dead(struct client *c)
{
	bool killed;
	int status;

	if (waitpid(c->pid, &status, WNOHANG) != c->pid)
		return false;
	killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	if (!killed)
		wrong(c, "not killed", status);
	spawn(c);
	return killed;
}

static bool kill_it(struct client *c)
{
	kill(c->pid, SIGKILL);
	waitpid(c->pid, NULL, 0);
	spawn(c);
	return true;
}

static bool stop_or_go_on(struct client *c)
{
	c->stopped = !c->stopped;
	kill(c->pid, c->stopped ? SIGSTOP : SIGCONT);
	return true;
}

static bool trace(struct client *c)
{
	int status;

	if (ptrace(PTRACE_SEIZE, c->pid, 0, 0))
		return false;
	ptrace(PTRACE_INTERRUPT, c->pid, 0, 0);
	waitpid(c->pid, &status, __WALL);
	return !ptrace(PTRACE_DETACH, c->pid, 0, 0);
}

static bool is_frozen(const char *group)
{
	char path[80], line[32] = "";
	bool is = false;
	FILE *f;

	snprintf(path, sizeof(path), "%s/cgroup.events", group);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		is |= !strcmp(line, "frozen 1\n");
	if (f)
		fclose(f);
	return is;
}

static bool freeze_and_thaw(const char *group)
{
	__u64 since = now_ns();
	char path[80];

	snprintf(path, sizeof(path), "%s/cgroup.freeze", group);
	if (write_file(path, "1"))
		return false;
	/* A call that it waits for holds up no freezing. */
	while (!is_frozen(group) && !guard_expired(since))
		give_way();
	if (!is_frozen(group))
		return false;
	return !write_file(path, "0");
}

/* Return: why there is no such group, or NULL. */
static const char *make_group(enum foe foe)
{
	char dir[80];

	if (access(CGROUPS "cgroup.procs", F_OK))
		return "no cgroup2";
	if (mkdir(foe_groups[foe], 0755) && errno != EEXIST)
		return "no cgroup can be made";
	snprintf(dir, sizeof(dir), "%s/", foe_groups[foe]);
	if (foe == FREEZER)
		return is_frozen(dir) ? "frozen already" : NULL;
	if (write_file(CGROUPS "cgroup.subtree_control", "+memory") ||
	    write_number(dir, "memory.max", MEMORY_MAX))
		return "no memory controller";
	/* Else they swap where there is swap. */
	write_number(dir, "memory.swap.max", 0);
	return NULL;
}

static bool torment(struct client *c)
{
	switch (c->foe) {
	case KILLER:
		return kill_it(c);
	case STOPPER:
		return stop_or_go_on(c);
	case TRACER:
		return trace(c);
	case FREEZER:
		return freeze_and_thaw(foe_groups[FREEZER]);
	case STARVER:
		return respawn_dead(c);
	default:
		return false;
	}
}

TEST_F(prov, killed_stopped_traced_frozen_and_starved)
{
	struct client clients[CLIENTS] = { 0 };
	unsigned int hits[FOES] = { 0 }, i;
	const char *why[FOES] = { NULL }, *no_hotplug;
	struct dice dice = { 29 };
	struct hotplug hotplug;
	struct stage *stage;
	__u64 until;
	int ret;

	stage = mmap(NULL, sizeof(*stage), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, stage);
	for (i = 0; i < FOES; i++)
		if (foe_groups[i])
			why[i] = make_group(i);
	for (i = 0; i < CLIENTS; i++) {
		clients[i] = (struct client) {
			.stage = stage, .foe = i % FOES,
			.dev = self->dev, .ctl = self->ctl,
		};
		if (why[clients[i].foe])
			clients[i].foe = NONE;
		spawn(&clients[i]);
	}
	no_hotplug = hotplug_start(&hotplug);

	until = now_ns() + STORM_SEC * SEC;
	while (now_ns() < until && !stage->wrong) {
		struct client *c = &clients[roll(&dice, CLIENTS)];

		hits[c->foe] += torment(c);
		dither(&dice, MSEC);
	}

	__atomic_store_n(&stage->stop, true, __ATOMIC_RELEASE);
	if (!no_hotplug)
		hotplug_stop(&hotplug);
	for (i = 0; i < CLIENTS; i++) {
		kill(clients[i].pid, SIGCONT);
		ret = child_join(clients[i].pid);
		EXPECT_TRUE(!ret || (clients[i].foe == STARVER &&
				     ret == -SIGKILL));
	}
	for (i = 0; i < FOES; i++)
		if (foe_groups[i] && !why[i])
			EXPECT_EQ(0, rmdir(foe_groups[i]));

	if (no_hotplug)
		note("not done: %s\n", no_hotplug);
	else
		note("processors taken away %u times\n", hotplug.changes);
	EXPECT_TRUE(no_hotplug || hotplug.changes);
	for (i = 0; i < FOES; i++) {
		if (why[i]) {
			note("not done: %s: %s\n", foe_names[i], why[i]);
			continue;
		}
		note("%s: %u times, %u calls\n", foe_names[i], hits[i],
		     stage->rounds[i]);
		EXPECT_LT(0, stage->rounds[i]);
		EXPECT_TRUE(i == NONE || hits[i]);
	}
	EXPECT_EQ(0, stage->wrong);
	EXPECT_EQ(0, forget(self->ctl, 0));
	/* Orphans of those who were killed end with their gates. */
	ASSERT_EQ(0, wait_counter("objects", 1));
	ASSERT_EQ(0, wait_counter("executions", 0));
	ASSERT_EQ(0, wait_counter("calls", 0));
	ASSERT_EQ(0, wait_counter("orphans", 0));
}

#include "acall_main.h"
