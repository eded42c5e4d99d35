#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC1091 # run.sh
# inside.sh VERSION NEXT: in the guest, whose root is what check.sh has made of Debian,
# with our packages installed: loading, who may use it, upgrades and removals, with the
# module idle and with a call that runs. What DKMS would do is done for it.

export PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C HOME=/root
# udevadm would do nothing in what is a chroot here.
export DEBIAN_FRONTEND=noninteractive SYSTEMD_IGNORE_CHROOT=1
version=$1 next=$2
logs=/tmp/logs
mkdir -p $logs
cd /root || exit 1
. /root/run.sh

# doctor CODE [USER]: what it says is in $logs/doctor.
doctor()
{
	rc=0
	if [ -n "$2" ]; then
		setpriv --reuid="$2" --regid="$2" --clear-groups acall doctor
	else
		acall doctor
	fi >$logs/doctor || rc=$?
	cat $logs/doctor
	must test "$rc" -eq "$1"
}

updates=/lib/modules/$(uname -r)/updates

# built [VERSION]: the modules that there are; none, for a version that is removed.
built()
{
	rm -rf "$updates"
	mkdir "$updates"
	[ -z "$1" ] ||
		find "/root/built/$1" -name '*.ko' -exec cp {} "$updates" ';'
	depmod
}

is_loaded() { [ -d /sys/module/acall ]; }

# Whose words are judged.
dpkg_says()
{
	dpkg "$@" >$logs/dpkg 2>&1 || {
		cat $logs/dpkg
		return 1
	}
	cat $logs/dpkg
}

signature_is_judged()
{
	built "$version"
	cat /proc/keys >$logs/keys
	sed 's/\[none\] integrity/none [integrity]/' \
		/sys/kernel/security/lockdown >$logs/lockdown
	said '\[integrity\]' $logs/lockdown
	mount --bind $logs/lockdown /sys/kernel/security/lockdown
	doctor 3
	said '^wrong  *signature .*does not have' $logs/doctor
	said 'mokutil --import /var/lib/dkms/mok.pub,' $logs/doctor
	# As the kernel shows it when the firmware has handed it over.
	id=$(openssl x509 -inform DER -in /var/lib/dkms/mok.pub -noout \
		-ext subjectKeyIdentifier | tail -n 1 | tr -d ' :' | tr A-F a-f)
	echo "0a I------ 1 perm 1f030000 0 0 asymmetri DKMS: $id: X509.rsa []" \
		>>$logs/keys
	mount --bind $logs/keys /proc/keys
	doctor 3
	said '^ok  *signature .*the kernel has' $logs/doctor
	umount /proc/keys /sys/kernel/security/lockdown
	doctor 3
	said '^ok  *signature .*does not ask' $logs/doctor
}

loaded_at_boot()
{
	doctor 3
	said '^wrong  *loaded' $logs/doctor
	said 'modprobe acall$' $logs/doctor
	/lib/systemd/systemd-udevd --daemon
	/lib/systemd/systemd-modules-load
	must is_loaded
	udevadm settle
	must test "$(stat -c %a /dev/acall)" = 666
	doctor 0
	doctor 0 65534
	acall doctor --json | must grep -q '"check":"device","state":"ok"'
	head -c 1M /dev/urandom >file
	must test "$(acall hash file)" = "$(sha256sum file)"
}

# What README has each of them begin with, with the module. See first_steps() in
# check.sh.
first_steps()
{
	for who in administrator developer author; do
		must test -s /root/first/$who.guest
		(cd /root && sh -ex /root/first/$who.guest) >$logs/$who
		cat $logs/$who
	done
	must_not grep -q '^wrong' $logs/administrator
	said 'error 0, status 0, completed' $logs/developer
	must cmp /etc/passwd copy
	said '^a8000000$' $logs/author
	rmmod acall_primes
}

# The scripts for bpftrace, which ends with its command, about two calls that complete
# and one that is cancelled.
scripts_see_calls()
{
	truncate -s 1T big
	cat >calls.sh <<-'END'
	acall hash file
	acall hash file
	acall hash --timeout=100ms big
	END
	mountpoint -q /sys/kernel/debug || mount -t debugfs none /sys/kernel/debug
	for name in latency cancels; do
		bpftrace "/usr/share/doc/acall-tools/examples/$name.bt" \
			-c "/bin/sh /root/calls.sh" >$logs/$name 2>&1 || :
		cat $logs/$name
	done
	rm big
	said '^@queued_us\[hash\]' $logs/latency
	said '^@done_us\[hash\]' $logs/latency
	said '^@seen_us\[hash\]' $logs/cancels
	said '^@ended_us\[hash\]' $logs/cancels
}

udev_narrows()
{
	sed 's/0666/0660/' /usr/lib/udev/rules.d/60-acall.rules \
		>/etc/udev/rules.d/60-acall.rules
	udevadm control --reload
	udevadm trigger --settle /sys/class/misc/acall
	must test "$(stat -c %a /dev/acall)" = 660
	doctor 1 65534
	said '^wrong  *device .*0660' $logs/doctor
	rm /etc/udev/rules.d/60-acall.rules
	udevadm control --reload
	udevadm trigger --settle /sys/class/misc/acall
	doctor 0 65534
}

upgrade_while_loaded()
{
	built "$next"
	dpkg_says -i next.deb
	said 'that was loaded goes on' $logs/dpkg
	must test "$(cat /sys/module/acall/version)" = "$version"
	must test "$(modinfo -F version acall)" = "$next"
	acall hash file
	doctor 0
	said "^note  *version  *$version is loaded, another $next" $logs/doctor
	# What it says to do.
	sh -ec "$(sed -n '/^note *version/{n;s/.*-> //p}' $logs/doctor)"
	must test "$(cat /sys/module/acall/version)" = "$next"
	doctor 0
	must_not grep -q '^note' $logs/doctor
}

# By a call that takes long enough in any case. In the background SIGINT is ignored.
removal_while_busy()
{
	truncate -s 1T big
	acall hash big >$logs/hash 2>&1 &
	pid=$!
	until acall ps | grep -q 'hash .*running\|running.* hash'; do
		kill -0 $pid
	done
	dpkg_says --remove acall-dkms
	said 'in use and stays loaded' $logs/dpkg
	must kill -0 $pid
	must is_loaded
	must acall hash file
	kill -TERM $pid
	rc=0
	wait $pid || rc=$?
	cat $logs/hash
	must test $rc -eq 130
	# What it said to do.
	sh -ec "$(sed -n 's/.*shows: //p' $logs/dpkg)"
	must_not is_loaded
	rm big
	built
	doctor 3
	said '^wrong  *installed' $logs/doctor
}

installs_where_it_cannot_be_loaded()
{
	echo 'install acall /bin/false' >/etc/modprobe.d/not-acall.conf
	built "$next"
	dpkg_says -i next.deb
	said "cannot be loaded yet; 'acall doctor'" $logs/dpkg
	must_not is_loaded
	doctor 3
	said '^wrong  *loaded .*bin/false' $logs/doctor
	rm /etc/modprobe.d/not-acall.conf
	modprobe acall
}

removal_while_idle()
{
	acall hash file
	dpkg_says --remove acall-dkms
	must_not is_loaded
	must_not grep -q 'in use' $logs/dpkg
}

purge_leaves_nothing()
{
	dpkg_says --purge acall-dkms acall-tools python3-acall libacall-glib-dev \
		libacall-glib1 libacall-com-dev libacall-com1 libacall-dev libacall1
	# Not all of /usr: the host has a file open for each that was looked at.
	find /usr/src /usr/bin /usr/include /usr/lib/*-linux-gnu /usr/lib/udev/rules.d \
		/usr/lib/python3/dist-packages /usr/lib/modules-load.d /usr/share/doc /var/lib/dpkg/info \
		/etc/udev/rules.d /etc/modules-load.d -maxdepth 1 \
		-name '*acall*' >$logs/left
	cat $logs/left
	must test ! -s $logs/left
}

try signature_is_judged loaded_at_boot first_steps scripts_see_calls udev_narrows \
	upgrade_while_loaded removal_while_busy installs_where_it_cannot_be_loaded \
	removal_while_idle purge_leaves_nothing
