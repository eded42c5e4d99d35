// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taking a result: what FINISH and CALL do with a call that is DONE.
 *
 * No lock and no claim (F5): everything is copied out first, descriptors for
 * result files are reserved, and only then does one compare-and-swap decide who
 * consumes the call. The winner installs the files; a loser, and whoever fails
 * before, gives the descriptors back, and the call keeps its result (R-EFAULT).
 * A descriptor that is installed cannot be taken back, so nothing fails after.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/uaccess.h>

#include "call.h"
#include "debug/delay.h"
#include "device.h"
#include "object.h"

static void fill(struct acall_finish *args, const struct acall_call *call,
		 const struct acall_snapshot *snap)
{
	args->call_id = call->id;
	args->out_len = snap->out_len;
	args->nr_files = snap->nr_files_out;
	args->status = snap->status;
	args->outcome = acall_word_outcome(snap->word);
	args->result = acall_word_result(snap->word);
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

/**
 * acall_finish_leave - do not take a result after all
 * @taking: what acall_finish_copy() has reserved
 */
void acall_finish_leave(struct acall_taking *taking)
{
	while (taking->nr) {
		taking->nr--;
		put_unused_fd(taking->files[taking->nr].fd);
		fput(taking->files[taking->nr].file);
	}
}

static int reserve(struct acall_call *call, u32 nr, s32 __user *fds,
		   struct acall_taking *taking)
{
	struct file *file;
	int fd;

	while (taking->nr < nr) {
		fd = get_unused_fd_flags(O_CLOEXEC);
		if (fd < 0)
			return fd;
		file = acall_call_file_out(call, taking->nr);
		if (!file) {
			put_unused_fd(fd);
			return -ESRCH;
		}
		taking->files[taking->nr].fd = fd;
		taking->files[taking->nr].file = file;
		taking->nr++;
		if (put_user(fd, fds + taking->nr - 1))
			return -EFAULT;
	}
	return 0;
}

/**
 * acall_finish_copy - copy a result out
 * @call: the call, DONE; the caller has a reference
 * @args: in: where to; out: filled
 * @taking: reserved; acall_finish_take() or acall_finish_leave() it
 *
 * Return: 0; -EMSGSIZE: @args says what is needed; -EFAULT, -EMFILE, -ENFILE,
 * -ENOMEM; -ESRCH: somebody else has consumed it. Nothing has been consumed here.
 */
int acall_finish_copy(struct acall_call *call, struct acall_finish *args,
		      struct acall_taking *taking)
{
	u32 room = args->out_len, slots = args->nr_files;
	struct acall_snapshot snap;

	taking->nr = 0;
	acall_call_snapshot(call, &snap);
	fill(args, call, &snap);
	if (snap.out_len > room || snap.nr_files_out > slots)
		return -EMSGSIZE;
	acall_delay(ACALL_AT_FINISH_COPY);
	if (copy_to_user(u64_to_user_ptr(args->out), call->out, snap.out_len))
		return -EFAULT;
	return reserve(call, snap.nr_files_out, u64_to_user_ptr(args->files),
		       taking);
}

/**
 * acall_finish_install - the caller has consumed the call
 * @taking: its result files
 */
void acall_finish_install(struct acall_taking *taking)
{
	u32 i;

	for (i = 0; i < taking->nr; i++)
		fd_install(taking->files[i].fd, taking->files[i].file);
}

/**
 * acall_finish_take - try to be the one who consumes
 * @object: the object
 * @call: the call, its result copied out; the caller has a reference
 * @taking: its result files; installed, or given back
 *
 * Return: 0, or -ESRCH: somebody else was faster.
 */
int acall_finish_take(struct acall_object *object, struct acall_call *call,
		      struct acall_taking *taking)
{
	acall_delay(ACALL_AT_FINISH);
	if (!acall_object_consume(object, call)) {
		acall_finish_leave(taking);
		return -ESRCH;
	}
	acall_finish_install(taking);
	return 0;
}
