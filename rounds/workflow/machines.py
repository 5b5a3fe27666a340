"""The state tables: the life of one unit in one round, and the request to appoint somebody in spite of a conflict of interest."""

from django.utils.translation import gettext_lazy as _

from inspection.workflow import Machine, Step
from rounds import access
from rounds.models import Appointment, Assignment, Override, Round

S = Assignment.State
V = Override.State

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
            access.may_steer_or_lead,
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
            "edit",
            _("修改任务"),
            frozenset({S.PLANNED, S.PREPARING, S.ON_SITE}),
            None,
            access.may_configure,
            why=_("调整单位和日期；结束进驻后日期不再改动。"),
            outward=False,
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

OVERRIDE = Machine(
    name="override",
    title=_("不回避审批"),
    states=V,
    initial=(V.REQUESTED,),
    path=(V.REQUESTED, V.GRANTED),
    steps=(
        Step(
            "grant",
            _("批准"),
            frozenset({V.REQUESTED}),
            V.GRANTED,
            access.may_override,
            tone="primary",
            why=_("存在回避情形仍须任用的，由办公室负责人批准；申请人自己不能批准。"),
        ),
        Step(
            "refuse",
            _("不批准"),
            frozenset({V.REQUESTED}),
            V.REFUSED,
            access.may_override,
            needs=("reason",),
            tone="danger",
            why=_("不批准的，另选他人。"),
        ),
    ),
)

# Acts on things that have no machine of their own; they name the refusal when somebody was faster.
EDIT_ROUND = Step("edit", _("修改轮次"), frozenset(Round.State.values), None, access.may_configure)
START_ROUND = Step(
    "start",
    _("启动轮次"),
    frozenset({Round.State.PLANNED}),
    Round.State.STARTED,
    access.may_configure,
    why=_("启动时把规则方案复制到本轮并冻结，此后修改方案不影响本轮期限。"),
)
REVOKE = Step(
    "revoke",
    _("撤销授权"),
    frozenset(set(Appointment.State.values) - {Appointment.State.REVOKED}),
    Appointment.State.REVOKED,
    access.may_configure,
    needs=("reason",),
)
PROLONG = Step("prolong", _("调整授权止期"), REVOKE.sources, None, access.may_configure)
