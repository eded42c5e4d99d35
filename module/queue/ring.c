// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of a queue's rings, which user space shares (R-RING).
 *
 * Pages of their own, charged to the memory cgroup of whoever makes the queue, of
 * a size that never changes; each place that they are mapped to has a reference
 * on each page, so a mapping may outlive whatever it likes. Nothing that is written
 * there by user space is used for anything but what user space may choose.
 *
 * No lock: made before the queue's file, gone after it.
 */
#include <linux/gfp.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "queue/queue.h"

static_assert(sizeof(struct acall_ring) == 128);
static_assert(sizeof(struct acall_submission) == 128);
static_assert(sizeof(struct acall_completion) == 64);

static int get_pages(struct acall_rings *rings)
{
	u32 nr = rings->size >> PAGE_SHIFT;

	rings->pages = kvcalloc(nr, sizeof(*rings->pages), GFP_KERNEL_ACCOUNT |
				__GFP_NOWARN);
	if (!rings->pages)
		return -ENOMEM;
	while (rings->nr_pages < nr) {
		struct page *page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO |
					       __GFP_NOWARN);

		if (!page)
			return -ENOMEM;
		rings->pages[rings->nr_pages++] = page;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static size_t completions_at(u32 entries)
{
	return sizeof(struct acall_ring) +
	       entries * sizeof(struct acall_submission);
}

static size_t size_of(u32 entries, u32 slots)
{
	return PAGE_ALIGN(completions_at(entries) + roundup_pow_of_two(slots) *
			  sizeof(struct acall_completion));
}

/**
 * acall_rings_cost - what a queue's rings take, in bytes
 * @entries: of the submission ring, a power of two
 * @slots: of the queue
 *
 * With what is scarce in kernel address space, which ends with a gap.
 */
u64 acall_rings_cost(u32 entries, u32 slots)
{
	return (u64)size_of(entries, slots) + PAGE_SIZE;
}

/**
 * acall_rings_create - allocate a queue's rings
 * @rings: zeroed; written
 * @entries: of the submission ring, a power of two
 * @slots: of the queue
 *
 * Return: 0, -ENOMEM, -EINTR (killed).
 */
int acall_rings_create(struct acall_rings *rings, u32 entries, u32 slots)
{
	void *base = NULL;
	int ret;

	rings->nr_submissions = entries;
	rings->nr_completions = roundup_pow_of_two(slots);
	rings->size = size_of(entries, slots);
	ret = get_pages(rings);
	if (!ret) {
		base = vmap(rings->pages, rings->nr_pages, VM_MAP, PAGE_KERNEL);
		ret = base ? 0 : -ENOMEM;
	}
	if (ret) {
		acall_rings_destroy(rings);
		return ret;
	}
	rings->ring = base;
	rings->submissions = base + sizeof(struct acall_ring);
	rings->completions = base + completions_at(entries);
	return 0;
}

/**
 * acall_rings_destroy - undo acall_rings_create(), whatever of it was done
 * @rings: the rings
 */
void acall_rings_destroy(struct acall_rings *rings)
{
	vunmap(rings->ring);
	rings->ring = NULL;
	while (rings->nr_pages)
		__free_page(rings->pages[--rings->nr_pages]);
	kvfree(rings->pages);
	rings->pages = NULL;
}

/**
 * acall_rings_map - show the rings to user space
 * @rings: the rings
 * @vma: where: all of them, shared
 *
 * Return: 0, -EINVAL, -ENOMEM.
 */
int acall_rings_map(struct acall_rings *rings, struct vm_area_struct *vma)
{
	unsigned long left = rings->nr_pages;
	int ret;

	if (vma->vm_pgoff || vma->vm_end - vma->vm_start != rings->size ||
	    !(vma->vm_flags & VM_SHARED) || vma->vm_flags & VM_EXEC)
		return -EINVAL;
	/* As it is now is how it stays. */
	vm_flags_mod(vma, VM_DONTEXPAND | VM_DONTDUMP, VM_MAYEXEC);
	ret = vm_insert_pages(vma, vma->vm_start, rings->pages, &left);
	/* What it says of page tables above the last one: no memory for them. */
	return ret == -EFAULT ? -ENOMEM : ret;
}
