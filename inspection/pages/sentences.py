"""The sentence of a trail entry, written when it is read, in the reader's language.

A floor adds its wording as a dict named in settings.TRAIL_SENTENCES:
{"petitions.petition.transfer": _("%(who)s将%(number)s转至%(unit)s"), "triage": …}. The key is "<model label>.<verb>" or, for a
verb that reads the same everywhere, the verb alone. It may use who, number, to, from (state labels), at, and any fact.
"""

from functools import cache, lru_cache

from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.utils.module_loading import import_string
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from inspection.trail.models import Entry

from .plugs import named

SENTENCES = {
    "read": gettext_lazy("%(who)s查看了 %(number)s"),
    "download": gettext_lazy("%(who)s下载了 %(number)s 的附件"),
    "accounts.user.export_trail": gettext_lazy("%(who)s导出操作留痕 %(count)s 条（份号 %(copy)s）"),
    "accounts.user.export_trail_lines": gettext_lazy("%(who)s导出操作留痕原始行（份号 %(copy)s）"),
    "trail.verification.verify": gettext_lazy("%(who)s核验留痕、文件和编号（%(number)s）：%(problems)s 个问题"),
    "backups.backup.make": gettext_lazy("%(who)s制作备份 %(number)s"),
    "backups.backup.restore": gettext_lazy("%(who)s从备份 %(number)s 恢复（%(made_at)s 制作）"),
    "export": gettext_lazy("%(who)s导出了 %(number)s"),
    "accounts.user.sign_in": gettext_lazy("%(who)s登录"),
    "accounts.user.sign_out": gettext_lazy("%(who)s退出登录"),
    "accounts.user.fail_sign_in": gettext_lazy("有人登录账号 %(number)s 未成功"),
    "accounts.user.fail_second_factor": gettext_lazy("账号 %(number)s 的第二重验证未通过"),
    "accounts.user.add_factor": gettext_lazy("%(who)s设置了第二重验证"),
    "accounts.user.remove_factor": gettext_lazy("%(who)s移除了一种第二重验证"),
    "accounts.user.new_recovery_codes": gettext_lazy("%(who)s重新生成恢复码"),
    "accounts.user.end_session": gettext_lazy("%(who)s结束了自己的一处登录"),
    "accounts.user.end_sessions": gettext_lazy("%(who)s结束了自己的其他登录（%(count)s 处）"),
    "accounts.user.lock": gettext_lazy("账号 %(number)s 连续失败 %(failures)s 次，登录开始放慢"),
    "accounts.attempts.lock": gettext_lazy("某一来源连续失败 %(failures)s 次，登录开始放慢"),
    "accounts.user.fail_confirmation": gettext_lazy("%(who)s确认本人身份未成功"),
    "accounts.user.change_password": gettext_lazy("%(who)s修改了自己的密码"),
    "accounts.apitoken.issue": gettext_lazy("%(who)s新建接口令牌 %(prefix)s…，%(expires_on)s 到期"),
    "accounts.apitoken.revoke": gettext_lazy("%(who)s收回接口令牌 %(prefix)s…"),
}
MOVED = gettext_lazy("%(who)s办理 %(number)s（%(verb)s），转为「%(to)s」")
ACTED = gettext_lazy("%(who)s办理 %(number)s（%(verb)s）")


class _Facts(dict):
    def __missing__(self, key):
        return "—"


def as_read_by(entries: list, obj, user) -> list:
    """`entries` about `obj` as the history on its own page has them for `user` (settings.TRAIL_READINGS); not to be saved."""
    reading = settings.TRAIL_READINGS.get(obj._meta.label_lower)
    return import_string(reading)(entries, obj, user) if reading else entries


def name_read_by(person, obj, user) -> str:
    """What `user` reads in place of somebody who acted on `obj`; "" for nobody."""
    return as_read_by([Entry(actor=person, actor_name=str(person))], obj, user)[0].actor_name if person else ""


def sentence(entry) -> str:
    """What the entry says happened."""
    to, came_from = state_label(entry.object_type, entry.to_state), state_label(entry.object_type, entry.from_state)
    words = wording(entry.object_type, entry.verb)
    if words is None:
        words = MOVED if to and to != came_from else ACTED
    facts = {name: "、".join(map(str, value)) if isinstance(value, list) else value for name, value in entry.facts.items()}
    who = entry.actor_name or _("系统")
    own = {"who": who, "number": entry.number, "verb": entry.verb, "to": to or "—", "from": came_from or "—", "at": entry.at}
    return str(words) % _Facts(facts | own)


def wording(object_type: str, verb: str):
    """The template of a verb on a kind of object, or None when no floor has worded it."""
    return _wording(object_type, verb, tuple(settings.TRAIL_SENTENCES))


@lru_cache(maxsize=1000)
def _wording(object_type: str, verb: str, _tables: tuple):
    for table in [*named("TRAIL_SENTENCES"), SENTENCES]:
        words = table.get(f"{object_type}.{verb}") or table.get(verb)
        if words:
            return words
    return None


def state_label(object_type: str, state: str) -> str:
    """The state in the reader's language; the bare code for a state that is no longer known."""
    return _label(object_type, state, get_language()) if state else ""


@lru_cache(maxsize=1000)
def _label(object_type: str, state: str, _language: str | None) -> str:
    return str(_states(object_type).get(state, state))


@cache
def _states(object_type: str) -> dict:
    """{code: lazy label} of the kind of object's states."""
    try:
        return dict(apps.get_model(object_type)._meta.get_field("state").choices or ())
    except (LookupError, ValueError, FieldDoesNotExist):  # a kind that is gone, or one without states
        return {}
