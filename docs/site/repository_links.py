"""Links from a page to a file of the repository lead to that file in the site.

A page links to `../config.yaml`, which is not in docs/. Each such file becomes a page `repository/<path>`:
Markdown as it stands, a folder as a list of links, and all else as code. Pages stay as GitHub shows them.
"""

import os
import re
from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(\]\(|^\[[^\]]+\]: )((?!https?:|mailto:|#)[^)\s#]+)", re.MULTILINE)
LANGUAGES = {".py": "python", ".yaml": "yaml", ".smk": "python", ".js": "javascript", ".css": "css"}


def on_files(files, config):
    """Rewrite the links of all pages, and add the pages that they lead to."""
    todo = [(file, place_of(file)) for file in files.documentation_pages()]
    while todo:
        file, place = todo.pop()
        linked = {}
        file.content_string = with_site_links(file, place, files, linked)
        for uri, path in linked.items():
            added = File.generated(config, uri, content=page_of(path))
            files.append(added)
            if path.suffix == ".md" or path.is_dir():
                todo.append((added, path))
    return files


def place_of(file):
    """Return the path of a page's source, by which its links are relative."""
    return ROOT / "docs" / file.src_uri


def with_site_links(file, place, files, linked):
    """Return the text of a page with the links of the site; note in `linked` the pages that lack yet."""

    def link(found):
        path = Path(os.path.normpath(place.parent / found[2]))
        uri = uri_of(path, files)
        if uri is None:
            return found[0]  # mkdocs says that it does not exist
        if files.get_file_from_path(uri) is None:
            linked[uri] = path
        return found[1] + os.path.relpath(uri, Path(file.src_uri).parent)

    parts = FENCE.split(file.content_string)
    return "".join(part if part.startswith("```") else LINK.sub(link, part) for part in parts)


def uri_of(path, files):
    """Return where the site has a file of the repository, or None if there is no such file."""
    docs, relative = ROOT / "docs", path.relative_to(ROOT) if path.is_relative_to(ROOT) else None
    if relative is None or not path.exists():
        return None
    if path.is_relative_to(docs) and files.get_file_from_path(path.relative_to(docs).as_posix()):
        return path.relative_to(docs).as_posix()
    return f"repository/{relative.as_posix()}{'' if path.suffix == '.md' else '.md'}"


def page_of(path):
    """Return the Markdown of a file or folder of the repository."""
    name = path.relative_to(ROOT).as_posix()
    if path.suffix == ".md":
        return path.read_text(encoding="utf-8")
    if path.is_dir():
        names = sorted(each.name for each in path.iterdir() if not each.name.startswith((".", "__")))
        return f"# {name}/\n\n" + "".join(f"- [{each}]({path.name}/{each})\n" for each in names)
    text = path.read_text(encoding="utf-8").rstrip()
    return f"# {name}\n\n````{LANGUAGES.get(path.suffix, 'text')}\n{text}\n````\n"
