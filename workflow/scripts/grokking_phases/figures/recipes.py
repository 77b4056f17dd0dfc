"""What a caption says of a run: its entry in the config, its recipe complete, in words."""


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
    left_out = {"module", "train_fraction", "split_seed"}
    options = [f"{key.replace('_', ' ')} {short(value)}" for key, value in entry.items() if key not in left_out]
    return entry["module"].replace("_", " ") + (f" ({', '.join(options)})" if options else "")


def short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def sampling(run: dict) -> str:
    """When the snapshots were taken."""
    rule = run["snapshots"]["steps"]
    if isinstance(rule, list):
        return f"{len(rule)} snapshots"
    return f"{rule['log']} log-spaced snapshots" if "log" in rule else f"snapshots every {rule['every']} steps"
