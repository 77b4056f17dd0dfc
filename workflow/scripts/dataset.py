"""All examples of a run's task, divided into train and test."""

from grokking_phases.examples import write_examples
from grokking_phases.files import digest
from grokking_phases.logs import logged
from grokking_phases.modules import module, options_in
from grokking_phases.split import split


def main(output, run, seed, dataset, split_seed):
    examples = module("datasets", dataset["module"]).make(**options_in("datasets", dataset))
    header = {"run": run, "seed": seed, "config_digest": digest([dataset, split_seed])}
    write_examples(output, split(examples, dataset["train_fraction"], split_seed), header)


with logged(snakemake.log[0]):
    wildcards, params = snakemake.wildcards, snakemake.params
    main(snakemake.output[0], wildcards.run, int(wildcards.seed), params.dataset, params.split_seed)
