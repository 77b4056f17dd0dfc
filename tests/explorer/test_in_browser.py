"""The explorer in headless Chromium: its state and the data of its views, never pixels."""

import shutil
from dataclasses import replace
from urllib.parse import parse_qs, urlparse

import pandas as pd
import pytest
from made_up_study import (
    BINS,
    HOSTILE,
    STEPS,
    write_bins,
    write_figure,
    write_regions,
    write_seed,
    write_study,
)

from grokking_phases.explorer.finished_seeds import Study, gather
from grokking_phases.explorer.page import write_page

playwright = pytest.importorskip("playwright.sync_api", reason="the explorer is not tried: no playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
if CHROMIUM is None:
    REASON = "the explorer is not tried: no Chromium here (Debian: apt install chromium)"
    pytest.skip(REASON, allow_module_level=True)

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
PATIENCE = 120_000  # ms; a machine may be busy
SYNERGY = '["o_information","hidden","synergy"]'
CLAIMS = pd.DataFrame(
    [
        ("A", "first", "holds"),
        ("A", "second", "depends on ties: holds under ties mean ranks"),
        ("B", "third", "holds"),
    ],
    columns=["paper", "claim", "verdict"],
).assign(figure="emergence/fig1", value=1.5, low=None, high=None)


@pytest.fixture(scope="module")
def tab():
    """Return a page of a browser, with lists of what it said on the console and of what it requested."""
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS, timeout=PATIENCE)
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(PATIENCE)
        errors, requests = [], []
        page.on("console", lambda message: errors.append(message.text))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        yield page, errors, requests
        browser.close()


@pytest.fixture
def opened(tab, tmp_path):
    """Return a function that writes the page of a study and opens it; at the end, it must have no errors."""
    page, errors, requests = tab
    errors.clear()
    requests.clear()

    def open_page(study, hash="", claims=CLAIMS):
        path = tmp_path / "explorer.html"
        write_page(path, study, claims)
        page.goto(f"{path.as_uri()}{hash}")
        page.wait_for_selector("body[data-ready]")
        return page

    yield open_page
    assert errors == []
    outside = [url for url in requests if urlparse(url).scheme not in ("file", "data", "blob", "about")]
    assert outside == [] and len({url.partition("#")[0] for url in requests if url.startswith("file:")}) == 1


@pytest.fixture
def study(tmp_path):
    """Return a study of three runs, two seeds each."""
    runs = ("wd0.1", "wd2", "wd10")
    write_study(tmp_path, runs)
    entries = {run: {"seeds": [0, 1], "training": {"weight_decay": float(run[2:])}} for run in runs}
    return gather(tmp_path, entries)


def address(page):
    """Return what the address holds, key by key."""
    return parse_qs(written(page)[1:], keep_blank_values=True)


def written(page):
    """Return the address once it holds the state."""
    wait = """async () => {
        for (let i = 0; i < 500 && location.hash !== formatState(state); i++)
            await new Promise((done) => setTimeout(done, 20));
        return [location.hash, formatState(state)];
    }"""
    found, expected = page.evaluate(wait)
    assert found == expected
    return found


def shown_rows(page):
    return [row.get_attribute("data-id") for row in page.query_selector_all("#runs-table tbody tr")]


def assert_all_at(page, step):
    """Assert that all views show the data of this step, for the run wd0.1 and seed 0."""
    i = STEPS.index(step)
    assert address(page)["step"] == [str(step)]
    assert page.inner_text("#step") == str(step)
    assert page.input_value("#slider") == str(i)
    for figure in page.query_selector_all("#panels figure"):
        assert figure.query_selector(".hair").get_attribute("data-step") == str(step)
    dot = page.query_selector('[data-plane="information"] circle')
    found = [dot.get_attribute(f"data-{name}") for name in ("step", "x", "y")]
    assert found == [str(step), str(i), f"{i / 2:g}"]
    dot = page.query_selector('[data-plane="synergy"] circle')
    assert [dot.get_attribute(f"data-{name}") for name in ("x", "y")] == ["2", str(i + 1)]
    multiplet = page.query_selector('#multiplet-charts [data-metric="synergy"]')
    units = sorted({i, 9})
    assert multiplet.query_selector(".members").inner_text() == f"Units {' '.join(map(str, units))}"
    assert multiplet.query_selector(".said").inner_text() == f"Step {step}: {i + 1} bits, 2 units"
    readout = page.query_selector("#readout tbody tr").inner_text().split("\t")
    assert readout[3] == f"{i + 1} (step {step})"


def test_the_page_opens_where_the_first_run_generalises(opened, study):
    page = opened(study)
    assert_all_at(page, 50)
    assert page.inner_text("#events").splitlines()[1].split("\t")[2:] == ["memorised", "5", "found"]


def test_a_step_in_the_table_of_events_moves_the_cursor_of_all_views(opened, study):
    page = opened(study)
    page.click("#events [data-step='5']")
    assert_all_at(page, 5)


def test_a_step_in_the_table_of_runs_chooses_that_run_and_moves_the_cursor(opened, study):
    page = opened(study)
    page.click("tr[data-id='wd2/1'] [data-step='5']")
    assert page.evaluate("[state.rows, state.focus, state.step]") == [["wd0.1/0", "wd2/1"], "wd2/1", 5]
    page.click("tr[data-id='wd2/1'] [data-step='50']")
    assert page.evaluate("[state.rows.length, state.step]") == [2, 50]


def test_without_a_chosen_run_the_page_says_so_and_draws_no_empty_charts(opened, study):
    page = opened(study)
    page.click("#choose-none")
    assert "No run is chosen" in page.inner_text("#training-said")
    assert page.query_selector_all("#panels figure, #plane-charts svg") == []
    assert "Not measured" in page.inner_text("#plane-charts [data-plane=information]")
    page.click("#choose-all")
    assert page.inner_text("#training-said") == ""
    assert page.query_selector_all("#panels figure") and page.query_selector_all("#plane-charts svg")


def test_arrow_keys_move_the_cursor_of_all_views(opened, study):
    page = opened(study)
    page.keyboard.press("ArrowLeft")
    assert_all_at(page, 20)
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    assert_all_at(page, 0)
    page.keyboard.press("End")
    assert_all_at(page, 100)


def test_the_slider_moves_the_cursor_by_keyboard(opened, study):
    page = opened(study)
    page.focus("#slider")
    page.keyboard.press("ArrowLeft")
    assert_all_at(page, 20)


@pytest.mark.parametrize("kind", ["log", "linear"])
def test_a_hover_moves_the_cursor_to_the_step_under_the_pointer(opened, study, kind):
    page = opened(study)
    page.select_option("#x", kind)
    page.keyboard.press("Tab")
    place = """([step, kind]) => {
        const svg = document.querySelector("#panels svg"), box = svg.getBoundingClientRect();
        const x = scale([0, 100], [SIZE.left, SIZE.width - SIZE.right], placeOf(kind))(step);
        return [box.left + x / SIZE.width * box.width, box.top + box.height / 2];
    }"""
    page.locator("#panels svg").first.scroll_into_view_if_needed()
    for step in (10, 50, 5):
        page.mouse.move(*page.evaluate(place, [step, kind]))
        assert_all_at(page, step)


def test_a_filter_leaves_exactly_its_runs(opened, study):
    page = opened(study)
    page.select_option("#filter-key", "training.weight_decay")
    page.select_option("#filter-value", "2")
    page.click("#filter-add")
    assert shown_rows(page) == ["wd2/0", "wd2/1"]
    page.select_option("#filter-key", "seed")
    page.select_option("#filter-value", "1")
    page.click("#filter-add")
    assert shown_rows(page) == ["wd2/1"]
    page.select_option("#filter-key", "seed")
    page.select_option("#filter-value", "0")
    page.click("#filter-add")
    assert shown_rows(page) == ["wd2/0", "wd2/1"]  # values of one key are alternatives
    for _ in range(3):
        page.click("#filters button")
    assert len(shown_rows(page)) == 6


def test_runs_are_chosen_by_click_and_by_keyboard(opened, study):
    page = opened(study)
    page.click('tr[data-id="wd2/1"]')
    assert address(page)["rows"] == ["wd0.1/0", "wd2/1"]
    assert page.input_value("#focus") == "wd2/1"
    assert len(page.query_selector_all(f"#panels figure[data-measure='{SYNERGY}'] path.line")) == 2
    page.focus('input[data-id="wd0.1/0"]')
    page.keyboard.press("Space")
    assert address(page)["rows"] == ["wd2/1"]
    assert page.inner_text("#readout tbody").startswith("wd2/1")
    page.click("#choose-none")
    assert page.query_selector_all("#panels path.line") == []


def test_phases_are_marked_at_their_steps(opened, study):
    page = opened(study)
    phase = page.query_selector("#panels [data-phase=emergence] title")
    assert phase.text_content() == "emergence: step 10 to 50"
    page.select_option("#phases", '["",""]')
    assert page.query_selector_all("#panels [data-phase]") == []


def test_events_are_marked_on_curves_and_planes(opened, study):
    page = opened(study)
    for place in (f"#panels figure[data-measure='{SYNERGY}']", "[data-plane=information]"):
        marks = page.query_selector_all(f"{place} [data-event]")
        found = [(mark.get_attribute("data-event"), mark.get_attribute("data-step")) for mark in marks]
        assert found == [("memorised", "5"), ("generalised", "50")]
    page.click("#choose-none")
    assert page.query_selector_all("main [data-event]") == []


def test_a_band_is_the_range_of_the_seeds(opened, study):
    page = opened(study)
    page.click("#choose-all")
    page.select_option("#seeds", "band")
    lines = page.evaluate("linesOf(data, state, nameOf('mutual_information', 'hidden', 'information_x'))")
    assert [line["run"] for line in lines] == ["wd0.1", "wd2", "wd10"]
    assert lines[0]["values"] == [i + 0.5 for i in range(8)]
    assert (lines[0]["low"][3], lines[0]["high"][3]) == (3, 4)
    assert len(page.query_selector_all(f"#panels figure[data-measure='{SYNERGY}'] path.range")) == 3


def test_a_link_restores_the_view(opened, study):
    page = opened(study)
    page.click('tr[data-id="wd2/1"]')
    page.select_option("#x", "linear")
    page.select_option("#measures", [SYNERGY])
    page.select_option("#verdict", "holds")
    page.locator("h1").click()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    said, state = written(page), page.evaluate("state")
    page.goto("about:blank")
    other = opened(study, said)
    assert other.evaluate("state") == state
    assert other.inner_text("#step") == "1" and other.input_value("#x") == "linear"
    assert len(other.query_selector_all("#panels figure")) == 1
    assert len(other.query_selector_all("#claim-list details")) == 2


def test_an_address_of_nonsense_opens_the_page(opened, study):
    page = opened(study, "#step=x&measures=%7B&plane=1&rows=none&filters=[")
    assert page.inner_text("#step") == "–"
    page.click('tr[data-id="wd2/1"]')
    assert page.inner_text("#step") == "50"


@pytest.fixture
def regions(tmp_path):
    """Return a study of a network whose regions are drawn, one whose regions are counted, and one without."""
    write_study(tmp_path, ("wd2", "plane", "slice"), seeds=(0,))
    write_regions(tmp_path / "plane/0", "plane")
    write_regions(tmp_path / "slice/0", "slice", with_polygons=False)
    study = gather(tmp_path)
    study.seeds.sort(key=lambda seed: seed.run != "wd2")
    return study


def squares(page):
    """Return the step and the number of polygons of each square that is drawn."""
    return [
        (
            int(figure.get_attribute("data-step")),
            sum(path.get_attribute("d").count("Z") for path in figure.query_selector_all(".region")),
        )
        for figure in page.query_selector_all("#squares figure")
    ]


def table_rows(page, table):
    return [row.inner_text().split("\t") for row in page.query_selector_all(f"{table} tbody tr")]


def test_the_squares_are_those_of_the_step_at_the_cursor(opened, regions):
    page = opened(regions)
    assert page.inner_text("#regions-choice").endswith("plane/0slice/0") and squares(page) == []
    page.click("[data-choose='plane/0']")
    assert squares(page) == [(20, 4), (50, 3)]
    page.keyboard.press("ArrowLeft")
    assert squares(page) == [(10, 5), (20, 4)]
    assert page.query_selector(".vanishing").get_attribute("d").count("Z") == 1
    assert page.query_selector(".example title").text_content() == "disappearance: neurons 3"
    assert page.inner_text("#regions-said").startswith("From step 10 to step 20: 5 regions became 4.")
    assert table_rows(page, "#regions-table")[0][:3] == ["cursor", "20", "4"]
    page.keyboard.press("Home")
    assert squares(page) == [(0, 9)]


def test_a_link_restores_the_regions(opened, regions):
    page = opened(regions)
    page.click("[data-choose='plane/0']")
    page.keyboard.press("ArrowLeft")
    said = written(page)
    page.goto("about:blank")
    other = opened(regions, said)
    assert squares(other) == [(10, 5), (20, 4)]
    assert other.input_value("#square") == '["linear_regions","hidden"]'


def test_regions_without_polygons_are_counted(opened, regions):
    page = opened(regions)
    page.click("[data-choose='slice/0']")
    assert squares(page) == [] and "not stored" in page.inner_text("#regions-said")
    assert [row[:3] for row in table_rows(page, "#regions-table")] == [
        ["cursor", "50", "3"],
        ["memorised", "5", "6"],
        ["generalised", "50", "3"],
        ["end", "100", "2"],
    ]


@pytest.fixture
def with_bins(tmp_path):
    """Return a study of a network with bins, which do not form the units at step 20, and one without."""
    write_study(tmp_path, ("wd2", "wd10"), seeds=(0,))
    write_bins(tmp_path / "wd2/0", "wd2", units={STEPS.index(20): [0, 8]})
    study = gather(tmp_path)
    study.seeds.sort(key=lambda seed: seed.run != "wd2")
    return study


def multiplet(page, metric):
    """Return what a multiplet is at the cursor, its lines by bin, and why it has no bins."""
    figure = page.query_selector(f'#multiplet-charts [data-metric="{metric}"]')
    lines = figure.query_selector_all(".members div")
    assert figure.get_attribute("data-step") == page.inner_text("#step")
    return (
        figure.query_selector(".said").inner_text(),
        {line.get_attribute("data-bin"): line.inner_text() for line in lines},
        figure.query_selector(".notes").inner_text(),
    )


def lines_of(bins, *numbers):
    return {str(b): f"Bin {b}: {' '.join(map(str, bins[b]))}" for b in numbers}


def test_the_units_at_the_cursor_stand_bin_by_bin(opened, with_bins):
    page = opened(with_bins)
    even, odd = BINS
    assert multiplet(page, "synergy") == ("Step 50: 1 bits, 5 units in 2 bins", lines_of(even, 0, 1), "")
    assert multiplet(page, "redundancy") == ("Step 50: 1 bits, 5 units in 2 bins", lines_of(even, 0, 2), "")
    page.keyboard.press("ArrowRight")
    assert multiplet(page, "synergy") == ("Step 100: 1 bits, 5 units in 2 bins", lines_of(odd, 0, 1), "")
    said = "Step 100: 1 bits, 6 units in 2 bins"
    assert multiplet(page, "redundancy") == (said, lines_of(odd, 0, 2), "")


def test_units_stand_alone_where_their_bins_are_not_known(opened, with_bins):
    page = opened(with_bins)
    page.keyboard.press("ArrowLeft")
    said, lines, why = multiplet(page, "synergy")
    assert (said, lines) == ("Step 20: 1 bits, 2 units", {None: "Units 0 8"}) and "do not form" in why
    assert "wd2/0, o_information: stored bins that do not form the units" in page.inner_text("#notes")
    page.click('tr[data-id="wd10/0"]')
    said, lines, why = multiplet(page, "synergy")
    assert (said, lines) == ("Step 20: 6 bits, 2 units", {None: "Units 5 9"}) and "not stored" in why


def test_the_membership_over_steps_is_that_of_the_units_in_bins(opened, with_bins):
    page = opened(with_bins)
    drawn = """() => {
        const canvas = document.querySelector('[data-metric="synergy"] canvas');
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        const filled = (x) => (y) => data[4 * (y * canvas.width + x) + 3] > 0;
        return [0, 5].map((x) => [...Array(canvas.height).keys()].filter(filled(x)));
    }"""
    assert page.evaluate(drawn) == [[0, 1, 2, 3, 5], [0, 8]]


def test_bins_are_saved_as_csv(opened, with_bins):
    page = opened(with_bins)
    with page.expect_download() as download:
        page.click("[data-csv=multiplets]")
    lines = download.value.path().read_text("utf-8").splitlines()
    assert lines[:3] == ["run,metric,step,bin,units", "wd2/0,synergy,0,0,0 1", "wd2/0,synergy,0,1,2 3 5"]


def test_claims_are_chosen_by_verdict_and_paper(opened, study):
    page = opened(study)
    page.select_option("#verdict", "holds")
    page.select_option("#paper", "A")
    assert claims_in(page) == ["first"]
    page.select_option("#paper", "")
    page.select_option("#verdict", "depends on")
    assert claims_in(page) == ["second"]
    page.select_option("#verdict", "does not hold")
    assert claims_in(page) == [] and page.inner_text("#claims-said")


def claims_in(page):
    return [entry.get_attribute("data-claim") for entry in page.query_selector_all("#claim-list details")]


def test_verdicts_are_counted_by_claim_and_not_by_variant(opened, study):
    """Give each claim two variants, of which the second is not measured."""
    half = CLAIMS.assign(value=None, outcome="not measured", variant="loss float32")
    both = pd.concat([CLAIMS.assign(outcome="holds", variant="loss float64"), half])
    page = opened(study, claims=both)
    counts = page.locator("#verdict option").all_inner_texts()
    assert counts == [
        "all (3)", "holds (2)", "depends on (1)", "does not hold (0)", "cannot tell (0)", "not measured (0)"
    ]  # fmt: skip
    entry = page.locator("[data-claim=first]")
    entry.locator("summary").click()
    assert entry.locator("tbody td:nth-child(2)").all_inner_texts() == ["holds", "not measured"]


def test_a_claim_says_which_values_it_needs(opened, study):
    needs = {"quantity": "steps of one over another", "direction": "below", "margin": 0.5, "unit": "ratio"}
    page = opened(study, claims=CLAIMS.assign(**needs))
    page.click("[data-claim=first] summary")
    said = page.inner_text("[data-claim=first] p")
    assert "steps of one over another" in said and "below 0.5 (ratio)" in said


def test_a_claim_links_to_its_figure_and_opens_its_notes(opened, study, tmp_path):
    write_figure(tmp_path, "emergence/fig1", "What\nis drawn")
    page = opened(study, claims=CLAIMS.assign(figure=["emergence/fig1", "emergence/fig2", None]))
    places = page.query_selector_all("#claim-list .links")
    links = [[a.get_attribute("href") for a in place.query_selector_all("a")] for place in places]
    assert links == [["figures/emergence/fig1.pdf", "figures/emergence/fig1.png"], [], []]
    assert "emergence/fig2" in places[1].text_content() and "none" in places[2].text_content()
    assert not page.is_visible("[data-figure] p")
    page.click("[data-claim=first] summary")
    page.click("[data-notes='emergence/fig1']")
    assert page.is_visible("[data-figure] p")
    assert page.inner_text("[data-figure='emergence/fig1'] p") == "What\nis drawn"


@pytest.mark.parametrize(
    ("view", "first", "n_rows"),
    [
        ("runs", "wd0.1,0,5,50,1,1,0.1", 6),
        ("training", "wd0.1/0,curves,,train_accuracy,0,0,,", 4 * 8),
        ("planes", "wd0.1/0,information_x,information_y,0,0,0", 2 * 8),
        ("multiplets", "wd0.1/0,synergy,0,,0 9", 2 * 8),
        ("claims", "A,first,holds,emergence/fig1,1.5,,", 3),
    ],
)
def test_what_is_shown_is_saved_as_csv(opened, study, view, first, n_rows):
    page = opened(study)
    with page.expect_download() as download:
        page.click(f"[data-csv={view}]")
    lines = download.value.path().read_text("utf-8").splitlines()
    assert lines[1] == first
    assert len(lines) == 1 + n_rows


def test_a_name_of_markup_is_text_everywhere(opened, study, tmp_path):
    study.seeds[0].run = HOSTILE
    study.seeds[0].recipe["note"] = HOSTILE
    study.problems.append(HOSTILE)
    write_figure(tmp_path, f"javascript:{HOSTILE}", HOSTILE)
    page = opened(study, claims=CLAIMS.assign(claim=HOSTILE, figure=f"javascript:{HOSTILE}"))
    page.click("#choose-all")
    page.select_option("#filter-key", "note")
    page.select_option("#filter-value", label=page.locator("#filter-value option").first.text_content())
    page.click("#filter-add")
    assert page.evaluate("window.hurt") is None
    assert page.query_selector_all("img") == []
    assert shown_rows(page) == [f"{HOSTILE}/0"]
    assert HOSTILE in page.inner_text("#claim-list") and HOSTILE in page.inner_text("#notes")
    assert page.get_attribute("#claim-list a", "href").startswith("figures/javascript%3A")
    page.locator("#claim-list summary").first.click()
    page.locator("[data-notes]").first.click()
    assert page.inner_text("[data-figure] p") == HOSTILE


def test_one_seed_without_phases_and_with_nan(opened, tmp_path):
    write_study(tmp_path, seeds=(0,), with_phases=False)
    page = opened(gather(tmp_path), '#measures=["curves","","test_loss"]&step=2'.replace('"', "%22"))
    assert page.inner_text("#readout tbody") == "wd2/0\t– (step 2)"
    path = page.get_attribute("#panels path.line", "d")
    assert path.count("M") == 2 and "NaN" not in path
    assert page.query_selector_all("#panels [data-phase]") == []


def test_an_unfinished_study_says_so(opened, tmp_path):
    write_seed(tmp_path / "wd2/0", "wd2", 0)
    page = opened(gather(tmp_path, {"later": {"seeds": [7]}}))
    assert page.inner_text("#runs-table tbody tr").split("\t")[1] == "no table yet"
    page.click('tr[data-id="later/7"]')
    assert address(page)["rows"] == ["wd2/0", "later/7"]


def test_an_empty_study_opens(opened):
    page = opened(Study(), claims=None)
    assert page.inner_text("#step") == "–"
    page.keyboard.press("ArrowRight")


def test_a_hundred_runs_open_and_are_filtered(opened, tmp_path):
    write_study(tmp_path, seeds=(0,), with_phases=False)
    study = gather(tmp_path)
    [first] = study.seeds
    study.seeds = [replace(first, run=f"run_{i}", recipe={"lr": i % 10}) for i in range(100)]
    page = opened(study)
    page.select_option("#filter-key", "lr")
    page.select_option("#filter-value", "3")
    page.click("#filter-add")
    assert shown_rows(page) == [f"run_{i}/0" for i in range(3, 100, 10)]
    page.click("#choose-all")
    assert len(page.query_selector_all("#readout tbody tr")) == 10
