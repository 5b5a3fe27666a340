"""Build the demonstration: five rounds, the cast, and cases in every state."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from petitions.models import Petition
from rectification.demo import cases, cast, rounds
from rectification.models import Finding, Item
from rounds.models import Round


class Command(BaseCommand):
    help = "Build the demonstration (five rounds, the cast, invented cases). A second run adds nothing. Needs DEMO_PASSWORD."

    def handle(self, **options):
        if settings.ENV.production:
            raise CommandError("The demonstration is not for an office in production: its accounts share one password.")
        if len(settings.DEMO_PASSWORD) < 8:
            raise CommandError("Set DEMO_PASSWORD (at least 8 characters): the password of the demo cast.")
        with transaction.atomic():  # a demonstration that was cut short leaves nothing behind
            people = cast.cast(settings.DEMO_PASSWORD)
            if Round.objects.filter(code="TZ01").exists():
                self.stdout.write("The demonstration is there already.")
                return
            self.stdout.write("Planning five rounds …")
            built = rounds.world(people)
            self.stdout.write("Filling them …")
            cases.build(built, people)
        self.stdout.write(
            f"Done: {Round.objects.count()} rounds, {Petition.objects.count()} petitions, "
            f"{Finding.objects.count()} papers, {Item.objects.count()} items."
        )
