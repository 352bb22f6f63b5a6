# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For withlist -l -r: what a list has that is called as it is. As a program: a rename that is killed at each of its steps.

rename.py MODULE_UTILS OLD NEW, as root; Mailman must not run. It prints the number of kills.
"""

from __future__ import print_function

import cPickle
import email
import glob
import hashlib
import imp
import os
import pwd
import shutil
import signal
import subprocess
import sys
import types

if __name__ == '__main__':
    sys.path.insert(0, '/usr/lib/mailman/bin')
    import paths

from Mailman import MailList, Message, Utils, mm_cfg

PACKAGE = 'ansible_collections.listops.mailman.plugins.module_utils'
REMOTE = PACKAGE + '._mailman21.remote.'
# In the order of their imports: see _mailman21/program.py.
MODULES = [PACKAGE + '.' + name for name in (
    '_programs.remote.server', '_mailman21.remote.read', '_mailman21.remote.lock', '_mailman21.remote.passwords',
    '_mailman21.remote.archives', '_mailman21.remote.write', '_mailman21.remote.rename')]
STEPS = ('link', 'mkdir', 'remove', 'rename', 'rmdir', 'symlink', 'unlink', 'fsync', 'chmod')
ARCHIVE = {
    '': {'2020-January.txt': 'text\n', '2020-January/000000.html': 'page\n', 'pipermail.pck': 'pickle\n'},
    '.mbox': {'%s.mbox': 'From a@example.org Wed Jan  1 00:00:00 2020\n\nfirst\n\n'},
}
FOLDER = {'digest.mbox': 'digest\n', 'pending.pck': 'tokens\n', 'en/listinfo.html': 'own page\n'}


def write(path, text):
    if not os.path.isdir(os.path.dirname(path)):
        os.makedirs(os.path.dirname(path))
    with open(path, 'w') as handle:
        handle.write(text)


def furnish(m):
    """An archive, a digest begun, a page of its own, and mail that waits for somebody to look at it."""
    name = m.internal_name()
    for suffix, files in ARCHIVE.items():
        for file, text in files.items():
            write(os.path.join(mm_cfg.PRIVATE_ARCHIVE_FILE_DIR, name + suffix, file.replace('%s', name)), text)
    for file, text in FOLDER.items():
        write(os.path.join(m.fullpath(), file), text)
    for top in places(name):
        subprocess.check_call(['chown', '-R', 'list:list', top])
    message = email.message_from_string('From: a@example.org\nSubject: waits\n\nText.\n', Message.Message)
    with open(os.path.join(mm_cfg.QUEUE_DIR, 'shunt', '1600000000.5+%s.pck' % name), 'wb') as handle:
        cPickle.dump(message, handle, 1)
        cPickle.dump({'listname': name, 'version': 3, '_parsemsg': False}, handle, 1)
    subprocess.check_call(['chown', 'list:list', handle.name])


def waiting(path):
    """The subject of a message that waits, and the list it is for."""
    with open(path, 'rb') as handle:
        return cPickle.load(handle)['subject'], cPickle.load(handle)['listname']


def requests(m):
    """What waits for a moderator: the file and the list of each post, and whether the file is there."""
    for key in m.GetHeldMessageIds():
        record = m.GetRecord(key)
        print(key, record[4], record[5]['listname'], os.path.exists(os.path.join(mm_cfg.DATA_DIR, record[4])))


# ---- the program


def module(name):
    words = name.split('.')
    for end in range(1, len(words)):
        package = sys.modules.setdefault('.'.join(words[:end]), types.ModuleType('.'.join(words[:end])))
        package.__path__ = []
    found = imp.load_source(name, os.path.join(sys.argv[1], *name[len(PACKAGE) + 1:].split('.')) + '.py')
    setattr(sys.modules['.'.join(words[:-1])], words[-1], found)
    return found


def places(*names):
    """Everything there is of these lists."""
    found = []
    for name in names:
        for root in (mm_cfg.LIST_DATA_DIR, mm_cfg.PRIVATE_ARCHIVE_FILE_DIR, mm_cfg.PUBLIC_ARCHIVE_FILE_DIR):
            for suffix in ('', '.mbox'):
                if os.path.lexists(os.path.join(root, name + suffix)):
                    found.append(os.path.join(root, name + suffix))
        for pattern in (os.path.join(mm_cfg.DATA_DIR, 'heldmsg-%s-[0-9]*' % name),
                        os.path.join(mm_cfg.QUEUE_DIR, '*', '*+%s.pck*' % name),
                        os.path.join(mm_cfg.LOCK_DIR, name + '.lock*')):
            found.extend(glob.glob(pattern))
    return found


def state(*names):
    """Names, kinds and contents of all that; not what a process wrote to ask for a lock that it never had."""
    found = []
    for top in places(*names):
        if '.lock.' in top:
            continue
        walked = [os.path.join(folder, file) for folder, folders, files in os.walk(top) for file in folders + files]
        for path in [top] + walked:
            if os.path.islink(path):
                found.append((path, os.readlink(path)))
            elif os.path.isfile(path):
                with open(path, 'rb') as handle:
                    found.append((path, hashlib.sha1(handle.read()).hexdigest()))
            elif os.path.isdir(path):
                found.append((path, 'folder'))
    return sorted(found)


def child(function, *arguments):
    """Run it as Mailman's user in a process of its own: how that ended."""
    pid = os.fork()
    if pid == 0:
        try:
            entry = pwd.getpwnam('list')
            os.initgroups('list', entry.pw_gid)
            os.setgid(entry.pw_gid)
            os.setuid(entry.pw_uid)
            os.umask(0o002)
            function(*arguments)
            os._exit(0)
        except BaseException:
            import traceback
            traceback.print_exc()
        os._exit(1)
    return os.waitpid(pid, 0)[1]


def rename(old, new, fatal=0):
    """fatal: the step at which it is killed."""
    done = [0]

    def deadly(function):
        def step(*arguments, **options):
            done[0] += 1
            if done[0] == fatal:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **options)
        return step

    for name in STEPS:
        setattr(os, name, deadly(getattr(os, name)))
    charsets = dict((language, row[1]) for language, row in mm_cfg.LC_DESCRIPTIONS.items())
    files = modules[REMOTE + 'read'].Files(mm_cfg.LIST_DATA_DIR, mm_cfg.DATA_DIR, charsets)
    writer = modules[REMOTE + 'write'].Mailman21Writer(files, 5)
    modules[REMOTE + 'rename'].Mailman21Renamer(writer).rename(old, new, True)


def whole(old, new):
    """There is one list, which Mailman can read and whose posts are there for a moderator."""
    (name,) = [name for name in (old, new) if Utils.list_exists(name)]
    m = MailList.MailList(name, lock=0)
    with open(os.path.join(m.fullpath(), 'request.pck'), 'rb') as handle:
        held = [record for kind, record in cPickle.load(handle).values() if kind == 1]
    assert len(held) == 3 and all(os.path.exists(os.path.join(mm_cfg.DATA_DIR, record[4])) for record in held), held
    assert all(record[5]['listname'] == name for record in held), held
    # Between two steps an archive has its new name, and not yet a link from the old one.
    archives = [os.path.join(mm_cfg.PRIVATE_ARCHIVE_FILE_DIR, each) for each in (old, new)]
    assert any(os.path.exists(archive + '/2020-January/000000.html') for archive in archives)
    assert any(os.path.exists('%s.mbox/%s.mbox' % (archive, each)) for archive in archives for each in (old, new))


def main(old, new):
    kept = '/root/kept-%s' % old
    saved = list(places(old))
    for path in saved:
        if not os.path.isdir(kept + os.path.dirname(path)):
            os.makedirs(kept + os.path.dirname(path))
        subprocess.check_call(['cp', '-a', path, kept + path])
    try:
        assert child(rename, old, new) == 0
        expected, number = state(old, new), 0
        while True:
            number += 1
            for path in places(old, new):
                if os.path.isdir(path) and not os.path.islink(path):
                    shutil.rmtree(path)
                else:
                    os.unlink(path)
            for path in saved:
                subprocess.check_call(['cp', '-a', kept + path, path])
            status = child(rename, old, new, number)
            if status == 0:
                break
            assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, (number, status)
            assert child(whole, old, new) == 0, number
            assert child(rename, old, new) == 0, number
            assert state(old, new) == expected, (number, state(old, new), expected)
        print(number - 1)
    finally:
        shutil.rmtree(kept)


if __name__ == '__main__':
    assert paths
    modules = dict((name, module(name)) for name in MODULES)
    main(*sys.argv[2:])
