// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file of a call queue: its ioctls, mapping, poll and fdinfo. ENTER is in
 * enter.c, cancels in cancel.c.
 *
 * No lock is held over user memory: an operation looks its call up by the handle,
 * and takes a reference if it is one of its own; else what it needs is copied.
 */
#include <linux/anon_inodes.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/poll.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>

#include "call.h"
#include "device.h"
#include "interface.h"
#include "ledger.h"
#include "queue/queue.h"

/* What the handle names, with a reference or a copy. */
static int look(struct acall_queue *queue, u64 handle,
		struct acall_slot_snapshot *snap, struct acall_call **call)
{
	struct acall_slot *slot = acall_slot_of(queue, handle);

	return slot && handle ? acall_slot_look(queue, slot, handle, snap, call) :
				-ESRCH;
}

static void look_end(struct acall_slot_snapshot *snap, struct acall_call *call)
{
	if (call)
		acall_call_put(call);
	else
		acall_slot_look_end(snap);
}

static int exists(struct acall_queue *queue, u64 handle)
{
	struct acall_slot_snapshot snap;
	struct acall_call *call;
	int ret = look(queue, handle, &snap, &call);

	if (!ret)
		look_end(&snap, call);
	return ret;
}

static int ioctl_wait(struct acall_queue *queue, struct file *file,
		      void __user *user)
{
	struct acall_wait args;
	u64 until;
	int ret;

	ret = ARGS_GET(&args, QUEUE_WAIT, user);
	if (ret)
		return ret;
	ret = acall_check_wait(&args);
	if (ret)
		return ret;
	until = acall_time_from_user(args.until);
	if (args.flags & ACALL_WAIT_SETTLED) {
		ret = acall_queue_wait_settled(queue, args.call_id, until);
		/* Restarted, "all that had begun" would be more than before. */
		return ret == -ERESTARTSYS && !args.call_id ? -EINTR : ret;
	}
	return exists(queue, args.call_id) ?:
	       acall_queue_wait_slot(queue, args.call_id, until);
}

static void fill_finish(struct acall_finish *args,
			const struct acall_slot_snapshot *snap)
{
	args->out_len = 0;
	args->nr_files = 0;
	args->status = snap->status;
	args->outcome = snap->outcome;
	args->result = snap->result;
	args->method = snap->method_nr;
	args->user_data = snap->user_data;
	args->progress = snap->progress;
	args->total = snap->total;
	args->begin_ns = acall_time_to_user(snap->begin_ns);
	args->start_ns = acall_time_to_user(snap->start_ns);
	args->cancel_ns = acall_time_to_user(snap->cancel_ns);
	args->end_ns = acall_time_to_user(snap->end_ns);
	args->cpu_ns = 0;
}

/* Copies everything out, then tries to be the one who finishes (F5). */
static int finish_done(struct acall_queue *queue, u64 handle,
		       const struct acall_slot_snapshot *snap,
		       struct acall_call *call, struct acall_finish *args,
		       void __user *user)
{
	struct acall_taking taking = {};
	u32 size = args->size;
	int ret = 0;

	if (call)
		ret = acall_finish_copy(call, args, &taking);
	else
		fill_finish(args, snap);
	args->call_id = handle;
	if ((!ret || ret == -EMSGSIZE) &&
	    acall_args_put(user, args, sizeof(*args), size))
		ret = -EFAULT;
	if (!ret && !acall_queue_finish(queue, handle))
		ret = -ESRCH;
	if (ret)
		acall_finish_leave(&taking);
	else
		acall_finish_install(&taking);
	return ret;
}

static bool is_done(const struct acall_slot_snapshot *snap,
		    const struct acall_call *call)
{
	return call ? acall_call_done(call) : snap->state == ACALL_STATE_DONE;
}

static int ioctl_finish(struct acall_queue *queue, struct file *file,
			void __user *user)
{
	struct acall_slot_snapshot snap;
	struct acall_finish args;
	struct acall_call *call;
	bool nonblock;
	u64 handle;
	int ret;

	ret = ARGS_GET(&args, QUEUE_FINISH, user);
	if (ret)
		return ret;
	ret = acall_check_finish(&args);
	if (ret)
		return ret;
	handle = args.call_id;
	nonblock = args.flags & ACALL_FINISH_NONBLOCK ||
		   file->f_flags & O_NONBLOCK;
	if (!nonblock) {
		ret = exists(queue, handle) ?:
		      acall_queue_wait_slot(queue, handle, U64_MAX);
		if (ret)
			return ret;
	}
	ret = look(queue, handle, &snap, &call);
	if (ret)
		return ret;
	ret = is_done(&snap, call) ?
	      finish_done(queue, handle, &snap, call, &args, user) : -EAGAIN;
	look_end(&snap, call);
	return ret;
}

static void fill_query(struct acall_query *args,
		       const struct acall_slot_snapshot *snap)
{
	args->state = snap->state;
	args->outcome = snap->outcome;
	args->status = snap->status;
	args->result = snap->result;
	args->method = snap->method_nr;
	args->caps = snap->caps;
	args->grace_ns = snap->grace_ns;
	args->reason = snap->reason;
	args->cancel_tgid = snap->cancel_tgid;
	args->user_data = snap->user_data;
	args->progress = snap->progress;
	args->total = snap->total;
	args->begin_ns = acall_time_to_user(snap->begin_ns);
	args->start_ns = acall_time_to_user(snap->start_ns);
	args->cancel_ns = acall_time_to_user(snap->cancel_ns);
	args->end_ns = acall_time_to_user(snap->end_ns);
}

static int ioctl_query(struct acall_queue *queue, struct file *file,
		       void __user *user)
{
	struct acall_slot_snapshot snap;
	struct acall_query args;
	struct acall_call *call;
	u64 handle;
	u32 size;
	int ret;

	ret = ARGS_GET(&args, QUEUE_QUERY, user);
	if (ret)
		return ret;
	ret = acall_check_query(&args);
	if (ret)
		return ret;
	size = args.size;
	handle = args.call_id;
	memset(&args, 0, sizeof(args));
	if (handle) {
		ret = look(queue, handle, &snap, &call);
		if (ret)
			return ret;
		if (call)
			acall_query_fill(&args, call);
		else
			fill_query(&args, &snap);
		look_end(&snap, call);
	}
	args.call_id = handle;
	args.orphans = READ_ONCE(queue->ledger->orphans);
	args.executions = READ_ONCE(queue->ledger->executions) +
			  atomic_read(&queue->shorts_live);
	return acall_args_put(user, &args, sizeof(args), size);
}

static int ioctl_cancel(struct acall_queue *queue, struct file *file,
			void __user *user)
{
	return acall_ioctl_queue_cancel(queue, user);
}

static int ioctl_enter(struct acall_queue *queue, struct file *file,
		       void __user *user)
{
	return acall_ioctl_enter(queue, user);
}

static int ioctl_cancel_match(struct acall_queue *queue, struct file *file,
			      void __user *user)
{
	return acall_ioctl_cancel_match(queue, user);
}

#define ACALL_IOC_QUEUE_WAIT	ACALL_IOC_WAIT
#define ACALL_IOC_QUEUE_FINISH	ACALL_IOC_FINISH
#define ACALL_IOC_QUEUE_CANCEL	ACALL_IOC_CANCEL
#define ACALL_IOC_QUEUE_QUERY	ACALL_IOC_QUERY

/* Those of a call object that a queue has not are NULL. */
static int (*const queue_ops[])(struct acall_queue *queue, struct file *file,
				void __user *user) = {
#define OP(_name, _function, _type, _last, _flags)			\
	[_IOC_NR(ACALL_IOC_##_name) - _IOC_NR(ACALL_IOC_BEGIN)] =	\
		ioctl_##_function
#include "ops_queue.h"
#undef OP
};

static long queue_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	unsigned int nr = cmd - ACALL_IOC_BEGIN;

	if (nr >= ARRAY_SIZE(queue_ops))
		return -ENOTTY;
	nr = array_index_nospec(nr, ARRAY_SIZE(queue_ops));
	if (!queue_ops[nr])
		return -ENOTTY;
	return queue_ops[nr](file->private_data, file, (void __user *)arg);
}

static __poll_t queue_poll(struct file *file, poll_table *pt)
{
	return acall_queue_poll(file->private_data, file, pt);
}

static int queue_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct acall_queue *queue = file->private_data;

	return acall_rings_map(&queue->rings, vma);
}

static int queue_release(struct inode *inode, struct file *file)
{
	acall_queue_close(file->private_data);
	return 0;
}

static void queue_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct acall_queue *queue = file->private_data;
	u32 free, pending, done;

	spin_lock_irq(&queue->lock);
	free = queue->nr_free;
	pending = queue->pending;
	done = queue->comp_tail - queue->comp_head;
	spin_unlock_irq(&queue->lock);
	seq_printf(m, "acall-interface:\t%s\n", queue->iface->name);
	seq_printf(m, "acall-version:\t%u\n", queue->version);
	seq_printf(m, "acall-orphans:\t%u\n",
		   READ_ONCE(queue->ledger->orphans));
	seq_printf(m, "acall-slots:\t%u\n", queue->nr_slots);
	seq_printf(m, "acall-free:\t%u\n", free);
	seq_printf(m, "acall-pending:\t%u\n", pending);
	seq_printf(m, "acall-done:\t%u\n", done);
	seq_printf(m, "acall-executions:\t%u\n",
		   READ_ONCE(queue->ledger->executions) +
		   atomic_read(&queue->shorts_live));
}

static const struct file_operations queue_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= queue_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.mmap		= queue_mmap,
	.poll		= queue_poll,
	.release	= queue_release,
	.show_fdinfo	= queue_show_fdinfo,
	.llseek		= noop_llseek,
};

bool acall_is_queuefd(const struct file *file)
{
	return file->f_op == &queue_fops;
}

/**
 * acall_queuefd_create - a file with a new queue
 * @iface: its interface
 * @args: checked, @version known; out fields are written
 *
 * Return: the file, or an ERR_PTR.
 */
struct file *acall_queuefd_create(struct acall_interface *iface,
				  struct acall_create_queue *args)
{
	bool nonblock = args->flags & ACALL_CREATE_NONBLOCK;
	struct acall_queue *queue;
	void *base;
	struct file *file;

	if (!args->entries)
		args->entries = min_t(u32, roundup_pow_of_two(args->slots), 256);
	queue = acall_queue_create(iface, args->version, args->slots,
				   args->entries,
				   args->flags & ACALL_CREATE_DETACH);
	if (IS_ERR(queue))
		return ERR_CAST(queue);
	base = queue->rings.ring;
	args->completions = queue->rings.nr_completions;
	args->submission_offset = (void *)queue->rings.submissions - base;
	args->completion_offset = (void *)queue->rings.completions - base;
	args->map_size = queue->rings.size;
	file = anon_inode_getfile("[acall-queue]", &queue_fops, queue,
				  O_RDWR | (nonblock ? O_NONBLOCK : 0));
	if (IS_ERR(file))
		acall_queue_close(queue);
	return file;
}
