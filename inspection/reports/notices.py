"""Who is told what about reports, and how the trail reads. Numbers only: what a report says stays in its file."""

from django.utils.translation import gettext_lazy as _

from inspection.outbox.posting import notify

from . import access

NOTICES = {
    "report_ready": _("报表 %(number)s 已生成，可以下载。"),
    "report_failed": _("报表 %(number)s 生成失败，请查看原因。"),
}
TRAIL = {
    "reports.run.order": _("%(who)s提交生成报表 %(number)s（%(kind)s，%(first)s 至 %(last)s）"),
    "reports.run.produce": _("%(who)s生成报表 %(number)s"),
    "reports.run.fail": _("报表 %(number)s 生成失败（%(error)s）"),
    "reports.run.repeat": _("%(who)s要求重新生成报表 %(number)s"),
    "reports.run.export": _("%(who)s下载报表 %(number)s（%(format)s）"),
    "reports.definition.create": _("%(who)s新建报表计划 %(number)s"),
    "reports.definition.change": _("%(who)s修改报表计划 %(number)s（%(changed)s）"),
}


def ready(run) -> None:
    """Tell whoever ordered it and, for a definition, every recipient who may open it now."""
    receivers = list(run.definition.recipients.filter(is_active=True)) if run.definition else []
    everyone = {user.pk: user for user in (*receivers, run.maker) if user is not None}
    notify([user for user in everyone.values() if access.may_open(user, run)], "report_ready", run, key=_event(run))


def failed(run) -> None:
    """Tell whoever ordered it; for the schedule, the definition's owner and who made it."""
    people = [run.maker] if run.maker else [run.as_user, run.definition.created_by]
    notify({user.pk: user for user in people}.values(), "report_failed", run, key=_event(run))


def _event(run) -> str:
    return f"{run.pk}-{run.finished_at.timestamp():.6f}"
