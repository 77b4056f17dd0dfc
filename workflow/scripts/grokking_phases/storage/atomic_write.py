"""Files that are either whole or absent: each is written beside its place, synced and renamed."""

import errno
import os
import platform
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

UMASK = os.umask(0)
os.umask(UMASK)
FULL, FORBIDDEN = {errno.ENOSPC, errno.EDQUOT}, {errno.EROFS, errno.EACCES, errno.EPERM}


@contextmanager
def whole(path: str | Path, synced: bool = True) -> Iterator[Path]:
    """Yield a temporary path to write to, which replaces `path` when the block ends.

    If the block fails, the temporary file is removed. Raises OSError with the remedy if the disk is full or
    cannot be written to. A file that is not synced survives a kill of the process, but a power cut may leave
    it cut short: its readers must check it.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{platform.node()}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(path)
        yield temporary
        if synced:
            sync_file(temporary)
        temporary.chmod(0o666 & ~UMASK)  # some writers make files that only their owner can read
        temporary.replace(path)
        if synced:
            sync_folder(path.parent)
    except OSError as error:
        raise explained(error, path) from error
    finally:
        temporary.unlink(missing_ok=True)


def remove_leftovers(path: Path) -> None:
    """Remove the files that killed writers of `path` on this machine left beside it."""
    beginning = f".{path.name}.{platform.node()}."
    with os.scandir(path.parent) as entries:
        leftovers = [entry.name for entry in entries if entry.name.startswith(beginning)]
    for name in leftovers:
        pid = name.removeprefix(beginning)
        if pid.isdigit() and not running(int(pid)):
            path.with_name(name).unlink(missing_ok=True)


def running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def sync_files(paths: Iterable[Path]) -> None:
    """Sync files to the disk; raise OSError with the remedy if the disk is full."""
    for path in paths:
        try:
            sync_file(path)
        except OSError as error:
            raise explained(error, path) from error


def sync_file(path: Path) -> None:
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Sync a folder to the disk; a new name in it survives a power cut only after that."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # not every file system can sync a folder
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def explained(error: OSError, path: Path) -> OSError:
    """Return the error with the file and the remedy in its message, or unchanged if no remedy is known."""
    if error.errno in FULL:
        what = (
            "no space is left on its disk; "
            "free some and give the same command again (finished files are kept)"
        )
    elif error.errno in FORBIDDEN:
        what = f"{os.strerror(error.errno)}; make its folder writable, or choose another folder in `results:`"
    else:
        return error
    return OSError(f"{path} cannot be written: {what}")
