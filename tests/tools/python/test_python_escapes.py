"""Attempts to get out of confined Python: none gets through, and each is told why.

Every attempt runs twice: as the model would meet it, and without the words that are put in front
of the kernel, which then has to refuse alone.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SECRET = "canary-5d1f7c"
WHY = re.compile(
    r"There is no network in here|No other programs|Only files of the scratch folder|"
    r"Only the scratch folder can be written|Links, pipes and devices|Modes, owners and times|"
    r"No signals can be sent|Limits cannot be changed|C libraries and system calls|"
    r"Not allowed in here: there is no network"
)

C = """
import ctypes, os
c = ctypes.CDLL(None, use_errno=True)
def did(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
"""

NETWORK = {
    "tcp": "import socket; socket.create_connection(('127.0.0.1', PORT), 2)",
    "tcp v6": "import socket; socket.socket(socket.AF_INET6).connect(('::1', PORT))",
    "udp": "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', PORT))",
    "listen": "import socket; socket.create_server(('127.0.0.1', 0))",
    "unix": "import socket; socket.socket(socket.AF_UNIX).connect('CANARY.sock')",
    "abstract": "import socket; socket.socket(socket.AF_UNIX).connect('\\0ABSTRACT')",
    "unix datagram pair": """
import socket
a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
a.sendto(b'x', '\\0ABSTRACT')""",
    "netlink": "import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)",
    "vsock": "import socket; socket.socket(socket.AF_VSOCK)",
    "raw": "import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
    "packet": "import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
    "kernel crypto": "import socket; socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)",
    "name service": "import socket; socket.getaddrinfo('example.org', 443)",
    "urllib": "from urllib.request import urlopen; urlopen('http://127.0.0.1:PORT', timeout=2)",
    "http.client": """
import http.client
http.client.HTTPConnection('127.0.0.1', PORT, timeout=2).request('GET', '/')""",
    "asyncio": "import asyncio; asyncio.run(asyncio.open_connection('127.0.0.1', PORT))",
    "c socket": C + "did(c.socket(2, 1, 0))",
}

PROGRAMS = {
    "subprocess": "import subprocess; subprocess.run(['/bin/touch', 'CANARY.made'])",
    "shell": "import subprocess; subprocess.check_output('touch CANARY.made', shell=True)",
    "os.system": """
import os
if os.system('touch CANARY.made') != 0: raise PermissionError(1, 'system')""",
    "os.popen": "import os; os.popen('touch CANARY.made').read()",
    "posix_spawn": "import os; os.posix_spawn('/bin/touch', ['touch', 'CANARY.made'], {})",
    "fork": "import os; os.fork()",
    "forkpty": "import os; os.forkpty()",
    "exec": "import os; os.execv('/bin/touch', ['touch', 'CANARY.made'])",
    "exec of a written file": """
import os
open('run', 'w').write('#!/bin/sh\\ntouch CANARY.made\\n')
os.execve('run', ['run'], {'LD_PRELOAD': './evil.so'})""",
    "exec of the loader": "import os; os.execv('/lib64/ld-linux-x86-64.so.2', ['x', '/bin/true'])",
    "memfd and exec": """
import os
fd = os.memfd_create('x')
os.write(fd, open('/bin/true', 'rb').read())
os.execve(fd, ['x'], {})""",
    "multiprocessing": """
import multiprocessing as m
m.get_context('fork').Process(target=print).start()""",
    "forkserver": """
import multiprocessing as m
m.get_context('forkserver').Process(target=print).start()""",
    "process pool": """
from concurrent.futures import ProcessPoolExecutor
list(ProcessPoolExecutor(1).map(abs, [1]))""",
    "pip": "import subprocess, sys; subprocess.check_call([sys.executable, '-m', 'pip', 'list'])",
    "c system": C + "if c.system(b'touch CANARY.made'): raise PermissionError(1, 'system')",
    "c fork": C + "did(c.fork())",
    "c execv": C + "did(c.execv(b'/bin/true', None))",
}

FILES = {
    "passwd": "open('/etc/passwd').read()",
    "shadow": "open('/etc/shadow').read()",
    "home folder": "import os; os.listdir('HOME')",
    "ssh keys": """
import os
try: os.scandir('HOME/.ssh')
except FileNotFoundError: os.scandir('HOME')""",
    "canary": "open('CANARY').read()",
    "canary by dots": "open('../' * 20 + 'CANARY'.lstrip('/')).read()",
    "canary by folder descriptor": """
import os
fd = os.open('/', os.O_PATH)
os.read(os.open('CANARY'.lstrip('/'), os.O_RDONLY, dir_fd=fd), 99)""",
    "sealed file by folder descriptor": """
import os
os.open('../sealed', os.O_RDONLY, dir_fd=os.open('.', os.O_RDONLY))""",
    "folder above": "import os; os.listdir('..')",
    "environment of the parent": "open('/proc/PPID/environ').read()",
    "memory of the parent": "open('/proc/PPID/mem', 'r+b')",
    "descriptors of the parent": "import os; os.listdir('/proc/PPID/fd')",
    "folder of the parent": "import os; os.listdir('/proc/PPID/cwd/')",
    "root of the first process": "open('/proc/1/root/etc/passwd')",
    "kernel settings": "open('/proc/sys/kernel/hostname', 'w').write('x')",
    "control groups": "import os; os.mkdir('/sys/fs/cgroup/escape')",
    "physical memory": """
try: open('/dev/mem', 'rb')
except FileNotFoundError: open('/dev/full', 'rb')""",
    "kernel log": "open('/dev/kmsg', 'rb')",
    "terminal": "open('/dev/tty', 'w')",
    "shared memory": "from multiprocessing.shared_memory import SharedMemory as S; S('x', True, 9)",
    "write canary": "open('CANARY', 'w')",
    "append to canary": "open('CANARY', 'a').write('x')",
    "new file beside": "open('CANARY.made', 'w')",
    "new file in the temporary folder": "open('/tmp/arriero-escaped', 'w')",
    "new file in the packages": "import numpy; open(numpy.__file__ + '.made', 'w')",
    "change of the standard library": "import os; open(os.__file__, 'a')",
    "unnamed file outside": "import os; os.open('FOLDER', os.O_TMPFILE | os.O_RDWR)",
    "truncate canary": "import os; os.truncate('CANARY', 0)",
    "truncate by reading": "import os; os.open('CANARY', os.O_RDONLY | os.O_TRUNC)",
    "delete canary": "import os; os.remove('CANARY')",
    "delete folder": "import shutil; shutil.rmtree('FOLDER')",
    "move canary here": "import os; os.rename('CANARY', 'mine')",
    "move over canary": "import os; open('x', 'w').close(); os.replace('x', 'CANARY')",
    "mode of canary": "import os; os.chmod('CANARY', 0o777)",
    "owner of canary": "import os; os.chown('CANARY', 12345, 12345)",
    "time of canary": "import os; os.utime('CANARY', (1, 1))",
    "attribute of canary": "import os; os.setxattr('CANARY', 'user.x', b'x')",
    "symbolic link": "import os; os.symlink('CANARY', 'link'); open('link').read()",
    "symbolic folder": "import os; os.symlink('FOLDER', 'link'); open('link/made', 'w')",
    "hard link": "import os; os.link('CANARY', 'link'); open('link', 'w').write('x')",
    "hard link to packages": "import os; os.link(os.__file__, 'link')",
    "pipe": "import os; os.mkfifo('pipe')",
    "device": "import os, stat; os.mknod('disk', stat.S_IFBLK | 0o600, os.makedev(8, 0))",
    "pickle that opens": """
import pickle
class P:
    def __reduce__(self): return (open, ('CANARY',))
pickle.loads(pickle.dumps(P()))""",
    "database elsewhere": """
import sqlite3
try: sqlite3.connect('CANARY.made').execute('create table t (x)')
except sqlite3.OperationalError: raise PermissionError(13, 'sqlite')""",
    "database attached": """
import sqlite3
try: sqlite3.connect(':memory:').execute("attach 'CANARY.made' as d")
except sqlite3.OperationalError: raise PermissionError(13, 'sqlite')""",
    "c open": C + "did(c.open(b'CANARY', 0))",
    "c chmod": C + "did(c.chmod(b'CANARY', 0o777))",
    "c truncate": C + "did(c.truncate(b'CANARY', 0))",
}

POWERS = {
    "kill the parent": "import os; os.kill(PPID, 9)",
    "signal the parent": "import os; os.kill(PPID, USR1)",
    "signal the group of the parent": "import os; os.killpg(os.getpgid(PPID), USR1)",
    "signal the first process": "import os; os.kill(1, 0)",
    "queued signal": C + "did(c.sigqueue(PPID, USR1, 0))",
    "signal by descriptor": """
import signal, os
signal.pidfd_send_signal(os.pidfd_open(PPID), USR1)""",
    "signal by owner of a pipe": """
import fcntl, os
fcntl.fcntl(os.pipe()[0], 8, PPID)  # F_SETOWN""",
    "root": "import os; os.setuid(0)",
    "another user": "import os; os.setresuid(65534, 65534, 65534)",
    "groups": "import os; os.setgroups([])",
    "chroot": "import os; os.mkdir('r'); os.chroot('r')",
    "session": "import os; os.setpgid(0, 0); os.setsid()",
    "priority": "import os; os.nice(-5)",
    "priority of the parent": "import os; os.setpriority(os.PRIO_PROCESS, PPID, 19)",
    "processors of the parent": "import os; os.sched_setaffinity(PPID, {0})",
    "raise limits": """
import resource
try: resource.setrlimit(resource.RLIMIT_AS, (-1, -1))
except ValueError: raise PermissionError(1, 'setrlimit')""",
    "limits of the parent": """
import resource
resource.prlimit(PPID, resource.RLIMIT_NOFILE, (9, 9))""",
    "host name": "import socket; socket.sethostname('x')",
    "clock": "import time; time.clock_settime(time.CLOCK_REALTIME, 0)",
    "mount": C + "did(c.mount(b'tmpfs', b'.', b'tmpfs', 0, None))",
    "unmount": C + "did(c.umount2(b'FOLDER', 2))",
    "unshare": C + "did(c.unshare(0x20000))",
    "user namespace": C + "did(c.unshare(0x10000000))",
    "enter a namespace": C + "did(c.setns(0, 0))",
    "ptrace": C + "did(c.ptrace(16, PPID, 0, 0))",
    "outlive the parent": C + "did(c.prctl(1, 0, 0, 0, 0))",
    "pin memory": C + "did(c.mlockall(3))",
    "library that was written": """
import ctypes, os
open('evil.so', 'wb').write(b'\\x7fELF')
try: ctypes.CDLL(os.path.abspath('evil.so'))
except PermissionError: raise
except OSError: raise PermissionError(1, 'the loader')""",
}

ATTEMPTS = {**NETWORK, **PROGRAMS, **FILES, **POWERS}


class World:
    """What must not be touched: a file, sockets, this process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.canary = folder / "canary"
        self.canary.write_text(SECRET)
        self.abstract = f"arriero-escape-{os.getpid()}"
        self.sockets = [
            self._listen(socket.AF_INET, ("127.0.0.1", 0)),
            self._listen(socket.AF_UNIX, f"{self.canary}.sock"),
            self._listen(socket.AF_UNIX, f"\0{self.abstract}"),
        ]
        self.port = self.sockets[0].getsockname()[1]
        datagrams = socket.socket(type=socket.SOCK_DGRAM)
        datagrams.bind(("127.0.0.1", self.port))
        self.sockets.append(datagrams)
        self.signals: list[int] = []
        self.before = self._state()

    @staticmethod
    def _listen(family: int, address: Any) -> socket.socket:
        listener = socket.socket(family)
        listener.bind(address)
        listener.listen()
        return listener

    def _state(self) -> tuple[Any, ...]:
        status = self.canary.stat()
        names = sorted(path.name for path in self.folder.iterdir())
        kept = (status.st_mode, status.st_uid, status.st_mtime_ns, status.st_nlink)
        own = (os.getpriority(os.PRIO_PROCESS, 0), os.sched_getaffinity(0))
        return (names, self.canary.read_text(), kept, own, Path("/tmp/arriero-escaped").exists())

    def fill(self, code: str) -> str:
        words = {
            "CANARY": self.canary,
            "FOLDER": self.folder,
            "HOME": os.path.expanduser("~"),
            "PPID": os.getpid(),
            "PORT": self.port,
            "ABSTRACT": self.abstract,
            "USR1": int(signal.SIGUSR1),
        }
        for word, value in words.items():
            code = re.sub(rf"\b{word}\b|(?<=\\0){word}\b", str(value), code)
        return code

    def assert_untouched(self) -> None:
        assert self._state() == self.before
        assert self.signals == []
        for listener in self.sockets:
            listener.setblocking(False)
            with pytest.raises(BlockingIOError):
                listener.recv(1) if listener.type == socket.SOCK_DGRAM else listener.accept()

    def close(self) -> None:
        for listener in self.sockets:
            listener.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("outside"))
    before = signal.signal(signal.SIGUSR1, lambda number, _: made.signals.append(number))
    yield made
    signal.signal(signal.SIGUSR1, before)
    made.close()


@pytest.mark.parametrize("readable", [True, False], ids=["told", "kernel"])
@pytest.mark.parametrize("name", ATTEMPTS)
def test_no_attempt_gets_out(name: str, readable: bool, world: World, run: Any) -> None:
    code = world.fill(ATTEMPTS[name])
    ran = run(f"{code}\nprint('ESCAPED')", seconds=10, readable=readable)

    assert "ESCAPED" not in ran.output
    assert SECRET not in ran.output + ran.text
    assert ran.end == "error", ran
    assert WHY.search(ran.text), ran.text
    world.assert_untouched()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("tcp", "There is no network in here"),
        ("urllib", "There is no network in here"),
        ("subprocess", "No other programs or processes can be started in here"),
        ("fork", "No other programs or processes can be started in here"),
        ("passwd", "can be read in here, not '/etc/passwd'"),
        ("write canary", "Only the scratch folder can be written in here"),
        ("symbolic link", "Links, pipes and devices cannot be made in here"),
        ("mode of canary", "Modes, owners and times of files cannot be changed"),
        ("kill the parent", "No signals can be sent from in here"),
        ("raise limits", "Limits cannot be changed from in here"),
        ("c system", "C libraries and system calls cannot be called in here"),
        ("library that was written", "C libraries and system calls cannot be called in here"),
    ],
)
def test_the_reason_fits(name: str, reason: str, world: World, run: Any) -> None:
    ran = run(world.fill(ATTEMPTS[name]))
    assert ran.end == "error"
    assert reason in ran.text
    assert "line " in ran.text


def test_attempts_are_many() -> None:
    assert len(ATTEMPTS) >= 100


# Numbers on x86_64. The arguments are such that even a kernel that lets them through does nothing.
CALLS = {
    "socket": 41, "connect": 42, "accept": 43, "sendto": 44, "sendmsg": 46, "bind": 49,
    "listen": 50, "socketpair": 53, "setsockopt": 54, "fork": 57, "vfork": 58, "execve": 59,
    "kill": 62, "shmget": 29, "shmat": 30, "semget": 64, "msgget": 68, "truncate": 76,
    "link": 86, "symlink": 88, "chmod": 90, "fchmod": 91, "chown": 92, "fchown": 93, "lchown": 94,
    "ptrace": 101, "syslog": 103, "setuid": 105, "setgid": 106, "setpgid": 109, "setsid": 112,
    "setreuid": 113, "setgroups": 116, "setresuid": 117, "setfsuid": 122, "capset": 126,
    "rt_sigqueueinfo": 129, "utime": 132, "mknod": 133, "personality": 135, "setpriority": 141,
    "sched_setscheduler": 144, "mlock": 149, "modify_ldt": 154, "pivot_root": 155,
    "adjtimex": 159, "setrlimit": 160, "chroot": 161, "acct": 163, "settimeofday": 164,
    "mount": 165, "umount2": 166, "swapon": 167, "swapoff": 168, "reboot": 169,
    "sethostname": 170, "setdomainname": 171, "iopl": 172, "ioperm": 173, "init_module": 175,
    "delete_module": 176, "quotactl": 179, "setxattr": 188, "tkill": 200, "io_setup": 206,
    "timer_create": 222, "clock_settime": 227, "mq_open": 240, "kexec_load": 246, "add_key": 248,
    "request_key": 249, "keyctl": 250, "ioprio_set": 251, "inotify_init": 253, "mknodat": 259,
    "fchownat": 260, "linkat": 265, "symlinkat": 266, "fchmodat": 268, "unshare": 272,
    "splice": 275, "tee": 276, "vmsplice": 278, "move_pages": 279, "utimensat": 280,
    "signalfd": 282, "timerfd_create": 283, "perf_event_open": 298, "fanotify_init": 300,
    "name_to_handle_at": 303, "open_by_handle_at": 304, "clock_adjtime": 305, "setns": 308,
    "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "finit_module": 313,
    "sched_setattr": 314, "seccomp": 317, "memfd_create": 319, "kexec_file_load": 320, "bpf": 321,
    "execveat": 322, "userfaultfd": 323, "pidfd_send_signal": 424, "io_uring_setup": 425,
    "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428, "move_mount": 429,
    "fsopen": 430, "fsmount": 432, "pidfd_open": 434, "openat2": 437, "pidfd_getfd": 438,
    "process_madvise": 440, "mount_setattr": 442, "landlock_create_ruleset": 444,
    "landlock_restrict_self": 446, "memfd_secret": 447, "process_mrelease": 448,
    "fchmodat2": 452, "statmount": 457, "setxattrat": 463, "open_tree_attr": 467,
    "x32 getpid": 0x40000000 + 39, "x32 socket": 0x40000000 + 41, "x32 execve": 0x40000000 + 520,
}  # fmt: skip
x86_64 = pytest.mark.skipif(os.uname().machine != "x86_64", reason="machine code of x86_64")


@x86_64
def test_no_dangerous_system_call_can_be_made_by_hand(world: World, run: Any) -> None:
    code = f"""
import ctypes
c = ctypes.CDLL(None, use_errno=True)
wrong = {{}}
for name, number in {CALLS!r}.items():
    result = c.syscall(ctypes.c_long(number), *[ctypes.c_long(-1)] * 6)
    if result != -1 or ctypes.get_errno() != 1:
        wrong[name] = (result, ctypes.get_errno())
wrong"""
    ran = run(code, readable=False)
    assert (ran.end, ran.output) == ("done", "{}\n"), ran
    world.assert_untouched()


@x86_64
@pytest.mark.parametrize(
    ("call", "errno"),
    [
        ("56, 17, 0, 0, 0, 0", 1),  # clone as fork does it
        ("56, 0x10000000 | 17, 0, 0, 0, 0", 1),  # clone with a user namespace
        ("56, 0x10000000 | 0x10900, 0, 0, 0, 0", 1),  # a thread with a namespace
        ("435, 0, 0", 38),  # clone3
        ("471, 0, 0", 38),  # newer than the list
        ("72, 1, 8, 1", 1),  # fcntl F_SETOWN
        ("16, 0, 0x5412, 0", 1),  # ioctl TIOCSTI
        ("157, 4, 0, 0, 0, 0", 1),  # prctl PR_SET_DUMPABLE
        ("157, 23, 0, 0, 0, 0", 1),  # prctl PR_CAPBSET_READ
        ("302, 0, 7, 1, 0", 1),  # prlimit64 with new limits
        ("302, 0, 7, 1 << 40, 0", 1),  # the same, above the lower half
        ("234, 1, 1, 0", 1),  # tgkill of another process
        ("257, -100, 0, 0o1000, 0", 1),  # openat that truncates while it reads
    ],
)
def test_arguments_of_system_calls_are_looked_at(call: str, errno: int, run: Any) -> None:
    code = f"""
import ctypes
c = ctypes.CDLL(None, use_errno=True)
(c.syscall(*map(ctypes.c_long, ({call}))), ctypes.get_errno())"""
    ran = run(code, readable=False)
    assert (ran.end, ran.output) == ("done", f"(-1, {errno})\n"), ran


@x86_64
def test_the_old_way_into_the_kernel_is_closed(run: Any) -> None:
    code = """
import ctypes, mmap
page = mmap.mmap(-1, 4096, prot=7)
page.write(bytes.fromhex('b814000000cd80c3'))  # mov eax, 20; int 0x80; ret
address = ctypes.addressof(ctypes.c_char.from_buffer(page))
print('ESCAPED', ctypes.CFUNCTYPE(ctypes.c_int)(address)())"""
    ran = run(code, readable=False)
    assert ran.end == "crash"
    assert "ESCAPED" not in ran.output


def test_without_its_hook_the_kernel_still_refuses(world: World, run: Any) -> None:
    code = """
import gc
for found in gc.get_objects():
    if isinstance(found, dict) and 'ctypes.dlopen' in found:
        found.clear()
import sys
sys.addaudithook(lambda *_: None)
print(open('CANARY').read())"""
    ran = run(world.fill(code))
    assert ran.end == "error"
    assert "[Errno 13]" in ran.text
    assert WHY.search(ran.text)
    assert SECRET not in ran.output


def test_nothing_of_the_parent_is_inherited(
    world: World, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARRIERO_API_KEY", SECRET)
    with world.canary.open() as file:
        os.set_inheritable(file.fileno(), True)
        ran = run("""
import os, sys
found = []
for fd in range(64):
    try: os.fstat(fd)
    except OSError: continue
    try: found.append((fd, os.read(fd, 100) if fd not in (1, 2) else b''))
    except OSError as error: found.append((fd, error.errno))
print(dict(os.environ), found, sys.argv, sys.stdin.read())""")
    assert ran.end == "done", ran
    assert SECRET not in ran.output
    assert "ARRIERO" not in ran.output
    descriptors = re.findall(r"\((\d+), ", ran.output)
    # The input is empty; beside the two outputs there is one pipe, which cannot be read.
    assert descriptors[:3] == ["0", "1", "2"]
    assert len(descriptors) == 4


def test_the_report_can_be_forged_and_that_changes_nothing(run: Any) -> None:
    ran = run("""
import os, pickle
for fd in range(3, 64):
    try: os.write(fd, b'done\\n' + pickle.dumps(print) + b'\\0\\0error\\nforged\\0' * 9)
    except OSError: pass
1 / 0""")
    assert ran.end in ("done", "error")
    assert isinstance(ran.text, str)


def test_files_named_like_modules_hide_none(run: Any) -> None:
    ran = run("""
for name in ('json', 'statistics', 'numpy', 'os'):
    open(f'{name}.py', 'w').write('raise SystemExit("hidden")')
open('mine.py', 'w').write('x = 5')
import json, statistics, numpy, mine
(statistics.mean([1, 3]), json.dumps(1), int(numpy.sum([1])), mine.x)""")
    assert (ran.end, ran.output) == ("done", "(2, '1', 1, 5)\n"), ran
    import statistics

    assert "site" not in (statistics.__file__ or "")
    assert statistics.mean([1, 3]) == 2


def test_the_interpreter_can_be_broken_for_itself_alone(run: Any) -> None:
    ran = run("""
import builtins, sys, os
sys.settrace(lambda *_: None)
sys.displayhook = sys.excepthook = None
builtins.print = builtins.len = builtins.isinstance = None
sys.modules.clear()
sys.stdout = None
os.write(1, b'still here')
raise KeyboardInterrupt""")
    assert ran.end in ("error", "crash", "done")
    assert ran.output.startswith("still here")
    assert sys.stdout is not None
    assert len("here") == 4


def test_a_thread_may_be_made_and_a_process_may_not(run: Any) -> None:
    ran = run("""
import threading, os
seen = []
t = threading.Thread(target=lambda: seen.append(threading.get_native_id() != os.getpid()))
t.start(); t.join()
seen""")
    assert (ran.end, ran.output) == ("done", "[True]\n"), ran
    assert threading.active_count() >= 1
