/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The provider API: how a module offers methods through /dev/acall.
 *
 * A provider fills a struct acall_interface_desc with a table of methods and
 * registers it. For every call the core then, in this order:
 *
 *	.prepare	in the caller of BEGIN, before anybody can see the call:
 *			checks the arguments, allocates, resolves, may refuse
 *	.run		in a kernel worker with the caller's credentials: works,
 *			looks for a cancel, reports progress, returns its result
 *	.release	once, last, also for a call that never ran
 *
 * No lock of the core is held in any of them (clause P6). Everything that a
 * provider gets is a struct acall_call, opaque, valid from .prepare to the
 * return of .release; it is never looked up through current (clause P4).
 */
#ifndef _ACALL_PROVIDER_H
#define _ACALL_PROVIDER_H

#include <linux/capability.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/acall.h>

struct acall_call;
struct acall_interface;
struct cred;
struct file;

/**
 * struct acall_method - one operation of an interface
 * @name: [a-z][a-z0-9_.-]{0,30}; NULL = this number is not in use
 * @caps: ACALL_CAP_KILLABLE: @run uses acall_killable_begin(); ACALL_CAP_CHUNKED:
 *	@run looks with acall_cancelled() between pieces. The core adds
 *	ACALL_CAP_CANCEL: a method that has @run can always be cancelled
 * @unit: enum acall_unit of acall_progress()
 * @grace_ns: how long a canceller waits that gives no grace of its own; 0 = it
 *	leaves at once
 * @in_size: size of the input structure; a shorter input is zero-extended to it
 * @in_max: longest input, >= @in_size, <= ACALL_MAX_BYTES; 0 = @in_size
 * @out_max: longest output, <= ACALL_MAX_BYTES
 * @files_min: fewest argument files
 * @files_max: most argument files, <= ACALL_MAX_FILES
 * @priv_size: bytes of acall_private(), zeroed
 * @prepare: may be NULL. Runs in the caller of BEGIN; may sleep, allocate,
 *	resolve paths and use current; refuses with a negative errno, which
 *	BEGIN returns and which undoes everything but what @prepare itself did
 *	(@release is not called then)
 * @run: runs in a worker of the interface's own workqueue; may sleep. Returns 0
 *	or a negative errno, never a count. With a cancel visible -ECANCELED,
 *	-EINTR and -ERESTART* mean STOPPED, all else is a result (clause P7)
 * @release: may be NULL. Runs once after an accepted @prepare, last, in task
 *	context, may sleep; the argument files are still there. After it the
 *	core touches nothing of the provider's for this call
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
	u32 priv_size;
	int (*prepare)(struct acall_call *call);
	int (*run)(struct acall_call *call);
	void (*release)(struct acall_call *call);
};

/**
 * struct acall_interface_desc - what a provider registers
 * @owner: THIS_MODULE; pinned by every call until its execution has ended
 * @name: [a-z][a-z0-9_.-]{0,30}
 * @version_min: oldest version it serves, >= 1
 * @version: newest version it serves, >= @version_min
 * @methods: table indexed by method number; numbers are never reused
 * @nr_methods: entries of @methods
 * @max_running: how many methods may run at a time, <= 512; 0 = the default (256)
 * @may_create: may be NULL. 0 or a negative errno for CREATE by current; also
 *	asked for listings; may sleep
 *
 * Must stay valid until acall_unregister_interface() has returned.
 */
struct acall_interface_desc {
	struct module *owner;
	const char *name;
	u32 version_min;
	u32 version;
	const struct acall_method *methods;
	u32 nr_methods;
	u32 max_running;
	int (*may_create)(void);
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
 * Context: .run, only there. Dropped unless .run returns 0.
 */
void acall_out_set_len(struct acall_call *call, u32 len);

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
 * Cheap; notes the time for QUERY. Once true it stays true.
 *
 * Context: any, any CPU.
 */
bool acall_cancelled(struct acall_call *call);

/**
 * acall_progress - report progress
 * @call: the call
 * @done: units done; never goes back
 * @total: of how many; 0 = not known
 *
 * What is reported last before .run returns is what FINISH says, so report
 * exactly what has the effect.
 *
 * Context: .run.
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
 * acall_wait_event - wait for a condition unless cancelled
 * @call: the call
 * @wq_head: wait queue that is woken when @condition changes
 * @condition: a C expression
 *
 * The wait is idle: it counts neither as load nor as hung.
 *
 * Context: .run. Return: 0 if @condition holds, else -ECANCELED.
 */
#define acall_wait_event(call, wq_head, condition)			\
({									\
	struct acall_call *__call = (call);				\
	struct wait_queue_entry __entry;				\
	bool __ok = false;						\
									\
	init_waitqueue_entry(&__entry, current);			\
	acall_wait_add(__call, &__entry);				\
	wait_event_idle(wq_head, (__ok = (condition)) ||		\
				 acall_cancelled(__call));		\
	acall_wait_remove(__call, &__entry);				\
	__ok ? 0 : -ECANCELED;						\
})

#endif /* _ACALL_PROVIDER_H */
