"""Environment variables: what makes sense is read, what does not stops the start and is named, and no secret is repeated."""

import base64

import pytest
from django.core.exceptions import ImproperlyConfigured

from inspection import env

SECRET = "kW3-pZ8_rT5vNq1XyB7cJd4LmF9aGh2SeU6oVi0Rt-QxEwP_bYnM"


def master_keys(key: bytes) -> str:
    """A ring of one version, in the form of MASTER_KEYS."""
    text = base64.b64encode(key).decode()
    return f"1:{text},search:{base64.b64encode(bytes(range(32))).decode()}"


@pytest.fixture
def variables(monkeypatch, tmp_path):
    """A function that sets variables on top of an empty DATA_DIR."""
    for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "MASTER_KEYS", "DEMO_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))

    def put(**values):
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return put


def test_an_empty_environment_is_an_embedded_office(variables, tmp_path):
    read = env.read()
    assert read.data_dir == tmp_path
    assert (read.debug, read.production, read.database_url, read.redis_url, read.demo_password) == (False, False, "", "", "")
    assert read.allowed_hosts == ("127.0.0.1", "localhost", "[::1]")


def test_keys_and_demo_password_come_from_files_when_not_given(variables, tmp_path):
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "secret_key").write_text(SECRET + "\n")
    (tmp_path / "keys" / "demo_password").write_text("from-the-file\n")
    assert (env.read().secret_key, env.read().demo_password) == (SECRET, "from-the-file")
    variables(SECRET_KEY=SECRET.upper(), DEMO_PASSWORD="given")
    assert (env.read().secret_key, env.read().demo_password) == (SECRET.upper(), "given")
    variables(PRODUCTION="1", DEMO_PASSWORD="")
    assert env.read().demo_password == "", "a trial's file opens nothing in production"


def test_before_keys_exist_the_secret_is_one_that_nobody_knows(variables):
    assert env.read().secret_key != env.read().secret_key


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"PRODUCTION": "maybe"}, "PRODUCTION"),
        ({"PRODUCTION": "1"}, "SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"PRODUCTION": "1", "DEBUG": "1", "SECRET_KEY": SECRET}, "DEBUG"),
        ({"PRODUCTION": "1", "ALLOWED_HOSTS": "*", "SECRET_KEY": SECRET}, "ALLOWED_HOSTS"),
        ({"TRUSTED_ORIGINS": "office.example"}, "TRUSTED_ORIGINS"),
        ({"DATABASE_URL": "mysql://u:hunter2@h/db"}, "DATABASE_URL"),
        ({"REDIS_URL": "amqp://u:hunter2@h"}, "REDIS_URL"),
        ({"DATA_DIR": __file__}, "DATA_DIR"),
        ({"PRODUCTION": "1", "SECRET_KEY": SECRET[:40]}, "at least 50 characters"),
        ({"PRODUCTION": "1", "SECRET_KEY": "abab" * 20}, "not random"),
        ({"PRODUCTION": "1", "SECRET_KEY": "django-insecure-" + SECRET}, "an example"),
        ({"PRODUCTION": "1", "SECRET_KEY": SECRET, "DEMO_PASSWORD": "hunter2"}, "DEMO_PASSWORD"),
        ({"PRODUCTION": "1", "SECRET_KEY": SECRET, "MASTER_KEYS": master_keys(b"a" * 32)}, "random bytes"),
        ({"PRODUCTION": "1", "SECRET_KEY": SECRET, "MASTER_KEYS": master_keys(bytes(range(16)))}, "32 random bytes"),
        ({"PRODUCTION": "1", "SECRET_KEY": SECRET, "MASTER_KEYS": "1:hunter2!"}, "not base64"),
        ({"TRUSTED_PROXIES": "proxy.example"}, "TRUSTED_PROXIES"),
        ({"IDLE_MINUTES": "soon"}, "IDLE_MINUTES"),
        ({"SESSION_HOURS": "25"}, "SESSION_HOURS"),
        ({"PASSWORD_LENGTH": "6"}, "PASSWORD_LENGTH"),
    ],
)
def test_nonsense_stops_the_start_and_is_named(variables, values, named):
    variables(**values)
    with pytest.raises(ImproperlyConfigured, match=named) as raised:
        env.read()
    assert "hunter2" not in str(raised.value)


def test_production_with_what_it_needs(variables):
    variables(
        PRODUCTION="1",
        SECRET_KEY=SECRET,
        ALLOWED_HOSTS="office.example, www.office.example",
        TRUSTED_ORIGINS="https://office.example",
        DATABASE_URL="postgres://u:p@h/db",
        REDIS_URL="redis://h:6379/0",
        MASTER_KEYS=master_keys(bytes(range(32))),
    )
    read = env.read()
    assert read.production and read.trusted_proxies == ("127.0.0.1", "::1")
    assert read.allowed_hosts == ("office.example", "www.office.example")
    assert read.database_url == "postgres://u:p@h/db"


def test_no_secret_shows_when_the_environment_is_printed(variables):
    variables(SECRET_KEY=SECRET, DEMO_PASSWORD="hunter2")
    assert SECRET not in repr(env.read())
    assert "hunter2" not in repr(env.read())
