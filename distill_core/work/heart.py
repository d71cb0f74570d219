"""The heartbeat of a worker: what it does, said to whoever looks."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

from ..home import write_json
from ..queue import workers

BEAT = 2.0  # seconds between two heartbeats


class Heart:
    """workers/<pid>.json, written every two seconds by a thread: what this process does."""

    def __init__(self, home: Path):
        self.home, self.path = home, home / "workers" / f"{os.getpid()}.json"
        self.doing, self.run, self.born = "warming", "", time.time()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heart", daemon=True)

    def __enter__(self) -> Heart:
        self.say("warming")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self.path.unlink(missing_ok=True)

    def say(self, doing: str, run: str = "") -> None:
        self.doing, self.run = doing, run
        self._write()

    def _write(self) -> None:
        now: workers.Heartbeat = {
            "pid": os.getpid(),
            "doing": self.doing,
            "run": self.run,
            "born": self.born,
            "heartbeat": time.time(),
        }
        if self.path.parent.is_dir():
            write_json(self.path, now)

    def _beat(self) -> None:
        while not self._over.wait(BEAT):
            try:
                self._write()
            except OSError as error:  # a full disk or a home just taken away: the run itself finds out and says so
                print(f"heartbeat not written: {error}", file=sys.stderr)
