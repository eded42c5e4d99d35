/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * libacall: begin, wait for, cancel and finish calls into the kernel.
 *
 *	acall_t *call;
 *
 *	acall_create("file", 0, 0, &call);	one object, many calls
 *	acall_begin_copy(call, ...);		returns at once
 *	acall_wait(call, acall_after_ns(...));	or poll acall_fd() for POLLIN
 *	acall_cancel_async(call, 0);		if you change your mind
 *	acall_finish_copy(call, &result);	what became of it
 *	acall_destroy(call);
 *
 * For very many calls at a time there are queues: <libacall_queue.h>.
 *
 * Who knows COM's asynchronous calls finds them here:
 *
 *	ICallFactory::CreateCall	acall_create()
 *	Begin_METHOD, Finish_METHOD	acall_begin(), acall_finish() and the
 *					typed pairs
 *	ISynchronize::Wait		acall_wait(), or poll acall_fd()
 *	ICancelMethodCalls::Cancel
 *	  with a time-out		acall_cancel(), acall_cancel_async()
 *	  with 0			acall_abandon()
 *	ICancelMethodCalls::TestCancel	acall_query()
 *	CoDisableCallCancellation	ACALL_BEGIN_NO_CANCEL in acall_options
 *	a synchronous call		acall_call()
 *	CoCancelCall			acall_cancel_by_id()
 *	IUnknown::Release		acall_destroy(), which cancels, unless
 *					made with ACALL_CREATE_DETACH
 *
 *	what Cancel returned		what a cancel returns here
 *	S_OK				ACALL_CANCELLED, ACALL_REQUESTED
 *	RPC_E_CALL_COMPLETE		ACALL_TOO_LATE
 *	RPC_E_CALL_CANCELED		ACALL_ALREADY
 *	CO_E_CANCEL_DISABLED		-EPERM
 *	E_NOINTERFACE			-EOPNOTSUPP
 *
 * Calls that are cancelled by the thread they are made in: <libacall_com.h>.
 *
 * Return values. Every function that can fail returns 0 (or, where it says so,
 * a value > 0) or a negative errno, which speaks of that operation and never of
 * the call: the call's own fate is in struct acall_result. errno itself is
 * neither needed nor changed. "Misuse" is -EINVAL, for example a NULL acall_t.
 *
 * Threads. Every function may be called by any thread at any time on the same
 * acall_t, except acall_destroy(), which must be the last. No lock is held
 * while a function sleeps, so a thread in acall_wait(), acall_finish() or
 * acall_call() holds up nobody. acall_begin*(), acall_wait*(), acall_finish*(),
 * acall_call*(), acall_query(), acall_id(), acall_fd(), acall_after_ns() and the
 * cancels are async-signal-safe.
 *
 * Which call. An object carries one call at a time, and each call has an id
 * that is never used again. acall_begin() and acall_call() remember the id as
 * soon as the call exists, and the functions without an id mean the call that is
 * remembered when they are entered; they always name it to the kernel, so that
 * while they run they cannot slip to the next call [W5, X11]. A thread that may
 * be late, that is, which wants to cancel call k while another thread may
 * already have finished it and begun the next, uses the functions that end in
 * _id with k's own id.
 *
 * Signals. Where a function sleeps (acall_wait*(), acall_finish*() before the
 * call is ready), a signal whose handler was installed with SA_RESTART does not
 * disturb it, and any other makes it return -EINTR with nothing changed: the
 * library never repeats a system call behind your back, since being interrupted
 * may be just what you want [W7]. acall_cancel() then returns ACALL_REQUESTED:
 * its request stands [X9]. acall_call() returns -EINTR after any handler, and
 * its call goes on [S2]. The other functions are not interrupted.
 *
 * Engines. All this holds with the module, which the library uses unless it is told
 * otherwise; where it differs with threads Documentation/engines.rst says so. What
 * such an engine cannot do is -EOPNOTSUPP.
 *
 * Times are absolute nanoseconds of CLOCK_MONOTONIC, durations nanoseconds.
 * Names in brackets are clauses of the call contract in Documentation/.
 */
#ifndef LIBACALL_H
#define LIBACALL_H

#include <stddef.h>
#include <stdint.h>
#include <linux/acall.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * typedef acall_t - a call object: what carries one call at a time
 *
 * Opaque. Made by acall_create(), ended by acall_destroy().
 */
typedef struct acall acall_t;

/* For @until: only look; wait for ever. */
#define ACALL_NOW		((uint64_t)0)
#define ACALL_FOREVER		UINT64_MAX
/* For a grace: the method's own; as good as none. ACALL_FOREVER: for ever. */
#define ACALL_GRACE_DEFAULT	((uint64_t)0)
#define ACALL_GRACE_NONE	((uint64_t)1)

/* For @device: open the default device, use it, close it. */
#define ACALL_DEVICE_DEFAULT	(-1)
#define ACALL_DEVICE_PATH	"/dev/acall"

/**
 * enum acall_verdict - what a cancel achieved
 * @ACALL_CANCELLED: FINISH will say cancelled: the outcome is STOPPED,
 *	NEVER_STARTED or ABANDONED, and will not change
 * @ACALL_TOO_LATE: the call had ended: FINISH has (or has given, if somebody
 *	finished it) the provider's own result, intact
 * @ACALL_ALREADY: it had been cancelled before and the grace of that cancel is
 *	running; no effect, predicts nothing
 * @ACALL_REQUESTED: the provider has been asked; how it ends is open: wait or
 *	poll, then finish
 */
enum acall_verdict {
	ACALL_CANCELLED	= 0,
	ACALL_TOO_LATE	= 1,
	ACALL_ALREADY	= 2,
	ACALL_REQUESTED	= 3,
};

/**
 * struct acall_result - what became of a call
 * @call_id: which call it was
 * @user_data: as given to acall_begin()
 * @status: 0 or a negative errno. If @outcome is ACALL_OUTCOME_COMPLETED it is
 *	the provider's own word; else acall's: -ECANCELED (a client asked),
 *	-ETIME (deadline), -ENODEV (provider went away)
 * @outcome: enum acall_outcome: what the provider did
 * @flags: ACALL_RESULT_COMMITTED: it has passed its point of no return; whatever
 *	@outcome says, assume that the effect has happened or will
 * @method: number of the method
 * @progress: what is done, in the method's unit; exact, except that it is a
 *	lower bound if @outcome is ACALL_OUTCOME_ABANDONED
 * @total: of how much; 0 = not known
 * @begin_ns: when the call was accepted
 * @start_ns: when the provider was entered; 0 = never
 * @cancel_ns: when a cancel was first requested; 0 = never
 * @end_ns: when the outcome was fixed
 * @cpu_ns: processor time of the provider; 0 unless its execution has ended
 * @out_len: bytes of output; after -EMSGSIZE the bytes needed
 * @nr_files: result files, close-on-exec and yours to close; after -EMSGSIZE how
 *	many there are
 * @reserved: 0
 */
struct acall_result {
	uint64_t call_id;
	uint64_t user_data;
	int32_t status;
	uint32_t outcome;
	uint32_t flags;
	uint32_t method;
	uint64_t progress;
	uint64_t total;
	uint64_t begin_ns;
	uint64_t start_ns;
	uint64_t cancel_ns;
	uint64_t end_ns;
	uint64_t cpu_ns;
	uint32_t out_len;
	uint32_t nr_files;
	uint64_t reserved[6];
};

/**
 * struct acall_options - what a call is begun with beside its arguments
 * @user_data: comes back in acall_query() and in struct acall_result
 * @deadline: absolute time at which the call is cancelled, with status -ETIME,
 *	see acall_after_ns(); 0 or ACALL_FOREVER = none. If it has passed already
 *	the call is ready at once and never starts
 * @grace_ns: how long the call stays after its deadline: ACALL_GRACE_DEFAULT,
 *	ACALL_GRACE_NONE, ACALL_FOREVER or a duration; without a deadline nothing
 * @flags: ACALL_BEGIN_NO_CANCEL: the cancels return -EPERM, acall_destroy() lets
 *	the call run on; not together with a deadline. ACALL_BEGIN_DEADLINE:
 *	@deadline is meant as it is, also if 0 or ACALL_FOREVER
 * @reserved: 0
 *
 * Where a function takes a pointer to it, NULL is the same as all zero. Clauses
 * B5 and B6.
 */
struct acall_options {
	uint64_t user_data;
	uint64_t deadline;
	uint64_t grace_ns;
	uint32_t flags;
	uint32_t reserved[7];
};

/* Engines ---------------------------------------------------------------- */

/**
 * enum acall_engine_kind - who carries out calls
 * @ACALL_ENGINE_DEFAULT: whoever the environment names in ACALL_ENGINE ("kernel",
 *	"threads", "auto"; it does not count in set-uid programs); ACALL_ENGINE_KERNEL
 *	if it names none
 * @ACALL_ENGINE_KERNEL: the module
 * @ACALL_ENGINE_THREADS: threads of this process, for machines without the module and
 *	for tests of a program's own. What runs is stopped between two system calls
 *	and never inside one; Documentation/engines.rst has all that differs
 * @ACALL_ENGINE_AUTO: the module, and threads where there is none for this process:
 *	no /dev/acall, or one that it may not open, or of another ABI. Whoever asks for
 *	it takes what it gets: acall_engine() tells
 *
 * Without ACALL_ENGINE_AUTO the one never stands in for the other.
 */
enum acall_engine_kind {
	ACALL_ENGINE_DEFAULT	= 0,
	ACALL_ENGINE_KERNEL	= 1,
	ACALL_ENGINE_THREADS	= 2,
	ACALL_ENGINE_AUTO	= 3,
};

/* In the flags of acall_create(): enum acall_engine_kind, and what they are made of. */
#define ACALL_CREATE_ON_KERNEL	0x10000000u
#define ACALL_CREATE_ON_THREADS	0x20000000u
#define ACALL_CREATE_ON_ANY	0x30000000u
#define ACALL_CREATE_ENGINES	0x30000000u
#define ACALL_CREATE_KIND(flags) ((enum acall_engine_kind)((flags) >> 28 & 3u))

/**
 * acall_engine - whose is a call object?
 * @call: the object
 *
 * Return: ACALL_ENGINE_KERNEL or ACALL_ENGINE_THREADS; ACALL_ENGINE_DEFAULT if @call is
 * NULL.
 */
enum acall_engine_kind acall_engine(const acall_t *call);

/* Objects ---------------------------------------------------------------- */

/**
 * acall_create - make a call object for an interface
 * @interface: its name, for example "file"
 * @version: wanted version, 0 = any; acall_version() tells the actual one
 * @flags: ACALL_CREATE_NONBLOCK: acall_finish() returns -EAGAIN instead of
 *	sleeping. ACALL_CREATE_DETACH: the end of the last descriptor does not
 *	cancel: a pending call, even one still queued, runs on, its result is
 *	lost, and only acall_cancel_by_id() reaches it [C4]. ACALL_CREATE_ON_KERNEL,
 *	ACALL_CREATE_ON_THREADS, ACALL_CREATE_ON_ANY: the engine, see enum
 *	acall_engine_kind; none of them: ACALL_ENGINE_DEFAULT
 * @call: out: the object, owned by the caller until acall_destroy(); untouched
 *	on error
 *
 * Opens /dev/acall itself and leaves it closed; nothing in the environment but
 * ACALL_ENGINE changes that. May load the module acall-interface-NAME. Clauses C1 to
 * C3.
 *
 * Return: 0; -ENOSYS (there is no /dev/acall: the module is not loaded), -EPROTO
 * (the module speaks another ABI), -ENOENT (no such interface), -EINVAL (name,
 * flags or ACALL_ENGINE), -EPROTONOSUPPORT (version), -EACCES or -EPERM (not for you),
 * -ENODEV (the provider is going away), -EMFILE, -ENFILE, -ENOMEM,
 * -EOPNOTSUPP (a flag that this module cannot do yet).
 */
int acall_create(const char *interface, uint32_t version, unsigned int flags,
		 acall_t **call);

/**
 * acall_create_on - make a call object through a device that is open already
 * @device: from acall_open_device(), acall_open_engine() or, for its own interface
 *	only, acall_open_node(); or ACALL_DEVICE_DEFAULT. May be closed as soon as the
 *	function has returned [C3]
 * @interface: as acall_create()
 * @version: as acall_create()
 * @flags: as acall_create(); an engine must be @device's
 * @call: as acall_create()
 *
 * For programs that open the device before they drop rights or change root.
 *
 * Return: as acall_create(); -EBADF or -ENOTTY (@device is not the device).
 */
int acall_create_on(int device, const char *interface, uint32_t version,
		    unsigned int flags, acall_t **call);

/**
 * acall_from_fd - use a call object that came as a file descriptor
 * @fd: the descriptor, inherited or received with SCM_RIGHTS. Belongs to the
 *	acall_t after success, to the caller after an error
 * @interface: the interface that it was created for, as the sender says; the
 *	typed functions trust it
 * @version: its version, as the sender says; acall_version() will repeat it
 * @call: out: the object
 *
 * If a call is pending, it is remembered as if it had been begun here. Both
 * holders are clients of one object: what one begins the other can finish, if
 * it learns the id. Clause C3.
 *
 * Return: 0; -EBADF, -ENOTTY (@fd is not a call object), -EINVAL, -ENOMEM.
 */
int acall_from_fd(int fd, const char *interface, uint32_t version,
		  acall_t **call);

/**
 * acall_destroy - end the use of a call object
 * @call: the object, gone afterwards; NULL is fine
 *
 * Closes the descriptor and never blocks. If that was the object's last
 * reference, the result of a pending call is lost, and it is cancelled in the
 * background with the method's own grace, unless the object was created with
 * ACALL_CREATE_DETACH or the call begun with ACALL_BEGIN_NO_CANCEL. No other
 * function may be running on @call. Clauses B6 and C4.
 */
void acall_destroy(acall_t *call);

/**
 * acall_fd - the descriptor for an event loop
 * @call: the object
 *
 * POLLIN: the call is ready, until it is finished. POLLOUT: idle, a call can
 * begin. POLLHUP: the provider has gone. Belongs to @call: do not close it.
 * Clause W4.
 *
 * Return: the descriptor, or -EINVAL.
 */
int acall_fd(const acall_t *call);

/**
 * acall_id - the call that is remembered
 * @call: the object
 *
 * Return: the id of the call begun last through this acall_t, also while
 * another thread is still in acall_call() with it, and after it was finished;
 * 0 = none yet.
 */
uint64_t acall_id(const acall_t *call);

/**
 * acall_version - the version of the interface that the object speaks
 * @call: the object
 *
 * Return: the version, >= 1 if made by acall_create(); 0 if @call is NULL.
 */
uint32_t acall_version(const acall_t *call);

/**
 * acall_interface - the interface of the object
 * @call: the object
 *
 * Return: its name, valid until acall_destroy(); "" if @call is NULL.
 */
const char *acall_interface(const acall_t *call);

/* Cancelling -------------------------------------------------------------- */

/**
 * acall_cancel_async - ask the provider to stop, and do not wait
 * @call: the object
 * @grace_ns: how long the call waits for the provider before it is abandoned;
 *	ACALL_GRACE_DEFAULT = the method's own, ACALL_FOREVER = as long as it
 *	takes
 *
 * The form to use unless you have a reason: never blocks, fits event loops and
 * signal handlers. The provider sees the request before the function returns,
 * and the call becomes ready when the provider stops or the grace is over,
 * whichever is first; then finish it, as always. Clauses X1, X2, X3, X10.
 *
 * Entered before acall_begin() has returned, for example in the handler of a
 * signal that arrives just then, it still means the call before: a handler that
 * cancels also sets a flag that is looked at after acall_begin().
 *
 * A method with ACALL_CAP_MAY_REFUSE is asked first. If its answer takes time
 * the function does not wait for that either: a refusal shows as the state
 * RUNNING again.
 *
 * Return: enum acall_verdict: ACALL_REQUESTED as a rule, ACALL_CANCELLED if the
 * call is ready by now (it never started, has stopped or was abandoned),
 * ACALL_TOO_LATE, ACALL_ALREADY. Or a negative errno, and nothing has happened:
 * -ESRCH (no call has been begun with @call), -EPERM (begun with
 * ACALL_BEGIN_NO_CANCEL), -EOPNOTSUPP (the method cannot be cancelled while it
 * runs), -EBUSY, -EPERM or -EOPNOTSUPP (it refuses; ask again), -EINVAL.
 */
int acall_cancel_async(acall_t *call, uint64_t grace_ns);

/**
 * acall_cancel - ask the provider to stop, and stay for the grace
 * @call: the object
 * @grace_ns: as acall_cancel_async(): how long to stay at most
 *
 * Sleeps until the provider has stopped, has ended with a result of its own, or
 * the grace is over. The verdict predicts what finishing will say. Clauses X5,
 * X6, X9.
 *
 * Return: ACALL_CANCELLED, ACALL_TOO_LATE, ACALL_ALREADY; ACALL_REQUESTED if a
 * signal interrupted the sleep (the request stands, the grace runs on). Or a
 * negative errno as acall_cancel_async().
 */
int acall_cancel(acall_t *call, uint64_t grace_ns);

/**
 * acall_abandon - leave the call at once, whatever the provider does
 * @call: the object
 *
 * The provider is asked to stop but nobody waits for it: unless the call was
 * queued, its outcome is ABANDONED, and it may still be working. Also ends the
 * grace of an earlier cancel. Never blocks, but on the files of a queued call,
 * for a second at most [X3]. The object can be finished and used again right
 * away; acall_wait_settled() waits for what was left behind. Clauses X4 and X7.
 *
 * Return: ACALL_CANCELLED, also if an earlier cancel had done it; ACALL_TOO_LATE;
 * ACALL_ALREADY (another thread is just asking a method that may refuse). Or a
 * negative errno as acall_cancel_async(), but what a method would like to refuse
 * does not count.
 */
int acall_abandon(acall_t *call);

/**
 * acall_escalate - shorten the grace of a cancel that was requested before
 * @call: the object
 * @grace_ns: how long the call may stay from now on; it is never lengthened
 *
 * What ACALL_ALREADY calls for, if the earlier cancel was too patient: it never
 * blocks, and wait or poll tell the end. A call that was not cancelled before is
 * cancelled now. Clause X7.
 *
 * Return: as acall_cancel_async(), but ACALL_CANCELLED if the earlier cancel has
 * done it, and ACALL_ALREADY only as acall_abandon().
 */
int acall_escalate(acall_t *call, uint64_t grace_ns);

/**
 * acall_cancel_async_id - acall_cancel_async() for one certain call
 * @call: the object
 * @call_id: the call, from acall_id() or struct acall_begin; never 0
 * @grace_ns: as acall_cancel_async()
 *
 * If another call is pending by now, it is not touched [X11].
 *
 * Return: as acall_cancel_async(); ACALL_TOO_LATE also if there never was a
 * call @call_id here; -EINVAL if @call_id is 0.
 */
int acall_cancel_async_id(acall_t *call, uint64_t call_id, uint64_t grace_ns);

/**
 * acall_cancel_id - acall_cancel() for one certain call
 * @call: the object
 * @call_id: as acall_cancel_async_id()
 * @grace_ns: as acall_cancel()
 *
 * Return: as acall_cancel() and acall_cancel_async_id().
 */
int acall_cancel_id(acall_t *call, uint64_t call_id, uint64_t grace_ns);

/**
 * acall_abandon_id - acall_abandon() for one certain call
 * @call: the object
 * @call_id: as acall_cancel_async_id()
 *
 * Return: as acall_abandon() and acall_cancel_async_id().
 */
int acall_abandon_id(acall_t *call, uint64_t call_id);

/**
 * acall_escalate_id - acall_escalate() for one certain call
 * @call: the object
 * @call_id: as acall_cancel_async_id()
 * @grace_ns: as acall_escalate()
 *
 * Return: as acall_escalate() and acall_cancel_async_id().
 */
int acall_escalate_id(acall_t *call, uint64_t call_id, uint64_t grace_ns);

/**
 * acall_cancel_args - cancel with everything that the kernel can take
 * @call: the object
 * @args: as <linux/acall.h> says, @size set to sizeof(*args) by the caller;
 *	@call_id 0 = the call that is remembered. out: @call_id, @state and
 *	@outcome
 *
 * Return: enum acall_verdict, or a negative errno as acall_cancel_async().
 */
int acall_cancel_args(acall_t *call, struct acall_cancel *args);

/* Calls of any method ----------------------------------------------------- */

/**
 * acall_begin - begin a call
 * @call: the object
 * @method: number of the method
 * @in: input bytes; may be reused as soon as the function has returned
 * @in_len: how many
 * @files: file descriptors to pass; may be closed as soon as the function has
 *	returned. NULL if @nr_files is 0
 * @nr_files: how many
 * @options: deadline and more, or NULL
 *
 * Returns without waiting for the method (one with ACALL_CAP_INLINE is short, and
 * has run). The method works with the caller's credentials and limits of now.
 * Clauses B1 to B8.
 *
 * Return: 0, and the call is pending until somebody finishes it; or an error
 * that changed nothing: -EBUSY (a call is pending, perhaps ready but not
 * finished), -EINVAL (method, flags or arguments), -E2BIG (@in_len), -EFAULT,
 * -EBADF (a file is not open, or not opened as the method needs it), -EDQUOT
 * (your limit of live calls or bytes), -EAGAIN (the machine's), -ENODEV (the
 * provider has gone), -ENOMEM, -EOPNOTSUPP (a deadline, and the method cannot be
 * cancelled), or what the method refuses with.
 */
int acall_begin(acall_t *call, uint32_t method, const void *in, size_t in_len,
		const int *files, unsigned int nr_files,
		const struct acall_options *options);

/**
 * acall_begin_args - begin a call with everything that the kernel can take
 * @call: the object
 * @args: as <linux/acall.h> says, @size set to sizeof(*args) by the caller and
 *	what is not used zero. out: @call_id
 *
 * Return: as acall_begin().
 */
int acall_begin_args(acall_t *call, struct acall_begin *args);

/**
 * acall_wait - wait until the call is ready
 * @call: the object
 * @until: absolute time, see acall_after_ns(); ACALL_NOW = only look,
 *	ACALL_FOREVER
 *
 * Changes nothing: wait again, finish or cancel as you like. Ready stays ready,
 * also for other threads. Clauses W1 to W3, W5, W7.
 *
 * Return: 0 = ready; -ETIMEDOUT; -ESRCH (no call is pending, or it was finished
 * by somebody else meanwhile); -EINTR; -EINVAL.
 */
int acall_wait(acall_t *call, uint64_t until);

/**
 * acall_wait_id - wait until one certain call is ready
 * @call: the object
 * @call_id: the call, never 0
 * @until: as acall_wait()
 *
 * Return: as acall_wait(); -EINVAL if @call_id is 0.
 */
int acall_wait_id(acall_t *call, uint64_t call_id, uint64_t until);

/**
 * acall_wait_settled - wait until what was begun has really ended
 * @call: the object
 * @call_id: the call, also one that was abandoned and finished long ago;
 *	0 = all that were begun on this object until now
 * @until: as acall_wait()
 *
 * When a call has ended its provider has left it, and its files, credentials and
 * charges are released: nothing will change any more. Needs no pending call and
 * changes nothing; later calls do not prolong it. Clause W6.
 *
 * Return: 0 = it has ended, or there is no such call here; -ETIMEDOUT; -EINTR;
 * -EINVAL.
 */
int acall_wait_settled(acall_t *call, uint64_t call_id, uint64_t until);

/**
 * acall_finish - take the result of the call
 * @call: the object
 * @out: buffer for the output bytes, or NULL; untouched unless @result says
 *	status 0
 * @out_len: its size; 0 if NULL
 * @result: out: what became of the call; may be NULL
 *
 * Sleeps until the call is ready (unless created with NONBLOCK); use
 * acall_wait() first for a time-out. After 0 the object is idle and may begin
 * again. Clauses F1 to F6, F8.
 *
 * Return: 0 = finished, look at @result for how; or an error that consumed
 * nothing: -EMSGSIZE (@out is too small, @result->out_len bytes are needed; or
 * there are @result->nr_files result files: acall_finish_files() takes them),
 * -EAGAIN (not ready and NONBLOCK), -ESRCH (no call is pending, or somebody
 * else finished it), -EFAULT, -EINTR, -EINVAL.
 */
int acall_finish(acall_t *call, void *out, size_t out_len,
		 struct acall_result *result);

/**
 * acall_finish_id - take the result of one certain call
 * @call: the object
 * @call_id: the call, never 0
 * @flags: ACALL_FINISH_NONBLOCK: -EAGAIN if it is not ready
 * @out: as acall_finish()
 * @out_len: as acall_finish()
 * @result: as acall_finish()
 *
 * Return: as acall_finish(); -EINVAL if @call_id is 0.
 */
int acall_finish_id(acall_t *call, uint64_t call_id, unsigned int flags,
		    void *out, size_t out_len, struct acall_result *result);

/**
 * acall_finish_files - take the result of a call that gives files
 * @call: the object
 * @out: as acall_finish()
 * @out_len: as acall_finish()
 * @files: where to put the descriptors, @result->nr_files of them, close-on-exec;
 *	they are the caller's. NULL if @nr_files is 0
 * @nr_files: room for how many; METHOD_INFO's files_out is always enough
 * @result: as acall_finish()
 *
 * Return: as acall_finish(); -EMSGSIZE also if @files is too small; -EMFILE,
 * -ENFILE, -ENOMEM (no descriptor for a file; nothing was consumed). Clause F7.
 */
int acall_finish_files(acall_t *call, void *out, size_t out_len, int *files,
		       unsigned int nr_files, struct acall_result *result);

/**
 * acall_finish_args - finish with everything that the kernel can take
 * @call: the object
 * @args: as <linux/acall.h> says, @size set to sizeof(*args) by the caller;
 *	@call_id 0 = the call that is remembered
 *
 * Return: as acall_finish_files().
 */
int acall_finish_args(acall_t *call, struct acall_finish *args);

/**
 * acall_call - begin, wait and finish in one system call
 * @call: the object
 * @method: as acall_begin()
 * @in: as acall_begin()
 * @in_len: as acall_begin()
 * @files: as acall_begin()
 * @nr_files: as acall_begin()
 * @options: as acall_begin()
 * @out: as acall_finish()
 * @out_len: as acall_finish()
 * @result: out: as acall_finish(); not NULL, since after an error its call_id
 *	says whether there is a call
 *
 * Sleeps also on an object that was created with NONBLOCK. Other threads cancel,
 * wait for and look at the call through @call, and a signal that kills cancels
 * it. For result files use acall_call_args(). Clauses S1 to S3.
 *
 * Return: 0 = finished, look at @result for how. Or a negative errno:
 *
 * With @result->call_id 0 it is one of acall_begin()'s, and there is no call.
 *
 * Else the call exists and this function has left it: after -EINTR (a signal
 * handler ran, whatever its SA_RESTART) it goes on, and after -EMSGSIZE (see
 * acall_finish()), -EFAULT and -EMFILE it is ready: go on with acall_wait(),
 * acall_finish() and the cancels, never with a second acall_call(), which would
 * be -EBUSY. -ESRCH: somebody else has finished it.
 */
int acall_call(acall_t *call, uint32_t method, const void *in, size_t in_len,
	       const int *files, unsigned int nr_files,
	       const struct acall_options *options, void *out, size_t out_len,
	       struct acall_result *result);

/**
 * acall_call_args - call with everything that the kernel can take
 * @call: the object
 * @args: as <linux/acall.h> says, @size set to sizeof(*args) by the caller and
 *	what is not used zero. out: as acall_call() says of its result
 *
 * Return: as acall_call().
 */
int acall_call_args(acall_t *call, struct acall_call_args *args);

/**
 * acall_query - look at a call
 * @call: the object
 * @call_id: the call; 0 = whichever is pending, also one that another process
 *	has begun; if none is, the answer is state IDLE and call_id 0
 * @query: out: as <linux/acall.h> says: state, progress, who cancelled when ...
 * @size: sizeof(*query)
 *
 * Changes nothing. Clause Q1.
 *
 * Return: 0; -ESRCH (that call is not pending); -EINVAL.
 */
int acall_query(acall_t *call, uint64_t call_id, struct acall_query *query,
		size_t size);

/**
 * acall_after_ns - the time that is a duration from now
 * @duration_ns: nanoseconds; ACALL_FOREVER stays ACALL_FOREVER
 *
 * Return: absolute CLOCK_MONOTONIC nanoseconds for acall_wait(), saturated.
 */
uint64_t acall_after_ns(uint64_t duration_ns);

#ifdef __cplusplus
}
#endif

#include <libacall_device.h>
#include <libacall_file.h>
#include <libacall_queue.h>
#include <libacall_timer.h>

#endif /* LIBACALL_H */
