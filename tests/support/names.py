"""A name server that gives every name one address, which may change: what a container asks for its neighbours."""

import socket
import struct
import threading
from typing import Self

_HEADER = struct.Struct("!6H")
IPV4 = 1
FOUND = 0x8180  # an answer, recursion as asked, no error


class NameServer:
    def __init__(self, gives: str) -> None:
        self.gives = gives
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._answer, daemon=True)

    @property
    def address(self) -> str:
        host, port = self._socket.getsockname()
        return f"{host}:{port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one_more:
            one_more.sendto(b"", self._socket.getsockname())  # an empty question ends it
        self._thread.join()
        self._socket.close()

    def _answer(self) -> None:
        while True:
            question, asker = self._socket.recvfrom(512)
            if not question:
                return
            number = _HEADER.unpack_from(question)[0]
            asked = question[_HEADER.size :]
            end = asked.index(b"\0") + 5  # the name's last byte, its type and its class
            (kind,) = struct.unpack_from("!H", asked, end - 4)
            found = kind == IPV4
            record = struct.pack("!3HIH", 0xC00C, IPV4, 1, 1, 4) + socket.inet_aton(self.gives) if found else b""
            self._socket.sendto(_HEADER.pack(number, FOUND, 1, int(found), 0, 0) + asked[:end] + record, asker)
