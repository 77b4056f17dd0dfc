# What every rule file uses: the study, checked, and the names in paths.

import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

sys.path[:0] = [str(Path(workflow.basedir, folder)) for folder in ("workflow", "workflow/scripts")]

from options import StudyError
from provenance import code
from study import runs_of_figure, study

try:
    STUDY = study(config)
except StudyError as error:
    raise WorkflowError(f"{' + '.join(map(str, workflow.configfiles))}: {error}") from None

RESULTS = STUDY["results"]
RUNS, METRICS, FIGURES = STUDY["runs"], STUDY["metrics"], STUDY["figures"]


wildcard_constraints:
    run="|".join(map(re.escape, RUNS)),
    seed=r"\d+",
    metric="|".join(map(re.escape, METRICS)),
    table="|".join(map(re.escape, ["curves", *METRICS])),
    paper="|".join(sorted({name.split("/")[0] for name in FIGURES})),
    figure=r"[a-z0-9_]+",
