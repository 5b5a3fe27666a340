"""Who may have a session at all."""

from django.contrib.auth.backends import ModelBackend


class Door(ModelBackend):
    """Django's check of name and password, for accounts that are open. Asked with every request: a closed account is out."""

    def user_can_authenticate(self, user) -> bool:
        """Whether the account is open."""
        return user.may_enter
