"""manage.py fetch_mail"""

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from petitions.mailbox import collecting
from petitions.mailbox.errors import WORDS


class Command(BaseCommand):
    """Read every mailbox in use once. Nothing there is changed, deleted or answered."""

    help = _("收取各邮件渠道的邮箱；只读，不改动、不删除、不答复。")

    def handle(self, **_options):
        """One line for each mailbox. Exits with an error when any could not be read."""
        failed = False
        for tally in collecting.collect_all():
            words = _("邮箱 %(account)s：新收 %(new)s，登记 %(registered)s，待人工处理 %(parked)s")
            facts = {"account": tally.account.pk, "new": tally.new, "registered": tally.registered, "parked": tally.parked}
            self.stdout.write(words % facts)
            if tally.error:
                failed = True
                self.stderr.write(_("邮箱 %(account)s：%(error)s") % {"account": tally.account.pk, "error": WORDS[tally.error]})
        if failed:
            raise CommandError(_("有邮箱未能收取。"))
