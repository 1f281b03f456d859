"""Configuration files of retraining: those that are shipped, wrong ones, former names of keys."""

from pathlib import Path

import pytest

pytest.importorskip("keras")

from fink_t2.errors import ConfigError
from fink_t2.training.retraining.settings import load_retrain_settings

pytestmark = pytest.mark.training

CHECKOUT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[pretrain]\nepoch = 3", "pretrain.epoch"),
        ('survey = "des"', "survey"),
        ('features = ["log_span", "mood"]', "mood"),
        ("grid_length = 2.5", "grid_length"),
        ('network = "rnn"', "network"),
        ("grid_length = ", "not valid TOML"),
        ('[real]\nfolds = 2\n[export]\nfactor_groups = [["SNIa", "SNIz"]]', "SNIz"),
        ('[export]\nfactor_groups = [["SNIa"]]', "real.folds"),
        ('[real.data_sets]\nspirits = "x.parquet"', "real.data_sets.spirits.*plasticc_metadata"),
        ('[real]\nspcc = "a"\ndata_sets = {spcc = "b"}', "real.spcc and real.data_sets.spcc"),
        ("[real]\nplain_weight = 1.0\neventless_weight = 2.0", "give only one of them"),
    ],
)
def test_mistakes_in_the_configuration_are_named(tmp_path, text, message):
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_retrain_settings(path)


@pytest.mark.parametrize("path", sorted((CHECKOUT / "conf").glob("retrain*.toml")), ids=str)
def test_shipped_configurations_are_valid_and_use_present_names(path):
    warnings = []
    assert load_retrain_settings(path, warnings.append).pretrain.epochs > 0
    assert not warnings


FORMER = "[simulation]\nplain_curves = 30\n[real]\nplain_weight = 4\n"
PRESENT = "[simulation]\neventless_curves = 30\n[real]\neventless_weight = 4\n"


def test_former_names_of_keys_have_the_same_meaning(tmp_path, capsys):
    former, present = tmp_path / "former.toml", tmp_path / "present.toml"
    former.write_text(FORMER)
    present.write_text(PRESENT)
    expected = load_retrain_settings(present)
    assert expected.simulation.eventless_curves == 30
    assert expected.real.eventless_weight == 4.0
    assert capsys.readouterr().err == ""
    assert load_retrain_settings(former) == expected
    assert capsys.readouterr().err.splitlines() == [
        f"{former}: simulation.plain_curves is deprecated; "
        "its new name is simulation.eventless_curves",
        f"{former}: real.plain_weight is deprecated; its new name is real.eventless_weight",
    ]


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"absent\.toml: can't be read"):
        load_retrain_settings(tmp_path / "absent.toml")
