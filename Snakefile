# dataset -> train -> scores -> metric -> phases, orders, time_scales, summary -> figure -> paper_figure
#                               \-> subnetwork -> retrain -> comparison -------/
#
#   dataset      results/{run}/{seed}/dataset.parquet
#   source       in place of dataset and train, for a run that was recorded elsewhere
#   train        results/{run}/{seed}/{curves,snapshots}.parquet, weights.safetensors
#   scores       results/{run}/{seed}/scores/{scores}.parquet, for metrics of O-information over many snapshots
#   metric       results/{run}/{seed}/metrics/{metric}.parquet
#   phases       results/{run}/phases.parquet, over seeds
#   orders       results/{run}/orders.parquet, the phases in random orders of the samples, over seeds
#   time_scales  results/{run}/time_scales.parquet, over seeds
#   alignment    results/tables/time_scales.{csv,md}, over runs
#   subnetwork   results/{run}/{seed}/{subnetworks,choices}/{subnetwork}.parquet
#   retrain      results/{run}/{seed}/retrain/{subnetwork}.{mask}.parquet
#   comparison   results/{run}/comparison.parquet, over seeds
#   prediction   results/tables/prediction.parquet, over runs and seeds
#   comovement   results/tables/comovement.parquet, over runs and seeds
#   summary      results/{run}/summary/{table}.parquet, over seeds, of a metric or of the curves of a network
#   figure       results/figures/{paper}/{figure}.{pdf,png,csv,md}
#   paper_figure results/figures/{figure}.{pdf,md}, of both papers


# A config file that is named on the command line takes the place of config.yaml.
if not workflow.overwrite_configfiles:

    configfile: "config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/sources.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/metrics.smk"
include: "workflow/rules/subnetworks.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/upkeep.smk"


rule all:
    input:
        expand("<results>/figures/{figure}.pdf", figure=FIGURE_NAMES),
