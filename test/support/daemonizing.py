"""Leaves a process behind that is nobody's child, of a session of its own, without its environment and output, and heeds no signal.
Called with the seconds that it is to sleep, by which it is known, and the program that this one then becomes."""
import os, signal, sys

for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.closerange(0, 100)
        os.execve('/bin/sleep', ['sleep', sys.argv[1]], {})
    os._exit(0)
os.wait()
os.execv(sys.argv[2], sys.argv[2:])
