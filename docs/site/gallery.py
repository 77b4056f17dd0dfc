"""The gallery: every figure of the library, by its file, the configs that draw it, and pictures of docs/."""

import ast
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
FIGURES = ROOT / "workflow/scripts/grokking_phases/figures"
MARKER = "<!-- the figures -->"
PAPERS = {"emergence": "Emergence paper", "two_phase": "Two-phase paper", "study": "Any study"}
# The studies whose pictures are shown, by what their files begin with.
STUDIES = {
    "": "",
    "paper_": "**At the paper's full length** (`make paper`):",
    "paper_cpu_": "**At the paper's full length, on a CPU** (`config/paper_cpu.yaml`):",
    "confirm_": "**Seeds that nobody had looked at** (`make confirm`):",
}
OVERLAYS = ("config/prediction.yaml", "config/comovement.yaml")


def on_files(files, config):
    """Write the figures into gallery.md."""
    page = files.get_file_from_path("gallery.md")
    page.content_string = page.content_string.replace(MARKER, figures())
    return files


def figures():
    """Return the Markdown of all figures."""
    drawn = studies_of_figures()
    parts = []
    for paper, title in PAPERS.items():
        parts.append(f"## {title}")
        for path in sorted(FIGURES.glob(f"{paper}/[a-z]*.py")):
            parts.append(entry(path, drawn.get(f"{paper}/{path.stem}")))
    return "\n\n".join(parts)


def studies_of_figures():
    """Return {figure: its entry, the config files that draw it, and their folder of results}."""
    found = {}
    for overlay in (None, *OVERLAYS):
        config = yaml.safe_load((ROOT / (overlay or "config.yaml")).read_text(encoding="utf-8"))
        for name, drawn in config["figures"].items():
            found[name] = (drawn, overlay, config["results"])
    return found


def entry(path, study):
    """Return the Markdown of one figure."""
    name = f"{path.parent.name}/{path.stem}"
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    parts = [f"### {name}", said]
    for prefix, title in STUDIES.items():
        parts += shown(f"figures/{prefix}{path.parent.name}_{path.stem}", name, title)
    parts.append(f"Made by [`{path.relative_to(FIGURES)}`](../{path.relative_to(ROOT)}).")
    return "\n\n".join(parts + (drawing(name, *study) if study else []))


def shown(picture, name, title):
    """Return the picture of a figure under a title, with its notes; nothing if there is none."""
    if not (ROOT / f"docs/{picture}.png").exists():
        return []
    image = f"[![{name}]({picture}.png)]({picture}.png)"
    return [*([title] if title else []), image, f"[Caption and notes]({picture}.md)"]


def drawing(name, drawn, overlay, results):
    """Return what a figure draws in its study, and the command that makes it."""
    tables = ", ".join(f"`{table}`" for table in drawn["tables"])
    files = f" --configfile config.yaml {overlay} --" if overlay else ""
    command = f"snakemake --cores all{files} {results}/figures/{name}.pdf"
    return [f"Tables: {tables}. Panels: {'; '.join(drawn['panels'])}.", f"```bash\n{command}\n```"]
