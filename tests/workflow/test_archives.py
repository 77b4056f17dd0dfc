"""The archives in docs/tables draw the committed figures with the present code, without a training."""

import tarfile

import pytest
from trees import REPOSITORY, copy_of_repository

LONG = {"dataset", "train", "retrain", "scores", "metric"}  # the rules whose results an archive holds
STUDIES = {
    "study": ((), ["emergence", "two_phase", "results/figures/fig5.pdf"]),
    "confirm": (
        ("config/confirm.yaml",),
        [f"results/confirm/figures/emergence/{name}.pdf" for name in ("fig2", "fig3", "fig4", "phase_rule")],
    ),
    "paper": (
        ("config/paper.yaml", "config/paper_archived.yaml"),
        [
            f"results/paper/figures/two_phase/{name}.pdf"
            for name in ("fig3", "fig5", "measures", "estimators")
        ],
    ),
    "paper_cpu": (
        ("config/paper.yaml", "config/paper_cpu.yaml"),
        [f"results/paper_cpu/figures/two_phase/{name}.pdf" for name in ("progress", "measures")],
    ),
    "comovement": (("config/comovement.yaml",), ["results/comovement/figures/two_phase/comovement.pdf"]),
}


@pytest.mark.parametrize("name", STUDIES)
def test_nothing_is_trained_or_measured_again(tmp_path, name):
    """If this fails after a change of the code, let `snakemake adopt` judge the results, and archive them."""
    overlays, targets = STUDIES[name]
    tree = copy_of_repository(tmp_path, *overlays)
    with tarfile.open(REPOSITORY / f"docs/tables/{name}.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    planned = tree.planned(*targets)
    assert planned
    assert not {job for job in planned if job[0] in LONG}
