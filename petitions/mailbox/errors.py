"""What keeps a mailbox from being read. Codes are kept with the account and worded when shown."""

from django.utils.translation import gettext_lazy as _

WORDS = {
    "connect": _("连不上邮件服务器"),
    "tls": _("加密连接失败：服务器证书无法验证，或服务器不支持加密"),
    "login": _("用户名或密码被拒绝"),
    "folder": _("找不到所填的文件夹"),
    "protocol": _("邮件服务器的应答无法理解"),
    "registrar": _("登记责任人无权登记，请另选"),
    "error": _("读取邮箱时出错"),
}


class MailboxError(Exception):
    """A mailbox could not be read. `code` is one of WORDS; nothing else of what the server said is kept."""

    def __init__(self, code: str):
        self.code = code
        super().__init__(code)


class Unreadable(Exception):
    """The bytes of a mail cannot be understood as one."""
