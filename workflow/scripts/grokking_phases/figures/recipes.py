"""What a caption says of runs: their entries in the config, in words."""

from grokking_phases.modules import options_in


def described(run: dict) -> str:
    """Task, network, optimiser, length, seeds and sampling of one run, after the config's own note on it."""
    dataset, training = run["dataset"], run["training"]
    parts = [
        f"{named(dataset)}, {dataset['train_fraction']:.0%} train",
        named(run["model"]),
        f"AdamW, learning rate {training['learning_rate']:g}",
        f"batch {training['batch_size']}" if training["batch_size"] else "full batch",
        f"{training['steps']:,} steps",
        f"{len(run['seeds'])} seed{'s' if len(run['seeds']) > 1 else ''}",
        sampling(run),
    ]
    return ("" if "note" not in run else f"{run['note']}: ") + "; ".join(parts)


def all_described(runs: dict[str, dict]) -> str:
    """Each description once, with the runs that it is of where there are several."""
    names: dict[str, list[str]] = {}
    for name, run in runs.items():
        names.setdefault(described(run), []).append(name)
    return " ".join(f"{'All' if len(names) == 1 else ', '.join(of)}: {text}." for text, of in names.items())


def regularised(run: dict) -> str:
    """Weight decay, and what else holds the weights."""
    training = run["training"]
    parts = [f"weight decay {training['weight_decay']:g}"]
    if training["constrain_norm"] != "none":
        parts.append(f"norm of the {training['constrain_norm']} held constant")
    if training["zero_last_layer"]:
        parts.append("last layer zero at first")
    return ", ".join(parts)


def named(entry: dict) -> str:
    """`modular division (p 96, inverse fermat)`."""
    given = options_in("datasets", entry)
    options = [f"{key.replace('_', ' ')} {short(value)}" for key, value in given.items()]
    return entry["module"].replace("_", " ") + (f" ({', '.join(options)})" if options else "")


def short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def sampling(run: dict) -> str:
    """When the snapshots were taken."""
    rule = run["snapshots"]["steps"]
    if isinstance(rule, list):
        return f"{len(rule)} snapshots"
    return f"{rule['log']} log-spaced snapshots" if "log" in rule else f"snapshots every {rule['every']} steps"
