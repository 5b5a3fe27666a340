"""One form for each channel. They differ in what they ask; what is right or wrong is decided by `petitions.intake` alone."""

import uuid
from collections import Counter

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inspection.pages.forms import Sectioned, UploadsField
from inspection.vault import hashes
from petitions import access
from petitions.contents import SUBJECT_CHARS
from petitions.models import BoxOpening, Discipline, Level, Petition
from rounds.models import Assignment, Channel

TYPED_CHARS = 10_000
BLANK = ("", "---------")
REPORTER = ("name", "gender", "age", "phone", "email", "address", "id_number", "wish")
DETAILS = ("place", "receiver", "opinion", "arrangement", "remarks", "forwarded_by", "forwarded_number")


class AssignmentChoice(forms.ModelChoiceField):
    """Which unit it is about, with the group that inspects it."""

    def label_from_instance(self, obj):
        return f"{obj.unit}（{obj.group}）"


class ChannelChoice(forms.ModelChoiceField):
    """One of several numbers, letter boxes or places of the same kind."""

    def label_from_instance(self, obj):
        return f"{obj.address} · {obj.assignment.unit}"


class OpeningChoice(forms.ModelChoiceField):
    """An opening of a suggestion box, with how many of its letters are registered."""

    def label_from_instance(self, obj):
        at = timezone.localtime(obj.opened_at).strftime("%Y-%m-%d %H:%M")
        return f"{at} {obj.channel.address} · {obj.channel.assignment.unit}（{obj.registered}/{obj.letters}）"


class PersonForm(forms.Form):
    """A person reported."""

    name = forms.CharField(label=_("姓名"), required=False, max_length=60)
    unit = forms.CharField(label=_("单位"), required=False, max_length=120)
    post = forms.CharField(label=_("职务"), required=False, max_length=120)
    level = forms.ChoiceField(label=_("级别"), required=False, choices=Level.choices, initial=Level.UNKNOWN)


PersonFormSet = forms.formset_factory(PersonForm, extra=2, max_num=30, validate_max=True)


def registrable(user):
    """Assignments that `user` registers petitions about, those on site first."""
    mine = Assignment.objects.cases_visible_to(user).exclude(state=Assignment.State.ARCHIVED)
    return mine.select_related("unit", "group__round").order_by("-group__round__starts_on", "group__number", "onsite_from", "pk")


class RegisterForm(Sectioned, forms.Form):
    """All that any channel asks; a channel keeps what its `ASKS` names. `token` makes a form sent twice one petition."""

    ASKS: tuple = ()
    OPEN_REPORTER = False
    columns = 2
    WIDE = ("subject",)

    token = forms.CharField(max_length=36, widget=forms.HiddenInput)
    assignment = AssignmentChoice(label=_("被巡视单位"), queryset=Assignment.objects.none())
    opening = OpeningChoice(label=_("开箱记录"), queryset=BoxOpening.objects.none())
    channel = ChannelChoice(label=_("号码或地址"), queryset=Channel.objects.none(), required=False)
    received_at = forms.DateTimeField(label=_("收到时间"))
    postmarked_on = forms.DateField(label=_("邮戳日期"), required=False)
    people_count = forms.IntegerField(label=_("人数"), min_value=1, initial=1)
    subject = forms.CharField(label=_("标题"), required=False, max_length=SUBJECT_CHARS, help_text=_("不填则取内容的第一句。"))
    text = forms.CharField(
        label=_("反映内容"),
        max_length=TYPED_CHARS,
        widget=forms.Textarea({"rows": 8}),
        error_messages={"max_length": _("内容不能超过一万字；更长的请作为附件。")},
    )
    discipline = forms.ChoiceField(label=_("六项纪律"), required=False, choices=(BLANK, *Discipline.choices))
    mark = forms.ChoiceField(label=_("内部标识"), choices=Petition.Mark.choices, initial=Petition.Mark.INTERNAL)
    forwarded_by = forms.CharField(label=_("转来机关"), max_length=120)
    forwarded_number = forms.CharField(label=_("来文编号"), required=False, max_length=60)
    place = forms.CharField(label=_("接待地点"), required=False, max_length=120)
    receiver = forms.CharField(label=_("接待人及职务"), required=False, max_length=120)
    opinion = forms.CharField(label=_("处理意见"), required=False, max_length=1000, widget=forms.Textarea({"rows": 2}))
    arrangement = forms.CharField(label=_("后续安排"), required=False, max_length=1000, widget=forms.Textarea({"rows": 2}))
    remarks = forms.CharField(
        label=_("备注"),
        required=False,
        max_length=1000,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("特殊要求、紧急程度等。"),
    )
    files = UploadsField(label=_("附件"), required=False)

    name = forms.CharField(label=_("姓名"), required=False, max_length=60)
    gender = forms.ChoiceField(label=_("性别"), required=False, choices=(BLANK, ("f", _("女")), ("m", _("男"))))
    age = forms.IntegerField(label=_("年龄"), required=False, min_value=1, max_value=130)
    phone = forms.CharField(label=_("联系电话"), required=False, max_length=40)
    email = forms.EmailField(label=_("电子邮件"), required=False, max_length=120)
    address = forms.CharField(label=_("单位及住址"), required=False, max_length=200)
    id_number = forms.CharField(label=_("证件号码"), required=False, max_length=30)
    wish = forms.CharField(label=_("联系要求"), required=False, max_length=500, help_text=_("如“可以联系本人”“不要打家里电话”。"))

    def __init__(self, *args, user, kind: str, asked=None, opening=None, last=None, **kwargs):
        self.user, self.kind = user, kind
        super().__init__(*args, **kwargs)
        for name in [name for name in self.fields if name not in ("token", *self.ASKS)]:
            del self.fields[name]
        self.order_fields(("token", *self.ASKS))
        self.initial.setdefault("token", str(uuid.uuid4()))
        self._offer(registrable(user), asked, (last or {}) | ({"opening": opening} if opening else {}))

    def _offer(self, assignments, asked, last) -> None:
        """Choices, and what is chosen already: what the address asks for, else the last one used, else the first on site."""
        fields = self.fields
        if "assignment" in fields:
            fields["assignment"].queryset = assignments
            fields["assignment"].empty_label = None
            chosen = next((one for one in assignments if asked and one.number == asked), None)
            chosen = chosen or next((one for one in assignments if one.pk == last.get("assignment")), None)
            on_site = (one for one in assignments if one.state == Assignment.State.ON_SITE)
            chosen = chosen or next(on_site, None) or next(iter(assignments), None)
            self.initial.setdefault("assignment", chosen.pk if chosen else None)
        if "channel" in fields:
            channels = Channel.objects.filter(assignment__in=assignments, kind=self.kind, active=True)
            if any(count > 1 for count in Counter(channels.values_list("assignment", flat=True)).values()):
                fields["channel"].queryset = channels.select_related("assignment__unit").order_by("assignment", "pk")
                self.initial.setdefault("channel", last.get(f"channel:{self.kind}"))
            else:
                del fields["channel"]  # one for each unit: nothing to choose
        if "opening" in fields:
            fields["opening"].queryset = BoxOpening.objects.filter(channel__assignment__in=assignments).for_list(self.user)
            self.initial.setdefault("opening", last.get("opening"))
        if "received_at" in fields:
            self.initial.setdefault("received_at", timezone.localtime().replace(second=0, microsecond=0, tzinfo=None))

    def clean_assignment(self):
        """The assignment, if the user registers there."""
        assignment = self.cleaned_data["assignment"]
        if not access.may_register(self.user, assignment):
            raise ValidationError(_("您没有登记该单位信访件的权限。"))
        return assignment

    def clean(self):
        """The channel is one of the unit chosen."""
        chosen, channel = self.cleaned_data.get("assignment"), self.cleaned_data.get("channel")
        if chosen and channel and channel.assignment_id != chosen.pk:
            self.add_error("channel", _("所选号码或地址不是该单位的。"))
        return self.cleaned_data

    @property
    def reporter_fields(self) -> list:
        """Bound fields about who reported; they stand apart, folded away."""
        return [self[name] for name in REPORTER if name in self.fields]

    @property
    def reporter_is_open(self) -> bool:
        """Whether the fields about who reported are unfolded: where the channel expects a name, or something stands in them."""
        return self.OPEN_REPORTER or any(field.errors or field.value() for field in self.reporter_fields)

    def sections(self) -> list[tuple[str, list]]:
        """Everything but who reported."""
        apart = {*REPORTER, "files"}
        return [
            (heading, kept)
            for heading, members in super().sections()
            if (kept := [member for member in members if member.name not in apart or member.name in self.MAIN])
        ]

    MAIN: tuple = ()  # reporter fields that this channel always knows, such as the number a message came from

    def target(self) -> Assignment:
        """The assignment it is registered in."""
        return self.cleaned_data["opening"].assignment if "opening" in self.fields else self.cleaned_data["assignment"]

    def facts(self) -> dict:
        """Keyword arguments for `intake.register`."""
        given = self.cleaned_data
        opening = given.get("opening")
        plain = ("postmarked_on", "people_count", "discipline", "mark", "files")
        return {name: given[name] for name in plain if name in self.fields and given[name] not in (None, "")} | {
            "channel_kind": self.kind,
            "channel": given.get("channel"),
            "box_opening": opening,
            "received_at": opening.opened_at if opening else given["received_at"],
            "subject": given["subject"],
            "text": given["text"],
            "reporter": {name: given[name] for name in REPORTER if given.get(name)},
            "details": {name: given[name] for name in DETAILS if given.get(name)},
            "source_key": hashes.keyed("petition.form", f"{self.user.pk}:{given['token']}"),
        }


class CallForm(RegisterForm):
    """A call, taken down while the caller talks: nothing asks for a name."""

    ASKS = ("assignment", "channel", "received_at", "subject", "text", "name", "phone", "address", "wish")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            self.fields["text"].widget.attrs["autofocus"] = True  # the caller talks already


class LetterForm(RegisterForm):
    """A letter by post."""

    ASKS = (
        "assignment",
        "channel",
        "received_at",
        "postmarked_on",
        "people_count",
        "mark",
        "subject",
        "text",
        "discipline",
        "name",
        "phone",
        "address",
        "id_number",
        "wish",
        "files",
    )
    OPEN_REPORTER = True


class SmsForm(RegisterForm):
    """A short message; the number it came from is always known."""

    ASKS = ("assignment", "channel", "received_at", "phone", "text", "subject", "name", "wish", "files")
    MAIN = ("phone",)


class EmailForm(RegisterForm):
    """A mail that is entered by hand."""

    ASKS = ("assignment", "channel", "received_at", "email", "subject", "text", "discipline", "name", "phone", "wish", "files")
    MAIN = ("email",)


class BoxForm(RegisterForm):
    """A letter out of a suggestion box: unit, box and day come from the opening that two people recorded."""

    ASKS = (
        "opening",
        "people_count",
        "mark",
        "subject",
        "text",
        "discipline",
        "name",
        "phone",
        "address",
        "id_number",
        "wish",
        "files",
    )


class VisitForm(RegisterForm):
    """来访接待登记表."""

    ASKS = (
        "assignment",
        "channel",
        "received_at",
        "place",
        "receiver",
        "people_count",
        "mark",
        "subject",
        "text",
        "discipline",
        "opinion",
        "arrangement",
        "remarks",
        *REPORTER,
        "files",
    )
    OPEN_REPORTER = True
    SECTIONS = (
        (_("来访"), ("assignment", "channel", "received_at", "place", "receiver", "people_count")),
        (_("反映事项"), ("subject", "text", "discipline", "mark")),
        (_("接待处理"), ("opinion", "arrangement", "remarks")),
    )


class OnlineForm(RegisterForm):
    """A message left on a web page or in an app."""

    ASKS = ("assignment", "channel", "received_at", "subject", "text", "discipline", "name", "phone", "email", "wish", "files")


class ForwardedForm(RegisterForm):
    """What a superior passed on."""

    ASKS = (
        "assignment",
        "received_at",
        "forwarded_by",
        "forwarded_number",
        "people_count",
        "mark",
        "subject",
        "text",
        "discipline",
        "name",
        "phone",
        "address",
        "wish",
        "files",
    )


SPOKEN = (Channel.Kind.CALL, Channel.Kind.VISIT)  # somebody is there to be told the scope
FORMS = {
    Channel.Kind.CALL: CallForm,
    Channel.Kind.LETTER: LetterForm,
    Channel.Kind.SMS: SmsForm,
    Channel.Kind.EMAIL: EmailForm,
    Channel.Kind.BOX: BoxForm,
    Channel.Kind.VISIT: VisitForm,
    Channel.Kind.ONLINE: OnlineForm,
    Channel.Kind.FORWARDED: ForwardedForm,
}


class HandUpFields(forms.Form):
    """The two signatures of a hand-over."""

    receiver_name = forms.CharField(label=_("接收机关"), max_length=120)
    handed_on = forms.DateField(label=_("交接日期"), initial=timezone.localdate)
    received_by = forms.CharField(label=_("接收人"), max_length=60)


class SealedForm(HandUpFields):
    """A petition about a superior body: what it says is not asked."""

    assignment = AssignmentChoice(label=_("被巡视单位"), queryset=Assignment.objects.none(), empty_label=None)
    channel_kind = forms.ChoiceField(label=_("渠道"), choices=Channel.Kind.choices)
    received_at = forms.DateTimeField(label=_("收到时间"))
    field_order = ("assignment", "channel_kind", "received_at")

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["assignment"].queryset = registrable(user)
        self.initial.setdefault("received_at", timezone.localtime().replace(second=0, microsecond=0, tzinfo=None))
