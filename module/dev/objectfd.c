// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file of a call object: its ioctls, poll and fdinfo. One function for each
 * ioctl, readable from the header's description down.
 *
 * No lock is held over user memory: every operation takes a reference on the
 * call it speaks of and lets go of the object. So a thread that stalls in a
 * page fault holds up nobody (F5, R-LOCKW).
 */
#include <linux/anon_inodes.h>
#include <linux/fs.h>
#include <linux/nospec.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>

#include "call.h"
#include "device.h"
#include "interface.h"
#include "ledger.h"
#include "object.h"

/* What BEGIN and CALL, which @waits, have in common. */
static struct acall_call *begin(struct acall_object *object,
				const struct acall_begin *args,
				u64 __user *call_id, bool waits)
{
	const struct acall_beginner who = {
		.iface = object->iface,
		.payer = object->payer,
		.session = object->session,
		.version = object->version,
	};
	struct acall_call *call;
	int ret;

	call = acall_begin_prepare(&who, args, NULL, call_id, waits);
	if (IS_ERR(call))
		return call;
	/* Ours: from now on others may finish it. */
	acall_call_get(call);
	ret = acall_object_begin(object, call);
	if (ret) {
		acall_call_put(call);
		acall_call_undo(call);
		return ERR_PTR(ret);
	}
	if (call->deadline != U64_MAX)
		acall_begin_wait(call);
	return call;
}

static int ioctl_begin(struct acall_object *object, struct file *file,
		       void __user *user)
{
	struct acall_begin __user *out = user;
	struct acall_begin args;
	struct acall_call *call;
	int ret;

	ret = ARGS_GET(&args, BEGIN, user);
	if (ret)
		return ret;
	if (acall_object_busy(object))
		return -EBUSY;
	call = begin(object, &args, &out->call_id, false);
	if (IS_ERR(call))
		return PTR_ERR(call);
	acall_call_put(call);
	return 0;
}

/*
 * A sleeper that is interrupted and restarted goes on with its own call, also if
 * it has not named it (W5): the next try finds the name in its structure.
 */
static int restart_as(struct acall_call *call, int ret, u64 __user *call_id)
{
	if (ret == -ERESTARTSYS && put_user(call->id, call_id))
		return -EINTR;
	return ret;
}

static int wait_settled(struct acall_object *object, u64 id, u64 until)
{
	struct acall_call *call;
	int ret;

	if (!id) {
		ret = acall_ledger_wait_before(object->ledger,
					       acall_ledger_begun(object->ledger),
					       until);
		/* Restarted, "all that had begun" would be more than before. */
		return ret == -ERESTARTSYS ? -EINTR : ret;
	}
	call = acall_ledger_find(object->ledger, id);
	if (!call)
		return 0;
	ret = acall_ledger_wait(object->ledger, call, until);
	acall_call_put(call);
	return ret;
}

static int ioctl_wait(struct acall_object *object, struct file *file,
		      void __user *user)
{
	struct acall_wait __user *out = user;
	struct acall_call *call;
	struct acall_wait args;
	int ret;

	ret = ARGS_GET(&args, WAIT, user);
	if (ret)
		return ret;
	ret = acall_check_wait(&args);
	if (ret)
		return ret;
	if (args.flags & ACALL_WAIT_SETTLED)
		return wait_settled(object, args.call_id,
				    acall_time_from_user(args.until));

	call = acall_object_get_call(object, args.call_id);
	if (!call)
		return -ESRCH;
	ret = acall_call_wait(call, acall_time_from_user(args.until));
	ret = restart_as(call, ret, &out->call_id);
	acall_call_put(call);
	return ret;
}

/* Copies everything out, then tries to be the one who consumes (F5). */
static int finish_done(struct acall_object *object, struct acall_call *call,
		       struct acall_finish *args, void __user *user)
{
	struct acall_taking taking;
	u32 size = args->size;
	int ret;

	ret = acall_finish_copy(call, args, &taking);
	if ((!ret || ret == -EMSGSIZE) &&
	    acall_args_put(user, args, sizeof(*args), size))
		ret = -EFAULT;
	if (!ret)
		return acall_finish_take(object, call, &taking);
	acall_finish_leave(&taking);
	return ret;
}

static int ioctl_finish(struct acall_object *object, struct file *file,
			void __user *user)
{
	struct acall_finish __user *out = user;
	struct acall_finish args;
	struct acall_call *call;
	int ret;

	ret = ARGS_GET(&args, FINISH, user);
	if (ret)
		return ret;
	ret = acall_check_finish(&args);
	if (ret)
		return ret;

	call = acall_object_get_call(object, args.call_id);
	if (!call)
		return -ESRCH;
	if (args.flags & ACALL_FINISH_NONBLOCK || file->f_flags & O_NONBLOCK)
		ret = acall_call_done(call) ? 0 : -EAGAIN;
	else
		ret = acall_call_wait(call, U64_MAX);
	if (!ret)
		ret = finish_done(object, call, &args, user);
	ret = restart_as(call, ret, &out->call_id);
	acall_call_put(call);
	return ret;
}

/* As FINISH does, into the other structure. */
static int call_copy(struct acall_call *call, struct acall_call_args *args,
		     void __user *user, struct acall_taking *taking)
{
	struct acall_finish finish = {
		.out = args->out,
		.out_len = args->out_len,
		.files = args->files_out,
		.nr_files = args->nr_files_out,
	};
	int ret;

	ret = acall_finish_copy(call, &finish, taking);
	args->out_len = finish.out_len;
	args->nr_files_out = finish.nr_files;
	args->status = finish.status;
	args->call_id = finish.call_id;
	args->outcome = finish.outcome;
	args->result = finish.result;
	args->progress = finish.progress;
	args->total = finish.total;
	args->begin_ns = finish.begin_ns;
	args->start_ns = finish.start_ns;
	args->cancel_ns = finish.cancel_ns;
	args->end_ns = finish.end_ns;
	args->cpu_ns = finish.cpu_ns;
	if ((!ret || ret == -EMSGSIZE) &&
	    acall_args_put(user, args, sizeof(*args), args->size))
		ret = -EFAULT;
	return ret;
}

/*
 * CALL: finish. A brief call is not in the table yet, and nobody must be able to
 * hide it by stalling in a page fault (X13): so at first there are none.
 */
static int call_done(struct acall_object *object, struct acall_call *call,
		     struct acall_call_args *args, void __user *user)
{
	u32 room = args->out_len, slots = args->nr_files_out;
	struct acall_taking taking;
	int ret;

	if (call->brief)
		pagefault_disable();
	ret = call_copy(call, args, user, &taking);
	if (call->brief) {
		pagefault_enable();
		if (ret) {
			acall_finish_leave(&taking);
			acall_table_add(call);
			args->out_len = room;
			args->nr_files_out = slots;
			ret = call_copy(call, args, user, &taking);
		}
	}
	if (!ret)
		return acall_finish_take(object, call, &taking);
	acall_finish_leave(&taking);
	return ret;
}

/*
 * From the publication on the call exists, and call_id in user memory says so;
 * an error before sets it to 0 again (S2). Never restarted: it would begin twice
 * (R-RESTART).
 */
static int ioctl_call(struct acall_object *object, struct file *file,
		      void __user *user)
{
	struct acall_call_args __user *out = user;
	struct acall_call_args args;
	struct acall_begin terms;
	struct acall_call *call;
	int ret;

	ret = ARGS_GET(&args, CALL, user);
	if (ret)
		return ret;
	if (put_user(0, &out->call_id))
		return -EFAULT;
	if (acall_object_busy(object))
		return -EBUSY;
	terms = (struct acall_begin){
		.flags = args.flags,
		.method = args.method,
		.nr_files = args.nr_files,
		.files = args.files,
		.in = args.in,
		.in_len = args.in_len,
		.user_data = args.user_data,
		.deadline = args.deadline,
		.grace_ns = args.grace_ns,
	};
	call = begin(object, &terms, &out->call_id, true);
	if (IS_ERR(call))
		return put_user(0, &out->call_id) ? -EFAULT : PTR_ERR(call);

	ret = acall_call_wait(call, U64_MAX);
	if (!ret) {
		ret = call_done(object, call, &args, user);
	} else {
		/* Whoever shares the fd must not find it running on (S1). */
		if (fatal_signal_pending(current))
			acall_call_cancel_by(call, ACALL_REASON_CLIENT);
		ret = -EINTR;
	}
	acall_call_put(call);
	return ret;
}

/**
 * acall_query_fill - what QUERY says of a call
 * @args: written, but for what it says of others
 * @call: the call; the caller has a reference
 */
void acall_query_fill(struct acall_query *args, struct acall_call *call)
{
	struct acall_snapshot snap;

	acall_call_snapshot(call, &snap);
	args->call_id = call->id;
	args->state = acall_word_state(snap.word);
	args->outcome = acall_word_outcome(snap.word);
	args->status = snap.status;
	args->method = call->method_nr;
	args->caps = call->caps;
	args->result = acall_word_result(snap.word);
	args->reason = acall_word_reason(snap.word);
	args->cancel_tgid = snap.cancel_tgid;
	args->user_data = call->user_data;
	args->progress = snap.progress;
	args->total = snap.total;
	args->grace_ns = call->grace_ns;
	args->begin_ns = acall_time_to_user(snap.begin_ns);
	args->start_ns = acall_time_to_user(snap.start_ns);
	args->cancel_ns = acall_time_to_user(snap.cancel_ns);
	args->look_ns = acall_time_to_user(snap.look_ns);
	args->end_ns = acall_time_to_user(snap.end_ns);
	args->worker_pid = snap.worker_pid;
}

static int ioctl_query(struct acall_object *object, struct file *file,
		       void __user *user)
{
	struct acall_query args;
	struct acall_call *call;
	u32 size;
	u64 id;
	int ret;

	ret = ARGS_GET(&args, QUERY, user);
	if (ret)
		return ret;
	ret = acall_check_query(&args);
	if (ret)
		return ret;
	size = args.size;
	id = args.call_id;

	memset(&args, 0, sizeof(args));
	call = acall_object_get_call(object, id);
	if (call) {
		acall_query_fill(&args, call);
		acall_call_put(call);
	} else if (id) {
		return -ESRCH;
	}
	args.orphans = READ_ONCE(object->ledger->orphans);
	args.executions = READ_ONCE(object->ledger->executions);
	return acall_args_put(user, &args, sizeof(args), size);
}

static int ioctl_cancel(struct acall_object *object, struct file *file,
			void __user *user)
{
	return acall_ioctl_cancel(object, user);
}

static int (*const object_ops[])(struct acall_object *object,
				 struct file *file, void __user *user) = {
#define OP(_name, _function, _type, _last, _flags)			\
	[_IOC_NR(ACALL_IOC_##_name) - _IOC_NR(ACALL_IOC_BEGIN)] =	\
		ioctl_##_function
#include "ops_object.h"
#undef OP
};

/* Without a gap, and so without a NULL. */
static_assert(ARRAY_SIZE(object_ops) == ACALL_OP_QUEUE_WAIT - ACALL_OP_BEGIN);

static long object_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	unsigned int nr = cmd - ACALL_IOC_BEGIN;

	if (nr >= ARRAY_SIZE(object_ops))
		return -ENOTTY;
	nr = array_index_nospec(nr, ARRAY_SIZE(object_ops));
	return object_ops[nr](file->private_data, file, (void __user *)arg);
}

static __poll_t object_poll(struct file *file, poll_table *pt)
{
	return acall_object_poll(file->private_data, file, pt);
}

static int object_release(struct inode *inode, struct file *file)
{
	acall_object_destroy(file->private_data);
	return 0;
}

static void show_time(struct seq_file *m, const char *what, u64 ns)
{
	seq_printf(m, "acall-%s-ns:\t%llu\n", what, acall_time_to_user(ns));
}

static void object_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct acall_object *object = file->private_data;
	struct acall_call *call = acall_object_get_call(object, 0);
	struct acall_snapshot snap = {};

	if (call)
		acall_call_snapshot(call, &snap);
	seq_printf(m, "acall-interface:\t%s\n", object->iface->name);
	seq_printf(m, "acall-version:\t%u\n", object->version);
	seq_printf(m, "acall-executions:\t%u\n",
		   READ_ONCE(object->ledger->executions));
	seq_printf(m, "acall-orphans:\t%u\n",
		   READ_ONCE(object->ledger->orphans));
	seq_printf(m, "acall-state:\t%s\n",
		   acall_state_name(acall_word_state(snap.word)));
	if (!call)
		return;
	seq_printf(m, "acall-outcome:\t%s\n",
		   acall_outcome_name(acall_word_outcome(snap.word)));
	seq_printf(m, "acall-status:\t%d\n", snap.status);
	seq_printf(m, "acall-reason:\t%u\n", acall_word_reason(snap.word));
	seq_printf(m, "acall-call-id:\t%llu\n", call->id);
	seq_printf(m, "acall-method:\t%u\n", call->method_nr);
	seq_printf(m, "acall-progress:\t%llu %llu\n", snap.progress,
		   snap.total);
	seq_printf(m, "acall-worker-pid:\t%d\n", snap.worker_pid);
	seq_printf(m, "acall-cancel-pid:\t%d\n", snap.cancel_tgid);
	show_time(m, "begin", snap.begin_ns);
	show_time(m, "start", snap.start_ns);
	show_time(m, "cancel", snap.cancel_ns);
	show_time(m, "look", snap.look_ns);
	show_time(m, "end", snap.end_ns);
	acall_call_put(call);
}

static const struct file_operations object_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= object_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.poll		= object_poll,
	.release	= object_release,
	.show_fdinfo	= object_show_fdinfo,
	.llseek		= noop_llseek,
};

bool acall_is_objectfd(const struct file *file)
{
	return file->f_op == &object_fops;
}

/**
 * acall_objectfd_create - a file with a new object
 * @iface: its interface
 * @version: the version of it
 * @flags: ACALL_CREATE_*
 *
 * Return: the file, or an ERR_PTR.
 */
struct file *acall_objectfd_create(struct acall_interface *iface, u32 version,
				   u32 flags)
{
	bool nonblock = flags & ACALL_CREATE_NONBLOCK;
	struct acall_object *object;
	struct file *file;

	object = acall_object_create(iface, version,
				     flags & ACALL_CREATE_DETACH);
	if (IS_ERR(object))
		return ERR_CAST(object);
	file = anon_inode_getfile("[acall]", &object_fops, object,
				  O_RDWR | (nonblock ? O_NONBLOCK : 0));
	if (IS_ERR(file))
		acall_object_destroy(object);
	return file;
}
