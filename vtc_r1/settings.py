"""Settings of the command line: flags > environment (`VTC_*`) > `vtc.toml` > the model's preset.

API keys are no setting: the backend reads them from the environment, and nothing stores them.
"""

import tomllib
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
_SAMPLING = ("temperature", "top_p", "top_k", "presence_penalty")


class Settings(BaseSettings):
    """Every setting of a solve; None leaves it to the model's preset."""

    model_config = SettingsConfigDict(
        env_prefix="VTC_", toml_file=FILE, extra="forbid", env_ignore_empty=True
    )

    base_url: str | None = None
    model: str | None = None
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
