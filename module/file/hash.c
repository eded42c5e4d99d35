// SPDX-License-Identifier: GPL-2.0-only
/*
 * hash: the digest of a range of a file or block device.
 *
 * Owns the digest's state and one buffer of a call, from .prepare to .release.
 * No locks; the state is used by the worker alone.
 *
 * The race is with writers. The range ends where the file ended at BEGIN at the
 * latest; if the file shrinks below that meanwhile, the digest is of what was
 * there, and progress says how many bytes that were. What is written while it
 * is read may be in the digest or not, as with any reader.
 *
 * Between two buffers the cancel flag is looked at, which is often enough for
 * the computing; a read from a device or server that does not answer is ended
 * by the signal.
 */
#include <crypto/hash.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../debug/fail.h"
#include "internal.h"

/*
 * The algorithm, ready for use, or ERR_PTR: -ENOENT if there is none of that
 * name, -EINVAL if the name is none or the algorithm wants a key.
 */
static struct crypto_shash *acf_hash_find(const char *name)
{
	struct crypto_shash *tfm;
	size_t len = strnlen(name, ACALL_FILE_ALGORITHM_LEN);

	if (!len || len == ACALL_FILE_ALGORITHM_LEN)
		return ERR_PTR(-EINVAL);
	if (memchr_inv(name + len, 0, ACALL_FILE_ALGORITHM_LEN - len))
		return ERR_PTR(-EINVAL);
	/*
	 * Templates, "hmac(sha256)", are all for keys; nobody shall have the
	 * kernel build towers of them.
	 */
	if (strpbrk(name, "(),"))
		return ERR_PTR(-EINVAL);

	tfm = crypto_alloc_shash(name, 0, 0);
	if (IS_ERR(tfm))
		return tfm;
	if (crypto_shash_get_flags(tfm) & CRYPTO_TFM_NEED_KEY ||
	    crypto_shash_digestsize(tfm) > ACALL_FILE_DIGEST_MAX) {
		crypto_free_shash(tfm);
		return ERR_PTR(-EINVAL);
	}
	return tfm;
}

int acf_hash_prepare(struct acall_call *call)
{
	const struct acall_file_hash *in = acall_in(call);
	struct acf_hash *h = acall_private(call);
	struct file *file = acall_file(call, 0);
	struct shash_desc *desc;
	int ret;

	if (in->flags || in->__reserved)
		return -EINVAL;
	ret = acf_check_kind(file, ACF_REGULAR | ACF_BLOCK);
	if (ret)
		return ret;
	ret = acf_check_read(file) ?: acf_check_cached(file);
	if (ret)
		return ret;
	ret = acf_range(in->offset, in->length, acf_size(file), &h->len);
	if (ret)
		return ret;
	h->pos = in->offset;

	h->tfm = acf_hash_find(in->algorithm);
	if (IS_ERR(h->tfm))
		return PTR_ERR(h->tfm);
	ret = acall_out_alloc(call, crypto_shash_digestsize(h->tfm));
	if (ret)
		goto err_tfm;
	ret = -ENOMEM;
	desc = kmalloc(sizeof(*desc) + crypto_shash_descsize(h->tfm),
		       GFP_KERNEL_ACCOUNT);
	if (!desc)
		goto err_tfm;
	desc->tfm = h->tfm;
	h->desc = desc;
	h->buf = acf_buffer(h->len, &h->buf_size);
	if (!h->buf)
		goto err_desc;
	return 0;

err_desc:
	kfree_sensitive(desc);
err_tfm:
	crypto_free_shash(h->tfm);
	return ret;
}

void acf_hash_release(struct acall_call *call)
{
	struct acf_hash *h = acall_private(call);

	kvfree(h->buf);
	kfree_sensitive(h->desc);
	crypto_free_shash(h->tfm);
}

int acf_hash_run(struct acall_call *call)
{
	struct acf_hash *h = acall_private(call);
	struct file *file = acall_file(call, 0);
	loff_t done = 0;
	ssize_t n;
	int ret;

	ret = acall_fail(ACALL_FAIL_DIGEST) ?: crypto_shash_init(h->desc);
	if (ret)
		return ret;
	acall_progress(call, 0, h->len);
	while (done < h->len) {
		ret = acall_killable_begin(call);
		if (ret)
			return ret;
		n = acf_read(file, h->pos + done, h->buf,
			     min_t(loff_t, h->len - done, h->buf_size));
		acall_killable_end(call);
		if (n < 0)
			return acf_stopped(call, n);
		if (!n)
			break;
		ret = acall_fail(ACALL_FAIL_DIGEST) ?:
		      crypto_shash_update(h->desc, h->buf, n);
		if (ret)
			return ret;
		done += n;
		acall_progress(call, done, h->len);
		cond_resched();
	}
	ret = acall_fail(ACALL_FAIL_DIGEST) ?:
	      crypto_shash_final(h->desc, acall_out(call));
	if (ret)
		return ret;
	acall_out_set_len(call, crypto_shash_digestsize(h->tfm));
	return 0;
}
