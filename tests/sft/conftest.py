"""What several files about training share."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from vtc_r1.backends.encoding import PromptEncoder


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> "PromptEncoder":
    """The embedded model's tokenizer and image configuration, as a training begins with them."""
    from vtc_r1.backends.encoding import PromptEncoder
    from vtc_r1.sft import nano

    folder = tmp_path_factory.mktemp("nano")
    nano.write_processors(folder, nano.tokenizer())
    return PromptEncoder(folder)
