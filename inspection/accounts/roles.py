"""Who may be what. One table, a sentence each; group posts (leader, deputy, member) come from a round's appointments instead."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """Office-wide roles. The three administrators (三员) configure and watch; none of them reads a case."""

    SYSADMIN = "sysadmin", _("系统管理员")
    SECADMIN = "secadmin", _("安全管理员")
    AUDITOR = "auditor", _("安全审计员")
    OFFICE = "office", _("巡视办工作人员")
    CHIEF = "chief", _("巡视办负责人")
    CUSTODIAN = "custodian", _("身份信息保管员")
    LIAISON = "liaison", _("被巡视单位联络员")


DEMANDING = (Role.SYSADMIN, Role.SECADMIN, Role.AUDITOR, Role.CUSTODIAN)  # roles that ask for a second factor

SENTENCES = {
    Role.SYSADMIN: _("配置轮次、单位、人员、日历和报表计划，不接触任何信访件。"),
    Role.SECADMIN: _("授予和收回角色、解锁账号，不接触任何信访件。"),
    Role.AUDITOR: _("查阅和导出操作留痕、核验封印，不接触任何信访件。"),
    Role.OFFICE: _("登记和分办各组信访件，管理反馈与整改台账。"),
    Role.CHIEF: _("掌握全部轮次进度，审批转办、移交、延期和销号。"),
    Role.CUSTODIAN: _("审批查看反映人身份的申请，不参与办理。"),
    Role.LIAISON: _("填报本单位整改事项的措施、进展和佐证，只看本单位整改事项。"),
}
