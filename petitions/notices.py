"""What people are told about petitions: the words to the codes that verbs post. No word says what a petition is about."""

from django.utils.translation import gettext_lazy as _

NOTICES = {
    "petition.registered": _("信访件 %(number)s 已登记，请研判。"),
    "petition.accepted": _("信访件 %(number)s 已受理，请安排核查。"),
    "petition.retaken": _("信访件 %(number)s 从转办收回，请重新研判。"),
    "petition.extended": _("信访件 %(number)s 的办理期限已延长。"),
    "petition.excluded": _("信访件 %(number)s 涉及巡视巡察工作人员或其亲属，系统已对其本人屏蔽，请指定他人办理。"),
    "petition.doubtful": _("信访件 %(number)s 的内容提到经办人员或其亲属的姓名，系统已先行屏蔽，请巡视办负责人确认或解除。"),
    "petition.recused": _("有经办人员申报回避信访件 %(number)s，请指定他人办理。"),
    "petition.lifting": _("信访件 %(number)s 有一项屏蔽拟解除，请另一人核对。"),
}
