"""What people are told about petitions: the words to the codes that verbs post. No word says what a petition is about."""

from django.utils.translation import gettext_lazy as _

NOTICES = {
    "petition.registered": _("信访件 %(number)s 已登记，请研判。"),
    "petition.accepted": _("信访件 %(number)s 已受理，请安排核查。"),
    "petition.retaken": _("信访件 %(number)s 从转办收回，请重新研判。"),
    "petition.extended": _("信访件 %(number)s 的办理期限已延长。"),
    "petition.excluded": _("信访件 %(number)s 涉及巡视巡察工作人员或其亲属，系统已对其本人屏蔽，请指定他人办理。"),
}
