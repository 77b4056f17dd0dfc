"""Print a sweep of about so many jobs, to measure what it costs to plan one.

    python benchmarks/sweep_of.py 10000 > sweep.json
    snakemake -n --quiet --configfile config.yaml sweep.json -- results/sweep/tables/prediction.parquet

The sweep is an overlay for config.yaml, in JSON, which is read faster than YAML. It has the emergence paper's
MLP at learning rates and weight decays, with five seeds each. Each seed has a data set, a training, stored
scores and two metrics. One job reads the tables of all.
"""

import json
import math
import sys

SEEDS, JOBS_OF_SEED = 5, 5


def sweep(n_jobs: int) -> dict:
    """Return the overlay of a sweep of about `n_jobs` jobs."""
    n_runs = round(n_jobs / (SEEDS * JOBS_OF_SEED))
    runs = {
        f"sweep_{i:06}": {"like": "addition_wd0.1", "training": training}
        for i, training in enumerate(grid(n_runs))
    }
    return {
        "results": "results/sweep",
        "runs": runs,
        "metrics": {"early_null": {"module": "o_information_null", "n_draws": 10, "steps": [34, 400]}},
        "prediction": {"estimates": {"o_information": "early_null"}, "calibration": list(runs)[::6]},
        "figures": {"emergence/prediction": {"panels": {"sweep": list(runs)}, "tables": ["prediction"]}},
    }


def grid(n_runs: int) -> list[dict]:
    """Return `training:` of `n_runs` runs, from a square grid that is cut off after the last run.

    Learning rates go from 0.001 to 0.1, weight decays from 0.01 to 100.
    """
    side = math.ceil(math.sqrt(n_runs))
    places = [divmod(i, side) for i in range(n_runs)]
    return [
        {"learning_rate": 0.001 * 100 ** (x / side), "weight_decay": 0.01 * 10_000 ** (y / side)}
        for x, y in places
    ]


if __name__ == "__main__":
    json.dump(sweep(int(sys.argv[1])), sys.stdout)
