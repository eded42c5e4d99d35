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
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/net.h>
#include <linux/poll.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>
#include <net/sock.h>

#include "call.h"
#include "device.h"
#include "interface.h"
#include "object.h"

/*
 * What can carry a file descriptor can carry the call object itself, which
 * would then not be closed, and its call not cancelled, before the call has
 * ended (R-CYCLE). An io_uring is known by its name only, which nobody else can
 * give to an anonymous inode.
 */
static bool may_hold_files(struct file *file)
{
	const struct socket *sock = sock_from_file(file);

	if (sock)
		return sock->sk && sock->sk->sk_family == AF_UNIX;
	return acall_is_objectfd(file) ||
	       (file_inode(file)->i_sb->s_magic == ANON_INODE_FS_MAGIC &&
		!strcmp(file->f_path.dentry->d_name.name, "[io_uring]"));
}

static int add_files(struct acall_call *call, u64 user, u32 nr)
{
	const s32 __user *fds = u64_to_user_ptr(user);
	u32 i;

	for (i = 0; i < nr; i++) {
		struct file *file;
		s32 fd;

		if (get_user(fd, fds + i))
			return -EFAULT;
		file = fget(fd);
		if (!file)
			return -EBADF;
		if (may_hold_files(file)) {
			fput(file);
			return -EBADF;
		}
		acall_call_add_file(call, file);
	}
	return 0;
}

static int begin_check(const struct acall_begin *args)
{
	u32 known = ACALL_BEGIN_DEADLINE | ACALL_BEGIN_NO_CANCEL;

	if (args->flags & ~known || args->__reserved)
		return -EINVAL;
	if (args->flags)
		return -EOPNOTSUPP;
	if (args->deadline || args->grace_ns)
		return -EINVAL;
	return 0;
}

/*
 * What fails before the publication is undone (B8). The provider comes after
 * the last access to user memory, so that a caller who stalls there holds up no
 * unregistration; nobody can tell, since a BEGIN that fails leaves call_id
 * unspecified.
 */
static int ioctl_begin(struct acall_object *object, void __user *user)
{
	struct acall_begin __user *out = user;
	struct acall_begin args;
	struct acall_call *call;
	int ret;

	ret = ARGS_GET(&args, call_id, user);
	if (ret)
		return ret;
	if (acall_object_busy(object))
		return -EBUSY;
	ret = begin_check(&args);
	if (ret)
		return ret;

	call = acall_call_create(object->iface, args.method, args.in_len,
				 args.nr_files);
	if (IS_ERR(call))
		return PTR_ERR(call);
	call->user_data = args.user_data;

	ret = -EFAULT;
	if (copy_from_user(call->in, u64_to_user_ptr(args.in), args.in_len))
		goto undo;
	ret = add_files(call, args.files, args.nr_files);
	if (ret)
		goto undo;
	ret = -EFAULT;
	if (put_user(call->id, &out->call_id))
		goto undo;
	ret = acall_call_prepare(call);
	if (ret)
		goto undo;
	ret = acall_object_begin(object, call);
	if (ret)
		goto undo;
	return 0;

undo:
	acall_call_undo(call);
	return ret;
}

static int ioctl_wait(struct acall_object *object, void __user *user)
{
	struct acall_call *call;
	struct acall_wait args;
	int ret;

	ret = ARGS_GET(&args, until, user);
	if (ret)
		return ret;
	if (args.flags & ~ACALL_WAIT_SETTLED)
		return -EINVAL;
	if (args.flags & ACALL_WAIT_SETTLED)
		return -EOPNOTSUPP;

	call = acall_object_get_call(object, args.call_id);
	if (!call)
		return -ESRCH;
	ret = acall_call_wait(call, acall_time_from_user(args.until));
	acall_call_put(call);
	return ret;
}

static void finish_fill(struct acall_finish *args, const struct acall_call *call,
			const struct acall_snapshot *snap)
{
	args->call_id = call->id;
	args->out_len = snap->out_len;
	args->nr_files = 0;
	args->status = snap->status;
	args->outcome = acall_word_outcome(snap->word);
	args->result = 0;
	args->method = call->method_nr;
	args->user_data = call->user_data;
	args->progress = snap->progress;
	args->total = snap->total;
	args->begin_ns = acall_time_to_user(snap->begin_ns);
	args->start_ns = acall_time_to_user(snap->start_ns);
	args->cancel_ns = acall_time_to_user(snap->cancel_ns);
	args->end_ns = acall_time_to_user(snap->end_ns);
	args->cpu_ns = snap->cpu_ns;
}

/* Copies everything out, then tries to be the one who consumes (F5). */
static int finish_done(struct acall_object *object, struct acall_call *call,
		       struct acall_finish *args, void __user *user)
{
	u64 out = args->out;
	u32 size = args->size;
	u32 room = args->out_len;
	struct acall_snapshot snap;

	acall_call_snapshot(call, &snap);
	finish_fill(args, call, &snap);
	if (snap.out_len <= room &&
	    copy_to_user(u64_to_user_ptr(out), call->out, snap.out_len))
		return -EFAULT;
	if (acall_args_put(user, args, sizeof(*args), size))
		return -EFAULT;
	if (snap.out_len > room)
		return -EMSGSIZE;
	return acall_object_consume(object, call) ? 0 : -ESRCH;
}

static int ioctl_finish(struct acall_object *object, struct file *file,
			void __user *user)
{
	struct acall_finish args;
	struct acall_call *call;
	int ret;

	ret = ARGS_GET(&args, cpu_ns, user);
	if (ret)
		return ret;
	if (args.flags & ~ACALL_FINISH_NONBLOCK)
		return -EINVAL;

	call = acall_object_get_call(object, args.call_id);
	if (!call)
		return -ESRCH;
	if (args.flags & ACALL_FINISH_NONBLOCK || file->f_flags & O_NONBLOCK)
		ret = acall_call_done(call) ? 0 : -EAGAIN;
	else
		ret = acall_call_wait(call, U64_MAX);
	if (!ret)
		ret = finish_done(object, call, &args, user);
	acall_call_put(call);
	return ret;
}

/* The return value predicts FINISH (X6). */
static int cancel_verdict(struct acall_call *call)
{
	switch (acall_word_phase(acall_call_word(call))) {
	case ACALL_PHASE_COMPLETED:
		return -ESRCH;
	default:
		return 0;
	}
}

static int cancel_call(struct acall_call *call, const struct acall_cancel *args)
{
	enum acall_verdict verdict;
	int ret;

	if (args->flags & ACALL_CANCEL_ABANDON)
		verdict = acall_call_abandon(call, ACALL_REASON_CLIENT);
	else
		verdict = acall_call_cancel(call, ACALL_REASON_CLIENT,
					    args->grace_ns ?: call->grace_ns);
	switch (verdict) {
	case ACALL_MADE:
		break;
	case ACALL_ALREADY:
		return -EALREADY;
	default:
		return -ESRCH;
	}
	if (args->flags & ACALL_CANCEL_NOWAIT)
		return 0;
	/*
	 * The request stands whatever happens to this sleeper; started again,
	 * it would be EALREADY, so it is not restarted (X9).
	 */
	ret = acall_call_wait(call, U64_MAX);
	return ret ? -EINTR : cancel_verdict(call);
}

static int ioctl_cancel(struct acall_object *object, void __user *user)
{
	u32 known = ACALL_CANCEL_ABANDON | ACALL_CANCEL_NOWAIT |
		    ACALL_CANCEL_ESCALATE;
	struct acall_cancel __user *out = user;
	struct acall_cancel args;
	struct acall_call *call;
	u32 size, word = 0;
	int ret;

	ret = ARGS_GET(&args, outcome, user);
	if (ret)
		return ret;
	if (args.flags & ~known)
		return -EINVAL;
	if (args.flags & ACALL_CANCEL_ABANDON &&
	    (args.grace_ns || args.flags & ACALL_CANCEL_NOWAIT))
		return -EINVAL;
	if (args.flags & ACALL_CANCEL_ESCALATE)
		return -EOPNOTSUPP;
	/* Before there is an effect: memory that cannot be written is EFAULT. */
	if (put_user(ACALL_STATE_IDLE, &out->state))
		return -EFAULT;
	size = args.size;

	call = acall_object_get_call(object, args.call_id);
	args.call_id = 0;
	ret = -ESRCH;
	if (call) {
		ret = cancel_call(call, &args);
		args.call_id = call->id;
		word = acall_call_word(call);
		acall_call_put(call);
	}
	if (ret && ret != -ESRCH && ret != -EALREADY)
		return ret;
	args.state = acall_word_state(word);
	args.outcome = acall_word_outcome(word);
	/*
	 * The cancel has happened, so its verdict is what must be told, also if
	 * the memory went away meanwhile.
	 */
	acall_args_put(user, &args, sizeof(args), size);
	return ret;
}

static void query_fill(struct acall_query *args, struct acall_call *call)
{
	struct acall_snapshot snap;

	acall_call_snapshot(call, &snap);
	args->call_id = call->id;
	args->state = acall_word_state(snap.word);
	args->outcome = acall_word_outcome(snap.word);
	args->status = snap.status;
	args->method = call->method_nr;
	args->caps = call->caps;
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
}

static int ioctl_query(struct acall_object *object, void __user *user)
{
	struct acall_query args;
	struct acall_call *call;
	u32 size;
	u64 id;
	int ret;

	ret = ARGS_GET(&args, executions, user);
	if (ret)
		return ret;
	if (args.flags)
		return -EINVAL;
	size = args.size;
	id = args.call_id;

	memset(&args, 0, sizeof(args));
	call = acall_object_get_call(object, id);
	if (call) {
		query_fill(&args, call);
		acall_call_put(call);
	} else if (id) {
		return -ESRCH;
	}
	args.orphans = atomic_read(&object->ledger->orphans);
	args.executions = atomic_read(&object->ledger->executions);
	return acall_args_put(user, &args, sizeof(args), size);
}

static long object_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct acall_object *object = file->private_data;
	void __user *user = (void __user *)arg;

	switch (cmd) {
	case ACALL_IOC_BEGIN:
		return ioctl_begin(object, user);
	case ACALL_IOC_WAIT:
		return ioctl_wait(object, user);
	case ACALL_IOC_FINISH:
		return ioctl_finish(object, file, user);
	case ACALL_IOC_CANCEL:
		return ioctl_cancel(object, user);
	case ACALL_IOC_QUERY:
		return ioctl_query(object, user);
	case ACALL_IOC_CALL:
		return -EOPNOTSUPP;
	default:
		return -ENOTTY;
	}
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

static void object_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct acall_object *object = file->private_data;
	struct acall_call *call = acall_object_get_call(object, 0);
	struct acall_snapshot snap = {};

	if (call)
		acall_call_snapshot(call, &snap);
	seq_printf(m, "acall-interface:\t%s\n", object->iface->name);
	seq_printf(m, "acall-version:\t%u\n", object->version);
	seq_printf(m, "acall-orphans:\t%d\n",
		   atomic_read(&object->ledger->orphans));
	seq_printf(m, "acall-state:\t%s\n",
		   acall_state_name(acall_word_state(snap.word)));
	if (!call)
		return;
	seq_printf(m, "acall-outcome:\t%s\n",
		   acall_outcome_name(acall_word_outcome(snap.word)));
	seq_printf(m, "acall-call-id:\t%llu\n", call->id);
	seq_printf(m, "acall-method:\t%u\n", call->method_nr);
	seq_printf(m, "acall-progress:\t%llu %llu\n", snap.progress,
		   snap.total);
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
 * @nonblock: with O_NONBLOCK
 *
 * Return: the file, or an ERR_PTR.
 */
struct file *acall_objectfd_create(struct acall_interface *iface, u32 version,
				   bool nonblock)
{
	struct acall_object *object;
	struct file *file;

	object = acall_object_create(iface, version);
	if (!object)
		return ERR_PTR(-ENOMEM);
	file = anon_inode_getfile("[acall]", &object_fops, object,
				  O_RDWR | (nonblock ? O_NONBLOCK : 0));
	if (IS_ERR(file))
		acall_object_destroy(object);
	return file;
}
