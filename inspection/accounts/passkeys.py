"""Passkeys (WebAuthn) as a second factor. Everything happens between browser, device and us; nobody else is asked.

A passkey belongs to a host name. The one of the request is used, which Django has checked against ALLOWED_HOSTS. Browsers know
no passkeys for addresses such as 127.0.0.1; there the page says so.
"""

import ipaddress
import json
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.utils import timezone
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from .models import Passkey, User

CHALLENGE = "passkey_challenge"
MALFORMED = (WebAuthnException, ValueError, LookupError, TypeError)  # what the library raises for answers that make no sense
SERVICE = "Zhuoluo"


class Refused(Exception):
    """The answer does not prove what it should."""


def host(request: HttpRequest) -> str:
    """The host name that a passkey made now would belong to; "" for a bare address, which can have none."""
    name = urlsplit(f"//{request.get_host()}").hostname or ""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name
    return ""


def usable(request: HttpRequest, user: User):
    """The person's passkeys that work under this host name."""
    return user.passkeys.filter(host=host(request)) if host(request) else Passkey.objects.none()


def options_to_add(request: HttpRequest, user: User) -> str:
    """What the browser needs to make a passkey, as JSON; the challenge is kept in the session."""
    options = generate_registration_options(
        rp_id=host(request),
        rp_name=SERVICE,
        user_id=str(user.pk).encode(),
        user_name=user.username,
        user_display_name=user.name,
        exclude_credentials=_descriptors(usable(request, user)),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
    )
    request.session[CHALLENGE] = urlsafe_base64_encode(options.challenge)
    return options_to_json(options)


def add(request: HttpRequest, user: User, answer: str, label: str) -> Passkey:
    """Keep the passkey that the browser made. Raises Refused."""
    try:
        proved = verify_registration_response(
            credential=_parsed(answer),
            expected_challenge=_challenge(request),
            expected_rp_id=host(request),
            expected_origin=_origin(request),
        )
    except MALFORMED as error:
        raise Refused(type(error).__name__) from error
    identifier = urlsafe_base64_encode(proved.credential_id)
    if Passkey.objects.filter(credential_id=identifier).exists():
        raise Refused("known already")
    return user.passkeys.create(
        label=label,
        host=host(request),
        credential_id=identifier,
        public_key=proved.credential_public_key,
        sign_count=proved.sign_count,
    )


def options_to_use(request: HttpRequest, user: User) -> str:
    """What the browser needs to prove one of the person's passkeys, as JSON; "" when none works here."""
    found = list(usable(request, user))
    if not found:
        return ""
    options = generate_authentication_options(rp_id=host(request), allow_credentials=_descriptors(found))
    request.session[CHALLENGE] = urlsafe_base64_encode(options.challenge)
    return options_to_json(options)


def use(request: HttpRequest, user: User, answer: str) -> Passkey:
    """The passkey that the answer proves. Raises Refused."""
    credential = _parsed(answer)
    found = usable(request, user).filter(credential_id=credential.get("id")).first()
    if found is None:
        raise Refused("not this person's")
    try:
        proved = verify_authentication_response(
            credential=credential,
            expected_challenge=_challenge(request),
            expected_rp_id=host(request),
            expected_origin=_origin(request),
            credential_public_key=bytes(found.public_key),
            credential_current_sign_count=found.sign_count,
        )
    except MALFORMED as error:
        raise Refused(type(error).__name__) from error
    found.sign_count, found.last_used_at = proved.new_sign_count, timezone.now()
    found.save(update_fields=["sign_count", "last_used_at"])
    return found


def _descriptors(passkeys) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=urlsafe_base64_decode(passkey.credential_id)) for passkey in passkeys]


def _parsed(answer: str) -> dict:
    try:
        parsed = json.loads(answer)
    except ValueError as error:
        raise Refused("not JSON") from error
    if not isinstance(parsed, dict) or not isinstance(parsed.get("id"), str) or "\x00" in parsed["id"]:
        raise Refused("not a credential")
    return parsed


def _challenge(request: HttpRequest) -> bytes:
    """The challenge that was given out. It is taken once. Raises Refused when there is none."""
    kept = request.session.pop(CHALLENGE, "")
    if not kept:
        raise Refused("no challenge")
    return urlsafe_base64_decode(kept)


def _origin(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"
