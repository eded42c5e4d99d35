// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * acall_strerror(): what an errno means, given the operation it came from.
 *
 * One errno has different causes in different operations (ESRCH is "nothing is
 * pending" in WAIT and "too late" in CANCEL), and none of them is what
 * strerror(3) says, so every error that acall itself gives has its sentence
 * here, and only the rest, a file system's or the C library's, is left to
 * strerror(3). What it reads of an acall_t is atomic but not taken together:
 * with several threads failing at once the message may name the other one's
 * file, which is why it is only ever used for words. No lock.
 */
/* strerror_r() shall be the one of POSIX. */
#undef _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "internal.h"

/* Room for "interface.method: ". */
#define SUBJECT_LEN	(2 * ACALL_NAME_LEN + 16)

struct sentence {
	uint8_t op;
	int error;
	const char *text;
};

static const struct sentence sentences[] = {
	{ ACALL_OP_DEVICE, EBADF, "the descriptor is not open" },
	{ ACALL_OP_DEVICE, ENOTTY, "the descriptor is not the acall device" },
	{ ACALL_OP_DEVICE, EACCES,
	  "you may not open " ACALL_DEVICE_PATH ": its mode does not let you" },
	{ ACALL_OP_DEVICE, EPERM,
	  "you may not use " ACALL_DEVICE_PATH ": something forbids it" },
	{ ACALL_OP_DEVICE, EINVAL,
	  "ACALL_ENGINE is none of kernel, threads and auto, or an argument is not valid" },
	{ ACALL_OP_DEVICE, ENOENT,
	  "there is no such device: no interface of that name is registered, or it has none of its own [P10]"
	},
	{ ACALL_OP_LIST, EBADF, "the descriptor is not open" },
	{ ACALL_OP_LIST, ENOTTY, "the descriptor is not the acall device" },
	{ ACALL_OP_LIST, ENOENT, "no interface of that name is registered" },
	{ ACALL_OP_LIST, EINVAL, "the interface has no such method" },
	{ ACALL_OP_CREATE, EBADF, "the descriptor is not open" },
	{ ACALL_OP_CREATE, ENOTTY,
	  "the descriptor is neither the acall device nor a call object" },
	{ ACALL_OP_CREATE, ENOENT,
	  "no interface of that name is registered, and no module for it could be loaded [C1]" },
	{ ACALL_OP_CREATE, EINVAL,
	  "the name of the interface, a flag or ACALL_ENGINE is not valid [C1]" },
	{ ACALL_OP_CREATE, EPROTONOSUPPORT,
	  "the interface is not served in that version [C1]" },
	{ ACALL_OP_CREATE, ENODEV, "the provider is just going away [C5]" },
	{ ACALL_OP_CREATE, EACCES,
	  "the device or the provider does not let you create this object [C6]" },
	{ ACALL_OP_CREATE, EPERM,
	  "the provider does not let you create this object [C6]" },
	{ ACALL_OP_CREATE, EMFILE,
	  "this process has too many files open: close some, or raise RLIMIT_NOFILE" },
	{ ACALL_OP_CREATE, EDQUOT,
	  "your limit of bytes is reached, and the memory of a queue counts [Limits]" },
	{ ACALL_OP_CREATE, EAGAIN,
	  "the machine's limit of bytes is reached: try again later [Limits]" },
	{ ACALL_OP_BEGIN, EBUSY,
	  "a call is pending on this object: finish it first [B2]" },
	{ ACALL_OP_BEGIN, EFAULT,
	  "the input or the files are at a bad address [B3]" },
	{ ACALL_OP_BEGIN, ENODEV,
	  "the provider has gone, for this object for ever [C5]" },
	{ ACALL_OP_BEGIN, ENOTTY, "the descriptor is not a call object" },
	{ ACALL_OP_BEGIN, EINVAL,
	  "a flag, an argument or the kind or number of files is not valid [B3]" },
	{ ACALL_OP_BEGIN, EOPNOTSUPP,
	  "the method takes no deadline, as it cannot be cancelled, or refuses these arguments [B5]"
	},
	{ ACALL_OP_BEGIN, EPERM,
	  "the method does not let you call it so [B3]" },
	{ ACALL_OP_WAIT, ETIMEDOUT, "the call is not ready yet [W1]" },
	{ ACALL_OP_WAIT, ESRCH,
	  "no such call is pending: not begun, or finished already [W2]" },
	{ ACALL_OP_WAIT, EINTR,
	  "interrupted by a signal, nothing has changed [W7]" },
	{ ACALL_OP_FINISH, EAGAIN, "the call is not ready yet [F1]" },
	{ ACALL_OP_FINISH, ESRCH,
	  "no such call is pending: not begun, or finished already [F1]" },
	{ ACALL_OP_FINISH, EMSGSIZE,
	  "the output or the result files do not fit; the call is still there: finish it with more room [F3]"
	},
	{ ACALL_OP_FINISH, EFAULT,
	  "the output buffer is at a bad address; the call is still there: finish it with a good one [F3]"
	},
	{ ACALL_OP_FINISH, EMFILE,
	  "no descriptor is free for a result file; the call is still there: close some and finish again [F7]"
	},
	{ ACALL_OP_FINISH, ENFILE,
	  "the machine has too many files open for a result file; the call is still there: finish it later [F7]"
	},
	{ ACALL_OP_FINISH, EINTR,
	  "interrupted by a signal, nothing has changed [W7]" },
	{ ACALL_OP_FINISH, EINVAL,
	  "an argument is not valid, or a call of another method is pending" },
	{ ACALL_OP_CANCEL, ESRCH, "no call has been begun with this object" },
	{ ACALL_OP_CANCEL, EPERM,
	  "the call was begun as not cancellable, or its method does not allow it now: wait for its end [B6, X12]"
	},
	{ ACALL_OP_CANCEL, EOPNOTSUPP,
	  "the method cannot be cancelled while it runs: wait for its end [X12]" },
	{ ACALL_OP_CANCEL, EBUSY,
	  "the method refuses to be cancelled just now: ask again later [X12]" },
	{ ACALL_OP_CANCEL_ID, ESRCH,
	  "there is no such call any more, or it is somebody else's [X13]" },
	{ ACALL_OP_CANCEL_ID, EPERM,
	  "the call was begun as not cancellable, or its method does not allow it now: only an administrator can do more [B6, X13]"
	},
	{ ACALL_OP_CANCEL_ID, EOPNOTSUPP,
	  "the method cannot be cancelled while it runs [X12]" },
	{ ACALL_OP_CANCEL_ID, EBUSY,
	  "the method refuses to be cancelled just now: ask again later [X12]" },
	{ ACALL_OP_CANCEL_ID, EBADF, "the descriptor is not open" },
	{ ACALL_OP_CANCEL_ID, ENOTTY,
	  "the descriptor is not the acall device" },
	{ ACALL_OP_CALLS, EBADF, "the descriptor is not open" },
	{ ACALL_OP_CALLS, ENOTTY, "the descriptor is not the acall device" },
	{ ACALL_OP_CALLS, EFAULT, "the records are at a bad address" },
	{ ACALL_OP_CALL, EINTR,
	  "interrupted by a signal, the call goes on: wait for it, finish or cancel it [S2]" },
	{ ACALL_OP_CALL, EMSGSIZE,
	  "the output or the result files do not fit; the call is done: finish it with more room [S2]"
	},
	{ ACALL_OP_CALL, EFAULT,
	  "the output buffer is at a bad address; the call is done: finish it with a good one [S2]"
	},
	{ ACALL_OP_CALL, EMFILE,
	  "no descriptor is free for a result file; the call is done: close some and finish it [S2]"
	},
	{ ACALL_OP_CALL, ENFILE,
	  "the machine has too many files open for a result file; the call is done: finish it later [S2]"
	},
	{ ACALL_OP_CALL, ESRCH,
	  "somebody else has finished the call [F5]" },
	{ ACALL_OP_ENTER, EAGAIN,
	  "no slot of the queue is free, or the machine's limit is reached: read completions, then submit again [Limits]"
	},
	{ ACALL_OP_ENTER, ETIMEDOUT,
	  "there are not so many completions yet [W1]" },
	{ ACALL_OP_ENTER, ESRCH,
	  "there are not so many completions, and nothing is pending that could bring them [W2]"
	},
	{ ACALL_OP_ENTER, EINTR,
	  "interrupted by a signal, nothing has changed [W7]" },
	{ ACALL_OP_ENTER, ENOTTY, "the descriptor is not a call queue" },
	{ ACALL_OP_QUERY, ESRCH,
	  "no such call is pending: not begun, or finished already [Q1]" },
	{ ACALL_OP_RESULT, ECANCELED, "the call was cancelled" },
	{ ACALL_OP_RESULT, ETIME, "the deadline of the call passed" },
	{ ACALL_OP_RESULT, ENODEV, "the provider or the device went away" },
};

/* Said in any operation but RESULT: there they are somebody else's word. */
static const struct sentence anywhere[] = {
	{ 0, ENOSYS,
	  "there is no /dev/acall: load the module (modprobe acall), or set ACALL_ENGINE=threads to do without"
	},
	{ 0, EPROTO,
	  "module and library speak different ABIs: update the older one" },
	{ 0, ESRCH, "no such call is pending" },
	{ 0, EDQUOT, "your limit of calls or bytes is reached [Limits]" },
	{ 0, EINVAL, "an argument is not valid" },
	{ 0, EOPNOTSUPP, "this version of the module, or this engine, cannot do that" },
	{ 0, ENODEV, "the provider has gone [C5]" },
};

static const char *look_up(enum acall_op op, int error)
{
	size_t i;

	for (i = 0; i < sizeof(sentences) / sizeof(*sentences); i++) {
		if (sentences[i].op == op && sentences[i].error == error)
			return sentences[i].text;
	}
	if (op == ACALL_OP_RESULT)
		return NULL;
	for (i = 0; i < sizeof(anywhere) / sizeof(*anywhere); i++) {
		if (anywhere[i].error == error)
			return anywhere[i].text;
	}
	return NULL;
}

/* The device that @call is of, or may be: to be closed; or -errno. */
static int open_device(const acall_t *call)
{
	return acall_open_engine(acall_engine(call));
}

/* -EDQUOT and -EAGAIN of BEGIN: which limit, and where it stands now. */
static bool say_limit(const acall_t *call, int error, char *buf, size_t len)
{
	int ret, device = open_device(call);
	struct acall_info info;
	char calls[64], bytes[64];
	bool user = error == EDQUOT;

	if (device < 0)
		return false;
	ret = acall_info(device, &info, sizeof(info));
	acall_sys_close(device);
	if (ret)
		return false;
	snprintf(calls, sizeof(calls), "%u live calls (%s_calls)",
		 user ? info.user_calls : info.total_calls,
		 user ? "user" : "total");
	snprintf(bytes, sizeof(bytes), "%" PRIu64 " bytes (%s_bytes)",
		 (uint64_t)(user ? info.user_bytes : info.total_bytes),
		 user ? "user" : "total");

	if (!user)
		snprintf(buf, len, "the machine's limit of %s or %s is reached: %s",
			 calls, bytes, "try again later [Limits]");
	else if (info.charged_calls >= info.user_calls)
		snprintf(buf, len, "your limit of %s is reached: %s", calls,
			 "finish some, or let abandoned ones end [Limits]");
	else
		snprintf(buf, len,
			 "your limit of %s or %s is reached: %" PRIu64
			 " bytes and %u calls are live [Limits]", bytes, calls,
			 (uint64_t)info.charged_bytes, info.charged_calls);
	return true;
}

/* What the methods of the interface "file" mean by an errno. */
static const char *look_up_file(uint32_t method, int error)
{
	switch (error) {
	case ENOENT:
		return method == ACALL_FILE_HASH ?
			"the kernel has no hash algorithm of that name" : NULL;
	case EBADF:
		return method == ACALL_FILE_COPY ?
			"the source must be readable, the target writable without O_APPEND [B3]" :
			NULL;
	case ENOTTY:
		return method == ACALL_FILE_TRIM ?
			"the file system knows of no free blocks to tell" :
			NULL;
	case EPERM:
		return method == ACALL_FILE_TRIM ?
			"only the administrator may (CAP_SYS_ADMIN)" : NULL;
	case EXDEV:
		return "the files are on different file systems";
	case EOVERFLOW:
		return "the range ends beyond the largest offset";
	case EFBIG:
		return "the range ends beyond RLIMIT_FSIZE or what the file system can hold";
	case EOPNOTSUPP:
		return "the file system cannot do this, or not with these flags";
	case EINVAL:
		return "a flag or the range is not valid, or the file is of the wrong kind [B3]";
	default:
		return NULL;
	}
}

/* A BEGIN that failed on @call: what only it can say. */
static bool say_begin(const acall_t *call, int error, char *buf, size_t len)
{
	uint32_t method = atomic_load(&call->failed_method);
	int fd = atomic_load(&call->failed_fd);
	struct acall_method_info info;
	const char *text = NULL;
	char subject[SUBJECT_LEN];
	int ret, device;

	if (method == ACALL_NO_METHOD)
		return false;
	device = open_device(call);
	ret = device;
	if (device >= 0) {
		ret = acall_method_info(device, call->interface, method, &info,
					sizeof(info));
		acall_sys_close(device);
	}
	if (ret == -EINVAL) {
		snprintf(buf, len, "the interface %s has no method %u [B3]",
			 call->interface, method);
		return true;
	}
	if (ret)
		snprintf(subject, sizeof(subject), "%s.%u", call->interface,
			 method);
	else
		snprintf(subject, sizeof(subject), "%s.%.*s", call->interface,
			 ACALL_NAME_LEN, info.name);

	if (error == EBADF && fd != ACALL_NO_FD) {
		snprintf(buf, len, "%s: file descriptor %d is not open [B3]",
			 subject, fd);
		return true;
	}
	if (error == E2BIG && !ret) {
		snprintf(buf, len,
			 "%s: the input is longer than %u bytes [B3]", subject,
			 info.in_max);
		return true;
	}
	if (error == EOPNOTSUPP && !ret && !(info.caps & ACALL_CAP_CANCEL))
		text = "it cannot be cancelled, so it takes no deadline [B5]";
	if (!strcmp(call->interface, ACALL_FILE_INTERFACE))
		text = look_up_file(method, error);
	if (!text && error == EBADF)
		text = "a file is not opened as the method needs it [B3]";
	if (!text)
		return false;
	snprintf(buf, len, "%s: %s", subject, text);
	return true;
}

static void say_system(int error, char *buf, size_t len)
{
	if (strerror_r(error, buf, len) && !*buf)
		snprintf(buf, len, "error %d", error);
}

ACALL_PUBLIC const char *acall_strerror(const acall_t *call, enum acall_op op,
					int error, char *buf, size_t len)
{
	int saved = errno;
	const char *text;

	if (error < 0 && error > -4096)
		error = -error;
	if (!error)
		text = "success";
	else
		text = look_up(op, error);
	if (!buf || !len)
		return text ? text : "the operation failed";

	buf[0] = '\0';
	if (op == ACALL_OP_BEGIN && (error == EDQUOT || error == EAGAIN) &&
	    say_limit(call, error, buf, len))
		goto out;
	if (op == ACALL_OP_ENTER && error == EDQUOT &&
	    say_limit(call, error, buf, len))
		goto out;
	if (op == ACALL_OP_BEGIN && call && error != EBUSY && error != EDQUOT &&
	    error != EAGAIN && error != ENODEV && error &&
	    say_begin(call, error, buf, len))
		goto out;
	if (text)
		snprintf(buf, len, "%s", text);
	else
		say_system(error, buf, len);
out:
	errno = saved;
	return buf;
}
