// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sessions: what a provider keeps for each call object between .open and .close
 * (P10), if it has these hooks; else there is none.
 *
 * Held by the object and by each execution that the object began, an orphan too.
 * .close comes when the last has gone, from a worker, so that closing an fd
 * never waits for a provider (C4); or when the interface is unregistered and
 * only idle objects are left, since these pin nothing (C5). Either takes the
 * session off its list first, and who takes it calls .close.
 *
 * Lock: the interface's, for lists and counts.
 *
 * The race it is about is that of these two. Unregistration sweeps and waits for
 * the workers again until there is no open session; none is added, since CREATE
 * is refused by then.
 */
#include <linux/slab.h>

#include "debug/delay.h"
#include "interface.h"
#include "runner.h"
#include "session.h"

struct acall_session {
	u32 users;
	bool open;			/* on a list, .close is due */
	void *priv;
	struct list_head link;
};

/**
 * acall_session_open - open a session for a new object
 * @iface: its interface, pinned
 * @session: set; NULL if the provider wants none
 *
 * Context: the caller of CREATE.
 * Return: 0, -ENOMEM, or what the provider refuses with.
 */
int acall_session_open(struct acall_interface *iface,
		       struct acall_session **session)
{
	const struct acall_interface_desc *desc = iface->desc;
	struct acall_session *fresh;
	int ret = 0;

	*session = NULL;
	if (!desc->open && !desc->close)
		return 0;
	fresh = kzalloc(sizeof(*fresh), GFP_KERNEL_ACCOUNT);
	if (!fresh)
		return -ENOMEM;
	if (desc->open)
		ret = desc->open(iface->data, &fresh->priv);
	if (ret) {
		kfree(fresh);
		return acall_interface_errno(iface, iface->desc->open, ret);
	}
	fresh->users = 1;
	fresh->open = true;
	spin_lock_irq(&iface->lock);
	list_add_tail(&fresh->link, &iface->sessions);
	spin_unlock_irq(&iface->lock);
	*session = fresh;
	return 0;
}

/**
 * acall_session_get - an execution begins
 * @iface: the interface, pinned
 * @session: the object's, or NULL
 */
void acall_session_get(struct acall_interface *iface,
		       struct acall_session *session)
{
	if (!session)
		return;
	spin_lock_irq(&iface->lock);
	session->users++;
	spin_unlock_irq(&iface->lock);
}

/**
 * acall_session_put - an execution has ended, or the object goes
 * @iface: the interface
 * @session: the object's, or NULL
 *
 * Context: process.
 */
void acall_session_put(struct acall_interface *iface,
		       struct acall_session *session)
{
	bool unused = false;

	if (!session)
		return;
	spin_lock_irq(&iface->lock);
	if (!--session->users) {
		unused = !session->open;
		if (session->open) {
			list_move_tail(&session->link, &iface->closing);
			acall_runner_close(iface);
		}
	}
	spin_unlock_irq(&iface->lock);
	if (unused)
		kfree(session);
}

void *acall_session_private(const struct acall_session *session)
{
	return session ? session->priv : NULL;
}

static void close_one(struct acall_interface *iface, void *priv)
{
	acall_delay(ACALL_AT_SESSION_CLOSE);
	if (iface->desc->close)
		iface->desc->close(iface->data, priv);
}

/**
 * acall_sessions_close - close what nobody uses any more
 * @iface: the interface; unregistration waits for who calls this
 *
 * Context: the interface's close work.
 */
void acall_sessions_close(struct acall_interface *iface)
{
	struct acall_session *session;

	for (;;) {
		spin_lock_irq(&iface->lock);
		session = list_first_entry_or_null(&iface->closing,
						   struct acall_session, link);
		if (session)
			list_del_init(&session->link);
		else
			iface->close_due = false;
		spin_unlock_irq(&iface->lock);
		if (!session)
			return;
		close_one(iface, session->priv);
		kfree(session);
	}
}

/**
 * acall_sessions_sweep - close the sessions of objects that stay open
 * @iface: the interface, gone, without executions
 *
 * Context: unregistration.
 * Return: was there any, or is a worker closing one?
 */
bool acall_sessions_sweep(struct acall_interface *iface)
{
	struct acall_session *session;
	bool any = false;
	void *priv;

	for (;;) {
		spin_lock_irq(&iface->lock);
		session = list_first_entry_or_null(&iface->sessions,
						   struct acall_session, link);
		if (session) {
			list_del_init(&session->link);
			session->open = false;
			/* From now on its object may free it at any time. */
			priv = session->priv;
		} else {
			/* One that was closed just now is due elsewhere. */
			any |= iface->chores;
		}
		spin_unlock_irq(&iface->lock);
		if (!session)
			return any;
		any = true;
		close_one(iface, priv);
	}
}
