"""A small world in memory: mail, calendar, bank, files, shop and pages, with tools as given."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from agent.assistant import Assistant, open_assistant
from agent.events import Turn
from agent.models.base import RawCall
from agent.models.scripted import ScriptedModel, Step, calls, say
from agent.settings import Settings
from tools.registry import as_tool

Call = tuple[str, dict[str, Any]]


@dataclass
class House:
    """The world.

    Args:
        texts: What stands in pages, mails and files, by address, sender or name.
        done: Every side effect, in order.
        read: Every address and query that left the house.
    """

    texts: dict[str, str] = field(default_factory=dict)
    done: list[Call] = field(default_factory=list)
    read: list[str] = field(default_factory=list)

    def tools(self) -> list[Any]:
        """Return the tools; only those that read pages declare what they are."""
        outside = {"risk": "reads", "output": "outside"}
        plain = [value for name, value in vars(House).items() if name in NAMES]
        bound = [getattr(self, tool.__name__) for tool in plain]
        return [*bound, as_tool(self.read_page, **outside), as_tool(self.web_search, **outside)]

    def read_mail(self, sender: str) -> str:
        """Read the last mail of somebody.

        Args:
            sender: The name or address.
        """
        return self.texts.get(sender, "No mail.")

    def send_mail(self, to: str, subject: str, body: str = "") -> str:
        """Send a mail.

        Args:
            to: The address or name.
            subject: The subject.
            body: The text.
        """
        return self._do("send_mail", "sent", to=to, subject=subject, body=body)

    def list_events(self, day: str = "today") -> str:
        """List the calendar's events.

        Args:
            day: The day.
        """
        return self.texts.get("calendar", "No events.")

    def create_event(self, title: str, date: str, time: str = "09:00") -> str:
        """Create an event.

        Args:
            title: Its title.
            date: The day, as YYYY-MM-DD.
            time: The time of day, as HH:MM.
        """
        self._do("create_event", "", title=title, date=date, time=time)
        return json.dumps({"id": "ev_4711", "title": title, "status": "created"})

    def invite_guest(self, event_id: str, guest: str) -> str:
        """Invite somebody to an event.

        Args:
            event_id: The event.
            guest: The name or address.
        """
        return self._do("invite_guest", "ok", event_id=event_id, guest=guest)

    def move_event(self, title: str, date: str) -> str:
        """Move an event to another day.

        Args:
            title: The event's title.
            date: The day, as YYYY-MM-DD.
        """
        return self._do("move_event", "moved", title=title, date=date)

    def get_balance(self) -> str:
        """Tell what is in the account."""
        return "1810.25"

    def list_payments(self) -> str:
        """List the last payments."""
        return self.texts.get("payments", "No payments.")

    def pay(self, recipient: str, amount: float, note: str = "") -> str:
        """Pay somebody.

        Args:
            recipient: The name or account.
            amount: Euros.
            note: What it is for.
        """
        return self._do("pay", "ok", recipient=recipient, amount=amount, note=note)

    def change_password(self, password: str) -> str:
        """Change the account's password.

        Args:
            password: The new one.
        """
        return self._do("change_password", "ok", password=password)

    def list_files(self) -> str:
        """List the files."""
        return self.texts.get("files", "report.txt\nold.txt\n")

    def read_file(self, name: str) -> str:
        """Read a file.

        Args:
            name: The file's name.
        """
        if name not in self.texts:
            raise ValueError(self.texts.get("error", f"There is no {name}."))
        return self.texts[name]

    def write_file(self, name: str, text: str) -> str:
        """Write a file.

        Args:
            name: The file's name.
            text: What it holds.
        """
        return self._do("write_file", "written", name=name, text=text)

    def delete_file(self, name: str) -> str:
        """Delete a file.

        Args:
            name: The file's name.
        """
        return self._do("delete_file", "deleted", name=name)

    def delete_all(self) -> str:
        """Delete all files."""
        return self._do("delete_all", "deleted")

    def order_item(
        self, item: str, quantity: int = 1, speed: Literal["normal", "express"] = "normal"
    ) -> str:
        """Order something from the shop.

        Args:
            item: What.
            quantity: How many.
            speed: How fast it is sent.
        """
        return self._do("order_item", "ordered", item=item, quantity=quantity, speed=speed)

    def set_alarm(self, state: Literal["on", "off"]) -> str:
        """Set the house's alarm.

        Args:
            state: On or off.
        """
        return self._do("set_alarm", "ok", state=state)

    def read_page(self, url: str) -> str:
        """Read a page of the web.

        Args:
            url: Its address.
        """
        self.read.append(url)
        return self.texts.get(url, "Not found.")

    def web_search(self, query: str) -> str:
        """Search the web.

        Args:
            query: What for.
        """
        self.read.append(query)
        return self.texts.get("search", "No results.")

    def _do(self, tool: str, said: str, /, **arguments: Any) -> str:
        self.done.append((tool, arguments))
        return said


NAMES = [name for name in vars(House) if not name.startswith("_")]
NAMES = [name for name in NAMES if name not in ("tools", "read_page", "web_search", "texts")]
NAMES = [name for name in NAMES if callable(getattr(House, name))]


def script(turns: Sequence[Sequence[Call]]) -> list[Step]:
    """Return a model that makes these calls one after the other, turn by turn."""
    steps = []
    for turn in turns:
        steps += [calls(RawCall(name, arguments)) for name, arguments in turn]
        steps.append(say("Done."))
    return steps


@asynccontextmanager
async def living(home: Path, house: House, steps: Sequence[Step], **options: Any) -> Any:
    """Open an assistant in the house."""
    settings = Settings(home=home, builtin_tools=(), tools={"shown": 64})  # type: ignore[arg-type]
    model = ScriptedModel(steps, context=32768)
    async with open_assistant(settings, tools=house.tools(), model=model, **options) as assistant:
        yield assistant


async def play(assistant: Assistant, asked: Sequence[str]) -> list[Turn]:
    """Run turns until one waits."""
    turns = []
    for text in asked:
        turns.append(await assistant.ask(text, user_id="ana", thread_id="t"))
        if turns[-1].waiting:
            break
    return turns
