"""Wording of the in-box."""

from django.utils.translation import gettext_lazy as _

NOTICES = {
    "rounds.appointed": _("您已被编入巡视巡察组（%(number)s），授权自起始日生效"),
    "rounds.revoked": _("您（%(number)s）在巡视巡察组的授权已撤销"),
    "rounds.override_requested": _("%(number)s 存在回避情形，报请您审批是否任用"),
    "rounds.override_granted": _("%(number)s 的不回避申请已批准，授权已生效"),
    "rounds.override_refused": _("%(number)s 的不回避申请未获批准"),
    "rounds.second_factor_reset": _("您（%(number)s）的第二重验证已由安全管理员重置；如非您本人要求，请立即报告"),
    "rounds.role_granted": _("安全管理员授予账号 %(number)s 可查阅信访件或审批身份查看的角色，请核对"),
    "rounds.recused": _("有人申报回避（%(number)s），请调整分工"),
    "rounds.entered": _("%(number)s 已进驻"),
    "rounds.left": _("%(number)s 已结束进驻"),
    "rounds.fed_back": _("%(number)s 已完成反馈，进入集中整改"),
}
