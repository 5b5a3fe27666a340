"""What people are told about petitions: the words to the codes that verbs post. No word says what a petition is about."""

from django.utils.translation import gettext_lazy as _

NOTICES = {
    "petition.registered": _("信访件 %(number)s 已登记，请研判。"),
    "petition.accepted": _("信访件 %(number)s 已受理，请安排核查。"),
    "petition.retaken": _("信访件 %(number)s 从转办收回，请重新研判。"),
    "petition.extended": _("信访件 %(number)s 的办理期限已延长。"),
    "petition.supplemented": _("信访件 %(number)s 收到补充材料，请查阅。"),
    "petition.excluded": _("信访件 %(number)s 涉及巡视巡察工作人员或其亲属，系统已对其本人屏蔽，请指定他人办理。"),
    "identity.asked": _("身份查看申请 %(number)s 待您审批。"),
    "identity.approved": _("身份查看申请 %(number)s 已批准，请在限定时间内查看。"),
    "identity.opened": _("身份查看申请 %(number)s 已由保管员批准，特此告知。"),
    "identity.refused": _("身份查看申请 %(number)s 未获批准。"),
    "identity.closed": _("身份查看申请 %(number)s 已由审批人提前结束。"),
    "original.asked": _("转办单附原件的申请 %(number)s 待审批。"),
    "original.approved": _("转办单附原件的申请 %(number)s 已批准。"),
    "original.refused": _("转办单附原件的申请 %(number)s 未获批准。"),
    "disposal.proposed": _("销毁审批 %(number)s 待您批准。"),
    "disposal.approved": _("销毁审批 %(number)s 已批准，待第三人执行。"),
    "disposal.destroyed": _("销毁审批 %(number)s 已执行，密钥已销毁。"),
    "disposal.refused": _("销毁审批 %(number)s 未获批准。"),
    "petition.doubtful": _("信访件 %(number)s 的内容提到经办人员或其亲属的姓名，系统已先行屏蔽，请巡视办负责人确认或解除。"),
    "petition.recused": _("有经办人员申报回避信访件 %(number)s，请指定他人办理。"),
    "petition.lifting": _("信访件 %(number)s 有一项屏蔽拟解除，请另一人核对。"),
}
