// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes what every ioctl does with its structure: module/dev/args.c and check.c,
 * the real sources, against user memory that this program plays (shim/kernel.h).
 *
 * An input chooses the operation, how much of user memory there is, what another
 * thread writes to it after the first read, and the bytes. Each answer is compared
 * with what the UAPI header promises, written down here once more and in another
 * shape: by structure, not by operation. Owns the user memory; no lock; the race
 * is the one between the two reads of a structure's size.
 */
#include <stdio.h>
#include <stdlib.h>

#include "shim/kernel.h"

#include "device.h"
#include "name.h"

#define CHECK(_holds)							\
	do {								\
		if (!(_holds)) {					\
			fprintf(stderr, "%s:%d: not %s\n", __FILE__,	\
				__LINE__, #_holds);			\
			abort();					\
		}							\
	} while (0)

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static struct timens timens;
static typeof(*current->nsproxy) nsproxy = { &timens };
static struct task task = { (void *)&nsproxy };

struct task *current = &task;

/* User memory; what another thread makes of its first word, and when. */
static u8 *user;
static size_t user_size;
static u32 raced_size;
static bool race;
static unsigned int reads;

static size_t readable(const void *from, size_t n)
{
	size_t at = (const u8 *)from - user;

	if (at >= user_size)
		return 0;
	return n < user_size - at ? n : user_size - at;
}

size_t copy_from_user(void *to, const void *from, size_t n)
{
	size_t can = readable(from, n);

	memcpy(to, from, can);
	/* Which only then another thread may change. */
	if (!reads++ && race && user_size >= sizeof(raced_size))
		memcpy(user, &raced_size, sizeof(raced_size));
	return n - can;
}

size_t copy_to_user(void *to, const void *from, size_t n)
{
	size_t can = readable(to, n);

	memcpy(to, from, can);
	return n - can;
}

int check_zeroed_user(const void *from, size_t n)
{
	size_t can = readable(from, n);

	if (memchr_inv(from, 0, can))
		return 0;
	return can < n ? -EFAULT : 1;
}

void *memchr_inv(const void *start, int c, size_t n)
{
	const u8 *p = start;

	for (; n; p++, n--)
		if (*p != (u8)c)
			return (void *)p;
	return NULL;
}

static const size_t sizes[ACALL_NR_OPS] = {
#define OP(_name, _function, _type, _last, _flags)			\
	[ACALL_OP_##_name] = sizeof(struct _type)
#include "ops_device.h"
#include "ops_object.h"
#include "ops_queue.h"
#undef OP
};

/* [a-z][a-z0-9_.-]{0,30}, then nothing but NULs. */
static bool is_name(const char *name)
{
	static const char more[] = "abcdefghijklmnopqrstuvwxyz0123456789_.-";
	int len, i;

	for (len = 0; len < ACALL_NAME_LEN && name[len]; len++)
		if (!memchr(more, name[len], len ? sizeof(more) - 1 : 26))
			return false;
	for (i = len; i < ACALL_NAME_LEN; i++)
		if (name[i])
			return false;
	return len > 0 && len < ACALL_NAME_LEN;
}

static bool is_empty(const char *name)
{
	static const char none[ACALL_NAME_LEN];

	return !memcmp(name, none, sizeof(none));
}

union any {
	struct acall_info info;
	struct acall_interface_info interface_info;
	struct acall_method_info method_info;
	struct acall_create create;
	struct acall_list list;
	struct acall_cancel cancel;
	struct acall_begin begin;
	struct acall_wait wait;
	struct acall_wait_id wait_id;
	struct acall_finish finish;
	struct acall_query query;
	struct acall_call_args call;
	struct acall_create_queue create_queue;
	struct acall_enter enter;
	struct acall_cancel_match cancel_match;
	u8 page[PAGE_SIZE];
};

/* One of its cancels, out of what else is in it. */
static void check_enter_cancel(const struct acall_enter *enter)
{
	const struct acall_enter_cancel cancel = {
		.flags = enter->wait,
		.grace_ns = enter->until,
	};
	bool valid = cancel.flags < 8 &&
		     (!(cancel.flags & 1) || !cancel.grace_ns);

	CHECK(acall_check_enter_cancel(&cancel) == (valid ? 0 : -EINVAL));
}

static int check(enum acall_op op, const union any *a, bool own)
{
	switch (op) {
	case ACALL_OP_INFO:
		return acall_check_info(&a->info);
	case ACALL_OP_INTERFACE_INFO:
		return acall_check_interface_info(&a->interface_info);
	case ACALL_OP_METHOD_INFO:
		return acall_check_method_info(&a->method_info, own);
	case ACALL_OP_CREATE:
		return acall_check_create(&a->create, own);
	case ACALL_OP_LIST:
		return acall_check_list(&a->list);
	case ACALL_OP_CANCEL:
	case ACALL_OP_CANCEL_ID:
	case ACALL_OP_QUEUE_CANCEL:
		return acall_check_cancel(&a->cancel);
	case ACALL_OP_BEGIN:
		return acall_check_begin(&a->begin);
	case ACALL_OP_WAIT:
	case ACALL_OP_QUEUE_WAIT:
		return acall_check_wait(&a->wait);
	case ACALL_OP_WAIT_ID:
		return acall_check_wait_id(&a->wait_id);
	case ACALL_OP_FINISH:
	case ACALL_OP_QUEUE_FINISH:
		return acall_check_finish(&a->finish);
	case ACALL_OP_QUERY:
	case ACALL_OP_QUEUE_QUERY:
		return acall_check_query(&a->query);
	case ACALL_OP_CREATE_QUEUE:
		return acall_check_create_queue(&a->create_queue, own);
	case ACALL_OP_ENTER:
		check_enter_cancel(&a->enter);
		return acall_check_enter(&a->enter);
	case ACALL_OP_CANCEL_MATCH:
		return acall_check_cancel_match(&a->cancel_match);
	default:
		return 0;
	}
}

/* A power of two up to the most, or 0, which leaves it to the kernel. */
static bool is_entries(u32 n)
{
	u32 power;

	for (power = 1; power <= 32768; power *= 2)
		if (n == power)
			return true;
	return !n;
}

/* As the header says, operation by operation. */
static bool is_valid(enum acall_op op, const union any *a, bool own)
{
	switch (op) {
	case ACALL_OP_INFO:
		return !(a->info.flags | a->info.__reserved);
	case ACALL_OP_INTERFACE_INFO:
		return !a->interface_info.flags;
	case ACALL_OP_METHOD_INFO:
		return !a->method_info.flags &&
		       (is_name(a->method_info.interface) ||
			(own && is_empty(a->method_info.interface)));
	case ACALL_OP_CREATE:
		return a->create.flags < 4 && !a->create.__reserved &&
		       (is_name(a->create.interface) ||
			(own && is_empty(a->create.interface)));
	case ACALL_OP_LIST:
		return a->list.flags < 2 && a->list.record_size >= 8 &&
		       a->list.record_size <= 4096;
	case ACALL_OP_CREATE_QUEUE:
		return a->create_queue.flags < 4 && a->create_queue.slots &&
		       a->create_queue.slots <= 1048576 &&
		       is_entries(a->create_queue.entries) &&
		       (is_name(a->create_queue.interface) ||
			(own && is_empty(a->create_queue.interface)));
	case ACALL_OP_ENTER:
		return a->enter.flags < 2;
	case ACALL_OP_CANCEL_MATCH:
		/* By tag, by method, by both, or all. */
		switch (a->cancel_match.flags & ~0x300) {
		case 0: case 4:
			return true;
		case 1: case 5:
			return !a->cancel_match.grace_ns;
		default:
			return false;
		}
	case ACALL_OP_CANCEL:
	case ACALL_OP_CANCEL_ID:
	case ACALL_OP_QUEUE_CANCEL:
		switch (a->cancel.flags) {
		case 0: case 2: case 4: case 6:
			return true;
		case 1: case 5:
			return !a->cancel.grace_ns;
		default:
			return false;
		}
	case ACALL_OP_BEGIN:
		if (a->begin.__reserved)
			return false;
		if (a->begin.flags == 1)
			return true;
		return (!a->begin.flags || a->begin.flags == 2) &&
		       !a->begin.deadline && !a->begin.grace_ns;
	case ACALL_OP_WAIT:
	case ACALL_OP_QUEUE_WAIT:
		return a->wait.flags < 2;
	case ACALL_OP_WAIT_ID:
		return a->wait_id.flags < 2 && a->wait_id.call_id;
	case ACALL_OP_FINISH:
	case ACALL_OP_QUEUE_FINISH:
		return a->finish.flags < 2;
	case ACALL_OP_QUERY:
	case ACALL_OP_QUEUE_QUERY:
		return !a->query.flags;
	default:
		return true;
	}
}

/* What a copy of @said bytes should say of the memory as it was. */
static bool may_answer(int ret, const u8 *was, u32 said, size_t first,
		       size_t ksize)
{
	bool faults = user_size < said, tail = false;
	size_t i;

	if (user_size < sizeof(u32))
		return ret == -EFAULT;
	if (said < first)
		return ret == -EINVAL;
	if (said > PAGE_SIZE)
		return ret == -E2BIG;
	for (i = ksize; i < said && i < user_size; i++)
		tail |= was[i];
	if (tail && faults)
		return ret == -E2BIG || ret == -EFAULT;
	if (tail)
		return ret == -E2BIG;
	return ret == (faults ? -EFAULT : 0);
}

static void put(const u8 *args, size_t ksize, u32 said)
{
	size_t n = said < ksize ? said : ksize;
	u8 *copy = malloc(ksize), *was = malloc(user_size + 1);
	int ret;

	CHECK(copy && was);
	memcpy(copy, args, ksize);
	memset(copy + sizeof(u32), 0x5a, ksize - sizeof(u32));
	memcpy(was, user, user_size);
	ret = acall_args_put(user, copy, ksize, said);
	CHECK(ret == (user_size < n ? -EFAULT : 0));
	if (!ret) {
		CHECK(!memcmp(user, &said, sizeof(said)));
		CHECK(!memcmp(user, copy, n));
	}
	if (user_size > n)
		CHECK(!memcmp(user + n, was + n, user_size - n));
	free(was);
	free(copy);
}

static void structure(enum acall_op op, bool own)
{
	size_t ksize = sizes[op];
	u8 *was = malloc(user_size + 1), *args = malloc(ksize);
	u32 said = 0;
	int ret;

	CHECK(was && args);
	memcpy(was, user, user_size);
	memset(args, 0xa5, ksize);
	if (user_size >= sizeof(said))
		memcpy(&said, user, sizeof(said));
	CHECK(acall_args_min[op] <= ksize);
	/* What has grown since its first version, and nothing else. */
	CHECK(acall_args_min[op] == ksize || op == ACALL_OP_QUERY ||
	      op == ACALL_OP_QUEUE_QUERY);
	reads = 0;
	ret = acall_args_get(args, ksize, acall_args_min[op], user);
	CHECK(may_answer(ret, was, said, acall_args_min[op], ksize));
	if (!ret) {
		size_t known = said < ksize ? said : ksize;

		/* The size that was looked at is the size that counts. */
		CHECK(!memcmp(args, &said, sizeof(said)));
		CHECK(!memcmp(args + 4, was + 4, known - 4));
		for (; known < ksize; known++)
			CHECK(!args[known]);
		ret = check(op, (const union any *)args, own);
		CHECK(ret == (is_valid(op, (const union any *)args, own) ?
			      0 : -EINVAL));
		put(args, ksize, said);
	}
	free(args);
	free(was);
}

static void times(u64 a, u64 b, s64 offset)
{
	u64 low = a < b ? a : b, high = a < b ? b : a;
	s64 half = KTIME_MAX / 2;
	__int128 right;

	/* What a time namespace can have. */
	timens.offsets.monotonic = offset % half;
	offset = timens.offsets.monotonic;
	right = (__int128)low - offset;
	if (low >= (u64)KTIME_MAX || right >= KTIME_MAX)
		right = U64_MAX;
	if (right < 0)
		right = 0;
	CHECK(acall_time_from_user(low) == (u64)right);
	CHECK(acall_time_from_user(low) <= acall_time_from_user(high));

	/* The kernel's own times are in its range. */
	low %= KTIME_MAX;
	high %= KTIME_MAX;
	right = (__int128)low + offset;
	if (right < 1)
		right = 1;
	if (right > KTIME_MAX)
		right = KTIME_MAX;
	CHECK(acall_time_to_user(low) == (low ? (u64)right : 0));
	CHECK(acall_time_to_user(U64_MAX) == U64_MAX);
	/* There and back, where nothing is out of range. */
	if (low && right > 1 && right < KTIME_MAX)
		CHECK(acall_time_from_user(right) == low);
}

static void stem(const char name[ACALL_NAME_LEN])
{
	int len, at;

	CHECK(acall_name_valid(name) ==
	      (memchr(name, 0, ACALL_NAME_LEN) &&
	       ({
			char padded[ACALL_NAME_LEN] = "";

			strcpy(padded, name);
			is_name(padded);
	       })));
	if (!acall_name_valid(name))
		return;
	len = strlen(name);
	at = acall_name_stem(name);
	CHECK(at > 0 && at <= len);
	if (at == len)
		return;
	CHECK(name[at] == '.' && at + 1 < len);
	for (at++; at < len; at++)
		CHECK(name[at] >= '0' && name[at] <= '9');
}

struct choice {
	u8 op;
	u8 flags;
	u8 size;	/* how the structure's size is made */
	u8 pad;
	u16 user_size;
	u16 __reserved;
	u32 raced_size;
	s64 offset;
} __attribute__((packed));

/* Sizes at which something changes; 0 = as the input's bytes say. */
static void choose_size(u8 choice, size_t ksize)
{
	u32 said[] = {
		0, ksize, ksize - 1, ksize + 1, ksize + 8, ksize * 2, 0, 4,
		PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1, ~0u, 1u << 31,
	};

	choice %= sizeof(said) / sizeof(*said);
	if (choice && user_size >= sizeof(*said))
		memcpy(user, &said[choice], sizeof(*said));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	size_t head = size < sizeof(struct choice) ? size :
		      sizeof(struct choice);
	char name[ACALL_NAME_LEN];
	struct choice c = {};
	enum acall_op op;
	u64 a, b;

	memcpy(&c, data, head);
	data += head;
	size -= head;
	op = c.op % ACALL_NR_OPS;
	/* Exactly so long, or as long as what it takes; never more than this. */
	user_size = c.flags & 1 ? c.user_size % (PAGE_SIZE + 64) :
		    sizes[op] + c.user_size % 64;
	if (c.flags & 8)
		user_size = PAGE_SIZE;
	raced_size = c.raced_size;
	race = c.flags & 2;
	user = calloc(1, user_size + !user_size);
	CHECK(user);
	memcpy(user, data, size < user_size ? size : user_size);
	choose_size(c.size, sizes[op]);
	structure(op, c.flags & 4);
	free(user);

	if (size >= sizeof(a) + sizeof(b)) {
		memcpy(&a, data, sizeof(a));
		memcpy(&b, data + sizeof(a), sizeof(b));
		times(a, b, c.offset);
	}
	if (size >= sizeof(name)) {
		memcpy(name, data + size - sizeof(name), sizeof(name));
		stem(name);
	}
	return 0;
}
