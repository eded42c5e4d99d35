/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What the rooms of the engine "threads" share (Documentation/engines.rst).
 *
 * There is one lock, act_lock(), and everything here is its, but for what is said to
 * be atomic or constant. While it is held all signals are blocked, so that any
 * function may run in a signal handler; nobody sleeps, touches the client's memory
 * or enters a method under it.
 */
#ifndef LIBACALL_THREADS_H
#define LIBACALL_THREADS_H

#include <signal.h>
#include <stdatomic.h>
#include <sys/types.h>
#include "../internal.h"
#include "provider.h"
#include "state.h"

#define ACT_NSEC_PER_SEC	1000000000ULL
#define ACT_NSEC_PER_MSEC	1000000ULL

/* Live calls, and bytes of their arguments, that a process may have. */
#define ACT_MAX_CALLS		4096u
#define ACT_MAX_BYTES		(64ULL << 20)

struct act_link {
	struct act_link *prev;
	struct act_link *next;
};

#define act_of(_link, _type, _member)					\
	((__typeof__(_type) *)((char *)(_link) - offsetof(_type, _member)))

/**
 * struct act_timer - something that happens at a time
 * @link: in the clock's queue
 * @at: absolute CLOCK_MONOTONIC ns; ACALL_FOREVER = it is not in the queue
 * @fn: called by the clock with the lock held, the timer being out of the queue
 */
struct act_timer {
	struct act_link link;
	uint64_t at;
	void (*fn)(struct act_timer *timer);
};

/**
 * struct act_object - what a client's descriptor stands for
 * @link: in the table, until the last close
 * @dev: of the client's socket: with @ino what a descriptor is known by
 * @ino: its inode
 * @peer: the engine's end of it; -1 = closed
 * @refs: the table's, each execution's, and each thread's that is in a function
 * @users: threads that are in a function: who closes it under them is not the last
 * @hung_up: the last descriptor was closed; the last of @users sees to it
 * @iface: constant
 * @version: constant
 * @detach: constant; the last close does not cancel [C4]
 * @gone: inherited by fork(2): the parent's engine drives it, this one cannot
 * @call: the pending one
 * @live: executions that have not ended
 * @begun: how many calls have begun
 * @executions: length of @live
 * @orphans: how many of them are abandoned
 * @settled: atomic; goes up with each that ends, whoever waits for it sleeps here
 */
struct act_object {
	struct act_link link;
	dev_t dev;
	ino_t ino;
	int peer;
	unsigned int refs;
	unsigned int users;
	struct act_interface *iface;
	uint32_t version;
	bool detach;
	bool gone;
	bool hung_up;
	struct act_call *call;
	struct act_link live;
	uint64_t begun;
	uint32_t executions;
	uint32_t orphans;

	_Atomic uint32_t settled;
};

/**
 * struct act_call - one call and its execution
 * @word: atomic; state.h
 * @refs: the execution's, the object's while it is pending, and each sleeper's
 * @changed: atomic; goes up when it is DONE, whoever waits for it sleeps here
 * @listed: in the list of all calls, by @id; until it is over
 * @live: in the object's
 * @queue: in the pool's, while it is QUEUED or DEQUEUED
 * @timer: deadline, then end of the grace
 * @object: constant; referenced until the execution has ended
 * @iface: constant, as is all up to @nr_files
 * @method: its entry of the table
 * @number: of the method
 * @id: its id
 * @nth: of the object
 * @user_data: as given to BEGIN
 * @deadline: ACALL_FOREVER = none
 * @deadline_grace: what then follows
 * @charged: bytes, until it is over
 * @in: input
 * @in_len: its length
 * @private: the method's
 * @files: duplicates of the client's descriptors
 * @nr_files: how many
 * @nr_open: how many of them are open
 * @named: what they are
 * @out: output, the method's until it has ended
 * @out_cap: room there
 * @out_len: how much of it is used
 * @progress: atomic
 * @total: atomic
 * @look_ns: atomic
 * @ret: what the method returned
 * @begin_ns: times and numbers as FINISH tells them; @cpu_ns and what begins with
 *	end are written once
 */
struct act_call {
	_Atomic uint32_t word;
	unsigned int refs;
	_Atomic uint32_t changed;
	struct act_link listed;
	struct act_link live;
	struct act_link queue;
	struct act_timer timer;
	struct act_object *object;
	struct act_interface *iface;
	const struct act_method *method;
	uint32_t number;
	uint64_t id;
	uint64_t nth;
	uint64_t user_data;
	uint64_t deadline;
	uint64_t deadline_grace;
	uint64_t charged;
	void *in;
	uint32_t in_len;
	void *private;
	int files[ACALL_MAX_FILES];
	struct acall_list_file named[ACALL_MAX_FILES];
	uint32_t nr_files;
	uint32_t nr_open;
	void *out;
	uint32_t out_cap;
	uint32_t out_len;
	_Atomic uint64_t progress;
	_Atomic uint64_t total;
	_Atomic uint64_t look_ns;
	int ret;
	uint64_t begin_ns;
	uint64_t start_ns;
	uint64_t cancel_ns;
	int32_t cancel_tgid;
	uint64_t end_ns;
	uint64_t end_progress;
	uint64_t end_total;
	uint64_t cpu_ns;
};

/* lock.c: the lock, sleeping, time, and memory of the client's. */
void act_lock(sigset_t *mask);
void act_unlock(const sigset_t *mask);
void act_lock_fork_prepare(void);
void act_lock_fork_parent(void);
void act_lock_fork_child(void);
int act_sleep(_Atomic uint32_t *word, uint32_t value, bool restart);
void act_doze(_Atomic uint32_t *word, uint32_t value, uint64_t until);
void act_wake(_Atomic uint32_t *word, int nr);
uint64_t act_now(void);
uint64_t act_later(uint64_t time, uint64_t duration);
int act_copy_in(void *to, uint64_t from, size_t len);
int act_copy_out(uint64_t to, const void *from, size_t len);
int act_dup(int fd);
int act_aside(int fd);

static inline void act_link_init(struct act_link *link)
{
	link->prev = link;
	link->next = link;
}

static inline bool act_link_empty(const struct act_link *head)
{
	return head->next == head;
}

/* In front of @before. */
static inline void act_link_add(struct act_link *link, struct act_link *before)
{
	link->prev = before->prev;
	link->next = before;
	before->prev->next = link;
	before->prev = link;
}

static inline void act_link_del(struct act_link *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
	act_link_init(link);
}

/* memory.c; the lock is held. */
void *act_alloc(size_t size);
void act_free(void *memory, size_t size);

/* object.c; the lock is held, but in create, get, put and close. */
int act_object_create(struct act_interface *iface, uint32_t version,
		      uint32_t flags);
struct act_object *act_object_get(int fd);
void act_object_put(struct act_object *object);
void act_object_unref(struct act_object *object);
void act_object_close(int fd);
void act_object_pending(struct act_object *object, int fd);
void act_object_ready(struct act_object *object);
void act_object_idle(struct act_object *object, int fd);
void act_object_look(uint64_t ino);
void act_objects_watch(void);
void act_objects_forget(void);
uint32_t act_objects_count(void);

/* call.c; the lock is held, but in begin. */
enum act_verdict act_step(struct act_call *call, enum act_event event,
			  enum acall_reason reason);
void act_call_put(struct act_call *call);
int act_begin(struct act_object *object, int fd, const struct acall_begin *args,
	      uint64_t *call_id, struct act_call **begun);
struct act_call *act_call_listed(uint64_t id);
struct act_call *act_call_after(uint64_t id);
void act_call_drop_files(struct act_call *call);
void act_calls_forget(void);
void act_calls_info(struct acall_info *info);
uint64_t act_call_progress(const struct act_call *call, uint64_t *total);

/* cancel.c; the lock is held. */
struct act_request {
	enum acall_reason reason;
	uint32_t flags;
	uint64_t grace_ns;
};

int act_cancel(struct act_call *call, const struct act_request *request);
void act_call_timer(struct act_timer *timer);

/* wait.c: the operations of a client; the lock is not held. */
int act_wait_done(struct act_call *call, uint64_t until, bool restart,
		  sigset_t *mask);
int act_ioctl_object(struct act_object *object, int fd, unsigned int request,
		     void *arg);
int act_ioctl_cancel_id(void *arg);

/* args.c */
int act_args_get(void *args, size_t size, const void *from);
void act_args_put(void *to, void *args, size_t size, uint32_t user_size);

/* pool.c: the workers; the lock is held. */
void act_pool_add(struct act_call *call);
void act_pool_dequeue(struct act_call *call);
bool act_pool_spawn(void);
void act_pool_forget(void);

/* clock.c: the thread that knows the time; the lock is held. */
int act_clock_start(void);
void act_clock_kick(void);
void act_clock_watch(struct act_object *object);
void act_clock_unwatch(struct act_object *object);
void act_clock_forget(void);
void act_timer_init(struct act_timer *timer,
		    void (*fn)(struct act_timer *timer));
void act_timer_set(struct act_timer *timer, uint64_t at);
int act_thread_start(void *(*fn)(void *arg));

/* device.c, interface.c: what there is; constant. */
const struct act_method *act_method_of(const struct act_interface *iface,
				       uint32_t number);
uint32_t act_method_caps(const struct act_method *method);
int act_ioctl_info(void *arg);
int act_ioctl_interface(void *arg);
int act_ioctl_method(void *arg);
int act_ioctl_create(void *arg);
int act_ioctl_list(void *arg);

/* fork.c */
void act_fork_register(void);

/* device.c: what the library sees. */
bool act_owns(int fd);
int act_open(void);
int act_ioctl(int fd, unsigned int request, void *arg);
void act_close(int fd);

#endif /* LIBACALL_THREADS_H */
