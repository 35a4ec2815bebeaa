"""The tour through the real window shows what it should, step by step."""

from datetime import UTC, datetime

from workstation.app import use_own_zone_rules
from workstation.demo.centre import running_centre
from workstation.demo.tour import Tour

STEPS = 12


def test_every_step_of_the_tour_shows_what_it_should(qapp, tmp_path):
    use_own_zone_rules()
    told = []
    with running_centre(tmp_path / "centre", 60, datetime.now(UTC)) as centre:
        steps = Tour(qapp, centre, tmp_path / "pictures", tmp_path / "homes").run(told.append)
    assert [(step.name, step.words) for step in steps if not step.ok] == []
    assert len(steps) == STEPS
    assert told == steps
    assert all((tmp_path / "pictures" / step.picture).stat().st_size > 5_000 for step in steps)
