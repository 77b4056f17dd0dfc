"""What pages and captions say of an estimate of mutual information."""


def estimator_text(options: dict) -> str:
    """The estimator and its resolution: `kernel density, relative noise 0.35`."""
    return WORDS[options["estimator"]](options)


def noise(options: dict) -> str:
    return f"{options['noise_scale']} noise {options['noise']:g}"


def bins(options: dict) -> str:
    return f"{options['bins']} {options['bin_edges'].replace('_', '-')} bins"


def components(options: dict) -> str:
    return f"{options['n_components']} components"


WORDS = {
    "kde": lambda options: f"kernel density, {noise(options)}",
    "binning": lambda options: f"{bins(options)} on {components(options)}",
    "binning_per_neuron": lambda options: f"{bins(options)} on each unit",
    "gaussian_copula": lambda options: f"Gaussian copula on {components(options)}",
    "ksg": lambda options: f"{options['n_neighbours']} nearest neighbours on {components(options)}",
    "renyi": lambda options: f"Renyi, order {options['alpha']:g}, {noise(options)}",
    "v_information": lambda options: "linear probes",
}
