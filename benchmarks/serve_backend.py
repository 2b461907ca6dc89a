"""A model server that says when it says it: every first piece of a segment carries the clock.

    python benchmarks/serve_backend.py --pieces 40 --interval 0.02

The clock is the system's monotonic one, which all processes of a machine share. It prints its address.
"""

import argparse
import asyncio
import contextlib
import json
import time

MODEL = "Qwen/Qwen3-VL-8B-Instruct"
_FILLER = "and so the sum of the two is what we are looking for, "


def chunk(delta: dict[str, str], reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return event(
        {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": MODEL, "choices": [choice]}
    )


def event(data: object) -> bytes:
    line = b"data: " + json.dumps(data).encode() + b"\n\n"
    return b"%x\r\n%s\r\n" % (len(line), line)


class Backend:
    """Answers every question in two segments.

    Args:
        pieces: of a segment.
        interval: seconds between them.
    """

    def __init__(self, pieces: int, interval: float) -> None:
        self.pieces, self.interval = pieces, interval

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = 0
                for line in head.decode("latin-1").split("\r\n"):
                    if line.lower().startswith("content-length:"):
                        length = int(line.partition(":")[2])
                body = await reader.readexactly(length)
                if head.startswith(b"GET"):
                    self._listed(writer)
                else:
                    await self._answered(json.loads(body), writer)
                await writer.drain()
        writer.close()

    def _listed(self, writer: asyncio.StreamWriter) -> None:
        models = {"object": "list", "data": [{"id": MODEL, "object": "model", "max_model_len": 32_768}]}
        self._whole(writer, models)

    async def _answered(self, body: dict[str, object], writer: asyncio.StreamWriter) -> None:
        images = json.dumps(body["messages"]).count('"image_url":')
        usage = {"prompt_tokens": 50 + 64 * images, "completion_tokens": self.pieces, "total_tokens": 99}
        if not body.get("stream"):
            choice = {"index": 0, "message": {"role": "assistant", "content": "6"}, "finish_reason": "stop"}
            self._whole(writer, {"id": "x", "model": MODEL, "choices": [choice], "usage": usage})
            return
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        for at in range(self.pieces):
            said = f"@{time.monotonic():.6f}@ " if at == 0 else _FILLER
            writer.write(chunk({"content": said}))
            await writer.drain()
            await asyncio.sleep(self.interval)
        if images:
            writer.write(chunk({"content": "So it is \\boxed{6}."}))
        writer.write(chunk({}, "stop" if images else "length"))
        writer.write(event({"id": "x", "model": MODEL, "choices": [], "usage": usage}))
        writer.write(b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n")

    def _whole(self, writer: asyncio.StreamWriter, values: object) -> None:
        body = json.dumps(values).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)


async def serve(backend: Backend, port: int) -> None:
    listening = await asyncio.start_server(backend.connected, "127.0.0.1", port, backlog=1_024, limit=1 << 24)
    print(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1", flush=True)
    async with listening:
        await listening.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--pieces", type=int, default=40, help="of a segment")
    parser.add_argument("--interval", type=float, default=0.02, help="seconds between them")
    arguments = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(Backend(arguments.pieces, arguments.interval), arguments.port))


if __name__ == "__main__":
    main()
