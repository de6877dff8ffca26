"""LangGraph's async SQLite saver, with one trip to the database thread for each write."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    get_checkpoint_metadata,
)
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

PUT = (
    "insert or replace into checkpoints (thread_id, checkpoint_ns, checkpoint_id, "
    "parent_checkpoint_id, type, checkpoint, metadata) values (?, ?, ?, ?, ?, ?, ?)"
)
WRITE = (
    "insert or {conflict} into writes (thread_id, checkpoint_ns, checkpoint_id, task_id, "
    "task_path, idx, channel, type, value) values {rows}"
)
ROW = "(?, ?, ?, ?, ?, ?, ?, ?, ?)"


class Saver(AsyncSqliteSaver):
    """Write as the parent does, on a connection in autocommit mode.

    A statement there is a transaction of its own, so that neither a cursor nor a commit has to
    be fetched from the database's thread.
    """

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Keep a checkpoint."""
        where = config["configurable"]
        kind, blob = self.serde.dumps_typed(checkpoint)
        more = json.dumps(get_checkpoint_metadata(config, metadata), ensure_ascii=False)
        place = (str(where["thread_id"]), where["checkpoint_ns"], checkpoint["id"])
        values = (*place, where.get("checkpoint_id"), kind, blob, more.encode("utf-8", "ignore"))
        await self.conn.execute_fetchall(PUT, values)
        keys = ("thread_id", "checkpoint_ns", "checkpoint_id")
        return {"configurable": dict(zip(keys, place, strict=True))}

    async def aput_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        """Keep what a task wrote."""
        where = config["configurable"]
        place = tuple(str(where[key]) for key in ("thread_id", "checkpoint_ns", "checkpoint_id"))
        known = all(channel in WRITES_IDX_MAP for channel, _ in writes)
        values: list[Any] = []
        for at, (channel, value) in enumerate(writes):
            index = WRITES_IDX_MAP.get(channel, at)
            values += [*place, task_id, task_path, index, channel, *self.serde.dumps_typed(value)]
        if values:
            rows = ", ".join([ROW] * len(writes))
            query = WRITE.format(conflict="replace" if known else "ignore", rows=rows)
            await self.conn.execute_fetchall(query, values)
