"""In which order things stand that point at each other (Sugiyama's method)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence


def back_edges(roots: Iterable[str], targets: Mapping[str, Sequence[str]]) -> set[tuple[str, str]]:
    """The ways that lead to something from which one came: source and target.

    Args:
        roots: where one begins; then the rest in its order.
        targets: to what each thing points.
    """
    found: set[tuple[str, str]] = set()
    done: set[str] = set()
    for root in [*roots, *targets]:
        if root in done:
            continue
        path = {root}
        stack: list[tuple[str, Iterator[str]]] = [(root, iter(targets[root]))]
        while stack:
            name, rest = stack[-1]
            target = next(rest, None)
            if target is None:
                stack.pop()
                path.discard(name)
                done.add(name)
            elif target in path:
                found.add((name, target))
            elif target not in done:
                path.add(target)
                stack.append((target, iter(targets[target])))
    return found


def in_order(start: str | None, names: Iterable[str], down: Iterable[tuple[str, str]]) -> list[str]:
    """Names so that each comes behind all from which a way leads to it (Kahn's topological order).

    Where there is a choice, what a way leads to stands near what it leaves, in declared order.

    Args:
        start: the first.
        names: all of them.
        down: the ways, without cycles.
    """
    names = list(names)
    missing = dict.fromkeys(names, 0)
    targets: dict[str, list[str]] = {name: [] for name in names}
    for source, target in down:
        missing[target] += 1
        targets[source].append(target)
    ready = [name for name in reversed(names) if not missing[name] and name != start]
    if start is not None and not missing[start]:
        ready.append(start)
    order: list[str] = []
    while ready:
        name = ready.pop()
        order.append(name)
        for target in reversed(targets[name]):
            missing[target] -= 1
            if not missing[target]:
                ready.append(target)
    return order
