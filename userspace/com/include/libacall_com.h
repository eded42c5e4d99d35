/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * libacall-com: the cancellation of COM's synchronous calls, on calls into the
 * kernel. For programs that are written in its terms: a thread makes a
 * synchronous call, another one cancels it by the thread's id.
 *
 *	the thread that calls			the one that cancels
 *	acall_com_enable_cancellation();
 *	acall_com_call(call, ...);		acall_com_cancel_call(tid, 5);
 *	acall_com_status(&result);
 *	acall_com_disable_cancellation();
 *
 * Documentation/com.md says for each function and code of COM's what it is here,
 * what is different and why.
 *
 * Return values are acall_com_hresult: COM's codes where COM has one for it, else
 * the errno as ACALL_COM_ERRNO(). As in libacall they speak of the operation, and
 * struct acall_result of the call, with everything that it says there; who wants
 * the call's fate as one code has acall_com_status(). What is not of this header
 * (deadlines, progress, graces shorter than a second) is in <libacall.h>, for the
 * same objects.
 *
 * Threads. Every function may be called by any thread at any time. None is
 * async-signal-safe: those who find a thread by its id take a lock. A cancel names
 * the call that the thread was in when it looked [X11]: if that has ended
 * meanwhile, it can neither touch the thread's next call nor another thread's on
 * the same object, and the object may be destroyed at any time.
 *
 * Signals. A synchronous call goes on after a handler, whatever its SA_RESTART, as
 * do waits without ACALL_COM_WAIT_ALERTABLE.
 */
#ifndef LIBACALL_COM_H
#define LIBACALL_COM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <libacall.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A code as COM has them: negative = failed. */
typedef int32_t acall_com_hresult;

#define ACALL_COM_HRESULT(bits)		((acall_com_hresult)(uint32_t)(bits))
#define ACALL_COM_SUCCEEDED(hresult)	((acall_com_hresult)(hresult) >= 0)
#define ACALL_COM_FAILED(hresult)	((acall_com_hresult)(hresult) < 0)

#define ACALL_COM_S_OK			ACALL_COM_HRESULT(0x00000000)
#define ACALL_COM_S_FALSE		ACALL_COM_HRESULT(0x00000001)
#define ACALL_COM_E_NOINTERFACE		ACALL_COM_HRESULT(0x80004002)
#define ACALL_COM_E_UNEXPECTED		ACALL_COM_HRESULT(0x8000ffff)
#define ACALL_COM_E_OUTOFMEMORY		ACALL_COM_HRESULT(0x8007000e)
#define ACALL_COM_E_INVALIDARG		ACALL_COM_HRESULT(0x80070057)
#define ACALL_COM_RPC_E_CALL_CANCELED	ACALL_COM_HRESULT(0x80010002)
#define ACALL_COM_RPC_E_DISCONNECTED	ACALL_COM_HRESULT(0x80010108)
#define ACALL_COM_RPC_S_CALLPENDING	ACALL_COM_HRESULT(0x80010115)
#define ACALL_COM_RPC_E_CALL_COMPLETE	ACALL_COM_HRESULT(0x80010117)
#define ACALL_COM_RPC_E_TIMEOUT		ACALL_COM_HRESULT(0x8001011f)
#define ACALL_COM_RPC_E_NO_SYNC		ACALL_COM_HRESULT(0x80010120)
#define ACALL_COM_CO_E_CANCEL_DISABLED	ACALL_COM_HRESULT(0x80010140)

/*
 * A positive errno as a code of ours (failed, customer's, facility 0xac), whether a
 * code is one, and which.
 */
#define ACALL_COM_ERRNO(error)						\
	ACALL_COM_HRESULT(0xa0ac0000u | (uint32_t)(error))
#define ACALL_COM_IS_ERRNO(hresult)					\
	(((uint32_t)(hresult) & 0xffff0000u) == 0xa0ac0000u)
#define ACALL_COM_TO_ERRNO(hresult)					\
	((int)((uint32_t)(hresult) & 0xffffu))

/* For @thread: who asks. For times: without end. */
#define ACALL_COM_THIS_THREAD	((pid_t)0)
#define ACALL_COM_INFINITE	UINT32_MAX

/* The thread that calls ---------------------------------------------------- */

/**
 * acall_com_enable_cancellation - let others cancel this thread's calls
 *
 * Counted: as many acall_com_disable_cancellation() undo it. Not enabled is how a
 * thread begins, for what can be cancelled by its thread costs more.
 *
 * Return: S_OK; E_OUTOFMEMORY.
 */
acall_com_hresult acall_com_enable_cancellation(void);

/**
 * acall_com_disable_cancellation - undo one acall_com_enable_cancellation()
 *
 * Return: S_OK (it is disabled now), S_FALSE (undone, but others are in force: it
 * is still enabled), CO_E_CANCEL_DISABLED (it was not enabled: nothing changes).
 */
acall_com_hresult acall_com_disable_cancellation(void);

/**
 * acall_com_call - a synchronous call
 * @call: the object; no call is pending on it
 * @method: as acall_begin()
 * @in: as acall_begin()
 * @in_len: as acall_begin()
 * @files: as acall_begin()
 * @nr_files: as acall_begin()
 * @options: as acall_begin()
 * @out: as acall_finish()
 * @out_len: as acall_finish()
 * @result: out: what became of the call, all zero if there was none; not NULL
 *
 * Returns when the call has ended. Meanwhile the thread can be cancelled by
 * acall_com_cancel_call() if that was enabled when the call began; else it costs
 * one system call instead of two. Clauses S1, X1.
 *
 * Return: S_OK: look at @result, or acall_com_status() of it. Or a failure that
 * says what acall_begin() says (@result->call_id is 0: there was no call), or
 * acall_finish() (EMSGSIZE, EFAULT: the call is ready and still there:
 * acall_com_finish() with more room; RPC_E_CALL_COMPLETE: somebody else has
 * finished it). E_OUTOFMEMORY, E_INVALIDARG, else ACALL_COM_ERRNO().
 */
acall_com_hresult acall_com_call(acall_t *call, uint32_t method,
				 const void *in, size_t in_len,
				 const int *files, unsigned int nr_files,
				 const struct acall_options *options,
				 void *out, size_t out_len,
				 struct acall_result *result);

/**
 * acall_com_finish - make what was begun a synchronous call
 * @call: the object, with a call that this thread has begun: acall_begin_copy()
 *	and the other typed ones give acall_com_call() no other way
 * @out: as acall_finish()
 * @out_len: as acall_finish()
 * @result: out: as acall_com_call()
 *
 * Waits for the call that @call remembers and finishes it, also on an object that
 * was created with NONBLOCK. Meanwhile the thread can be cancelled as in
 * acall_com_call().
 *
 * Return: as acall_com_call(); E_UNEXPECTED (nothing was begun with @call).
 */
acall_com_hresult acall_com_finish(acall_t *call, void *out, size_t out_len,
				   struct acall_result *result);

/**
 * acall_com_status - a call's fate as one code
 * @result: from acall_com_call(), acall_com_finish() or any acall_finish()
 *
 * Return: S_OK and ACALL_COM_ERRNO() are the provider's own word. Any other is
 * acall's: RPC_E_CALL_CANCELED (a client asked), RPC_E_TIMEOUT (the deadline
 * passed), RPC_E_DISCONNECTED (the provider went away); how far the call had come,
 * and whether it may still be running, is in @result. E_INVALIDARG if that is NULL.
 */
acall_com_hresult acall_com_status(const struct acall_result *result);

/* The one that cancels ----------------------------------------------------- */

/**
 * typedef acall_com_cancel_t - a cancel object: names one call, for ever
 *
 * Opaque and counted. It holds a descriptor of the call's object open: as long as
 * there is one, destroying the object does not cancel the call.
 */
typedef struct acall_com_cancel acall_com_cancel_t;

/**
 * acall_com_cancel_call - cancel the synchronous call of a thread
 * @thread: gettid() of a thread of this process, or ACALL_COM_THIS_THREAD
 * @seconds: how long to stay for the provider at most: 0 = not at all, the thread
 *	is free at once; ACALL_COM_INFINITE
 *
 * The innermost call that the thread is in, or what it has registered with
 * acall_com_set_cancel_object().
 *
 * Return: as acall_com_cancel_object_cancel(). CO_E_CANCEL_DISABLED also if the
 * thread has not enabled it; E_NOINTERFACE also if it is in no synchronous call, or
 * there is no such thread here; E_OUTOFMEMORY, ACALL_COM_ERRNO(EMFILE).
 */
acall_com_hresult acall_com_cancel_call(pid_t thread, uint32_t seconds);

/**
 * acall_com_test_cancel - has this thread's call been cancelled?
 *
 * For who still runs in a call: between acall_com_set_cancel_object() and its
 * undoing.
 *
 * Return: as acall_com_cancel_object_test(); CO_E_CANCEL_DISABLED, E_NOINTERFACE,
 * E_OUTOFMEMORY and ACALL_COM_ERRNO(EMFILE) as acall_com_cancel_call().
 */
acall_com_hresult acall_com_test_cancel(void);

/**
 * acall_com_get_cancel_object - the cancel object of a thread's call
 * @thread: as acall_com_cancel_call()
 * @cancel: out: the object, to be released; NULL on failure
 *
 * Return: S_OK; CO_E_CANCEL_DISABLED, E_NOINTERFACE, E_OUTOFMEMORY and
 * ACALL_COM_ERRNO(EMFILE) as acall_com_cancel_call(); E_INVALIDARG.
 */
acall_com_hresult acall_com_get_cancel_object(pid_t thread,
					      acall_com_cancel_t **cancel);

/**
 * acall_com_set_cancel_object - register one for this thread, or undo that
 * @cancel: the object, a reference of which is taken; NULL = the one that was
 *	registered last is released, and the one before it counts again
 *
 * For a thread that waits for its call in some other way than acall_com_call():
 * acall_com_cancel_call() finds it then. Cancellation need be enabled only when it
 * is to be found.
 *
 * Return: S_OK; E_UNEXPECTED (none is registered); E_OUTOFMEMORY.
 */
acall_com_hresult acall_com_set_cancel_object(acall_com_cancel_t *cancel);

/**
 * acall_com_cancel_object_create - a cancel object for a call of any kind
 * @call: the object
 * @call_id: a call that was begun with it; 0 = the one that @call remembers
 * @cancel: out: the object, to be released; NULL on failure
 *
 * What QueryInterface for ICancelMethodCalls is on a call object.
 *
 * Return: S_OK; E_UNEXPECTED (nothing was begun with @call), E_OUTOFMEMORY,
 * ACALL_COM_ERRNO(EMFILE), E_INVALIDARG.
 */
acall_com_hresult acall_com_cancel_object_create(acall_t *call,
						 uint64_t call_id,
						 acall_com_cancel_t **cancel);

/**
 * acall_com_cancel_object_cancel - cancel the call that it names
 * @cancel: the object
 * @seconds: as acall_com_cancel_call()
 *
 * Return: S_OK: finishing it will say cancelled, STOPPED or ABANDONED [X6]. S_FALSE:
 * it was asked to stop, but a signal handler ended the stay: how it ends is open.
 * RPC_E_CALL_COMPLETE: it has a result of its own, also if it came while this
 * stayed. RPC_E_CALL_CANCELED: it had been cancelled before: no effect, this never
 * changes an earlier one's time. CO_E_CANCEL_DISABLED: begun with
 * ACALL_BEGIN_NO_CANCEL. E_NOINTERFACE: the method cannot be cancelled while it
 * runs. ACALL_COM_ERRNO(EBUSY): it refuses just now, ask again. E_INVALIDARG.
 */
acall_com_hresult acall_com_cancel_object_cancel(acall_com_cancel_t *cancel,
						 uint32_t seconds);

/**
 * acall_com_cancel_object_test - has the call that it names been cancelled?
 * @cancel: the object
 *
 * Return: RPC_S_CALLPENDING (no, it is pending), RPC_E_CALL_CANCELED (yes; whether
 * that came in time only finishing tells, unless it is ready),
 * RPC_E_CALL_COMPLETE (it has a result of its own, or was finished); E_INVALIDARG.
 */
acall_com_hresult acall_com_cancel_object_test(acall_com_cancel_t *cancel);

/**
 * acall_com_cancel_object_id - the call that it names
 * @cancel: the object
 *
 * Return: its id, for acall_wait_settled() and the tools; 0 if @cancel is NULL.
 */
uint64_t acall_com_cancel_object_id(const acall_com_cancel_t *cancel);

/**
 * acall_com_cancel_object_ref - take one more reference
 * @cancel: the object
 *
 * Return: @cancel.
 */
acall_com_cancel_t *acall_com_cancel_object_ref(acall_com_cancel_t *cancel);

/**
 * acall_com_cancel_object_release - drop a reference; the last one ends it
 * @cancel: the object; NULL is fine
 */
void acall_com_cancel_object_release(acall_com_cancel_t *cancel);

/* Waiting for many --------------------------------------------------------- */

/* For @flags of acall_com_wait_many(). */
#define ACALL_COM_WAIT_ALL		0x1	/* not for any, for all */
#define ACALL_COM_WAIT_ALERTABLE	0x2	/* a signal's handler ends it */

/**
 * struct acall_com_waitable - what can be waited for
 * @call: an object with a pending call, signalled when that is ready; or NULL, and
 * @fd: any descriptor, signalled when it is readable: an event of
 *	acall_com_event_create(), a timerfd, a pidfd ... Else not looked at
 */
struct acall_com_waitable {
	acall_t *call;
	int fd;
};

/**
 * acall_com_wait_many - wait until any or all are signalled
 * @flags: ACALL_COM_WAIT_*
 * @milliseconds: how long at most, 0 = only look; ACALL_COM_INFINITE
 * @nr: how many
 * @waitables: what for
 * @index: out: any: the first of those that are signalled; all: nr, of which none
 *	was not; after RPC_E_CALL_COMPLETE and RPC_E_DISCONNECTED which one it is; may
 *	be NULL
 *
 * Changes nothing: what is signalled stays so, calls until they are finished. For
 * all, each must have been so at some time, and calls and events stay it.
 *
 * Return: S_OK; RPC_S_CALLPENDING (not in time); RPC_E_NO_SYNC (@nr is 0);
 * RPC_E_CALL_COMPLETE (no call is pending on that object, so it would be waited for
 * without end [W2]); RPC_E_DISCONNECTED (its provider has gone);
 * ACALL_COM_ERRNO(EINTR) (a signal, and it is alertable); E_INVALIDARG (flags, a
 * descriptor that is not open), E_OUTOFMEMORY.
 */
acall_com_hresult acall_com_wait_many(unsigned int flags,
				      uint32_t milliseconds, unsigned int nr,
				      const struct acall_com_waitable *waitables,
				      unsigned int *index);

/**
 * acall_com_wait - wait until a call is ready
 * @call: the object
 * @milliseconds: as acall_com_wait_many()
 *
 * Return: as acall_com_wait_many().
 */
acall_com_hresult acall_com_wait(acall_t *call, uint32_t milliseconds);

/**
 * acall_com_event_create - make an event that stays signalled until it is reset
 * @fd: out: a close-on-exec descriptor, an eventfd(2), to be closed with close(2)
 *
 * What tells a thread in acall_com_wait_many() something else than a call's end.
 *
 * Return: S_OK; E_OUTOFMEMORY, ACALL_COM_ERRNO(EMFILE), E_INVALIDARG.
 */
acall_com_hresult acall_com_event_create(int *fd);

/**
 * acall_com_event_signal - signal an event
 * @fd: from acall_com_event_create()
 *
 * Return: S_OK; E_INVALIDARG (@fd is none).
 */
acall_com_hresult acall_com_event_signal(int fd);

/**
 * acall_com_event_reset - make an event not signalled
 * @fd: from acall_com_event_create()
 *
 * Return: S_OK, S_FALSE (it was not signalled); E_INVALIDARG (@fd is none).
 */
acall_com_hresult acall_com_event_reset(int fd);

/* Making many -------------------------------------------------------------- */

/**
 * struct acall_com_query - one object that is wanted
 * @interface: its interface
 * @version: as acall_create()
 * @flags: as acall_create()
 * @call: out: the object, the caller's; NULL on failure
 * @hresult: out: S_OK; E_NOINTERFACE (there is none of that name or version);
 *	E_OUTOFMEMORY, E_INVALIDARG, else ACALL_COM_ERRNO() of acall_create()'s
 */
struct acall_com_query {
	const char *interface;
	uint32_t version;
	unsigned int flags;
	acall_t *call;
	acall_com_hresult hresult;
};

/**
 * acall_com_query_many - make objects of several interfaces at once
 * @nr: how many
 * @queries: what is wanted, and what came of each
 *
 * Opens the device once. May load a module for each [C1].
 *
 * Return: S_OK (all), S_FALSE (some), E_NOINTERFACE (none); E_INVALIDARG (@nr is 0);
 * ACALL_COM_ERRNO() of acall_open_device()'s, and then nothing was tried.
 */
acall_com_hresult acall_com_query_many(unsigned int nr,
				       struct acall_com_query *queries);

/* Words -------------------------------------------------------------------- */

/**
 * acall_com_name - the name of a code
 * @hresult: the code
 *
 * Return: "S_OK", "RPC_E_CALL_CANCELED", ...; "errno" for ACALL_COM_ERRNO(); "unknown"
 * for others. A constant string.
 */
const char *acall_com_name(acall_com_hresult hresult);

#ifdef __cplusplus
}
#endif

#endif /* LIBACALL_COM_H */
