"""Networks that are broken on purpose, on loopback: ports that are closed, that swallow, that never come to an end."""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

HOST = "127.0.0.1"
_DRIP_SECONDS = 0.05


def closed_port() -> str:
    """An address where nobody listens."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return f"{HOST}:{probe.getsockname()[1]}"


@contextmanager
def black_hole() -> Iterator[str]:
    """An address whose queue of connections is full: a further one gets no answer at all, as behind a firewall."""
    with contextlib.ExitStack() as held:
        listener = held.enter_context(socket.socket())
        listener.bind((HOST, 0))
        listener.listen(0)
        for _ in range(3):
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield f"{HOST}:{listener.getsockname()[1]}"


@contextmanager
def speaking(answer: Callable[[socket.socket, Event], None]) -> Iterator[str]:
    """An address where each connection is handed to `answer`, in a thread, with an event that ends it."""
    closing = Event()
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen(16)

        def serve_one(connection: socket.socket) -> None:
            with connection, contextlib.suppress(OSError):
                answer(connection, closing)

        def accept() -> None:
            while not closing.is_set():
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                Thread(target=serve_one, args=(connection,), daemon=True).start()

        Thread(target=accept, daemon=True).start()
        try:
            yield f"{HOST}:{listener.getsockname()[1]}"
        finally:
            closing.set()
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)


def mute(connection: socket.socket, closing: Event) -> None:
    """Takes the request and says nothing."""
    closing.wait()


def dropping(connection: socket.socket, closing: Event) -> None:
    """Hangs up once it has read the request."""
    connection.recv(65_536)


def dripping_body(connection: socket.socket, closing: Event) -> None:
    """A good head, and then one byte at a time, without end."""
    connection.recv(65_536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
    while not closing.wait(_DRIP_SECONDS):
        connection.sendall(b" ")


def dripping_head(connection: socket.socket, closing: Event) -> None:
    """A head that never ends, one byte at a time."""
    connection.recv(65_536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not closing.wait(_DRIP_SECONDS):
        connection.sendall(b"x")


def always(
    status: str, body: str, *headers: str, content_type: str = "text/html"
) -> Callable[[socket.socket, Event], None]:
    """One and the same answer to everything, with `status` as in `404 Not Found`."""
    encoded = body.encode()
    head = [
        f"HTTP/1.1 {status}",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(encoded)}",
        "Connection: close",
    ]
    answer = "\r\n".join([*head, *headers, "", ""]).encode() + encoded

    def send(connection: socket.socket, closing: Event) -> None:
        connection.recv(65_536)
        connection.sendall(answer)
        # Time for the other side to read before the connection is closed.
        connection.shutdown(socket.SHUT_WR)
        time.sleep(0.01)

    return send
