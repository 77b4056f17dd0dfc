"""Steps at which something happens, from a rule: a list of steps, `{every: n}`, or `{log: n}`."""

import math


def steps_of(rule: list[int] | dict[str, int], last: int) -> list[int]:
    """Return the steps of a rule in ascending order; 0 and `last` are always among them.

    `{every: n}` is every n-th step. `{log: n}` is n distinct steps, spaced in log step as evenly as whole
    numbers allow. Raises ValueError for another rule, and for one that names a step before 0 or after the
    last, or none between them.
    """
    if isinstance(rule, list):
        for step in rule:
            if not 0 <= step <= last:
                where = f"after the last step, {last}" if step > last else "before step 0"
                raise ValueError(f"step {step} is {where}")
        between = set(rule)
    elif "every" in rule:
        between = set(range(0, last, rule["every"]))
    elif "log" in rule:
        between = _log_spaced(rule["log"], last)
    else:
        raise ValueError(f"{rule} is no rule of steps; give {{'every': n}}, {{'log': n}} or a list")
    between = sorted(step for step in between if 0 < step < last)
    if not between:
        raise ValueError(f"{rule} puts no step between 0 and the last step, {last}")
    return [0, *between, last]


def _log_spaced(n_steps: int, last: int) -> list[int]:
    """Return `n_steps` of the steps 1 … last, evenly spaced in log step, or all if there are fewer.

    Each step divides the rest of the way, in log step, evenly among the steps that are left.
    """
    steps = [1]
    for left in range(min(n_steps, last) - 1, 0, -1):
        ideal = steps[-1] * (last / steps[-1]) ** (1 / left)
        steps.append(max(steps[-1] + 1, round(ideal)))
    return steps


def nearest(steps: list[int], wanted: list[int]) -> list[int]:
    """Return the steps, ascending, that are nearest to the wanted ones in log step; 0 matches only 0."""
    positive = [step for step in steps if step > 0]
    chosen = {min(positive, key=lambda step: abs(math.log(step / want))) for want in wanted if want > 0}
    return sorted(chosen | ({0} & set(steps) & set(wanted)))
