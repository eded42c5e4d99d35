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
 * Return values. Every function that can fail returns 0 (or, where it says so,
 * a value > 0) or a negative errno, which speaks of that operation and never of
 * the call: the call's own fate is in struct acall_result. errno itself is
 * neither needed nor changed. "Misuse" is -EINVAL, for example a NULL acall_t.
 *
 * Threads. Every function may be called by any thread at any time on the same
 * acall_t, except acall_destroy(), which must be the last. No lock is held
 * while a function sleeps, so a thread in acall_wait() or acall_finish() holds
 * up nobody. acall_begin*(), acall_wait*(), acall_finish*(), acall_query(),
 * acall_id(), acall_fd(), acall_after_ns() and the cancels are
 * async-signal-safe.
 *
 * Which call. An object carries one call at a time, and each call has an id
 * that is never used again. acall_begin() remembers the id, and the functions
 * without an id mean the call that is remembered when they are entered; they
 * always name it to the kernel, so that while they run they cannot slip to the
 * next call [W5, X11]. A thread that may be late, that is, which wants to
 * cancel call k while another thread may already have finished it and begun
 * the next, uses the functions that end in _id with k's own id.
 *
 * Signals. Where a function sleeps (acall_wait(), acall_finish() before the
 * call is ready), a signal whose handler was installed with SA_RESTART does not
 * disturb it, and any other makes it return -EINTR with nothing changed: the
 * library never repeats a system call behind your back, since being interrupted
 * may be just what you want [W7]. acall_cancel() then returns ACALL_REQUESTED:
 * its request stands [X9]. The other functions are not interrupted.
 *
 * Times are absolute nanoseconds of CLOCK_MONOTONIC, durations nanoseconds.
 * Names in brackets are clauses of the call contract in Documentation/.
 */
#ifndef LIBACALL_H
#define LIBACALL_H

#include <stddef.h>
#include <stdint.h>
#include <linux/acall.h>
#include <linux/acall_file.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * typedef acall_t - a call object: what carries one call at a time
 *
 * Opaque. Made by acall_create(), ended by acall_destroy().
 */
typedef struct acall acall_t;

/* For @until: only look; wait for ever. For a grace: the method's; for ever. */
#define ACALL_NOW		((uint64_t)0)
#define ACALL_FOREVER		UINT64_MAX
#define ACALL_GRACE_DEFAULT	((uint64_t)0)

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
 * @flags: ACALL_RESULT_*
 * @method: number of the method
 * @progress: what is done, in the method's unit; exact, except that it is a
 *	lower bound if @outcome is ACALL_OUTCOME_ABANDONED
 * @total: of how much; 0 = not known
 * @begin_ns: when the call was accepted
 * @start_ns: when the provider was entered; 0 = never
 * @cancel_ns: when a cancel was first requested; 0 = never
 * @end_ns: when the outcome was fixed
 * @cpu_ns: processor time of the provider
 * @out_len: bytes of output; after -EMSGSIZE the bytes needed
 * @nr_files: result files; 0 in this version
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

/* Objects ---------------------------------------------------------------- */

/**
 * acall_create - make a call object for an interface
 * @interface: its name, for example "file"
 * @version: wanted version, 0 = any; acall_version() tells the actual one
 * @flags: ACALL_CREATE_*: NONBLOCK makes acall_finish() return -EAGAIN instead
 *	of sleeping
 * @call: out: the object, owned by the caller until acall_destroy(); untouched
 *	on error
 *
 * Opens /dev/acall itself and leaves it closed; nothing in the environment
 * changes that. May load the module acall-interface-NAME. Clauses C1 to C3.
 *
 * Return: 0; -ENOSYS (there is no /dev/acall: the module is not loaded), -EPROTO
 * (the module speaks another ABI), -ENOENT (no such interface), -EINVAL (name
 * or flags), -EPROTONOSUPPORT (version), -EACCES or -EPERM (not for you),
 * -ENODEV (the provider is going away), -EMFILE, -ENFILE, -ENOMEM,
 * -EOPNOTSUPP (a flag that this module cannot do yet).
 */
int acall_create(const char *interface, uint32_t version, unsigned int flags,
		 acall_t **call);

/**
 * acall_create_on - make a call object through a device that is open already
 * @device: from acall_open_device(), or ACALL_DEVICE_DEFAULT. May be closed as
 *	soon as the function has returned [C3]
 * @interface: as acall_create()
 * @version: as acall_create()
 * @flags: as acall_create()
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
 * reference, a pending call is cancelled in the background with the method's
 * own grace, and its result is lost. No other function may be running on
 * @call. Clause C4.
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
 * Return: the id of the call begun last through this acall_t, also after it was
 * finished; 0 = none yet.
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
 * Return: enum acall_verdict: ACALL_REQUESTED as a rule, ACALL_CANCELLED if the
 * call is ready by now (it never started, has stopped or was abandoned),
 * ACALL_TOO_LATE, ACALL_ALREADY. Or
 * -ESRCH (no call has been begun with @call), -EPERM (begun as not
 * cancellable), -EOPNOTSUPP or -EBUSY (the method refuses), -EINVAL.
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
 * queued, its outcome is ABANDONED, and it may still be working. Never blocks.
 * The object can be finished and used again right away. Clause X4.
 *
 * Return: ACALL_CANCELLED, ACALL_TOO_LATE, ACALL_ALREADY (a grace is running;
 * this version cannot shorten it). Or a negative errno as
 * acall_cancel_async().
 */
int acall_abandon(acall_t *call);

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
 * @user_data: comes back in acall_query() and in struct acall_result
 *
 * Returns without waiting for the method. The method works with the caller's
 * credentials and limits of now. Clauses B1 to B8.
 *
 * Return: 0, and the call is pending until somebody finishes it; or an error
 * that changed nothing: -EBUSY (a call is pending, perhaps ready but not
 * finished), -EINVAL (method, flags or arguments), -E2BIG (@in_len), -EFAULT,
 * -EBADF (a file is not open, or not opened as the method needs it), -EDQUOT
 * (your limit of live calls or bytes), -EAGAIN (the machine's), -ENODEV (the
 * provider has gone), -ENOMEM, or what the method refuses with.
 */
int acall_begin(acall_t *call, uint32_t method, const void *in, size_t in_len,
		const int *files, unsigned int nr_files, uint64_t user_data);

/**
 * acall_begin_args - begin a call with everything that the kernel can take
 * @call: the object
 * @args: as <linux/acall.h> says, @size set to sizeof(*args) by the caller and
 *	what is not used zero. out: @call_id
 *
 * Return: as acall_begin(); -EOPNOTSUPP for what this module cannot do yet.
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
 * nothing: -EMSGSIZE (@out is too small, @result->out_len bytes are needed),
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

/* The interface "file", version 1 ------------------------------------------ */

/*
 * Each method has a pair. acall_begin_METHOD() is acall_begin() with the
 * method's arguments: @call must be of the interface "file" (else -EINVAL),
 * @args are those of <linux/acall_file.h>, a descriptor may be closed as soon as
 * it has returned, @user_data comes back in the result. Return values are those
 * of acall_begin(), plus what the method refuses with, which is what the system
 * call that does the same would say; further, -EOVERFLOW for a range beyond the
 * largest offset.
 *
 * acall_finish_METHOD() is acall_finish() with the method's output. If a call
 * of another method is pending, it returns -EINVAL and consumes nothing. Look
 * at @result->status before you use the output.
 */

/**
 * acall_begin_statfs - begin to ask for the usage of a file system
 * @call: object of the interface "file"
 * @path: a path on it, best its mount point: that is resolved without asking
 *	the file system's server, which may be dead
 * @user_data: comes back in the result
 *
 * Return: as acall_begin(); -ENOENT, -EACCES, ... (the path); -ENAMETOOLONG.
 */
int acall_begin_statfs(acall_t *call, const char *path, uint64_t user_data);

/**
 * acall_finish_statfs - take the usage of a file system
 * @call: the object
 * @out: out: the fields of statfs(2), filled if @result->status is 0
 * @result: out: what became of the call; may be NULL
 *
 * Return: as acall_finish(); -EINVAL if the call is of another method.
 */
int acall_finish_statfs(acall_t *call, struct acall_file_statfs_out *out,
			struct acall_result *result);

/**
 * acall_begin_stat - begin to ask for the attributes of a mount point
 * @call: object of the interface "file"
 * @path: as acall_begin_statfs()
 * @user_data: comes back in the result
 *
 * Return: as acall_begin_statfs().
 */
int acall_begin_stat(acall_t *call, const char *path, uint64_t user_data);

/**
 * acall_finish_stat - take the attributes of a mount point
 * @call: the object
 * @out: out: the fields of statx(2), filled if @result->status is 0
 * @result: out: what became of the call; may be NULL
 *
 * Return: as acall_finish(); -EINVAL if the call is of another method.
 */
int acall_finish_stat(acall_t *call, struct acall_file_stat_out *out,
		      struct acall_result *result);

/**
 * acall_begin_sync - begin to write a file or file system back
 * @call: object of the interface "file"
 * @file: descriptor of the file, or of any file of the file system
 * @args: range in bytes and scope; NULL = the data of the whole file
 * @user_data: comes back in the result
 *
 * Return: as acall_begin(); -EINVAL (scope, or a range with FILESYSTEM).
 */
int acall_begin_sync(acall_t *call, int file,
		     const struct acall_file_sync *args, uint64_t user_data);

/**
 * acall_finish_sync - learn how a sync ended
 * @call: the object
 * @result: out: status 0 only if all that was asked for is written back;
 *	progress in bytes; may be NULL
 *
 * Return: as acall_finish(); -EINVAL if the call is of another method.
 */
int acall_finish_sync(acall_t *call, struct acall_result *result);

/**
 * acall_begin_copy - begin to copy a range of one file to another
 * @call: object of the interface "file"
 * @source: descriptor opened for reading
 * @target: descriptor opened for writing, without O_APPEND
 * @args: offsets and length in bytes, reflink, flags; NULL = the whole file
 *	from its start to the start of the target, shared if that is possible
 * @user_data: comes back in the result
 *
 * Return: as acall_begin(); -EBADF (source or target is not opened so), -EINVAL
 * (not regular files, or overlapping ranges of one file), -EOVERFLOW.
 */
int acall_begin_copy(acall_t *call, int source, int target,
		     const struct acall_file_copy *args, uint64_t user_data);

/**
 * acall_finish_copy - learn how a copy ended
 * @call: the object
 * @result: out: progress = bytes in the target: after STOPPED exactly these
 *	are there, and none behind them; may be NULL
 *
 * Return: as acall_finish(); -EINVAL if the call is of another method.
 */
int acall_finish_copy(acall_t *call, struct acall_result *result);

/**
 * acall_begin_hash - begin to compute the digest of a range of a file
 * @call: object of the interface "file"
 * @file: descriptor opened for reading
 * @args: range in bytes and the kernel's name of the algorithm; NULL = sha256
 *	of the whole file
 * @user_data: comes back in the result
 *
 * Return: as acall_begin(); -ENOENT (the kernel has no such algorithm).
 */
int acall_begin_hash(acall_t *call, int file,
		     const struct acall_file_hash *args, uint64_t user_data);

/**
 * acall_finish_hash - take the digest
 * @call: the object
 * @digest: out: the digest, @result->out_len bytes of it, if @result->status
 *	is 0
 * @result: out: what became of the call; may not be NULL, as it has the length
 *
 * Return: as acall_finish(); -EINVAL if the call is of another method.
 */
int acall_finish_hash(acall_t *call,
		      unsigned char digest[ACALL_FILE_DIGEST_MAX],
		      struct acall_result *result);

/**
 * acall_begin_allocate - begin to allocate, zero or punch a range of a file
 * @call: object of the interface "file"
 * @file: descriptor opened for writing
 * @args: range in bytes, mode and flags; NULL = allocate what the file's size
 *	covers
 * @user_data: comes back in the result
 *
 * Return: as acall_begin(); -EFBIG (beyond RLIMIT_FSIZE), -EOPNOTSUPP (the file
 * system cannot do it).
 */
int acall_begin_allocate(acall_t *call, int file,
			 const struct acall_file_allocate *args,
			 uint64_t user_data);

/**
 * acall_finish_allocate - learn how an allocation ended
 * @call: the object
 * @result: out: progress = bytes from the offset on that have the effect; up to
 *	one chunk behind them may have it too; may be NULL
 *
 * Return: as acall_finish(); -EINVAL if the call is of another method.
 */
int acall_finish_allocate(acall_t *call, struct acall_result *result);

/* What there is ------------------------------------------------------------ */

/**
 * acall_open_device - open /dev/acall
 *
 * Only needed to make many calls of the functions below cheap, or to keep the
 * device reachable after chroot(2) and the like.
 *
 * Return: a close-on-exec descriptor, to be closed with close(2); -ENOSYS (there
 * is no such device: the module is not loaded), -EPROTO (the module speaks
 * another ABI than this library), -EACCES, -EPERM, -EMFILE, -ENFILE, -ENOMEM.
 */
int acall_open_device(void);

/**
 * acall_info - ABI, features and limits
 * @device: from acall_open_device(), or ACALL_DEVICE_DEFAULT
 * @info: out: as <linux/acall.h> says
 * @size: sizeof(*info)
 *
 * Return: 0; -ENOSYS and the others of acall_open_device(), -EINVAL.
 */
int acall_info(int device, struct acall_info *info, size_t size);

/**
 * acall_next_interface - go through the registered interfaces
 * @device: from acall_open_device(), or ACALL_DEVICE_DEFAULT
 * @cursor: in: 0 for the first; out: where to go on
 * @info: out: as <linux/acall.h> says
 * @size: sizeof(*info)
 *
 * What cannot be created by the caller is listed too, with caps saying so [C6].
 *
 * Return: 0; -ENOENT = no more; -ENOSYS and the others of acall_open_device(),
 * -EINVAL.
 */
int acall_next_interface(int device, uint64_t *cursor,
			 struct acall_interface_info *info, size_t size);

/**
 * acall_method_info - what a method takes, gives and can do
 * @device: from acall_open_device(), or ACALL_DEVICE_DEFAULT
 * @interface: name of the interface
 * @method: number of the method, 0 to acall_interface_info.methods - 1
 * @info: out: as <linux/acall.h> says
 * @size: sizeof(*info)
 *
 * Return: 0; -ENOENT (no such interface is registered), -EINVAL (this number is
 * not in use); -ENOSYS and the others of acall_open_device().
 */
int acall_method_info(int device, const char *interface, uint32_t method,
		      struct acall_method_info *info, size_t size);

/**
 * acall_find_method - look a method up by its name
 * @device: from acall_open_device(), or ACALL_DEVICE_DEFAULT
 * @interface: name of the interface
 * @method: name of the method
 * @info: out: as acall_method_info(); @info->method is its number
 * @size: sizeof(*info)
 *
 * Return: 0; -ENOENT (no such interface is registered), -EINVAL (it has no
 * method of that name); -ENOSYS and the others of acall_open_device().
 */
int acall_find_method(int device, const char *interface, const char *method,
		      struct acall_method_info *info, size_t size);

/* Words -------------------------------------------------------------------- */

/**
 * enum acall_op - which operation an error came from
 * @ACALL_OP_DEVICE: acall_open_device(), acall_info()
 * @ACALL_OP_LIST: acall_next_interface(), acall_method_info(),
 *	acall_find_method()
 * @ACALL_OP_CREATE: acall_create(), acall_create_on(), acall_from_fd()
 * @ACALL_OP_BEGIN: acall_begin() and all acall_begin_*()
 * @ACALL_OP_WAIT: acall_wait(), acall_wait_id()
 * @ACALL_OP_FINISH: acall_finish() and all acall_finish_*()
 * @ACALL_OP_CANCEL: the cancels
 * @ACALL_OP_QUERY: acall_query()
 * @ACALL_OP_RESULT: none: the error is acall_result.status
 */
enum acall_op {
	ACALL_OP_DEVICE	= 0,
	ACALL_OP_LIST	= 1,
	ACALL_OP_CREATE	= 2,
	ACALL_OP_BEGIN	= 3,
	ACALL_OP_WAIT	= 4,
	ACALL_OP_FINISH	= 5,
	ACALL_OP_CANCEL	= 6,
	ACALL_OP_QUERY	= 7,
	ACALL_OP_RESULT	= 8,
};

/**
 * acall_strerror - say in words what went wrong
 * @call: the object, or NULL if there is none. With it the message names the
 *	interface, the method and the file descriptor of the BEGIN that failed
 *	last on it
 * @op: enum acall_op: the same errno means different things in different ones
 * @error: what was returned, negative or positive
 * @buf: where to put the message
 * @len: size of @buf; 256 is enough, less cuts the message
 *
 * Names the limit with its present value (and for that may open /dev/acall),
 * the file, or the clause of the contract. One sentence in English without a
 * full stop; errors of the file system are in the words of strerror(3).
 * Thread-safe; not async-signal-safe.
 *
 * Return: @buf, always terminated; a constant string if @buf is NULL or @len 0.
 */
const char *acall_strerror(const acall_t *call, enum acall_op op, int error,
			   char *buf, size_t len);

/**
 * acall_state_name - the word for an enum acall_state
 * @state: the number
 *
 * Return: "idle", "queued", "running", "cancelling", "done"; "unknown" for
 * others. A constant string.
 */
const char *acall_state_name(uint32_t state);

/**
 * acall_outcome_name - the word for an enum acall_outcome
 * @outcome: the number
 *
 * Return: "none", "completed", "stopped", "never started", "abandoned"; "unknown"
 * for others. A constant string.
 */
const char *acall_outcome_name(uint32_t outcome);

/**
 * acall_reason_name - the word for an enum acall_reason
 * @reason: the number
 *
 * Return: "none", "client", "deadline", "close", "administrator", "provider",
 * "reboot"; "unknown" for others. A constant string.
 */
const char *acall_reason_name(uint32_t reason);

/**
 * acall_verdict_name - the word for what a cancel returned
 * @verdict: enum acall_verdict
 *
 * Return: "cancelled", "too late", "already cancelled", "requested"; "failed" if
 * negative, "unknown" for others. A constant string.
 */
const char *acall_verdict_name(int verdict);

/**
 * acall_unit_name - the word for an enum acall_unit
 * @unit: the number
 *
 * Return: "none", "bytes", "items"; "unknown" for others. A constant string.
 */
const char *acall_unit_name(uint32_t unit);

#ifdef __cplusplus
}
#endif

#endif /* LIBACALL_H */
