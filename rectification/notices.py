"""What people are told in their in-box when something waits for them: one sentence for each code that the verbs post."""

from django.utils.translation import gettext_lazy as _

NOTICES = {
    "finding_to_sign": _("底稿 %(number)s 提交组务会，待您审签"),
    "finding_sent_back": _("底稿 %(number)s 被退回修改"),
    "finding_signed": _("底稿 %(number)s 已由组长审签"),
    "clue_to_approve": _("线索 %(number)s 待您批准移交"),
    "clue_to_hand_over": _("线索 %(number)s 已批准，待移交"),
    "clue_withdrawn": _("线索 %(number)s 不予移交"),
    "clue_handed_over": _("线索 %(number)s 已移交"),
    "clue_fed_back": _("线索 %(number)s 的办理结果已反馈"),
    "feedback_to_approve": _("反馈意见 %(number)s 待您批准"),
    "feedback_approved": _("反馈意见 %(number)s 已批准，待反馈"),
    "feedback_sent_back": _("反馈意见 %(number)s 被退回修改"),
    "item_opened": _("整改事项 %(number)s 已下达，请分解任务"),
    "item_to_verify": _("整改事项 %(number)s 申请销号，待验收"),
    "item_to_close": _("整改事项 %(number)s 已验收，待销号"),
    "item_closed": _("整改事项 %(number)s 已销号"),
    "item_sent_back": _("整改事项 %(number)s 被退回，请查看理由"),
    "item_reopened": _("整改事项 %(number)s 已重启，请继续整改"),
    "item_extended": _("整改事项 %(number)s 已延期，请查看新的时限"),
}
