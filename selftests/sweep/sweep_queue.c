// SPDX-License-Identifier: GPL-2.0-only
/*
 * The failure sweep of call queues, up to what their calls do: CREATE_QUEUE, the
 * mapping, and ENTERs that begin, for the first time or again, as another client,
 * short calls and calls of their own of every kind, one or a batch. What comes
 * after that is in sweep_queue_end.c.
 *
 * What it is about is that an ENTER that can not begin all tells exactly what it
 * has begun: what it has not taken is in the ring as before, what it has taken
 * was begun or has its error, and each that was begun has one completion. A short
 * call of a known client takes no memory at all.
 */
#include "sweep_queue.h"

#define WAITS		0x1000	/* of path->flags, besides ACALL_ENTER_* */

static const int creates[] = { ENOMEM, EFAULT, EMFILE, ENFILE, 0 };
static const int maps[] = { ENOMEM, 0 };

/* CREATE_QUEUE. */

static int setup_create(struct sweep *s, const struct path *path)
{
	(void)path;
	memset(&run, 0, sizeof(run));
	s->in.code = count_fds();
	return 0;
}

static int setup_node(struct sweep *s, const struct path *path)
{
	CHECK(keep_fd(s, open("/dev/acall-" ACALL_TEST_INSTANCE ".0",
			      O_RDWR | O_CLOEXEC)) >= 0);
	return setup_create(s, path);
}

static int act_create(struct sweep *s, const struct path *path)
{
	int ret;

	run.q.made = queue_of(path->interface, SWEEP_SLOTS, path->len);
	run.q.made.flags = path->flags;
	ret = sys_create_queue(s->nr_fds ? s->fds[0] : s->dev, &run.q.made);
	if (ret < 0)
		return ret;
	run.q.fd = ret;
	s->obj = ret;
	return 0;
}

/* Also what its memory was charged as is returned. */
static int check_create(struct sweep *s, const struct path *path, int ret)
{
	__u64 bytes;
	__u32 calls;

	CHECK(count_fds() == s->in.code + !ret);
	CHECK(counter("objects") == !ret);
	CHECK(!charged(s->dev, &calls, &bytes));
	CHECK(!calls && !bytes == !!ret);
	if (ret)
		return 0;
	CHECK(fcntl(s->obj, F_GETFD) == FD_CLOEXEC);
	CHECK(!!(fcntl(s->obj, F_GETFL) & O_NONBLOCK) ==
	      !!(path->flags & ACALL_CREATE_NONBLOCK));
	return queue_map(&run.q);
}

#define CREATES(_name, _interface, ...)					\
	NEWPATH(_name, .setup = setup_create, .act = act_create,		\
	     .check = check_create, .teardown = end_queue,		\
	     .errnos = creates, .interface = _interface, ##__VA_ARGS__)

CREATES(create, ACALL_TEST_INTERFACE);
CREATES(create_flags, ACALL_TEST_NARROW, .len = 8,
	.flags = ACALL_CREATE_NONBLOCK | ACALL_CREATE_DETACH);
CREATES(create_session, ACALL_TEST_INSTANCE ".0");
CREATES(create_session_on_node, ACALL_TEST_INSTANCE ".0",
	.setup = setup_node);

/*
 * The mapping. There is nothing else near this address, so each time it takes all
 * the tables that there are; path->value is an offset, to end up in two of the last
 * ones.
 */
#define FAR_AWAY	0x10000000000ULL
#define OF_ONE_TABLE	0x200000ULL

static int setup_map(struct sweep *s, const struct path *path)
{
	CHECK(!setup_queue(s, path));
	return queue_unmap(&run.q);
}

static int act_map(struct sweep *s, const struct path *path)
{
	void *want = (void *)(uintptr_t)(FAR_AWAY + path->value), *map;

	map = mmap(want, run.q.made.map_size, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_FIXED_NOREPLACE, s->obj, 0);
	if (map == MAP_FAILED)
		return -errno;
	run.q.map = map;
	return map == want ? 0 : -EPROTO;
}

static int check_map(struct sweep *s, const struct path *path, int ret)
{
	char *map = run.q.map;
	unsigned char in[16];

	(void)s;
	if (ret) {
		CHECK(!map);
		/* Not a part of it is left. */
		map = (char *)(uintptr_t)(FAR_AWAY + path->value);
		CHECK(mincore(map, run.q.made.map_size, in) &&
		      errno == ENOMEM);
		return 0;
	}
	run.q.ring = run.q.map;
	run.q.submissions = (void *)(map + run.q.made.submission_offset);
	run.q.completions = (void *)(map + run.q.made.completion_offset);
	return 0;
}

NEWPATH(map, .setup = setup_map, .act = act_map, .check = check_map,
	.teardown = end_queue, .errnos = maps);
NEWPATH(map_in_two_tables, .setup = setup_map, .act = act_map,
	.check = check_map, .teardown = end_queue, .errnos = maps,
	.value = OF_ONE_TABLE - 4096);

/* ENTERs that begin. */

static int setup_first(struct sweep *s, const struct path *path)
{
	struct entry e;

	CHECK(!setup_queue(s, path));
	e = entry_of(s, path);
	add_entry(&e);
	return 0;
}

/* This task has begun before, with the present credentials. */
static int become_known(void)
{
	struct acall_submission nop = sub_nop();
	struct acall_completion c;

	CHECK(!queue_begin(&run.q, &nop, NULL));
	return queue_reap(&run.q, &c);
}

static int setup_known(struct sweep *s, const struct path *path)
{
	CHECK(!setup_first(s, path));
	return become_known();
}

/* Somebody else has begun before. */
static int setup_other_user(struct sweep *s, const struct path *path)
{
	CHECK(!setup_known(s, path));
	return fresh_user();
}

/* And has a call that is pending. */
static int setup_other_pending(struct sweep *s, const struct path *path)
{
	__u64 id = fresh_id();

	CHECK(!setup_first(s, path));
	CHECK(!queue_one(&run.q, s->ctl, ACALL_TEST_COOP, id, &run.handle));
	run.others = 1;
	return fresh_user();
}

/* The errno of what was not begun, be it the whole or one of its entries. */
static int act_enter(struct sweep *s, const struct path *path)
{
	bool waits = path->flags & WAITS;
	int ret = enter_entries(s->obj, path->flags & ~WAITS, waits);
	__u32 i;

	if (ret && ret != -ESRCH)
		return ret;
	if (!run.taken)
		return run.e.error ?: -EPROTO;
	for (i = 0; i < run.taken; i++)
		if (run.entries[i].error)
			return run.entries[i].error;
	return ret;
}

/* All that was begun is there, is told of once, and ends as it should. */
static int check_entered(struct sweep *s, const struct path *path, int ret)
{
	__u32 i, begun = 0;

	(void)path;
	for (i = 0; i < run.taken; i++) {
		CHECK(!run.entries[i].error == !!run.entries[i].handle);
		begun += !run.entries[i].error;
	}
	CHECK(!run.taken || run.taken == run.nr);
	/* Written, unless it could not be read. */
	if (run.taken || ret != -EFAULT) {
		CHECK(run.e.taken == run.taken && run.e.begun == begun);
		CHECK(!run.e.error == !!run.taken);
	}
	CHECK(ret || begun == run.nr);
	CHECK(!end_entries(s, begun));
	if (run.others)
		CHECK(queue_state(&run.q, run.handle) == ACALL_STATE_RUNNING);
	return 0;
}

#define ENTRIES(_name, _setup, _method, ...)				\
	NEWPATH(_name, .setup = _setup, .act = act_enter,			\
	     .check = check_entered, .teardown = end_queue,		\
	     .errnos = begins, .method = ACALL_TEST_##_method,		\
	     ##__VA_ARGS__)

/* There is no client yet. */
ENTRIES(first_short, setup_first, SHORT);
ENTRIES(first_short_here, setup_first, SHORT, .flags = WAITS);
ENTRIES(first_short_by_a_worker, setup_first, SHORT,
	.flags = WAITS | ACALL_ENTER_WORKER);
ENTRIES(first_long, setup_first, COOP);
ENTRIES(first_in_session, setup_first, NOP,
	.interface = ACALL_TEST_INSTANCE ".0");
/* There is another one. */
ENTRIES(other_user_short, setup_other_user, SHORT);
ENTRIES(other_user_here, setup_other_user, SHORT, .flags = WAITS);
ENTRIES(other_user_long, setup_other_user, COOP);
ENTRIES(other_user_in_session, setup_other_user, NOP,
	.interface = ACALL_TEST_INSTANCE ".0");
ENTRIES(other_user_pending, setup_other_pending, SHORT);
/* It is the same again: what is short takes no memory. */
ENTRIES(short_again, setup_known, SHORT, .never_fails = true);
ENTRIES(short_here, setup_known, SHORT, .flags = WAITS, .never_fails = true);
ENTRIES(short_by_a_worker, setup_known, SHORT,
	.flags = WAITS | ACALL_ENTER_WORKER, .never_fails = true);
ENTRIES(nop, setup_known, NOP);
ENTRIES(nop_and_wait, setup_known, NOP, .flags = WAITS);
ENTRIES(input_in_place, setup_known, COOP);
ENTRIES(input_by_address, setup_known, ECHO, .len = 100);
ENTRIES(input_by_address_and_wait, setup_known, ECHO, .len = 100,
	.flags = WAITS);
ENTRIES(most_input, setup_known, ECHO, .len = ACALL_MAX_BYTES);
ENTRIES(inline_echo, setup_known, INLINE_ECHO, .len = 3000);
ENTRIES(park, setup_known, PARK, .len = 10,
	.value = ACALL_TEST_START_COMPLETES);
ENTRIES(result_files, setup_known, PARK_SLEEPABLE, .files = 1,
	.value = ACALL_TEST_PREPARE_FILES | ACALL_TEST_START_COMPLETES);
ENTRIES(no_cancel, setup_known, COOP, .terms = ACALL_BEGIN_NO_CANCEL);

/* path->value is 0 for a deadline that is long past. */
static int setup_deadline(struct sweep *s, const struct path *path)
{
	struct entry *e = &run.entries[0];

	CHECK(!setup_known(s, path));
	s->in.arg.value = 0;
	e->s = sub_flags(path->method, ACALL_BEGIN_DEADLINE, &s->in.arg,
			 sizeof(s->in.arg));
	e->s.deadline = path->value ? now_ns() + 3600 * SEC : 1;
	if (!path->value) {
		e->status = -ETIME;
		e->outcome = ACALL_OUTCOME_NEVER_STARTED;
	}
	return 0;
}

ENTRIES(deadline, setup_deadline, COOP, .value = 1);
ENTRIES(deadline_past, setup_deadline, COOP);

/* A file's reference goes with the entry that is refused. */
static int setup_file(struct sweep *s, const struct path *path)
{
	struct entry *e = &run.entries[0];
	int ends[2];

	CHECK(!setup_known(s, path));
	CHECK(!pipe2(ends, O_CLOEXEC));
	keep_fd(s, ends[0]);
	s->call_id = ends[1];
	s->in.code = ends[1];
	e->s = sub_arg(path->method, s->id);
	e->s.files = PTR(&s->in.code);
	e->s.nr_files = 1;
	return 0;
}

static int check_file(struct sweep *s, const struct path *path, int ret)
{
	CHECK(!check_entered(s, path, ret));
	if (ret)
		return 0;
	/* The calls that there were have none of it. */
	close(s->call_id);
	return wait_hung_up(s->fds[0]);
}

ENTRIES(file, setup_file, HOLD, .check = check_file);

/* Short and other ones by turns, with all kinds of input. */
static int setup_batch(struct sweep *s, const struct path *path)
{
	struct entry shorts = { .outcome = ACALL_OUTCOME_COMPLETED };
	struct entry coop = shorts, echo = shorts;
	int i;

	CHECK(!setup_queue(s, path));
	if (path->value)
		CHECK(!become_known());
	shorts.s = sub(ACALL_TEST_SHORT, NULL, 0);
	coop.s = sub_arg(ACALL_TEST_COOP, s->id);
	echo.s = sub(ACALL_TEST_ECHO, sweep_bytes, 200);
	echo.out_len = 200;
	for (i = 0; i < 2; i++) {
		add_entry(&shorts);
		add_entry(&coop);
		add_entry(&shorts);
		add_entry(&echo);
	}
	return 0;
}

static int setup_shorts(struct sweep *s, const struct path *path)
{
	struct entry e = { .outcome = ACALL_OUTCOME_COMPLETED };
	int i;

	CHECK(!setup_queue(s, path));
	if (path->value)
		CHECK(!become_known());
	e.s = sub(ACALL_TEST_SHORT, NULL, 0);
	for (i = 0; i < MANY; i++)
		add_entry(&e);
	return 0;
}

ENTRIES(first_batch, setup_batch, SHORT);
ENTRIES(batch, setup_batch, SHORT, .value = 1);
ENTRIES(first_batch_of_short_ones, setup_shorts, SHORT);
ENTRIES(batch_of_short_ones, setup_shorts, SHORT, .value = 1,
	.never_fails = true);
ENTRIES(batch_of_short_ones_and_wait, setup_shorts, SHORT, .value = 1,
	.flags = WAITS, .never_fails = true);

#define PROGRAM "queue"
#include "sweep_tests.h"
