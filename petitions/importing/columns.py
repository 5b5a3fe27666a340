"""Which column of a sheet is what: by its header, in the words that registers, exchange formats and public platforms use."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from inspection.vault import index
from petitions.models import ImportBatch


@dataclass(frozen=True)
class Field:
    """What a column may be taken as.

    key      code name; the keyword of `intake.prepare`, or a part of one
    label    what the mapping calls it
    headers  headers that mean it, in Chinese
    required a sheet without it is refused
    who      says who wrote: never shown in a preview
    """

    key: str
    label: str
    headers: tuple[str, ...]
    required: bool = False
    who: bool = False


PETITION_FIELDS = (
    Field("source", _("来源编号"), ("登记编号", "留言编号", "信访件编号", "信件编号", "来件编号", "编号")),
    Field(
        "received_at",
        _("收到时间"),
        ("收到时间", "留言时间", "收件时间", "来信时间", "来访时间", "来电时间", "信访日期", "收到日期", "登记时间"),
        required=True,
    ),
    Field("subject", _("标题"), ("留言主题", "主题", "标题", "事由", "来访事由", "概况信息")),
    Field(
        "text",
        _("主要内容"),
        ("主要内容", "留言详情", "留言内容", "举报内容摘要", "内容摘要", "投诉内容", "反映内容", "内容", "正文"),
        required=True,
    ),
    Field("channel_kind", _("渠道"), ("渠道", "信访形式", "来件方式", "来源渠道")),
    Field("postmarked_on", _("邮戳日期"), ("邮戳日期", "邮戳时间")),
    Field("reporter_name", _("反映人"), ("反映人", "举报人", "信访人", "来访人", "姓名"), who=True),
    Field("reporter_account", _("网络用户名"), ("留言用户", "用户", "用户名", "网名", "昵称"), who=True),
    Field("reporter_phone", _("联系方式"), ("联系方式", "联系电话", "电话", "手机", "手机号"), who=True),
    Field("reporter_email", _("电子邮箱"), ("电子邮件", "电子邮箱", "邮箱", "邮箱地址"), who=True),
    Field("reporter_address", _("单位及住址"), ("单位及住址", "住址", "地址", "通讯地址", "单位/住址"), who=True),
    Field("reporter_id_number", _("证件号码"), ("身份证号", "身份证号码", "证件号码"), who=True),
    Field("people_count", _("人数"), ("人数", "信访人数")),
    Field(
        "person_name", _("被反映人"), ("被反映人", "被举报人", "被举报人姓名", "被反映人姓名", "被反映人或单位", "被检举控告人")
    ),
    Field("person_unit", _("被反映人单位"), ("单位", "被反映单位", "被举报人单位", "被反映人单位", "所在单位")),
    Field("person_post", _("被反映人职务"), ("单位职务", "职务", "被反映人职务")),
    Field("level", _("级别"), ("级别", "职级", "被反映人级别")),
    Field("discipline", _("六项纪律"), ("六项纪律", "违反纪律", "纪律类别")),
    Field("kind", _("类别"), ("类别", "信访类别", "性质")),
    Field("category", _("内容分类"), ("内容分类", "分类", "内容分类代码")),
    Field("category_1", _("一级分类"), ("一级分类", "一级标签")),
    Field("category_2", _("二级分类"), ("二级分类", "二级标签")),
    Field("category_3", _("三级分类"), ("三级分类", "三级标签")),
    Field("reply", _("答复意见"), ("答复意见", "答复内容", "回复内容", "回复意见")),
    Field("replied_on", _("答复时间"), ("答复时间", "答复日期", "回复时间")),
)

CATEGORY_FIELDS = (
    Field("category_1", _("一级分类"), ("一级分类", "一级标签", "一级"), required=True),
    Field("category_2", _("二级分类"), ("二级分类", "二级标签", "二级")),
    Field("category_3", _("三级分类"), ("三级分类", "三级标签", "三级")),
)

FIELDS = {ImportBatch.Kind.PETITIONS: PETITION_FIELDS, ImportBatch.Kind.CATEGORIES: CATEGORY_FIELDS}


@dataclass(frozen=True)
class Mapping:
    """What was recognised in a row of headers.

    places   {field key: place of the column, from 0}
    unused   headers that mean nothing here
    missing  required fields that no header means
    """

    places: dict[str, int]
    unused: tuple[str, ...]
    missing: tuple[Field, ...]


def fields(kind: str) -> dict[str, Field]:
    """{key: field} of a kind of sheet, in order."""
    return {field.key: field for field in FIELDS[kind]}


def recognise(headers: tuple[str, ...], kind: str) -> Mapping:
    """Match headers to fields. The same field twice: the first column counts. A remark in brackets is no hindrance."""
    meanings = {_plain(word): field.key for field in FIELDS[kind] for word in field.headers}
    places, unused = {}, []
    for place, header in enumerate(headers):
        key = meanings.get(_plain(header)) or meanings.get(_plain(_without_remark(header)))
        if key and key not in places:
            places[key] = place
        elif header:
            unused.append(header)
    missing = tuple(field for field in FIELDS[kind] if field.required and field.key not in places)
    return Mapping(places, tuple(unused), missing)


def _plain(header: str) -> str:
    return index.normalise(header).replace(" ", "").strip("*:：")


def _without_remark(header: str) -> str:
    return header.replace("（", "(").split("(", 1)[0]
