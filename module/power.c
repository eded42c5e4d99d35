// SPDX-License-Identifier: GPL-2.0-only
/*
 * When the machine suspends or goes down. Over suspend methods pause at their
 * next look (R-FREEZE); freezable workqueues would instead make a long call fail
 * the suspend. A reboot cancels everything (C4), detached calls too.
 *
 * Owns the pause flag. No lock: it is set before and cleared after everything
 * that it is about, and who parks looks again when woken.
 */
#include <linux/notifier.h>
#include <linux/reboot.h>
#include <linux/suspend.h>

#include "call.h"
#include "interface.h"
#include "power.h"

static bool paused;
static DECLARE_WAIT_QUEUE_HEAD(resumed);

/**
 * acall_power_park - wait until the machine is up again, or a cancel is visible
 * @call: the call that is being run
 *
 * Context: .run, may sleep.
 */
void acall_power_park(struct acall_call *call)
{
	if (unlikely(READ_ONCE(paused)))
		(void)acall_wait_event(call, resumed, !READ_ONCE(paused));
}

static int power_event(struct notifier_block *block, unsigned long event,
		       void *unused)
{
	switch (event) {
	case PM_SUSPEND_PREPARE:
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		WRITE_ONCE(paused, true);
		break;
	case PM_POST_SUSPEND:
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
		WRITE_ONCE(paused, false);
		wake_up_all(&resumed);
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block power_block = {
	.notifier_call = power_event,
};

static int reboot_event(struct notifier_block *block, unsigned long event,
			void *unused)
{
	acall_interfaces_cancel(ACALL_REASON_REBOOT);
	return NOTIFY_DONE;
}

/* Early, while the devices that methods use are there still. */
static struct notifier_block reboot_block = {
	.notifier_call = reboot_event,
	.priority = INT_MAX,
};

int __init acall_power_init(void)
{
	int ret = register_reboot_notifier(&reboot_block);

	if (ret)
		return ret;
	ret = register_pm_notifier(&power_block);
	if (ret)
		unregister_reboot_notifier(&reboot_block);
	return ret;
}

void acall_power_exit(void)
{
	unregister_pm_notifier(&power_block);
	unregister_reboot_notifier(&reboot_block);
}
