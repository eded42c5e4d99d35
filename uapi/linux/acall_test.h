/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The "test" interface of acall: fixtures for the selftests. The module that
 * has it is for test machines; nothing loads it by name.
 *
 * gate, coop, late and progress meet their tester at an id: a number that the
 * tester picks, with counters and a gate that the control device
 * (/dev/acall_test, mode 0600) reads, waits for and opens. So a test knows that
 * a method has started, has seen its cancel or has ended without sleeping.
 *
 * What has a struct acall_test_custom for its input does more at an id: the
 * tester completes the call, from the context that he likes, commits it, gives
 * it files, and lets its cancel hook go on when he likes. Such an id is for one
 * call at a time; the control device means the one that started last.
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
/*
 * Instances with the same methods, test-inst.0 and test-inst.1 to begin with,
 * on devices of their own, and listed; the control device takes them away and
 * brings up to ACALL_TEST_INSTANCES of them.
 */
#define ACALL_TEST_INSTANCE	"test-inst"
#define ACALL_TEST_INSTANCES	4
#define ACALL_TEST_INSTANCE_MODE 0640
/* The same methods, only on /dev/acall-test-private, whose mode is the default. */
#define ACALL_TEST_PRIVATE	"test-private"
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
	/* struct acall_test_custom: */
	ACALL_TEST_PARK		= 15,	/* custom, with .cancel */
	ACALL_TEST_PARK_SLEEPABLE = 16,	/* custom, with .cancel_sleepable */
	ACALL_TEST_PARK_FIXED	= 17,	/* custom, cannot be cancelled */
	ACALL_TEST_NUDGE	= 18,	/* .run, which ends on the gate or when
					 * its .cancel says so; never looks
					 */
	ACALL_TEST_NUDGE_SLEEPABLE = 19, /* the same with .cancel_sleepable */
	ACALL_TEST_FILES	= 20,	/* .run, gives its files, then as coop */
	ACALL_TEST_FILES_LATE	= 21,	/* the same, then as late */
	/* Inline: */
	ACALL_TEST_INLINE_WHOAMI = 22,	/* out: struct acall_test_whoami */
	ACALL_TEST_INLINE_ECHO	= 23,
	ACALL_TEST_INLINE_FAIL	= 24,	/* __s32: returned as it is */
	ACALL_TEST_INLINE_GATE	= 25,	/* struct acall_test_arg: spins until
					 * the gate is open, for some seconds
					 */
	ACALL_TEST_SHORT	= 26,	/* nop with ACALL_CAP_SHORT */
	/* struct acall_test_arg: */
	ACALL_TEST_PREPARE_GATE	= 27,	/* .prepare counts as started, waits for
					 * the gate, and fails with value
					 */
	ACALL_TEST_CHECKPOINT	= 28,	/* a step of progress for each look at
					 * acall_checkpoint(), until the gate
					 * is open
					 */
	ACALL_TEST_TIMEOUT	= 29,	/* waits for the gate value ms long */
	ACALL_TEST_COMMIT	= 30,	/* .run, as coop; pause: enum
					 * acall_test_commit
					 */
	ACALL_TEST_SESSION	= 31,	/* out: struct acall_test_session */
	ACALL_TEST_SHORT_GATE	= 32,	/* struct acall_test_arg: short, spins
					 * as inline-gate where its tester has
					 * been before; pause: enum
					 * acall_test_commit, but LAST
					 */
	ACALL_TEST_BARE		= 33,	/* short, and nothing at all: not counted
					 * either
					 */
};

/* When ACALL_TEST_COMMIT passes its point of no return. */
enum acall_test_commit {
	ACALL_TEST_COMMIT_NEVER		= 0,
	ACALL_TEST_COMMIT_FIRST		= 1,	/* before it counts as started */
	ACALL_TEST_COMMIT_LAST		= 2,	/* when the gate opens or it has
						 * seen a cancel, twice
						 */
	ACALL_TEST_COMMIT_SCRATCH	= 3,	/* what short-gate leaves in its
						 * input, and fails if it finds it
						 */
	ACALL_TEST_COMMIT_PROGRESS	= 4,	/* never; but of short-gate there is
						 * progress, 1 of 2
						 */
};

/**
 * struct acall_test_arg - input of sleep, gate, coop, late, progress, spin,
 *	killable, hold, and where the method says so
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
	__u32 tgid;		/* current's, initial namespace */
	__u32 ioprio;		/* as ioprio_get() gives it */
};

/* acall_test_custom.flags */
#define ACALL_TEST_START_COMPLETES	0x1 /* .start does, in @context */
#define ACALL_TEST_START_WAITS		0x2 /* .start returns behind the gate */
#define ACALL_TEST_START_COMMITS	0x4 /* .start or .run does, first */
#define ACALL_TEST_HOOK_COMPLETES	0x8 /* the hook does, -ECANCELED */
#define ACALL_TEST_HOOK_WAITS		0x10 /* each asking waits for a pass */
#define ACALL_TEST_PREPARE_FILES	0x20 /* .prepare gives the files */
#define ACALL_TEST_PREPARE_FAILS	0x40 /* .prepare does, last, with @ret */
#define ACALL_TEST_TWICE		0x80 /* START_COMPLETES does so twice */

/* From where a call is completed. */
enum acall_test_context {
	ACALL_TEST_TASK		= 0,
	ACALL_TEST_SOFTIRQ	= 1,	/* a timer in soft interrupt */
	ACALL_TEST_HARDIRQ	= 2,	/* a timer in hard interrupt */
	ACALL_TEST_OTHER_CPU	= 3,	/* ENODEV if there is only one */
};

/**
 * struct acall_test_custom - input of park, nudge and files
 * @id: where to meet, not 0
 * @ret: 0 or a negative errno: what .start completes with, what .run returns
 * @refuse: the negative errno that the cancel hook refuses with
 * @refusals: how many times it does before it accepts
 * @flags: ACALL_TEST_*
 * @context: enum acall_test_context
 * @out_len: bytes of output, written when it starts
 * @files: result files
 * @__reserved: 0
 */
struct acall_test_custom {
	__u64 id;
	__s32 ret;
	__s32 refuse;
	__u32 refusals;
	__u32 flags;
	__u32 context;
	__u32 out_len;
	__u32 files;
	__u32 __reserved;
};

/* What reading a result file gives: who made it, and as which. */
struct acall_test_file {
	__u64 id;
	__u64 index;
};

/* Output of session. */
struct acall_test_session {
	__s64 nr;		/* of the instance, -1 = none */
	__u64 serial;		/* of what .open has made, 0 = nothing */
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
	ACALL_TEST_OP_WAIT_ASKS		= 8,	/* until asks >= @value */
	ACALL_TEST_OP_WAIT_ANSWERS	= 9,	/* until answers >= @value */
	ACALL_TEST_OP_WAIT_RELEASES	= 10,	/* until releases >= @value */
	ACALL_TEST_OP_PASS		= 11,	/* let @value more askings go */
	ACALL_TEST_OP_COMPLETE		= 12,	/* with @ret in @context; @value
						 * = 1: and again with -EIO
						 */
	ACALL_TEST_OP_COMMIT		= 13,	/* fails as acall_commit() */
	ACALL_TEST_OP_LOOK		= 14,	/* report @cancelled */
	ACALL_TEST_OP_PROGRESS		= 15,	/* @value, of 100 */
	ACALL_TEST_OP_ADD_FILES		= 16,	/* @value result files more */
	/* @id is the number of an instance: */
	ACALL_TEST_OP_INSTANCE_REGISTER	= 17,
	ACALL_TEST_OP_INSTANCE_UNREGISTER = 18,	/* blocks */
	ACALL_TEST_OP_INSTANCE_REFUSE	= 19,	/* its .open gives @ret */
	ACALL_TEST_OP_COMPLETE_ONCE	= 20,	/* EALREADY if it was before */
};

/* Where a cancel hook was entered: bits of acall_test_control.where. */
#define ACALL_TEST_WHERE_CANCELLER	0x1 /* a task that is no worker */
#define ACALL_TEST_WHERE_WORKER		0x2
#define ACALL_TEST_WHERE_INTERRUPT	0x4 /* soft or hard */

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
 * @ret: in: see the operation
 * @context: in: enum acall_test_context
 * @asks: out: cancel hooks of @id that were entered
 * @answers: out: cancel hooks of @id that are about to return
 * @releases: out: .release of methods of @id with a struct acall_test_custom
 * @commits: out: times that acall_commit() said 0 to methods of @id
 * @denied: out: times that it said -ECANCELED
 * @where: out: ACALL_TEST_WHERE_* of @id's cancel hooks
 * @cancelled: out: acall_cancelled() of the last call of @id; 0 but for
 *	ACALL_TEST_OP_LOOK
 * @blind: out: times a cancel hook was entered and acall_cancelled() was false:
 *	must be 0
 * @hooks_most: out: most cancel hooks that were ever in one call at a time: must
 *	not be over 1
 * @hook_early: out: cancel hooks entered before .start was: must be 0
 * @hook_again: out: cancel hooks entered after one had returned 0: must be 0
 * @release_early: out: .release entered while .start, .run or a cancel hook of
 *	the call was inside: must be 0
 * @close_early: out: .release entered after .close: must be 0
 * @files: out: result files that are not closed yet
 * @opens: out: times .open of an instance accepted
 * @closes: out: times .close ran
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
	__s32 ret;
	__u32 context;
	__u64 asks;
	__u64 answers;
	__u64 releases;
	__u64 commits;
	__u64 denied;
	__u32 where;
	__u32 cancelled;
	__u64 blind;
	__u64 hooks_most;
	__u64 hook_early;
	__u64 hook_again;
	__u64 release_early;
	__u64 close_early;
	__u64 files;
	__u64 opens;
	__u64 closes;
};

#define ACALL_TEST_IOC_CONTROL	_IO(0xE2, 0x70)

#endif /* _UAPI_LINUX_ACALL_TEST_H */
