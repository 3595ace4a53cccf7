"""Support tickets: answered on a fixed path, or by an agent that decides what to do next.

POST /tickets ─┬─▶ path:  summarise ─▶ search docs ─▶ draft ─▶ (review) ─▶ answer, or hand over
               └─▶ agent: think ─▶ search docs, look an order up, ask a colleague ─▶ think ─▶ ...
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from ensue import (
    Agent,
    App,
    Body,
    ChatMessage,
    ChatModel,
    Conflict,
    Item,
    Meta,
    NotFound,
    ReadTx,
    RecordedModel,
    StepFailed,
    Tx,
    WorkflowContext,
)

STEPS, TOKENS = 6, 20_000
FOUND = 2
SUMMARISE = "Sum up the customer's ticket in one sentence."
DRAFT = "Answer the customer's ticket in at most three sentences, by these pages only."
GOAL = (
    "Resolve the customer's ticket. Use the tools until you know enough, then answer the customer"
    " in at most three sentences. Ask a colleague before you promise money or goods."
)
OPEN = "curl -s {url}/tickets -H 'content-type: application/json' -d "
TRY = (
    OPEN + """'{{"id": "t-1", "text": "How long do I have to send shoes back?"}}'""",
    "curl -s {url}/tickets/t-1",
    OPEN + """'{{"id": "t-2", "text": "Where is my order 7?", "way": "agent"}}'""",
    "curl -s {url}/tickets/t-2",
)

app = App("support")
tickets = app.table("tickets", key="id")
questions = app.table("questions", key="ticket")
docs = app.table(
    "docs",
    key="page",
    seed=[
        {"page": "returns", "text": "Shoes and clothes can be sent back within 30 days."},
        {"page": "shipping", "text": "Orders arrive within 3 working days."},
        {"page": "lost-parcels", "text": "An order that is lost is sent again, or refunded."},
        {"page": "payments", "text": "We take cards and bank transfers."},
    ],
)
orders = app.table(
    "orders",
    key="id",
    seed=[{"id": "7", "status": "LOST"}, {"id": "8", "status": "SHIPPED"}],
)
# Error rate and latency, to a topic (RA-5).
alerts = app.topic("alerts")
app.alarm("errors", metric="errors", threshold=">= 1", to=alerts)
app.alarm("failures", metric="failed", threshold=">= 3", to=alerts)
app.alarm(
    "slow",
    metric="request_duration",
    of="POST /tickets",
    threshold="> 1s",
    periods=2,
    out_of=3,
    to=alerts,
)
# Where the environment names one, it is asked: OPENAI_MODEL, OPENAI_API_KEY, OPENAI_BASE_URL.
model = ChatModel.from_environment(app, temperature=0) or RecordedModel.load(
    Path(__file__).with_name("recorded.jsonl")
)

Id = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$(?!\n)")]
NO_TICKET = {404: "There is no such ticket."}


class Ticket(Body):
    """What a customer asks, and how it is to be answered: on the path, or by the agent."""

    id: Id
    text: Annotated[str, Meta(min_length=1, max_length=4_000)]
    way: Literal["path", "agent"] = "path"
    review: bool = False


class Said(Body):
    """What a colleague says: yes or no to a draft, with a reason; an answer to a question."""

    approve: bool = True
    text: Annotated[str, Meta(max_length=4_000)] = ""


# Customers, and colleagues


@app.post("/tickets", status=201, statuses={409: "There is such a ticket."})
def open_ticket(body: Ticket, tx: Tx) -> Item:
    """Take a ticket, and start to answer it (AW-5)."""
    ticket = Item({"id": body.id, "text": body.text, "way": body.way, "status": "OPEN"})
    if not tx.put(tickets, ticket, where="attribute_not_exists(id)"):
        raise Conflict(f"there is a ticket {body.id} already")
    given = {"id": body.id, "text": body.text, "review": body.review}
    tx.start(by_agent if body.way == "agent" else on_the_path, given, name=body.id)
    return ticket


@app.get("/tickets/{id}", statuses=NO_TICKET)
def show_ticket(id: Id, tx: ReadTx) -> Item:  # noqa: A002 - the path's word
    """Show a ticket, and its answer."""
    found = tx.get(tickets, id)
    if found is None:
        raise NotFound(f"there is no ticket {id}")
    return found


@app.get("/questions")
def list_questions(tx: ReadTx) -> list[dict[str, Any]]:
    """List what colleagues are asked: drafts to review, and questions of the agent."""
    asked = tx.scan(questions).items
    return [{"ticket": each.ticket, "kind": each.kind, "text": each.text} for each in asked]


@app.post("/questions/{ticket}", statuses={404: "Nothing is asked of this ticket."})
def say(ticket: Id, body: Said, tx: Tx) -> dict[str, str]:
    """Approve or reject a draft, or answer a question; the ticket goes on from there."""
    asked = tx.delete(questions, ticket)
    if asked is None:
        raise NotFound(f"nothing is asked of ticket {ticket}")
    if asked.kind == "review" and not body.approve:
        tx.send_task_failure(asked.token, "Rejected", body.text or "no reason was given")
    else:
        tx.send_task_success(asked.token, body.text)
    return {"ticket": ticket}


# The tools: one set for both


def search_docs(query: Annotated[str, Meta(max_length=400)], tx: ReadTx) -> list[str]:
    """Search the documentation for pages that have words of the query, the best first."""
    words = _words(query)
    pages = [(len(words & _words(f"{each.page} {each.text}")), each) for each in _pages(tx)]
    pages.sort(key=lambda found: (-found[0], found[1].page))
    return [f"{each.page}: {each.text}" for count, each in pages[:FOUND] if count]


def order_status(order: Annotated[str, Meta(max_length=64)], tx: ReadTx) -> str:
    """Say how far an order is: PACKED, SHIPPED, DELIVERED or LOST."""
    found = tx.get(orders, order)
    if found is None:
        raise NotFound(f"there is no order {order}")
    return str(found.status)


async def ask_human(question: Annotated[str, Meta(max_length=1_000)], ctx: WorkflowContext) -> str:
    """Ask a colleague something that no tool knows, and wait for the answer."""
    ask = asking(ctx.execution.name, "question", question)
    return str(await ctx.wait_for_token(ask, name="ask_human", timeout="2d"))


def asking(ticket: str, kind: str, text: str) -> Callable[[str, Tx], None]:
    """What puts a question before colleagues, who give its token back."""

    def ask(token: str, tx: Tx) -> None:
        tx.put(questions, {"ticket": ticket, "kind": kind, "text": text, "token": token})

    return ask


def _pages(tx: ReadTx) -> list[Item]:
    return tx.scan(docs).items


def _words(text: str) -> set[str]:
    letters = "".join(each if each.isalnum() else " " for each in text.lower())
    return {word.removesuffix("s") for word in letters.split() if len(word) > 3}


# The path is known: a state machine (AW-1)


@app.function
async def summarise(ticket: dict[str, Any]) -> str:
    """Have a ticket summed up."""
    asked = [ChatMessage("system", SUMMARISE), ChatMessage("user", ticket["text"])]
    return (await model.complete(asked)).text


@app.function
def search(body: dict[str, Any], tx: Tx) -> list[str]:
    """Search the documentation."""
    return search_docs(body["query"], tx)


@app.function
async def draft(body: dict[str, Any]) -> str:
    """Have an answer drafted."""
    pages = "\n".join(body["pages"]) or "(there are no pages)"
    asked = [
        ChatMessage("system", f"{DRAFT}\n\n{pages}"),
        ChatMessage("user", f"{body['text']}\n\nSummary: {body['summary']}"),
    ]
    return (await model.complete(asked)).text


@app.function
def review(body: dict[str, Any], tx: Tx) -> None:
    """Put a draft before colleagues."""
    asking(body["ticket"], "review", body["draft"])(body["token"], tx)


@app.function
def finish(body: dict[str, Any], tx: Tx) -> dict[str, Any]:
    """Keep how a ticket ended: the final output."""
    return ended(body["id"], body["status"], body["answer"], tx)


def ended(ticket: str, status: str, answer: str, tx: Tx) -> dict[str, Any]:
    """Keep how a ticket ended; nobody is asked anything of it any more."""
    tx.delete(questions, ticket)
    told = "SET status = :status, answer = :answer"
    tx.update(tickets, ticket, told, status=status, answer=answer)
    return {"id": ticket, "status": status, "answer": answer}


on_the_path = app.workflow("path", definition=Path(__file__).with_name("path.json"))


# The path is open: an agent, with bounds (AW-2)

agent = Agent(
    model,
    tools=[search_docs, order_status, ask_human],
    instructions=GOAL,
    steps=STEPS,
    tokens=TOKENS,
)


@app.workflow(name="agent")
async def by_agent(ctx: WorkflowContext, ticket: dict[str, Any]) -> dict[str, Any]:
    """Let the agent find out; what it cannot answer within its bounds is handed over."""
    try:
        result = await agent.run(ctx, ticket["text"])
    except StepFailed:
        return await ctx.step(ended, ticket["id"], "HANDED_OVER", "")
    status = "ANSWERED" if result.ended == "answered" else "HANDED_OVER"
    output = await ctx.step(ended, ticket["id"], status, result.text)
    return {**output, "used": list(result.used)}
