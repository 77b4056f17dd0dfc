"""All examples of a run's task, divided into train and test."""

from grokking_phases.examples import write_examples
from grokking_phases.logs import logged
from grokking_phases.modules import module
from grokking_phases.split import split


def main(output, dataset, split_seed):
    options = {key: value for key, value in dataset.items() if key not in ("module", "train_fraction", "split_seed")}
    examples = module("datasets", dataset["module"]).make(**options)
    write_examples(output, split(examples, dataset["train_fraction"], split_seed))


with logged(snakemake.log[0]):
    main(snakemake.output[0], snakemake.params.dataset, snakemake.params.split_seed)
