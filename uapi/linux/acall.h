/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * acall: cancellable asynchronous calls.
 *
 * The only definition of the ABI. Every structure begins with its size and
 * flags, grows only at its end, and follows the rules of
 * copy_struct_from_user(): a shorter structure is zero-extended, a longer one
 * is accepted if what the kernel does not know is zero. A structure shorter
 * than its first version is EINVAL, one longer than a page E2BIG. Results are
 * written up to the smaller of both sizes. Unknown flags and non-zero reserved
 * fields are EINVAL, unknown ioctls ENOTTY.
 *
 * What this ABI names and this version does not do yet is marked "later" and
 * answers EOPNOTSUPP; INFO's @features tells which of it is there. No field
 * moves when it comes.
 *
 * Durations (*_ns in requests) are relative nanoseconds and lower bounds.
 * Points in time (@until, @deadline and the times that FINISH and QUERY report)
 * are absolute CLOCK_MONOTONIC nanoseconds of the caller's time namespace; 0 in
 * a reported time means that it has not happened, U64_MAX in a request for ever.
 */
#ifndef _UAPI_LINUX_ACALL_H
#define _UAPI_LINUX_ACALL_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define ACALL_ABI		1	/* goes up only when something breaks */
#define ACALL_NAME_LEN		32	/* names, with their NUL */
#define ACALL_MAX_BYTES		65536	/* input or output of one call */
#define ACALL_MAX_FILES		8	/* files passed to or from one call */

/* States of a call object; pending is everything but IDLE, ready is DONE. */
enum acall_state {
	ACALL_STATE_IDLE	= 0,
	ACALL_STATE_QUEUED	= 1,	/* accepted, provider not entered */
	ACALL_STATE_RUNNING	= 2,	/* provider entered, no cancel seen */
	ACALL_STATE_CANCELLING	= 3,	/* cancel visible, grace running */
	ACALL_STATE_DONE	= 4,	/* outcome fixed, waits for FINISH */
};

/* What the provider did. */
enum acall_outcome {
	ACALL_OUTCOME_NONE		= 0,	/* not DONE yet */
	/* Ran to its own end: status is its own word, progress exact. */
	ACALL_OUTCOME_COMPLETED		= 1,
	/* Saw the request and stopped: progress exact. */
	ACALL_OUTCOME_STOPPED		= 2,
	/*
	 * Provider code was not entered and never will be. Its files are
	 * dropped, unless that took longer than the grace and a second.
	 */
	ACALL_OUTCOME_NEVER_STARTED	= 3,
	/* May still be running: progress is a lower bound. */
	ACALL_OUTCOME_ABANDONED		= 4,
};

/* Who asked first for the cancel: fixes the status of a cancelled call. */
enum acall_reason {
	ACALL_REASON_NONE	= 0,
	ACALL_REASON_CLIENT	= 1,	/* CANCEL:		-ECANCELED */
	ACALL_REASON_DEADLINE	= 2,	/* BEGIN's deadline:	-ETIME */
	ACALL_REASON_CLOSE	= 3,	/* last close:		-ECANCELED */
	ACALL_REASON_ADMIN	= 4,	/* CANCEL_ID:		-ECANCELED */
	ACALL_REASON_PROVIDER	= 5,	/* provider went away:	-ENODEV */
	ACALL_REASON_REBOOT	= 6,	/* reboot:		-ECANCELED */
};

/* What a method is able to do (METHOD_INFO, QUERY). */
#define ACALL_CAP_CANCEL	0x1 /* can be cancelled while running */
#define ACALL_CAP_KILLABLE	0x2 /* stopped inside kernel code */
#define ACALL_CAP_CHUNKED	0x4 /* looks between pieces of its work */
#define ACALL_CAP_COMMITS	0x8 /* has a point of no return */
#define ACALL_CAP_INLINE	0x10 /* runs inside BEGIN */
#define ACALL_CAP_SHORT		0x20 /* bounded, never sleeps */
#define ACALL_CAP_CUSTOM	0x40 /* holds no thread while it runs */
#define ACALL_CAP_MAY_REFUSE	0x80 /* the provider is asked for a cancel */

/* Unit of a method's progress. */
enum acall_unit {
	ACALL_UNIT_NONE		= 0,	/* reports no progress */
	ACALL_UNIT_BYTES	= 1,
	ACALL_UNIT_ITEMS	= 2,
};

/* Bits of acall_info.features: what of this ABI is there. */
#define ACALL_FEATURE_RUN	0x1ULL	/* .run methods on workqueues */
#define ACALL_FEATURE_STOP	0x2ULL	/* KILLABLE methods are stopped */
#define ACALL_FEATURE_CUSTOM	0x4ULL	/* methods that hold no thread */
#define ACALL_FEATURE_INLINE	0x8ULL	/* methods that run inside BEGIN */
#define ACALL_FEATURE_DEADLINE	0x10ULL	/* BEGIN's deadline */
#define ACALL_FEATURE_NO_CANCEL	0x20ULL	/* BEGIN's NO_CANCEL */
#define ACALL_FEATURE_DETACH	0x40ULL	/* CREATE's DETACH */
#define ACALL_FEATURE_ESCALATE	0x80ULL	/* CANCEL's ESCALATE */
#define ACALL_FEATURE_SETTLED	0x100ULL	/* WAIT's SETTLED */
#define ACALL_FEATURE_COMMIT	0x200ULL	/* the result COMMITTED */
#define ACALL_FEATURE_FILES_OUT	0x400ULL	/* result files */
#define ACALL_FEATURE_CALL	0x800ULL	/* CALL */
#define ACALL_FEATURE_LIST	0x1000ULL	/* LIST, CANCEL_ID */
#define ACALL_FEATURE_INSTANCE	0x2000ULL	/* instances, device nodes */
#define ACALL_FEATURE_QUEUE	0x4000ULL	/* CREATE_QUEUE */
#define ACALL_FEATURE_WAIT_ID	0x8000ULL	/* WAIT_ID */

/**
 * struct acall_info - what this device is (ACALL_IOC_INFO)
 * @size: sizeof(struct acall_info)
 * @flags: 0
 * @abi: out: ACALL_ABI
 * @interfaces: out: how many interfaces are registered now
 * @features: out: ACALL_FEATURE_*
 * @user_calls: out: live calls one user may have, else EDQUOT
 * @total_calls: out: live calls of all users together, else EAGAIN
 * @user_bytes: out: bytes of arguments one user may have, else EDQUOT
 * @total_bytes: out: the same for all users together, else EAGAIN
 * @charged_calls: out: live calls charged to the caller now
 * @__reserved: 0
 * @charged_bytes: out: bytes charged to the caller now
 */
struct acall_info {
	__u32 size;
	__u32 flags;
	__u32 abi;
	__u32 interfaces;
	__u64 features;
	__u32 user_calls;
	__u32 total_calls;
	__u64 user_bytes;
	__u64 total_bytes;
	__u32 charged_calls;
	__u32 __reserved;
	__u64 charged_bytes;
};

/* acall_interface_info.caps */
#define ACALL_INTERFACE_MAY_CREATE	0x1 /* CREATE would let you */
#define ACALL_INTERFACE_NODE		0x2 /* has a device /dev/acall-NAME */
#define ACALL_INTERFACE_PRIVATE		0x4 /* is reachable only there */

/**
 * struct acall_interface_info - the next interface (ACALL_IOC_INTERFACE_INFO)
 * @size: sizeof(struct acall_interface_info)
 * @flags: 0
 * @cursor: in: 0 for the first, then what the last answer returned. out: where
 *	to go on. ENOENT = no more.
 * @name: out: the interface
 * @version_min: out: oldest version it serves
 * @version: out: newest version it serves
 * @methods: out: highest method number + 1
 * @caps: out: ACALL_INTERFACE_*
 * @max_running: out: how many methods of it can run at a time, but for those that
 *	their callers run (ACALL_CAP_INLINE; ACALL_CAP_SHORT in CALL)
 * @max_running_user: out: how many of them for one user; the rest wait
 */
struct acall_interface_info {
	__u32 size;
	__u32 flags;
	__u64 cursor;
	char name[ACALL_NAME_LEN];
	__u32 version_min;
	__u32 version;
	__u32 methods;
	__u32 caps;
	__u32 max_running;
	__u32 max_running_user;
};

/**
 * struct acall_method_info - one method (ACALL_IOC_METHOD_INFO)
 * @size: sizeof(struct acall_method_info)
 * @flags: 0
 * @interface: in: its interface; ENOENT if there is none of that name
 * @method: in: its number; EINVAL if the interface has none of that number
 * @caps: out: ACALL_CAP_*
 * @name: out: its name
 * @grace_ns: out: its own grace, used where a cancel gives none
 * @unit: out: enum acall_unit
 * @in_max: out: longest input
 * @out_max: out: longest output
 * @files_min: out: fewest files to pass
 * @files_max: out: most files to pass
 * @files_out: out: most result files
 */
struct acall_method_info {
	__u32 size;
	__u32 flags;
	char interface[ACALL_NAME_LEN];
	__u32 method;
	__u32 caps;
	char name[ACALL_NAME_LEN];
	__u64 grace_ns;
	__u32 unit;
	__u32 in_max;
	__u32 out_max;
	__u32 files_min;
	__u32 files_max;
	__u32 files_out;
};

/* acall_create.flags; the fd is always close-on-exec */
#define ACALL_CREATE_NONBLOCK	0x1	/* O_NONBLOCK on the fd */
#define ACALL_CREATE_DETACH	0x2	/* the last close does not cancel */

/**
 * struct acall_create - make a call object (ACALL_IOC_CREATE)
 * @size: sizeof(struct acall_create)
 * @flags: ACALL_CREATE_*
 * @interface: in: name, NUL-padded; on a device of an interface's own this name
 *	or an empty one
 * @version: in: wanted version, 0 = any; out: the actual one
 * @__reserved: 0
 *
 * Returns the fd of the call object, or -1 and errno: EINVAL (name, flags),
 * ENOENT (no such interface, nor a module acall-interface-NAME),
 * EPROTONOSUPPORT (version), EPERM or what the provider refuses with, ENODEV
 * (provider is going away), EMFILE, ENFILE, ENOMEM, EFAULT. Clauses C1 to C6.
 */
struct acall_create {
	__u32 size;
	__u32 flags;
	char interface[ACALL_NAME_LEN];
	__u32 version;
	__u32 __reserved;
};

/* acall_begin.flags */
#define ACALL_BEGIN_DEADLINE	0x1	/* @deadline and @grace_ns count */
#define ACALL_BEGIN_NO_CANCEL	0x2	/* CANCEL is EPERM, close detaches */

/**
 * struct acall_begin - begin a call (ACALL_IOC_BEGIN)
 * @size: sizeof(struct acall_begin)
 * @flags: ACALL_BEGIN_*
 * @method: in: number of the method
 * @nr_files: in: entries of @files
 * @files: in: address of an array of __s32 file descriptors
 * @in: in: address of the input bytes
 * @in_len: in: how many
 * @__reserved: 0
 * @user_data: in: comes back in QUERY and FINISH
 * @deadline: in: absolute time at which the call is cancelled, with status
 *	-ETIME; past: it is done at once and never starts; 0 without
 *	ACALL_BEGIN_DEADLINE
 * @grace_ns: in: how long the client stays after the deadline; 0 = the method's
 *	own grace (or no ACALL_BEGIN_DEADLINE), U64_MAX = until it has stopped
 * @call_id: out: names this call; unspecified unless BEGIN returns 0
 *
 * Returns 0 as soon as the call is accepted, or -1 and errno, which leaves the
 * object as it was: EBUSY (a call is pending), EINVAL (method, flags,
 * arguments), E2BIG (input too long), EFAULT, EBADF (file), ENODEV (provider
 * gone), EDQUOT (the user's limit), EAGAIN (the machine's), ENOMEM, EOPNOTSUPP
 * (a deadline for a method that cannot be cancelled), or what the provider
 * refuses with. Clauses B1 to B8.
 */
struct acall_begin {
	__u32 size;
	__u32 flags;
	__u32 method;
	__u32 nr_files;
	__u64 files;
	__u64 in;
	__u32 in_len;
	__u32 __reserved;
	__u64 user_data;
	__u64 deadline;
	__u64 grace_ns;
	__u64 call_id;
};

/* acall_wait.flags */
#define ACALL_WAIT_SETTLED	0x1	/* until executions have ended */

/**
 * struct acall_wait - wait until a call is ready (ACALL_IOC_WAIT)
 * @size: sizeof(struct acall_wait)
 * @flags: ACALL_WAIT_*
 * @call_id: in: which call, 0 = the pending one; out: if a signal interrupts,
 *	which one that was, so that it is that one's still when restarted
 * @until: in: absolute time; 0 = only look, U64_MAX = for ever
 *
 * With ACALL_WAIT_SETTLED it waits until nothing of the call runs or holds its
 * files any more, also of a call that was abandoned and finished: of @call_id,
 * or with 0 of all that were begun on this object before (then a signal is EINTR
 * also with SA_RESTART). No such execution: 0.
 *
 * Changes nothing. Returns 0 when the call is ready, or -1 and errno:
 * ETIMEDOUT, ESRCH (idle, or another call is pending), EINTR. Clauses W1 to W7.
 */
struct acall_wait {
	__u32 size;
	__u32 flags;
	__u64 call_id;
	__u64 until;
};

/* acall_finish.flags */
#define ACALL_FINISH_NONBLOCK	0x1	/* EAGAIN if not ready */

/* acall_finish.result */
#define ACALL_RESULT_COMMITTED	0x1	/* assume that the effect happened */

/**
 * struct acall_finish - take the result of a call (ACALL_IOC_FINISH)
 * @size: sizeof(struct acall_finish)
 * @flags: ACALL_FINISH_*
 * @call_id: in: which call, 0 = the pending one; out: which it was
 * @out: in: address of a buffer for the output
 * @files: in: address of an array of __s32 for result files
 * @out_len: in: size of @out; out: bytes of output, with EMSGSIZE bytes needed
 * @nr_files: in: entries of @files; out: files installed, with EMSGSIZE needed;
 *	they are close-on-exec
 * @status: out: 0 or a negative errno. With outcome COMPLETED the provider's
 *	word, else acall's: -ECANCELED, -ETIME, -ENODEV
 * @outcome: out: enum acall_outcome
 * @result: out: ACALL_RESULT_*
 * @method: out: number of the method
 * @user_data: out: as given to BEGIN
 * @progress: out: what is done, in the method's unit
 * @total: out: of how much; 0 = not known
 * @begin_ns: out: when BEGIN accepted the call
 * @start_ns: out: when the provider was entered, 0 = never
 * @cancel_ns: out: when a cancel was first requested, 0 = never
 * @end_ns: out: when the outcome was fixed
 * @cpu_ns: out: processor time of the provider, in the steps in which the
 *	scheduler counts it (a tick); 0 unless its execution has ended
 *
 * Blocks until the call is ready. Returns 0 and consumes the call, or -1 and
 * errno, which consumes nothing: EAGAIN (not ready, and NONBLOCK), ESRCH (idle,
 * or somebody else finished it), EMSGSIZE (@out or @files too small), EMFILE,
 * ENFILE, ENOMEM (no descriptor for a result file), EFAULT, EINTR.
 * Clauses F1 to F8.
 */
struct acall_finish {
	__u32 size;
	__u32 flags;
	__u64 call_id;
	__u64 out;
	__u64 files;
	__u32 out_len;
	__u32 nr_files;
	__s32 status;
	__u32 outcome;
	__u32 result;
	__u32 method;
	__u64 user_data;
	__u64 progress;
	__u64 total;
	__u64 begin_ns;
	__u64 start_ns;
	__u64 cancel_ns;
	__u64 end_ns;
	__u64 cpu_ns;
};

/* acall_cancel.flags */
#define ACALL_CANCEL_ABANDON	0x1	/* leave at once; no grace_ns */
#define ACALL_CANCEL_NOWAIT	0x2	/* ask, and do not wait */
#define ACALL_CANCEL_ESCALATE	0x4	/* shorten a grace that is running */

/**
 * struct acall_cancel - cancel a call (ACALL_IOC_CANCEL, ACALL_IOC_CANCEL_ID)
 * @size: sizeof(struct acall_cancel)
 * @flags: ACALL_CANCEL_*
 * @call_id: in: which call, 0 = the pending one; out: which it was, 0 = none
 * @grace_ns: in: how long the client stays; 0 = the method's own grace,
 *	U64_MAX = until the provider has stopped
 * @state: out: enum acall_state, now
 * @outcome: out: enum acall_outcome, now
 *
 * Returns 0: FINISH will say cancelled (with NOWAIT: requested, which predicts
 * nothing). Or -1 and errno: ESRCH (too late, FINISH has the provider's own
 * result; or no such call: then @state is IDLE), EALREADY (cancelled before, no
 * effect), EINTR (the request stands), EINVAL (flags), EPERM (begun with
 * NO_CANCEL), EOPNOTSUPP (the method cannot be cancelled while it runs), EBUSY,
 * EPERM or EOPNOTSUPP (the provider refuses; ask again).
 * With 0, ESRCH and EALREADY the out fields are written. Clauses X1 to X12.
 *
 * ACALL_CANCEL_ESCALATE: a call that was cancelled before is no error. The grace
 * becomes @grace_ns from now if that is sooner, with ACALL_CANCEL_ABANDON it is
 * over, and the answer is as to a first cancel.
 *
 * CANCEL_ID is for any call of one's own user's, by @call_id, which is not 0; with
 * CAP_SYS_ADMIN for everybody's, and NO_CANCEL does not count. ESRCH also for
 * calls that the caller may not see. Clause X13.
 */
struct acall_cancel {
	__u32 size;
	__u32 flags;
	__u64 call_id;
	__u64 grace_ns;
	__u32 state;
	__u32 outcome;
};

/**
 * struct acall_query - look at a call (ACALL_IOC_QUERY)
 * @size: sizeof(struct acall_query)
 * @flags: 0
 * @call_id: in: which call, 0 = the pending one; out: which it is, 0 = none
 * @state: out: enum acall_state; an idle object answers 0 and IDLE to call_id 0
 * @outcome: out: enum acall_outcome
 * @status: out: as FINISH will give it, 0 before DONE
 * @result: out: ACALL_RESULT_*
 * @method: out: number of the method
 * @caps: out: the method's ACALL_CAP_*
 * @reason: out: enum acall_reason of the first cancel request
 * @cancel_tgid: out: process of that request in the caller's pid namespace, 0 =
 *	none or not visible there
 * @user_data: out: as given to BEGIN
 * @progress: out: what is done so far
 * @total: out: of how much; 0 = not known
 * @grace_ns: out: the method's own grace
 * @begin_ns: out: when BEGIN accepted the call
 * @start_ns: out: when the provider was entered
 * @cancel_ns: out: when a cancel was first requested
 * @look_ns: out: when the provider last looked for a cancel, in the steps of the
 *	timer interrupt until one is visible
 * @end_ns: out: when the outcome was fixed
 * @orphans: out: abandoned executions of this object that still run
 * @executions: out: executions of this object that still run or wait to
 * @worker_pid: out: the kernel thread that runs it, 0 = none, or not visible in
 *	the caller's pid namespace
 * @__reserved: 0
 *
 * Changes nothing. Returns 0, or -1 and ESRCH (that call is not pending).
 * Clause Q1.
 */
struct acall_query {
	__u32 size;
	__u32 flags;
	__u64 call_id;
	__u32 state;
	__u32 outcome;
	__s32 status;
	__u32 result;
	__u32 method;
	__u32 caps;
	__u32 reason;
	__s32 cancel_tgid;
	__u64 user_data;
	__u64 progress;
	__u64 total;
	__u64 grace_ns;
	__u64 begin_ns;
	__u64 start_ns;
	__u64 cancel_ns;
	__u64 look_ns;
	__u64 end_ns;
	__u32 orphans;
	__u32 executions;
	__s32 worker_pid;
	__u32 __reserved;
};

/**
 * struct acall_call_args - begin, wait and finish in one (ACALL_IOC_CALL)
 * @size: sizeof(struct acall_call_args)
 * @flags: ACALL_BEGIN_*
 * @method: in: number of the method
 * @nr_files: in: entries of @files
 * @files: in: address of an array of __s32 file descriptors
 * @in: in: address of the input bytes
 * @in_len: in: how many
 * @out_len: in: size of @out; out: as FINISH
 * @out: in: address of a buffer for the output
 * @files_out: in: address of an array of __s32 for result files
 * @nr_files_out: in: entries of @files_out; out: as FINISH
 * @status: out: as FINISH
 * @user_data: in: comes back in QUERY and FINISH
 * @deadline: in: as BEGIN
 * @grace_ns: in: as BEGIN
 * @call_id: out: not 0 = the call exists, or existed
 * @outcome: out: as FINISH
 * @result: out: as FINISH
 * @progress: out: as FINISH
 * @total: out: as FINISH
 * @begin_ns: out: as FINISH
 * @start_ns: out: as FINISH
 * @cancel_ns: out: as FINISH
 * @end_ns: out: as FINISH
 * @cpu_ns: out: as FINISH
 *
 * Waits also if the fd is O_NONBLOCK. Returns 0 and has consumed the call, or -1
 * and errno. With @call_id 0 those of BEGIN: there is no call. Else the call is
 * pending, and WAIT, FINISH and CANCEL go on with it: EINTR (a signal; never
 * restarted; one that kills also cancels), EMSGSIZE, EFAULT, EMFILE; or ESRCH:
 * somebody else has finished it. Clauses S1 to S3.
 */
struct acall_call_args {
	__u32 size;
	__u32 flags;
	__u32 method;
	__u32 nr_files;
	__u64 files;
	__u64 in;
	__u32 in_len;
	__u32 out_len;
	__u64 out;
	__u64 files_out;
	__u32 nr_files_out;
	__s32 status;
	__u64 user_data;
	__u64 deadline;
	__u64 grace_ns;
	__u64 call_id;
	__u32 outcome;
	__u32 result;
	__u64 progress;
	__u64 total;
	__u64 begin_ns;
	__u64 start_ns;
	__u64 cancel_ns;
	__u64 end_ns;
	__u64 cpu_ns;
};

/* acall_list.flags */
#define ACALL_LIST_OWN		0x1	/* one's own user's calls only */

/**
 * struct acall_list - which calls there are (ACALL_IOC_LIST)
 * @size: sizeof(struct acall_list)
 * @flags: ACALL_LIST_*
 * @cursor: in: 0 for the first, then what the last answer returned; out: where
 *	to go on
 * @records: in: address of an array of struct acall_list_record
 * @record_size: in: sizeof(struct acall_list_record), the distance of records;
 *	what is longer than the kernel's is filled with zeros
 * @nr: in: entries of @records; out: how many were written, 0 = no more
 *
 * Shows every call from BEGIN until it is over (finished and ended), abandoned
 * and detached ones included: one's own user's (real uid), with CAP_SYS_ADMIN
 * everybody's. A call that is there all the time is shown once. Returns 0, or
 * -1 and errno: EINVAL (flags, @record_size), EFAULT, EINTR (killed). Clause X13.
 */
struct acall_list {
	__u32 size;
	__u32 flags;
	__u64 cursor;
	__u64 records;
	__u32 record_size;
	__u32 nr;
};

/* A file that a call was begun with: device and inode number. */
struct acall_list_file {
	__u32 major;
	__u32 minor;
	__u64 ino;
};

/* acall_list_record.flags */
#define ACALL_LIST_ENDED	0x1	/* its execution has ended */
#define ACALL_LIST_CONSUMED	0x2	/* finished, or its object is closed */
#define ACALL_LIST_NO_CANCEL	0x4	/* begun with NO_CANCEL */

/**
 * struct acall_list_record - one call
 * @call_id: its id
 * @interface: name of its interface
 * @method: number of the method
 * @state: enum acall_state; an abandoned call is DONE
 * @outcome: enum acall_outcome
 * @status: as FINISH will give it, 0 before DONE
 * @reason: enum acall_reason
 * @result: ACALL_RESULT_*
 * @caps: ACALL_CAP_* of the method
 * @flags: ACALL_LIST_*
 * @owner_uid: real uid of BEGIN's caller, in the reader's user namespace
 * @owner_tgid: process of BEGIN's caller in the reader's pid namespace, 0 = not
 *	visible there
 * @cancel_tgid: process of the first cancel, likewise
 * @nr_files: entries of @files
 * @user_data: as given to BEGIN; 0 for calls of others, and of a program that had
 *	other rights than its real user (set-uid, file capabilities)
 * @progress: what is done so far
 * @total: of how much; 0 = not known
 * @deadline: U64_MAX = none
 * @begin_ns: when BEGIN accepted the call
 * @start_ns: when the provider was entered
 * @cancel_ns: when a cancel was first requested
 * @look_ns: when the provider last looked for a cancel, as QUERY
 * @end_ns: when the outcome was fixed
 * @files: the files that it was begun with; 0 for such a program's, unless with
 *	CAP_SYS_ADMIN
 * @place: what it works on, and keeps busy, if that is none of its files: what its
 *	path led to; 0 = nothing, and as @files
 * @worker_pid: the kernel thread that runs it, 0 = none, or not visible in the
 *	reader's pid namespace
 * @__reserved: 0
 */
struct acall_list_record {
	__u64 call_id;
	char interface[ACALL_NAME_LEN];
	__u32 method;
	__u32 state;
	__u32 outcome;
	__s32 status;
	__u32 reason;
	__u32 result;
	__u32 caps;
	__u32 flags;
	__u32 owner_uid;
	__s32 owner_tgid;
	__s32 cancel_tgid;
	__u32 nr_files;
	__u64 user_data;
	__u64 progress;
	__u64 total;
	__u64 deadline;
	__u64 begin_ns;
	__u64 start_ns;
	__u64 cancel_ns;
	__u64 look_ns;
	__u64 end_ns;
	struct acall_list_file files[ACALL_MAX_FILES];
	struct acall_list_file place;
	__s32 worker_pid;
	__u32 __reserved;
};

/**
 * struct acall_wait_id - wait for a call without its object (ACALL_IOC_WAIT_ID)
 * @size: sizeof(struct acall_wait_id)
 * @flags: ACALL_WAIT_SETTLED: until its execution has ended
 * @call_id: in: which call, not 0
 * @until: in: absolute time; 0 = only look, U64_MAX = for ever
 * @state: out: enum acall_state
 * @outcome: out: enum acall_outcome
 * @status: out: as FINISH will give it, 0 before DONE
 * @result: out: ACALL_RESULT_*
 * @reason: out: enum acall_reason
 * @cancel_tgid: out: process of the first cancel, as QUERY
 * @progress: out: what is done so far
 * @total: out: of how much; 0 = not known
 * @begin_ns: out: when BEGIN accepted the call
 * @start_ns: out: when the provider was entered
 * @cancel_ns: out: when a cancel was first requested
 * @end_ns: out: when the outcome was fixed
 *
 * For any call that LIST shows the caller, but those of short methods in a queue,
 * which are over in a moment. Changes nothing; whoever is waiting is told the outcome
 * also if the client finishes the call at once, but not if a signal handler or a stop
 * interrupts the wait just then: ESRCH. Returns 0 when the call is DONE, or has
 * ended, or -1 and errno: ETIMEDOUT (not in time), ESRCH (no such call, it is over, or
 * the caller may not see it), EINTR, EINVAL (@call_id). With 0 and ETIMEDOUT the out
 * fields are written. Clause X13.
 */
struct acall_wait_id {
	__u32 size;
	__u32 flags;
	__u64 call_id;
	__u64 until;
	__u32 state;
	__u32 outcome;
	__s32 status;
	__u32 result;
	__u32 reason;
	__s32 cancel_tgid;
	__u64 progress;
	__u64 total;
	__u64 begin_ns;
	__u64 start_ns;
	__u64 cancel_ns;
	__u64 end_ns;
};

/* On /dev/acall. Each takes the address of its structure. */
#define ACALL_IOC_MAGIC			0xE2
#define ACALL_IOC_INFO			_IO(ACALL_IOC_MAGIC, 0x00)
#define ACALL_IOC_INTERFACE_INFO	_IO(ACALL_IOC_MAGIC, 0x01)
#define ACALL_IOC_METHOD_INFO		_IO(ACALL_IOC_MAGIC, 0x02)
#define ACALL_IOC_CREATE		_IO(ACALL_IOC_MAGIC, 0x03)
#define ACALL_IOC_LIST			_IO(ACALL_IOC_MAGIC, 0x04)
#define ACALL_IOC_CANCEL_ID		_IO(ACALL_IOC_MAGIC, 0x05)
#define ACALL_IOC_CREATE_QUEUE		_IO(ACALL_IOC_MAGIC, 0x06)
#define ACALL_IOC_WAIT_ID		_IO(ACALL_IOC_MAGIC, 0x07)

/* On a call object. */
#define ACALL_IOC_BEGIN			_IO(ACALL_IOC_MAGIC, 0x10)
#define ACALL_IOC_WAIT			_IO(ACALL_IOC_MAGIC, 0x11)
#define ACALL_IOC_FINISH		_IO(ACALL_IOC_MAGIC, 0x12)
#define ACALL_IOC_CANCEL		_IO(ACALL_IOC_MAGIC, 0x13)
#define ACALL_IOC_QUERY			_IO(ACALL_IOC_MAGIC, 0x14)
#define ACALL_IOC_CALL			_IO(ACALL_IOC_MAGIC, 0x15)

/* On a call queue, as are WAIT, FINISH, CANCEL and QUERY. */
#define ACALL_IOC_ENTER			_IO(ACALL_IOC_MAGIC, 0x16)
#define ACALL_IOC_CANCEL_MATCH		_IO(ACALL_IOC_MAGIC, 0x17)

#include <linux/acall_queue.h>

#endif /* _UAPI_LINUX_ACALL_H */
