// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Threads: whether their calls can be cancelled, and which call each is in.
 *
 * The race this is about: the call ends, its thread returns, destroys the object
 * and begins the next call, while somebody who has found the thread by its id
 * cancels. So who finds a thread makes himself a cancel object under the thread's
 * lock, while it is in the call: a descriptor of his own for the call object, and
 * the call's id. All that comes later is done with these, without any lock, and the
 * kernel refuses what names a call that is over [X11].
 *
 * Locks: @list_lock, around the list, and under it a thread's @lock, around the call
 * it is in and what it has registered. Each thread changes only its own, so it takes
 * no more than its own lock, but to come and go. A thread that goes takes itself from
 * the list and then its lock once more: whoever had found it has let go of that.
 */
#define _GNU_SOURCE
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>
#include "internal.h"

struct registered {
	struct registered *below;
	acall_com_cancel_t *cancel;
};

struct com_thread {
	struct com_thread *next;
	pid_t tid;

	_Atomic unsigned int enabled;	/* changed by the thread itself */

	pthread_mutex_t lock;
	acall_t *call;			/* that it is in; NULL = none */
	uint64_t call_id;
	struct registered *top;
};

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static struct com_thread *list;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool ready;
static _Thread_local struct com_thread *own;

static void thread_gone(void *arg)
{
	struct com_thread *thread = arg, **link;
	struct registered *registered;

	pthread_mutex_lock(&list_lock);
	for (link = &list; *link != thread;)
		link = &(*link)->next;
	*link = thread->next;
	pthread_mutex_unlock(&list_lock);
	pthread_mutex_lock(&thread->lock);
	pthread_mutex_unlock(&thread->lock);
	pthread_mutex_destroy(&thread->lock);
	while ((registered = thread->top)) {
		thread->top = registered->below;
		acall_com_cancel_object_release(registered->cancel);
		free(registered);
	}
	own = NULL;
	free(thread);
}

/* Whoever has found the thread that forks must not hold its lock in the child. */
static void before_fork(void)
{
	pthread_mutex_lock(&list_lock);
	if (own)
		pthread_mutex_lock(&own->lock);
}

static void after_fork(void)
{
	if (own)
		pthread_mutex_unlock(&own->lock);
	pthread_mutex_unlock(&list_lock);
}

/*
 * In the child there is only the thread that forked, with an id of its own. The
 * others' locks may be taken for ever, so what they had is left alone.
 */
static void in_child(void)
{
	list = own;
	if (own) {
		own->next = NULL;
		own->tid = gettid();
	}
	after_fork();
}

static void prepare(void)
{
	ready = !pthread_key_create(&key, thread_gone) &&
		!pthread_atfork(before_fork, after_fork, in_child);
}

/* Makes the calling thread's when it is first needed; false = no memory. */
static bool have_own(void)
{
	struct com_thread *thread;

	if (own)
		return true;
	pthread_once(&once, prepare);
	if (!ready)
		return false;
	thread = calloc(1, sizeof(*thread));
	if (!thread || pthread_setspecific(key, thread)) {
		free(thread);
		return false;
	}
	pthread_mutex_init(&thread->lock, NULL);
	thread->tid = gettid();
	pthread_mutex_lock(&list_lock);
	thread->next = list;
	list = thread;
	own = thread;
	pthread_mutex_unlock(&list_lock);
	return true;
}

bool com_thread_enabled(void)
{
	return own && atomic_load(&own->enabled);
}

/* Only of a thread that is enabled. */
void com_call_enter(acall_t *call, uint64_t call_id)
{
	pthread_mutex_lock(&own->lock);
	own->call = call;
	own->call_id = call_id;
	pthread_mutex_unlock(&own->lock);
}

void com_call_leave(void)
{
	com_call_enter(NULL, 0);
}

/* A cancel object of the innermost call that thread @tid is in. */
acall_com_hresult com_thread_find(pid_t tid, acall_com_cancel_t **cancel)
{
	acall_com_hresult ret = ACALL_COM_E_NOINTERFACE;
	struct com_thread *thread;

	*cancel = NULL;
	if (!tid)
		tid = gettid();
	pthread_mutex_lock(&list_lock);
	for (thread = list; thread && thread->tid != tid;)
		thread = thread->next;
	if (thread)
		pthread_mutex_lock(&thread->lock);
	pthread_mutex_unlock(&list_lock);
	/* Who never said otherwise is not enabled, if there is such a thread. */
	if (!thread)
		return tgkill(getpid(), tid, 0) ?
			ret : ACALL_COM_CO_E_CANCEL_DISABLED;

	if (!atomic_load(&thread->enabled)) {
		ret = ACALL_COM_CO_E_CANCEL_DISABLED;
	} else if (thread->call) {
		ret = acall_com_cancel_object_create(thread->call,
						     thread->call_id, cancel);
	} else if (thread->top) {
		*cancel = acall_com_cancel_object_ref(thread->top->cancel);
		ret = ACALL_COM_S_OK;
	}
	pthread_mutex_unlock(&thread->lock);
	return ret;
}

COM_PUBLIC acall_com_hresult acall_com_enable_cancellation(void)
{
	if (!have_own() || atomic_load(&own->enabled) == UINT_MAX)
		return ACALL_COM_E_OUTOFMEMORY;
	atomic_fetch_add(&own->enabled, 1);
	return ACALL_COM_S_OK;
}

COM_PUBLIC acall_com_hresult acall_com_disable_cancellation(void)
{
	if (!com_thread_enabled())
		return ACALL_COM_CO_E_CANCEL_DISABLED;
	return atomic_fetch_sub(&own->enabled, 1) == 1 ? ACALL_COM_S_OK :
							 ACALL_COM_S_FALSE;
}

static acall_com_hresult register_object(acall_com_cancel_t *cancel)
{
	struct registered *new = calloc(1, sizeof(*new));

	if (!new)
		return ACALL_COM_E_OUTOFMEMORY;
	new->cancel = acall_com_cancel_object_ref(cancel);
	new->below = own->top;
	pthread_mutex_lock(&own->lock);
	own->top = new;
	pthread_mutex_unlock(&own->lock);
	return ACALL_COM_S_OK;
}

static acall_com_hresult unregister_object(void)
{
	struct registered *old = own->top;

	if (!old)
		return ACALL_COM_E_UNEXPECTED;
	pthread_mutex_lock(&own->lock);
	own->top = old->below;
	pthread_mutex_unlock(&own->lock);
	acall_com_cancel_object_release(old->cancel);
	free(old);
	return ACALL_COM_S_OK;
}

COM_PUBLIC acall_com_hresult
acall_com_set_cancel_object(acall_com_cancel_t *cancel)
{
	if (!have_own())
		return ACALL_COM_E_OUTOFMEMORY;
	return cancel ? register_object(cancel) : unregister_object();
}
