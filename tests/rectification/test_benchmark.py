"""The benchmark's filling is as true as what people register, and its terms find what their names say."""

import pytest
from django.core.management import call_command

from petitions.models import Petition
from rectification.benchmark import filling, world
from rectification.benchmark.results import Result
from rectification.benchmark.words import TERMS, Author
from rectification.models import Finding, Item


@pytest.mark.django_db
def test_what_the_benchmark_fills_in_passes_verification_and_is_found():
    built = world.build()
    writer = filling.Writer(built.assignments[0], built, 7)
    for _batch in range(2):
        writer.petitions(60)
    writer.findings(2)
    writer.items(2)
    call_command("verify")
    assert (Petition.objects.count(), Finding.objects.count(), Item.objects.count()) == (120, 2, 2)
    assert set(Petition.objects.values_list("state", flat=True)) >= {"registered", "transferred", "repeat", "concluded"}
    texts = {
        petition.pk: "\n".join(Petition.searchable(petition.opened())) for petition in Petition.objects.select_related("content")
    }
    for term in (TERMS[2]["common"], TERMS[4]["common"], TERMS[3]["broken"]):
        assert set(Petition.objects.search(term).values_list("pk", flat=True)) == {
            pk for pk, text in texts.items() if term in text
        }


def test_the_same_seed_writes_the_same_petitions_with_every_frequency_of_term():
    first, again, other = ([author.petition() for _place in range(400)] for author in (Author(3), Author(3), Author(4)))
    assert first == again != other
    texts = [petition["text"] for petition in first]
    for terms in TERMS.values():
        held = {frequency: sum(term in text for text in texts) for frequency, term in terms.items()}
        assert held["common"] > 40 and held["middling"] < 40 and held["rare"] < 3
        assert held["absent"] == held.get("broken", 0) == 0


def test_a_result_is_judged_by_its_ratio_or_value_and_by_its_statements():
    assert Result("a", 30, "ms", 3.9, 4, queries=12, most=12).ok
    assert not Result("a", 30, "ms", 4.1, 4).ok
    assert not Result("a", 30, "ms", 3.9, 4, queries=13, most=12).ok
    assert Result("a", 500, "rows/s", None, 400, least=True).ok and not Result("a", 300, "rows/s", None, 400, least=True).ok
    assert Result("told only", 30, "ms", 99).ok
