"""Keys that a config file says twice: of equal keys YAML keeps the last, and drops the others without a word."""

from pathlib import Path

import yaml

from study.errors import StudyError

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def check_duplicates(file: str | Path) -> None:
    """Raises StudyError for the first such key. (A merge, `<<`, may be there twice.)"""
    seen, waiting = set(), [("", composed(file))]
    while waiting:
        where, node = waiting.pop()
        if isinstance(node, yaml.SequenceNode):
            waiting += [(where, item) for item in node.value if item not in seen]
        elif isinstance(node, yaml.MappingNode):
            check_mapping(node, where)
            waiting += [(below(where, key), value) for key, value in node.value if value not in seen]
        seen.add(node)  # aliases lead to it again, some from within


def composed(file: str | Path) -> yaml.Node | None:
    """The tree of a file that Snakemake could read; none of JSON that is no YAML, as with tabs."""
    try:
        return yaml.compose(Path(file).read_text(encoding="utf-8"), Loader=LOADER)
    except yaml.YAMLError:
        return None


def check_mapping(node: yaml.MappingNode, where: str) -> None:
    lines: dict[str, int] = {}
    for key, _ in node.value:
        path, line = below(where, key), key.start_mark.line + 1
        if path in lines and key.value != "<<":
            raise StudyError(
                path, f"line {line} says it again, after line {lines[path]}; one of them would be lost"
            )
        lines[path] = line


def below(where: str, key: yaml.Node) -> str:
    return f"{where}.{key.value}" if where else str(key.value)
