/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The device: what there is, whose calls there are, and cancelling one of them
 * by its id; and words for all numbers and errors. Part of <libacall.h>, which
 * says what holds for every function.
 */
#ifndef LIBACALL_DEVICE_H
#define LIBACALL_DEVICE_H

#include <libacall.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What there is ------------------------------------------------------------ */

/**
 * acall_open_engine - open the device of an engine
 * @engine: which one; with ACALL_ENGINE_AUTO acall_device_engine() tells what it is
 *
 * Return: as acall_open_device().
 */
int acall_open_engine(enum acall_engine_kind engine);

/**
 * acall_device_engine - whose is a device?
 * @device: from acall_open_device() or acall_open_engine()
 *
 * Return: ACALL_ENGINE_THREADS, or ACALL_ENGINE_KERNEL for everything else.
 */
enum acall_engine_kind acall_device_engine(int device);

/**
 * acall_open_device - open /dev/acall, or what ACALL_ENGINE names
 *
 * Only needed to make many calls of the functions below cheap, or to keep the
 * device reachable after chroot(2) and the like.
 *
 * Return: a close-on-exec descriptor, to be closed with close(2); -ENOSYS (there
 * is no such device: the module is not loaded), -EPROTO (the module speaks
 * another ABI than this library), -EACCES, -EPERM, -EMFILE, -ENFILE, -ENOMEM;
 * -EINVAL (ACALL_ENGINE is none of those names).
 */
int acall_open_device(void);

/**
 * acall_open_node - open the device of one interface
 * @interface: its name; it has a device /dev/acall-NAME if its caps have
 *	ACALL_INTERFACE_NODE
 *
 * The only way to an interface that is private, and to one whose device has a
 * mode of its own: objects made through it with acall_create_on() are not asked
 * for more than that device let pass. Clause P10.
 *
 * Return: a close-on-exec descriptor, to be closed with close(2); -ENOENT (there
 * is no such device), -EINVAL (@interface cannot be a name), -EPROTO, -EACCES,
 * -EPERM, -EMFILE, -ENFILE, -ENOMEM.
 */
int acall_open_node(const char *interface);

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

/* Everybody's calls -------------------------------------------------------- */

/**
 * acall_list - go through the calls that there are
 * @device: from acall_open_device(), or ACALL_DEVICE_DEFAULT
 * @flags: ACALL_LIST_OWN: only those of one's own user, also with CAP_SYS_ADMIN
 * @cursor: in: 0 for the first page; out: where to go on
 * @records: out: as <linux/acall.h> says
 * @record_size: sizeof(*records)
 * @nr: how many fit into @records
 *
 * Shows every call from its begin until it is finished and has ended, abandoned
 * and detached ones included: those of one's own user, and with CAP_SYS_ADMIN
 * everybody's. What is there all the time is shown once, what comes and goes
 * meanwhile perhaps. Clause X13.
 *
 * Return: how many records were written; 0 = no more; -EINVAL, -EINTR (killed),
 * -ENOMEM; -ENOSYS and the others of acall_open_device().
 */
int acall_list(int device, unsigned int flags, uint64_t *cursor,
	       struct acall_list_record *records, size_t record_size,
	       unsigned int nr);

/**
 * acall_cancel_by_id - cancel any call, without its object
 * @device: from acall_open_device(), or ACALL_DEVICE_DEFAULT
 * @call_id: the call, from acall_list() or the tools; never 0
 * @grace_ns: how long its client stays: ACALL_GRACE_DEFAULT, ACALL_GRACE_NONE,
 *	ACALL_FOREVER or a duration; 0 with ACALL_CANCEL_ABANDON
 * @flags: 0 = stay for the grace, as acall_cancel(); ACALL_CANCEL_NOWAIT = do not,
 *	as acall_cancel_async(); ACALL_CANCEL_ABANDON = let its client go at once;
 *	ACALL_CANCEL_ESCALATE = an earlier cancel's grace is shortened
 * @outcome: out: enum acall_outcome, now; may be NULL
 *
 * For one's own user's calls, detached ones included. With CAP_SYS_ADMIN for
 * everybody's, and ACALL_BEGIN_NO_CANCEL does not count. Clause X13.
 *
 * Return: enum acall_verdict as acall_cancel(); ACALL_TOO_LATE only while the
 * result waits to be finished, and -ESRCH where there is no such call (any more)
 * or it is somebody else's. Else as acall_cancel_async(); -EINVAL if @call_id is
 * 0; -ENOSYS and the others of acall_open_device().
 */
int acall_cancel_by_id(int device, uint64_t call_id, uint64_t grace_ns,
		       unsigned int flags, uint32_t *outcome);

/**
 * acall_wait_by_id - wait for any call, without its object
 * @device: from acall_open_device(), or ACALL_DEVICE_DEFAULT
 * @call_id: the call, from acall_list() or the tools; never 0
 * @until: absolute CLOCK_MONOTONIC ns (acall_after_ns()); 0 = only look,
 *	ACALL_FOREVER
 * @flags: ACALL_WAIT_SETTLED = until nothing of it runs any more, abandoned or not
 * @answer: out: as <linux/acall.h> says, with 0 and -ETIMEDOUT
 * @size: sizeof(*answer)
 *
 * For the calls that acall_list() shows, but for those of short methods in a queue,
 * which are over in a moment. Takes nothing from the client, who finishes the call as
 * always; whoever is waiting then is told the outcome all the same. Clause X13.
 *
 * Return: 0; -ETIMEDOUT (it is not ready, and @answer says how far it is), -ESRCH
 * (there is no such call (any more), or it is somebody else's), -EINTR, -EINVAL;
 * -ENOTTY (@device is none, or the module is older than this); -ENOSYS and the others
 * of acall_open_device().
 */
int acall_wait_by_id(int device, uint64_t call_id, uint64_t until,
		     unsigned int flags, struct acall_wait_id *answer,
		     size_t size);

/* Words -------------------------------------------------------------------- */

/**
 * enum acall_op - which operation an error came from
 * @ACALL_OP_DEVICE: acall_open_device(), acall_open_node(), acall_info()
 * @ACALL_OP_LIST: acall_next_interface(), acall_method_info(),
 *	acall_find_method()
 * @ACALL_OP_CREATE: acall_create(), acall_create_on(), acall_from_fd(),
 *	acall_queue_create() and all acall_queue_create_*()
 * @ACALL_OP_BEGIN: acall_begin() and all acall_begin_*(); or none: the error is
 *	acall_submission.error
 * @ACALL_OP_WAIT: acall_wait(), acall_wait_id(), acall_wait_settled(),
 *	acall_queue_wait_call(), acall_queue_wait_settled()
 * @ACALL_OP_FINISH: acall_finish() and all acall_finish_*(),
 *	acall_queue_finish()
 * @ACALL_OP_CANCEL: the cancels, except acall_cancel_by_id()
 * @ACALL_OP_QUERY: acall_query(), acall_queue_query()
 * @ACALL_OP_RESULT: none: the error is acall_result.status or
 *	acall_completion.status
 * @ACALL_OP_CALL: acall_call(), acall_call_args() with a call_id that is not 0;
 *	else it is an ACALL_OP_BEGIN
 * @ACALL_OP_CALLS: acall_list()
 * @ACALL_OP_CANCEL_ID: acall_cancel_by_id(), acall_wait_by_id()
 * @ACALL_OP_ENTER: acall_queue_submit(), acall_queue_submit_and_wait(),
 *	acall_queue_wait(), acall_queue_enter()
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
	ACALL_OP_CALL	= 9,
	ACALL_OP_CALLS	= 10,
	ACALL_OP_CANCEL_ID = 11,
	ACALL_OP_ENTER	= 12,
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
 * the file, or the clause of the contract, and what to do next where that is not
 * plain. One sentence in English without a full stop; errors of the file system
 * are in the words of strerror(3).
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
 * acall_engine_name - the word for an enum acall_engine_kind
 * @engine: the number
 *
 * Return: "default", "kernel", "threads", "auto"; "unknown" for others. A constant
 * string.
 */
const char *acall_engine_name(enum acall_engine_kind engine);

/**
 * acall_unit_name - the word for an enum acall_unit
 * @unit: the number
 *
 * Return: "none", "bytes", "items"; "unknown" for others. A constant string.
 */
const char *acall_unit_name(uint32_t unit);

/**
 * acall_cap_name - the word for an ACALL_CAP_*
 * @cap: one of them
 *
 * Return: "cancel", "killable", "chunked", "commits", "inline", "short",
 * "custom", "may refuse"; "unknown" for others and for several at once. A
 * constant string.
 */
const char *acall_cap_name(uint32_t cap);

/**
 * acall_feature_name - the word for an ACALL_FEATURE_*
 * @feature: one of them
 *
 * Return: "run", "stop", "custom", "inline", "deadline", "no cancel", "detach",
 * "escalate", "settled", "commit", "result files", "call", "list", "instances",
 * "queue"; "unknown" for others and for several at once. A constant string.
 */
const char *acall_feature_name(uint64_t feature);

#ifdef __cplusplus
}
#endif

#endif /* LIBACALL_DEVICE_H */
