/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * acall: the call queue, calls in bulk through one file descriptor. It is a part of
 * acall.h, which includes it.
 *
 * A queue has slots, each of them a call object under the same clauses, for one
 * interface. BEGIN is to fill entries of a ring in shared memory and to say how
 * many with ENTER; a call that is DONE appears in another ring, for which space
 * is kept from the beginning. A call is named by its slot's handle, which is
 * not 0 and which no other call of the queue has had; one that has been
 * finished is ESRCH.
 *
 * WAIT, FINISH, CANCEL and QUERY of a call object work on a queue too; @call_id is
 * the handle there, in and out. 0 is no call, but for QUERY and for WAIT with
 * ACALL_WAIT_SETTLED, where it speaks of all. POLLIN means that there are completions,
 * POLLHUP that the provider has gone and nothing is pending.
 *
 * Taken once for each ENTER: who begins (credentials, cgroups, limits). Times have
 * the resolution of a batch. The queue's last close is each slot's; a mapping
 * keeps it open.
 */
#ifndef _UAPI_LINUX_ACALL_QUEUE_H
#define _UAPI_LINUX_ACALL_QUEUE_H

#include <linux/acall.h>
#include <linux/types.h>

#define ACALL_MAX_SLOTS		0x100000	/* of a queue */
#define ACALL_MAX_ENTRIES	32768	/* of its submission ring */

/**
 * struct acall_create_queue - make a call queue (ACALL_IOC_CREATE_QUEUE)
 * @size: sizeof(struct acall_create_queue)
 * @flags: ACALL_CREATE_*
 * @interface: in: name, padded with NULs, as CREATE's
 * @version: in: which version, 0 = the newest; out: which it is
 * @slots: in: how many calls can be pending or unfinished at a time, 1 to
 *	ACALL_MAX_SLOTS
 * @entries: in: of the submission ring: a power of two up to ACALL_MAX_ENTRIES,
 *	0 = as many as slots, at most 256; out: how many it has
 * @completions: out: entries of the completion ring, a power of two, at least
 *	@slots
 * @submission_offset: out: where in the mapping struct acall_submission[@entries] is
 * @completion_offset: out: where struct acall_completion[@completions] is
 * @map_size: out: bytes to map at offset 0, MAP_SHARED; struct acall_ring is first
 *
 * Returns the queue, a close-on-exec file descriptor; or -1 and errno: as CREATE,
 * and EINVAL (@slots, @entries), EDQUOT (its memory counts as bytes of arguments
 * of the user who makes it), EAGAIN (the same for all users).
 */
struct acall_create_queue {
	__u32 size;
	__u32 flags;
	char interface[ACALL_NAME_LEN];
	__u32 version;
	__u32 slots;
	__u32 entries;
	__u32 completions;
	__u64 submission_offset;
	__u64 completion_offset;
	__u64 map_size;
};

/**
 * struct acall_ring - where the rings of a queue stand
 * @submission_tail: yours: entries filled so far, modulo 2^32
 * @completion_head: yours: entries read so far
 * @__reserved: 0
 * @submission_head: the kernel's: entries taken so far; read with acquire, and
 *	then what is before it may be filled again
 * @completion_tail: the kernel's: entries written so far; read with acquire
 * @__reserved2: 0
 *
 * Entry n of a ring is at index n modulo its size. Store your own with release. The
 * kernel looks at yours in ENTER and poll only, and believes nothing else that is
 * written here.
 */
struct acall_ring {
	__u32 submission_tail;
	__u32 completion_head;
	__u32 __reserved[14];
	__u32 submission_head;
	__u32 completion_tail;
	__u32 __reserved2[14];
};

/* Bytes of input that an entry of the submission ring has room for. */
#define ACALL_SUBMISSION_BYTES	56

/* acall_submission.flags, besides ACALL_BEGIN_* */
#define ACALL_BEGIN_INLINE	0x80000000	/* the input is in @bytes */

/**
 * struct acall_submission - a call to begin
 * @method: in: number of the method
 * @flags: in: ACALL_BEGIN_*
 * @user_data: in: comes back in the completion, QUERY and FINISH
 * @deadline: in: as BEGIN
 * @grace_ns: in: as BEGIN
 * @files: in: as BEGIN
 * @in: in: address of the input bytes; with ACALL_BEGIN_INLINE 0
 * @in_len: in: how many
 * @nr_files: in: entries of @files
 * @tag: in: any number, for CANCEL_MATCH and the completion
 * @error: out: 0, or the negative errno of a BEGIN: then there is no call
 * @handle: out: names the call
 * @bytes: in: the input with ACALL_BEGIN_INLINE, at most ACALL_SUBMISSION_BYTES
 */
struct acall_submission {
	__u32 method;
	__u32 flags;
	__u64 user_data;
	__u64 deadline;
	__u64 grace_ns;
	__u64 files;
	__u64 in;
	__u32 in_len;
	__u32 nr_files;
	__u32 tag;
	__s32 error;
	__u64 handle;
	__u8 bytes[ACALL_SUBMISSION_BYTES];
};

/* acall_completion.result, besides ACALL_RESULT_* */
#define ACALL_RESULT_MORE	0x80000000	/* there is output: FINISH it */

/**
 * struct acall_completion - a call is DONE
 * @user_data: as given to BEGIN
 * @handle: names the call
 * @call_id: its id
 * @status: as FINISH
 * @outcome: enum acall_outcome
 * @result: ACALL_RESULT_*
 * @tag: as given to BEGIN
 * @progress: as FINISH
 * @total: as FINISH
 * @out_len: bytes of output that FINISH will give
 * @nr_files: result files that FINISH will give
 *
 * Moving @completion_head over it finishes the call, as soon as an ENTER has seen it,
 * unless @result has ACALL_RESULT_MORE: then FINISH does, before or after. What else
 * FINISH tells it tells of every call until then; a completion stays where it is. The
 * slot is free again when the call has been finished and its completion was read.
 */
struct acall_completion {
	__u64 user_data;
	__u64 handle;
	__u64 call_id;
	__s32 status;
	__u32 outcome;
	__u32 result;
	__u32 tag;
	__u64 progress;
	__u64 total;
	__u32 out_len;
	__u32 nr_files;
};

/**
 * struct acall_enter_cancel - a call to cancel
 * @handle: in: which
 * @grace_ns: in: as CANCEL
 * @flags: in: ACALL_CANCEL_*; NOWAIT is always meant
 * @error: out: what CANCEL would have returned: 0 or a negative errno
 */
struct acall_enter_cancel {
	__u64 handle;
	__u64 grace_ns;
	__u32 flags;
	__s32 error;
};

/* acall_enter.flags */
#define ACALL_ENTER_WORKER	0x1	/* run nothing in the caller */

/**
 * struct acall_enter - begin, cancel and wait (ACALL_IOC_ENTER)
 * @size: sizeof(struct acall_enter)
 * @flags: ACALL_ENTER_*
 * @begin: in: how many entries of the submission ring to take at most
 * @wait: in: until so many completions are unread
 * @until: in: absolute time to wait; 0 = only look, U64_MAX = for ever
 * @cancels: in: address of an array of struct acall_enter_cancel
 * @nr_cancels: in: entries of @cancels
 * @taken: out: entries that were taken from the submission ring: each has been
 *	begun, or has its @error
 * @begun: out: how many of them were begun
 * @error: out: 0, or the negative errno that made it take no more: EAGAIN (no free
 *	slot, or the machine's limit), EDQUOT (the user's), ENOMEM, ENODEV
 *
 * First finishes what was read from the completion ring. Then begins, then
 * cancels, then waits. An ENTER that begins one call of a method with ACALL_CAP_SHORT,
 * while nothing else is pending, and waits for it, runs it itself, unless with
 * ACALL_ENTER_WORKER (S3).
 *
 * Returns 0: so many completions are there (with @wait 0 always). Or -1 and
 * errno: EINVAL (flags, @completion_head or @submission_tail out of bounds), EFAULT,
 * and nothing was done; or, with the out fields written, of the wait: ETIMEDOUT;
 * ESRCH: fewer are unread, and none is pending that could come; EINTR (restarted
 * under SA_RESTART if it was for waiting alone); or EFAULT in @cancels: the first that
 * could not be read or answered, and the rest, were left alone, and so was the wait.
 */
struct acall_enter {
	__u32 size;
	__u32 flags;
	__u32 begin;
	__u32 wait;
	__u64 until;
	__u64 cancels;
	__u32 nr_cancels;
	__u32 taken;
	__u32 begun;
	__s32 error;
};

/* acall_cancel_match.flags, besides ACALL_CANCEL_ABANDON and _ESCALATE */
#define ACALL_MATCH_TAG		0x100	/* only those with this tag */
#define ACALL_MATCH_METHOD	0x200	/* only those of this method */

/**
 * struct acall_cancel_match - cancel many (ACALL_IOC_CANCEL_MATCH)
 * @size: sizeof(struct acall_cancel_match)
 * @flags: ACALL_MATCH_*, ACALL_CANCEL_*; NOWAIT is always meant
 * @tag: in: with ACALL_MATCH_TAG; else it is not looked at
 * @method: in: with ACALL_MATCH_METHOD, likewise
 * @grace_ns: in: as CANCEL
 * @matched: out: how many calls were pending and matched
 * @cancelled: out: of how many the request stands: CANCEL would have said 0
 *
 * One look at each slot: all calls that had begun before and are pending, and not
 * just being run as short ones, are asked, each once; those begun later are not.
 * Returns 0, or -1 and errno: EINVAL, EFAULT, EINTR (killed, before all were asked).
 */
struct acall_cancel_match {
	__u32 size;
	__u32 flags;
	__u32 tag;
	__u32 method;
	__u64 grace_ns;
	__u32 matched;
	__u32 cancelled;
};

#endif /* _UAPI_LINUX_ACALL_QUEUE_H */
