"""The unit as systemd itself judges it, and the daemon's libraries under its strictest rule."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "systemd" / "revenium-monitor.service"
README = ROOT / "systemd" / "README.md"

CREDENTIALS = {
    "revenium_api_key",
    "monitor_slack_token",
    "monitor_slack_webhook_url",
    "monitor_smtp_url",
    "monitor_http_token",
}

pytestmark = pytest.mark.acceptance

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed on this machine"
)

LIBRARIES = [
    *("sqlite3", "ssl", "aiohttp", "slack_sdk", "aiosmtplib"),
    *("numpy", "river.stats", "pydantic", "mcp.server.mcpserver"),
]

# PR_SET_MDWE with PR_MDWE_REFUSE_EXEC_GAIN: what MemoryDenyWriteExecute does, by the kernel's own means.
UNDER_MDWE = """
import ctypes, importlib, mmap, sys
if ctypes.CDLL(None, use_errno=True).prctl(65, 1, 0, 0, 0) != 0:
    sys.exit(77)
try:
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    sys.exit("the kernel still gives writable and executable memory")
except OSError:
    pass
for name in sys.argv[1:]:
    importlib.import_module(name)
import river.stats, sqlite3, ssl
river.stats.Quantile(0.5).update(1.0)
sqlite3.connect(":memory:").close()
ssl.create_default_context()
"""


def keys(name: str) -> list[str]:
    """The values of a key, in the order of the unit."""
    return re.findall(rf"^{name}=(.*)$", UNIT.read_text(), re.MULTILINE)


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments],  # noqa: S607 - wherever the distribution puts it
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def unit(tmp_path) -> Path:
    """The unit with a command that exists here, as verifying wants one."""
    copy = tmp_path / UNIT.name
    copy.write_text(re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={sys.executable}", UNIT.read_text()))
    return copy


@needs_systemd
def test_verifying_the_unit_prints_nothing(unit):
    result = analyze("verify", "--man=no", unit)
    assert (result.stdout + result.stderr, result.returncode) == ("", 0)


@needs_systemd
@pytest.mark.parametrize(
    ("mistake", "told"), [("ProtectHom=yes", "ProtectHom"), ("WatchdogSec=often", "often"), ("Type=notfy", "notfy")]
)
def test_verifying_would_tell_a_mistake(unit, mistake, told):
    unit.write_text(unit.read_text().replace("[Service]\n", f"[Service]\n{mistake}\n"))
    result = analyze("verify", "--man=no", unit)
    assert told in result.stdout + result.stderr


@needs_systemd
def test_the_exposure_is_at_most_one_and_a_half(unit):
    result = analyze("security", "--offline=true", "--threshold=15", "--no-pager", unit)
    assert result.returncode == 0, result.stdout + result.stderr
    assert float(re.search(r"exposure level for \S+: ([\d.]+)", result.stdout)[1]) <= 1.5


def test_every_credential_is_optional_and_explained():
    named = dict(value.split(":") for value in keys("LoadCredential"))
    assert named == {name: f"revenium-monitor.{name}" for name in CREDENTIALS}
    readme = README.read_text()
    assert all(f"`{path}`" in readme for path in named.values())


def test_the_unit_starts_the_installed_command_and_supervises_it():
    assert keys("ExecStart") == ["/opt/revenium-monitor/.venv/bin/revenium-monitor run"]
    assert keys("ExecReload") == ["/bin/kill -HUP $MAINPID"]
    assert (keys("Type"), keys("WatchdogSec"), keys("Restart")) == (["notify"], ["90"], ["on-failure"])
    assert keys("RestartPreventExitStatus") == ["78"]
    assert "MONITOR_DATA_DIR=%S/revenium-monitor" in keys("Environment")
    assert (keys("StateDirectory"), keys("StateDirectoryMode")) == (["revenium-monitor"], ["0700"])


def test_the_readme_installs_where_the_unit_looks():
    readme = README.read_text()
    assert "/opt/revenium-monitor/.venv/bin/pip install" in readme
    assert str(UNIT.relative_to(ROOT)) in readme


def test_the_libraries_work_without_writable_executable_memory():
    result = subprocess.run(
        [sys.executable, "-c", UNDER_MDWE, *LIBRARIES], capture_output=True, text=True, timeout=60, check=False
    )
    if result.returncode == 77:
        pytest.skip("this kernel cannot refuse writable executable memory (it is older than 6.3)")
    assert result.returncode == 0, result.stderr
