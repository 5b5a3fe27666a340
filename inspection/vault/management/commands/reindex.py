"""Build the search index anew from the opened texts."""

from itertools import islice

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from inspection.vault import index

STEP = 1000


class Command(BaseCommand):
    help = _("重建检索索引；检索在重建期间照常可用。")

    def add_arguments(self, parser):
        parser.add_argument("domains", nargs="*", help=_("只重建这些类别：%(all)s") % {"all": ", ".join(index.DOMAINS)})

    def handle(self, *args, **options):
        unknown = set(options["domains"]) - set(settings.SEARCH_DOMAINS)
        if unknown:
            raise CommandError(_("没有这个检索类别：%(names)s") % {"names": ", ".join(sorted(unknown))})
        for domain in options["domains"] or settings.SEARCH_DOMAINS:
            self._rebuild(domain, import_string(settings.SEARCH_DOMAINS[domain])())

    def _rebuild(self, domain: str, documents):
        """documents yields (id, texts). Entries are replaced one by one, and what has no document any more is dropped."""
        before, seen = index.indexed(domain), set()  # taken first: what is registered meanwhile must stay
        while texts_of := dict(islice(documents, index.BATCH)):
            index.put_many(domain, texts_of)
            seen.update(texts_of)
            if len(seen) % STEP == 0:
                self.stdout.write(f"{domain} {len(seen)}")
        gone = before - seen
        with transaction.atomic():
            for object_id in gone:
                index.drop(domain, object_id)
            index.rebuilt(domain)
        self.stdout.write(
            _("%(domain)s：收入 %(count)s 件，清除 %(gone)s 件。") % {"domain": domain, "count": len(seen), "gone": len(gone)}
        )
