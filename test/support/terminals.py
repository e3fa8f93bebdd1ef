"""Runs a program with stdout and stderr each on a pseudo-terminal of its own, a pipe or whatever a path names.

Reads one JSON document from stdin, and writes one to stdout:

    argv      the program and its words
    env, cwd  its environment and folder
    stdin     "tty" (a third terminal), or absent for an empty input
    stdout    "tty", "stdin" (the terminal of stdin, as in a shell), "pipe", "closed" (as >&- does), "gone" (a pipe that nobody reads) or the path of a file to append to
    stderr    likewise
    columns, rows   of the terminals
    when      [{"stream": "stderr", "text": TEXT, "do": "hang up" | a signal's number | "type", "keys": TEXT}]:
              done in order, each once TEXT has been written since the one before

    code      its exit code, or 128 + the signal that ended it
    stdout, stderr   what came out of a terminal or pipe
    stdin     what came out of the terminal of stdin, what is typed among it

The first terminal there is becomes the program's controlling terminal, so that hanging up and Ctrl-C do what they do.
"""
import fcntl
import json
import os
import select
import signal
import struct
import sys
import termios


def terminal(columns, rows):
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    settings = termios.tcgetattr(slave)
    settings[1] &= ~termios.OPOST  # a line feed stays one byte
    termios.tcsetattr(slave, termios.TCSANOW, settings)
    return master, slave


def main():
    task = json.load(sys.stdin)
    size = task.get("columns", 80), task.get("rows", 24)
    readers, masters, targets, ours = {}, [], {}, []
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        kind = task.get(name)
        if kind == "tty":
            master, slave = terminal(*size)
            masters.append(master)
            readers[master] = name
            targets[number] = slave
        elif kind == "stdin":
            targets[number] = os.dup(targets[0])
        elif kind == "pipe":
            reader, writer = os.pipe()
            readers[reader] = name
            targets[number] = writer
        elif kind == "gone":
            reader, writer = os.pipe()
            os.close(reader)
            targets[number] = writer
        elif kind == "closed":
            targets[number] = None
        elif kind is None:
            targets[number] = os.open("/dev/null", os.O_RDONLY)
        else:
            targets[number] = os.open(kind, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    child = os.fork()
    if child == 0:
        os.setsid()
        controlling = [fd for number, fd in targets.items() if fd is not None and task.get(("stdin", "stdout", "stderr")[number]) in ("tty", "stdin")]
        if controlling:
            fcntl.ioctl(controlling[-1], termios.TIOCSCTTY, 0)
        # Out of the way of 0, 1 and 2 first.
        high = {number: None if fd is None else fcntl.fcntl(fd, fcntl.F_DUPFD, 64) for number, fd in targets.items()}
        for number, fd in high.items():
            if fd is None:
                os.close(number)
            else:
                os.dup2(fd, number)
        os.closerange(3, 256)
        os.chdir(task["cwd"])
        os.execve(task["argv"][0], task["argv"], task["env"])

    for fd in targets.values():
        if fd is not None:
            os.close(fd)
    written = {"stdin": b"", "stdout": b"", "stderr": b""}
    heard = dict(written)
    waiting = list(task.get("when", []))
    while readers:
        for fd in select.select(list(readers), [], [])[0]:
            name = readers[fd]
            try:
                data = os.read(fd, 65536)
            except OSError:
                data = b""
            if not data:
                del readers[fd]
                os.close(fd)
                if fd in masters:
                    masters.remove(fd)
                continue
            written[name] += data
            heard[name] += data
            while waiting and waiting[0]["text"].encode() in heard[waiting[0]["stream"]]:
                event = waiting.pop(0)
                heard = {"stdin": b"", "stdout": b"", "stderr": b""}
                if event["do"] == "hang up":
                    for master in masters:
                        readers.pop(master, None)
                        os.close(master)
                    masters = []
                    break
                if event["do"] == "type":
                    os.write(next(fd for fd in masters if readers[fd] == "stdin"), event["keys"].encode())
                else:
                    os.kill(child, event["do"])
            else:
                continue
            break
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    json.dump(
        {
            "code": 128 - code if code < 0 else code,
            "stdout": written["stdout"].decode("utf-8", "replace"),
            "stderr": written["stderr"].decode("utf-8", "replace"),
            "stdin": written["stdin"].decode("utf-8", "replace"),
        },
        sys.stdout,
    )


main()
