"""What a list of feedback may be narrowed by: page and API alike."""

import django_filters as filters
from django.utils.translation import gettext_lazy as _

from inspection.pages.searching import SearchFilter
from rectification.models import Feedback

from .finding import CaseFilter


class FeedbackFilter(CaseFilter):
    """Feedback. Its text is not indexed; the number is all one searches by."""

    q = SearchFilter(label=_("发文编号"), field_name="number", lookup_expr="icontains", max_length=40)
    state = filters.ChoiceFilter(choices=Feedback.State.choices, label=_("状态"))
    to = filters.ChoiceFilter(choices=Feedback.To.choices, label=_("反馈对象"))
    assignment = filters.CharFilter(field_name="assignment__number", label=_("任务编号"), max_length=40)

    class Meta:
        model = Feedback
        fields = ()
