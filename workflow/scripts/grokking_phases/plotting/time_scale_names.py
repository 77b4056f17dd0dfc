"""The names of time scales in figures."""

NAMES = {
    "half_fit": "train accuracy 0.5",
    "fit": "fitted",
    "peak": "top of the test loss",
    "compress": "turn of I(T;X)",
    "gen_0.9": "test accuracy 0.9",
    "gen_0.98": "generalised",
}
