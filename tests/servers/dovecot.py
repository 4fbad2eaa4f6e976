"""The real Dovecot 2.3 on loopback, with a throw-away configuration, as an ordinary foreground process.

It never runs as root: root becomes `nobody`, because Dovecot refuses to read mail as root. Its files are in a directory
of their own: `nobody` may not enter pytest's. The path must also be short, because Dovecot keeps Unix sockets there,
whose names may have at most 108 bytes.
"""

import contextlib
import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.servers.certificates import Identity

# An ordinary user's PATH has no sbin, where Debian keeps it.
PROGRAM = shutil.which("dovecot", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin") or "dovecot"
START_SECONDS = 30
STOP_SECONDS = 0.25  # its children end at once; the master would then sleep a whole second because of its log
START_ATTEMPTS = 5

MESSAGES = (
    b"From: a@example.org\r\nSubject: one\r\n\r\nThe first message.\r\n",
    b"From: b@example.org\r\nSubject: two\r\n\r\nThe second message.\r\n",
)

CONFIGURATION = """\
protocols = pop3
base_dir = {directory}/run
state_dir = {directory}/run
log_path = {directory}/log
login_greeting = Dovecot {directory.name} ready.
default_internal_user = {account.pw_name}
default_login_user = {account.pw_name}
default_internal_group = {group}
first_valid_uid = {account.pw_uid}
mail_location = maildir:{directory}/mail
mail_max_userip_connections = 1000
disable_plaintext_auth = {plaintext_disabled}
auth_mechanisms = {mechanisms}
auth_verbose = yes
# Dovecot 2.3 still answers a failed login only when its clock strikes the next half second.
auth_failure_delay = 0
{tls}
passdb {{
  driver = passwd-file
  args = {directory}/users
}}
userdb {{
  driver = static
  args = uid={account.pw_uid} gid={account.pw_gid} home={directory}
}}
service anvil {{
  chroot =
  # Without this, one failed login makes the next ones from the same address wait for four seconds and more.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    address = {server.host}
    port = {server.port}
  }}
  inet_listener pop3s {{
    address = {server.host}
    port = {tls_port}
  }}
}}
"""


@dataclass(frozen=True)
class Dovecot:
    host: str
    port: int
    tls_port: int | None
    log_file: Path
    username: str = "watcher"
    password: str = "correct horse battery staple"

    def log(self) -> str:
        return self.log_file.read_text(errors="replace")


def missing() -> str | None:
    """One line that says what is to be installed, or None."""
    try:
        version = subprocess.run([PROGRAM, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    except FileNotFoundError:
        return "Dovecot is not installed: apt-get install dovecot-pop3d"
    # 2.4 has another configuration language.
    return None if version.startswith("2.3.") else f"Dovecot 2.3 is needed, but {version} is installed"


@contextlib.contextmanager
def dovecot(
    *, identity: Identity | None, cleartext_login: bool = True, apop: bool = True, again_at: Dovecot | None = None
) -> Iterator[Dovecot]:
    """Serves a mailbox with two messages; without an identity there is no TLS. `again_at`: whose ports to use again."""
    if reason := missing():
        raise RuntimeError(reason)
    # Dovecot takes a connection between two equal addresses for as safe as TLS, whatever its settings say (`secured` in
    # login-common/client-common.c). Linux connects to 127.0.0.2 from 127.0.0.1, so there disable_plaintext_auth works.
    host = "127.0.0.1" if cleartext_login else "127.0.0.2"
    with tempfile.TemporaryDirectory(prefix="dovecot-") as name:
        directory = Path(name)
        for _ in range(START_ATTEMPTS):
            port, tls_port = (again_at.port, again_at.tls_port or 0) if again_at else _free_ports(host)
            server = Dovecot(host, port, tls_port if identity else None, directory / "log")
            _write_files(directory, server, identity=identity, cleartext_login=cleartext_login, apop=apop)
            with _running(directory) as process:
                if _greets(server, process, directory.name):
                    yield server
                    return
            if "Address already in use" not in server.log():
                break  # another try helps only if somebody else took the free port first
        raise RuntimeError(f"Dovecot did not start:\n{server.log()}")


def _free_ports(host: str) -> tuple[int, int]:
    with socket.create_server((host, 0)) as first, socket.create_server((host, 0)) as second:
        return first.getsockname()[1], second.getsockname()[1]


def _account() -> pwd.struct_passwd:
    uid = os.geteuid()
    return pwd.getpwuid(uid) if uid else pwd.getpwnam("nobody")


def _write_files(
    directory: Path, server: Dovecot, *, identity: Identity | None, cleartext_login: bool, apop: bool
) -> None:
    account = _account()
    tls = "ssl = no"
    if identity:
        shutil.copy(identity.key, directory / "key.pem")
        shutil.copy(identity.chain, directory / "chain.pem")
        tls = f"ssl = yes\nssl_key = <{directory}/key.pem\nssl_cert = <{directory}/chain.pem"
    configuration = CONFIGURATION.format(
        directory=directory,
        server=server,
        tls_port=server.tls_port or 0,  # 0: no listener
        tls=tls,
        account=account,
        group=grp.getgrgid(account.pw_gid).gr_name,
        plaintext_disabled="no" if cleartext_login else "yes",
        mechanisms="plain apop" if apop else "plain",
    )
    (directory / "configuration").write_text(configuration)
    (directory / "users").write_text(f"{server.username}:{{PLAIN}}{server.password}\n")
    server.log_file.write_text("")
    for folder in ("cur", "new", "tmp"):
        (directory / "mail" / folder).mkdir(parents=True, exist_ok=True)
    for number, message in enumerate(MESSAGES):
        (directory / "mail" / "cur" / f"{number}.example:2,").write_bytes(message)
    for path in (directory, *directory.rglob("*")):
        os.chown(path, account.pw_uid, account.pw_gid)


@contextlib.contextmanager
def _running(directory: Path) -> Iterator[subprocess.Popen[bytes]]:
    account, is_root = _account(), os.geteuid() == 0
    with (directory / "log").open("ab") as log:  # on stderr it says why it cannot start
        process = subprocess.Popen(
            [PROGRAM, "-F", "-c", directory / "configuration"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            user=account.pw_uid if is_root else None,
            group=account.pw_gid if is_root else None,
            extra_groups=[] if is_root else None,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _greets(server: Dovecot, process: subprocess.Popen[bytes], name: str) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with (
            contextlib.suppress(OSError),
            socket.create_connection((server.host, server.port), timeout=1) as connection,
            connection.makefile("rb") as lines,
        ):
            if name.encode() in lines.readline():  # a stranger who took the port says something else
                return True
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.02)  # the pause before the next try; it ends early if Dovecot has ended
            return False
    return False
