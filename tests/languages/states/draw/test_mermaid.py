from ensue.languages.states.draw import Edge, Graph, Node, draw_mermaid, graph_of_machine
from tests.languages.states.draw.machines import ORDER


def test_a_machine_is_a_flowchart():
    assert (
        draw_mermaid(graph_of_machine(ORDER))
        == """\
flowchart TD
    s0["Take<br/>function work"]
    s1{"Which"}
    subgraph s2["Each<br/>each of lines, 5 at once"]
        subgraph s2b0[" "]
            subgraph s2b0s0["Pair<br/>2 branches"]
                subgraph s2b0s0b0[" "]
                    s2b0s0b0s0["Left<br/>function work"]
                    s2b0s0b0start(((" "))) --> s2b0s0b0s0
                    s2b0s0b0s0 --> s2b0s0b0end0((("end")))
                end
                subgraph s2b0s0b1[" "]
                    s2b0s0b1s0["Right<br/>function work"]
                    s2b0s0b1start(((" "))) --> s2b0s0b1s0
                    s2b0s0b1s0 --> s2b0s0b1end0((("end")))
                end
            end
            s2b0start(((" "))) --> s2b0s0
            s2b0s0 --> s2b0end0((("end")))
        end
    end
    s3(["Done"])
    s4(["Refused<br/>OrderRefused"])
    start(((" "))) --> s0
    s0 --> s1
    s0 -.->|"any error"| s4
    s1 -->|"n #62; 1"| s2
    s1 -->|"n is 0"| s0
    s1 -->|"otherwise"| s3
    s2 --> s3
    s2 -.->|"Lost"| s4
"""
    )


def test_what_mermaid_would_read_as_markup_is_escaped():
    text = draw_mermaid(Graph('"]\n--> x', (Node('"]\n--> x', "Task"),)))

    assert 's0["#34;]#10;--#62; x"]' in text


def test_outcomes_and_taken_ways_are_told():
    nodes = (Node("a", "Task", outcome="succeeded"), Node("b", "Task", outcome="failed"))
    text = draw_mermaid(Graph("a", nodes, (Edge("a", "b", taken=True),)))

    assert "s0 ==> s1" in text
    assert "class s0 succeeded" in text
    assert "class s1 failed" in text
