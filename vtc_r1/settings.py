"""Settings of the command line: flags > environment (`VTC_*`) > `vtc.toml` > the model's preset.

API keys are no setting: the backend reads them from the environment, and nothing stores them.
"""

import os
import tomllib
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from vtc_r1.errors import UnknownName, UsageError

FILE = "vtc.toml"
_PREFIX, _SLIP = "VTC_", 0.85
"""What names of variables begin with; how alike a setting and a slip of its name are at least."""
_SAMPLING = ("temperature", "top_p", "top_k", "presence_penalty")


class Settings(BaseSettings):
    """Every setting of a solve; None leaves it to the model's preset."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, toml_file=FILE, extra="forbid", env_ignore_empty=True
    )

    base_url: str | None = None
    model: str | None = None
    backend: str | None = None
    preset: str | None = None
    stream: bool = True
    patience: float | None = None
    memory: str = "optical"
    memory_tokens: int | None = None
    legibility: str | None = None
    segment_end: str = "limit"
    density: str = "fixed"
    profile: str | None = None
    prompts: str | None = None
    system_file: str | None = None
    max_iterations: int | None = None
    segment_tokens: int | None = None
    max_tokens: int | None = None
    max_seconds: float | None = None
    segment_seconds: float | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    presence_penalty: float | None = None
    seed: int | None = None

    @classmethod
    def load(cls, **flags: Any) -> "Settings":
        """Read all sources; flags that are None were not given. Raises UsageError."""
        cls._refuse_slips()
        try:
            return cls(**{name: value for name, value in flags.items() if value is not None})
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(map(str, first["loc"]))
            if first["type"] == "extra_forbidden":
                raise UsageError(f"{FILE}: {UnknownName('setting', name, cls.model_fields)}") from error
            raise UsageError(
                f"setting {name}: {first['msg']} (flag, VTC_{name.upper()} or {FILE})"
            ) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            raise UsageError(f"{FILE}: cannot be read ({error})") from error

    @classmethod
    def _refuse_slips(cls) -> None:
        """Refuse a variable that is nearly a setting; any other `VTC_*` may be somebody else's."""
        known = {_PREFIX + name.upper() for name in cls.model_fields}
        for name in os.environ:
            if not name.startswith(_PREFIX) or name in known:
                continue
            if close := get_close_matches(name, known, n=1, cutoff=_SLIP):
                raise UsageError(f"environment variable {name} is no setting: did you mean {close[0]}?")

    def solver_arguments(self) -> dict[str, Any]:
        """Return the keyword arguments of `Solver`."""
        values = self.model_dump()
        sampling = {name: values.pop(name) for name in _SAMPLING}
        given = {name: value for name, value in sampling.items() if value is not None}
        return {**values, "sampling": given}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)
