"""Whether a server is fit, asked before anything is solved; what takes long says so."""

from vtc_r1.cli.terminal.notices import slow_notice
from vtc_r1.settings import Settings


def check_fit(settings: Settings, *, quiet: bool = False) -> None:
    """Run the doctor's essential checks on every address; raises BackendError with the remedy."""
    from vtc_r1.sglang.doctor import preflight

    with slow_notice(f"{settings.base_url} is asked whether it is fit", quiet=quiet):
        preflight(settings)
