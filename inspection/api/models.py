"""What the API remembers of its callers: keys under which something was done, and how much was asked this minute."""

import uuid

from django.conf import settings
from django.db import models


class KeyedAct(models.Model):
    """Something done once under an Idempotency-Key; see inspection.api.idempotency. Neither the key nor the body is kept.

    key          keyed digest of the caller's key
    fingerprint  keyed digest of what was asked: the address and the body
    claim        whoever is doing it now; changes when another takes over from one that died
    object_id    what the answer showed, None while it is being done
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    claim = models.UUIDField(default=uuid.uuid4)
    claimed_at = models.DateTimeField()
    object_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_act_per_key")]

    def __str__(self):
        return f"{self.user_id}:{self.key[:8]}"


class Rate(models.Model):
    """How often a person or a token asked in one minute. A row each, overwritten minute by minute.

    subject  "person:<id>" or "token:<id>"
    minute   minutes since 1970
    """

    subject = models.CharField(max_length=40, unique=True)
    minute = models.BigIntegerField()
    count = models.PositiveIntegerField()

    class Meta:
        verbose_name = "API rate"

    def __str__(self):
        return self.subject
