"""The layer, built by any machine without Docker: one for both of Lambda's processors."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.emulator.sam import build
from tests.root import ROOT

# ELF's number of each processor (e_machine), by the name in a library's file name.
PROCESSORS = {"aarch64": 183, "x86_64": 62}


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """By `sam build` alone, as the documents write it."""
    folder = tmp_path_factory.mktemp("build")
    told = {name: value for name, value in os.environ.items() if not name.startswith("LAYER_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = ["sam", "build", "--build-dir", str(folder)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**told, "PATH": path, "SAM_CLI_TELEMETRY": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    return folder / "SensorLayer"


def test_every_library_is_there_for_both_processors(layer: Path) -> None:
    libraries: dict[tuple[Path, str], set[str]] = {}
    for path in layer.rglob("*.so"):
        module, version, machine = path.name.removesuffix("-linux-gnu.so").replace(".cpython-", "-").split("-")
        assert PROCESSORS[machine] == int.from_bytes(path.read_bytes()[18:20], "little"), path
        assert "313" == version
        libraries.setdefault((path.parent, module), set()).add(machine)
    assert libraries
    assert [set(PROCESSORS)] * len(libraries) == list(libraries.values())


def test_nothing_but_the_one_folder_that_lambda_looks_into_is_in_it(layer: Path) -> None:
    assert ["python"] == [path.name for path in layer.iterdir()]


def test_but_for_the_libraries_the_two_are_equal(tmp_path: Path) -> None:
    """So it does not matter that one lies over the other."""
    files = [files_of(build_for(machine, tmp_path)) for machine in ("arm64", "x86_64")]
    assert files[0] == files[1]
    assert "pop3_sensor/scan_function.py" in files[0]


def build_for(machine: str, folder: Path) -> Path:
    build(folder / machine, python="3.13", machine=machine)
    return folder / machine / "SensorLayer" / "python"


def files_of(folder: Path) -> dict[str, bytes]:
    """Without the wheels' notes about themselves, which name the machine, and which nothing reads at run time."""
    notes = {path.name for path in folder.glob("*.dist-info")}
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in (".so", ".pyc") and path.parts[len(folder.parts)] not in notes
    }


def test_it_fits_into_lambda(layer: Path) -> None:
    """Function and layers together: 250 MB, unzipped (Lambda guide, Quotas)."""
    assert sum(path.stat().st_size for path in layer.rglob("*") if path.is_file()) < 100_000_000


def test_lock_file_of_the_layer_has_no_markers() -> None:
    """Pip would read them for the machine that builds, not for Lambda."""
    lock = (ROOT / "layers" / "sensor" / "requirements.txt").read_text()
    assert [] == [line for line in lock.splitlines() if ";" in line]
