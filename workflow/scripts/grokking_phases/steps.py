"""Steps at which something happens, from a rule: a list of steps, `{every: n}`, or `{log: n}`."""

import math


def steps_of(rule: list[int] | dict[str, int], last: int) -> list[int]:
    """Ascending steps from 0 to `last`, both always among them.

    `{every: n}` is every n-th step; `{log: n}` is n distinct steps, evenly spaced in log step as far as whole numbers
    can be. Raises ValueError when the rule puts no step between the first and the last, or names one after the last.
    """
    if isinstance(rule, list):
        if max(rule) > last:
            raise ValueError(f"step {max(rule)} is after the last step, {last}")
        between = set(rule)
    elif "every" in rule:
        between = set(range(0, last, rule["every"]))
    else:
        between = _log_spaced(rule["log"], last)
    between = sorted(step for step in between if 0 < step < last)
    if not between:
        raise ValueError(f"{rule} puts no step between 0 and the last step, {last}")
    return [0, *between, last]


def _log_spaced(n_steps: int, last: int) -> list[int]:
    """`n_steps` (or all, if there are not so many) of 1 … last, each as far on in log step as those left allow."""
    steps = [1]
    for left in range(min(n_steps, last) - 1, 0, -1):
        ideal = steps[-1] * (last / steps[-1]) ** (1 / left)
        steps.append(max(steps[-1] + 1, round(ideal)))
    return steps


def nearest(steps: list[int], wanted: list[int]) -> list[int]:
    """Those of `steps`, ascending, that are nearest to the wanted ones, in log step (0 to 0 alone)."""
    positive = [step for step in steps if step > 0]
    chosen = {min(positive, key=lambda step: abs(math.log(step / want))) for want in wanted if want > 0}
    return sorted(chosen | ({0} & set(steps) & set(wanted)))
