"""bin/run before there is a Python environment, with a Python and an apt-get that only take notes."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.services import ROOT

# Answers what bin/venv.sh asks of a Python, and writes down the rest. $FITS and $HAS_VENV say what it
# is like; a file named "venv" beside the notes stands for an installed python3-venv.
PYTHON = """#!/bin/sh
case "$*" in
*version_info*) exit "$FITS" ;;
*ensurepip*) [ -f "$NOTES.venv" ] ;;
*sys.version*) echo 3.11.9 ;;
--version) echo Python 3.11.9 ;;
'-m pip --version') echo pip ;;
'-m venv '*) echo "venv" >>"$NOTES"; mkdir -p "$3/bin"; cp "$0" "$3/bin/python" ;;
*) echo "python $*" >>"$NOTES" ;;
esac
"""
APT_GET = """#!/bin/sh
echo "apt-get $*" >>"$NOTES"
case "$*" in *python3-venv*) touch "$NOTES.venv" ;; esac
"""
ID = """#!/bin/sh
echo "$UID_TO_SAY"
"""


class Machine:
    """A bare machine with our bin/, a lock file and nothing else."""

    def __init__(self, directory: Path) -> None:
        self.root = directory / "a path with spaces"
        self.notes = directory / "notes"
        self.tools = directory / "tools"
        self.root.mkdir()
        self.tools.mkdir()
        shutil.copytree(ROOT / "bin", self.root / "bin")
        (self.root / "requirements.txt").write_text("django==5.2\n")
        for name, text in (("python3", PYTHON), ("apt-get", APT_GET), ("id", ID)):
            (self.tools / name).write_text(text)
            (self.tools / name).chmod(0o755)
        for name in ("cat", "cksum", "cp", "dirname", "mkdir", "rm", "sh", "sleep", "touch"):
            found = shutil.which(name)
            assert found is not None
            (self.tools / name).symlink_to(found)

    def run(
        self, *arguments: str, fits: bool = True, root: bool = True
    ) -> subprocess.CompletedProcess[str]:
        self.notes.write_text("")
        return subprocess.run(
            [str(self.root / "bin" / "run"), *arguments],
            cwd="/",
            env={
                "PATH": str(self.tools),
                "NOTES": str(self.notes),
                "FITS": "0" if fits else "1",
                "UID_TO_SAY": "0" if root else "1000",
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def noted(self) -> list[str]:
        return self.notes.read_text().splitlines()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def with_venv(machine: Machine) -> Machine:
    machine.notes.with_name("notes.venv").touch()
    return machine


def test_a_first_start_installs_the_locked_requirements_and_goes_up(machine: Machine) -> None:
    done = with_venv(machine).run("--no-demo")

    assert done.returncode == 0, done.stderr
    venv, install, up = machine.noted()
    assert venv == "venv"
    assert "--require-hashes" in install
    assert install.endswith(f"-r {machine.root}/requirements.txt")
    assert up == f"python {machine.root}/manage.py up --no-demo"


def test_a_second_start_installs_nothing(machine: Machine) -> None:
    with_venv(machine).run()

    machine.run()

    assert machine.noted() == [f"python {machine.root}/manage.py up"]


def test_a_changed_lock_is_installed(machine: Machine) -> None:
    with_venv(machine).run()
    (machine.root / "requirements.txt").write_text("django==5.2.1\n")

    machine.run()

    assert ["pip install" in line for line in machine.noted()] == [True, False]


def test_a_moved_directory_is_installed_again(machine: Machine) -> None:
    with_venv(machine).run()
    machine.root = machine.root.rename(machine.root.with_name("elsewhere"))

    machine.run()

    assert any("pip install" in line for line in machine.noted())


def test_root_on_debian_gets_the_missing_venv_package(machine: Machine) -> None:
    done = machine.run()

    assert done.returncode == 0, done.stderr
    assert machine.noted()[0] == "apt-get update -qq"
    assert machine.noted()[1].startswith("apt-get install")
    assert machine.noted()[2] == "venv"


def test_anyone_else_is_told_the_one_line_to_type(machine: Machine) -> None:
    done = machine.run(root=False)

    assert done.returncode == 1
    assert "sudo apt-get install python3-venv" in done.stderr
    assert machine.noted() == []


def test_an_unfit_python_is_named(machine: Machine) -> None:
    done = with_venv(machine).run(fits=False, root=False)

    assert done.returncode == 1
    assert "Jiexu needs Python 3.11, 3.12, 3.13 or 3.14" in done.stderr
    assert "Python 3.11.9" in done.stderr
    assert machine.noted() == []


def test_a_lock_left_by_a_killed_start_is_taken_over(machine: Machine) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    (machine.root / ".venv.lock").mkdir()
    (machine.root / ".venv.lock" / "pid").write_text(f"{gone.pid}\n")

    done = with_venv(machine).run()

    assert done.returncode == 0, done.stderr
    assert not (machine.root / ".venv.lock").exists()


def test_scripts_are_executable() -> None:
    for name in ("run", "test", "lock"):
        assert os.access(ROOT / "bin" / name, os.X_OK)
