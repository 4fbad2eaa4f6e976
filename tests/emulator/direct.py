"""The project's own template, built and deployed without SAM's command, which is two thirds of what it would install.

What SAM does is done here in its steps: each folder's Makefile builds, the zip files go to a bucket, and CloudFormation
transforms the template. tests/stack holds both to the same artifacts.
"""

import io
import os
import re
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.emulator.emulator import Emulator
from tests.emulator.stack import DeployedStack
from tests.emulator.this_machine import PARAMETERS, layer_variables, without_outer_make
from tests.root import ROOT

TEMPLATE = ROOT / "template.yaml"
BUCKET = "artifacts"
_FOLDER = re.compile(r"\b(?P<property>CodeUri|ContentUri): (?P<folder>\S+)")
_TARGET = re.compile(r"^build-(?P<name>\w+):", re.MULTILINE)


def build(directory: Path) -> dict[str, Path]:
    """The artifact of each folder that the template names."""
    folders = [found["folder"] for found in _FOLDER.finditer(TEMPLATE.read_text())]
    return {folder: _make(ROOT / folder, directory) for folder in folders}


def _make(folder: Path, directory: Path) -> Path:
    target = _TARGET.search((folder / "Makefile").read_text())
    if not target:
        raise RuntimeError(f"{folder / 'Makefile'} builds nothing that SAM asks for")
    artifact = directory / target["name"]
    artifact.mkdir(parents=True)
    variables = {
        "ARTIFACTS_DIR": str(artifact),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    }
    _run(["make", "--silent", target[0].rstrip(":")], folder, layer_variables() | variables)
    return artifact


def _run(command: list[str], folder: Path, variables: dict[str, str]) -> None:
    """Nothing of it goes on when this is interrupted."""
    environment = without_outer_make(os.environ) | variables
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed in {folder}:\n{output[-3000:]}")


def deploy(running: Emulator, artifacts: dict[str, Path], name: str, **parameters: str) -> DeployedStack:
    """With the parameters that one machine needs unless others are given."""
    s3, cloudformation = running.client("s3"), running.client("cloudformation")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    for artifact in artifacts.values():
        s3.put_object(Bucket=BUCKET, Key=artifact.name, Body=_zipped(artifact))

    def uploaded(found: re.Match[str]) -> str:
        return f"{found['property']}: s3://{BUCKET}/{artifacts[found['folder']].name}"

    # As SAM does: CloudFormation takes no template of more than 51,200 bytes but from a bucket.
    s3.put_object(Bucket=BUCKET, Key=TEMPLATE.name, Body=_FOLDER.sub(uploaded, TEMPLATE.read_text()).encode())
    cloudformation.create_stack(
        StackName=name,
        TemplateURL=f"{running.url}/{BUCKET}/{TEMPLATE.name}",
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in (PARAMETERS | parameters).items()],
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    return DeployedStack.named(running, name)


def _zipped(artifact: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        for path in sorted(artifact.rglob("*")):
            file.write(path, path.relative_to(artifact))
    return packed.getvalue()
