"""What is sealed and who may open, pass on or destroy it, as tables: identity requests, originals, disposals."""

from django.utils.translation import gettext_lazy as _

from inspection.workflow import Machine, Step
from petitions import access
from petitions.models import Disposal, IdentityRequest, OriginalRelease

R = IdentityRequest.State
G = OriginalRelease.State
D = Disposal.State

IDENTITY = Machine(
    name="identity",
    title=_("身份查看申请"),
    states=R,
    initial=(R.REQUESTED,),
    path=(R.REQUESTED, R.APPROVED, R.EXPIRED),
    steps=(
        Step(
            "approve",
            _("批准查看"),
            frozenset({R.REQUESTED}),
            R.APPROVED,
            access.may_decide_identity,
            tone="primary",
            why=_("只对申请人本人、在限定时间内开放；申请人自己不能批准，保管员本人申请的由巡视办负责人批准。"),
        ),
        Step(
            "refuse",
            _("不批准"),
            frozenset({R.REQUESTED}),
            R.REFUSED,
            access.may_decide_identity,
            needs=("reason",),
            tone="danger",
            why=_("理由不足，或不看身份也能办理。"),
        ),
        Step(
            "withdraw",
            _("撤回申请"),
            frozenset({R.REQUESTED}),
            R.WITHDRAWN,
            access.may_withdraw_identity,
            why=_("不再需要查看。"),
        ),
        Step(
            "look",
            _("查看身份"),
            frozenset({R.APPROVED}),
            None,
            access.may_look,
            why=_("每看一次留痕一次；到期、回避、授权终止或被反映后立即不能再看。"),
            outward=False,
        ),
        Step(
            "close",
            _("结束查看"),
            frozenset({R.APPROVED}),
            R.CLOSED,
            access.may_close_identity,
            why=_("看完即可结束，不必等到到期；保管员也可随时收回。"),
        ),
        Step(
            "expire",
            _("到期"),
            frozenset({R.APPROVED}),
            R.EXPIRED,
            access.is_over,
            why=_("到期按时刻判断，即时生效；此步只把到期记入留痕。"),
            outward=False,
        ),
    ),
)

ORIGINAL = Machine(
    name="original",
    title=_("原件随转申请"),
    states=G,
    initial=(G.REQUESTED,),
    path=(G.REQUESTED, G.APPROVED),
    steps=(
        Step(
            "approve",
            _("批准随转"),
            frozenset({G.REQUESTED}),
            G.APPROVED,
            access.may_decide_original,
            tone="primary",
            why=_("转办只附摘要；确需附原件的，由巡视办负责人或组长批准，申请人自己不能批准。"),
        ),
        Step(
            "refuse",
            _("不批准"),
            frozenset({G.REQUESTED}),
            G.REFUSED,
            access.may_decide_original,
            needs=("reason",),
            tone="danger",
            why=_("摘要已经够用，或原件会暴露反映人。"),
        ),
        Step("withdraw", _("撤回申请"), frozenset({G.REQUESTED}), G.WITHDRAWN, access.may_withdraw_original),
    ),
)

DISPOSAL = Machine(
    name="disposal",
    title=_("销毁审批"),
    states=D,
    initial=(D.PROPOSED,),
    path=(D.PROPOSED, D.APPROVED, D.DESTROYED),
    steps=(
        Step(
            "approve",
            _("批准销毁"),
            frozenset({D.PROPOSED}),
            D.APPROVED,
            access.may_approve_disposal,
            tone="primary",
            why=_("提出人、批准人、执行人须是三个人。"),
        ),
        Step(
            "destroy",
            _("执行销毁"),
            frozenset({D.APPROVED}),
            D.DESTROYED,
            access.may_destroy,
            tone="danger",
            why=_("内容、身份信息、附件、意见和转办摘要的密钥即行销毁，任何人不能恢复；编号、日期、渠道、状态和审批人留存。"),
        ),
        Step(
            "refuse",
            _("不批准"),
            frozenset({D.PROPOSED, D.APPROVED}),
            D.REFUSED,
            access.may_refuse_disposal,
            needs=("reason",),
            why=_("仍需保管。"),
        ),
        Step(
            "withdraw",
            _("撤回"),
            frozenset({D.PROPOSED, D.APPROVED}),
            D.WITHDRAWN,
            access.may_withdraw_disposal,
            why=_("提错了，或情况有变。"),
        ),
    ),
)
