#!/bin/sh
# Run by mmdebstrap on the extracted packages ($1): what a model server never needs goes, what maintainer scripts would have
# made comes, and the standard library is compiled so that no first start pays for it.
set -eu
cd "$1"
cat usr/share/ca-certificates/mozilla/*.crt >etc/ssl/certs/ca-certificates.crt
rm -rf bin/tar usr/bin/dpkg* usr/bin/debconf* usr/bin/openssl usr/bin/c_rehash usr/bin/perl* usr/bin/update-alternatives \
  usr/bin/py3* usr/bin/pdb* usr/bin/pydoc* usr/bin/pygettext* usr/sbin/* usr/lib/dpkg \
  usr/lib/*/perl* usr/lib/*/gconv usr/share/* etc/cron* etc/debconf.conf etc/systemd etc/logrotate.d lib/systemd
rm -rf usr/lib/python3*/test usr/lib/python3*/idlelib usr/lib/python3*/tkinter usr/lib/python3*/pydoc_data \
  usr/lib/python3*/lib2to3 usr/lib/python3*/turtledemo usr/lib/python3/dist-packages
mkdir -p tmp var/tmp opt
chmod 1777 tmp var/tmp
cat >etc/passwd <<'PASSWD'
root:x:0:0:root:/root:/sbin/nologin
nonroot:x:65532:65532:nonroot:/tmp:/sbin/nologin
PASSWD
cat >etc/group <<'GROUP'
root:x:0:
nonroot:x:65532:
GROUP
echo 'hosts: files dns' >etc/nsswitch.conf
chroot . /usr/bin/python3 -I -m compileall -q -j 0 --invalidation-mode unchecked-hash /usr/lib/python3.11
