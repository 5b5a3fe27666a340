from django.utils.translation import gettext as _

from rounds import importing
from rounds.management.importing import ImportCommand


class Command(ImportCommand):
    help = _("从 Excel 导入人员（人员编号、姓名、现工作单位、曾工作单位、职务、籍贯、专长、登录账号、在库）。")
    kind = importing.PEOPLE
