"""The progress of a training job: one live line on a terminal, plain lines elsewhere and in the log."""

import math
import sys
import time

ERASE = "\r\x1b[2K"  # the line that the cursor is on
LIVE_SECONDS, LINE_SECONDS = 1.0, 30.0  # the least time between two lines
BEGUN = 1.0  # seconds, after which steps tell how fast a training is


class Progress:
    """A function to call at every step. It writes the losses now and then, and always at the last step."""

    def __init__(self, name: str, last: int, start: int = 0) -> None:
        self.name, self.last, self.start = name, last, start
        self.live = sys.stderr.isatty()
        self.began = time.monotonic()
        self.written = -LINE_SECONDS
        if start:
            sys.stderr.write(f"{name}: goes on from step {start}\n")

    def __call__(self, step: int, values: dict[str, float]) -> None:
        now = time.monotonic()
        ended = step == self.last or not math.isfinite(values["train_loss"])
        if not ended and now - self.written < (LIVE_SECONDS if self.live else LINE_SECONDS):
            return
        self.written = now
        line = self.line(step, values, now - self.began)
        if self.live:
            sys.stderr.write(ERASE if ended else ERASE + line)
        if ended or not self.live:
            sys.stderr.write(f"{line}\n")
        sys.stderr.flush()

    def line(self, step: int, values: dict[str, float], elapsed: float) -> str:
        rate = (step - self.start) / elapsed if elapsed >= BEGUN else 0.0
        left = f"{rate:.1f} steps/s, {(self.last - step) / rate:.0f} s left" if rate else "just begun"
        losses = f"loss {values['train_loss']:.4g} train {values['test_loss']:.4g} test"
        accuracies = f"accuracy {values['train_accuracy']:.3f} train {values['test_accuracy']:.3f} test"
        return f"{self.name}: step {step}/{self.last}, {losses}, {accuracies}, {left}"
