// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device of an interface of its own, /dev/acall-NAME (P10): what /dev/acall
 * does, for this one interface, private ones too. Its permissions are for udev
 * and the administrator.
 *
 * An open file keeps the registration, not the provider. No lock of its own: the
 * misc layer opens and deregisters under its mutex, so who finds the device has
 * the interface.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

#include "device.h"
#include "interface.h"

static int node_open(struct inode *inode, struct file *file)
{
	struct acall_interface *iface = container_of(file->private_data,
						     struct acall_interface,
						     node);

	acall_interface_get(iface);
	file->private_data = iface;
	return nonseekable_open(inode, file);
}

static int node_release(struct inode *inode, struct file *file)
{
	acall_interface_put(file->private_data);
	return 0;
}

static long node_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return acall_ioctl_device(file->private_data, cmd, (void __user *)arg);
}

static const struct file_operations node_fops = {
	.owner		= THIS_MODULE,
	.open		= node_open,
	.release	= node_release,
	.unlocked_ioctl	= node_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.llseek		= noop_llseek,
};

/**
 * acall_node_create - make the device of an interface
 * @iface: the interface, with a name that no other has
 *
 * Return: 0, or why the device cannot be made.
 */
int acall_node_create(struct acall_interface *iface)
{
	snprintf(iface->node_name, sizeof(iface->node_name), "acall-%s",
		 iface->name);
	iface->node.minor = MISC_DYNAMIC_MINOR;
	iface->node.name = iface->node_name;
	iface->node.fops = &node_fops;
	iface->node.mode = iface->desc->mode ?: 0600;
	return misc_register(&iface->node);
}

/**
 * acall_node_destroy - undo acall_node_create()
 * @iface: the interface; files of the device may stay open
 */
void acall_node_destroy(struct acall_interface *iface)
{
	misc_deregister(&iface->node);
}
