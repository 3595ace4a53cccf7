"""Document paths as text and as a tree."""

import pytest

from ensue.languages.expressions.paths import Leaf, path_text, path_tree, place
from ensue.languages.expressions.program import Path


@pytest.mark.parametrize(
    ("steps", "text", "at"),
    [
        (("a",), "a", "$.a"),
        (("a", "b", 0, 1, "c"), "a.b[0][1].c", "$.a.b[0][1].c"),
        (("a b", "é", "x.y"), "a b.é.x.y", '$["a b"]["é"]["x.y"]'),
    ],
)
def test_a_path_is_written_as_in_an_expression_and_as_a_place(steps, text, at):
    assert path_text(steps) == text
    assert place(steps) == at


def test_paths_that_begin_alike_share_a_branch():
    paths = [Path(("a", "b")), Path(("a", "c", 0)), Path(("d",))]
    tree = path_tree((path, path.steps[-1]) for path in paths)
    assert list(tree) == ["a", "d"]
    branch = tree["a"]
    assert isinstance(branch, dict)
    assert set(branch) == {"b", "c"}
    leaf = branch["b"]
    assert isinstance(leaf, Leaf)
    assert (leaf.path, leaf.wanted) == (paths[0], "b")
