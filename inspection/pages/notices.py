"""What auditors are told: the words to the codes."""

from django.utils.translation import gettext_lazy as _

NOTICES = {"verification.found": _("夜间核验 %(number)s 发现问题，请立即查看。")}
