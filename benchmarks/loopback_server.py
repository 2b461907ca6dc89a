"""A light server that speaks SGLang's protocol, says canned segments, and misbehaves as told.

    python benchmarks/loopback_server.py --port 30000 --pace 2
    python benchmarks/loopback_server.py --refused 0.1 --broken 0.05 --hung 0.02 --log requests.txt

A question that says `Problem 17` gets the segments of problem 17, the last of which gives 17 as its
answer. The server remembers nothing of a problem, so that a request may be repeated, or sent to another
such server. `/tallies` tells how many requests came, run, and met with which mishap. It prints its
address when it listens.
"""

import argparse
import asyncio
import contextlib
from pathlib import Path

from canned import MOST_TOKENS, Script
from connection import Connection, Service
from mishaps import Mishaps
from workload import COUNTS, Workload


async def serve(service: Service, port: int) -> None:
    """Serve until cancelled."""
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: Connection(service), "127.0.0.1", port, backlog=4_096)
    print(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1", flush=True)
    async with listening:
        await listening.serve_forever()


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--problems", type=int, default=500)
    parser.add_argument("--tokens", type=int, default=2_000, help="of every segment")
    parser.add_argument("--segments", type=int, help="of every problem; drawn for each unless given")
    parser.add_argument("--seed", type=int, default=0, help="of the numbers of segments")
    parser.add_argument("--interval", type=int, default=32, help="tokens in a piece of a stream")
    parser.add_argument("--pace", type=float, default=0.0, help="seconds that a segment takes")
    for kind in ("refused", "broken", "hung"):
        parser.add_argument(f"--{kind}", type=float, default=0.0, help="share of the requests")
    parser.add_argument("--mishap-seed", type=int, default=0)
    parser.add_argument("--log", type=Path, help="file that takes a line for every request")
    arguments = parser.parse_args()
    if not 0 < arguments.tokens <= MOST_TOKENS:
        parser.error(
            f"--tokens {arguments.tokens}: between 1 and {MOST_TOKENS}, so that a segment is one page"
        )
    return arguments


def main() -> None:
    arguments = parse_arguments()
    tokens, segments = arguments.tokens, arguments.segments
    workload = Workload(
        arguments.problems,
        arguments.seed,
        median=tokens,
        p95=tokens,
        counts=((segments, 1.0),) if segments else tuple(COUNTS.items()),
    )
    mishaps = Mishaps(arguments.refused, arguments.broken, arguments.hung, arguments.mishap_seed)
    with contextlib.ExitStack() as stack:
        log = stack.enter_context(arguments.log.open("ab", buffering=0)) if arguments.log else None
        service = Service(Script(workload.draw(), arguments.interval), mishaps, arguments.pace, log)
        stack.enter_context(contextlib.suppress(KeyboardInterrupt))
        asyncio.run(serve(service, arguments.port))


if __name__ == "__main__":
    main()
