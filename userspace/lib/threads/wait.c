// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What a client does with its object: BEGIN, WAIT, FINISH, CANCEL, QUERY, CALL.
 *
 * A sleeper has a reference to its call and answers for that one, whatever becomes of
 * the object meanwhile [W5]. It sleeps without the lock, so nothing that it looked at
 * before is believed afterwards.
 */
#include <fcntl.h>
#include <string.h>
#include "threads.h"

/* A timer that only wakes whoever sleeps at @word. */
struct alarm {
	struct act_timer timer;
	bool rung;

	_Atomic uint32_t *word;
};

static void ring(struct act_timer *timer)
{
	struct alarm *alarm = act_of(timer, struct alarm, timer);

	alarm->rung = true;
	act_wake(alarm->word, INT_MAX);
}

static bool call_done(const void *what, uint64_t unused)
{
	const struct act_call *call = what;

	(void)unused;
	return act_done(atomic_load(&call->word));
}

/* Have all that had begun by @nth ended? */
static bool settled_by(const void *what, uint64_t nth)
{
	const struct act_object *object = what;
	const struct act_link *link;

	for (link = object->live.next; link != &object->live;
	     link = link->next) {
		if (act_of(link, struct act_call, live)->nth <= nth)
			return false;
	}
	return true;
}

static bool ended(const void *what, uint64_t unused)
{
	const struct act_call *call = what;

	(void)unused;
	return atomic_load(&call->word) & ACT_ENDED;
}

/*
 * Sleep at @word until @is holds; the lock is held, but not while it sleeps. Return:
 * 0, -ETIMEDOUT, -EINTR.
 */
static int wait_until(bool (*is)(const void *what, uint64_t nr),
		      const void *what, uint64_t nr, _Atomic uint32_t *word,
		      uint64_t until, bool restart, sigset_t *mask)
{
	struct alarm alarm = { .word = word };
	uint32_t seen;
	int ret = 0;

	if (is(what, nr))
		return 0;
	if (until <= act_now())
		return -ETIMEDOUT;
	act_timer_init(&alarm.timer, ring);
	act_timer_set(&alarm.timer, until);
	while (!ret && !is(what, nr)) {
		if (alarm.rung) {
			ret = -ETIMEDOUT;
			break;
		}
		seen = atomic_load(word);
		act_unlock(mask);
		/* A handler has interrupted it also if it has made it so. */
		ret = act_sleep(word, seen, restart);
		act_lock(mask);
	}
	act_timer_set(&alarm.timer, ACALL_FOREVER);
	return ret;
}

/* The lock is held; the caller has a reference. */
int act_wait_done(struct act_call *call, uint64_t until, bool restart,
		  sigset_t *mask)
{
	return wait_until(call_done, call, 0, &call->changed, until, restart,
			  mask);
}

/* The pending call, if it is @id (0 = any), with a reference; the lock is held. */
static struct act_call *get_pending(struct act_object *object, uint64_t id)
{
	struct act_call *call = object->call;

	if (!call || (id && call->id != id))
		return NULL;
	call->refs++;
	return call;
}

static void wait_past_deadline(struct act_call *call, sigset_t *mask)
{
	while (act_phase(call->word) == ACT_DEQUEUED &&
	       act_reason(call->word) == ACALL_REASON_DEADLINE)
		act_wait_done(call, ACALL_FOREVER, true, mask);
}

/* As BEGIN, and CALL, which goes on with @begun. */
static int begin(struct act_object *object, int fd,
		 const struct acall_begin *args, uint64_t *call_id,
		 struct act_call **begun)
{
	sigset_t mask;
	int ret;

	ret = act_begin(object, fd, args, call_id, begun);
	if (ret || (*begun)->deadline == ACALL_FOREVER)
		return ret;
	act_lock(&mask);
	wait_past_deadline(*begun, &mask);
	act_unlock(&mask);
	return 0;
}

static void put(struct act_call *call)
{
	sigset_t mask;

	act_lock(&mask);
	act_call_put(call);
	act_unlock(&mask);
}

static int ioctl_begin(struct act_object *object, int fd, void *arg)
{
	struct acall_begin *user = arg, args;
	struct act_call *call;
	uint64_t call_id = 0;
	int ret;

	ret = act_args_get(&args, sizeof(args), user);
	if (ret)
		return ret;
	ret = begin(object, fd, &args, &call_id, &call);
	if (ret)
		return ret;
	memcpy(&user->call_id, &call_id, sizeof(call_id));
	put(call);
	return 0;
}

static int wait_settled(struct act_object *object, uint64_t id, uint64_t until,
			sigset_t *mask)
{
	struct act_call *call;
	struct act_link *link;
	int ret;

	if (!id)
		/* Restarted, "all that had begun" would be more than before. */
		return wait_until(settled_by, object, object->begun,
				  &object->settled, until, false, mask);
	for (link = object->live.next; link != &object->live;
	     link = link->next) {
		call = act_of(link, struct act_call, live);
		if (call->id != id)
			continue;
		call->refs++;
		ret = wait_until(ended, call, 0, &object->settled, until, true,
				 mask);
		act_call_put(call);
		return ret;
	}
	return 0;
}

static int ioctl_wait(struct act_object *object, int fd, void *arg)
{
	struct acall_wait args;
	struct act_call *call;
	sigset_t mask;
	int ret;

	(void)fd;
	ret = act_args_get(&args, sizeof(args), arg);
	if (!ret && args.flags & ~ACALL_WAIT_SETTLED)
		ret = -EINVAL;
	if (ret)
		return ret;
	act_lock(&mask);
	if (args.flags & ACALL_WAIT_SETTLED) {
		ret = wait_settled(object, args.call_id, args.until, &mask);
	} else {
		call = get_pending(object, args.call_id);
		ret = -ESRCH;
		if (call) {
			ret = act_wait_done(call, args.until, true, &mask);
			act_call_put(call);
		}
	}
	act_unlock(&mask);
	return ret;
}

/* What FINISH tells of a call that is DONE; the lock is held. */
static void fill(struct acall_finish *args, const struct act_call *call)
{
	uint32_t word = call->word;
	bool own = act_phase(word) == ACT_COMPLETED;

	args->call_id = call->id;
	args->status = act_word_status(word, call->ret);
	args->outcome = act_word_outcome(word);
	/* Output belongs to a success of the method's own [F4]. */
	args->out_len = own && !call->ret ? call->out_len : 0;
	args->nr_files = 0;
	args->result = 0;
	args->method = call->number;
	args->user_data = call->user_data;
	args->progress = call->end_progress;
	args->total = call->end_total;
	args->begin_ns = call->begin_ns;
	args->start_ns = call->start_ns;
	args->cancel_ns = call->cancel_ns;
	args->end_ns = call->end_ns;
	args->cpu_ns = act_phase(word) == ACT_ABANDONED ? 0 : call->cpu_ns;
}

/* Copies the output out; the call is DONE, so nobody writes to it any more. */
static int copy_result(struct act_call *call, struct acall_finish *args)
{
	uint32_t room = args->out_len;
	sigset_t mask;

	act_lock(&mask);
	fill(args, call);
	act_unlock(&mask);
	if (args->out_len > room)
		return -EMSGSIZE;
	return act_copy_out(args->out, call->out, args->out_len);
}

/* Who finds it still there is the one who consumes it [F5]. */
static int take(struct act_object *object, int fd, struct act_call *call)
{
	sigset_t mask;
	int ret = -ESRCH;

	act_lock(&mask);
	if (object->call == call) {
		object->call = NULL;
		act_step(call, ACT_CONSUME, ACALL_REASON_NONE);
		act_object_idle(object, fd);
		act_call_put(call);
		ret = 0;
	}
	act_unlock(&mask);
	return ret;
}

static bool nonblocking(int fd)
{
	int saved = errno;
	int flags = fcntl(fd, F_GETFL);

	errno = saved;
	return flags >= 0 && flags & O_NONBLOCK;
}

static int ioctl_finish(struct act_object *object, int fd, void *arg)
{
	struct acall_finish args;
	struct act_call *call;
	uint32_t size;
	sigset_t mask;
	int ret;

	ret = act_args_get(&args, sizeof(args), arg);
	if (!ret && args.flags & ~ACALL_FINISH_NONBLOCK)
		ret = -EINVAL;
	if (ret)
		return ret;
	size = args.size;
	act_lock(&mask);
	call = get_pending(object, args.call_id);
	ret = -ESRCH;
	if (call && (args.flags & ACALL_FINISH_NONBLOCK || nonblocking(fd)))
		ret = act_done(call->word) ? 0 : -EAGAIN;
	else if (call)
		ret = act_wait_done(call, ACALL_FOREVER, true, &mask);
	act_unlock(&mask);
	if (!call)
		return ret;
	if (!ret) {
		ret = copy_result(call, &args);
		if (!ret || ret == -EMSGSIZE)
			act_args_put(arg, &args, sizeof(args), size);
		if (!ret)
			ret = take(object, fd, call);
	}
	put(call);
	return ret;
}

static int call_result(struct act_object *object, int fd, struct act_call *call,
		       struct acall_call_args *args)
{
	struct acall_finish finish = {
		.out = args->out,
		.out_len = args->out_len,
	};
	int ret = copy_result(call, &finish);

	args->out_len = finish.out_len;
	args->nr_files_out = finish.nr_files;
	if (!ret)
		ret = take(object, fd, call);
	if (ret)
		return ret;
	args->status = finish.status;
	args->outcome = finish.outcome;
	args->result = finish.result;
	args->progress = finish.progress;
	args->total = finish.total;
	args->begin_ns = finish.begin_ns;
	args->start_ns = finish.start_ns;
	args->cancel_ns = finish.cancel_ns;
	args->end_ns = finish.end_ns;
	args->cpu_ns = finish.cpu_ns;
	return 0;
}

/* All but the id, which was written when the call began, and others read [S2]. */
static void put_call(void *user, struct acall_call_args *args, uint32_t size)
{
	const size_t id = offsetof(struct acall_call_args, call_id);
	const size_t rest = id + sizeof(args->call_id);

	if (size > sizeof(*args))
		size = sizeof(*args);
	memcpy(user, args, id);
	memcpy((char *)user + rest, (char *)args + rest, size - rest);
}

static int ioctl_call(struct act_object *object, int fd, void *arg)
{
	struct acall_call_args *user = arg, args;
	struct acall_begin terms;
	struct act_call *call;
	sigset_t mask;
	int ret;

	ret = act_args_get(&args, sizeof(args), user);
	if (ret)
		return ret;
	terms = (struct acall_begin) {
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
	__atomic_store_n(&user->call_id, 0, __ATOMIC_SEQ_CST);
	ret = begin(object, fd, &terms, (uint64_t *)&user->call_id, &call);
	if (ret) {
		__atomic_store_n(&user->call_id, 0, __ATOMIC_SEQ_CST);
		return ret;
	}
	act_lock(&mask);
	/* Never restarted: it would begin twice. */
	ret = act_wait_done(call, ACALL_FOREVER, false, &mask);
	act_unlock(&mask);
	if (!ret) {
		ret = call_result(object, fd, call, &args);
		if (!ret || ret == -EMSGSIZE)
			put_call(user, &args, args.size);
	}
	put(call);
	return ret;
}

static int check_cancel(const struct acall_cancel *args)
{
	if (args->flags & ~(ACALL_CANCEL_ABANDON | ACALL_CANCEL_NOWAIT |
			    ACALL_CANCEL_ESCALATE))
		return -EINVAL;
	if (args->flags & ACALL_CANCEL_ABANDON &&
	    (args->grace_ns || args->flags & ACALL_CANCEL_NOWAIT))
		return -EINVAL;
	return 0;
}

/* The lock is held; @call may be NULL, its reference is dropped. */
static int cancel(struct act_call *call, struct acall_cancel *args,
		  enum acall_reason reason, sigset_t *mask)
{
	struct act_request request = {
		.reason = reason,
		.flags = args->flags,
		.grace_ns = args->grace_ns,
	};
	int ret = -ESRCH;
	uint32_t word = 0;

	args->call_id = 0;
	if (call) {
		if (!request.grace_ns)
			request.grace_ns = call->method->grace_ns;
		ret = act_cancel(call, &request);
		if (!ret && !(args->flags & ACALL_CANCEL_NOWAIT)) {
			ret = act_wait_done(call, ACALL_FOREVER, false, mask);
			if (!ret && act_phase(call->word) == ACT_COMPLETED)
				ret = -ESRCH;
		}
		args->call_id = call->id;
		word = call->word;
		act_call_put(call);
	}
	args->state = act_word_state(word);
	args->outcome = act_word_outcome(word);
	return ret;
}

static int cancel_get(struct acall_cancel *args, const void *arg)
{
	int ret = act_args_get(args, sizeof(*args), arg);

	return ret ? ret : check_cancel(args);
}

static int cancel_put(void *arg, struct acall_cancel *args, int ret)
{
	if (!ret || ret == -ESRCH || ret == -EALREADY)
		act_args_put(arg, args, sizeof(*args), args->size);
	return ret;
}

static int ioctl_cancel(struct act_object *object, int fd, void *arg)
{
	struct acall_cancel args;
	sigset_t mask;
	int ret;

	(void)fd;
	ret = cancel_get(&args, arg);
	if (ret)
		return ret;
	act_lock(&mask);
	ret = cancel(get_pending(object, args.call_id), &args,
		     ACALL_REASON_CLIENT, &mask);
	act_unlock(&mask);
	return cancel_put(arg, &args, ret);
}

/*
 * On the device: any call of this process, detached ones too; for an administrator
 * NO_CANCEL does not count [X13].
 */
int act_ioctl_cancel_id(void *arg)
{
	struct acall_cancel args;
	struct act_call *call;
	sigset_t mask;
	int ret;

	ret = cancel_get(&args, arg);
	if (!ret && !args.call_id)
		ret = -EINVAL;
	if (ret)
		return ret;
	act_lock(&mask);
	call = act_call_listed(args.call_id);
	if (call)
		call->refs++;
	ret = cancel(call, &args, act_may_administer() ? ACALL_REASON_ADMIN :
		     ACALL_REASON_CLIENT, &mask);
	act_unlock(&mask);
	return cancel_put(arg, &args, ret);
}

static void fill_query(struct acall_query *args, const struct act_call *call)
{
	uint32_t word = call->word;

	args->call_id = call->id;
	args->state = act_word_state(word);
	args->outcome = act_word_outcome(word);
	args->status = act_word_status(word, call->ret);
	args->method = call->number;
	args->caps = act_method_caps(call->method);
	args->reason = act_reason(word);
	args->cancel_tgid = call->cancel_tgid;
	args->user_data = call->user_data;
	args->progress = act_call_progress(call, (uint64_t *)&args->total);
	args->grace_ns = call->method->grace_ns;
	args->begin_ns = call->begin_ns;
	args->start_ns = call->start_ns;
	args->cancel_ns = call->cancel_ns;
	args->look_ns = atomic_load(&call->look_ns);
	args->end_ns = call->end_ns;
}

static int ioctl_query(struct act_object *object, int fd, void *arg)
{
	struct acall_query args;
	struct act_call *call;
	uint32_t size;
	uint64_t id;
	sigset_t mask;
	int ret;

	(void)fd;
	ret = act_args_get(&args, sizeof(args), arg);
	if (!ret && args.flags)
		ret = -EINVAL;
	if (ret)
		return ret;
	size = args.size;
	id = args.call_id;
	memset(&args, 0, sizeof(args));
	act_lock(&mask);
	call = get_pending(object, id);
	if (call) {
		fill_query(&args, call);
		act_call_put(call);
	} else if (id) {
		ret = -ESRCH;
	}
	args.orphans = object->orphans;
	args.executions = object->executions;
	act_unlock(&mask);
	if (!ret)
		act_args_put(arg, &args, sizeof(args), size);
	return ret;
}

int act_ioctl_object(struct act_object *object, int fd, unsigned int request,
		     void *arg)
{
	static int (*const ops[])(struct act_object *object, int fd,
				  void *arg) = {
		ioctl_begin, ioctl_wait, ioctl_finish, ioctl_cancel,
		ioctl_query, ioctl_call,
	};
	unsigned int nr = request - ACALL_IOC_BEGIN;

	if (nr >= sizeof(ops) / sizeof(*ops))
		return -ENOTTY;
	/* What the parent began is the parent's (Documentation/engines.rst). */
	if (object->gone)
		return -ENODEV;
	return ops[nr](object, fd, arg);
}
