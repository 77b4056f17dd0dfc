"""All examples of a run's task, divided into train and test."""

from grokking_phases.examples import write_examples
from grokking_phases.logs import logged
from grokking_phases.modules import module, options_in
from grokking_phases.split import split


def main(output, dataset, split_seed):
    examples = module("datasets", dataset["module"]).make(**options_in("datasets", dataset))
    write_examples(output, split(examples, dataset["train_fraction"], split_seed))


with logged(snakemake.log[0]):
    main(snakemake.output[0], snakemake.params.dataset, snakemake.params.split_seed)
