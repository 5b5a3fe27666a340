"""The second factor: codes from an authenticator app and recovery codes. Passkeys are in `passkeys`."""

import base64
import hmac
import secrets
import time
import unicodedata

import segno
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.db import transaction
from django.utils import timezone

from . import sealing
from .models import Authenticator, RecoveryCode, User

STEP = 30  # seconds; with six digits and SHA-1 what every authenticator app speaks
DIGITS = 6
SECRET_BYTES = 20
DRIFT = (-1, 0, 1)  # a phone's clock may be half a minute off
ISSUER = "Zhuoluo"
RECOVERY_CODES = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without those that are mistaken for one another on paper
GROUP = 5  # two groups of five: 49 bits, of which a guesser gets some hundred tries a day


def is_set_up(user: User) -> bool:
    """Whether the person has a second factor; recovery codes alone are none."""
    return Authenticator.objects.filter(user=user).exists() or user.passkeys.exists()


# Authenticator apps ------------------------------------------------------------------------------------------------------


def new_secret() -> bytes:
    """A secret to share with an app."""
    return secrets.token_bytes(SECRET_BYTES)


def address(secret: bytes, user: User) -> str:
    """The otpauth:// address that apps read from the picture."""
    return _totp(secret).get_provisioning_uri(user.username, ISSUER)


def readable(secret: bytes) -> str:
    """The secret for typing it in, in groups of four."""
    text = base64.b32encode(secret).decode()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def picture(text: str) -> str:
    """A QR code as an address that an <img> shows without asking anybody for it."""
    return segno.make(text, error="m").svg_data_uri(scale=5, border=3)


def add_authenticator(user: User, secret: bytes, code: str) -> bool:
    """Keep the app's secret in place of an earlier one when `code` proves that the app has it. False when it does not."""
    step = _matching(secret, code, 0)
    if step is None:
        return False
    sealed = sealing.seal(secret, _owner(user))
    Authenticator.objects.update_or_create(user=user, defaults={"sealed": sealed, "last_step": step})
    return True


def take_code(user: User, code: str) -> bool:
    """Whether `code` is the app's. Each is taken once; so is none that is older than one taken before."""
    found = Authenticator.objects.filter(user=user).first()
    try:
        secret = sealing.open_(found.sealed, _owner(user)) if found else None
    except sealing.Unreadable:  # SECRET_KEY is another one: the person needs a recovery code, or the security administrator
        secret = None
    if secret is None:
        return False
    step = _matching(secret, code, found.last_step)
    return step is not None and bool(Authenticator.objects.filter(pk=found.pk, last_step__lt=step).update(last_step=step))


def _matching(secret: bytes, code: str, after: int) -> int | None:
    """The time step after `after` whose code this is; None when it is of none that is allowed now."""
    digits = _plain(code)
    now, totp = int(time.time()) // STEP, _totp(secret)
    for step in (now + drift for drift in DRIFT):
        if step > after and hmac.compare_digest(totp.generate(step * STEP), digits.encode()):
            return step
    return None


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP)


def _owner(user: User) -> str:
    return f"authenticator:{user.pk}"


# Recovery codes ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def new_recovery_codes(user: User) -> list[str]:
    """Ten fresh codes in place of all earlier ones. Shown once: only digests are kept."""
    codes = ["-".join(_letters() for _half in range(2)) for _code in range(RECOVERY_CODES)]
    user.recovery_codes.all().delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=_digest(user, code)) for code in codes)
    return codes


def take_recovery_code(user: User, code: str) -> bool:
    """Whether `code` is one of the person's that was not used yet; it is now."""
    unused = user.recovery_codes.filter(digest=_digest(user, code), used_at=None)
    return bool(unused.update(used_at=timezone.now()))


def codes_left(user: User) -> int:
    """How many recovery codes are unused."""
    return user.recovery_codes.filter(used_at=None).count()


def looks_like_recovery(code: str) -> bool:
    """Whether what was typed can only be a recovery code: it is longer than an app's."""
    return len(_plain(code)) > DIGITS


def _letters() -> str:
    return "".join(secrets.choice(LETTERS) for _place in range(GROUP))


def _digest(user: User, code: str) -> str:
    return sealing.digest("recovery code", f"{user.pk}\n{_plain(code)}")


def _plain(code: str) -> str:
    """Without the spaces and dashes that people type between groups; full-width characters as plain ones."""
    return "".join(char for char in unicodedata.normalize("NFKC", code).casefold() if char.isalnum())


# All of them -------------------------------------------------------------------------------------------------------------


@transaction.atomic
def clear(user: User) -> None:
    """Take away every second factor and the recovery codes."""
    Authenticator.objects.filter(user=user).delete()
    user.passkeys.all().delete()
    user.recovery_codes.all().delete()
