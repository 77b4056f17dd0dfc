"""Information of a layer about labels: about each operand of the input, and about the class.

Estimators that need a label put the operands a and b of the input in the place of X. They give I(T;X) as
I(T;a) + I(T;b), which for independent operands is at most I(T;a,b).
"""

from grokking_phases.estimators._entropy import entropy


class Operands:
    """The labels of a run's samples: `operand_1`, `operand_2`, … and the class `y`, each (n_samples,)."""

    def __init__(self, snapshots) -> None:
        operands = {f"operand_{i}": column for i, column in enumerate(snapshots.inputs.T, start=1)}
        self.labels = operands | {"y": snapshots.targets}
        self.names = ("information_x", *(f"information_{name}" for name in self.labels))

    def ceilings(self, _layer: str) -> tuple[float, float]:
        """Return the sum of the operands' entropies for X, and H(Y) for Y."""
        *operands, y = map(entropy, self.labels.values())
        return sum(operands), y

    def summed(self, values: dict[str, float]) -> dict[str, float]:
        """Return {information_V: I(T;V)} from {V: I(T;V)}, and the sum over the operands as information_x."""
        about_x = sum(value for name, value in values.items() if name != "y")
        return {"information_x": about_x, **{f"information_{name}": value for name, value in values.items()}}
