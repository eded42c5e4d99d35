// SPDX-License-Identifier: GPL-2.0-only
/*
 * One cancelled call of acall's "file" interface, measured.
 *
 * The measure is the kernel's own: FINISH tells when the cancel was requested
 * and when the method had really ended, after CANCEL with a grace without end.
 * Only STOPPED counts; a call that was done before the cancel is a try more,
 * and any other outcome is an error.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/acall.h>
#include <linux/acall_file.h>

#include "bench.h"

int acall_open(void)
{
	struct acall_create create = {
		.size = sizeof(create),
		.interface = ACALL_FILE_INTERFACE,
	};
	int dev = open("/dev/acall", O_RDWR | O_CLOEXEC), obj;

	if (dev < 0)
		die("/dev/acall: %s (is the module loaded?)", strerror(errno));
	obj = ioctl(dev, ACALL_IOC_CREATE, &create);
	if (obj < 0)
		die("CREATE of \"file\": %s", strerror(errno));
	close(dev);
	return obj;
}

/* Has the interface such a method that stops in the middle of its work? */
bool acall_stops(__u32 method, char name[ACALL_NAME_LEN])
{
	struct acall_method_info info = {
		.size = sizeof(info),
		.interface = ACALL_FILE_INTERFACE,
		.method = method,
	};
	int dev = open("/dev/acall", O_RDWR | O_CLOEXEC), ret;

	ret = ioctl(dev, ACALL_IOC_METHOD_INFO, &info);
	if (ret && errno != EINVAL)
		die("METHOD_INFO: %s", strerror(errno));
	close(dev);
	if (ret)
		return false;
	memcpy(name, info.name, ACALL_NAME_LEN);
	return info.caps & (ACALL_CAP_KILLABLE | ACALL_CAP_CHUNKED);
}

static void begin(int obj, const struct bench_case *c,
		  const struct files *files)
{
	struct acall_file_allocate allocate = {
		.length = c->bytes,
		.mode = c->mode,
	};
	struct acall_file_copy copy = {
		.length = c->bytes,
		.reflink = ACALL_FILE_REFLINK_NEVER,
		.flags = c->flags,
	};
	struct acall_file_hash hash = {
		.length = c->bytes,
		.algorithm = "sha256",
	};
	struct acall_file_sync sync = { .scope = c->mode };
	struct acall_file_advise advise = { .advice = c->mode };
	struct acall_file_discard discard = {
		.mode = ACALL_FILE_DISCARD_PLAIN,
	};
	struct acall_file_dedupe dedupe = { .length = c->bytes };
	struct acall_file_trim trim = { 0 };
	char path[sizeof(struct acall_file_path) + 4096] = "";
	__s32 fds[2] = { files->src, files->dst };
	struct acall_begin begin = {
		.size = sizeof(begin),
		.method = c->method,
		.files = (uintptr_t)fds,
		.nr_files = 1,
	};

	switch (c->method) {
	case ACALL_FILE_COPY:
		begin.in = (uintptr_t)&copy;
		begin.in_len = sizeof(copy);
		begin.nr_files = 2;
		break;
	case ACALL_FILE_HASH:
		begin.in = (uintptr_t)&hash;
		begin.in_len = sizeof(hash);
		break;
	case ACALL_FILE_ALLOCATE:
		begin.in = (uintptr_t)&allocate;
		begin.in_len = sizeof(allocate);
		fds[0] = files->dst;
		break;
	case ACALL_FILE_SYNC:
		begin.in = (uintptr_t)&sync;
		begin.in_len = sizeof(sync);
		fds[0] = files->dst;
		break;
	case ACALL_FILE_ADVISE:
		begin.in = (uintptr_t)&advise;
		begin.in_len = sizeof(advise);
		fds[0] = files->dst;
		break;
	case ACALL_FILE_DISCARD:
		begin.in = (uintptr_t)&discard;
		begin.in_len = sizeof(discard);
		fds[0] = files->dst;
		break;
	case ACALL_FILE_DEDUPE:
		begin.in = (uintptr_t)&dedupe;
		begin.in_len = sizeof(dedupe);
		begin.nr_files = 2;
		break;
	case ACALL_FILE_TRIM:
		begin.in = (uintptr_t)&trim;
		begin.in_len = sizeof(trim);
		fds[0] = files->dst;
		break;
	case ACALL_FILE_STATFS:
	case ACALL_FILE_STAT:
		begin.in_len = sizeof(struct acall_file_path);
		begin.in_len += snprintf(path + begin.in_len, 4096, "%s",
					 dead_path());
		begin.in = (uintptr_t)path;
		begin.nr_files = 0;
		break;
	default:
		die("no input for %s", c->name);
	}
	if (ioctl(obj, ACALL_IOC_BEGIN, &begin))
		die("BEGIN of %s: %s", c->name, strerror(errno));
}

/* How long it takes without a cancel, where progress does not tell how far it is. */
__u64 acall_whole(int obj, const struct bench_case *c, const struct files *files)
{
	unsigned char out[sizeof(struct acall_file_stat_out)];
	struct acall_finish finish = {
		.size = sizeof(finish),
		.out = (uintptr_t)out,
		.out_len = sizeof(out),
	};

	begin(obj, c, files);
	if (ioctl(obj, ACALL_IOC_FINISH, &finish))
		die("FINISH: %s", strerror(errno));
	if (finish.status)
		die("%s on %s: %s", c->name, c->on, strerror(-finish.status));
	return finish.end_ns - finish.start_ns;
}

static bool is_there(const struct bench_case *c, const struct acall_query *query,
		     __u64 since, __u64 point)
{
	if (c->server)
		return dead_is_asked();
	if (!c->reach)
		return query->state == ACALL_STATE_RUNNING &&
		       now_ns() - since >= point;
	return query->progress >= point;
}

/* Returns whether it was caught in the middle. */
bool acall_stop_once(int obj, const struct bench_case *c,
		     const struct files *files, __u64 point,
		     struct series *series)
{
	/* Room for any method's output. */
	unsigned char out[sizeof(struct acall_file_stat_out)];
	struct acall_query query = { .size = sizeof(query) };
	struct acall_cancel cancel = {
		.size = sizeof(cancel),
		.grace_ns = UINT64_MAX,
	};
	struct acall_finish finish = {
		.size = sizeof(finish),
		.out = (uintptr_t)out,
		.out_len = sizeof(out),
	};
	__u64 since = now_ns();

	begin(obj, c, files);
	for (;;) {
		query.call_id = 0;
		if (ioctl(obj, ACALL_IOC_QUERY, &query))
			die("QUERY: %s", strerror(errno));
		if (query.state == ACALL_STATE_DONE ||
		    is_there(c, &query, since, point))
			break;
		sched_yield();
	}
	/* io_uring's own work interrupts too; the request stands (X9). */
	if (ioctl(obj, ACALL_IOC_CANCEL, &cancel) && errno != ESRCH &&
	    errno != EINTR)
		die("CANCEL: %s", strerror(errno));
	if (ioctl(obj, ACALL_IOC_FINISH, &finish))
		die("FINISH: %s", strerror(errno));

	if (finish.outcome == ACALL_OUTCOME_COMPLETED && !finish.status) {
		series->missed++;
		return false;
	}
	if (finish.outcome != ACALL_OUTCOME_STOPPED ||
	    finish.status != -ECANCELED)
		die("%s on %s: outcome %u, status %d", c->name, c->on,
		    finish.outcome, finish.status);
	series_answer(series, "STOPPED");
	series_add(series, finish.end_ns - finish.cancel_ns);
	return true;
}
