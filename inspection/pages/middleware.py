"""Headers of every answer, and the page shown when a step comes too late."""

from inspection.workflow import StepRefused

from . import errors
from .lists import BadParameter

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; object-src 'none'; "
    "frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
)


class CaseHeaders:
    """Sets the content security policy, keeps every page out of every cache, and answers StepRefused and BadParameter."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        response.headers["Cache-Control"] = "no-store"  # static files are answered before this and keep their own
        return response

    def process_exception(self, request, exception):
        """Turn what a view could not do into its page; anything else goes on to Django."""
        if isinstance(exception, StepRefused):
            return errors.moved_on(request, exception)
        if isinstance(exception, BadParameter):
            return errors.bad_request(request, exception)
        return None
