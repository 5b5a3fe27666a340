"""The sentences of the trail about petitions."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "petitions.petition.register": _("%(who)s登记了 %(number)s"),
    "petitions.petition.register_sealed": _("%(who)s登记 %(number)s 并密封呈报上级，内容不留存"),
    "petitions.petition.accept": _("%(who)s受理 %(number)s，办理期限 %(conclude_by)s"),
    "petitions.petition.transfer": _("%(who)s将 %(number)s 转办，转办单 %(slip)s"),
    "petitions.petition.hand_up": _("%(who)s将 %(number)s 密封呈报上级，内容和身份信息的密钥已销毁"),
    "petitions.petition.link_repeat": _("%(who)s将 %(number)s 并为 %(first)s 的重复件"),
    "petitions.petition.repeat_moved": _("%(who)s把 %(number)s 的首次件改为 %(first)s"),
    "petitions.petition.file": _("%(who)s将 %(number)s 存查"),
    "petitions.petition.check": _("%(who)s对 %(number)s 开始组内核查"),
    "petitions.petition.conclude": _("%(who)s办结 %(number)s"),
    "petitions.petition.retake": _("%(who)s收回 %(number)s 的转办，重新研判"),
    "petitions.petition.reopen": _("%(who)s重新办理 %(number)s"),
    "petitions.petition.extend": _("%(who)s将 %(number)s 的办理期限由 %(before)s 延至 %(conclude_by)s"),
    "petitions.petition.correct": _("%(who)s更正了 %(number)s，原内容留存"),
    "petitions.petition.verify_signer": _("%(who)s核实了 %(number)s 的署名"),
    "petitions.boxopening.open_box": _("%(who)s开启意见箱（记录 %(number)s），清点信件 %(letters)s 件"),
    "petitions.boxopening.recount_box": _("%(who)s将开箱记录 %(number)s 的信件数由 %(before)s 更正为 %(letters)s"),
}
