"""A hypothesis strategy that spoils a correct config."""

from copy import deepcopy

from hypothesis import strategies as st

# Values that YAML may hold in place of any other.
NUMBERS = st.integers() | st.floats() | st.sampled_from([-1, 0, 0.0, 10**9, 10**12, 10**30, 10**400])
TEXTS = st.text(max_size=9) | st.sampled_from(
    ["../x", "a b", "'\"", "a\n", "{run}", "1e-1", "\ud800", "é" * 300, "x" * 300, "x" * 60]
)
KEYS = (
    TEXTS
    | st.integers()
    | st.none()
    | st.booleans()
    | st.dates()
    | st.sampled_from(["module", "like", "prediction"])
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=3),
    max_leaves=6,
)


def places(node, above=()):
    """Yield the place of every entry below a node: the keys and indices that lead to it."""
    for key in node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
        yield (*above, key)
        yield from places(node[key], (*above, key))


def at(node, place):
    """Return the entry at a place below a node."""
    for key in place:
        node = node[key]
    return node


@st.composite
def spoilt(draw, configs):
    """Draw a config in which one or two entries are lost, misspelt, doubled, replaced or exchanged."""
    config = deepcopy(draw(configs))
    for _ in range(draw(st.integers(1, 2))):
        place = draw(st.sampled_from(list(places(config))))
        *above, key = place
        holder, value = at(config, above), at(config, place)
        match draw(st.sampled_from(["lost", "misspelt", "doubled", "replaced", "exchanged", "exchanged"])):
            case "lost":
                del holder[key]
            case "misspelt" | "doubled" if isinstance(holder, list):
                holder.append(deepcopy(value))
            case "misspelt":
                holder[draw(KEYS | st.just(f"{key}s"))] = holder.pop(key)
            case "doubled":
                holder[draw(KEYS)] = deepcopy(value)
            case "replaced":
                holder[key] = deepcopy(draw(ANYTHING))
            case "exchanged":
                of_a_kind = [other for other in places(config) if type(at(config, other)) is type(value)]
                holder[key] = deepcopy(at(config, draw(st.sampled_from(of_a_kind))))
    return config
