"""Asks for /ping on one connection every 5 ms and prints how long each took, in ms, as JSON: `ping.py PORT SECONDS`."""

import json
import socket
import sys
import time


def main(port, seconds):
    stream = socket.create_connection(("127.0.0.1", port), timeout=30)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        began = time.perf_counter()
        stream.sendall(b"GET /ping HTTP/1.1\r\nHost: a\r\n\r\n")
        answer = b""
        while not answer.endswith(b"pong\n"):
            part = stream.recv(4096)
            if not part:
                # nginx closes a connection after 1,000 requests.
                stream = socket.create_connection(("127.0.0.1", port), timeout=30)
                stream.sendall(b"GET /ping HTTP/1.1\r\nHost: a\r\n\r\n")
            answer += part
        times.append(1000 * (time.perf_counter() - began))
        time.sleep(0.005)
    print(json.dumps(times))


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
