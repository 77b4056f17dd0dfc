"""A check for keys that a config file has twice, of which YAML would silently keep only the last."""

from pathlib import Path

import yaml

from study.errors import StudyError

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def check_duplicates(file: str | Path) -> None:
    """Raise StudyError for the first key that a mapping has twice. A merge key, `<<`, may be repeated."""
    seen, waiting = set(), [("", composed(file))]
    while waiting:
        where, node = waiting.pop()
        if isinstance(node, yaml.SequenceNode):
            waiting += [(where, item) for item in node.value if item not in seen]
        elif isinstance(node, yaml.MappingNode):
            check_mapping(node, where)
            waiting += [(below(where, key), value) for key, value in node.value if value not in seen]
        seen.add(node)  # an alias may lead to it again, even from inside it


def composed(file: str | Path) -> yaml.Node | None:
    """Return the tree of a file that Snakemake could read; None for JSON that is not YAML, as with tabs."""
    try:
        return yaml.compose(Path(file).read_text(encoding="utf-8"), Loader=LOADER)
    except yaml.YAMLError:
        return None


def check_mapping(node: yaml.MappingNode, where: str) -> None:
    """Raise StudyError, with both lines, for the first key that one mapping has twice."""
    lines: dict[str, int] = {}
    for key, _ in node.value:
        path, line = below(where, key), key.start_mark.line + 1
        if path in lines and key.value != "<<":
            what = f"line {line} repeats this key of line {lines[path]}, and only one of them would count"
            raise StudyError(path, f"{what}; remove one")
        lines[path] = line


def below(where: str, key: yaml.Node) -> str:
    """Return the path of a key in the mapping at the path `where`."""
    return f"{where}.{key.value}" if where else str(key.value)
