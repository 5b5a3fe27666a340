"""The life of one unit in one round, and the verbs that configure who and what belongs to it. Only this module writes state here."""

from django.utils.translation import gettext_lazy as _

from inspection.workflow import Machine, Step
from rounds import access
from rounds.models import Assignment

S = Assignment.State

ASSIGNMENT = Machine(
    name="assignment",
    title=_("巡视巡察任务"),
    states=S,
    initial=(S.PLANNED,),
    path=(
        S.PLANNED,
        S.PREPARING,
        S.ON_SITE,
        S.REPORTING,
        S.FEEDING_BACK,
        S.RECTIFYING,
        S.FOLLOWING_UP,
        S.ARCHIVED,
    ),
    steps=(
        Step(
            "prepare",
            _("转入巡前准备"),
            frozenset({S.PLANNED}),
            S.PREPARING,
            access.may_steer,
            tone="primary",
            why=_("授权任职决定和工作方案已批准（条例第21条）。"),
        ),
        Step(
            "enter",
            _("进驻"),
            frozenset({S.PREPARING}),
            S.ON_SITE,
            access.may_steer_or_lead,
            needs=("date",),
            tone="primary",
            why=_("召开动员会，向被巡视单位通报任务（条例第22条）。"),
        ),
        Step(
            "leave",
            _("结束进驻"),
            frozenset({S.ON_SITE}),
            S.REPORTING,
            access.may_steer_or_lead,
            needs=("date",),
            tone="primary",
            why=_("现场工作结束，形成巡视报告（条例第23条）。"),
        ),
        Step(
            "report",
            _("报告已经审议"),
            frozenset({S.REPORTING}),
            S.FEEDING_BACK,
            access.may_steer,
            needs=("date",),
            tone="primary",
            why=_("领导小组听取汇报，党组织决定成果运用（条例第24、25条）。"),
        ),
        Step(
            "feed_back",
            _("完成反馈"),
            frozenset({S.FEEDING_BACK}),
            S.RECTIFYING,
            access.may_steer,
            needs=("date",),
            why=_("向领导班子和主要负责人分别反馈后由反馈记录推进（条例第26条）。"),
            outward=False,
        ),
        Step(
            "follow_up",
            _("转入后续整改"),
            frozenset({S.RECTIFYING}),
            S.FOLLOWING_UP,
            access.may_steer,
            tone="primary",
            why=_("整改报告审核完毕，长期事项继续（条例第31条）。"),
        ),
        Step(
            "archive",
            _("归档"),
            frozenset({S.FOLLOWING_UP}),
            S.ARCHIVED,
            access.may_steer,
            tone="danger",
            why=_("归档后组内人员的授权随之终止（一次一授权）。"),
        ),
        Step(
            "reopen",
            _("退回上一阶段"),
            frozenset({S.PREPARING, S.ON_SITE, S.REPORTING, S.FOLLOWING_UP}),
            None,
            access.may_head,
            needs=("reason",),
            tone="danger",
            why=_("误操作时由办公室负责人说明理由退回一个阶段；已反馈的不能退回。"),
        ),
    ),
)
