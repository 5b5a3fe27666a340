from django.utils.translation import gettext as _

from rounds import importing
from rounds.management.importing import ImportCommand


class Command(ImportCommand):
    help = _("从 Excel 导入单位（单位代码、单位名称、板块、地区、上级单位代码、主要负责人职务、纳入全覆盖）。")
    kind = importing.UNITS
