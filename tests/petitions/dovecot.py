"""A real IMAP server for one test run: Dovecot in a folder of its own, on free ports, with a certificate made on the spot."""

import datetime as dt
import getpass
import imaplib
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "box", "dovecot-pass"
USER_2, PASSWORD_2 = "box2", "口令-pass"  # LOGIN cannot carry it
SERVER = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _write(path: Path, *pems: bytes) -> Path:
    path.write_bytes(b"".join(pems))
    path.chmod(0o600)
    return path


def _private(key) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def make_certificates(folder: Path) -> None:
    """ca.pem and, signed by it for localhost, server.pem with server.key."""
    now = dt.datetime.now(dt.UTC)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())

    def builder(subject, public):
        return (
            x509.CertificateBuilder()
            .subject_name(_name(subject))
            .issuer_name(_name("Test CA"))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=2))
        )

    authority = builder("Test CA", ca_key.public_key()).add_extension(x509.BasicConstraints(True, None), critical=True)
    own = builder("localhost", key.public_key()).add_extension(
        x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False
    )
    ca, cert = authority.sign(ca_key, hashes.SHA256()), own.sign(ca_key, hashes.SHA256())
    _write(folder / "ca.pem", ca.public_bytes(serialization.Encoding.PEM))
    _write(folder / "server.pem", cert.public_bytes(serialization.Encoding.PEM))
    _write(folder / "server.key", _private(key))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# No delay and no penalty: after the test of a wrong password every other would wait for seconds.
CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
ssl = required
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.key
auth_mechanisms = plain login
disable_plaintext_auth = yes
auth_failure_delay = 0
mail_location = maildir:{folder}/mail
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 1
first_valid_gid = 1
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/users
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/home
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {starttls}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""


class Dovecot:
    """The running server. Mails are put in and looked at through connections of its own, as another program would."""

    def __init__(self, folder: Path):
        self.folder = folder
        make_certificates(folder)
        for name in ("run", "state", "mail", "home"):
            (folder / name).mkdir()
        self.tls, self.starttls = _free_port(), _free_port()
        # Started as root, Dovecot insists on giving its work to somebody else.
        user = "nobody" if os.geteuid() == 0 else getpass.getuser()
        group = subprocess.run(["id", "-gn", user], capture_output=True, text=True, check=True).stdout.strip()
        (folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n{USER_2}:{{PLAIN}}{PASSWORD_2}\n", encoding="utf-8")
        config = CONFIG.format(folder=folder, user=user, group=group, tls=self.tls, starttls=self.starttls)
        (folder / "dovecot.conf").write_text(config)
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", f"{user}:{group}", str(folder / "mail"), str(folder / "home")], check=True)
            for path in (folder, *folder.parents):
                if path.is_relative_to("/tmp") and path != Path("/tmp"):
                    path.chmod(0o755)
        self.process = subprocess.Popen(
            [SERVER, "-F", "-c", str(folder / "dovecot.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._wait()

    def _wait(self) -> None:
        for _attempt in range(100):
            try:
                with socket.create_connection(("127.0.0.1", self.tls), timeout=1):
                    return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"dovecot did not start: {self.log()}")

    def log(self) -> str:
        """What the server said."""
        path = self.folder / "dovecot.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def stop(self) -> None:
        """End the server that was started here."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)

    def client(self) -> imaplib.IMAP4_SSL:
        """A connection of somebody else, to put mails in and to look at flags."""
        context = ssl.create_default_context(cafile=str(self.folder / "ca.pem"))
        client = imaplib.IMAP4_SSL("localhost", self.tls, ssl_context=context)
        client.authenticate("PLAIN", lambda _challenge: f"\0{USER}\0{PASSWORD}".encode())
        return client

    def deliver(self, *raws: bytes, folder: str = "INBOX") -> None:
        """Put mails into a folder."""
        client = self.client()
        for raw in raws:
            status, _data = client.append(folder, "", "", raw)
            assert status == "OK"
        client.logout()

    def flags(self) -> list[bytes]:
        """The flags of every mail in the inbox, as the server lists them."""
        client = self.client()
        client.select("INBOX", readonly=True)
        _status, lines = client.fetch("1:*", "(FLAGS)")
        client.logout()
        return [line for line in lines if line]

    def rebuild(self) -> None:
        """Give the inbox another UIDVALIDITY and other UIDs, as a server does whose mailbox was restored."""
        for path in (self.folder / "mail").glob("dovecot*"):
            path.unlink()
        time.sleep(1.1)  # UIDVALIDITY is the second of making


@pytest.fixture(scope="session")
def dovecot_server(tmp_path_factory):
    """One server for the run; skipped only where Dovecot is not installed."""
    if SERVER is None:
        pytest.skip("Dovecot is not installed (apt install dovecot-imapd)")
    server = Dovecot(tmp_path_factory.mktemp("dovecot"))
    yield server
    server.stop()


@pytest.fixture
def dovecot(dovecot_server, settings):
    """The server with an empty inbox, its authority trusted."""
    client = dovecot_server.client()
    _status, (count,) = client.select("INBOX")
    if int(count):
        client.store("1:*", "+FLAGS", "\\Deleted")
        client.expunge()
    client.logout()
    settings.MAIL_CA_FILE = str(dovecot_server.folder / "ca.pem")
    return dovecot_server
