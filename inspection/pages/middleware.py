"""The page shown when a step comes too late. The headers of every answer are set in `headers`."""

from inspection.workflow import StepRefused

from . import errors
from .lists import BadParameter


class LateSteps:
    """Answers StepRefused and BadParameter. What is asked about the user again and again while a page is made is remembered, for
    that request only.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.user.is_authenticated:
            request.user.asked_this_request = {}
        return self.get_response(request)

    def process_exception(self, request, exception):
        """Turn what a view could not do into its page; anything else goes on to Django."""
        if isinstance(exception, StepRefused):
            return errors.moved_on(request, exception)
        if isinstance(exception, BadParameter):
            return errors.bad_request(request, exception)
        return None
