"""Does to a file what a program was seen to do when it saved.

    replay.py FILE NEW <PATTERN        NEW holds what FILE is to become

A line of the pattern is a call. Names are `=` for the file, `=END` for one beside it that is called so, and `./NAME`. Where
bytes are written they are those of NEW, `FROM..TO`. Places are numbers, or: `e` and `E`, the end of FILE and of NEW;
`A`, where the bytes begin that both end with.
"""

import errno
import os
import sys

path, new = sys.argv[1], open(sys.argv[2], "rb").read()
old = open(path, "rb").read()

FLAGS = {
    "r": os.O_RDONLY,
    "w": os.O_WRONLY,
    "rw": os.O_RDWR,
    "creat": os.O_CREAT,
    "excl": os.O_EXCL,
    "trunc": os.O_TRUNC,
    "nofollow": os.O_NOFOLLOW,
}


def common_end():
    n_same = 0
    while n_same < min(len(old), len(new)) and old[-1 - n_same] == new[-1 - n_same]:
        n_same += 1
    return len(new) - n_same


PLACES = {"e": len(old), "E": len(new), "A": common_end()}


def place(word):
    return PLACES[word] if word in PLACES else int(word)


def name(word):
    if word.startswith("./"):
        return os.path.join(os.path.dirname(path), word[2:])
    return path + word[1:]


def call(fds, what, *words):
    if what == "open":
        handle, file, *flags = words
        fds[handle] = os.open(name(file), sum(FLAGS[flag] for flag in flags) | os.O_CLOEXEC, 0o666)
    elif what == "close":
        os.close(fds.pop(words[0]))
    elif what == "read":
        assert os.read(fds[words[0]], 1 << 20) is not None
    elif what == "write":
        begin, end = map(place, words[1].split(".."))
        os.lseek(fds[words[0]], begin, os.SEEK_SET)
        assert os.write(fds[words[0]], new[begin:end]) == end - begin
    elif what == "zeros":
        begin, end = map(place, words[1].split(".."))
        os.lseek(fds[words[0]], begin, os.SEEK_SET)
        assert os.write(fds[words[0]], bytes(end - begin)) == end - begin
    elif what == "truncate":
        os.ftruncate(fds[words[0]], place(words[1]))
    elif what == "fsync":
        os.fsync(fds[words[0]])
    elif what == "chmod":
        os.fchmod(fds[words[0]], 0o644)
    elif what == "access":
        assert os.access(name(words[0]), {"r": os.R_OK, "w": os.W_OK}[words[1]])
    elif what == "absent":
        assert not os.path.lexists(name(words[0]))
    elif what == "touch":
        os.utime(os.path.dirname(path))
    elif what == "rename":
        os.rename(name(words[0]), name(words[1]))
    elif what == "unlink":
        os.unlink(name(words[0]))
    else:
        sys.exit(f"no such call: {what}")


fds = {}
for line in sys.stdin.read().splitlines():
    *words, last = line.split() or [""]
    if not last:
        continue
    try:
        if last.startswith("!"):
            call(fds, *words)
            sys.exit(f"{line}: it succeeded")
        call(fds, *words, last)
    except OSError as error:
        if last != f"!{errno.errorcode[error.errno]}":
            sys.exit(f"{line}: {error}")
assert not fds, fds
# Whoever has saved looks at it again.
assert open(path, "rb").read(), "nothing is there"
