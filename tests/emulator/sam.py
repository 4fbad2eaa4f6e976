"""The project's own template, built for this machine and deployed by SAM's own command, as operators do it."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.emulator.emulator import REGION, Emulator
from tests.emulator.stack import DeployedStack
from tests.emulator.this_machine import PARAMETERS, layer_variables, without_outer_make
from tests.root import ROOT


def build(directory: Path, *, python: str = "", machine: str = "", interpreters: Path | None = None) -> Path:
    """`sam build` for a version and machine, by default those at hand; returns the built template.

    `interpreters`: a folder to look in first for the interpreter that makes the byte code.
    """
    layer = layer_variables(python=python, machine=machine)
    _sam("build", "--build-dir", str(directory), environment=layer, folders=[interpreters] if interpreters else [])
    return directory / "template.yaml"


def deploy(running: Emulator, template: Path, name: str, **parameters: str) -> DeployedStack:
    """`sam deploy`, as an operator would, with the parameters that one machine needs unless others are given."""
    overrides = [f"{key}={value}" for key, value in (PARAMETERS | parameters).items()]
    where = {"AWS_ENDPOINT_URL": running.url, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    unattended = ["--resolve-s3", "--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset"]
    target = ["--template-file", str(template), "--stack-name", name]
    _sam("deploy", *target, *unattended, "--parameter-overrides", *overrides, environment=where)
    return DeployedStack.named(running, name)


def _sam(*arguments: str, environment: Mapping[str, str], folders: Sequence[Path] = ()) -> None:
    """SAM's own command, from this environment, told nothing but what it needs."""
    kept = {name: value for name, value in without_outer_make(os.environ).items() if not name.startswith("AWS_")}
    path = os.pathsep.join([*map(str, folders), str(Path(sys.executable).parent), os.environ["PATH"]])
    known = {"AWS_DEFAULT_REGION": REGION, "SAM_CLI_TELEMETRY": "0", "PATH": path}
    command = ["sam", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env={**kept, **known, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
