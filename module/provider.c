// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a method may do with its call: the functions of acall/provider.h, where
 * they are documented. All take the call, none looks at current to find it (P4).
 *
 * The race it is about is a cancel against a worker that is about to become
 * stoppable; acall_killable_begin() and signal_worker() in cancel.c are its two
 * sides.
 */
#include <linux/export.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/overflow.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "call.h"
#include "debug/delay.h"
#include "interface.h"
#include "power.h"
#include "session.h"
#include "trace/trace.h"
#include "user/limits.h"
#include "wait/alarm.h"

static bool stop_signal = true;
module_param(stop_signal, bool, 0644);
MODULE_PARM_DESC(stop_signal,
		 "stop KILLABLE methods inside kernel code by a signal");

void *acall_in(struct acall_call *call)
{
	return call->in;
}
EXPORT_SYMBOL_GPL(acall_in);

u32 acall_in_len(const struct acall_call *call)
{
	return call->in_len;
}
EXPORT_SYMBOL_GPL(acall_in_len);

int acall_out_alloc(struct acall_call *call, u32 len)
{
	int ret;

	if (len > call->method->out_max || WARN_ON_ONCE(call->out))
		return -EINVAL;
	if (!len)
		return 0;
	ret = acall_charge(call->payer, 0, len);
	if (ret)
		return ret;
	call->charged += len;
	call->out = kvzalloc(len, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!call->out)
		return -ENOMEM;
	call->out_size = len;
	return 0;
}
EXPORT_SYMBOL_GPL(acall_out_alloc);

void *acall_out(struct acall_call *call)
{
	return call->out;
}
EXPORT_SYMBOL_GPL(acall_out);

void acall_out_set_len(struct acall_call *call, u32 len)
{
	if (WARN_ON_ONCE(len > call->out_size))
		len = call->out_size;
	call->out_len = len;
}
EXPORT_SYMBOL_GPL(acall_out_set_len);

int acall_add_file_out(struct acall_call *call, struct file *file)
{
	if (call->nr_files_out == call->max_files_out)
		return -ENOSPC;
	call->files_out[call->nr_files_out++] = file;
	return 0;
}
EXPORT_SYMBOL_GPL(acall_add_file_out);

void *acall_private(struct acall_call *call)
{
	return call->priv;
}
EXPORT_SYMBOL_GPL(acall_private);

u32 acall_method_nr(const struct acall_call *call)
{
	return call->method_nr;
}
EXPORT_SYMBOL_GPL(acall_method_nr);

struct file *acall_file(const struct acall_call *call, u32 index)
{
	if (WARN_ON_ONCE(index >= call->nr_files))
		return NULL;
	return call->files[index].file;
}
EXPORT_SYMBOL_GPL(acall_file);

u32 acall_version(const struct acall_call *call)
{
	return call->version;
}
EXPORT_SYMBOL_GPL(acall_version);

void *acall_interface_data(const struct acall_call *call)
{
	return call->iface->data;
}
EXPORT_SYMBOL_GPL(acall_interface_data);

void *acall_object_private(const struct acall_call *call)
{
	return acall_session_private(call->session);
}
EXPORT_SYMBOL_GPL(acall_object_private);

void acall_get(struct acall_call *call)
{
	WRITE_ONCE(call->touched, true);
	acall_call_get(call);
}
EXPORT_SYMBOL_GPL(acall_get);

void acall_put(struct acall_call *call)
{
	acall_call_put(call);
}
EXPORT_SYMBOL_GPL(acall_put);

int acall_commit(struct acall_call *call)
{
	unsigned long flags;
	bool committed;

	WARN_ON_ONCE(!(call->caps & ACALL_CAP_COMMITS));
	acall_delay(ACALL_AT_COMMIT);

	WRITE_ONCE(call->touched, true);
	spin_lock_irqsave(&call->lock, flags);
	acall_call_step(call, ACALL_EVENT_COMMIT, ACALL_REASON_NONE);
	/* Also if it was before, and a cancel is visible since. */
	committed = call->word & ACALL_WORD_COMMITTED;
	spin_unlock_irqrestore(&call->lock, flags);
	return committed ? 0 : -ECANCELED;
}
EXPORT_SYMBOL_GPL(acall_commit);

void acall_works_on(struct acall_call *call, const struct inode *inode)
{
	call->place_dev = inode->i_sb->s_dev;
	call->place_ino = inode->i_ino;
}
EXPORT_SYMBOL_GPL(acall_works_on);

u32 acall_nr_files(const struct acall_call *call)
{
	return call->nr_files;
}
EXPORT_SYMBOL_GPL(acall_nr_files);

const struct cred *acall_cred(const struct acall_call *call)
{
	return call->identity.cred;
}
EXPORT_SYMBOL_GPL(acall_cred);

u64 acall_fsize_limit(const struct acall_call *call)
{
	return call->identity.fsize;
}
EXPORT_SYMBOL_GPL(acall_fsize_limit);

bool acall_cancelled(struct acall_call *call)
{
	/*
	 * Cheap, and from before the look: no later than a request that it has not
	 * seen. Of those that see one there are few.
	 */
	u64 now = ktime_get_coarse_ns();

	if (!acall_word_reason(acall_call_word(call))) {
		atomic64_set(&call->look_ns, now);
		return false;
	}
	atomic64_set(&call->look_ns, ktime_get_ns());
	trace_acall_seen(call->id);
	return true;
}
EXPORT_SYMBOL_GPL(acall_cancelled);

int acall_checkpoint(struct acall_call *call)
{
	acall_power_park(call);
	return acall_cancelled(call) ? -ECANCELED : 0;
}
EXPORT_SYMBOL_GPL(acall_checkpoint);

void acall_progress(struct acall_call *call, u64 done, u64 total)
{
	if (WARN_ON_ONCE(done < atomic64_read(&call->progress)))
		return;
	WRITE_ONCE(call->touched, true);
	atomic64_set(&call->progress, done);
	atomic64_set(&call->total, total);
}
EXPORT_SYMBOL_GPL(acall_progress);

int acall_killable_begin(struct acall_call *call)
{
	bool killable = call->caps & ACALL_CAP_KILLABLE;
	bool signal = killable && READ_ONCE(stop_signal);
	bool cancelled;

	WARN_ON_ONCE(!killable || call->task);
	acall_power_park(call);

	/* Ready for the signal before anybody can send it, or it is lost. */
	if (signal)
		allow_kernel_signal(SIGKILL);
	acall_delay(ACALL_AT_KILLABLE_BEGIN);
	spin_lock_irq(&call->lock);
	/* Published and looked under the lock that the canceller takes. */
	cancelled = acall_cancelled(call);
	if (!cancelled && signal)
		call->task = current;
	spin_unlock_irq(&call->lock);
	if (!cancelled)
		return 0;
	if (signal)
		disallow_signal(SIGKILL);
	return -ECANCELED;
}
EXPORT_SYMBOL_GPL(acall_killable_begin);

void acall_killable_end(struct acall_call *call)
{
	bool signal;

	spin_lock_irq(&call->lock);
	signal = call->task;
	call->task = NULL;
	spin_unlock_irq(&call->lock);
	acall_delay(ACALL_AT_KILLABLE_END);
	/* Nobody can send any more; this also flushes what came. */
	if (signal)
		disallow_signal(SIGKILL);
}
EXPORT_SYMBOL_GPL(acall_killable_end);

int acall_stopped(struct acall_call *call, ssize_t ret)
{
	bool stopped = ret >= 0;

	switch (ret) {
	case -ERESTARTSYS:
	case -ERESTARTNOINTR:
	case -ERESTARTNOHAND:
	case -ERESTART_RESTARTBLOCK:
	case -ECANCELED:
	case -EINTR:
		stopped = true;
		if (ret != -ECANCELED)
			ret = -EINTR;
		break;
	}
	if (stopped && acall_cancelled(call))
		return -ECANCELED;
	return ret < 0 ? ret : 0;
}
EXPORT_SYMBOL_GPL(acall_stopped);

int acall_sleep(struct acall_call *call, u64 ns)
{
	u64 until;

	/* What is too far away to be told is never reached. */
	if (check_add_overflow(ktime_get_ns(), ns, &until))
		until = U64_MAX;
	return acall_wait_until(call->wait, acall_cancelled(call), TASK_IDLE,
				until) ? 0 : -ECANCELED;
}
EXPORT_SYMBOL_GPL(acall_sleep);

void acall_wait_add(struct acall_call *call, struct wait_queue_entry *entry)
{
	add_wait_queue(&call->wait, entry);
	/* Whoever cancels looks at the queue after the flag: wq_has_sleeper(). */
	smp_mb();
}
EXPORT_SYMBOL_GPL(acall_wait_add);

void acall_wait_remove(struct acall_call *call, struct wait_queue_entry *entry)
{
	remove_wait_queue(&call->wait, entry);
}
EXPORT_SYMBOL_GPL(acall_wait_remove);
