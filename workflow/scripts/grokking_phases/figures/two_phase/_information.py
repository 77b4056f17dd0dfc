"""Words of titles and captions for an estimate of mutual information."""

from grokking_phases.plugins import STAGE_KEYS

WORDS = {
    "kernel_density": "kernel density, {noise_scale} noise {noise:g}",
    "binning": "{bins} {bin_edges} bins on {n_components} components",
    "binning_per_neuron": "{bins} {bin_edges} bins on each unit over the {range}",
    "gaussian_copula": "Gaussian copula on {n_components} components",
    "ksg": "{n_neighbours} nearest neighbours on {n_components} components",
    "renyi": "Renyi, order {alpha:g}, {noise_scale} noise {noise:g}",
    "linear_probe": "linear probes",
}
NOT_ITS_OWN = {*STAGE_KEYS["metrics"], "estimator", "controls", "seed"}  # options of the metric itself


def estimator_text(options: dict) -> str:
    """Return the estimator and its resolution in words: `kernel density, relative noise 0.35`.

    An estimator that is not in `WORDS` is described by its name and its options: `nearest pair, order 2`.
    """
    name = options["estimator"]
    if name in WORDS:
        return WORDS[name].format(**{key: spelt(value, "-") for key, value in options.items()})
    own = [f"{spelt(key)} {spelt(value)}" for key, value in options.items() if key not in NOT_ITS_OWN]
    return ", ".join([spelt(name), *own])


def spelt(value: object, space: str = " ") -> object:
    """Return a name without its underscores, and any other value as it is."""
    return value.replace("_", space) if isinstance(value, str) else value
