"""Fields of a form, by kind: what is missing or of another kind never fails, and what must not be trimmed is not."""

from datetime import date

from django.http import HttpRequest, QueryDict

from carnet.pages.forms import Form


def form(body: str) -> Form:
    request = HttpRequest()
    request.POST = QueryDict(body)
    return Form(request)


def test_a_text_is_trimmed_and_cut_and_a_raw_field_keeps_blanks_and_separators() -> None:
    given = form("ins=%1DIS0100%1D&secret=+mot+&nom=++Anne++")
    assert given.text("nom") == "Anne"
    assert given.text("nom", 2) == "An"
    assert given.raw("ins", 600) == "\x1dIS0100\x1d", "what a scanner read ends with its separator"
    assert given.raw("secret", 200) == " mot "
    assert (given.text("rien"), given.raw("rien")) == ("", "")


def test_boxes_days_and_numbers_of_another_kind_are_nothing_chosen() -> None:
    given = form("oui=oui&non=true&jour=2026-11-26&faux=2026-13-40&n=7&gros=70&signe=-1&c=a&c=x&c=b")
    assert (given.yes("oui"), given.yes("non"), given.yes("rien")) == (True, False, False)
    assert (given.day("jour"), given.day("faux"), given.day("rien")) == (date(2026, 11, 26), None, None)
    assert [given.number(name, 9) for name in ("n", "gros", "signe", "rien")] == [7, None, None, None]
    assert given.many("c", {"a", "b"}) == ["a", "b"]
