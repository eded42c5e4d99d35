// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A call: made and published by BEGIN, changed by act_step() alone, and gone when it
 * is over (ended and consumed) and the last sleeper has left it. Owns the list of
 * all calls and what is charged for them; the engine's lock guards both.
 *
 * What BEGIN does not do under the lock: copy input, duplicate descriptors, let the
 * method look at its arguments. Nobody sees the call before it is published, and if
 * another one was faster all that is undone [B8].
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "threads.h"

static struct act_link calls = { &calls, &calls };
/* From where on is no secret, but another process's ids shall not look the same. */
static uint64_t last_id;
static uint32_t charged_calls;
static uint64_t charged_bytes;

/* The next one listed after @id; a call that is over is not. */
struct act_call *act_call_after(uint64_t id)
{
	struct act_call *call;
	struct act_link *link;

	for (link = calls.next; link != &calls; link = link->next) {
		call = act_of(link, struct act_call, listed);
		if (call->id > id)
			return call;
	}
	return NULL;
}

struct act_call *act_call_listed(uint64_t id)
{
	struct act_call *call = id ? act_call_after(id - 1) : NULL;

	return call && call->id == id ? call : NULL;
}

/* In the order of ids, which is nearly that in which they come. */
static void list(struct act_call *call)
{
	struct act_link *before = &calls;

	while (before->prev != &calls &&
	       act_of(before->prev, struct act_call, listed)->id > call->id)
		before = before->prev;
	act_link_add(&call->listed, before);
}

void act_calls_info(struct acall_info *info)
{
	info->user_calls = ACT_MAX_CALLS;
	info->total_calls = ACT_MAX_CALLS;
	info->user_bytes = ACT_MAX_BYTES;
	info->total_bytes = ACT_MAX_BYTES;
	info->charged_calls = charged_calls;
	info->charged_bytes = charged_bytes;
}

static int charge(uint32_t nr, uint64_t bytes)
{
	if (charged_calls + nr > ACT_MAX_CALLS ||
	    bytes > ACT_MAX_BYTES - charged_bytes)
		return -EDQUOT;
	charged_calls += nr;
	charged_bytes += bytes;
	return 0;
}

static void uncharge(struct act_call *call)
{
	charged_calls--;
	charged_bytes -= call->charged;
}

/* Of a call that is DONE what was true when it became so. */
uint64_t act_call_progress(const struct act_call *call, uint64_t *total)
{
	if (act_done(atomic_load(&call->word))) {
		*total = call->end_total;
		return call->end_progress;
	}
	*total = atomic_load_explicit(&call->total, memory_order_relaxed);
	return atomic_load_explicit(&call->progress, memory_order_acquire);
}

static uint32_t in_cap(const struct act_method *method)
{
	return method->in_max > method->in_size ? method->in_max :
						  method->in_size;
}

/* Both begin at what any type may begin at. */
static size_t aligned(size_t size)
{
	return (size + 15) & ~(size_t)15;
}

static size_t in_room(const struct act_method *method, uint32_t in_len)
{
	/* A path ends in a NUL, whether it was given or not. */
	return aligned((in_len > method->in_size ? in_len :
						   method->in_size) + 1);
}

static size_t size_of(const struct act_call *call)
{
	return aligned(sizeof(*call)) + in_room(call->method, call->in_len) +
	       call->method->priv_size;
}

void act_call_put(struct act_call *call)
{
	if (--call->refs)
		return;
	act_object_unref(call->object);
	act_free(call->out, call->out_cap);
	act_free(call, size_of(call));
}

static void done(struct act_call *call)
{
	call->end_ns = act_now();
	call->end_progress = atomic_load(&call->progress);
	call->end_total = atomic_load(&call->total);
	act_timer_set(&call->timer, ACALL_FOREVER);
}

/* What must be so the moment that the new word is seen. */
static void before(struct act_call *call, uint32_t was, uint32_t now)
{
	struct act_object *object = call->object;

	if (!act_reason(was) && act_reason(now)) {
		call->cancel_ns = act_now();
		/* Nobody's process has a clock. */
		if (act_reason(now) != ACALL_REASON_DEADLINE)
			call->cancel_tgid = getpid();
	}
	if (act_phase(was) == ACT_QUEUED && act_phase(now) == ACT_RUNNING)
		call->start_ns = act_now();
	if (!act_done(was) && act_done(now))
		done(call);
	if (act_phase(was) != ACT_ABANDONED && act_phase(now) == ACT_ABANDONED)
		object->orphans++;
	if (!(was & ACT_ENDED) && now & ACT_ENDED) {
		if (act_phase(now) == ACT_ABANDONED)
			object->orphans--;
		object->executions--;
		act_link_del(&call->live);
	}
	if ((was & ACT_OVER) != ACT_OVER && (now & ACT_OVER) == ACT_OVER) {
		uncharge(call);
		act_link_del(&call->listed);
	}
}

/* Apply an event. The only place where a call's state changes. */
enum act_verdict act_step(struct act_call *call, enum act_event event,
			  enum acall_reason reason)
{
	uint32_t was = atomic_load(&call->word);
	uint32_t now = was;
	enum act_verdict verdict = act_next(was, event, reason, &now);

	if (verdict != ACT_MADE)
		return verdict;
	before(call, was, now);
	atomic_store(&call->word, now);
	if (!act_done(was) && act_done(now)) {
		if (!(now & ACT_CONSUMED))
			act_object_ready(call->object);
		act_wake(&call->changed, INT_MAX);
	}
	if (!(was & ACT_ENDED) && now & ACT_ENDED)
		act_wake(&call->object->settled, INT_MAX);
	return verdict;
}

/* What may carry a descriptor may carry the object itself. */
static bool may_hold_files(int fd, const struct stat *st)
{
	static const char ring[] = "anon_inode:[io_uring]";
	char path[32], target[sizeof(ring)];
	socklen_t len = sizeof(int);
	int domain = 0;

	if (S_ISREG(st->st_mode) || S_ISDIR(st->st_mode) ||
	    S_ISBLK(st->st_mode))
		return false;
	if (S_ISSOCK(st->st_mode))
		return !getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) &&
		       domain == AF_UNIX;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return readlink(path, target, sizeof(target)) == sizeof(ring) - 1 &&
	       !memcmp(target, ring, sizeof(ring) - 1);
}

static int check_file(int fd, struct stat *st)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || flags & O_PATH || fstat(fd, st) ||
	    may_hold_files(fd, st))
		return -EBADF;
	return 0;
}

static int add_files(struct act_call *call, uint64_t user, uint32_t nr)
{
	struct acall_list_file *named;
	int32_t fds[ACALL_MAX_FILES];
	struct stat st;
	uint32_t i;
	int ret;

	ret = act_copy_in(fds, user, nr * sizeof(*fds));
	for (i = 0; !ret && i < nr; i++) {
		ret = check_file(fds[i], &st);
		if (ret)
			break;
		call->files[i] = act_dup(fds[i]);
		if (call->files[i] < 0)
			return call->files[i];
		named = &call->named[i];
		named->major = major(st.st_dev);
		named->minor = minor(st.st_dev);
		named->ino = st.st_ino;
		call->nr_files++;
		call->nr_open++;
	}
	return ret;
}

static void close_files(struct act_call *call)
{
	uint32_t nr, i;
	sigset_t mask;

	/* A child that is forked just now does not close them too. */
	act_lock(&mask);
	nr = call->nr_open;
	call->nr_open = 0;
	act_unlock(&mask);
	for (i = 0; i < nr; i++)
		act_close_fd(call->files[i]);
}

/* Not under the lock: to close a file may take its time. */
void act_call_drop_files(struct act_call *call)
{
	if (call->method->release)
		call->method->release(call);
	close_files(call);
}

static int check_begin(const struct acall_begin *args)
{
	const uint32_t both = ACALL_BEGIN_DEADLINE | ACALL_BEGIN_NO_CANCEL;

	if (args->flags & ~both || args->flags == both || args->__reserved)
		return -EINVAL;
	if (!(args->flags & ACALL_BEGIN_DEADLINE) &&
	    (args->deadline || args->grace_ns))
		return -EINVAL;
	return 0;
}

static struct act_call *create(struct act_object *object, uint32_t number,
			       const struct act_method *method, uint32_t in_len)
{
	size_t head = aligned(sizeof(struct act_call));
	size_t room = in_room(method, in_len);
	struct act_call *call = act_alloc(head + room + method->priv_size);

	if (!call)
		return NULL;
	call->refs = 1;
	call->object = object;
	object->refs++;
	call->iface = object->iface;
	call->method = method;
	call->number = number;
	call->in = (char *)call + head;
	call->in_len = in_len;
	call->private = (char *)call->in + room;
	call->deadline = ACALL_FOREVER;
	act_link_init(&call->listed);
	act_link_init(&call->live);
	act_link_init(&call->queue);
	act_timer_init(&call->timer, act_call_timer);
	return call;
}

static int create_charged(struct act_object *object,
			  const struct acall_begin *args,
			  struct act_call **call)
{
	const struct act_method *method = act_method_of(object->iface,
							args->method);
	uint64_t bytes;
	int ret;

	if (!method || args->nr_files < method->files_min ||
	    args->nr_files > method->files_max)
		return -EINVAL;
	if (args->in_len > in_cap(method))
		return -E2BIG;
	ret = act_clock_start();
	if (ret)
		return ret;
	bytes = in_room(method, args->in_len) + method->priv_size;
	ret = charge(1, bytes);
	if (ret)
		return ret;
	*call = create(object, args->method, method, args->in_len);
	if (!*call) {
		charged_calls--;
		charged_bytes -= bytes;
		return -ENOMEM;
	}
	(*call)->charged = bytes;
	if (!last_id)
		last_id = (uint64_t)getpid() << 24;
	(*call)->id = ++last_id;
	return 0;
}

static int prepare(struct act_call *call, const struct acall_begin *args)
{
	int ret;

	ret = act_copy_in(call->in, args->in, args->in_len);
	if (!ret)
		ret = add_files(call, args->files, args->nr_files);
	if (!ret && call->method->prepare)
		ret = call->method->prepare(call);
	if (ret)
		close_files(call);
	return ret;
}

static void undo(struct act_call *call)
{
	uncharge(call);
	act_call_put(call);
}

static void publish(struct act_object *object, int fd, struct act_call *call)
{
	object->call = call;
	object->executions++;
	call->nth = ++object->begun;
	act_link_add(&call->live, &object->live);
	list(call);
	call->begin_ns = act_now();
	act_object_pending(object, fd);
	act_step(call, ACT_PUBLISH, ACALL_REASON_NONE);
	act_pool_add(call);
	if (call->deadline == ACALL_FOREVER)
		return;
	if (call->deadline <= call->begin_ns)
		act_cancel(call, &(struct act_request) {
			.reason = ACALL_REASON_DEADLINE,
		});
	else
		act_timer_set(&call->timer, call->deadline);
}

/*
 * Begin a call on @object, whose descriptor is @fd. Its id is in *@call_id before
 * anybody sees it. Return: 0, and in @begun the call with a reference; or -errno.
 */
int act_begin(struct act_object *object, int fd, const struct acall_begin *args,
	      uint64_t *call_id, struct act_call **begun)
{
	struct act_call *call = NULL;
	sigset_t mask;
	int ret;

	ret = check_begin(args);
	if (ret)
		return ret;
	act_lock(&mask);
	ret = object->call ? -EBUSY : create_charged(object, args, &call);
	act_unlock(&mask);
	if (ret)
		return ret;

	call->user_data = args->user_data;
	if (args->flags & ACALL_BEGIN_NO_CANCEL)
		call->word |= ACT_NO_CANCEL;
	if (args->flags & ACALL_BEGIN_DEADLINE) {
		call->deadline = args->deadline;
		call->deadline_grace = args->grace_ns ? args->grace_ns :
							call->method->grace_ns;
	}
	ret = prepare(call, args);
	if (ret) {
		act_lock(&mask);
		undo(call);
		act_unlock(&mask);
		return ret;
	}
	__atomic_store_n(call_id, call->id, __ATOMIC_SEQ_CST);
	act_lock(&mask);
	if (!object->call) {
		/* The execution's, the object's, and ours. */
		call->refs = 3;
		publish(object, fd, call);
		*begun = call;
		act_unlock(&mask);
		return 0;
	}
	act_unlock(&mask);
	act_call_drop_files(call);
	act_lock(&mask);
	undo(call);
	act_unlock(&mask);
	return -EBUSY;
}

/* After fork(2): they run in the parent. Their memory stays what it is. */
void act_calls_forget(void)
{
	struct act_call *call;
	struct act_link *link;
	uint32_t i;

	for (link = calls.next; link != &calls; link = link->next) {
		call = act_of(link, struct act_call, listed);
		for (i = 0; i < call->nr_open; i++)
			act_close_fd(call->files[i]);
	}
	act_link_init(&calls);
	charged_calls = 0;
	charged_bytes = 0;
}

/* For methods. */

const void *act_in(const struct act_call *call)
{
	return call->in;
}

uint32_t act_in_len(const struct act_call *call)
{
	return call->in_len;
}

void *act_private(const struct act_call *call)
{
	return call->private;
}

int act_file(const struct act_call *call, unsigned int i)
{
	return call->files[i];
}

/* In .prepare, once. */
int act_out_alloc(struct act_call *call, uint32_t len)
{
	sigset_t mask;
	int ret;

	if (len > call->method->out_max)
		return -EINVAL;
	act_lock(&mask);
	ret = charge(0, len);
	if (!ret) {
		call->charged += len;
		call->out = act_alloc(len);
		call->out_cap = call->out ? len : 0;
		ret = call->out ? 0 : -ENOMEM;
	}
	act_unlock(&mask);
	return ret;
}

void *act_out(const struct act_call *call)
{
	return call->out;
}

void act_out_set_len(struct act_call *call, uint32_t len)
{
	call->out_len = len;
}

void act_progress(struct act_call *call, uint64_t progress, uint64_t total)
{
	atomic_store_explicit(&call->total, total, memory_order_relaxed);
	atomic_store_explicit(&call->progress, progress, memory_order_release);
}

bool act_cancelled(struct act_call *call)
{
	atomic_store_explicit(&call->look_ns, act_now(), memory_order_relaxed);
	return act_reason(atomic_load(&call->word));
}

int act_checkpoint(struct act_call *call)
{
	return act_cancelled(call) ? -ECANCELED : 0;
}
