"""Confinement of a child process by the Linux kernel: no network, no programs, no writing beyond its own folder.

Landlock decides about files (https://docs.kernel.org/userspace-api/landlock.html), seccomp about system calls
(https://docs.kernel.org/userspace-api/seccomp_filter.html). Elsewhere nothing happens, and `missing` says so.
"""

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 4, 38
LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446
LANDLOCK_RULE_PATH_BENEATH = 1
READ_FILE, READ_DIR, EXECUTE, TRUNCATE, IOCTL = 1 << 2, 1 << 3, 1 << 0, 1 << 14, 1 << 15
ACCESS_BY_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
SECCOMP_SET_MODE_FILTER, SECCOMP_FLAG_ALL_THREADS = 1, 1
RETURN_ALLOW, RETURN_ERRNO, RETURN_KILL = 0x7FFF0000, 0x00050000, 0x80000000
CLONE_THREAD, CLONE_NEWUSER, CLONE_NEWNET = 0x00010000, 0x10000000, 0x40000000
SIOCSIFFLAGS, IFF_UP = 0x8914, 0x1
OTHER_NUMBERS = 0x40000000  # from here on calls have numbers of another ABI (x32), which no filter below knows
OPEN_FOR_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
OPEN_FILES = 256

# Numbers of system calls by machine: audit architecture, seccomp, and then by name.
_X86 = {
    "seccomp": 317, "clone": 56, "clone3": 435, "open": 2, "openat": 257, "openat2": 437, "creat": 85,
    "execve": 59, "execveat": 322, "fork": 57, "vfork": 58, "ptrace": 101, "process_vm_readv": 310,
    "process_vm_writev": 311, "kill": 62, "bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "keyctl": 250,
    "add_key": 248, "request_key": 249, "io_uring_setup": 425, "mount": 165, "umount2": 166, "pivot_root": 155,
    "chroot": 161, "unshare": 272, "setns": 308, "init_module": 175, "finit_module": 313, "kexec_load": 246,
    "open_by_handle_at": 304, "socket": 41, "socketpair": 53, "connect": 42, "bind": 49, "listen": 50,
    "unlink": 87, "unlinkat": 263, "rename": 82, "renameat": 264, "renameat2": 316, "mkdir": 83, "mkdirat": 258,
    "rmdir": 84, "link": 86, "linkat": 265, "symlink": 88, "symlinkat": 266, "chmod": 90, "fchmodat": 268,
    "chown": 92, "fchownat": 260, "truncate": 76, "mknod": 133, "mknodat": 259,
}  # fmt: skip
_ARM = {
    "seccomp": 277, "clone": 220, "clone3": 435, "openat": 56, "openat2": 437, "execve": 221, "execveat": 281,
    "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "kill": 129, "bpf": 280,
    "perf_event_open": 241, "userfaultfd": 282, "keyctl": 219, "add_key": 217, "request_key": 218,
    "io_uring_setup": 425, "mount": 40, "umount2": 39, "pivot_root": 41, "chroot": 51, "unshare": 97, "setns": 268,
    "init_module": 105, "finit_module": 273, "kexec_load": 104, "open_by_handle_at": 265, "socket": 198,
    "socketpair": 199, "connect": 203, "bind": 200, "listen": 201, "unlinkat": 35, "renameat": 38, "renameat2": 276,
    "mkdirat": 34, "linkat": 37, "symlinkat": 36, "fchmodat": 53, "fchownat": 54, "truncate": 45, "mknodat": 33,
}  # fmt: skip
_MACHINES = {"x86_64": (0xC000003E, _X86), "aarch64": (0xC00000B7, _ARM)}
_NETWORK = ("socket", "socketpair", "connect", "bind", "listen")
_WRITING = (
    "creat", "unlink", "unlinkat", "rename", "renameat", "renameat2", "mkdir", "mkdirat", "rmdir", "link", "linkat",
    "symlink", "symlinkat", "chmod", "fchmodat", "chown", "fchownat", "truncate", "mknod", "mknodat",
)  # fmt: skip
_OTHERWISE_HANDLED = {"seccomp", "clone", "clone3", "open", "openat", "openat2", *_NETWORK, *_WRITING}


class _SandboxError(OSError):
    """The kernel refused a step of the confinement."""


def missing() -> str | None:
    """A sentence where this machine cannot confine child processes, or only in part; None where it can."""
    if sys.platform != "linux":
        return "Child processes that read documents run without a sandbox: that needs Linux."
    if platform.machine() not in _MACHINES:
        return "Child processes that read documents run without a sandbox on this kind of processor."
    if _landlock_abi() < 1:
        return "This kernel has no Landlock: child processes that read documents may read this user's files."
    return None


def protect_process() -> None:
    """Nothing else that this user runs may read this process's memory; it leaves no core dump."""
    if sys.platform == "linux":
        _libc().prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def enter_own_network() -> bool:
    """Moves this process into a network of its own, with nothing in it but loopback; False where it cannot have one.

    Only while the process has a single thread. Unix sockets with a path are reached as before.
    """
    if sys.platform != "linux" or _libc().unshare(CLONE_NEWUSER | CLONE_NEWNET):
        return False
    import fcntl  # noqa: PLC0415 (not on Windows)
    import socket  # noqa: PLC0415

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
    return True


def confine(*, readable: Sequence[Path] = (), folder: Path | None = None, network: bool = False) -> None:
    """From now on this process starts no programs, looks into no other, and opens only what is named here.

    `readable` are files and folders, besides Python's own; `folder` is one where it may write. What was opened before
    stays open. Raises OSError where a kernel that can confine it does not.
    """
    os.umask(0o077)
    if sys.platform != "linux" or platform.machine() not in _MACHINES:
        return
    os.umask(0o077)
    _limit_files(writes=folder is not None)
    protect_process()
    if _libc().prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise _SandboxError(ctypes.get_errno(), "no new privileges")
    _restrict_files(readable, folder)
    _filter_system_calls(writes=folder is not None, network=network)


def _limit_files(*, writes: bool) -> None:
    import resource  # noqa: PLC0415 (not on Windows)

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if not writes:
        most = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _restrict_files(readable: Sequence[Path], folder: Path | None) -> None:
    abi = _landlock_abi()
    if abi < 1:
        return
    everything = ACCESS_BY_ABI[min(abi, max(ACCESS_BY_ABI))]
    handled = ctypes.create_string_buffer(struct.pack("Q", everything))
    ruleset = _called(LANDLOCK_CREATE_RULESET, handled, ctypes.c_size_t(8), 0)
    try:
        for path in (*readable, Path(sys.prefix), Path(sys.base_prefix)):
            access = READ_FILE | (READ_DIR if path.is_dir() else 0)
            _allow(ruleset, path, access)
        if folder is not None:
            _allow(ruleset, folder, everything & ~EXECUTE)
        _called(LANDLOCK_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, access: int) -> None:
    opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = ctypes.create_string_buffer(struct.pack("=Qi", access, opened))
        _called(LANDLOCK_ADD_RULE, ruleset, LANDLOCK_RULE_PATH_BENEATH, rule, 0)
    finally:
        os.close(opened)


def _filter_system_calls(*, writes: bool, network: bool) -> None:
    architecture, numbers = _MACHINES[platform.machine()]
    program = b"".join(_instructions(architecture, numbers, writes=writes, network=network))
    code = ctypes.create_string_buffer(program)
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code)))
    _called(numbers["seccomp"], SECCOMP_SET_MODE_FILTER, SECCOMP_FLAG_ALL_THREADS, header)


def _instructions(architecture: int, numbers: dict[str, int], *, writes: bool, network: bool) -> Iterator[bytes]:
    """A filter in classic BPF: each refused call is compared, and answers with an error number."""
    refused, unknown = RETURN_ERRNO | errno.EPERM, RETURN_ERRNO | errno.ENOSYS
    yield _statement(0x20, 4)  # load the architecture
    yield _jump(0x15, architecture, 1, 0)
    yield _statement(0x06, RETURN_KILL)
    yield _statement(0x20, 0)  # load the number of the call
    yield _jump(0x35, OTHER_NUMBERS, 0, 1)
    yield _statement(0x06, unknown)
    names = [name for name in numbers if name not in _OTHERWISE_HANDLED]
    names += [name for name in _NETWORK if not network] + [name for name in _WRITING if not writes]
    for name in names:
        if name in numbers:
            yield _jump(0x15, numbers[name], 0, 1)
            yield _statement(0x06, refused)
    for name in ("clone3", "openat2"):  # their arguments lie in memory; the C library falls back to the older calls
        yield _jump(0x15, numbers[name], 0, 1)
        yield _statement(0x06, unknown)
    yield from _if_flags(numbers["clone"], 0, CLONE_THREAD, refused, wanted=True)
    if not writes:
        for name, argument in (("open", 1), ("openat", 2)):
            if name in numbers:
                yield from _if_flags(numbers[name], argument, OPEN_FOR_WRITING, refused, wanted=False)
    yield _statement(0x06, RETURN_ALLOW)


def _if_flags(number: int, argument: int, flags: int, refused: int, *, wanted: bool) -> Iterator[bytes]:
    """Refuses a call whose argument has none of the wanted flags, or any of the unwanted ones."""
    yield _jump(0x15, number, 0, 4)
    yield _statement(0x20, 16 + 8 * argument)
    yield _jump(0x45, flags, *((1, 0) if wanted else (0, 1)))
    yield _statement(0x06, refused)
    yield _statement(0x06, RETURN_ALLOW)


def _statement(code: int, value: int) -> bytes:
    return struct.pack("=HBBI", code, 0, 0, value)


def _jump(code: int, value: int, if_true: int, if_false: int) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _landlock_abi() -> int:
    return int(_libc().syscall(LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), 1))


def _called(number: int, *arguments: object) -> int:
    result = int(_libc().syscall(number, *arguments))
    if result < 0:
        raise _SandboxError(ctypes.get_errno(), f"system call {number}: {os.strerror(ctypes.get_errno())}")
    return result


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
