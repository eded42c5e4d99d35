// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is written by the ioctls of the device, by a CANCEL that is refused, and
 * by fdinfo; see hostile_leak.h. [C6, X6, X13]
 *
 * The user who asks has nothing; a call of root's runs meanwhile, whose id he
 * guesses right: he must not be told more than of a call that never was.
 */
#include "hostile_leak.h"

static int no_more(struct scene *s)
{
	s->u.interface.cursor = FOREVER - 1;
	return 0;
}

static int method(struct scene *s, const char *interface, __u32 nr)
{
	strcpy(s->u.method.interface, interface);
	s->u.method.method = nr;
	return 0;
}

static int method_good(struct scene *s)
{
	return method(s, "test", ACALL_TEST_GATE);
}

static int method_none(struct scene *s)
{
	return method(s, "test", 999);
}

static int method_of_nobody(struct scene *s)
{
	return method(s, "test.nobody", 0);
}

static int method_of_no_name(struct scene *s)
{
	return method(s, "No", 0);
}

static int create(struct scene *s, const char *interface, __u32 version)
{
	strcpy(s->u.create.interface, interface);
	s->u.create.version = version;
	return 0;
}

static int create_good(struct scene *s)
{
	return create(s, "test", 0);
}

static int create_nobody(struct scene *s)
{
	return create(s, "test-nobody", 0);
}

static int create_no_name(struct scene *s)
{
	return create(s, "No", 0);
}

static int create_version(struct scene *s)
{
	return create(s, "test", 99);
}

static int create_privileged(struct scene *s)
{
	return create(s, ACALL_TEST_PRIVILEGED, 0);
}

static int list(struct scene *s, __u32 record_size, __u32 nr)
{
	int ret = running(s, ACALL_TEST_GATE, 0);

	s->u.list.records = PTR(behind.records);
	s->u.list.record_size = record_size;
	s->u.list.nr = nr;
	return ret;
}

static int list_exact(struct scene *s)
{
	return list(s, sizeof(struct acall_list_record), RECORDS);
}

static int list_short(struct scene *s)
{
	return list(s, 8, RECORDS);
}

static int list_long(struct scene *s)
{
	return list(s, RECORD_ROOM, RECORDS);
}

static int list_none(struct scene *s)
{
	return list(s, RECORD_ROOM, 0);
}

static int list_too_short(struct scene *s)
{
	return list(s, 7, RECORDS);
}

static int list_nowhere(struct scene *s)
{
	int ret = list_exact(s);

	s->u.list.records = 8;
	return ret;
}

static int by_id_running(struct scene *s)
{
	int ret = running(s, ACALL_TEST_COOP, 0);

	s->u.cancel.call_id = s->call_id;
	return ret;
}

static int by_id_foreign(struct scene *s)
{
	s->u.cancel.call_id = s->foreign;
	return 0;
}

static int by_id_done(struct scene *s)
{
	int ret = echoed(s);

	s->u.cancel.call_id = s->call_id;
	return ret;
}

static int wait_id_running(struct scene *s)
{
	int ret = running(s, ACALL_TEST_COOP, 0);

	s->u.wait_id.call_id = s->call_id;
	return ret;
}

static int wait_id_foreign(struct scene *s)
{
	s->u.wait_id.call_id = s->foreign;
	return 0;
}

#define RECORD	sizeof(struct acall_list_record)

static const struct leak device_cases[] = {
	CASE("INFO", INFO, 0, ANSWER),
	CASE("INFO flags", INFO, -EINVAL, NOTHING, .before = bad_flags),
	CASE("INTERFACE_INFO", INTERFACE_INFO, 0, ANSWER),
	CASE("INTERFACE_INFO end", INTERFACE_INFO, -ENOENT, NOTHING,
	     .before = no_more),
	CASE("INTERFACE_INFO flags", INTERFACE_INFO, -EINVAL, NOTHING,
	     .before = bad_flags),
	CASE("METHOD_INFO", METHOD_INFO, 0, ANSWER, .before = method_good),
	CASE("METHOD_INFO none", METHOD_INFO, -EINVAL, NOTHING,
	     .before = method_none),
	CASE("METHOD_INFO nobody", METHOD_INFO, -ENOENT, NOTHING,
	     .before = method_of_nobody),
	CASE("METHOD_INFO name", METHOD_INFO, -EINVAL, NOTHING,
	     .before = method_of_no_name),
	CASE("CREATE", CREATE, 0, ANSWER, .before = create_good),
	CASE("CREATE nobody", CREATE, -ENOENT, NOTHING,
	     .before = create_nobody),
	CASE("CREATE name", CREATE, -EINVAL, NOTHING, .before = create_no_name),
	CASE("CREATE version", CREATE, -EPROTONOSUPPORT, NOTHING,
	     .before = create_version),
	CASE("CREATE refused", CREATE, -EPERM, NOTHING,
	     .before = create_privileged),
	CASE("LIST", LIST, 0, ANSWER, .before = list_exact, .records = RECORD),
	CASE("LIST short", LIST, 0, ANSWER, .before = list_short, .records = 8),
	CASE("LIST long", LIST, 0, ANSWER,
	     .before = list_long, .records = RECORD_ROOM),
	CASE("LIST no room", LIST, 0, ANSWER, .before = list_none),
	CASE("LIST too short", LIST, -EINVAL, NOTHING,
	     .before = list_too_short),
	CASE("LIST nowhere", LIST, -EFAULT, NOTHING, .before = list_nowhere),
	CASE("LIST flags", LIST, -EINVAL, NOTHING, .before = bad_flags),
	CASE("CANCEL_ID", CANCEL_ID, 0, ANSWER, .before = by_id_running),
	CASE("CANCEL_ID foreign", CANCEL_ID, -ESRCH, ANSWER,
	     .before = by_id_foreign),
	CASE("CANCEL_ID done", CANCEL_ID, -ESRCH, ANSWER, .before = by_id_done),
	CASE("WAIT_ID", WAIT_ID, -ETIMEDOUT, ANSWER, .before = wait_id_running),
	CASE("WAIT_ID foreign", WAIT_ID, -ESRCH, NOTHING,
	     .before = wait_id_foreign),
	CASE("WAIT_ID 0", WAIT_ID, -EINVAL, NOTHING),
	{ }
};

TEST_F(acall, C6_X13_what_the_device_writes)
{
	__u64 foreign;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      &foreign));
	EXPECT_EQ(0, clean(self->ctl, foreign, device_cases));
}

/* What CANCEL answers is told with 0, ESRCH and EALREADY; else it is silent. */

static int cancel_not_ours(struct scene *s)
{
	s->u.cancel.call_id = 0;
	return running(s, ACALL_TEST_COOP, 0);
}

static int cancel_forbidden(struct scene *s)
{
	return running(s, ACALL_TEST_COOP, ACALL_BEGIN_NO_CANCEL);
}

static int parked(struct scene *s, __u32 method, __s32 refuse)
{
	struct acall_test_custom arg = { .refuse = refuse,
					 .refusals = UINT32_MAX };

	s->id = fresh_id();
	arg.id = s->id;
	return sys_begin(s->fd, method, &arg, sizeof(arg), &s->call_id) ?:
	       wait_starts(s->ctl, s->id, 1);
}

static int cancel_refused(struct scene *s)
{
	return parked(s, ACALL_TEST_NUDGE, -EBUSY);
}

static const struct leak silent_cases[] = {
	CASE("CANCEL_ID 0", CANCEL_ID, -EINVAL, NOTHING,
	     .before = cancel_not_ours),
	CASE("CANCEL NO_CANCEL", CANCEL, -EPERM, NOTHING,
	     .before = cancel_forbidden),
	CASE("CANCEL refused", CANCEL, -EBUSY, NOTHING,
	     .before = cancel_refused),
	{ }
};

TEST_F(acall, X6_a_refused_CANCEL_writes_nothing)
{
	EXPECT_EQ(0, clean(self->ctl, 0, silent_cases));
}

/* What may be read beside the ioctls: text, of known keys alone. */
TEST_F(acall, what_fdinfo_says_is_text)
{
	char path[64], text[1024];
	int fd, i, n;

	ASSERT_EQ(0, one_call(self->fd, self->ctl, ACALL_TEST_GATE, self->id,
			      NULL));
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", self->fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	n = read(fd, text, sizeof(text));
	ASSERT_LT(0, n);
	for (i = 0; i < n; i++)
		EXPECT_TRUE(text[i] == '\n' || text[i] == '\t' ||
			    (text[i] >= ' ' && text[i] <= '~'));
	EXPECT_EQ(NULL, memmem(text, n, "0x", 2));
	close(fd);
}

#include "acall_main.h"
