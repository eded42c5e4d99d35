// SPDX-License-Identifier: GPL-2.0-only
/*
 * Beginning a call: what BEGIN, CALL and ENTER have in common, up to where others
 * may see it. What fails before is undone (B8).
 *
 * No lock is held over user memory or the provider. The provider comes after the
 * last access to user memory, so that a caller who stalls there holds up no
 * unregistration; nobody can tell, since a BEGIN that fails leaves call_id
 * unspecified.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/net.h>
#include <linux/uaccess.h>
#include <net/sock.h>

#include "call.h"
#include "device.h"

/*
 * What can carry a file descriptor can carry the call object itself, which
 * would then not be closed, and its call not cancelled, before the call has
 * ended (R-CYCLE). An io_uring is known by its name only, which nobody else can
 * give to an anonymous inode.
 */
static bool may_hold_files(struct file *file)
{
	const struct socket *sock = IS_ENABLED(CONFIG_NET) ?
				    sock_from_file(file) : NULL;

	if (sock)
		return sock->sk && sock->sk->sk_family == AF_UNIX;
	return acall_is_objectfd(file) || acall_is_queuefd(file) ||
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

/* What BEGIN asks for, besides the method. */
static int set_terms(struct acall_call *call, const struct acall_begin *args)
{
	call->user_data = args->user_data;
	if (args->flags & ACALL_BEGIN_NO_CANCEL)
		call->word |= ACALL_WORD_NO_CANCEL;
	if (!(args->flags & ACALL_BEGIN_DEADLINE))
		return 0;
	if (!(call->caps & ACALL_CAP_CANCEL))
		return -EOPNOTSUPP;
	call->deadline = acall_time_from_user(args->deadline);
	call->deadline_grace_ns = args->grace_ns ?: call->grace_ns;
	return 0;
}

/**
 * acall_begin_wait - wait for a call that was begun too late
 * @call: the call, begun; the caller has a reference
 *
 * A deadline that was past has had it cancelled; it is done when its files are
 * dropped, which is not for long (X3). Whoever is killed meanwhile has begun it all
 * the same (R-RESTART).
 */
void acall_begin_wait(struct acall_call *call)
{
	u32 word = acall_call_word(call);

	if (acall_word_phase(word) == ACALL_PHASE_DEQUEUED &&
	    acall_word_reason(word) == ACALL_REASON_DEADLINE)
		(void)wait_event_killable(call->wait, acall_call_done(call));
	/* So its completion, if there is to be one, is there. */
	acall_call_word_told(call);
}

/**
 * acall_begin_prepare - make a call ready to be published
 * @who: where it is begun
 * @args: its terms, from user space
 * @bytes: its input, if that is in kernel memory; else NULL
 * @call_id: where its id is written, or NULL
 * @waits: whoever begins it is going to wait for it (S3)
 *
 * Context: process, may sleep.
 * Return: the call, seen by the caller only; or an ERR_PTR (B3).
 */
struct acall_call *acall_begin_prepare(const struct acall_beginner *who,
				       const struct acall_begin *args,
				       const void *bytes, u64 __user *call_id,
				       bool waits)
{
	struct acall_call *call;
	int ret;

	ret = acall_check_begin(args);
	if (ret)
		return ERR_PTR(ret);
	call = acall_call_create(who->iface, who->payer, args->method,
				 args->in_len, args->nr_files);
	if (IS_ERR(call))
		return call;
	call->version = who->version;
	ret = set_terms(call, args);
	if (ret)
		goto undo;

	ret = -EFAULT;
	if (bytes)
		memcpy(call->in, bytes, args->in_len);
	else if (copy_from_user(call->in, u64_to_user_ptr(args->in),
				args->in_len))
		goto undo;
	ret = add_files(call, args->files, args->nr_files);
	if (ret)
		goto undo;
	if (waits)
		acall_call_in_place(call);
	ret = -EFAULT;
	if (call_id && put_user(call->id, call_id))
		goto undo;
	ret = acall_call_prepare(call, who->session);
	if (ret)
		goto undo;
	return call;

undo:
	acall_call_undo(call);
	return ERR_PTR(ret);
}
