"""What was said and who said it: cleaned, bounded, sealed into two envelopes, indexed. Used by intake and by corrections."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from inspection import marks
from inspection.vault import hashes, index
from petitions.models import Level, Petition, ReporterKey

SUBJECT_CHARS = 200
TEXT_CHARS = 50_000  # a long mail; what a person types is bounded by the form
WORD_CHARS = 120
PERSONS = 30
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # Unicode's category Cc but for line breaks and tabs
SAID, WHO = "petition.said", "petition.who"

PERSON_KEYS = ("name", "unit", "post", "level")
REPORTER_KEYS = {
    "name": 60,
    "account": 60,  # the user name on a platform: tells who wrote, and is no signature
    "gender": 10,
    "age": 10,
    "phone": 40,
    "email": 120,
    "address": 200,
    "id_number": 30,
    "wish": 500,
}
LEVELS = frozenset(Level.values)
RANKS = (Level.PROVINCE, Level.BUREAU, Level.COUNTY, Level.TOWNSHIP, Level.OTHER)


def clean(text) -> str:
    """Text as it is kept: no NUL or other control characters, line breaks as one character, no blank ends."""
    text = str(text or "")
    if text.isprintable():  # most are, and are done with
        return text.strip()
    return CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def said(subject, text, persons=(), details=None) -> dict:
    """The content's payload. Raises ValidationError keyed by subject, text or persons."""
    subject, text = " ".join(clean(subject).split()), clean(text)
    wrong = {}
    if not text:
        wrong["text"] = [_("请填写反映的内容。")]
    elif len(text) > TEXT_CHARS:
        wrong["text"] = [_("内容不能超过 %(limit)s 字。") % {"limit": TEXT_CHARS}]
    if len(subject) > SUBJECT_CHARS:
        wrong["subject"] = [_("标题不能超过 %(limit)s 字。") % {"limit": SUBJECT_CHARS}]
    try:
        people = named(persons)
    except ValidationError as error:
        wrong["persons"] = error.messages
    if wrong:
        raise ValidationError(wrong)
    marks.refuse_state_secrets(subject=subject, text=text)
    payload = {"subject": subject or headline(text), "text": text, "persons": people}
    kept = {key: clean(value) for key, value in (details or {}).items() if clean(value)}
    return payload | ({"details": kept} if kept else {})


def headline(text: str) -> str:
    """A subject for a text that came without one: its first sentence, at most 40 characters."""
    line = text.split("\n", 1)[0]
    for mark in "。！？；":
        line = line.split(mark, 1)[0]
    line = " ".join(line.split())
    return line if len(line) <= 40 else line[:39] + "…"


def named(persons) -> list[dict]:
    """Persons reported, each {name, unit, post, level}; empty lines are dropped. Raises ValidationError."""
    people = []
    for person in persons:
        kept = {key: " ".join(clean(person.get(key)).split()) for key in PERSON_KEYS}
        kept["level"] = kept["level"] if kept["level"] in LEVELS else Level.UNKNOWN.value
        if not (kept["name"] or kept["unit"] or kept["post"]):
            continue
        if max(map(len, kept.values())) > WORD_CHARS:
            raise ValidationError(_("被反映人的姓名、单位、职务各不超过 %(limit)s 字。") % {"limit": WORD_CHARS})
        people.append(kept)
    if len(people) > PERSONS:
        raise ValidationError(_("被反映人不超过 %(limit)s 名，更多的请写在内容里。") % {"limit": PERSONS})
    return people


def highest_level(level: str, people: list[dict]) -> str:
    """The level statistics are kept by: as given, else that of the highest person reported."""
    if level != Level.UNKNOWN:
        return level
    return next((str(rank) for rank in RANKS if any(person["level"] == rank for person in people)), str(Level.UNKNOWN))


def who(reporter) -> dict:
    """The identity's payload; {} when nothing was left. Raises ValidationError keyed by reporter."""
    kept = {}
    for key, limit in REPORTER_KEYS.items():
        value = clean((reporter or {}).get(key))
        if len(value) > limit:
            raise ValidationError({"reporter": [_("反映人信息过长，请核对。")]})
        if value:
            kept[key] = value
    return kept


def signature_of(identity: dict) -> str:
    """A name was given: signed, to be verified. A telephone number alone is no signature."""
    return Petition.Signature.SIGNED if identity.get("name") else Petition.Signature.ANONYMOUS


def reporter_keys(identity: dict) -> dict[str, str]:
    """{kind: keyed hash} of what a reporter can be recognised by."""
    digits = "".join(char for char in index.normalise(identity.get("phone", "")) if char.isdecimal())
    digits = digits.removeprefix("0086") if len(digits) == 15 else digits.removeprefix("86") if len(digits) == 13 else digits
    mail = index.normalise(identity.get("email", ""))
    card = "".join(char for char in index.normalise(identity.get("id_number", "")) if char.isalnum())
    found = {
        ReporterKey.Kind.PHONE: digits if len(digits) >= 5 else "",
        ReporterKey.Kind.EMAIL: mail if "@" in mail else "",
        ReporterKey.Kind.ID_NUMBER: card if len(card) >= 6 else "",
    }
    return {str(kind): hashes.keyed(f"petition.{kind}", value) for kind, value in found.items() if value}
