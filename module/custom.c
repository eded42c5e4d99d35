// SPDX-License-Identifier: GPL-2.0-only
/*
 * Methods that hold no thread: .start gets the work going, and from then on the
 * call is parked until somebody completes it, in whatever context.
 *
 * No lock of its own. The client is told at once, under the call's lock; files
 * and .release wait until .start and the cancel hook are out (P1, P2): whoever
 * is last, found under the call's lock, hands the call to its lane's settle
 * work. Nobody of them may touch the call afterwards.
 *
 * The race it is about is a completion that comes before .start has returned,
 * from itself or from another CPU.
 */
#include <linux/export.h>

#include "call.h"
#include "debug/delay.h"
#include "interface.h"
#include "runner.h"

/**
 * acall_call_enter_start - start a call whose method holds no thread
 * @call: the call, just published, on its interface's list; the caller has the
 *	execution's reference and gives it away
 *
 * Context: the caller of BEGIN.
 */
void acall_call_enter_start(struct acall_call *call)
{
	enum acall_verdict verdict;
	bool settle, ask;

	acall_delay(ACALL_AT_START);
	spin_lock_irq(&call->lock);
	verdict = acall_call_step(call, ACALL_EVENT_START, ACALL_REASON_NONE);
	if (verdict == ACALL_MADE)
		call->starting = true;
	spin_unlock_irq(&call->lock);
	if (verdict != ACALL_MADE) {
		/* Cancelled before; on no queue, so nobody else clears it. */
		acall_runner_settle(call);
		return;
	}

	acall_delay(ACALL_AT_START_ENTER);
	call->method->start(call);
	acall_delay(ACALL_AT_START_RETURNED);

	spin_lock_irq(&call->lock);
	call->starting = false;
	ask = call->ask_due;
	/* Completed meanwhile: there is nothing left to hurry. */
	if (ask && call->word & ACALL_WORD_REPLIED) {
		call->asking = false;
		ask = false;
	}
	call->ask_due = false;
	settle = acall_call_may_settle(call);
	spin_unlock_irq(&call->lock);
	/* Handed to nobody, it may be gone by now. */
	acall_delay(ACALL_AT_START_HAND);

	if (settle)
		acall_runner_settle(call);
	else if (!ask)
		return;
	else if (call->method->cancel)
		acall_call_ask(call);
	else
		acall_runner_ask(call);
}

void acall_complete(struct acall_call *call, int ret)
{
	enum acall_event event = ACALL_EVENT_REPLY;
	enum acall_verdict verdict;
	bool settle = false;
	unsigned long flags;

	/* Who completes a second time may find that the method is gone. */
	ret = acall_interface_errno(call->iface, (void *)_RET_IP_, ret);
	if (ret == -ECANCELED || ret == -EINTR)
		event = ACALL_EVENT_REPLY_STOP;
	if (WARN_ONCE(!(call->caps & ACALL_CAP_CUSTOM),
		      "acall: %s: method %u has .run and was completed\n",
		      call->iface->name, call->method_nr))
		return;
	acall_delay(ACALL_AT_COMPLETE);

	spin_lock_irqsave(&call->lock, flags);
	if (!(call->word & ACALL_WORD_REPLIED))
		call->ret = ret;
	verdict = acall_call_step(call, event, ACALL_REASON_NONE);
	if (verdict == ACALL_MADE)
		settle = acall_call_may_settle(call);
	spin_unlock_irqrestore(&call->lock, flags);
	acall_delay(ACALL_AT_COMPLETE_HAND);

	if (settle)
		acall_runner_settle(call);
	else if (verdict == ACALL_ALREADY)
		pr_warn_once("acall: %s: a call of method %u was completed twice\n",
			     call->iface->name, call->method_nr);
}
EXPORT_SYMBOL_GPL(acall_complete);
