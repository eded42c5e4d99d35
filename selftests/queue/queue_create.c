// SPDX-License-Identifier: GPL-2.0-only
/*
 * CREATE_QUEUE and the mapping: what is refused, how large the rings are, what may
 * be mapped and how, whom the memory is charged to, and which operations belong to
 * queues and which to objects.
 *
 * The race is between the mapping and the last close: a queue is open as long as
 * somebody could still write into its rings.
 */
#include "queue_util.h"

static int create(int dev, const char *name, __u32 slots, __u32 entries,
		  struct acall_create_queue *c)
{
	*c = queue_of(name, slots, entries);
	return sys_create_queue(dev, c);
}

static bool power_of_two(__u32 n)
{
	return n && !(n & (n - 1));
}

TEST_F(queue, C1_names_and_versions_as_of_objects)
{
	static const char * const bad[] = {
		"", "Test", "1test", "te st", "test/x",
		"abcdefghijklmnopqrstuvwxyzabcdef",
	};
	struct acall_create_queue c;
	unsigned int i;
	__u32 v;
	int fd;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(-EINVAL, create(self->dev, bad[i], 1, 0, &c));
	c = queue_of("test", 1, 0);
	c.interface[10] = 'x';
	EXPECT_EQ(-EINVAL, sys_create_queue(self->dev, &c));
	EXPECT_EQ(-ENOENT, create(self->dev, "nobody-has-this", 1, 0, &c));

	for (v = ACALL_TEST_VERSION_MIN; v <= ACALL_TEST_VERSION; v++) {
		c = queue_of("test", 1, 0);
		c.version = v;
		fd = sys_create_queue(self->dev, &c);
		ASSERT_LE(0, fd);
		EXPECT_EQ(v, c.version);
		close(fd);
	}
	c = queue_of("test", 1, 0);
	fd = sys_create_queue(self->dev, &c);
	ASSERT_LE(0, fd);
	EXPECT_EQ(ACALL_TEST_VERSION, c.version);
	close(fd);
	c = queue_of("test", 1, 0);
	c.version = ACALL_TEST_VERSION + 1;
	EXPECT_EQ(-EPROTONOSUPPORT, sys_create_queue(self->dev, &c));
	c = queue_of("test", 1, 0);
	c.version = ACALL_TEST_VERSION_MIN - 1;
	EXPECT_EQ(-EPROTONOSUPPORT, sys_create_queue(self->dev, &c));
}

TEST_F(queue, the_feature_says_that_there_are_queues)
{
	struct acall_info info = { .size = sizeof(info) };

	ASSERT_EQ(0, poison_ioctl(self->dev, ACALL_IOC_INFO, &info,
				  sizeof(info)));
	EXPECT_TRUE(info.features & ACALL_FEATURE_QUEUE);
}

TEST_F(queue, slots_and_entries_out_of_bounds_EINVAL)
{
	static const __u32 slots[] = {
		0, ACALL_MAX_SLOTS + 1, 1U << 31, UINT32_MAX,
	};
	static const __u32 entries[] = {
		3, 5, 6, 7, 255, 257, ACALL_MAX_ENTRIES - 1,
		ACALL_MAX_ENTRIES + 1, 2 * ACALL_MAX_ENTRIES, 1U << 31,
		UINT32_MAX,
	};
	long long objects = counter("objects");
	struct acall_create_queue c;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(slots); i++) {
		EXPECT_EQ(-EINVAL, create(self->dev, "test", slots[i], 0, &c));
		EXPECT_EQ(-EINVAL, create(self->dev, "test", slots[i], 1, &c));
	}
	for (i = 0; i < ARRAY_SIZE(entries); i++)
		EXPECT_EQ(-EINVAL, create(self->dev, "test", 8, entries[i],
					  &c));
	EXPECT_EQ(objects, counter("objects"));
}

TEST_F(queue, flags_and_sizes_as_of_every_structure)
{
	static const __u32 flags[] = { 4, 8, 0x100, 1U << 31, UINT32_MAX };
	struct {
		struct acall_create_queue c;
		__u32 tail[4];
	} big = { 0 };
	struct acall_create_queue c;
	unsigned int i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		c = queue_of("test", 8, 0);
		c.flags = flags[i];
		EXPECT_EQ(-EINVAL, sys_create_queue(self->dev, &c));
	}
	c = queue_of("test", 8, 0);
	c.size = sizeof(c) - 8;
	EXPECT_EQ(-EINVAL, sys_ioctl(self->dev, ACALL_IOC_CREATE_QUEUE, &c));
	c.size = 4097;
	EXPECT_EQ(-E2BIG, sys_ioctl(self->dev, ACALL_IOC_CREATE_QUEUE, &c));
	EXPECT_EQ(-EFAULT, sys_ioctl(self->dev, ACALL_IOC_CREATE_QUEUE, NULL));
	EXPECT_EQ(-EFAULT, sys_ioctl(self->dev, ACALL_IOC_CREATE_QUEUE,
				     (void *)8));
	/* A longer one, of zeroes and not. */
	big.c = queue_of("test", 8, 0);
	big.c.size = sizeof(big);
	fd = sys_ioctl(self->dev, ACALL_IOC_CREATE_QUEUE, &big);
	EXPECT_LE(0, fd);
	close(fd);
	big.c = queue_of("test", 8, 0);
	big.c.size = sizeof(big);
	big.tail[3] = 1;
	EXPECT_EQ(-E2BIG, sys_ioctl(self->dev, ACALL_IOC_CREATE_QUEUE, &big));
	EXPECT_EQ(-ENOTTY, sys_ioctl(self->q.fd, ACALL_IOC_CREATE_QUEUE, &c));
}

TEST_F(queue, C2_a_bad_address_for_the_answer_and_EMFILE_leak_nothing)
{
	long long objects = counter("objects");
	struct acall_create_queue *ro, c;
	struct rlimit full, was;
	int i, before, fd;

	ro = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)ro);
	*ro = queue_of("test", 8, 0);
	ro->size = sizeof(*ro);
	ASSERT_EQ(0, mprotect(ro, 4096, PROT_READ));
	before = count_fds();
	for (i = 0; i < 20; i++)
		EXPECT_EQ(-EFAULT, sys_ioctl(self->dev, ACALL_IOC_CREATE_QUEUE,
					     ro));
	EXPECT_EQ(before, count_fds());
	munmap(ro, 4096);

	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &was));
	full = was;
	full.rlim_cur = 0;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &full));
	for (i = 0; i < 20; i++)
		EXPECT_EQ(-EMFILE, create(self->dev, "test", 8, 0, &c));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &was));
	EXPECT_EQ(objects, counter("objects"));
	fd = create(self->dev, "test", 8, 0, &c);
	EXPECT_LE(0, fd);
	close(fd);
}

TEST_F(queue, C1_close_on_exec_for_both_directions_and_NONBLOCK)
{
	struct acall_create_queue c = queue_of("test", 8, 0);
	int fd;

	EXPECT_EQ(FD_CLOEXEC, fcntl(self->q.fd, F_GETFD));
	EXPECT_EQ(O_RDWR, fcntl(self->q.fd, F_GETFL) & O_ACCMODE);
	EXPECT_EQ(0, fcntl(self->q.fd, F_GETFL) & O_NONBLOCK);
	c.flags = ACALL_CREATE_NONBLOCK;
	fd = sys_create_queue(self->dev, &c);
	ASSERT_LE(0, fd);
	EXPECT_EQ(O_NONBLOCK, fcntl(fd, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	close(fd);
}

TEST_F(queue, the_sizes_of_the_rings)
{
	static const struct {
		__u32 slots;
		__u32 entries;
	} how[] = {
		{ 1, 0 }, { 1, 1 }, { 1, ACALL_MAX_ENTRIES }, { 2, 0 },
		{ 3, 0 }, { 3, 4 }, { 100, 0 }, { 255, 0 }, { 256, 0 },
		{ 257, 0 }, { 1000, 0 }, { 4096, 2 }, { 65536, 0 },
	};
	struct acall_create_queue c;
	__u64 submissions, completions;
	unsigned int i;
	__u32 want;
	int fd;

	for (i = 0; i < ARRAY_SIZE(how); i++) {
		fd = create(self->dev, "test", how[i].slots, how[i].entries,
			    &c);
		ASSERT_LE(0, fd) {
			TH_LOG("%u slots: %d", how[i].slots, fd);
		}
		EXPECT_EQ(how[i].slots, c.slots);
		EXPECT_TRUE(power_of_two(c.entries));
		EXPECT_TRUE(power_of_two(c.completions));
		EXPECT_LE(how[i].slots, c.completions);
		want = how[i].entries ?: how[i].slots < 256 ? how[i].slots :
		       256;
		/* Which power of two is near enough to the slots is open. */
		EXPECT_LT(want / 2, c.entries);
		EXPECT_LT(c.entries, 2 * want);
		if (power_of_two(want))
			EXPECT_EQ(want, c.entries);
		/* Nothing overlaps, nothing sticks out. */
		submissions = (__u64)c.entries *
			      sizeof(struct acall_submission);
		completions = (__u64)c.completions *
			      sizeof(struct acall_completion);
		EXPECT_LE(sizeof(struct acall_ring), c.submission_offset);
		EXPECT_LE(sizeof(struct acall_ring), c.completion_offset);
		EXPECT_TRUE(c.submission_offset + submissions <=
			    c.completion_offset ||
			    c.completion_offset + completions <=
			    c.submission_offset);
		EXPECT_LE(c.submission_offset + submissions, c.map_size);
		EXPECT_LE(c.completion_offset + completions, c.map_size);
		EXPECT_EQ(0, c.submission_offset % 8);
		EXPECT_EQ(0, c.completion_offset % 8);
		EXPECT_EQ(0, c.map_size % sysconf(_SC_PAGESIZE));
		close(fd);
	}
}

TEST_F(queue, a_new_mapping_is_zeroes)
{
	struct acall_ring zero = { 0 };
	const char *p;
	struct queue q;
	size_t i;

	ASSERT_EQ(0, queue_open(&q, self->dev, "test", 1000, 256));
	EXPECT_EQ(0, memcmp(&zero, q.ring, sizeof(zero)));
	/* Nothing of the kernel's, and nothing of another's. */
	for (p = q.map, i = 0; i < q.made.map_size && !p[i]; i++)
		;
	EXPECT_EQ(q.made.map_size, i);
	EXPECT_EQ(0, queue_close(&q));
}

static int map_error(int fd, size_t size, int prot, int flags, off_t offset)
{
	void *map = mmap(NULL, size, prot, flags, fd, offset);
	int err = errno;

	if (map == MAP_FAILED)
		return -err;
	munmap(map, size);
	return 0;
}

TEST_F(queue, other_offsets_and_sizes_EINVAL)
{
	const long page = sysconf(_SC_PAGESIZE);
	const size_t size = self->q.made.map_size;
	const int rw = PROT_READ | PROT_WRITE;
	const off_t offsets[] = {
		page, 2 * page, (off_t)size, (off_t)1 << 40,
	};
	unsigned int i;

	EXPECT_EQ(0, map_error(self->q.fd, size, rw, MAP_SHARED, 0));
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		EXPECT_EQ(-EINVAL, map_error(self->q.fd, size, rw, MAP_SHARED,
					     offsets[i]));
		EXPECT_EQ(-EINVAL, map_error(self->q.fd, page, rw, MAP_SHARED,
					     offsets[i]));
	}
	EXPECT_EQ(-EINVAL, map_error(self->q.fd, size + page, rw, MAP_SHARED,
				     0));
	EXPECT_EQ(-EINVAL, map_error(self->q.fd, 2 * size, rw, MAP_SHARED, 0));
	EXPECT_EQ(-EINVAL, map_error(self->q.fd, size - page, rw, MAP_SHARED,
				     0));
	/* An object has nothing to map. */
	EXPECT_GT(0, map_error(self->base.fd, page, rw, MAP_SHARED, 0));
}

TEST_F(queue, a_private_mapping_is_refused)
{
	const size_t size = self->q.made.map_size;

	/* What is written into a copy would not reach the kernel. */
	EXPECT_EQ(-EINVAL, map_error(self->q.fd, size, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE, 0));
}

TEST_F(queue, never_executable)
{
	const size_t size = self->q.made.map_size;
	int ret;

	ret = map_error(self->q.fd, size, PROT_READ | PROT_WRITE | PROT_EXEC,
			MAP_SHARED, 0);
	EXPECT_TRUE(ret == -EPERM || ret == -EACCES || ret == -EINVAL) {
		TH_LOG("mmap: %d", ret);
	}
	EXPECT_EQ(-1, mprotect(self->q.map, size, PROT_READ | PROT_EXEC));
	EXPECT_EQ(EACCES, errno);
	/* It has not been spoilt by that. */
	ASSERT_EQ(0, queue_begin_nop(&self->q, NULL));
	EXPECT_EQ(1, queue_drain(&self->q));
}

TEST_F(queue, does_not_grow)
{
	const long page = sysconf(_SC_PAGESIZE);
	const size_t size = self->q.made.map_size;

	EXPECT_EQ(MAP_FAILED, mremap(self->q.map, size, size + page, 0));
	EXPECT_EQ(MAP_FAILED, mremap(self->q.map, size, size + page,
				     MREMAP_MAYMOVE));
	EXPECT_EQ(MAP_FAILED, mremap(self->q.map, size, 16 * size,
				     MREMAP_MAYMOVE));
	ASSERT_EQ(0, queue_begin_nop(&self->q, NULL));
	EXPECT_EQ(1, queue_drain(&self->q));
}

TEST_F(queue, two_mappings_are_of_the_same_memory)
{
	struct queue other = self->q;
	struct acall_completion c;
	__u64 handle;

	ASSERT_EQ(0, queue_map(&other));
	EXPECT_NE(self->q.map, other.map);
	ASSERT_EQ(0, queue_begin_nop(&other, &handle));
	ASSERT_EQ(0, queue_reap(&self->q, &c));
	EXPECT_EQ(handle, c.handle);
	ASSERT_EQ(0, queue_unmap(&other));
}

TEST_F(queue, ENOTTY_for_what_is_of_the_other_kind)
{
	struct acall_begin b = { .size = sizeof(b), .method = ACALL_TEST_NOP };
	struct acall_call_args call = { .method = ACALL_TEST_NOP };
	struct acall_cancel_match m = { .size = sizeof(m) };
	struct acall_enter e = { .size = sizeof(e) };
	int fds[2] = { self->base.fd, self->dev };
	unsigned int i;

	EXPECT_EQ(-ENOTTY, sys_begin_struct(self->q.fd, &b));
	EXPECT_EQ(-ENOTTY, sys_call_struct(self->q.fd, &call));
	EXPECT_EQ(-ENOTTY, sys_ioctl(self->q.fd, ACALL_IOC_INFO, &b));
	EXPECT_EQ(-ENOTTY, sys_ioctl(self->q.fd, ACALL_IOC_LIST, &b));
	EXPECT_EQ(-ENOTTY, sys_ioctl(self->q.fd,
				     _IO(ACALL_IOC_MAGIC, 0x18), &b));
	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		EXPECT_EQ(-ENOTTY, sys_ioctl(fds[i], ACALL_IOC_ENTER, &e));
		EXPECT_EQ(-ENOTTY, sys_ioctl(fds[i], ACALL_IOC_CANCEL_MATCH,
					     &m));
	}
	/* Neither has a call of it. */
	EXPECT_EQ(ACALL_STATE_IDLE, state_of(self->base.fd));
	EXPECT_EQ(-ESRCH, queue_wait(&self->q, 1));
}

TEST_F(queue, R_CYCLE_a_queue_is_no_argument_EBADF)
{
	struct acall_submission s;
	struct queue other;
	__s32 file;

	ASSERT_EQ(0, queue_open(&other, self->dev, "test", 1, 0));
	file = self->q.fd;
	s = sub_hold(self->id, &file);
	EXPECT_EQ(-EBADF, queue_begin(&self->q, &s, NULL));
	EXPECT_EQ(-EBADF, queue_begin(&other, &s, NULL));
	EXPECT_EQ(-EBADF, sys_begin_hold(self->base.fd, self->id, file, NULL));
	/* Nor is an object, of a queue's call. */
	file = self->base.fd;
	EXPECT_EQ(-EBADF, queue_begin(&other, &s, NULL));
	EXPECT_EQ(0, queue_close(&other));
	EXPECT_EQ(0, queue_close(&self->q));
	EXPECT_EQ(0, wait_counter("objects", 1));
}

TEST_F(queue, C3_independent_of_the_device)
{
	ASSERT_EQ(0, close(self->dev));
	ASSERT_EQ(0, queue_begin_nop(&self->q, NULL));
	EXPECT_EQ(1, queue_drain(&self->q));
}

TEST_F(queue, C3_thousands_come_and_go)
{
	const int n = 15 * rounds();
	struct queue q;
	int i;

	for (i = 0; i < n; i++) {
		ASSERT_EQ(0, queue_open(&q, self->dev, "test", 1 + i % 70,
					0));
		if (i % 3 == 0)
			ASSERT_EQ(0, queue_begin_nop(&q, NULL));
		ASSERT_EQ(0, queue_close(&q));
	}
}

static int create_privileged(void *unused)
{
	struct acall_create_queue c;
	int dev, fd;

	(void)unused;
	CHECK(!become(UID_A));
	dev = sys_open_device();
	CHECK(create(dev, ACALL_TEST_PRIVILEGED, 1, 0, &c) == -EPERM);
	fd = create(dev, "test", 1, 0, &c);
	CHECK(fd >= 0);
	return 0;
}

TEST_F(queue, C6_a_provider_may_refuse)
{
	struct acall_create_queue c;
	int fd = create(self->dev, ACALL_TEST_PRIVILEGED, 1, 0, &c);

	EXPECT_LE(0, fd);
	close(fd);
	EXPECT_EQ(0, child_run(create_privileged, NULL));
}

/* Limits: the parameters are the machine's, and put back whatever happens. */

static const char * const params[] = {
	"user_calls", "user_bytes", "total_bytes",
};

FIXTURE(limits)
{
	FIXTURE_DATA(queue) base;
	long long was[ARRAY_SIZE(params)];
};

FIXTURE_SETUP(limits)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(params); i++)
		self->was[i] = read_number(SYSFS_PARAMS, params[i]);
	queue_setup(_metadata, &self->base, NULL);
}

FIXTURE_TEARDOWN(limits)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(params); i++)
		EXPECT_EQ(0, write_number(SYSFS_PARAMS, params[i],
					  self->was[i]));
	queue_teardown(_metadata, &self->base, NULL);
}

struct client {
	int err;
	int ctl;
	__u64 id;
};

static int charged_bytes(__u64 *bytes)
{
	struct acall_info info = { .size = sizeof(info) };
	int dev = sys_open_device();

	CHECK(!sys_ioctl(dev, ACALL_IOC_INFO, &info));
	CHECK(!info.charged_calls);
	close(dev);
	*bytes = info.charged_bytes;
	return 0;
}

static int wait_nothing_charged(void)
{
	__u64 since = now_ns(), bytes;

	do {
		CHECK(!charged_bytes(&bytes));
		CHECK(!guard_expired(since));
	} while (bytes);
	return 0;
}

/* A queue of 1024 slots fits once into what he may have. */
static int memory_of_queues(void *arg)
{
	struct client *k = arg;
	struct acall_create_queue c;
	struct queue q;
	__u64 bytes;
	int dev, i;

	CHECK(!become(UID_A));
	dev = sys_open_device();
	CHECK(!wait_nothing_charged());
	for (i = 0; i < 10; i++) {
		CHECK(create(dev, "test", 65536, 0, &c) == k->err);
		CHECK(create(dev, "test", ACALL_MAX_SLOTS, ACALL_MAX_ENTRIES,
			     &c) == k->err);
		CHECK(!wait_nothing_charged());
		CHECK(!queue_open(&q, dev, "test", 1024, 1));
		CHECK(!charged_bytes(&bytes));
		CHECK(bytes >= 1024 * sizeof(struct acall_completion));
		CHECK(create(dev, "test", 1024, 1, &c) == k->err);
		/* The mapping keeps it, and its charge. */
		CHECK(!close(q.fd));
		CHECK(create(dev, "test", 1024, 1, &c) == k->err);
		CHECK(!queue_unmap(&q));
		CHECK(!wait_nothing_charged());
	}
	return 0;
}

/* What a queue of 1024 slots and one entry is charged with. */
static int cost_of_a_queue(__u64 *bytes)
{
	int dev = sys_open_device();
	__u64 before, cost;
	struct queue q;

	CHECK(!charged_bytes(&before));
	CHECK(!queue_open(&q, dev, "test", 1024, 1));
	close(dev);
	CHECK(!charged_bytes(bytes));
	*bytes -= before;
	CHECK(*bytes >= 1024 * sizeof(struct acall_completion));
	CHECK(!queue_close(&q));
	/* Others count from zero again. */
	do {
		CHECK(!charged_bytes(&cost));
	} while (cost != before);
	return 0;
}

TEST_F(limits, memory_counts_as_the_users_bytes_EDQUOT)
{
	struct client k = { .err = -EDQUOT };
	__u64 cost;

	ASSERT_EQ(0, cost_of_a_queue(&cost));
	ASSERT_EQ(0, write_number(SYSFS_PARAMS, "user_bytes", cost * 3 / 2));
	EXPECT_EQ(0, child_run(memory_of_queues, &k));
}

TEST_F(limits, memory_counts_as_the_machines_bytes_EAGAIN)
{
	struct client k = { .err = -EAGAIN };
	__u64 cost, mine;

	/* What the fixture's own queue has counts too. */
	ASSERT_EQ(0, cost_of_a_queue(&cost));
	ASSERT_EQ(0, charged_bytes(&mine));
	ASSERT_EQ(0, write_number(SYSFS_PARAMS, "user_bytes", 1ULL << 40));
	ASSERT_EQ(0, write_number(SYSFS_PARAMS, "total_bytes",
				  mine + cost * 3 / 2));
	EXPECT_EQ(0, child_run(memory_of_queues, &k));
}

/* A limit that he reaches in the middle of a batch. */
static int calls_of_a_user(void *arg)
{
	struct client *k = arg;
	struct acall_submission s = sub_arg(ACALL_TEST_GATE, k->id);
	struct acall_enter e;
	struct queue q;
	int i;

	CHECK(!become(UID_A));
	CHECK(!queue_open_alone(&q, "test", 16));
	for (i = 0; i < 8; i++)
		CHECK(queue_put(&q, &s));
	CHECK(!sys_enter(q.fd, 8, 0, 0, &e));
	CHECK(e.taken == 5 && e.begun == 5 && e.error == -EDQUOT);
	CHECK(queue_taken(&q) == 5);
	CHECK(!sys_enter(q.fd, 8, 0, 0, &e));
	CHECK(!e.taken && e.error == -EDQUOT);
	/* DONE is live still; what is read makes room. */
	CHECK(!open_gate(k->ctl, k->id));
	CHECK(!queue_wait(&q, 5));
	CHECK(!sys_enter(q.fd, 8, 0, 0, &e));
	CHECK(!e.taken && e.error == -EDQUOT);
	CHECK(queue_read_all(&q) == 5);
	do {
		/* What he was charged is returned a little later. */
		CHECK(!sys_enter(q.fd, 8, 0, 0, &e));
	} while (!e.taken && e.error == -EDQUOT);
	while (queue_taken(&q) != 8) {
		CHECK(!sys_enter(q.fd, 8, 0, 0, &e));
		CHECK(!e.error || e.error == -EDQUOT);
	}
	CHECK(queue_drain(&q) == 3);
	return 0;
}

TEST_F(limits, calls_of_a_user_EDQUOT_and_the_rest_stays)
{
	struct client k = { .ctl = self->base.ctl, .id = self->base.id };

	ASSERT_EQ(0, write_number(SYSFS_PARAMS, "user_calls", 5));
	EXPECT_EQ(0, child_run(calls_of_a_user, &k));
}

static bool queue_put_short(struct queue *q)
{
	struct acall_submission s = sub(ACALL_TEST_SHORT, NULL, 0);

	return queue_put(q, &s);
}

/* What he began as somebody else makes room as well as what he began like this. */
static int calls_of_both(void *arg)
{
	const uid_t *uid = arg;
	struct rlimit fsize = { .rlim_cur = 1 << 20, .rlim_max = 1 << 20 };
	struct acall_enter e;
	struct queue q;
	int i;

	CHECK(!become(*uid));
	CHECK(!queue_open_alone(&q, "test", 16));
	for (i = 0; i < 5; i++)
		CHECK(queue_put_short(&q));
	CHECK(!sys_enter(q.fd, 5, 5, FOREVER, &e));
	CHECK(e.begun == 5);
	CHECK(!setrlimit(RLIMIT_FSIZE, &fsize));
	CHECK(queue_put_short(&q));
	CHECK(!sys_enter(q.fd, 1, 0, 0, &e));
	CHECK(!e.taken && e.error == -EDQUOT);
	CHECK(queue_read_all(&q) == 5);
	/* However often. */
	for (i = 0; i < 10; i++) {
		CHECK(!sys_enter(q.fd, 1, 1, FOREVER, &e));
		CHECK(e.begun == 1 && !e.error);
		CHECK(queue_read_all(&q) == 1);
		CHECK(queue_put_short(&q));
	}
	/* And in bulk: one is there already. */
	for (i = 0; i < 3; i++) {
		while (queue_taken(&q) + 5 != q.tail)
			CHECK(queue_put_short(&q));
		CHECK(!sys_enter(q.fd, 5, 5, FOREVER, &e));
		CHECK(e.begun == 5 && !e.error);
		CHECK(queue_read_all(&q) == 5);
	}
	return 0;
}

/* A call is as much too much if its slot is there from the last one. */
static int calls_of_one_slot(void *arg)
{
	const uid_t *uid = arg;
	struct acall_enter e;
	struct queue q;
	int i, root, ret;

	/* Opened by who may write to it. */
	root = open(SYSFS_PARAMS "user_calls", O_WRONLY | O_CLOEXEC);
	CHECK(root >= 0);
	CHECK(!become(*uid));
	CHECK(!queue_open_alone(&q, "test", 4));
	for (i = 0; i < 6; i++) {
		CHECK(queue_put_short(&q));
		CHECK(pwrite(root, i % 3 < 2 ? "5" : "0", 1, 0) == 1);
		ret = sys_enter(q.fd, 1, 1, FOREVER, &e);
		if (i % 3 < 2) {
			CHECK(!ret && e.begun == 1 && !e.error);
			CHECK(queue_read_all(&q) == 1);
		} else {
			CHECK(ret == -ESRCH && !e.taken && e.error == -EDQUOT);
			queue_set_tail(&q, --q.tail);
		}
	}
	return 0;
}

TEST_F(limits, calls_of_one_slot_EDQUOT)
{
	uid_t uid = UID_A;

	EXPECT_EQ(0, child_run(calls_of_one_slot, &uid));
}

TEST_F(limits, calls_that_were_read_make_room_whoever_began_them)
{
	uid_t uid = UID_A;

	ASSERT_EQ(0, write_number(SYSFS_PARAMS, "user_calls", 5));
	EXPECT_EQ(0, child_run(calls_of_both, &uid));
}

#include "acall_main.h"
