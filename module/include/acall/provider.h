/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The provider API: how a module offers methods through /dev/acall.
 *
 * A provider fills a struct acall_interface_desc with a table of methods and
 * registers it. There are three kinds of method, by who executes a call:
 *
 *	.run			an ordinary function; the core runs it in a worker
 *				of the interface's own workqueue, with the caller's
 *				credentials, and can always stop waiting for it
 *	.run and		the same function in the caller of BEGIN, which
 *	ACALL_CAP_INLINE	returns with the call done: bounded, never sleeps
 *	.start			gets the work going and returns; somebody (an
 *				interrupt, a timer, a thread) says later with
 *				acall_complete() that it is done. Holds no thread
 *
 * For every call the core enters the provider in this order:
 *
 *	.prepare	in the caller of BEGIN, before anybody can see the call:
 *			checks the arguments, allocates, resolves, may refuse
 *	.run or .start	see above
 *	.cancel		if a cancel is requested, and only then
 *	.release	once, last, also for a call that never ran
 *
 * No lock of the core is held in any of them (clause P6). Everything that a
 * provider gets is a struct acall_call, opaque, valid from .prepare to the
 * return of .release (or longer, see acall_get()); it is never looked up through
 * current (clause P4).
 */
#ifndef _ACALL_PROVIDER_H
#define _ACALL_PROVIDER_H

#include <linux/capability.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/acall.h>

/* Have "modprobe" load this module when an interface of that name is wanted. */
#define MODULE_ALIAS_ACALL(name)	MODULE_ALIAS("acall-interface-" name)

struct acall_call;
struct acall_interface;
struct cred;
struct file;

/**
 * struct acall_method - one operation of an interface
 * @name: [a-z][a-z0-9_.-]{0,30}; NULL = this number is not in use
 * @caps: ACALL_CAP_KILLABLE: @run uses acall_killable_begin(); ACALL_CAP_CHUNKED:
 *	@run looks with acall_cancelled() between pieces; ACALL_CAP_COMMITS: it
 *	uses acall_commit(); ACALL_CAP_INLINE: see the top; ACALL_CAP_SHORT: @run
 *	and @release are bounded and never sleep, so a caller who waits for the
 *	call may run them himself (clause S3), and a canceller @release (debug
 *	builds warn if they sleep). The core adds ACALL_CAP_CUSTOM (it has
 *	@start), ACALL_CAP_MAY_REFUSE (it has a cancel hook) and ACALL_CAP_CANCEL
 *	(it has a cancel hook, or a @run that is not inline)
 * @unit: enum acall_unit of acall_progress()
 * @grace_ns: how long a canceller waits that gives no grace of its own; 0 = it
 *	leaves at once
 * @in_size: size of the input structure; a shorter input is zero-extended to it
 * @in_max: longest input, >= @in_size, <= ACALL_MAX_BYTES; 0 = @in_size
 * @out_max: longest output, <= ACALL_MAX_BYTES
 * @files_min: fewest argument files; inline methods take none
 * @files_max: most argument files, <= ACALL_MAX_FILES
 * @files_out: most result files, <= ACALL_MAX_FILES
 * @priv_size: bytes of acall_private(), zeroed
 * @prepare: may be NULL. Runs in the caller of BEGIN; may sleep, allocate,
 *	resolve paths and use current; refuses with a negative errno, which
 *	BEGIN returns and which undoes everything but what @prepare itself did
 *	(@release is not called then)
 * @run: runs in a worker; may sleep. Returns 0 or a negative errno, never a
 *	count. With a cancel visible -ECANCELED, -EINTR and -ERESTART* mean
 *	STOPPED, all else is a result (clause P7). Exactly one of @run and @start
 * @start: runs in the caller of BEGIN, after everybody can see the call, and
 *	should not sleep long: BEGIN waits for it. It cannot fail, but complete
 *	the call with an error. The call may be completed before it returns, from
 *	itself or from another CPU (clause P1)
 * @cancel: may be NULL. A cancel is requested: hurry the call to its end, which
 *	still is @run's return or acall_complete(), from inside this hook or later.
 *	Runs in any context, hard interrupt included, and must not sleep. Asked by
 *	one party at a time, never before @start has returned or a worker is on
 *	its way into @run (so what it needs is for @prepare to set up), and never
 *	again once it returned 0; acall_cancelled() is already true. May refuse
 *	with -EBUSY, -EPERM or -EOPNOTSUPP: then the canceller is told, nothing
 *	has happened and it may be asked again; but a deadline, an unregistration,
 *	a reboot or a client that leaves at once are not refused, only told (again,
 *	if they came while it was refusing). May be entered, or still be running,
 *	when the call was completed elsewhere, and must do nothing then (clause
 *	P2). At most one of @cancel and @cancel_sleepable; neither for inline
 *	methods
 * @cancel_sleepable: the same, but runs in a worker and may sleep; meanwhile those
 *	of the same user's other calls of this interface wait for it
 * @release: may be NULL. Runs once after an accepted @prepare, last, after every
 *	other hook has returned, in task context, may sleep (but see
 *	ACALL_CAP_SHORT); the argument files
 *	are still there. After it the core touches nothing of the provider's for
 *	this call
 */
struct acall_method {
	const char *name;
	u32 caps;
	u32 unit;
	u64 grace_ns;
	u32 in_size;
	u32 in_max;
	u32 out_max;
	u32 files_min;
	u32 files_max;
	u32 files_out;
	u32 priv_size;
	int (*prepare)(struct acall_call *call);
	int (*run)(struct acall_call *call);
	void (*start)(struct acall_call *call);
	int (*cancel)(struct acall_call *call);
	int (*cancel_sleepable)(struct acall_call *call);
	void (*release)(struct acall_call *call);
};

/**
 * struct acall_interface_desc - what a provider registers
 * @owner: THIS_MODULE; pinned by every call until its execution has ended
 * @name: [a-z][a-z0-9_.-]{0,30}
 * @version_min: oldest version it serves, >= 1
 * @version: newest version it serves, >= @version_min
 * @flags: ACALL_INTERFACE_NODE: it gets a device /dev/acall-NAME, through which
 *	its objects can be made; ACALL_INTERFACE_PRIVATE: only there, it is
 *	neither listed nor found on /dev/acall (implies ACALL_INTERFACE_NODE)
 * @mode: permissions of that device; 0 = 0600
 * @methods: table indexed by method number; numbers are never reused
 * @nr_methods: entries of @methods
 * @max_running: how many methods may run at a time, <= 512 (512 means 511); 0 = the
 *	default (256). Does not count what callers run themselves (ACALL_CAP_INLINE,
 *	_SHORT), and those of a call queue's short calls that need no call of their own
 * @may_create: may be NULL. 0 or a negative errno for CREATE by current; also
 *	asked for listings; may sleep. Gets the registration's data
 * @open: may be NULL. A call object is made by current: 0, or a negative errno
 *	that CREATE returns; may sleep. Gets the registration's data and sets what
 *	acall_object_private() is to return
 * @close: may be NULL. Undoes @open: once, when the object is closed and none of
 *	its executions is left, or when the interface is unregistered, whichever
 *	is first. In task context, may sleep. Gets the registration's data and
 *	what @open has set
 *
 * Must stay valid until acall_unregister_interface() has returned.
 */
struct acall_interface_desc {
	struct module *owner;
	const char *name;
	u32 version_min;
	u32 version;
	u32 flags;
	umode_t mode;
	const struct acall_method *methods;
	u32 nr_methods;
	u32 max_running;
	int (*may_create)(void *data);
	int (*open)(void *data, void **priv);
	void (*close)(void *data, void *priv);
};

/**
 * acall_register_interface - offer an interface
 * @desc: its description
 *
 * Context: process, may sleep.
 * Return: the registration; or ERR_PTR: -EINVAL (a field is out of its bounds,
 * and a warning says which), -EEXIST (the name is taken,
 * perhaps by one that is still going), -ENOMEM.
 */
struct acall_interface *
acall_register_interface(const struct acall_interface_desc *desc);

/**
 * acall_register_instance - offer one instance of an interface
 * @desc: the description of all its instances
 * @nr: this one's number: its name is @desc's, a dot and @nr
 * @data: what acall_interface_data() returns; the provider's
 *
 * The instances of one interface are interfaces of their own in everything else:
 * each has its runners, its device node, and is unregistered by itself.
 *
 * Context, return: as acall_register_interface().
 */
struct acall_interface *
acall_register_instance(const struct acall_interface_desc *desc,
			unsigned int nr, void *data);

/**
 * acall_unregister_interface - take an interface away
 * @iface: what acall_register_interface() returned
 *
 * Refuses new calls (ENODEV), cancels every call with the method's own grace,
 * frees every client, and returns when no execution is left; as long as it
 * waits it says for whom in the kernel log. Results not yet finished stay
 * collectable (clause P8). May not be called from a method of @iface.
 *
 * Context: process, sleeps until the provider's last method has returned.
 */
void acall_unregister_interface(struct acall_interface *iface);

/**
 * acall_in - input bytes of a call
 * @call: the call
 *
 * Return: the copied input, zero-extended to the method's in_size and followed
 * by a NUL byte; user space cannot change it any more. Writable scratch.
 */
void *acall_in(struct acall_call *call);

/**
 * acall_in_len - how many bytes of input the caller passed
 * @call: the call
 *
 * Return: the length given to BEGIN, which may be less than in_size.
 */
u32 acall_in_len(const struct acall_call *call);

/**
 * acall_out_alloc - allocate the output buffer
 * @call: the call
 * @len: bytes, <= the method's out_max
 *
 * Context: .prepare only, once.
 * Return: 0, -ENOMEM, -EDQUOT or -EAGAIN (limits), -EINVAL (@len).
 */
int acall_out_alloc(struct acall_call *call, u32 len);

/**
 * acall_out - the output buffer
 * @call: the call
 *
 * Return: zeroed bytes that acall_out_alloc() allocated.
 */
void *acall_out(struct acall_call *call);

/**
 * acall_out_set_len - say how much of the output buffer is output
 * @call: the call
 * @len: bytes; 0 is the default, more than allocated is cut and warned about
 *
 * Context: .run, or between .start's entry and acall_complete(). Dropped unless
 * the result is 0.
 */
void acall_out_set_len(struct acall_call *call, u32 len);

/**
 * acall_add_file_out - give a result file
 * @call: the call
 * @file: the file; its reference is the call's if this returns 0
 *
 * FINISH installs it, close-on-exec, in whoever finishes the call. If the call
 * ends otherwise, be it abandoned, closed or failed, it is dropped (R-FD).
 *
 * Context: .prepare, .run or .start; with .start also until acall_complete().
 * One at a time. Return: 0; or -ENOSPC: there are files_out of them already.
 */
int __must_check acall_add_file_out(struct acall_call *call, struct file *file);

/**
 * acall_private - the method's own memory of a call
 * @call: the call
 *
 * Return: priv_size bytes, zeroed before .prepare.
 */
void *acall_private(struct acall_call *call);

/**
 * acall_method_nr - the number of the method that was begun
 * @call: the call
 */
u32 acall_method_nr(const struct acall_call *call);

/**
 * acall_version - the version that the caller's object was made with
 * @call: the call
 */
u32 acall_version(const struct acall_call *call);

/**
 * acall_interface_data - what was given to acall_register_instance()
 * @call: the call
 *
 * Return: NULL for an interface without instances.
 */
void *acall_interface_data(const struct acall_call *call);

/**
 * acall_object_private - what .open has set for the caller's call object
 * @call: the call
 *
 * Return: NULL without .open. Valid until .release has returned; shared by the
 * object's call and its earlier, abandoned ones.
 */
void *acall_object_private(const struct acall_call *call);

/**
 * acall_get - keep a call's memory
 * @call: the call
 *
 * For a party that may come too late: while it holds a reference it may use
 * acall_complete(), which is then ignored, acall_cancelled() and acall_put(), and
 * after .release nothing else. Keeps no module, file or credential.
 *
 * Not for a method with ACALL_CAP_SHORT, whose call may be lent to it for as long as
 * it runs only (a call queue's; debug builds or not, that is warned about).
 *
 * Context: any but NMI, while the call is valid.
 */
void acall_get(struct acall_call *call);

/**
 * acall_put - undo acall_get()
 * @call: the call
 *
 * Context: any but NMI.
 */
void acall_put(struct acall_call *call);

/**
 * acall_complete - a call of a custom method is done
 * @call: the call, whose .start was entered
 * @ret: 0 or a negative errno, as .run would return it (clause P7)
 *
 * Exactly one completion counts; a second warns once and is ignored (clause P3).
 * The client is told at once. The files are dropped and .release is called
 * later, in task context; so the call may be gone when this returns, if it was
 * not called from .start or a cancel hook and there is no acall_get().
 *
 * Context: any but NMI, hard interrupt included. Takes spinlocks, as wake_up()
 * does: with PREEMPT_RT interrupt handlers that are threaded may call it, which is
 * all that did not ask to be otherwise.
 */
void acall_complete(struct acall_call *call, int ret);

/**
 * acall_commit - pass the point of no return
 * @call: the call
 *
 * From here on the outcome says COMMITTED, whatever becomes of the client: the
 * effect has happened or will. Call it just before what cannot be undone.
 *
 * Context: any but NMI, between .run's or .start's entry and the end.
 * Return: 0, also when it was committed before; -ECANCELED if a cancel is
 * visible, and nothing has been committed (clause P5).
 */
int __must_check acall_commit(struct acall_call *call);

/**
 * acall_file - an argument file
 * @call: the call
 * @index: 0 to acall_nr_files() - 1
 *
 * Return: the file, referenced until .release has returned. Check in .prepare
 * that it is of the kind and mode that is needed. Call objects, io_urings and
 * Unix sockets, which could carry the call object itself, are refused by the
 * core (R-CYCLE).
 */
struct file *acall_file(const struct acall_call *call, u32 index);

/**
 * acall_nr_files - how many argument files were passed
 * @call: the call
 */
u32 acall_nr_files(const struct acall_call *call);

/**
 * acall_works_on - say what a call keeps busy that is none of its files
 * @call: the call
 * @inode: what a path of its input led to, say; no reference is kept
 *
 * For LIST alone: whoever looks for what holds a mount finds the call.
 *
 * Context: .prepare only; the last one counts.
 */
void acall_works_on(struct acall_call *call, const struct inode *inode);

/**
 * acall_cred - the credentials of the caller of BEGIN
 * @call: the call
 *
 * .run already runs with them. Return: no new reference.
 */
const struct cred *acall_cred(const struct acall_call *call);

/**
 * acall_fsize_limit - RLIMIT_FSIZE of the caller of BEGIN, in bytes
 * @call: the call
 *
 * A worker's own limit is infinite (R-RLIM): compare with this one instead.
 */
u64 acall_fsize_limit(const struct acall_call *call);

/**
 * acall_cancelled - has a cancel been requested?
 * @call: the call
 *
 * Cheap; notes the time for QUERY. Once true it stays true, but for a request
 * that the method's own cancel hook refuses.
 *
 * Context: any, any CPU.
 */
bool acall_cancelled(struct acall_call *call);

/**
 * acall_checkpoint - go on?
 * @call: the call
 *
 * acall_cancelled() for a .run that may sleep here: while the machine suspends it
 * parks the method, so that long work does not go on behind its back (R-FREEZE).
 *
 * Context: .run of a method that may sleep: neither inline nor short.
 * Return: 0, or -ECANCELED if a cancel is visible.
 */
int __must_check acall_checkpoint(struct acall_call *call);

/**
 * acall_progress - report progress
 * @call: the call
 * @done: units done; never goes back
 * @total: of how many; 0 = not known
 *
 * What is reported last before .run returns, or before acall_complete(), is what
 * FINISH says, so report exactly what has the effect.
 *
 * Context: .run; any but NMI for a custom method.
 */
void acall_progress(struct acall_call *call, u64 done, u64 total);

/**
 * acall_killable_begin - let a cancel stop the kernel code that follows
 * @call: the call
 *
 * From here to acall_killable_end() a cancel makes a fatal signal pending on
 * the worker, which ends VFS loops and killable waits. Bracket single calls,
 * not whole methods; touch no user memory inside (R-FAULT). Only for methods
 * with ACALL_CAP_KILLABLE.
 *
 * Context: .run, in the worker that runs it; not nested.
 * Return: 0; or -ECANCELED if a cancel is visible: then do not call
 * acall_killable_end().
 */
int __must_check acall_killable_begin(struct acall_call *call);

/**
 * acall_killable_end - end what acall_killable_begin() began
 * @call: the call
 *
 * Context: as acall_killable_begin(). No signal is pending afterwards.
 */
void acall_killable_end(struct acall_call *call);

/**
 * acall_stopped - what a VFS call that ended short means
 * @call: the call
 * @ret: what it returned: a short count, or a negative errno
 *
 * Not for an operation that did all its bytes: that is 0, cancel or not.
 *
 * Return: -ECANCELED if a cancel is visible and @ret is a count, -EINTR,
 * -ECANCELED or a restart code; else @ret with a restart code made -EINTR and a
 * count made 0 (clause P7).
 */
int acall_stopped(struct acall_call *call, ssize_t ret);

/**
 * acall_sleep - sleep unless cancelled
 * @call: the call
 * @ns: how long, at least
 *
 * Context: .run. Return: 0, or -ECANCELED as soon as a cancel is visible.
 */
int acall_sleep(struct acall_call *call, u64 ns);

/* For acall_wait_event(): have a cancel of @call wake @entry's task. */
void acall_wait_add(struct acall_call *call, struct wait_queue_entry *entry);
void acall_wait_remove(struct acall_call *call, struct wait_queue_entry *entry);

/**
 * acall_wait_event_timeout - wait for a condition unless cancelled, not for ever
 * @call: the call
 * @wq_head: wait queue that is woken when @condition changes
 * @condition: a C expression
 * @jiffies: how long, in jiffies; MAX_SCHEDULE_TIMEOUT = for ever
 *
 * The wait is idle: it counts neither as load nor as hung.
 *
 * Context: .run. Return: 0 if @condition holds, -ECANCELED if a cancel is
 * visible, else -ETIME.
 */
#define acall_wait_event_timeout(call, wq_head, condition, jiffies)	\
({									\
	struct acall_call *__call = (call);				\
	struct wait_queue_entry __entry;				\
	bool __ok = false, __cancelled = false;				\
									\
	init_waitqueue_entry(&__entry, current);			\
	acall_wait_add(__call, &__entry);				\
	wait_event_idle_timeout(wq_head, (__ok = (condition)) ||	\
			(__cancelled = acall_cancelled(__call)), jiffies); \
	acall_wait_remove(__call, &__entry);				\
	__ok ? 0 : __cancelled ? -ECANCELED : -ETIME;			\
})

/**
 * acall_wait_event - wait for a condition unless cancelled
 * @call: the call
 * @wq_head: wait queue that is woken when @condition changes
 * @condition: a C expression
 *
 * Context: as acall_wait_event_timeout(). Return: 0 if @condition holds, else
 * -ECANCELED.
 */
#define acall_wait_event(call, wq_head, condition)			\
	acall_wait_event_timeout(call, wq_head, condition,		\
				 MAX_SCHEDULE_TIMEOUT)

#endif /* _ACALL_PROVIDER_H */
