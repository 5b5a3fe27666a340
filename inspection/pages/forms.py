"""Form parts that every floor's forms are built of. How they look is in templates/django/forms/."""

import datetime as dt
import hashlib
import json

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_filters.widgets import SuffixedMultiWidget

from .sizes import human_bytes

SECRECY = _("非涉密系统，严禁上传涉密文件")


class Sectioned:
    """Mixin: groups the fields under headings and, with `columns = 2`, sets them in two columns on wide screens.

    SECTIONS = ((_("反映人"), ("name", "phone")), …); a field named nowhere comes in a last section without a heading.
    """

    SECTIONS: tuple = ()
    WIDE: tuple = ()  # fields that span both columns; text areas, choices and files do so by themselves
    columns = 1

    def sections(self) -> list[tuple[str, list]]:
        """[(heading, bound fields)] of the visible fields."""
        placed = {name for _heading, names in self.SECTIONS for name in names}
        rest = tuple(name for name in self.fields if name not in placed)
        return [
            (heading, visible)
            for heading, names in (*self.SECTIONS, ("", rest))
            if (visible := [self[name] for name in names if name in self.fields and not self[name].is_hidden])
        ]


class AsSeen:
    """Mixin of a ModelForm that changes a row without states: what somebody else changed meanwhile is shown, never overwritten.

    The page carries digests of what the form showed. A field that holds something else by the time it comes back, and not what
    was typed, is refused with its present value beside it; sending the form again then means it.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self._now = {name: self._digest(name) for name in self.fields}
            self.fields["as_seen"] = forms.CharField(
                widget=forms.HiddenInput, required=False, initial=json.dumps(self._now, sort_keys=True)
            )

    @cached_property
    def changed_data(self) -> list[str]:
        """The fields that were changed; what the page carried is none."""
        return [name for name in super().changed_data if name != "as_seen"]

    def clean(self):
        """The data without what the page carried; an error beside each field that was overtaken."""
        data = super().clean()
        data = self.cleaned_data if data is None else data
        seen = _digests(data.pop("as_seen", ""))
        overtaken = [name for name, digest in seen.items() if self._now.get(name, digest) != digest]
        changed = [name for name in overtaken if name in self.changed_data]
        for name in changed:
            words = _("您填写期间，此项已被他人改为「%(now)s」。如仍要改成您填写的内容，请再次提交。")
            self.add_error(name, ValidationError(words, code="overtaken", params={"now": shown(self[name], self[name].initial)}))
        if changed:
            self.data = self.data.copy()
            self.data[self.add_prefix("as_seen")] = self.fields["as_seen"].initial
        return data

    def _digest(self, name: str) -> str:
        value = self.get_initial_for_field(self.fields[name], name)
        text = json.dumps(self.fields[name].prepare_value(value), default=str, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def _digests(text: str) -> dict:
    """{field: digest} of a page; empty for a form sent by something that is no page of ours."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def shown(field, value) -> str:
    """A value of a bound field in words: the label of a choice, a day as a day, a moment to the minute as its box shows it."""
    values = value if isinstance(value, (list, tuple)) else [value]
    labels = {str(key): label for key, label in getattr(field.field, "choices", ())}
    words = [labels.get(str(getattr(one, "pk", one)), _moment(field, one)) for one in values]
    return gettext("、").join(str(one) for one in words if one not in (None, "")) or "—"


def _moment(field, value):
    """A date or a moment, also one that was typed, in words; anything else as it is."""
    if isinstance(value, str) and isinstance(field.field, (forms.DateField, forms.DateTimeField)):
        try:
            value = field.field.to_python(value)
        except ValidationError:
            return value  # typed, and no date: it is shown as it was typed
    if isinstance(value, dt.datetime):
        return date_format(timezone.localtime(value) if timezone.is_aware(value) else value, "SHORT_DATETIME_FORMAT")
    return date_format(value, "SHORT_DATE_FORMAT") if isinstance(value, dt.date) else value


class DateRange(SuffixedMultiWidget):
    """Two days, from and to, for a filter: `DateFromToRangeFilter(widget=DateRange)`."""

    template_name = "django/forms/widgets/range.html"
    suffixes = ["after", "before"]

    def __init__(self, attrs=None):
        days = (forms.DateInput({"aria-label": _("起始日期")}), forms.DateInput({"aria-label": _("终止日期")}))
        super().__init__(days, attrs)

    def decompress(self, value):
        """[from, to]."""
        return [value.start, value.stop] if value else [None, None]


class UploadInput(forms.FileInput):
    """File chooser that says what is accepted, how large, and that nothing classified may be uploaded."""

    template_name = "django/forms/widgets/upload.html"

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        context["widget"]["secrecy"] = SECRECY
        context["widget"]["limit"] = human_bytes(self.limit)
        accept = context["widget"]["attrs"].get("accept", "")
        context["widget"]["kinds"] = _("图片") if accept == "image/*" else accept
        return context

    limit = settings.UPLOAD_MAX_BYTES


class UploadsInput(UploadInput):
    """The same for several files at once."""

    allow_multiple_selected = True


class UploadField(forms.FileField):
    """One file. What it holds is judged by `vault.files.store`; here only its size, so that the message stands beside the field.

    accept  comma-separated endings and media types for the chooser (".xlsx")
    limit   bytes
    """

    widget = UploadInput

    def __init__(self, *, accept: str = "", limit: int = settings.UPLOAD_MAX_BYTES, **kwargs):
        self.limit = limit
        super().__init__(**kwargs)
        self.widget.limit = limit
        self.widget.attrs["data-max-bytes"] = limit
        if accept:
            self.widget.attrs["accept"] = accept

    def clean(self, data, initial=None):
        """The uploaded file; ValidationError names the limit when it is larger."""
        if data and data.size > self.limit:
            raise ValidationError(
                _("文件 %(size)s，超过 %(limit)s 的上限。"),
                code="too_large",
                params={"size": human_bytes(data.size), "limit": human_bytes(self.limit)},
            )
        return super().clean(data, initial)


class UploadsField(UploadField):
    """Several files, not more than UPLOAD_MAX_FILES and UPLOAD_MAX_TOTAL_BYTES together; cleans to a list."""

    widget = UploadsInput

    def clean(self, data, initial=None):
        """A list of uploaded files, empty when none was chosen; ValidationError names the limit when they are too many."""
        files = data if isinstance(data, (list, tuple)) else [data] if data else []
        if self.required and not files:
            raise ValidationError(self.error_messages["required"], code="required")
        if len(files) > settings.UPLOAD_MAX_FILES:
            words = _("一次最多选择 %(limit)s 个文件，现有 %(count)s 个。请分次上传。")
            raise ValidationError(words, code="too_many", params={"limit": settings.UPLOAD_MAX_FILES, "count": len(files)})
        total = sum(file.size for file in files)
        if total > settings.UPLOAD_MAX_TOTAL_BYTES:
            sizes = {"size": human_bytes(total), "limit": human_bytes(settings.UPLOAD_MAX_TOTAL_BYTES)}
            raise ValidationError(_("所选文件共 %(size)s，超过 %(limit)s 的上限。请分次上传。"), code="too_large", params=sizes)
        return [super(UploadsField, self).clean(file, initial) for file in files]
