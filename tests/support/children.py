"""Child processes that read PDFs, watched from outside."""

import asyncio

import psutil


def pdf_children(pid: int | None = None) -> list[psutil.Process]:
    """Those of a process, this one by default."""
    found: list[psutil.Process] = []
    for child in psutil.Process(pid).children():
        try:
            if any("pdf_child" in word for word in child.cmdline()):
                found.append(child)
        except psutil.NoSuchProcess:
            continue
    return found


async def stopped_child(pid: int | None = None) -> psutil.Process:
    """The first that appears, stopped: it does not end by itself any more."""
    async with asyncio.timeout(30):
        while True:
            for child in pdf_children(pid):
                child.suspend()
                return child
            await asyncio.sleep(0.005)


async def until_ended(child: psutil.Process) -> None:
    async with asyncio.timeout(30):
        while True:
            if not child.is_running() or child.status() == psutil.STATUS_ZOMBIE:
                return
            await asyncio.sleep(0.005)
