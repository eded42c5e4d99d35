// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arguments that nobody in his right mind gives: addresses of the kernel's, of
 * memory that is there in part or not writable, buffers that lie upon each other,
 * structures that change while they are read, times before the beginning and
 * numbers that are no ioctl's. By a user who has nothing. [B1, B3, B8, F3, S2]
 *
 * The race is between the kernel's reading and a thread that writes.
 */
#include "hostile_util.h"

/* Nobody's on a 64-bit kernel, and out of reach of 32-bit programs. */
static const __u64 not_ours[] = {
	0xffffffff81000000ULL,	/* its text */
	0xffff888000000000ULL,	/* all memory */
	0xffffc90000000000ULL,	/* vmalloc's */
	0xffff800000000000ULL,	/* the first of the upper half */
	0xffffffffff600000ULL,	/* the vsyscall page */
	0x0000800000000000ULL,	/* in no half */
	0x00007ffffffff000ULL,	/* the last page of the lower half */
	UINT64_MAX - 7, UINT64_MAX,
};

static const char text[16] = "hostile input ..";

static int done(int fd)
{
	return sys_begin(fd, ACALL_TEST_ECHO, text, sizeof(text), NULL) ?:
	       sys_wait_until(fd, 0, FOREVER);
}

static int done_with_files(int fd, int ctl, __u64 id, __u32 files)
{
	struct acall_test_custom arg = { .id = id, .files = files };

	return sys_begin(fd, ACALL_TEST_FILES, &arg, sizeof(arg), NULL) ?:
	       open_gate(ctl, id) ?: sys_wait_until(fd, 0, FOREVER);
}

/* FINISH of an echo into @out. */
static int finish_at(int fd, __u64 out)
{
	struct acall_finish f = { .out = out, .out_len = sizeof(text) };

	return sys_finish_struct(fd, &f);
}

static int finish_files_at(int fd, __u64 files, __u32 nr)
{
	struct acall_finish f = { .files = files, .nr_files = nr };

	return sys_finish_struct(fd, &f);
}

static int begin_at(int fd, __u32 method, __u64 in, __u32 len, __u64 files,
		    __u32 nr_files)
{
	struct acall_begin b = {
		.size = sizeof(b), .method = method, .in = in, .in_len = len,
		.files = files, .nr_files = nr_files,
	};

	return sys_begin_struct(fd, &b);
}

static int list_at(int dev, __u64 records, __u32 nr)
{
	struct acall_list l = {
		.size = sizeof(l), .records = records, .nr = nr,
		.record_size = sizeof(struct acall_list_record),
	};
	int ret = sys_ioctl(dev, ACALL_IOC_LIST, &l);

	/* It says how many only if it has written them. */
	return ret ?: l.nr == nr ? 0 : -EPROTO;
}

TEST_F(user, B3_input_at_addresses_that_are_not_his_EFAULT)
{
	struct acall_call_args c;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(not_ours); i++) {
		EXPECT_EQ(-EFAULT, begin_at(self->fd, ACALL_TEST_ECHO,
					    not_ours[i], 16, 0, 0));
		EXPECT_EQ(-EFAULT, begin_at(self->fd, ACALL_TEST_HOLD, 0, 0,
					    not_ours[i], 1));
		memset(&c, 0, sizeof(c));
		c.method = ACALL_TEST_ECHO;
		c.in = not_ours[i];
		c.in_len = 16;
		EXPECT_EQ(-EFAULT, sys_call_struct(self->fd, &c));
		EXPECT_EQ(0, c.call_id);
	}
	EXPECT_EQ(0, works(self->fd));
	EXPECT_EQ(0, charged_calls(self->dev));
}

TEST_F(user, F3_output_to_addresses_that_are_not_his_EFAULT)
{
	unsigned int i;

	ASSERT_EQ(0, done(self->fd));
	for (i = 0; i < ARRAY_SIZE(not_ours); i++) {
		EXPECT_EQ(-EFAULT, finish_at(self->fd, not_ours[i]));
		EXPECT_EQ(-EFAULT, list_at(self->dev, not_ours[i], 1));
		EXPECT_EQ(ACALL_STATE_DONE, state_of(self->fd));
	}
	EXPECT_EQ(0, finish_at(self->fd, PTR((char [16]) { 0 })));
	EXPECT_EQ(0, works(self->fd));
}

TEST_F(user, F7_numbers_of_files_to_addresses_that_are_not_his_EFAULT)
{
	unsigned int i;
	__s32 file;

	ASSERT_EQ(0, done_with_files(self->fd, self->ctl, self->id, 1));
	for (i = 0; i < ARRAY_SIZE(not_ours); i++) {
		EXPECT_EQ(-EFAULT, finish_files_at(self->fd, not_ours[i], 1));
		EXPECT_EQ(ACALL_STATE_DONE, state_of(self->fd));
	}
	ASSERT_EQ(0, finish_files_at(self->fd, PTR(&file), 1));
	EXPECT_EQ(0, close(file));
	EXPECT_EQ(0, works(self->fd));
}

TEST_F(user, S2_CALL_to_addresses_that_are_not_his_leaves_it_done)
{
	struct acall_call_args c;
	struct acall_finish f;
	unsigned int i;
	char out[16];

	for (i = 0; i < ARRAY_SIZE(not_ours); i++) {
		c = (struct acall_call_args) {
			.method = ACALL_TEST_ECHO, .in = PTR(text),
			.in_len = sizeof(text), .out = not_ours[i],
			.out_len = sizeof(text),
		};
		EXPECT_EQ(-EFAULT, sys_call_struct(self->fd, &c));
		EXPECT_NE(0, c.call_id);
		EXPECT_EQ(0, sys_finish_out(self->fd, out, sizeof(out), &f));
		EXPECT_EQ(c.call_id, f.call_id);
	}
	EXPECT_EQ(0, works(self->fd));
}

TEST_F(user, B3_F3_buffers_that_end_where_memory_ends)
{
	char *end = edge_of_memory(PROT_READ | PROT_WRITE);
	struct acall_finish f;
	unsigned int n;

	for (n = 1; n <= sizeof(text); n++) {
		/* @n bytes too few. */
		char *at = end - sizeof(text) + n;

		EXPECT_EQ(-EFAULT, begin_at(self->fd, ACALL_TEST_ECHO, PTR(at),
					    sizeof(text), 0, 0));
		ASSERT_EQ(0, done(self->fd));
		EXPECT_EQ(-EFAULT, finish_at(self->fd, PTR(at)));
		EXPECT_EQ(ACALL_STATE_DONE, state_of(self->fd));
		/* Up to the last byte is fine. */
		EXPECT_EQ(0, finish_at(self->fd, PTR(end - sizeof(text))));
		EXPECT_EQ(0, memcmp(text, end - sizeof(text), sizeof(text)));
		EXPECT_EQ(0, begin_at(self->fd, ACALL_TEST_ECHO,
				      PTR(end - sizeof(text)), sizeof(text),
				      0, 0));
		EXPECT_EQ(0, sys_finish_out(self->fd, end - sizeof(text),
					    sizeof(text), &f));
	}
	EXPECT_EQ(0, works(self->fd));
}

TEST_F(user, F7_X13_arrays_that_end_where_memory_ends)
{
	__s32 *end = (void *)edge_of_memory(PROT_READ | PROT_WRITE);
	char *byte = (void *)end;
	int other = sys_create(self->dev, "test"), i, top = dup(0);

	ASSERT_EQ(0, close(top));
	ASSERT_EQ(0, done_with_files(self->fd, self->ctl, self->id, 3));
	for (i = 1; i < 12; i++)
		EXPECT_EQ(-EFAULT, finish_files_at(self->fd, PTR(byte - i), 3));
	/* Its numbers have all come back. */
	i = dup(0);
	EXPECT_EQ(top, i);
	close(i);
	ASSERT_EQ(0, finish_files_at(self->fd, PTR(end - 3), 3));
	for (i = 1; i <= 3; i++)
		EXPECT_EQ(0, close(end[-i]));

	ASSERT_EQ(0, done(self->fd));
	ASSERT_EQ(0, done(other));
	EXPECT_EQ(-EFAULT, list_at(self->dev, PTR(byte - 1 -
			   sizeof(struct acall_list_record)), 2));
	EXPECT_EQ(0, list_at(self->dev, PTR(byte -
			  2 * sizeof(struct acall_list_record)), 2));
}

TEST_F(user, F3_F7_output_to_pages_that_may_only_be_read)
{
	char *end = edge_of_memory(PROT_READ);
	__s32 file;
	char out[16];

	ASSERT_EQ(0, done(self->fd));
	EXPECT_EQ(-EFAULT, finish_at(self->fd, PTR(end - sizeof(text))));
	EXPECT_EQ(-EFAULT, list_at(self->dev, PTR(end - PAGE), 1));
	EXPECT_TRUE(all_are(end - PAGE, 0, PAGE));
	EXPECT_EQ(0, finish_at(self->fd, PTR(out)));
	ASSERT_EQ(0, done_with_files(self->fd, self->ctl, self->id, 1));
	EXPECT_EQ(-EFAULT, finish_files_at(self->fd, PTR(end - 4), 1));
	ASSERT_EQ(0, finish_files_at(self->fd, PTR(&file), 1));
	EXPECT_EQ(0, close(file));
	EXPECT_TRUE(all_are(end - PAGE, 0, PAGE));
}

TEST_F(user, B1_B8_input_that_is_the_structure_itself)
{
	struct acall_begin b = {
		.size = sizeof(b), .method = ACALL_TEST_ECHO, .in = PTR(&b),
		.in_len = sizeof(b), .user_data = 42, .call_id = 43,
	}, was = b, echo;
	struct acall_finish f;

	ASSERT_EQ(0, sys_begin_struct(self->fd, &b));
	EXPECT_NE(43, b.call_id);
	ASSERT_EQ(0, sys_finish_out(self->fd, &echo, sizeof(echo), &f));
	/* It was read before call_id was written. */
	EXPECT_EQ(0, memcmp(&was, &echo, sizeof(was)));
	EXPECT_EQ(b.call_id, f.call_id);
}

TEST_F(user, F2_output_upon_the_structure_itself)
{
	struct acall_finish f;
	__u64 call_id;

	/* The structure is written last, and it is consumed once. */
	ASSERT_EQ(0, done(self->fd));
	memset(&f, 0, sizeof(f));
	f.out = PTR(&f);
	f.out_len = sizeof(f);
	EXPECT_EQ(0, sys_finish_struct(self->fd, &f));
	EXPECT_EQ(sizeof(text), f.out_len);
	EXPECT_EQ(PTR(&f), f.out);
	EXPECT_EQ(-ESRCH, sys_finish(self->fd, 0, &f));

	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, &call_id));
	ASSERT_EQ(0, sys_wait_until(self->fd, 0, FOREVER));
	memset(&f, 0, sizeof(f));
	f.files = PTR(&f.status);
	f.nr_files = 8;
	EXPECT_EQ(0, sys_finish_struct(self->fd, &f));
	EXPECT_EQ(call_id, f.call_id);
	EXPECT_EQ(0, f.status);
	EXPECT_EQ(0, works(self->fd));
}

TEST_F(user, X13_records_upon_the_list_itself)
{
	union {
		struct acall_list l;
		struct acall_list_record r[4];
	} u = { .l = {
		.size = sizeof(u.l), .records = PTR(&u), .nr = 4,
		.record_size = sizeof(u.r[0]),
	} };

	ASSERT_EQ(0, done(self->fd));
	ASSERT_EQ(0, sys_ioctl(self->dev, ACALL_IOC_LIST, &u.l));
	EXPECT_EQ(1, u.l.nr);
	EXPECT_EQ(PTR(&u), u.l.records);
}

TEST_F(user, S1_input_and_output_in_one_buffer)
{
	char buffer[sizeof(text)];
	struct acall_call_args c = {
		.method = ACALL_TEST_ECHO, .in = PTR(buffer),
		.in_len = sizeof(buffer), .out = PTR(buffer),
		.out_len = sizeof(buffer),
	};

	memcpy(buffer, text, sizeof(text));
	ASSERT_EQ(0, sys_call_struct(self->fd, &c));
	EXPECT_EQ(0, memcmp(text, buffer, sizeof(text)));
}

/* A thread that rewrites one word for as long as it is to. */
struct changer {
	__u32 *word;
	__u32 values[4];
	int stop;
	pthread_t thread;
};

static void *change(void *arg)
{
	struct changer *c = arg;
	unsigned int i;

	for (i = 0; !__atomic_load_n(&c->stop, __ATOMIC_RELAXED); i++) {
		__atomic_store_n(c->word, c->values[i % 4], __ATOMIC_RELAXED);
		cpu_relax();
	}
	return NULL;
}

enum { ROUNDS = 20000, MARK = 0xa7 };

/*
 * Another round: enough of them, and then until the word was each time different,
 * which on processors that run in turn takes long.
 */
static bool more_rounds(int round, int enough, bool seen)
{
	cpu_relax();
	return round < enough || (!seen && round < enough * 100);
}

TEST_F(user, B3_a_size_that_changes_while_it_is_read)
{
	unsigned char *page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct acall_info *info = (void *)page;
	struct changer c = { .word = &info->size };
	__u32 values[4] = { sizeof(*info), 8, PAGE, sizeof(*info) + 8 };
	int ret, i, good = 0;

	memset(page, 0, 2 * PAGE);
	memset(page + PAGE, MARK, PAGE);
	memcpy(c.values, values, sizeof(values));
	info->size = sizeof(*info);
	ASSERT_EQ(0, pthread_create(&c.thread, NULL, change, &c));
	for (i = 0; more_rounds(i, ROUNDS, good); i++) {
		ret = sys_ioctl(self->dev, ACALL_IOC_INFO, info);
		if (ret && ret != -EINVAL) {
			i = -1;
			break;
		}
		good += !ret;
	}
	__atomic_store_n(&c.stop, 1, __ATOMIC_RELAXED);
	pthread_join(c.thread, NULL);
	EXPECT_LE(ROUNDS, i);
	EXPECT_LT(0, good);
	/* Whatever it has read, it wrote its own answer and no more. */
	EXPECT_TRUE(all_are(page + sizeof(*info), 0, PAGE - sizeof(*info)));
	EXPECT_TRUE(all_are(page + PAGE, MARK, PAGE));
}

TEST_F(user, B3_lengths_that_change_while_they_are_read)
{
	enum { BEHIND = 64 };
	static char in[ACALL_MAX_BYTES], out[ACALL_MAX_BYTES + BEHIND];
	struct acall_begin b = {
		.size = sizeof(b), .method = ACALL_TEST_ECHO, .in = PTR(in),
	};
	struct changer c = { .word = &b.in_len,
			     .values = { 0, 1, 4096, UINT32_MAX } };
	struct acall_finish f;
	int ret = 0, i, good = 0;

	memset(in, 'x', sizeof(in));
	ASSERT_EQ(0, pthread_create(&c.thread, NULL, change, &c));
	for (i = 0; more_rounds(i, ROUNDS / 10, good); i++) {
		ret = sys_begin_struct(self->fd, &b);
		if (ret == -E2BIG)
			continue;
		if (ret) {
			i = -1;
			break;
		}
		memset(out, MARK, sizeof(out));
		/* It may be of bytes of several lengths: any, but one. */
		ret = sys_finish_out(self->fd, out, sizeof(in), &f);
		if (ret || !all_are(out, 'x', f.out_len) ||
		    !all_are(out + f.out_len, MARK, BEHIND)) {
			i = -1;
			break;
		}
		good++;
	}
	__atomic_store_n(&c.stop, 1, __ATOMIC_RELAXED);
	pthread_join(c.thread, NULL);
	EXPECT_LE(ROUNDS / 10, i);
	EXPECT_LT(0, good);
	EXPECT_EQ(0, works(self->fd));
}

TEST_F(user, B3_a_file_that_changes_while_it_is_read)
{
	struct changer c = { .values = { self->fd, UINT32_MAX, self->dev,
					 self->ctl } };
	int pipes[2], i, ret, good = 0, bad = 0;
	struct acall_test_arg arg = { 0 };
	__u32 file = self->fd;

	/* Its own object is refused, whatever it was when first looked at. */
	ASSERT_EQ(0, pipe2(pipes, O_CLOEXEC));
	c.word = &file;
	c.values[2] = pipes[0];
	c.values[3] = pipes[1];
	arg.id = self->id;
	ASSERT_EQ(0, open_gate(self->ctl, self->id));
	ASSERT_EQ(0, pthread_create(&c.thread, NULL, change, &c));
	for (i = 0; more_rounds(i, ROUNDS / 4, good && bad); i++) {
		struct acall_finish f;

		ret = begin_at(self->fd, ACALL_TEST_HOLD, PTR(&arg),
			       sizeof(arg), PTR(&file), 1);
		bad += ret == -EBADF;
		if (ret == -EBADF)
			continue;
		if (ret || sys_finish(self->fd, 0, &f)) {
			i = -1;
			break;
		}
		good++;
	}
	__atomic_store_n(&c.stop, 1, __ATOMIC_RELAXED);
	pthread_join(c.thread, NULL);
	EXPECT_LE(ROUNDS / 4, i);
	EXPECT_LT(0, good);
	EXPECT_LT(0, bad);
	/* And nothing keeps it: the last close is one. */
	ASSERT_EQ(0, close(self->fd));
	EXPECT_EQ(0, wait_counter("objects", 0));
}

TEST_F(user, X5_B5_negative_times_are_for_ever)
{
	static const __u64 negative[] = {
		(__u64)INT64_MIN, (__u64)-1, (__u64)-2, (__u64)-SEC,
		(__u64)INT64_MIN + 1,
	};
	struct acall_cancel c;
	struct acall_finish f;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(negative); i++) {
		__u64 id = fresh_id();

		ASSERT_EQ(0, sys_begin_deadline(self->fd, ACALL_TEST_LATE, id,
						negative[i], negative[i]));
		ASSERT_EQ(0, wait_starts(self->ctl, id, 1));
		ASSERT_EQ(0, sys_cancel(self->fd, ACALL_CANCEL_NOWAIT, 0,
					negative[i], &c));
		ASSERT_EQ(0, wait_seen(self->ctl, id, 1));
		EXPECT_EQ(0, pass_time(self->fd, now_ns() + MSEC));
		EXPECT_EQ(ACALL_STATE_CANCELLING, state_of(self->fd));
		ASSERT_EQ(0, open_gate(self->ctl, id));
		ASSERT_EQ(0, sys_finish(self->fd, 0, &f));
		EXPECT_EQ(ACALL_OUTCOME_COMPLETED, f.outcome);
	}
}

/* Of all numbers with our magic only those of the table are ioctls. */
TEST_F(user, C6_numbers_at_random_ENOTTY)
{
	static char page[PAGE];
	unsigned int i, n = 0, seed = 1;
	unsigned long cmd;

	for (i = 0; i < 100000; i++) {
		seed = seed * 1103515245 + 12345;
		cmd = ((__u64)seed << 3 & 0xffff0000) | ACALL_IOC_MAGIC << 8 |
		      (seed >> 16 & 0xff);
		/* A size or a direction makes it another number. */
		if (!(cmd >> 16))
			continue;
		ASSERT_EQ(-ENOTTY, sys_ioctl(self->dev, cmd, page));
		ASSERT_EQ(-ENOTTY, sys_ioctl(self->fd, cmd, page));
		n++;
	}
	EXPECT_LT(50000, n);
	/* And of all other magics none. */
	for (i = 0; i < 65536; i++) {
		if (i >> 8 == ACALL_IOC_MAGIC || i >> 8 == 'T' || i >> 8 == 0)
			continue;
		ASSERT_EQ(-ENOTTY, sys_ioctl(self->fd, i, page));
	}
	EXPECT_TRUE(all_are(page, 0, PAGE));
	EXPECT_EQ(0, works(self->fd));
}

#include "acall_main.h"
