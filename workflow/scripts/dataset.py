"""Make all examples of a run's task, and split them into train and test set."""

from grokking_phases.data.examples_file import write_examples
from grokking_phases.data.split import split
from grokking_phases.examples import check_examples
from grokking_phases.jobs.logs import logged
from grokking_phases.plugins import module, options_in
from grokking_phases.storage.made_by import made_by


def main(header: dict, dataset: dict, split_seed: int, output: str) -> None:
    """Write the examples that a dataset's entry describes, with their split."""
    examples = module("datasets", dataset["module"]).make(**options_in("datasets", dataset))
    check_examples(examples, f"datasets/{dataset['module']}.py")
    write_examples(output, split(examples, dataset["train_fraction"], split_seed), header)


with logged(snakemake.log[0]):
    wildcards, params = snakemake.wildcards, snakemake.params
    header = {"run": wildcards.run, "seed": int(wildcards.seed)} | made_by(params.asked, [], params.code)
    main(header, params.dataset, params.split_seed, snakemake.output[0])
