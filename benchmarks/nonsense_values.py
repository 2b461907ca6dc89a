"""What a command line may be given that means nothing: numbers, names, addresses, files, surroundings."""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

Make = Callable[[Path], None]

NUMBERS = {
    "no number": "x",
    "not a number": "nan",
    "infinite": "inf",
    "empty": "",
    "blank": " ",
    "hexadecimal": "0x10",
    "in words": "twelve",
    "decimal comma": "1,5",
    "a list": "1,2",
    "a date": "2026-01-01",
    "negative": "-7",
    "zero": "0",
    "a fraction": "0.5",
    "huge": "9" * 30,
    "beyond floats": "1e400",
    "Arabic digits": "٣",
}
PERHAPS_NUMBERS = {"negative", "zero", "a fraction", "huge", "beyond floats", "Arabic digits", "infinite"}
"""Numbers that some flag may take."""

NAMES = {
    "unknown": "nosuch",
    "empty": "",
    "blank": " ",
    "a comma": ",",
    "upper case": "NOSUCH",
    "very long": "n" * 5_000,
    "a way out": "../../etc/passwd",
    "with a newline": "one\ntwo",
    "with escapes": "\x1b[31mred\x1b[0m",
    "Chinese": "光学记忆",
    "not UTF-8": "name\udcff",
    "options of nothing": "nosuch:after=2",
    "half an option": "decay:after=",
    "an option without a name": "decay:=2",
    "a wrong option": "decay:after=x",
    "an assignment": "nosuch=1",
    "half an assignment": "font_size=",
    "JSON": '{"a": 1}',
    "a flag": "--json",
}

ADDRESSES = {
    "no host": "http://",
    "no scheme": "localhost:8000/v1",
    "another scheme": "ftp://127.0.0.1/v1",
    "a port beyond all": "http://127.0.0.1:99999/v1",
    "half a bracket": "http://[::1/v1",
    "a blank": "http://exa mple/v1",
    "nobody there": "http://127.0.0.1:9/v1",
    "script": "javascript:alert(1)",
    "slashes": "//",
    "a newline": "http://127.0.0.1:9/v1\nx: y",
    "two of nothing": ",",
    "a label too long": f"http://{'a' * 100}.example/v1",
    "an empty label": "http://a..b/v1",
    "an address twice": "http://http://127.0.0.1:9/v1",
    "control characters": "http://127.0.0.1\x00:9/v1".replace("\x00", "\x01"),
    "not UTF-8": "http://127.0.0.1:9/\udcff",
}

CONTENTS: dict[str, bytes] = {
    "empty": b"",
    "blank": b"\n \n",
    "binary": bytes(range(256)) * 8,
    "zeros": bytes(4_096),
    "not UTF-8": b"caf\xe9 = 1\n",
    "truncated JSON": b'{"version": 1, "question": "What',
    "a number": b"3\n",
    "null": b"null\n",
    "a list": b"[]\n",
    "other rows": b'{"a": 1}\n[]\n3\n',
    "wrong types": b'{"question": 3, "problem": [], "answer": {}, "generations": 1}\n',
    "nested too deeply": b"[" * 100_000,
    "TOML of something else": b'[project]\nname = "other"\n',
    "TOML of wrong types": b'name = 3\nfont_size = "big"\nwidth = [1]\nfonts = 1\nparent = 7\n',
    "half a TOML": b'name = "x\nwidth = ',
    "a zip": b"PK\x03\x04" + bytes(60),
    "half a Parquet": b"PAR1" + bytes(100),
    "half a PDF": b"%PDF-1.7\n1 0 obj\n<<",
    "half a PNG": b"\x89PNG\r\n\x1a\n" + bytes(20),
}


def file_of(content: bytes) -> Make:
    def make(path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    return make


def pipe(path: Path) -> None:
    """Make a named pipe into which somebody writes junk."""
    os.mkfifo(path)

    def write() -> None:
        with suppress(OSError), path.open("wb") as pipe:
            pipe.write(CONTENTS["binary"])

    threading.Thread(target=write, daemon=True).start()


def drained(path: Path) -> None:
    """Make a named pipe that somebody reads."""
    os.mkfifo(path)

    def read() -> None:
        with suppress(OSError), path.open("rb") as pipe:
            pipe.read()

    threading.Thread(target=read, daemon=True).start()


def loop(path: Path) -> None:
    path.symlink_to(path.name)


def folder(path: Path) -> None:
    path.mkdir()
    (path / "notes.txt").write_text("a stranger's\n")


PLACES: dict[str, tuple[str, Make | None]] = {
    "nothing there": ("absent", None),
    "a folder": ("folder", folder),
    "an empty folder": ("hollow", Path.mkdir),
    "a link to itself": ("loop", loop),
    "a pipe": ("pipe", pipe),
    "below a file": ("plain/below", lambda path: file_of(b"x")(path.parent)),
    "a long name": ("n" * 300, None),
    "a long way": ("d/" * 2_500 + "x", None),
    "no name": ("", None),
    "here": (".", None),
    "above": ("..", None),
    "the null device": ("/dev/null", None),
    "the full device": ("/dev/full", None),
    "a name that is not UTF-8": ("file\udcff", file_of(b"x\n")),
    "a name with a newline": ("one\ntwo", file_of(b"x\n")),
}
SUFFIXES = ("", ".toml", ".jsonl", ".json", ".parquet", ".txt", ".pdf", ".png")
SETTING_FILES: dict[str, bytes] = {
    **{f"vtc.toml {name}": content for name, content in CONTENTS.items()},
    "vtc.toml with a typo": b'memry = "optical"\n',
    "vtc.toml with a wrong type": b'max_iterations = "many"\n',
    "vtc.toml with a list": b"memory = [1, 2]\n",
    "vtc.toml with a table": b"[memory]\nname = 1\n",
    "vtc.toml with not a number": b"max_seconds = nan\n",
    "vtc.toml with infinity": b"temperature = inf\n",
    "vtc.toml with a huge number": b"seed = 99999999999999999999999\n",
    "vtc.toml with an unknown policy": b'memory = "optcal"\n',
    "vtc.toml with an unknown profile": b'profile = "papr"\n',
}
SURROUNDINGS: dict[str, dict[str, str]] = {
    "no width": {"COLUMNS": "0"},
    "a negative width": {"COLUMNS": "-3"},
    "a width in words": {"COLUMNS": "wide"},
    "an unknown terminal": {"TERM": "\x1b[31m"},
    "unknown pictures": {"VTC_PICTURES": "holograms"},
    "no home": {"HOME": "/nosuch", "XDG_CACHE_HOME": ""},
    "a cache that is a device": {"XDG_CACHE_HOME": "/dev/null", "HF_HOME": "/dev/null"},
    "no folder for temporary files": {"TMPDIR": "/nosuch"},
    "a key with a newline": {"VTC_API_KEY": "one\ntwo"},
    "a key in Chinese": {"VTC_API_KEY": "钥匙"},
    "a key that is not UTF-8": {"VTC_API_KEY": "key\udcff"},
    "a blank key": {"VTC_API_KEY": " "},
    "a proxy that is none": {"http_proxy": "http://[::1", "HTTP_PROXY": "nosuch://x"},
    "certificates that are none": {"SSL_CERT_FILE": "/nosuch", "SSL_CERT_DIR": "/nosuch"},
    "keys of clients that are none": {"VTC_SERVE_API_KEYS": ",\n,"},
    "an unknown locale": {"LC_ALL": "xx_YY.nosuch"},
    "ASCII": {"PYTHONIOENCODING": "ascii"},
    "a setting that there is none of": {"VTC_MEMRY": "optical"},
}

DISTURBED: dict[str, dict[str, str]] = {
    "standard output is full": {"stdout": "full"},
    "standard output is closed": {"stdout": "closed"},
    "the reader has left": {"stdout": "left"},
    "standard error is full": {"stderr": "full"},
    "standard error is closed": {"stderr": "closed"},
    "standard input is closed": {"stdin": "closed"},
    "output and error are full": {"stdout": "full", "stderr": "full"},
    "all streams are closed": {"stdin": "closed", "stdout": "closed", "stderr": "closed"},
    "output in cp1252": {"encoding": "cp1252"},
    "output in latin-1": {"encoding": "latin-1"},
    "output in ASCII": {"encoding": "ascii"},
    "output in cp437": {"encoding": "cp437"},
}
NUMERIC = {"int", "float"}
INPUTS = {
    "batch",
    "context",
    "file",
    "system_file",
    "legibility",
    "api_key_file",
    "space",
    "folders",
    "folder",
    "stored",
    "source",
    "problems",
    "profile",
    "prompts",
    "styles",
    "recipe",
    "tokenizer",
    "benchmarks",
    "benchmark",
}
"""Parameters that name a file or folder that is read, some of them a name as well."""
TEXTS = {"solve context", "render file", "serve api_key_file", "probe file", "tune file"}
"""Those, besides system texts, for which many a file is a text like any other."""
OUTPUTS = {"out", "save", "html", "plot", "solves"}
FREE = {
    "question",
    "store",
    "model",
    "title",
    "served_model",
    "prompt",
    "column",
    "question_field",
    "answer_field",
    "id_field",
    "only",
    "problem",
    "extra",
    "python",
    "host",
    "subset",
    "split",
    "revision",
    "proposer_model",
    "answer_as",
    "start",
}
"""Parameters that take any text, which may of course be the name of nothing."""
