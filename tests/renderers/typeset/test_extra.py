import subprocess
import sys

import pytest

from vtc_r1.extras import remedy

pytestmark = pytest.mark.process


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_matplotlib_is_imported_for_the_first_formula_only():
    assert run("import sys, vtc_r1.renderers.typeset; print('matplotlib' in sys.modules)") == "False\n"


def test_its_absence_is_told():
    said = run(
        "import sys\n"
        "sys.modules['matplotlib'] = None\n"
        "from vtc_r1.errors import MissingExtra\n"
        "from vtc_r1.renderers.typeset import typeset\n"
        "try:\n"
        "    typeset('x', 9, display=False)\n"
        "except MissingExtra as error:\n"
        "    print(error)\n"
    )
    assert "matplotlib" in said
    assert remedy("typeset") in said
