// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bad input of every kind, for every ioctl: addresses, sizes, flags, reserved
 * fields, ioctl numbers, kinds of file. Each answers with a documented errno,
 * changes nothing and leaks nothing, and the next call works; the fixture's end
 * checks the counters.
 *
 * Table-driven: an ioctl is a name, a number, the size of its structure, and
 * what it says to a structure that is right but for its size.
 */
#include "acall_util.h"

#define PAGE	4096

struct op {
	const char *name;
	unsigned int cmd;
	bool device;
	__u32 size;
	__u32 first;		/* of its first version, if it has grown */
	__u32 known;		/* flags that are accepted, also together */
	int good;		/* answer to a good structure on an idle object */
	/* Bytes that must be zero. */
	struct {
		__u32 at;
		__u32 end;
	} reserved[2];
};

/* From one field up to the next one, or to the end. */
#define AT(s, f)	offsetof(struct s, f)
#define OP(n, d, s)	.name = #n, .cmd = ACALL_IOC_##n, .device = d,	\
			.size = sizeof(struct s)

#define CANCEL_FLAGS							\
	(ACALL_CANCEL_ABANDON | ACALL_CANCEL_NOWAIT | ACALL_CANCEL_ESCALATE)

static const struct op ops[] = {
	{ OP(INFO, true, acall_info),
	  .reserved = { { AT(acall_info, __reserved),
			AT(acall_info, charged_bytes) } } },
	{ OP(INTERFACE_INFO, true, acall_interface_info) },
	{ OP(METHOD_INFO, true, acall_method_info) },
	{ OP(CREATE, true, acall_create),
	  .known = ACALL_CREATE_NONBLOCK | ACALL_CREATE_DETACH,
	  .reserved = { { AT(acall_create, __reserved),
			sizeof(struct acall_create) } } },
	{ OP(CREATE_QUEUE, true, acall_create_queue),
	  .known = ACALL_CREATE_NONBLOCK | ACALL_CREATE_DETACH },
	{ OP(LIST, true, acall_list), .known = ACALL_LIST_OWN },
	{ OP(CANCEL_ID, true, acall_cancel), .known = CANCEL_FLAGS,
	  .good = -ESRCH },
	{ OP(WAIT_ID, true, acall_wait_id), .known = ACALL_WAIT_SETTLED,
	  .good = -ESRCH },
	/* Its times count only with a flag. */
	{ OP(BEGIN, false, acall_begin),
	  .known = ACALL_BEGIN_DEADLINE | ACALL_BEGIN_NO_CANCEL,
	  .reserved = { { AT(acall_begin, __reserved),
			AT(acall_begin, user_data) },
		      { AT(acall_begin, deadline),
			AT(acall_begin, call_id) } } },
	{ OP(CALL, false, acall_call_args),
	  .known = ACALL_BEGIN_DEADLINE | ACALL_BEGIN_NO_CANCEL,
	  .reserved = { { AT(acall_call_args, deadline),
			AT(acall_call_args, call_id) } } },
	{ OP(WAIT, false, acall_wait), .known = ACALL_WAIT_SETTLED,
	  .good = -ESRCH },
	{ OP(FINISH, false, acall_finish), .known = ACALL_FINISH_NONBLOCK,
	  .good = -ESRCH },
	{ OP(CANCEL, false, acall_cancel), .known = CANCEL_FLAGS,
	  .good = -ESRCH },
	{ OP(QUERY, false, acall_query), .first = AT(acall_query, worker_pid) },
};

static const struct op *begin_op(void)
{
	const struct op *op = ops;

	while (op->cmd != ACALL_IOC_BEGIN)
		op++;
	return op;
}

static struct acall_list_record records[4];

/* A good structure of @op in @buf, which is a page of zeroes. */
static void fill(const struct op *op, void *buf)
{
	struct acall_create_queue *queue = buf;
	struct acall_create *create = buf;
	struct acall_begin *begin = buf;
	struct acall_method_info *method = buf;
	struct acall_call_args *call = buf;
	struct acall_cancel *cancel = buf;
	struct acall_wait_id *wait = buf;
	struct acall_list *list = buf;

	memset(buf, 0, PAGE);
	*(__u32 *)buf = op->size;
	switch (op->cmd) {
	case ACALL_IOC_CREATE:
		strcpy(create->interface, "test");
		break;
	case ACALL_IOC_CREATE_QUEUE:
		strcpy(queue->interface, "test");
		queue->slots = 1;
		break;
	case ACALL_IOC_METHOD_INFO:
		strcpy(method->interface, "test");
		break;
	case ACALL_IOC_BEGIN:
		begin->method = ACALL_TEST_NOP;
		break;
	case ACALL_IOC_CALL:
		call->method = ACALL_TEST_NOP;
		break;
	case ACALL_IOC_LIST:
		list->record_size = sizeof(struct acall_list_record);
		list->records = PTR(&records);
		list->nr = ARRAY_SIZE(records);
		break;
	case ACALL_IOC_CANCEL_ID:
		cancel->call_id = 1ULL << 60;	/* nobody's */
		break;
	case ACALL_IOC_WAIT_ID:
		wait->call_id = 1ULL << 60;
		break;
	}
}

/* Does it; an object or call that comes of it goes again. */
static int doit(struct _test_data_acall *self, const struct op *op, void *arg)
{
	int ret = sys_ioctl(op->device ? self->dev : self->fd, op->cmd, arg);
	struct acall_finish f;

	if ((op->cmd == ACALL_IOC_CREATE ||
	     op->cmd == ACALL_IOC_CREATE_QUEUE) && ret >= 0) {
		close(ret);
		ret = 0;
	}
	if (op->cmd == ACALL_IOC_BEGIN && !ret)
		ret = sys_finish(self->fd, 0, &f);
	return ret;
}

/* Nothing has changed, and the next call works. */
static int unharmed(struct _test_data_acall *self)
{
	struct acall_finish f;

	CHECK(state_of(self->fd) == ACALL_STATE_IDLE);
	CHECK(readiness(self->fd) == POLLOUT);
	CHECK(counter("objects") == 1);
	CHECK(!wait_counter("calls", 0));
	CHECK(!sys_begin(self->fd, ACALL_TEST_NOP, NULL, 0, NULL));
	CHECK(!sys_finish(self->fd, 0, &f));
	CHECK(f.outcome == ACALL_OUTCOME_COMPLETED && !f.status);
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

static char page[PAGE] __attribute__((aligned(PAGE)));

TEST_F(acall, good_structures_are_accepted)
{
	const struct op *op;

	for (op = ops; op < ops + ARRAY_SIZE(ops); op++) {
		fill(op, page);
		EXPECT_ANSWER(op->good, op, page);
	}
	EXPECT_EQ(0, unharmed(self));
}

TEST_F(acall, EFAULT_no_address_and_bad_addresses)
{
	char *map = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *none = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);
	void *bad[] = { NULL, (void *)4, (void *)-8L, (void *)-4096L,
			(void *)(UINTPTR_MAX >> 1), map + PAGE, none };
	const struct op *op;
	unsigned int i;

	ASSERT_EQ(0, munmap(map + PAGE, PAGE));
	for (op = ops; op < ops + ARRAY_SIZE(ops); op++) {
		for (i = 0; i < ARRAY_SIZE(bad); i++)
			EXPECT_ANSWER(-EFAULT, op, bad[i]);
	}
	EXPECT_EQ(0, unharmed(self));
}

TEST_F(acall, EFAULT_a_structure_that_ends_in_unmapped_memory)
{
	char *map = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const struct op *op;
	char *at;

	ASSERT_EQ(0, munmap(map + PAGE, PAGE));
	for (op = ops; op < ops + ARRAY_SIZE(ops); op++) {
		for (at = map + PAGE - op->size + 4; at < map + PAGE; at += 4) {
			*(__u32 *)at = op->size;
			EXPECT_ANSWER(-EFAULT, op, at);
		}
		/* Up to the last byte is fine. */
		fill(op, page);
		memcpy(map + PAGE - op->size, page, op->size);
		EXPECT_ANSWER(op->good, op, map + PAGE - op->size);
	}
	EXPECT_EQ(0, unharmed(self));
}

TEST_F(acall, EFAULT_read_only_memory_for_what_answers)
{
	const struct op *op;

	for (op = ops; op < ops + ARRAY_SIZE(ops); op++) {
		/* WAIT answers nothing, these have nothing to say here. */
		bool reads = op->cmd == ACALL_IOC_WAIT ||
			     op->cmd == ACALL_IOC_WAIT_ID ||
			     op->cmd == ACALL_IOC_FINISH;

		ASSERT_EQ(0, mprotect(page, PAGE, PROT_READ | PROT_WRITE));
		fill(op, page);
		ASSERT_EQ(0, mprotect(page, PAGE, PROT_READ));
		EXPECT_ANSWER(reads ? op->good : -EFAULT, op, page);
	}
	ASSERT_EQ(0, mprotect(page, PAGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(0, unharmed(self));
}

TEST_F(acall, EFAULT_of_a_CANCEL_cancels_nothing)
{
	struct acall_cancel *c = (void *)page;
	struct acall_query q;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, self->id,
			      NULL));
	memset(page, 0, PAGE);
	c->size = sizeof(*c);
	ASSERT_EQ(0, mprotect(page, PAGE, PROT_READ));
	EXPECT_EQ(-EFAULT, sys_ioctl(self->fd, ACALL_IOC_CANCEL, c));
	ASSERT_EQ(0, mprotect(page, PAGE, PROT_READ | PROT_WRITE));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(ACALL_STATE_RUNNING, q.state);
	EXPECT_EQ(0, q.cancel_ns);
}

TEST_F(acall, EINVAL_structures_that_are_too_short)
{
	const struct op *op;
	__u32 size;

	for (op = ops; op < ops + ARRAY_SIZE(ops); op++) {
		for (size = 0; size < (op->first ?: op->size); size++) {
			fill(op, page);
			*(__u32 *)page = size;
			EXPECT_ANSWER(-EINVAL, op, page);
		}
		/* Of what has grown, what is new is left out. */
		for (; size < op->size; size++) {
			fill(op, page);
			*(__u32 *)page = size;
			memset(page + size, 'x', PAGE - size);
			EXPECT_ANSWER(op->good, op, page);
			EXPECT_EQ('x', page[size]);
		}
	}
	EXPECT_EQ(0, unharmed(self));
}

TEST_F(acall, longer_structures_with_a_tail_of_zeroes_are_accepted)
{
	static const __u32 more[] = { 1, 4, 8, 100, 1000 };
	const struct op *op;
	unsigned int i;

	for (op = ops; op < ops + ARRAY_SIZE(ops); op++) {
		for (i = 0; i < ARRAY_SIZE(more); i++) {
			fill(op, page);
			*(__u32 *)page = op->size + more[i];
			EXPECT_ANSWER(op->good, op, page);
		}
		fill(op, page);
		*(__u32 *)page = PAGE;
		EXPECT_ANSWER(op->good, op, page);
	}
	EXPECT_EQ(0, unharmed(self));
}

TEST_F(acall, E2BIG_longer_structures_with_anything_in_the_tail)
{
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
	EXPECT_EQ(0, unharmed(self));
}

TEST_F(acall, E2BIG_structures_longer_than_a_page)
{
	static const __u32 sizes[] = {
		PAGE + 1, 65536, INT32_MAX, 0x80000000, UINT32_MAX,
	};
	/* All there, and all zeroes: it is the length alone. */
	char *big = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
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
	munmap(big, 65536);
	EXPECT_EQ(0, unharmed(self));
}

TEST_F(acall, EINVAL_every_unknown_flag)
{
	const struct op *op;
	__u32 bit;

	for (op = ops; op < ops + ARRAY_SIZE(ops); op++) {
		for (bit = 1; bit; bit <<= 1) {
			if (bit & op->known)
				continue;
			fill(op, page);
			((__u32 *)page)[1] = bit;
			EXPECT_ANSWER(-EINVAL, op, page);
			/* Beside known ones too. */
			((__u32 *)page)[1] = bit | op->known;
			EXPECT_ANSWER(-EINVAL, op, page);
		}
		fill(op, page);
		((__u32 *)page)[1] = UINT32_MAX;
		EXPECT_ANSWER(-EINVAL, op, page);
	}
	EXPECT_EQ(0, unharmed(self));
}

TEST_F(acall, every_known_flag_is_accepted)
{
	const struct op *op;
	__u32 bit;

	for (op = ops; op < ops + ARRAY_SIZE(ops); op++) {
		for (bit = 1; bit; bit <<= 1) {
			if (!(bit & op->known))
				continue;
			fill(op, page);
			((__u32 *)page)[1] = bit;
			/* Nothing is left to be waited for. */
			EXPECT_ANSWER(op->cmd == ACALL_IOC_WAIT ? 0 : op->good,
				      op, page);
		}
	}
	EXPECT_EQ(0, unharmed(self));
}

TEST_F(acall, EINVAL_every_bit_of_every_reserved_field)
{
	const struct op *op;
	unsigned int i, at, bit, n = 0;

	for (op = ops; op < ops + ARRAY_SIZE(ops); op++) {
		for (i = 0; i < ARRAY_SIZE(op->reserved); i++) {
			for (at = op->reserved[i].at * 8;
			     at < op->reserved[i].end * 8; at++) {
				bit = at % 8;
				fill(op, page);
				page[at / 8] = 1 << bit;
				EXPECT_ANSWER(-EINVAL, op, page);
				n++;
			}
		}
	}
	/* INFO 32, CREATE 32, BEGIN 32 + 128, CALL 128. */
	EXPECT_EQ(352, n);
	EXPECT_EQ(0, unharmed(self));
}

TEST_F(acall, EINVAL_ABANDON_with_a_grace_or_NOWAIT)
{
	struct acall_cancel c;
	struct acall_query q;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_COOP, self->id,
			      NULL));
	EXPECT_EQ(-EINVAL, sys_cancel(self->fd, ACALL_CANCEL_ABANDON, 0, 1,
				      &c));
	EXPECT_EQ(-EINVAL, sys_cancel(self->fd, ACALL_CANCEL_ABANDON, 0,
				      FOREVER, &c));
	EXPECT_EQ(-EINVAL, sys_cancel(self->fd, ACALL_CANCEL_ABANDON |
				      ACALL_CANCEL_NOWAIT, 0, 0, &c));
	ASSERT_EQ(0, sys_query(self->fd, 0, &q));
	EXPECT_EQ(ACALL_STATE_RUNNING, q.state);
	EXPECT_EQ(0, q.cancel_ns);
}

TEST_F(acall, EINVAL_also_on_an_idle_object)
{
	struct acall_cancel c;

	/* What is wrong with a request is said before what it is about. */
	EXPECT_EQ(-EINVAL, sys_cancel(self->fd, ACALL_CANCEL_ABANDON, 0, 1,
				      &c));
	EXPECT_EQ(-EINVAL, sys_cancel(self->fd, 1U << 31, 42, 0, &c));
	EXPECT_EQ(0, unharmed(self));
}

TEST_F(acall, ENOTTY_every_other_number)
{
	unsigned int nr, cmd, i;
	bool known;

	for (nr = 0; nr < 256; nr++) {
		cmd = _IO(ACALL_IOC_MAGIC, nr);
		for (i = 0, known = false; i < ARRAY_SIZE(ops); i++)
			known |= ops[i].device && (ops[i].cmd & 0xff) == nr;
		if (!known)
			EXPECT_EQ(-ENOTTY, sys_ioctl(self->dev, cmd, page));

		for (i = 0, known = false; i < ARRAY_SIZE(ops); i++)
			known |= !ops[i].device && (ops[i].cmd & 0xff) == nr;
		if (!known)
			EXPECT_EQ(-ENOTTY, sys_ioctl(self->fd, cmd, page));
	}
	/* Neither another magic nor a direction or a size is ours. */
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		int fd = ops[i].device ? self->dev : self->fd;

		EXPECT_EQ(-ENOTTY, sys_ioctl(fd, ops[i].cmd ^ 0x100, page));
		EXPECT_EQ(-ENOTTY, sys_ioctl(fd, ops[i].cmd | 0x10000, page));
		EXPECT_EQ(-ENOTTY, sys_ioctl(fd, ops[i].cmd | 0xc0000000UL,
					     page));
	}
	EXPECT_EQ(0, unharmed(self));
}

TEST_F(acall, ENOTTY_on_the_wrong_kind_of_file)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), p[2];
	const struct op *op;

	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	for (op = ops; op < ops + ARRAY_SIZE(ops); op++) {
		fill(op, page);
		EXPECT_EQ(-ENOTTY, sys_ioctl(op->device ? self->fd : self->dev,
					     op->cmd, page));
		EXPECT_EQ(-ENOTTY, sys_ioctl(null, op->cmd, page));
		EXPECT_EQ(-ENOTTY, sys_ioctl(p[0], op->cmd, page));
		EXPECT_EQ(-ENOTTY, sys_ioctl(self->ctl, op->cmd, page));
	}
	EXPECT_EQ(0, unharmed(self));
}

TEST_F(acall, EBADF_on_no_file)
{
	int path = open(DEV_ACALL, O_PATH | O_CLOEXEC);
	const struct op *op;

	for (op = ops; op < ops + ARRAY_SIZE(ops); op++) {
		fill(op, page);
		EXPECT_EQ(-EBADF, sys_ioctl(-1, op->cmd, page));
		EXPECT_EQ(-EBADF, sys_ioctl(1 << 20, op->cmd, page));
		EXPECT_EQ(-EBADF, sys_ioctl(path, op->cmd, page));
	}
}

TEST_F(acall, an_object_is_nothing_else)
{
	char c = 0;

	/* No data, no offset, no memory; and it does not harm it. */
	EXPECT_EQ(-1, read(self->fd, &c, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, write(self->fd, &c, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED,
				   self->fd, 0));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(-1, ftruncate(self->fd, 0));
	EXPECT_EQ(-1, read(self->dev, &c, 1));
	EXPECT_EQ(-1, write(self->dev, &c, 1));
	EXPECT_EQ(0, unharmed(self));
}

TEST_F(acall, huge_lengths_allocate_nothing)
{
	static const __u32 lens[] = {
		ACALL_MAX_BYTES + 1, 1 << 20, INT32_MAX, 0x80000000,
		UINT32_MAX,
	};
	struct acall_begin *b = (void *)page;
	struct acall_finish f;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		fill(begin_op(), page);
		b->method = ACALL_TEST_ECHO;
		b->in = PTR(page);
		b->in_len = lens[i];
		EXPECT_EQ(-E2BIG, sys_begin_struct(self->fd, b));
		fill(begin_op(), page);
		b->files = PTR(page);
		b->nr_files = lens[i];
		EXPECT_EQ(-EINVAL, sys_begin_struct(self->fd, b));
	}
	/* A buffer may be called larger than it is: only the output counts. */
	ASSERT_EQ(0, sys_begin(self->fd, ACALL_TEST_ECHO, "ab", 2, NULL));
	ASSERT_EQ(0, sys_finish_out(self->fd, page, UINT32_MAX, &f));
	EXPECT_EQ(2, f.out_len);
	EXPECT_EQ(0, unharmed(self));
}

TEST_F(acall, the_order_of_the_checks_of_BEGIN)
{
	struct acall_begin *b = (void *)page;
	__s32 code = -EPERM, files[2] = { -1, -1 };

	/* Each with everything wrong that comes later. */
	fill(begin_op(), page);
	b->flags = 1U << 31;
	b->method = 999;
	b->in_len = UINT32_MAX;
	b->nr_files = UINT32_MAX;
	EXPECT_EQ(-EINVAL, sys_begin_struct(self->fd, b));
	b->flags = 0;
	EXPECT_EQ(-EINVAL, sys_begin_struct(self->fd, b));	/* method */
	b->method = ACALL_TEST_HOLD;
	b->nr_files = 1;
	EXPECT_EQ(-E2BIG, sys_begin_struct(self->fd, b));
	b->in_len = sizeof(struct acall_test_arg);
	b->in = 8;
	b->files = PTR(files);
	EXPECT_EQ(-EFAULT, sys_begin_struct(self->fd, b));
	/* id 0: prepare refuses it, and is not asked before the file is. */
	b->in_len = 0;
	EXPECT_EQ(-EBADF, sys_begin_struct(self->fd, b));
	files[0] = 0;
	EXPECT_EQ(-EINVAL, sys_begin_struct(self->fd, b));
	EXPECT_EQ(-EPERM, sys_begin(self->fd, ACALL_TEST_REFUSE, &code,
				    sizeof(code), NULL));
	EXPECT_EQ(0, unharmed(self));
}

TEST_F(acall, junk_of_every_kind)
{
	unsigned int seed = 1, i, n;
	const struct op *op;
	int ret;

	/* Random structures; whatever they do, it is undone. */
	for (i = 0; i < 20000; i++) {
		op = &ops[i % ARRAY_SIZE(ops)];
		/* Not those that may block or make things. */
		if (op->cmd == ACALL_IOC_CREATE)
			continue;
		fill(op, page);
		for (n = 4; n < op->size; n++) {
			seed = seed * 1103515245 + 12345;
			if (seed >> 30 == 0)
				page[n] = seed >> 16;
		}
		ret = doit(self, op, page);
		ASSERT_GE(0, ret);
		ASSERT_LT(-4096, ret);
		ASSERT_EQ(ACALL_STATE_IDLE, state_of(self->fd));
	}
	EXPECT_EQ(0, unharmed(self));
}

#include "acall_main.h"
