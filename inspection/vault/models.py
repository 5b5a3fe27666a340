"""Rows of sealed content. Without the key ring they read as kinds, owners, sizes and dates only."""

import uuid
from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from . import ciphers, keys
from .errors import Destroyed


class Sealed(models.Model):
    """What every sealed row shares: a data key of its own, wrapped by master key `key_version`, or destroyed.

    owner  "<model label>:<uid or pk>" of what it belongs to; part of what the ciphertext is bound to
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.CharField(_("归属"), max_length=120)
    key_version = models.PositiveIntegerField(_("主密钥版本"))
    wrapped_key = models.BinaryField(null=True)
    sealed_at = models.DateTimeField(_("密封时间"), auto_now_add=True)
    destroyed_at = models.DateTimeField(_("销毁时间"), null=True)

    class Meta:
        abstract = True

    def __str__(self):
        return str(self.id)

    @property
    def key_context(self) -> str:
        """What this row's wrapped key is bound to."""
        return self.context(self.id)

    @classmethod
    def context(cls, id) -> str:
        """`key_context` of the row with this id."""
        return f"{cls._meta.model_name}:{id}"

    def data_key(self) -> bytes:
        """The unwrapped data key. Raises Destroyed, Tampered or UnknownVersion."""
        if self.wrapped_key is None:
            raise Destroyed(f"{self.key_context} was destroyed")
        return keys.unwrap(self.key_version, self.wrapped_key, self.key_context)


class Envelope(Sealed):
    """A small sealed payload; `inspection.vault.envelopes` seals and opens it. The ciphertext outlives a destroyed key."""

    kind = models.CharField(_("类别"), max_length=40)
    sealed = models.BinaryField()

    class Meta:
        verbose_name = _("密封件")
        verbose_name_plural = _("密封件")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(wrapped_key__isnull=False, destroyed_at__isnull=True)
                | models.Q(wrapped_key__isnull=True, destroyed_at__isnull=False),
                name="envelope_keyless_iff_destroyed",
            )
        ]


class StoredFile(Sealed):
    """An encrypted file; its bytes lie under FILES_DIR, written and read by `inspection.vault.files`.

    size    bytes of the plaintext
    sha256  of the plaintext, hex
    """

    name_sealed = models.BinaryField()
    media_type = models.CharField(_("文件类型"), max_length=100)
    size = models.PositiveBigIntegerField(_("大小"))
    sha256 = models.CharField(_("SHA-256"), max_length=64, db_index=True)

    class Meta:
        verbose_name = _("密封文件")
        verbose_name_plural = _("密封文件")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(wrapped_key__isnull=False, destroyed_at__isnull=True)
                | models.Q(wrapped_key__isnull=True, destroyed_at__isnull=False),
                name="file_keyless_iff_destroyed",
            )
        ]

    @property
    def path(self) -> Path:
        """Where the ciphertext lies."""
        return Path(settings.FILES_DIR) / self.id.hex[:2] / str(self.id)

    @property
    def name_binding(self) -> bytes:
        """What the sealed name is bound to."""
        return ciphers.binding("file name", self.owner, str(self.id))

    @property
    def name(self) -> str:
        """The original file name, cleaned. Raises Destroyed or Tampered."""
        return ciphers.open_(self.data_key(), bytes(self.name_sealed), self.name_binding).decode()
