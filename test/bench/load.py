"""Work between two hosts, in this process alone, so that its processor time is that of both ends and of the link between them.
Called with `bulk` MEBIBYTES or `connections` COUNT PER_SECOND, the server's address, its namespace. Says the seconds of processor time."""
import ctypes, os, socket, sys, threading, time

kind, amount, per_second, server, server_ns = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5]
libc = ctypes.CDLL(None, use_errno=True)
here, there = os.open('/proc/thread-self/ns/net', os.O_RDONLY), os.open(server_ns, os.O_RDONLY)
PORT, PIECE = 9999, 1 << 18

libc.setns(there, 0)
listener = socket.socket()
libc.setns(here, 0)
listener.bind((server, PORT))
listener.listen(128)


def bulk():
    def receive(s, buffer=bytearray(PIECE)):
        while s.recv_into(buffer) > 0:
            pass
    sender = socket.create_connection((server, PORT))
    receiver = threading.Thread(target=receive, args=listener.accept()[:1])
    receiver.start()
    piece = bytes(PIECE)
    for _ in range((amount << 20) // PIECE):
        sender.sendall(piece)
    sender.close()
    receiver.join()


def connections():
    begun = time.monotonic()
    for made in range(amount):
        early = begun + made / per_second - time.monotonic()
        if early > 0:
            time.sleep(early)
        client = socket.create_connection((server, PORT))
        accepted = listener.accept()[0]
        # Whoever closes first waits a minute: a server would not.
        client.close()
        accepted.close()


before = time.process_time()
{'bulk': bulk, 'connections': connections}[kind]()
print(time.process_time() - before)
