/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Call queues: very many calls through one descriptor, begun and read in bulk.
 * Part of <libacall.h>, which says what holds for every function.
 *
 *	acall_queue_t *queue;
 *	const struct acall_completion *done;
 *	struct acall_submission *sub;
 *	unsigned int n;
 *
 *	acall_queue_create("file", 0, 64, 0, &queue);
 *	while (more to do && (sub = acall_queue_get_submission(queue))) {
 *		acall_queue_prepare(sub, method, in, in_len, user_data);
 *		acall_queue_set_files(sub, files, nr_files);
 *		sub->tag = 7;
 *	}
 *	acall_queue_submit_and_wait(queue, 1, ACALL_FOREVER);
 *	for (n = 0; (done = acall_queue_peek(queue, n)); n++)
 *		look at *done, and if its result has ACALL_RESULT_MORE:
 *			acall_queue_finish(queue, done->handle, ...);
 *	acall_queue_seen(queue, n);
 *	acall_queue_cancel_tag(queue, 7, 0, 0);
 *	acall_queue_destroy(queue);
 *
 * A queue has a number of slots, and each carries one call at a time, for which
 * the contract is that of a call object. Two rings are shared with the kernel:
 * entries of the submission ring are filled with calls to begin and then
 * submitted, all together, in one system call; a call that is ready is found in
 * the completion ring without any. There is always room for it there.
 *
 * Which call. The kernel gives each call a handle as it begins it: it is in the
 * submission entry afterwards, and in the completion. No other call of the queue
 * has it ever, so that whoever is late with it hits nothing: -ESRCH, or
 * ACALL_TOO_LATE from a cancel [X11]. An acall_result of a queue has it as its
 * call_id.
 *
 * Slots. A slot is free again when its completion has been seen and its call is
 * finished: a completion with ACALL_RESULT_MORE has output or result files, which
 * acall_queue_finish() takes, before or after; any other call is finished when
 * what was seen is told to the kernel, by the next system call on the rings. That
 * may be the very acall_queue_submit() that needs the slot.
 *
 * Threads. There is no lock, so one thread at a time submits: get_submission,
 * prepare, set_files, set_options, submit, submit_and_wait, submitted,
 * unsubmitted, enter with @begin; and one at a time, the same or another, reads:
 * ready, peek, seen. What works by handle, the cancels, acall_queue_wait*(),
 * acall_queue_query() and acall_queue_finish(), may be called by any thread at
 * any time, and is async-signal-safe. acall_queue_destroy() must be the last.
 *
 * A forked child has the queue too, and keeps it open. What works by handle is for
 * both; the rings are for one of them, since where they stand is not known to the
 * other.
 *
 * For an event loop poll acall_queue_fd().
 */
#ifndef LIBACALL_QUEUE_H
#define LIBACALL_QUEUE_H

#include <libacall.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * typedef acall_queue_t - a call queue: what carries many calls at a time
 *
 * Opaque. Made by acall_queue_create(), ended by acall_queue_destroy().
 */
typedef struct acall_queue acall_queue_t;

/* Queues ------------------------------------------------------------------ */

/**
 * acall_queue_create - make a call queue for an interface
 * @interface: its name, for example "file"
 * @version: wanted version, 0 = any; acall_queue_version() tells the actual one
 * @slots: how many calls can be there at a time, begun and not finished, 1 to
 *	ACALL_MAX_SLOTS; the submission ring has as many entries, rounded up to
 *	a power of two, but at most 256
 * @flags: as acall_create(); ACALL_CREATE_NONBLOCK is for acall_queue_finish()
 * @queue: out: the queue, owned by the caller until acall_queue_destroy();
 *	untouched on error
 *
 * Its memory is charged to you like arguments of calls, as long as it is there.
 *
 * Return: as acall_create(); -EINVAL also if it cannot have so many @slots,
 * -EDQUOT (your limit of bytes), -EAGAIN (the machine's), -EOPNOTSUPP (this
 * module has no queues).
 */
int acall_queue_create(const char *interface, uint32_t version,
		       unsigned int slots, unsigned int flags,
		       acall_queue_t **queue);

/**
 * acall_queue_create_on - make a call queue through a device that is open
 * @device: as acall_create_on()
 * @interface: as acall_queue_create()
 * @version: as acall_queue_create()
 * @slots: as acall_queue_create()
 * @flags: as acall_queue_create()
 * @queue: as acall_queue_create()
 *
 * Return: as acall_queue_create(); -EBADF or -ENOTTY (@device is not the device).
 */
int acall_queue_create_on(int device, const char *interface, uint32_t version,
			  unsigned int slots, unsigned int flags,
			  acall_queue_t **queue);

/**
 * acall_queue_create_args - create with everything that the kernel can take
 * @device: as acall_create_on()
 * @args: as <linux/acall.h> says, @size set to sizeof(*args) by the caller and
 *	what is not used zero. out: how large the rings are
 * @queue: as acall_queue_create()
 *
 * Return: as acall_queue_create_on().
 */
int acall_queue_create_args(int device, struct acall_create_queue *args,
			    acall_queue_t **queue);

/**
 * acall_queue_destroy - end the use of a call queue
 * @queue: the queue, gone afterwards, with its rings; NULL is fine
 *
 * Never blocks. What acall_destroy() says of one call is so for each [C4].
 */
void acall_queue_destroy(acall_queue_t *queue);

/**
 * acall_queue_fd - the descriptor for an event loop
 * @queue: the queue
 *
 * POLLIN: there are completions that are not seen yet. POLLHUP: the provider has
 * gone and nothing is pending. Belongs to @queue: do not close it.
 *
 * Return: the descriptor, or -EINVAL.
 */
int acall_queue_fd(const acall_queue_t *queue);

/**
 * acall_queue_version - the version of the interface that the queue speaks
 * @queue: the queue
 *
 * Return: the version, >= 1; 0 if @queue is NULL.
 */
uint32_t acall_queue_version(const acall_queue_t *queue);

/* Beginning calls --------------------------------------------------------- */

/**
 * acall_queue_get_submission - get the next entry of the submission ring
 * @queue: the queue
 *
 * It is zero but for its bytes, and is taken by the next submit as it is then:
 * prepare it before, also if you change your mind. Setting @tag or anything else
 * of it directly is fine; so is filling @bytes, with @in_len and
 * ACALL_BEGIN_INLINE.
 *
 * Return: the entry; NULL = the ring is full: submit first.
 */
struct acall_submission *acall_queue_get_submission(acall_queue_t *queue);

/**
 * acall_queue_prepare - make an entry a call to begin
 * @sub: the entry
 * @method: number of the method
 * @in: input bytes. Up to ACALL_SUBMISSION_BYTES are copied, and may be reused at
 *	once; if it is more, only when the entry has been taken
 * @in_len: how many
 * @user_data: comes back in the completion
 *
 * Makes it a call without files, options and tag.
 *
 * Return: 0; -EINVAL if @sub is NULL. What is wrong with the rest is told by the
 * entry's error, when it has been taken.
 */
int acall_queue_prepare(struct acall_submission *sub, uint32_t method,
			const void *in, size_t in_len, uint64_t user_data);

/**
 * acall_queue_set_files - pass files to a call
 * @sub: the entry, prepared
 * @files: file descriptors; they and the array itself must stay until the entry
 *	has been taken. NULL if @nr_files is 0
 * @nr_files: how many
 *
 * Return: 0; -EINVAL if @sub is NULL.
 */
int acall_queue_set_files(struct acall_submission *sub, const int *files,
			  unsigned int nr_files);

/**
 * acall_queue_set_options - give a call a deadline and more
 * @sub: the entry, prepared
 * @options: as acall_begin(), but its user_data counts for nothing: it is
 *	acall_queue_prepare()'s
 *
 * Return: 0; -EINVAL, and the entry is as it was.
 */
int acall_queue_set_options(struct acall_submission *sub,
			    const struct acall_options *options);

/**
 * acall_queue_submit - begin the calls of all entries that were got
 * @queue: the queue
 *
 * One system call, which does not wait for the methods. The kernel takes the
 * entries in their order, and each that is taken either becomes a call or is
 * refused, which is no reason not to take the next. acall_queue_submitted() shows
 * them: their handles, and for which and why there is no call.
 *
 * It may take fewer than there are, if it runs out of slots or you of your limits.
 * The others stay in the ring, are counted by acall_queue_unsubmitted(), and are
 * taken first by the next submit. Why it was is said by the submit that can take
 * none.
 *
 * Return: how many calls were begun, 0 = none, for example since each was refused;
 * or a negative errno, and none was taken: -EAGAIN (no slot is free: read
 * completions, and submit again; or the machine's limit), -EDQUOT (your limit of
 * live calls or bytes), -ENODEV (the provider has gone), -ENOMEM, -EINVAL.
 */
int acall_queue_submit(acall_queue_t *queue);

/**
 * acall_queue_submit_and_wait - submit, and wait for completions
 * @queue: the queue
 * @nr: until so many are unread
 * @until: as acall_wait()
 *
 * In one system call; a method with ACALL_CAP_SHORT that is alone is run by its
 * caller [S3].
 *
 * Return: as acall_queue_submit(), however the wait ended, if an entry was taken or
 * one should have been: whether it was for long enough is told by
 * acall_queue_ready(). If there was nothing to submit, as acall_queue_wait().
 */
int acall_queue_submit_and_wait(acall_queue_t *queue, unsigned int nr,
				uint64_t until);

/**
 * acall_queue_submitted - look at an entry that the last submit has taken
 * @queue: the queue
 * @i: which: 0 = the first one
 *
 * Its error is 0, and its handle names the call; or why there is none, an errno
 * of acall_begin() (but for -EBUSY, and for -EAGAIN, -EDQUOT, -ENODEV and -ENOMEM,
 * which are the submit's).
 *
 * Return: the entry, as it is until the next acall_queue_get_submission(); NULL =
 * it has taken no more.
 */
const struct acall_submission *
acall_queue_submitted(const acall_queue_t *queue, unsigned int i);

/**
 * acall_queue_unsubmitted - how many entries wait for a submit
 * @queue: the queue
 *
 * Return: how many were got and not taken yet.
 */
unsigned int acall_queue_unsubmitted(const acall_queue_t *queue);

/* Reading completions ----------------------------------------------------- */

/**
 * acall_queue_wait - wait for completions
 * @queue: the queue
 * @nr: until so many are unread; 0 = do not wait, but have finished what was seen
 * @until: as acall_wait()
 *
 * Makes no system call if there are so many. Clauses W1, W2, W7.
 *
 * Return: 0 = so many are there; -ETIMEDOUT; -ESRCH (there are fewer, and none is
 * pending that could come); -EINTR; -EINVAL.
 */
int acall_queue_wait(acall_queue_t *queue, unsigned int nr, uint64_t until);

/**
 * acall_queue_ready - how many completions are unread
 * @queue: the queue
 *
 * Return: how many, now; more may come at any time, none goes by itself.
 */
unsigned int acall_queue_ready(const acall_queue_t *queue);

/**
 * acall_queue_peek - look at a completion that is unread
 * @queue: the queue
 * @i: which: 0 = the oldest
 *
 * Return: the completion, as it is until acall_queue_seen() goes over it; NULL =
 * there are no more.
 */
const struct acall_completion *
acall_queue_peek(const acall_queue_t *queue, unsigned int i);

/**
 * acall_queue_seen - give the oldest completions back
 * @queue: the queue
 * @n: how many
 *
 * Finishes their calls, unless with ACALL_RESULT_MORE, as the next submit or wait
 * enters the kernel.
 *
 * Return: 0; -EINVAL (there are not so many; none was given back).
 */
int acall_queue_seen(acall_queue_t *queue, unsigned int n);

/* Cancelling -------------------------------------------------------------- */

/**
 * acall_queue_cancel - cancel one call
 * @queue: the queue
 * @handle: the call, never 0
 * @grace_ns: as acall_cancel(); 0 with ACALL_CANCEL_ABANDON
 * @flags: 0 = stay for the grace, as acall_cancel(); ACALL_CANCEL_NOWAIT = do not,
 *	as acall_cancel_async(); ACALL_CANCEL_ABANDON = leave at once, as
 *	acall_abandon(); ACALL_CANCEL_ESCALATE = an earlier cancel's grace is
 *	shortened, as acall_escalate()
 *
 * The verdict predicts the completion.
 *
 * Return: enum acall_verdict as acall_cancel() or acall_cancel_async(), or a
 * negative errno as there; ACALL_TOO_LATE also if there is no such call any more;
 * -EINVAL if @handle is 0.
 */
int acall_queue_cancel(acall_queue_t *queue, uint64_t handle,
		       uint64_t grace_ns, unsigned int flags);

/**
 * acall_queue_cancel_many - cancel some calls in one system call
 * @queue: the queue
 * @cancels: which and how, as <linux/acall.h> says. out: the error of each: 0 =
 *	the provider has been asked, -ESRCH = too late, -EALREADY = it had been
 *	cancelled before, or why it cannot be cancelled
 * @nr: how many
 *
 * Waits for none of them.
 *
 * Return: how many have error 0; -EINVAL; -EFAULT (the kernel cannot write there;
 * those before have been asked).
 */
int acall_queue_cancel_many(acall_queue_t *queue,
			    struct acall_enter_cancel *cancels,
			    unsigned int nr);

/**
 * acall_queue_cancel_all - cancel all calls of a queue
 * @queue: the queue
 * @grace_ns: as acall_queue_cancel()
 * @flags: ACALL_CANCEL_ABANDON, ACALL_CANCEL_ESCALATE
 *
 * All that were begun before and are pending, each once; entries of the submission
 * ring are not begun yet. Waits for none of them.
 *
 * Return: of how many the request stands; -EINVAL, -EINTR (killed).
 */
int acall_queue_cancel_all(acall_queue_t *queue, uint64_t grace_ns,
			   unsigned int flags);

/**
 * acall_queue_cancel_tag - cancel all calls with one tag
 * @queue: the queue
 * @tag: as in their submissions
 * @grace_ns: as acall_queue_cancel()
 * @flags: as acall_queue_cancel_all()
 *
 * Return: as acall_queue_cancel_all().
 */
int acall_queue_cancel_tag(acall_queue_t *queue, uint32_t tag,
			   uint64_t grace_ns, unsigned int flags);

/**
 * acall_queue_cancel_method - cancel all calls of one method
 * @queue: the queue
 * @method: its number
 * @grace_ns: as acall_queue_cancel()
 * @flags: as acall_queue_cancel_all()
 *
 * Return: as acall_queue_cancel_all().
 */
int acall_queue_cancel_method(acall_queue_t *queue, uint32_t method,
			      uint64_t grace_ns, unsigned int flags);

/**
 * acall_queue_cancel_match - cancel many with everything the kernel can take
 * @queue: the queue
 * @args: as <linux/acall.h> says, @size set to sizeof(*args) by the caller and
 *	what is not used zero. out: @matched and @cancelled
 *
 * Return: 0; -EINVAL, -EINTR (killed).
 */
int acall_queue_cancel_match(acall_queue_t *queue,
			     struct acall_cancel_match *args);

/* One call ---------------------------------------------------------------- */

/**
 * acall_queue_finish - take the output of a call
 * @queue: the queue
 * @handle: the call, never 0
 * @out: as acall_finish()
 * @out_len: as acall_finish(); the completion's out_len is enough
 * @files: as acall_finish_files()
 * @nr_files: as acall_finish_files(); the completion's nr_files is enough
 * @result: out: what became of the call, more than the completion tells; may be
 *	NULL. Its call_id is the handle
 *
 * For completions with ACALL_RESULT_MORE, before or after acall_queue_seen(); legal
 * for any call that is not finished, and sleeps until it is ready.
 *
 * Return: as acall_finish_files(); -ESRCH also if the call has been finished by
 * acall_queue_seen(); -EINVAL if @handle is 0.
 */
int acall_queue_finish(acall_queue_t *queue, uint64_t handle, void *out,
		       size_t out_len, int *files, unsigned int nr_files,
		       struct acall_result *result);

/**
 * acall_queue_wait_call - wait until one certain call is ready
 * @queue: the queue
 * @handle: the call, never 0
 * @until: as acall_wait()
 *
 * Return: as acall_wait(); -EINVAL if @handle is 0.
 */
int acall_queue_wait_call(acall_queue_t *queue, uint64_t handle,
			  uint64_t until);

/**
 * acall_queue_wait_settled - wait until what was begun has really ended
 * @queue: the queue
 * @handle: the call, also one that was abandoned and finished long ago; 0 = all
 *	that were begun on this queue until now
 * @until: as acall_wait()
 *
 * Return: as acall_wait_settled().
 */
int acall_queue_wait_settled(acall_queue_t *queue, uint64_t handle,
			     uint64_t until);

/**
 * acall_queue_query - look at a call
 * @queue: the queue
 * @handle: the call; 0 = at the queue as a whole: its executions and orphans
 * @query: out: as <linux/acall.h> says, with the handle as call_id
 * @size: sizeof(*query)
 *
 * Changes nothing. Clause Q1.
 *
 * Return: 0; -ESRCH (that call is not pending); -EINVAL.
 */
int acall_queue_query(acall_queue_t *queue, uint64_t handle,
		      struct acall_query *query, size_t size);

/* Everything at once ------------------------------------------------------ */

/**
 * acall_queue_enter - begin, cancel and wait with all that the kernel can take
 * @queue: the queue
 * @args: as <linux/acall.h> says, @size set to sizeof(*args) by the caller and
 *	what is not used zero. @begin: how many of acall_queue_unsubmitted() at
 *	most; 0 makes it a function for any thread. out: @taken, @begun, @error
 *
 * What submit, wait and cancel_many are made of, for who wants them together or
 * apart: here the return value is that of the wait, and @error says why no more
 * entries were taken.
 *
 * Return: 0 or a negative errno as <linux/acall.h> says.
 */
int acall_queue_enter(acall_queue_t *queue, struct acall_enter *args);

#ifdef __cplusplus
}
#endif

#endif /* LIBACALL_QUEUE_H */
