"""How the trail's entries about this floor's objects read."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "rectification.finding.draft": _("%(who)s起草 %(number)s"),
    "rectification.finding.edit": _("%(who)s修改 %(number)s"),
    "rectification.finding.attach_evidence": _("%(who)s为 %(number)s 添加佐证 %(files)s 份"),
    "rectification.finding.submit": _("%(who)s将 %(number)s 提交组务会"),
    "rectification.finding.send_back": _("%(who)s退回 %(number)s 修改"),
    "rectification.finding.sign": _("%(who)s审签 %(number)s"),
    "rectification.finding.use": _("%(who)s将 %(number)s 写入报告"),
    "rectification.finding.correct_at_once": _("%(who)s将 %(number)s 转立行立改，时限 %(due_on)s"),
    "rectification.finding.to_clue": _("%(who)s将 %(number)s 转为线索"),
    "rectification.finding.take_back": _("%(who)s不予移交线索 %(clue)s，%(number)s 回到已审签"),
    "rectification.finding.drop": _("%(who)s不予采用 %(number)s"),
    "rectification.finding.restore": _("%(who)s将 %(number)s 恢复为草稿"),
    "rectification.finding.download": _("%(who)s下载了 %(number)s 的佐证 %(evidence)s"),
    "rectification.finding.print": _("%(who)s打印了 %(number)s 审批单，份号 %(copy)s"),
    "rectification.clue.propose": _("%(who)s提出线索 %(number)s"),
    "rectification.clue.approve": _("%(who)s批准移交 %(number)s"),
    "rectification.clue.withdraw": _("%(who)s不予移交 %(number)s"),
    "rectification.clue.hand_over": _("%(who)s于 %(on)s 移交 %(number)s，反馈期限 %(due)s"),
    "rectification.clue.receive": _("%(who)s登记 %(number)s 已签收"),
    "rectification.clue.handle": _("%(who)s登记 %(number)s 的处置方式：%(to)s"),
    "rectification.clue.conclude": _("%(who)s登记 %(number)s 办结"),
    "rectification.clue.feed_back": _("%(who)s登记 %(number)s 的结果已反馈"),
    "rectification.clue.print": _("%(who)s打印了 %(number)s 移交清单，份号 %(copy)s"),
    "export_findings": _("%(who)s导出问题台账 %(count)s 件，份号 %(copy)s"),
    "export_clues": _("%(who)s导出线索办理一览表 %(count)s 件，份号 %(copy)s"),
}
