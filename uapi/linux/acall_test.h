/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The "test" interface of acall: fixtures for the selftests. The module that
 * has it is for test machines; nothing loads it by name.
 *
 * gate, coop, late and progress meet their tester at an id: a number that the
 * tester picks, with counters and a gate that the control device
 * (/dev/acall_test, mode 0600) reads, waits for and opens. So a test knows that
 * a method has started, has seen its cancel or has ended without sleeping.
 */
#ifndef _UAPI_LINUX_ACALL_TEST_H
#define _UAPI_LINUX_ACALL_TEST_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define ACALL_TEST_INTERFACE	"test"
/* The same methods once more; the control device takes it away and back. */
#define ACALL_TEST_HOT		"test-hot"
/* The same methods, and CREATE wants CAP_SYS_ADMIN. */
#define ACALL_TEST_PRIVILEGED	"test-privileged"
/* Only 8 methods may run at a time (so 1 for each user). */
#define ACALL_TEST_NARROW	"test-narrow"
#define ACALL_TEST_VERSION_MIN	2
#define ACALL_TEST_VERSION	3

enum acall_test_method {
	ACALL_TEST_ECHO		= 0,	/* output = input */
	ACALL_TEST_FAIL		= 1,	/* __s32: returned as it is */
	ACALL_TEST_SLEEP	= 2,	/* struct acall_test_arg: value = ms */
	ACALL_TEST_GATE		= 3,	/* waits for the gate, ignores cancel */
	ACALL_TEST_COOP		= 4,	/* ends on the gate or on a cancel */
	ACALL_TEST_LATE		= 5,	/* sees the cancel, waits for the gate,
					 * returns value as its own result
					 */
	ACALL_TEST_WHOAMI	= 6,	/* out: struct acall_test_whoami */
	ACALL_TEST_PROGRESS	= 7,	/* value steps; see @pause */
	ACALL_TEST_NOP		= 8,
	ACALL_TEST_REFUSE	= 9,	/* __s32: .prepare fails with it */
	ACALL_TEST_SPIN		= 10,	/* value ns on the processor */
	ACALL_TEST_KILLABLE	= 11,	/* killable sleep, stopped by signal */
	ACALL_TEST_HOLD		= 12,	/* gate with one file passed */
	ACALL_TEST_RESULT	= 13,	/* struct acall_test_result */
	ACALL_TEST_STUCK	= 14,	/* .release counts as seen, waits for
					 * the gate
					 */
};

/**
 * struct acall_test_arg - input of sleep, gate, coop, late, progress, spin,
 *	killable and hold
 * @id: where to meet, 0 = nowhere
 * @value: ms, ns, steps or result, as the method says
 * @pause: progress: stop at the gate after this many steps (0 = never), then
 *	look for a cancel at each step
 */
struct acall_test_arg {
	__u64 id;
	__s64 value;
	__u64 pause;
};

/**
 * struct acall_test_result - input of result: what the method leaves behind; its
 *	progress is 1 of 2 before the gate and 2 of 2 behind it
 * @id: where to meet, 0 = nowhere
 * @ret: what .run returns
 * @out_len: how many bytes of output it gives before that
 * @wait: 1 = waits for the gate first, ignoring cancel
 * @__reserved: 0
 */
struct acall_test_result {
	__u64 id;
	__s32 ret;
	__u32 out_len;
	__u32 wait;
	__u32 __reserved;
};

/* Output of whoami: who the worker thinks it is. */
struct acall_test_whoami {
	__u32 uid;		/* current_fsuid(), initial namespace */
	__u32 gid;
	__u32 cap_dac_override;	/* capable(CAP_DAC_OVERRIDE) */
	__u32 is_worker;	/* runs in a kernel worker, not in the caller */
	__u64 fsize;		/* the call's RLIMIT_FSIZE */
	__u64 memcg_id;		/* inode of the active memory cgroup, 0 = none */
};

enum acall_test_op {
	ACALL_TEST_OP_GET		= 0,	/* only report */
	ACALL_TEST_OP_OPEN		= 1,	/* open gate @id, for good */
	ACALL_TEST_OP_WAIT_STARTS	= 2,	/* until starts >= @value */
	ACALL_TEST_OP_WAIT_SEEN		= 3,	/* until seen >= @value */
	ACALL_TEST_OP_WAIT_ENDS		= 4,	/* until ends >= @value */
	ACALL_TEST_OP_UNREGISTER	= 5,	/* take test-hot away; blocks */
	ACALL_TEST_OP_REGISTER		= 6,	/* bring it back */
	ACALL_TEST_OP_FORGET		= 7,	/* open @id's gate and drop its
						 * counters; 0 = of every id
						 */
};

/**
 * struct acall_test_control - the side channel (ACALL_TEST_IOC_CONTROL)
 * @op: in: enum acall_test_op
 * @__reserved: 0
 * @id: in: which meeting point
 * @value: in: how many to wait for
 * @starts: out: methods of @id that have started
 * @seen: out: methods of @id that have seen a cancel
 * @ends: out: methods of @id that are about to return
 * @running: out: methods of all ids inside .run now
 * @entered: out: methods of this module that ever entered .run
 * @dirty: out: times a method began with a signal pending on its worker: must
 *	be 0
 * @released: out: times .release ran
 * @prepared: out: times .prepare accepted
 */
struct acall_test_control {
	__u32 op;
	__u32 __reserved;
	__u64 id;
	__u64 value;
	__u64 starts;
	__u64 seen;
	__u64 ends;
	__u64 running;
	__u64 entered;
	__u64 dirty;
	__u64 released;
	__u64 prepared;
};

#define ACALL_TEST_IOC_CONTROL	_IO(0xE2, 0x70)

#endif /* _UAPI_LINUX_ACALL_TEST_H */
