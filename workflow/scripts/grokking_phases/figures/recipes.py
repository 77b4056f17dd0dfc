"""What a caption says of a run: its entry in the config, in words."""


def described(run: dict) -> str:
    """Task, network, optimiser, length and seeds of one run."""
    dataset, model, training = run["dataset"], run["model"], run["training"]
    batch = training.get("batch_size")
    parts = [
        f"{named(dataset, {'train_fraction', 'split_seed'})}, {dataset['train_fraction']:.0%} train",
        named(model, set()),
        f"AdamW, learning rate {training['learning_rate']:g}, weight decay {training.get('weight_decay', 0):g}",
        f"batch {batch}" if batch else "full batch",
        f"{training['steps']} steps",
        f"{len(run['seeds'])} seed{'s' if len(run['seeds']) > 1 else ''}",
    ]
    return "; ".join(parts)


def named(entry: dict, left_out: set[str]) -> str:
    """`modular_division (p 96, inverse fermat)`."""
    options = ", ".join(
        f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}"
        for key, value in entry.items()
        if key not in left_out | {"module"}
    )
    return entry["module"].replace("_", " ") + (f" ({options})" if options else "")


def sampling(run: dict) -> str:
    """When the snapshots were taken."""
    rule = run["snapshots"]["steps"]
    if isinstance(rule, list):
        return f"{len(rule)} snapshots"
    return f"{rule['log']} log-spaced snapshots" if "log" in rule else f"snapshots every {rule['every']} steps"
