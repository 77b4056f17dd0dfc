"""A wait for something that another process does."""

import time


def wait_for(condition, seconds=60):
    """Return the value of `condition()` once it is true; raise AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"the awaited condition was not true within {seconds} s")
