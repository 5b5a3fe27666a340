"""Django settings. What differs between an embedded and a production installation comes from `inspection.env`."""

import dj_database_url
from celery.schedules import crontab
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from . import env as environment

ENV = environment.read()
BASE_DIR = environment.BASE_DIR
DATA_DIR = ENV.data_dir
SECRET_KEY = ENV.secret_key
DEBUG = ENV.debug
ALLOWED_HOSTS = list(ENV.allowed_hosts)
CSRF_TRUSTED_ORIGINS = list(ENV.trusted_origins)
MASTER_KEYS = ENV.master_keys
DEMO_PASSWORD = ENV.demo_password
PRODUCTION = ENV.production
TRUSTED_PROXIES = frozenset(ENV.trusted_proxies)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "django_filters",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "inspection.accounts",
    "inspection.trail",
    "inspection.vault",
    "inspection.backups",
    "inspection.numbers",
    "inspection.calendar",
    "inspection.outbox",
    "inspection.documents",
    "inspection.reports",
    "inspection.api",
    "inspection.pages",
    "rounds",
    "petitions",
    "rectification",
]

MIDDLEWARE = [
    "inspection.pages.headers.Headers",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "inspection.accounts.middleware.SignInRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "inspection.pages.middleware.LateSteps",
    "inspection.api.bodies.BodyLimit",
]

ROOT_URLCONF = "inspection.urls"
WSGI_APPLICATION = "inspection.wsgi.application"
FORM_RENDERER = "inspection.pages.rendering.Renderer"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "inspection.pages.folding.Loader",
                    ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "inspection.pages.context.navigation",
            ],
        },
    },
]

DATABASES = {
    "default": dj_database_url.parse(
        ENV.database_url or f"sqlite:///{DATA_DIR / 'zhuoluo.sqlite3'}",
        conn_max_age=600,  # a new connection per request costs more than the page (docs/performance.md)
        conn_health_checks=True,
    )
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # WAL lets readers go on beside the one writer; IMMEDIATE takes the write lock at BEGIN, so that two verbs
    # queue for it instead of one failing halfway with "database is locked".
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "accounts:login"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTHENTICATION_BACKENDS = ["inspection.accounts.backends.Door"]
PASSWORD_LENGTH = ENV.password_length
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "inspection.accounts.passwords.Length"},
    {"NAME": "inspection.accounts.passwords.Uncommon"},
]

if ENV.redis_url:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": ENV.redis_url}}
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "django_cache"}}
SESSION_ENGINE = "inspection.accounts.sessions"
CONFIRMATION_SECONDS = 600  # after so long, acts on rights, keys, identities and exports ask again who is there
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = ENV.session_hours * 3600
IDLE_MINUTES = ENV.idle_minutes
IDLE_MINUTES_DEMANDING = min(15, ENV.idle_minutes)  # for the roles that ask for a second factor
UNATTENDED_PATHS = ("/live/",)  # what an open page asks by itself keeps no session awake
PARTIAL_SECONDS = 300  # from the password to the second factor
ENROLMENT_SECONDS = 900  # the same when there is none yet and a phone has to be fetched
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "inspection.pages.errors.csrf_failure"

if ENV.production:
    SECURE_SSL_REDIRECT = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31536000
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # the office's other subdomains are not ours to put under HTTPS
    "security.W021",  # nor is the browsers' preload list a place for an intranet
    "fields.W161",  # a fixed time of day is what a schedule wants; Django warns only while it is that time
]
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("简体中文")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "language"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = ["inspection.formats"]

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True  # pages ask for these alone; the others cost half the time of the first start
FILES_DIR = DATA_DIR / "files"  # encrypted files only; see inspection.vault

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024  # form text; files are counted separately
DATA_UPLOAD_MAX_NUMBER_FIELDS = 3000
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
BODY_MAX_BYTES = 250 * 1024 * 1024  # of a form with all its files
UPLOAD_MAX_BYTES = 20 * 1024 * 1024  # per attachment
UPLOAD_MAX_FILES = 20  # in one field of a form
UPLOAD_MAX_TOTAL_BYTES = 100 * 1024 * 1024  # all of them together
DATA_UPLOAD_MAX_NUMBER_FILES = 2 * UPLOAD_MAX_FILES  # of a request; past it nothing is read on
IMPORT_MAX_BYTES = 20 * 1024 * 1024
MAIL_MAX_BYTES = 50 * 1024 * 1024  # a larger mail is parked with its header only
MAIL_CA_FILE = ENV.mail_ca_file
CLAMD_SOCKET = ENV.clamd_socket
IDENTITY_HOURS = 24  # how long an approved identity request stays open unless the custodian says otherwise
IDENTITY_HOURS_MAX = 72

if ENV.redis_url:
    CELERY_BROKER_URL = ENV.redis_url
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 6 * 3600}
else:
    CELERY_BROKER_URL = "filesystem://"
    _queue = DATA_DIR / "queue"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_queue / "messages"),
        "data_folder_out": str(_queue / "messages"),
        "control_folder": str(_queue / "control"),
        "polling_interval": 0.1,  # ten times the throughput of the shipped one second (docs/performance.md)
    }
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # Celery's own handlers would print what exceptions say
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200  # PDF rendering keeps memory
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# What the lower floor starts on the clock, named by string so that it imports nobody. `expires` keeps a worker that
# was away from doing the same minute many times over.
CELERY_BEAT_SCHEDULE = {
    "outbox": {"task": "outbox.deliver", "schedule": 10, "options": {"expires": 10}},
    "reports": {"task": "reports.tick", "schedule": 60, "options": {"expires": 60}},
    "vault-sweep": {"task": "vault.sweep", "schedule": 24 * 3600, "options": {"expires": 3600}},
    "trail-seal": {"task": "trail.seal", "schedule": 60, "options": {"expires": 60}},
    "identities": {"task": "petitions.expire_identities", "schedule": 60, "options": {"expires": 60}},
    "mailbox": {"task": "petitions.fetch_mail", "schedule": 120, "options": {"expires": 120}},
    "verify": {"task": "pages.verify", "schedule": crontab(hour=3, minute=30), "options": {"expires": 3 * 3600}},
    "statistics": {"task": "pages.statistics", "schedule": 6 * 3600, "options": {"expires": 3600}},
    "heartbeat": {"task": "pages.heartbeat", "schedule": 30, "options": {"expires": 30}},
}

# Upper floors plug in here by name; see docs/architecture.md.
ACCOUNT_RECORDER = "inspection.trail.recording.record"  # the trail, for the accounts below it
OUTBOX_HANDLERS = {"notice": "inspection.outbox.handlers.deliver_notice", "report": "inspection.reports.handlers.produce"}
OUTBOX_HANDLERS |= {"verify": "inspection.trail.verifying.start"}
OUTBOX_HANDLERS |= {"import": "petitions.importing.running.start", "export": "petitions.exporting.start"}
REPORT_KINDS = [
    "rectification.reports.weekly_brief",
    "rectification.reports.monthly_office",
]
NOTICE_SENTENCES = [
    "inspection.pages.notices.NOTICES",
    "inspection.reports.notices.NOTICES",
    "rounds.notices.NOTICES",
    "petitions.notices.NOTICES",
    "rectification.notices.NOTICES",
]
SEARCH_DOMAINS = {  # generators of (id, texts) for manage.py reindex
    "petition": "petitions.search.documents",
    "finding": "rectification.search.findings",
    "clue": "rectification.search.clues",
    "item": "rectification.search.items",
}
VERIFY_CHECKS = [  # callables that yield a sentence for each problem, for manage.py verify
    "inspection.trail.guards.check",
    "inspection.trail.sealing.check",
    "inspection.vault.files.check",
    "inspection.vault.envelopes.check",
    "inspection.workflow.checks.check",
    "petitions.checks.check",
    "rectification.numbering.check",
]
NAVIGATION = [  # (user) -> list[NavItem]; see inspection.pages.context
    "rounds.navigation.items",
    "petitions.navigation.items",
    "rectification.navigation.items",
    "inspection.reports.home.navigation",
]
TRAIL_SENTENCES = [  # dicts of sentences; see inspection.pages.sentences
    "rounds.sentences.SENTENCES",
    "petitions.sentences.SENTENCES",
    "rectification.sentences.SENTENCES",
    "inspection.reports.notices.TRAIL",
]
# Where not all who see an object may read who did what: (entries, object, user) -> the entries as that user reads them.
TRAIL_READINGS = {"rectification.item": "rectification.disclosure.as_read_by"}
# Called with a user when a name, a relative or a liaison's unit of theirs has become known: is it in what is there already?
NAME_WATCHERS = ["petitions.exclusions.screen", "rectification.exclusions.screen"]
CASE_MODELS = [  # what a notice may only speak of as long as its reader sees it; each has `visible_to`
    "petitions.petition",
    "petitions.transferslip",
    "petitions.identityrequest",
    "petitions.originalrelease",
    "petitions.disposal",
    "rectification.finding",
    "rectification.clue",
    "rectification.feedback",
    "rectification.item",
]
PETITION_PANELS = ["rectification:petition_panel"]  # URL names with the petition's number: parts of its page from upstairs
# The same for an assignment's page: whoever may know of it asks, and a panel answers whom it does not concern with nothing.
ASSIGNMENT_PANELS = ["petitions:assignment_panel", "rectification:assignment_panel", "rectification:items_panel"]
HOME_PANELS = ["rounds.home.panels", "petitions.home.panels", "rectification.home.panels"]

FILTERS_EMPTY_CHOICE_LABEL = _("全部")
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.SessionAuthentication",
        "inspection.accounts.api.TokenAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated", "inspection.accounts.api.WithinScope"],
    "DEFAULT_THROTTLE_CLASSES": ["inspection.api.throttling.PerMinute"],
    "DEFAULT_PARSER_CLASSES": [
        "inspection.api.parsing.StrictJSON",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_FILTER_BACKENDS": ["inspection.api.filtering.PageFilters"],
    "DEFAULT_PAGINATION_CLASS": "inspection.api.pagination.ApiPagination",
    "PAGE_SIZE": 50,
    "DEFAULT_SCHEMA_CLASS": "inspection.api.schema.ApiSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "inspection.pages.errors.api_problem",
}
API_PER_MINUTE = {"person": 600, "token": 300}  # requests; a person's tokens and browsers count together as well
API_RESOURCES = (  # what a token may be limited to: the router's names, with a name for people
    ("rounds", pgettext_lazy("resource", "轮次")),
    ("groups", pgettext_lazy("resource", "巡视巡察组")),
    ("units", pgettext_lazy("resource", "单位")),
    ("people", pgettext_lazy("resource", "人才库")),
    ("assignments", pgettext_lazy("resource", "巡视巡察任务")),
    ("petitions", pgettext_lazy("resource", "信访件")),
    ("slips", pgettext_lazy("resource", "转办单")),
    ("findings", pgettext_lazy("resource", "问题底稿")),
    ("clues", pgettext_lazy("resource", "问题线索")),
    ("feedback", pgettext_lazy("resource", "反馈意见")),
    ("items", pgettext_lazy("resource", "整改事项")),
    ("reports", pgettext_lazy("resource", "报表")),
)
SPECTACULAR_SETTINGS = {
    "TITLE": "着落 Zhuoluo API",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "inspection.api.schema.with_problem"],
    "ENUM_NAME_OVERRIDES": {  # every kind of object has states and verbs of its own
        "RoundState": "rounds.models.Round.State",
        "RoundKind": "rounds.models.Round.Kind",
        "ChannelKind": "rounds.models.Channel.Kind",
        "UnitState": "rounds.api.UNIT_STATES",
        "PersonState": "rounds.api.PERSON_STATES",
        "GroupVerb": "rounds.api.GROUP_VERBS",
        "PersonVerb": "rounds.api.PERSON_VERBS",
        "AssignmentState": "rounds.models.Assignment.State",
        "AssignmentVerb": "rounds.workflow.ASSIGNMENT.verbs",
        "PetitionState": "petitions.models.Petition.State",
        "PetitionKind": "petitions.models.Petition.Kind",
        "PetitionVerb": "petitions.workflow.machines.PETITION.verbs",
        "SlipState": "petitions.models.TransferSlip.State",
        "SlipVerb": "petitions.workflow.machines.SLIP.verbs",
        "FindingState": "rectification.models.Finding.State",
        "FindingVerb": "rectification.workflow.machines.FINDING.verbs",
        "ClueState": "rectification.models.Clue.State",
        "ClueVerb": "rectification.workflow.machines.CLUE.verbs",
        "FeedbackState": "rectification.models.Feedback.State",
        "FeedbackVerb": "rectification.workflow.machines.FEEDBACK.verbs",
        "ItemState": "rectification.models.Item.State",
        "ItemVerb": "rectification.workflow.machines.ITEM.verbs",
        "ReportState": "inspection.reports.models.Run.State",
        "ReportError": "inspection.reports.models.Run.Error",
        "ReportFormat": "inspection.reports.kinds.FORMATS",
        "ReportAct": "inspection.reports.api.ALLOWED",
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "inspection.logs.Line", "fmt": "{asctime} {levelname} {name} {message}", "style": "{"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    # Django would mail tracebacks to ADMINS and, with DEBUG, print them in its own words.
    "loggers": {"django": {"handlers": [], "level": "INFO", "propagate": True}},
}
