// SPDX-License-Identifier: GPL-2.0-only
/*
 * Larger and smaller structures (R-ABI) for the ioctls that came with a
 * structure of their own: CALL, LIST, CANCEL_ID and those of the call queue.
 * core_badinput.c has the same for all others; here are also the records of LIST,
 * which have a size each.
 *
 * A structure that is refused has no effect: no call begins, none is cancelled,
 * no record is written. The call that might be hit runs all the time, and the
 * fixture's end checks the counters.
 */
#include "acall_util.h"

#define PAGE	4096

struct op {
	const char *name;
	unsigned int cmd;
	enum { ON_OBJECT, ON_DEVICE, ON_QUEUE } on;
	__u32 size;
	__u32 known;		/* flags that are accepted */
	int good;		/* answer to fill()'s structure */
};

#define OP(n, o, s)	.name = #n, .cmd = ACALL_IOC_##n, .on = ON_##o,	\
			.size = sizeof(struct s)

static const struct op ops[] = {
	{ OP(CALL, OBJECT, acall_call_args),
	  .known = ACALL_BEGIN_DEADLINE | ACALL_BEGIN_NO_CANCEL },
	{ OP(LIST, DEVICE, acall_list), .known = ACALL_LIST_OWN },
	{ OP(CANCEL_ID, DEVICE, acall_cancel), .good = -ESRCH,
	  .known = ACALL_CANCEL_ABANDON | ACALL_CANCEL_NOWAIT |
		   ACALL_CANCEL_ESCALATE },
	{ OP(CREATE_QUEUE, DEVICE, acall_create_queue),
	  .known = ACALL_CREATE_NONBLOCK | ACALL_CREATE_DETACH },
	{ OP(ENTER, QUEUE, acall_enter), .known = ACALL_ENTER_WORKER },
	{ OP(CANCEL_MATCH, QUEUE, acall_cancel_match),
	  .known = ACALL_MATCH_TAG | ACALL_MATCH_METHOD |
		   ACALL_CANCEL_ABANDON | ACALL_CANCEL_ESCALATE },
};

/* By their place in the table. */
enum { CALL, LIST, CANCEL_ID, CREATE_QUEUE, ENTER, CANCEL_MATCH };

static char page[PAGE] __attribute__((aligned(PAGE)));
static struct acall_list_record records[4];

/* A good structure of @op in @buf, which is a page of zeroes. */
static void fill(const struct op *op, void *buf)
{
	struct acall_create_queue *create = buf;
	struct acall_call_args *call = buf;
	struct acall_cancel *cancel = buf;
	struct acall_list *list = buf;

	memset(buf, 0, PAGE);
	*(__u32 *)buf = op->size;
	switch (op->cmd) {
	case ACALL_IOC_CALL:
		call->method = ACALL_TEST_NOP;
		break;
	case ACALL_IOC_LIST:
		list->records = PTR(records);
		list->record_size = sizeof(records[0]);
		list->nr = ARRAY_SIZE(records);
		break;
	case ACALL_IOC_CANCEL_ID:
		cancel->call_id = 1;	/* of no call since boot */
		break;
	case ACALL_IOC_CREATE_QUEUE:
		strcpy(create->interface, ACALL_TEST_INTERFACE);
		create->slots = 4;
		break;
	}
}

/* Of this test; the fixture closes it. */
static int the_queue(struct _test_data_acall *self)
{
	static char create[PAGE];
	static int queue = -1;

	if (queue < 0) {
		fill(&ops[CREATE_QUEUE], create);
		queue = sys_ioctl(self->dev, ACALL_IOC_CREATE_QUEUE, create);
	}
	return queue;
}

static int doit(struct _test_data_acall *self, const struct op *op, void *arg)
{
	int fd = op->on == ON_DEVICE ? self->dev :
		 op->on == ON_QUEUE ? the_queue(self) : self->fd;
	int ret = sys_ioctl(fd, op->cmd, arg);

	if (op->cmd != ACALL_IOC_CREATE_QUEUE || ret < 0)
		return ret;
	close(ret);
	return 0;
}

/* Says of which ioctl it was. */
static int answers(struct _test_data_acall *self, int want,
		   const struct op *op, void *arg)
{
	int ret = doit(self, op, arg);

	if (ret == want)
		return 1;
	fprintf(stderr, "# %s: %d, not %d\n", op->name, ret, want);
	return 0;
}

#define EXPECT_ANSWER(want, op, arg)	\
	EXPECT_TRUE(answers(self, want, op, arg))

/* Nothing has begun, and the object is usable. */
static int unharmed(struct _test_data_acall *self, __u64 entered)
{
	struct acall_finish f;

	CHECK(state_of(self->fd) == ACALL_STATE_IDLE);
	CHECK(ctl_get(self->ctl, 0).entered == entered);
	CHECK(!wait_counter("calls", 0));
	CHECK(!sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
	CHECK(!sys_finish(self->fd, 0, &f));
	return 0;
}

TEST_F(acall, R_ABI_good_structures_are_accepted)
{
	const struct op *op;

	for (op = ops; op < ops + ARRAY_SIZE(ops); op++) {
		fill(op, page);
		EXPECT_ANSWER(op->good, op, page);
		/* As it was given, so that it may be used again. */
		EXPECT_EQ(op->size, *(__u32 *)page);
	}
}

TEST_F(acall, R_ABI_structures_that_are_too_short_EINVAL)
{
	__u64 entered = ctl_get(self->ctl, 0).entered;
	const struct op *op;
	__u32 size;

	for (op = ops; op < ops + ARRAY_SIZE(ops); op++) {
		for (size = 0; size < op->size; size++) {
			fill(op, page);
			*(__u32 *)page = size;
			EXPECT_ANSWER(-EINVAL, op, page);
		}
	}
	EXPECT_EQ(0, unharmed(self, entered));
}

TEST_F(acall, R_ABI_longer_ones_with_a_tail_of_zeroes_are_accepted)
{
	static const __u32 more[] = { 1, 4, 8, 100, 1000 };
	const struct op *op;
	unsigned int i;

	for (op = ops; op < ops + ARRAY_SIZE(ops); op++) {
		for (i = 0; i < ARRAY_SIZE(more); i++) {
			fill(op, page);
			*(__u32 *)page = op->size + more[i];
			EXPECT_ANSWER(op->good, op, page);
			EXPECT_EQ(op->size + more[i], *(__u32 *)page);
		}
		fill(op, page);
		*(__u32 *)page = PAGE;
		EXPECT_ANSWER(op->good, op, page);
	}
}

TEST_F(acall, R_ABI_anything_in_the_tail_E2BIG)
{
	__u64 entered = ctl_get(self->ctl, 0).entered;
	const struct op *op;
	unsigned int i;

	for (op = ops; op < ops + ARRAY_SIZE(ops); op++) {
		for (i = op->size; i < op->size + 64; i++) {
			fill(op, page);
			*(__u32 *)page = op->size + 64;
			page[i] = 1;
			EXPECT_ANSWER(-E2BIG, op, page);
		}
		fill(op, page);
		*(__u32 *)page = PAGE;
		page[PAGE - 1] = 1;
		EXPECT_ANSWER(-E2BIG, op, page);
	}
	EXPECT_EQ(0, unharmed(self, entered));
}

TEST_F(acall, R_ABI_longer_than_a_page_E2BIG)
{
	static const __u32 sizes[] = {
		PAGE + 1, 65536, INT32_MAX, 0x80000000, UINT32_MAX,
	};
	/* All there, and all zeroes: it is the length alone. */
	char *big = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	__u64 entered = ctl_get(self->ctl, 0).entered;
	const struct op *op;
	unsigned int i;

	ASSERT_NE(MAP_FAILED, (void *)big);
	for (op = ops; op < ops + ARRAY_SIZE(ops); op++) {
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			fill(op, big);
			*(__u32 *)big = sizes[i];
			EXPECT_ANSWER(-E2BIG, op, big);
		}
	}
	EXPECT_EQ(0, unharmed(self, entered));
}

TEST_F(acall, R_ABI_one_that_ends_in_unmapped_memory_EFAULT)
{
	char *map = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const struct op *op;
	char *at;

	ASSERT_NE(MAP_FAILED, (void *)map);
	ASSERT_EQ(0, munmap(map + PAGE, PAGE));
	for (op = ops; op < ops + ARRAY_SIZE(ops); op++) {
		for (at = map + PAGE - op->size + 4; at < map + PAGE; at += 4) {
			*(__u32 *)at = op->size;
			EXPECT_ANSWER(-EFAULT, op, at);
		}
		/* Up to the last byte is fine, also for the answer. */
		fill(op, page);
		memcpy(map + PAGE - op->size, page, op->size);
		EXPECT_ANSWER(op->good, op, map + PAGE - op->size);
	}
}

TEST_F(acall, R_ABI_no_address_and_read_only_memory_EFAULT)
{
	__u64 entered = ctl_get(self->ctl, 0).entered;
	const struct op *op;

	for (op = ops; op < ops + ARRAY_SIZE(ops); op++) {
		EXPECT_ANSWER(-EFAULT, op, NULL);
		ASSERT_EQ(0, mprotect(page, PAGE, PROT_READ | PROT_WRITE));
		fill(op, page);
		ASSERT_EQ(0, mprotect(page, PAGE, PROT_READ));
		EXPECT_ANSWER(-EFAULT, op, page);
	}
	ASSERT_EQ(0, mprotect(page, PAGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(0, unharmed(self, entered));
}

TEST_F(acall, R_ABI_every_unknown_flag_EINVAL)
{
	__u64 entered = ctl_get(self->ctl, 0).entered;
	const struct op *op;
	__u32 bit;

	for (op = ops; op < ops + ARRAY_SIZE(ops); op++) {
		for (bit = 1; bit; bit <<= 1) {
			if (bit & op->known)
				continue;
			fill(op, page);
			((__u32 *)page)[1] = bit;
			EXPECT_ANSWER(-EINVAL, op, page);
			((__u32 *)page)[1] = bit | op->known;
			EXPECT_ANSWER(-EINVAL, op, page);
		}
	}
	EXPECT_EQ(0, unharmed(self, entered));
}

/* What is refused cancels nothing, although it names the call. */
TEST_F(acall, R_ABI_a_refused_CANCEL_ID_cancels_nothing)
{
	struct acall_cancel *c = (void *)page;
	struct acall_query q;
	__u64 id;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, self->id,
			      &id));
	fill(&ops[CANCEL_ID], page);
	c->call_id = id;
	c->size = sizeof(*c) - 1;
	EXPECT_ANSWER(-EINVAL, &ops[CANCEL_ID], c);
	c->size = sizeof(*c) + 8;
	page[sizeof(*c) + 7] = 1;
	EXPECT_ANSWER(-E2BIG, &ops[CANCEL_ID], c);
	page[sizeof(*c) + 7] = 0;
	c->flags = 1U << 31;
	EXPECT_ANSWER(-EINVAL, &ops[CANCEL_ID], c);
	c->flags = ACALL_CANCEL_ABANDON;
	c->grace_ns = 1;
	EXPECT_ANSWER(-EINVAL, &ops[CANCEL_ID], c);
	c->flags = 0;
	c->grace_ns = 0;
	ASSERT_EQ(0, mprotect(page, PAGE, PROT_READ));
	EXPECT_ANSWER(-EFAULT, &ops[CANCEL_ID], c);
	ASSERT_EQ(0, mprotect(page, PAGE, PROT_READ | PROT_WRITE));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(ACALL_STATE_RUNNING, q.state);
	EXPECT_EQ(0, q.cancel_ns);
}

/*
 * Records have the distance that the caller says: more than the kernel knows is
 * zeroes, less is the beginning, and nothing beyond them is touched.
 */
TEST_F(acall, R_ABI_records_of_other_sizes)
{
	static const __u32 sizes[] = {
		sizeof(__u64), 44, sizeof(records[0]) - 8, sizeof(records[0]),
		sizeof(records[0]) + 8, 1024,
	};
	int other = sys_create(self->dev, ACALL_TEST_INTERFACE);
	struct acall_list_record full[2], zero = { 0 };
	static char buf[3 * 1024];
	struct acall_list list;
	__u64 id[2];
	unsigned int i, j, k, n;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      &id[0]));
	ASSERT_EQ(0, one_call(other, self->ctl, ACALL_TEST_GATE, fresh_id(),
			      &id[1]));
	fill(&ops[LIST], page);
	memcpy(&list, page, sizeof(list));
	list.records = PTR(full);
	list.nr = 2;
	ASSERT_EQ(0, sys_ioctl(self->dev, ACALL_IOC_LIST, &list));
	ASSERT_EQ(2, list.nr);

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		n = sizes[i] < sizeof(full[0]) ? sizes[i] : sizeof(full[0]);
		memset(buf, 0x5a, sizeof(buf));
		memcpy(&list, page, sizeof(list));
		list.records = PTR(buf);
		list.record_size = sizes[i];
		list.nr = 3;
		ASSERT_EQ(0, sys_ioctl(self->dev, ACALL_IOC_LIST, &list));
		ASSERT_EQ(2, list.nr);
		for (j = 0; j < 2; j++) {
			EXPECT_EQ(0, memcmp(buf + j * sizes[i], &full[j], n));
			EXPECT_EQ(0, memcmp(buf + j * sizes[i] + n, &zero,
					    sizes[i] - n < sizeof(zero) ?
					    sizes[i] - n : sizeof(zero)));
		}
		for (k = 2 * sizes[i]; k < sizeof(buf); k++)
			ASSERT_EQ(0x5a, buf[k]);
	}
	list.record_size = PAGE + 1;
	EXPECT_EQ(-EINVAL, sys_ioctl(self->dev, ACALL_IOC_LIST, &list));
	list.record_size = 0;
	EXPECT_EQ(-EINVAL, sys_ioctl(self->dev, ACALL_IOC_LIST, &list));
}

/* A 32-bit program's addresses are zero-extended, whatever else it passes. */
TEST_F(acall, R_ABI_addresses_have_all_their_bits)
{
	struct acall_call_args *call = (void *)page;
	__u64 entered = ctl_get(self->ctl, 0).entered;
	char in[8] = "eight", out[8];

	fill(&ops[CALL], page);
	call->method = ACALL_TEST_ECHO;
	call->in = PTR(in) | 1ULL << 63;
	call->in_len = sizeof(in);
	call->out = PTR(out);
	call->out_len = sizeof(out);
	EXPECT_ANSWER(-EFAULT, &ops[CALL], call);
	EXPECT_EQ(0, call->call_id);
	EXPECT_EQ(0, unharmed(self, entered));
	fill(&ops[CALL], page);
	call->method = ACALL_TEST_ECHO;
	call->in = PTR(in);
	call->in_len = sizeof(in);
	call->out = PTR(out);
	call->out_len = sizeof(out);
	EXPECT_ANSWER(0, &ops[CALL], call);
	EXPECT_EQ(0, memcmp(in, out, sizeof(in)));
}

/* A number on the wrong kind of file is none that it has. */
TEST_F(acall, R_ABI_other_files_operations_ENOTTY)
{
	int files[] = {
		[ON_OBJECT] = self->fd, [ON_DEVICE] = self->dev,
		[ON_QUEUE] = the_queue(self),
	};
	__u64 entered = ctl_get(self->ctl, 0).entered;
	const struct op *op;
	unsigned int on;

	ASSERT_LE(0, files[ON_QUEUE]);
	for (op = ops; op < ops + ARRAY_SIZE(ops); op++) {
		for (on = 0; on < ARRAY_SIZE(files); on++) {
			if (op->on == on)
				continue;
			fill(op, page);
			EXPECT_EQ(-ENOTTY, sys_ioctl(files[on], op->cmd, page));
		}
	}
	fill(&ops[CALL], page);
	EXPECT_EQ(-ENOTTY, sys_ioctl(files[ON_QUEUE], ACALL_IOC_BEGIN, page));
	EXPECT_EQ(0, unharmed(self, entered));
}

TEST_F(acall, R_ABI_the_sizes_of_a_queue)
{
	static const struct {
		__u32 slots, entries;
		int answer;
	} sizes[] = {
		{ 0, 0, -EINVAL }, { 1, 0, 0 }, { 3, 0, 0 }, { 300, 0, 0 },
		{ ACALL_MAX_SLOTS + 1, 0, -EINVAL }, { UINT32_MAX, 0, -EINVAL },
		{ 4, 1, 0 }, { 4, 3, -EINVAL }, { 4, 64, 0 },
		{ 4, ACALL_MAX_ENTRIES, 0 },
		{ 4, ACALL_MAX_ENTRIES * 2, -EINVAL },
		{ 4, UINT32_MAX, -EINVAL }, { 4, 1U << 31, -EINVAL },
	};
	struct acall_create_queue *create = (void *)page;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		__u32 slots = sizes[i].slots, entries = sizes[i].entries;
		__u64 end;

		fill(&ops[CREATE_QUEUE], page);
		create->slots = slots;
		create->entries = entries;
		EXPECT_ANSWER(sizes[i].answer, &ops[CREATE_QUEUE], page);
		if (sizes[i].answer)
			continue;
		if (entries) {
			EXPECT_EQ(entries, create->entries);
		} else {
			EXPECT_LE(slots < 256 ? slots : 256, create->entries);
			EXPECT_GE(256, create->entries);
		}
		EXPECT_EQ(0, create->entries & (create->entries - 1));
		EXPECT_LE(slots, create->completions);
		EXPECT_EQ(0, create->completions & (create->completions - 1));
		/* Both lie in the mapping, behind what they are told by. */
		EXPECT_LE(sizeof(struct acall_ring), create->submission_offset);
		EXPECT_LE(sizeof(struct acall_ring), create->completion_offset);
		end = create->submission_offset +
		      create->entries * sizeof(struct acall_submission);
		EXPECT_GE(create->map_size, end);
		end = create->completion_offset +
		      create->completions * sizeof(struct acall_completion);
		EXPECT_GE(create->map_size, end);
	}
}

#include "acall_main.h"
