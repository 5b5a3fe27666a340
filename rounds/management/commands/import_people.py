from rounds import importing
from rounds.management.importing import ImportCommand


class Command(ImportCommand):
    help = "Import people from XLSX (人员编号, 姓名, 现工作单位, 曾工作单位, 职务, 籍贯, 专长, 登录账号, 在库)."
    kind = importing.PEOPLE
