// SPDX-License-Identifier: GPL-2.0-only
/*
 * A call: its references, its resources and every change of its state.
 *
 * References: the execution has one from BEGIN until it has ended, the object
 * one while the call is pending, an armed grace timer one, every sleeper and
 * canceller one. The memory goes by RCU, because an object's pending pointer is
 * followed without a lock.
 *
 * Locks: call->lock (irqs off) makes state, times, counts and wake-ups one
 * step; inside it only leaves: wait queues, the worker's siglock, timers, the
 * accounts. Never held over provider code or user memory (P6). call->word is
 * written only by call_step() and may be read without the lock.
 *
 * The race it is about: completion, cancel, grace timer and last close all want
 * to move a call on. Whoever has the lock first does; state.c tells the others
 * what they are (R-ONCE). The transition into DONE cuts the call from its
 * object, so a result that arrives later has nowhere to go.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "call.h"
#include "compat.h"
#include "identity.h"
#include "interface.h"
#include "limits.h"
#include "object.h"
#include "runner.h"

static struct kmem_cache *call_cache;
static atomic_t executions = ATOMIC_INIT(0);
static atomic_t orphans = ATOMIC_INIT(0);

/*
 * What it may take to drop the files of a call that never started, before its
 * client is freed all the same.
 */
#define RETIRE_GRACE_NS		NSEC_PER_SEC

/* Ids come from per-CPU blocks: no shared counter in BEGIN. */
#define ID_BLOCK	64

struct id_block {
	u64 next;
	u64 end;
};

static DEFINE_PER_CPU(struct id_block, id_blocks);
static atomic64_t next_id_block;

static u64 new_id(void)
{
	struct id_block *block = get_cpu_ptr(&id_blocks);
	u64 id;

	if (block->next == block->end) {
		block->end = atomic64_add_return(ID_BLOCK, &next_id_block);
		block->next = block->end - ID_BLOCK;
	}
	id = block->next++;
	put_cpu_ptr(&id_blocks);
	return id;
}

int __init acall_calls_init(void)
{
	/*
	 * Unique until reboot, also over a reload of this module: nobody begins
	 * a call every nanosecond, so boot time has overtaken all earlier ids.
	 */
	atomic64_set(&next_id_block, ktime_get_boottime_ns() | 1);

	call_cache = KMEM_CACHE(acall_call, SLAB_ACCOUNT);
	return call_cache ? 0 : -ENOMEM;
}

void acall_calls_exit(void)
{
	/*
	 * A grace timer may be on its way out of call_grace_expired() still: a
	 * softirq is an RCU reader. Then nobody drops a reference any more, and
	 * what was dropped waits in call_free().
	 */
	synchronize_rcu();
	rcu_barrier();
	kmem_cache_destroy(call_cache);
}

struct acall_ledger *acall_ledger_create(void)
{
	struct acall_ledger *ledger;

	ledger = kzalloc(sizeof(*ledger), GFP_KERNEL_ACCOUNT);
	if (ledger)
		refcount_set(&ledger->ref, 1);
	return ledger;
}

void acall_ledger_put(struct acall_ledger *ledger)
{
	if (refcount_dec_and_test(&ledger->ref))
		kfree(ledger);
}

static void call_free(struct rcu_head *rcu)
{
	struct acall_call *call = container_of(rcu, struct acall_call, rcu);

	kmem_cache_free(call_cache, call);
}

static void call_destroy(struct acall_call *call)
{
	if (call->ledger)
		acall_ledger_put(call->ledger);
	acall_payer_put(call->payer);
	acall_interface_put(call->iface);
	put_pid(call->cancel_pid);
	kvfree(call->out);
	kvfree(call->buf);
	call_rcu(&call->rcu, call_free);
}

void acall_call_get(struct acall_call *call)
{
	refcount_inc(&call->ref);
}

/* For a pointer that was read under RCU: false if the call is on its way out. */
bool acall_call_tryget(struct acall_call *call)
{
	return refcount_inc_not_zero(&call->ref);
}

void acall_call_put(struct acall_call *call)
{
	if (refcount_dec_and_test(&call->ref))
		call_destroy(call);
}

/*
 * The only place where a call's state changes, and with it what must be exact
 * the moment the new state is seen: times, counts, charges. Then it wakes.
 */
static enum acall_verdict call_step(struct acall_call *call,
				    enum acall_event event,
				    enum acall_reason reason)
{
	u32 was = call->word;
	u32 now;
	enum acall_verdict verdict;
	bool cancelled, done, ended;

	lockdep_assert_held(&call->lock);

	verdict = acall_state_next(was, event, reason, &now);
	if (verdict != ACALL_MADE) {
		WARN_ONCE(verdict == ACALL_IMPOSSIBLE,
			  "acall: event %d in state %#x\n", event, was);
		return verdict;
	}

	cancelled = !acall_word_reason(was) && acall_word_reason(now);
	done = !acall_word_done(was) && acall_word_done(now);
	ended = (now & ~was) & ACALL_WORD_ENDED;

	if (event == ACALL_EVENT_START)
		call->start_ns = ktime_get_ns();
	if (cancelled) {
		call->cancel_ns = ktime_get_ns();
		call->cancel_pid = get_pid(task_tgid(current));
	}
	if (done) {
		call->end_ns = ktime_get_ns();
		call->end_progress = atomic64_read(&call->progress);
		call->end_total = atomic64_read(&call->total);
	}
	if (done && acall_word_phase(now) == ACALL_PHASE_ABANDONED) {
		atomic_inc(&orphans);
		atomic_inc(&call->ledger->orphans);
	}
	if ((now & ACALL_WORD_OVER) == ACALL_WORD_OVER)
		acall_uncharge(call->payer, 1, call->charged);
	if (ended) {
		if (acall_word_phase(now) == ACALL_PHASE_ABANDONED) {
			atomic_dec(&orphans);
			atomic_dec(&call->ledger->orphans);
		}
		atomic_dec(&executions);
		atomic_dec(&call->ledger->executions);
	}

	/* Pairs with acall_call_word(). */
	smp_store_release(&call->word, now);

	if (cancelled || done)
		wake_up_all(&call->wait);
	if (done && call->object) {
		acall_object_wake(call->object);
		call->object = NULL;
	}
	return ACALL_MADE;
}

static enum hrtimer_restart call_grace_expired(struct hrtimer *timer)
{
	struct acall_call *call = container_of(timer, struct acall_call, grace);
	unsigned long flags;

	spin_lock_irqsave(&call->lock, flags);
	call_step(call, ACALL_EVENT_EXPIRE, ACALL_REASON_NONE);
	spin_unlock_irqrestore(&call->lock, flags);
	acall_call_put(call);
	return HRTIMER_NORESTART;
}

/*
 * The files, the method's private memory and the input share one allocation.
 * One more byte: text input is then a string for the method.
 */
static int call_alloc_buf(struct acall_call *call,
			  const struct acall_method *method, u32 nr_files)
{
	size_t priv = nr_files * sizeof(struct file *);
	size_t in = priv + ALIGN(method->priv_size, sizeof(u64));
	size_t size = in + max(call->in_len, method->in_size) + 1;

	call->buf = kvzalloc(size, GFP_KERNEL_ACCOUNT);
	if (!call->buf)
		return -ENOMEM;
	call->priv = call->buf + priv;
	call->in = call->buf + in;
	return 0;
}

/* What BEGIN needs to know of a method before it touches user memory. */
static int call_look_up(struct acall_interface *iface, u32 method_nr,
			struct acall_method *copy)
{
	const struct acall_method *method;
	int ret = acall_interface_pin(iface);

	if (ret)
		return ret;
	method = acall_interface_method(iface, method_nr);
	if (method)
		*copy = *method;
	acall_interface_unpin(iface, NULL);
	return method ? 0 : -EINVAL;
}

/**
 * acall_call_create - make a call that nobody else can see yet
 * @iface: its interface; not pinned afterwards, because a caller may stall in
 *	the user memory that comes next, and must not hold up unregistration
 * @method_nr: the method
 * @in_len: bytes of input that the caller is going to copy to call->in
 * @nr_files: files that the caller is going to add
 *
 * Everything of BEGIN that can fail and needs neither user memory nor the
 * provider (R-ID).
 *
 * Return: the call with its execution's reference, or an ERR_PTR: -ENODEV,
 * -EINVAL, -E2BIG, -EDQUOT, -EAGAIN, -ENOMEM (B3).
 */
struct acall_call *acall_call_create(struct acall_interface *iface,
				     u32 method_nr, u32 in_len, u32 nr_files)
{
	struct acall_method method;
	struct acall_call *call;
	u64 bytes;
	int ret;

	ret = call_look_up(iface, method_nr, &method);
	if (ret)
		return ERR_PTR(ret);
	if (nr_files < method.files_min || nr_files > method.files_max)
		return ERR_PTR(-EINVAL);
	if (in_len > max(method.in_max, method.in_size))
		return ERR_PTR(-E2BIG);

	call = kmem_cache_zalloc(call_cache, GFP_KERNEL);
	if (!call)
		return ERR_PTR(-ENOMEM);
	refcount_set(&call->ref, 1);
	spin_lock_init(&call->lock);
	init_waitqueue_head(&call->wait);
	INIT_LIST_HEAD(&call->all);
	INIT_LIST_HEAD(&call->queue);
	hrtimer_setup(&call->grace, call_grace_expired, CLOCK_MONOTONIC,
		      HRTIMER_MODE_ABS_SOFT);
	call->id = new_id();
	call->owner_tgid = task_tgid_nr(current);
	call->method_nr = method_nr;
	call->grace_ns = method.grace_ns;
	call->caps = method.caps | ACALL_CAP_CANCEL;
	call->in_len = in_len;

	ret = -ENOMEM;
	call->payer = acall_payer_get_current();
	if (!call->payer)
		goto free;
	bytes = max(in_len, method.in_size) + method.priv_size;
	ret = acall_charge(call->payer, 1, bytes);
	if (ret)
		goto put_payer;
	call->charged = bytes;
	ret = call_alloc_buf(call, &method, nr_files);
	if (ret)
		goto uncharge;
	ret = -ENOMEM;
	call->identity = acall_identity_get_current();
	if (!call->identity)
		goto free_buf;
	acall_interface_get(iface);
	call->iface = iface;
	return call;

free_buf:
	kvfree(call->buf);
uncharge:
	acall_uncharge(call->payer, 1, call->charged);
put_payer:
	acall_payer_put(call->payer);
free:
	kmem_cache_free(call_cache, call);
	return ERR_PTR(ret);
}

/**
 * acall_call_add_file - pass a file to a call
 * @call: the call, not published
 * @file: the file; its reference is the call's from now on
 */
void acall_call_add_file(struct acall_call *call, struct file *file)
{
	acall_call_files(call)[call->nr_files++] = file;
}

static void call_leave_provider(struct acall_call *call)
{
	acall_lane_put(call->iface, call->lane);
	call->lane = NULL;
	/* After this the provider's text may be gone (R-UNLOAD). */
	call->method = NULL;
	acall_interface_unpin(call->iface, call);
}

/**
 * acall_call_prepare - ask the provider
 * @call: the call, not published, its input and files in place
 *
 * From here on the interface is pinned, until the execution has ended or is
 * undone.
 *
 * Return: 0, -ENODEV, -ENOMEM, or what the provider refuses with.
 */
int acall_call_prepare(struct acall_call *call)
{
	int ret;

	ret = acall_interface_pin(call->iface);
	if (ret)
		return ret;
	call->lane = acall_lane_get(call->iface,
				    acall_payer_owner(call->payer));
	if (!call->lane) {
		acall_interface_unpin(call->iface, NULL);
		return -ENOMEM;
	}
	call->method = acall_interface_method(call->iface, call->method_nr);
	if (call->method->prepare)
		ret = call->method->prepare(call);
	if (WARN_ONCE(ret > 0 || ret < -MAX_ERRNO,
		      "acall: %s: .prepare of method %u returned %d\n",
		      call->iface->name, call->method_nr, ret))
		ret = -EIO;
	if (ret)
		call_leave_provider(call);
	return ret;
}

/**
 * acall_call_publish - make a call ready to be seen
 * @call: the call, seen by the caller only
 * @object: the object that is going to hold it
 * @ledger: the object's ledger
 *
 * Takes the object's reference. If the object turns out to hold another call,
 * acall_call_undo() takes all of it back (B8).
 */
void acall_call_publish(struct acall_call *call, struct acall_object *object,
			struct acall_ledger *ledger)
{
	unsigned long flags;

	refcount_inc(&ledger->ref);
	call->ledger = ledger;
	call->object = object;
	acall_call_get(call);
	atomic_inc(&executions);
	atomic_inc(&ledger->executions);

	spin_lock_irqsave(&call->lock, flags);
	call->begin_ns = ktime_get_ns();
	call_step(call, ACALL_EVENT_PUBLISH, ACALL_REASON_NONE);
	spin_unlock_irqrestore(&call->lock, flags);
}

/* Everything that the execution holds; the charge stays with the call. */
static void call_release_execution(struct acall_call *call)
{
	struct file **files = acall_call_files(call);
	u32 i;

	if (call->method && call->method->release)
		call->method->release(call);
	for (i = 0; i < call->nr_files; i++) {
		/*
		 * A worker's fput() would be done some time later, when the
		 * client may long have been told that it is over (F8).
		 */
		if (current->flags & PF_KTHREAD)
			__fput_sync(files[i]);
		else
			fput(files[i]);
	}
	acall_identity_put(call->identity);
	call->identity = NULL;
	if (call->method)
		call_leave_provider(call);
}

/**
 * acall_call_undo - take back a call that nobody has seen
 * @call: the call, prepared or not; gone afterwards
 */
void acall_call_undo(struct acall_call *call)
{
	call_release_execution(call);
	if (call->ledger) {
		atomic_dec(&executions);
		atomic_dec(&call->ledger->executions);
	}
	acall_uncharge(call->payer, 1, call->charged);
	call_destroy(call);
}

/**
 * acall_call_start - about to enter the provider
 * @call: the call
 *
 * Context: runner.
 * Return: false if it was cancelled before; then acall_call_retire() it.
 */
bool acall_call_start(struct acall_call *call)
{
	enum acall_verdict verdict;
	unsigned long flags;

	spin_lock_irqsave(&call->lock, flags);
	verdict = call_step(call, ACALL_EVENT_START, ACALL_REASON_NONE);
	spin_unlock_irqrestore(&call->lock, flags);
	return verdict == ACALL_MADE;
}

/* Internal codes have no meaning to user space and no name in its errno.h. */
static int public_errno(struct acall_call *call, int ret)
{
	if (WARN_ONCE(ret > 0 || ret < -MAX_ERRNO,
		      "acall: %s: method %u returned %d\n",
		      call->iface->name, call->method_nr, ret))
		return -EIO;

	switch (ret) {
	case -ERESTARTSYS:
	case -ERESTARTNOINTR:
	case -ERESTARTNOHAND:
	case -ERESTART_RESTARTBLOCK:
		return -EINTR;
	case -ENOTSUPP:
		return -EOPNOTSUPP;
	case -ENOIOCTLCMD:
		return -ENOTTY;
	default:
		return ret <= -512 ? -EIO : ret;
	}
}

/* The execution has ended: its last word, its timer, its reference. */
static void call_settle(struct acall_call *call, enum acall_event event,
			int ret, u64 cpu_ns)
{
	unsigned long flags;
	bool disarmed;

	spin_lock_irqsave(&call->lock, flags);
	call->ret = ret;
	call->end_cpu_ns = cpu_ns;
	call_step(call, event, ACALL_REASON_NONE);
	/* If it runs already, it finds DONE and drops its reference itself. */
	disarmed = hrtimer_try_to_cancel(&call->grace) == 1;
	spin_unlock_irqrestore(&call->lock, flags);

	if (disarmed)
		acall_call_put(call);
	acall_call_put(call);
}

/**
 * acall_call_end - the provider has returned
 * @call: the call; the execution's reference is dropped
 * @ret: what .run returned
 * @cpu_ns: processor time it used
 *
 * Context: runner, no longer as the caller of BEGIN.
 */
void acall_call_end(struct acall_call *call, int ret, u64 cpu_ns)
{
	call_release_execution(call);
	ret = public_errno(call, ret);
	call_settle(call, ret == -ECANCELED || ret == -EINTR ?
		    ACALL_EVENT_STOP : ACALL_EVENT_RETURN, ret, cpu_ns);
}

/**
 * acall_call_retire - release a call that never ran
 * @call: the call, cancelled while it was queued; the execution's reference is
 *	dropped
 *
 * Context: kworker.
 */
void acall_call_retire(struct acall_call *call)
{
	call_release_execution(call);
	call_settle(call, ACALL_EVENT_RETIRE, 0, 0);
}

/*
 * The clock is the call's, not the canceller's (X9). Runs it, or, if it runs
 * already, lets it only become shorter.
 */
static void call_run_grace(struct acall_call *call, u64 grace_ns)
{
	ktime_t until;
	int armed;

	lockdep_assert_held(&call->lock);

	if (grace_ns >= KTIME_MAX)
		return;
	until = ktime_add_safe(ktime_get(), ns_to_ktime(grace_ns));
	armed = hrtimer_is_queued(&call->grace);
	if (armed && !ktime_before(until, hrtimer_get_expires(&call->grace)))
		return;
	armed = hrtimer_try_to_cancel(&call->grace);
	/* Expires this very moment: nothing is shorter. */
	if (armed < 0)
		return;
	if (!armed)
		acall_call_get(call);
	hrtimer_start(&call->grace, until, HRTIMER_MODE_ABS_SOFT);
}

static enum acall_verdict call_request(struct acall_call *call,
				       enum acall_event event,
				       enum acall_reason reason, u64 grace_ns)
{
	enum acall_verdict verdict;
	enum acall_phase phase;
	unsigned long flags;

	spin_lock_irqsave(&call->lock, flags);
	phase = acall_word_phase(call->word);
	verdict = call_step(call, event, reason);
	/*
	 * After the flag, under the lock under which the worker publishes
	 * itself and then looks at the flag: one of both sees the other
	 * (R-FLAG). It cannot be another call's worker (R-HANDLE).
	 */
	if (verdict == ACALL_MADE && call->task)
		send_sig(SIGKILL, call->task, 1);

	switch (acall_word_phase(call->word)) {
	case ACALL_PHASE_DEQUEUED:
		/* Nobody waits for a method, only for files to be dropped. */
		grace_ns = max_t(u64, grace_ns, RETIRE_GRACE_NS);
		if (verdict == ACALL_MADE || reason != ACALL_REASON_CLIENT)
			call_run_grace(call, grace_ns);
		break;
	case ACALL_PHASE_CANCELLING:
		if (verdict == ACALL_MADE)
			call_run_grace(call, grace_ns);
		else if (reason == ACALL_REASON_CLIENT)
			break;
		/* Who closes or goes away need not wait for others' patience. */
		else if (grace_ns)
			call_run_grace(call, grace_ns);
		else
			call_step(call, ACALL_EVENT_EXPIRE, reason);
		break;
	default:
		break;
	}
	spin_unlock_irqrestore(&call->lock, flags);

	if (verdict == ACALL_MADE && phase == ACALL_PHASE_QUEUED)
		acall_runner_dequeue(call);
	return verdict;
}

/**
 * acall_call_cancel - ask a call to stop
 * @call: the call
 * @reason: who asks
 * @grace_ns: when to abandon it if it has not stopped; U64_MAX = never
 *
 * Does not wait. The provider sees the request before this returns (X2).
 *
 * Context: process.
 * Return: ACALL_MADE, ACALL_TOO_LATE or ACALL_ALREADY.
 */
enum acall_verdict acall_call_cancel(struct acall_call *call,
				     enum acall_reason reason, u64 grace_ns)
{
	if (!grace_ns)
		return acall_call_abandon(call, reason);
	return call_request(call, ACALL_EVENT_CANCEL, reason, grace_ns);
}

/**
 * acall_call_abandon - ask a call to stop and free its client at once
 * @call: the call
 * @reason: who asks
 *
 * Context, return: as acall_call_cancel().
 */
enum acall_verdict acall_call_abandon(struct acall_call *call,
				      enum acall_reason reason)
{
	return call_request(call, ACALL_EVENT_ABANDON, reason, 0);
}

/**
 * acall_call_consume - a FINISH has taken the result
 * @call: the call, no longer its object's; the caller keeps its own reference
 *
 * Return: true; false is a bug and warned about.
 */
bool acall_call_consume(struct acall_call *call)
{
	enum acall_verdict verdict;
	unsigned long flags;

	spin_lock_irqsave(&call->lock, flags);
	verdict = call_step(call, ACALL_EVENT_CONSUME, ACALL_REASON_NONE);
	spin_unlock_irqrestore(&call->lock, flags);
	return !WARN_ON_ONCE(verdict != ACALL_MADE);
}

/**
 * acall_call_drop - the last close: nobody will take the result
 * @call: the call, no longer its object's; the object's reference is dropped
 *
 * Never blocks (R-WAITK): asks for the cancel and leaves.
 */
void acall_call_drop(struct acall_call *call)
{
	unsigned long flags;

	spin_lock_irqsave(&call->lock, flags);
	call->object = NULL;
	call_step(call, ACALL_EVENT_DROP, ACALL_REASON_NONE);
	spin_unlock_irqrestore(&call->lock, flags);

	acall_call_cancel(call, ACALL_REASON_CLOSE, call->grace_ns);
	acall_call_put(call);
}

/**
 * acall_call_wait - sleep until a call is done
 * @call: the call; the caller has a reference, so it answers for this one
 *	whatever becomes of the object meanwhile (W5)
 * @until: absolute CLOCK_MONOTONIC ns, U64_MAX = for ever
 *
 * Return: 0, -ETIMEDOUT, -ERESTARTSYS.
 */
int acall_call_wait(struct acall_call *call, u64 until)
{
	ktime_t expires = ns_to_ktime(min_t(u64, until, KTIME_MAX));
	DEFINE_WAIT(wait);
	int ret = 0;

	if (acall_call_done(call))
		return 0;
	if (until <= ktime_get_ns())
		return -ETIMEDOUT;

	for (;;) {
		prepare_to_wait(&call->wait, &wait, TASK_INTERRUPTIBLE);
		if (acall_call_done(call))
			break;
		ret = -ERESTARTSYS;
		if (signal_pending(current))
			break;
		ret = -ETIMEDOUT;
		if (!schedule_hrtimeout_range(until < KTIME_MAX ? &expires :
					      NULL, 0, HRTIMER_MODE_ABS) &&
		    !acall_call_done(call))
			break;
		ret = 0;
	}
	finish_wait(&call->wait, &wait);
	return ret;
}

/**
 * acall_call_snapshot - a consistent picture
 * @call: the call
 * @snap: written; cancel_tgid in current's pid namespace
 */
void acall_call_snapshot(struct acall_call *call, struct acall_snapshot *snap)
{
	struct pid *pid;
	unsigned long flags;
	bool done;

	spin_lock_irqsave(&call->lock, flags);
	snap->word = call->word;
	done = acall_word_done(snap->word);
	snap->status = acall_word_status(snap->word, call->ret);
	/* Output belongs to a success of the provider's own (F4). */
	snap->out_len = 0;
	if (acall_word_phase(snap->word) == ACALL_PHASE_COMPLETED && !call->ret)
		snap->out_len = call->out_len;
	/* Of an abandoned call only what was true when it was cut. */
	snap->progress = done ? call->end_progress :
				atomic64_read(&call->progress);
	snap->total = done ? call->end_total : atomic64_read(&call->total);
	snap->begin_ns = call->begin_ns;
	snap->start_ns = call->start_ns;
	snap->cancel_ns = call->cancel_ns;
	snap->look_ns = atomic64_read(&call->look_ns);
	snap->end_ns = call->end_ns;
	snap->cpu_ns = 0;
	if (acall_word_phase(snap->word) != ACALL_PHASE_ABANDONED)
		snap->cpu_ns = call->end_cpu_ns;
	pid = call->cancel_pid;
	spin_unlock_irqrestore(&call->lock, flags);
	/* Set once, and ours as long as the call is. */
	snap->cancel_tgid = pid_vnr(pid);
}

u32 acall_calls_executions(void)
{
	return atomic_read(&executions);
}

u32 acall_calls_orphans(void)
{
	return atomic_read(&orphans);
}
