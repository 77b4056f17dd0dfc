"""Take over a recording that was made elsewhere: copy its files, and name run and seed in their headers.

The headers also say what the recording was, for the day on which its folder is missing (`study/sources.py`).
"""

from pathlib import Path

from grokking_phases.jobs.logs import logged
from grokking_phases.storage.headers import check_same_seals, content_of, header_of
from grokking_phases.storage.made_by import made_by
from grokking_phases.storage.replace_header import copy_with_header
from grokking_phases.storage.stamps import stated
from grokking_phases.storage.tables import read_table, write_table


def main(folder: str, seals: dict[str, str], origin: dict, header: dict, output: dict[str, str]) -> None:
    """Copy the files {name: path} of a recording, whose seals are those that the study was planned with."""
    sources = {name: Path(folder, Path(path).name) for name, path in output.items()}
    for path in sources.values():
        if not path.exists():
            what = f"{path} is missing, and results must be made from it again"
            raise ValueError(f"{what}; copy the recording to its folder, or record it again")
    check_same_seals(sources, seals)
    snapshots = stated(sources["snapshots"])
    taken = {"folder": folder, "seals": seals, "layers": snapshots["layers"], "steps": snapshots["steps"]}
    header = header | {"made_by": header["made_by"] | {"source": taken}}
    said = origin | header
    copy_with_header(sources["dataset"], output["dataset"], header_of(sources["dataset"]) | said)
    said |= {"dataset": content_of(output["dataset"])}
    for name in ("snapshots", "weights"):
        copy_with_header(sources[name], output[name], header_of(sources[name]) | said)
    curves = read_table(sources["curves"]).assign(**origin)
    write_table(output["curves"], curves, header_of(sources["curves"]) | said)


with logged(snakemake.log[0]):
    wildcards, params = snakemake.wildcards, snakemake.params
    origin = {"run": wildcards.run, "seed": int(wildcards.seed)}
    header = made_by(params.asked, [], params.code)
    main(params.folder, params.seals, origin, header, dict(snakemake.output.items()))
