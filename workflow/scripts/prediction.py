"""What early synergy says of a sweep's runs, beside two baselines."""

from grokking_phases.analysis.prediction import predictions, write_predictions
from grokking_phases.jobs.logs import logged
from grokking_phases.storage.headers import of_all
from grokking_phases.storage.tables import read_tables


def main(source, output, params):
    estimates = {name: read_tables(source.get(name)) for name in params.estimates}
    nulls = {name: read_tables(source.get(null)) for name, null in params.estimates.items()}
    curves = read_tables(source.curves)
    rows = predictions(curves, estimates, nulls, params.runs, calibration=params.calibration)
    write_predictions(output, rows, of_all(source))


with logged(snakemake.log[0]):
    main(snakemake.input, snakemake.output[0], snakemake.params)
