"""Vectors on their way to PostgreSQL: pgvector's binary form, a tenth of what digits cost."""

import struct
import sys
from array import array
from dataclasses import dataclass
from typing import Any, cast

from psycopg.adapt import Dumper
from psycopg.pq import Format

from genai_stack.infra.database.database import Transaction


@dataclass(frozen=True, slots=True)
class Vector:
    """Little-endian float32."""

    numbers: bytes


class VectorDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Vector) -> bytes:
        numbers = array("f", obj.numbers)
        if sys.byteorder == "little":
            numbers.byteswap()
        return struct.pack(">HH", len(numbers), 0) + numbers.tobytes()


def wired(transaction: Transaction) -> Transaction:
    """One whose connection, which may be older than this file's import, takes a Vector."""
    driver = cast("Any", transaction.connection.connection.driver_connection)
    driver.adapters.register_dumper(Vector, VectorDumper)
    return transaction
