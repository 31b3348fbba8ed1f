"""Cold start: a site stands on one side, whatever else is in the records."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskml.cohorts import Fold, cold_start_folds, held_out_sites
from riskml.errors import DataError, StudyError

SITES = pd.Series([f"s{number:05}" for number in range(4_000)])


def test_a_side_by_hand() -> None:
    # blake2b("7:a", 8 bytes) / 2^64 = 0.486941..., of "7:b" 0.688899...
    sites = pd.Series(["a", "b", "a"])
    assert held_out_sites(sites, share=0.487, seed=7).tolist() == [True, False, True]
    assert held_out_sites(sites, share=0.486, seed=7).tolist() == [False, False, False]
    assert held_out_sites(sites, share=0.689, seed=7).all()


@pytest.mark.parametrize("share", [0.1, 0.3, 0.8])
def test_the_share_held_out_is_the_share_asked_for(share: float) -> None:
    found = held_out_sites(SITES, share=share, seed=1).mean()
    assert abs(found - share) < 4 * np.sqrt(share * (1 - share) / len(SITES))


def test_another_seed_draws_other_sites_and_a_larger_share_keeps_those_held_out() -> None:
    one, two = (held_out_sites(SITES, share=0.3, seed=seed) for seed in (1, 2))
    assert 0.05 < (one & two).mean() < 0.13  # 0.09 by chance
    assert (held_out_sites(SITES, share=0.5, seed=1) | ~one).all()


@given(st.lists(st.sampled_from(SITES[:40].tolist()), min_size=1, max_size=60), st.integers(0, 10**6))
def test_the_side_of_a_site_depends_on_its_id_alone(sites: list[str], seed: int) -> None:
    alone = dict(zip(SITES[:40], held_out_sites(SITES[:40], share=0.4, seed=seed), strict=True))
    assert held_out_sites(pd.Series(sites), share=0.4, seed=seed).tolist() == [alone[site] for site in sites]


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_a_share_that_leaves_a_side_empty_is_refused(share: float) -> None:
    with pytest.raises(StudyError, match=r"above 0 and below 1, got (0|1|-0.1|nan)$"):
        held_out_sites(SITES, share=share, seed=1)


@given(st.integers(0, 10**6))
def test_no_site_teaches_and_judges(seed: int) -> None:
    site_ids = pd.Series(np.tile(SITES[:50], 3))
    fold = Fold(origin=9, train=np.arange(50), calibrate=np.arange(50, 100), test=np.arange(100, 150))
    (split,) = cold_start_folds([fold], held_out_sites(site_ids, share=0.4, seed=seed))
    taught = set(site_ids.iloc[np.concatenate([split.train, split.calibrate])])
    judged = set(site_ids.iloc[split.test])
    assert not taught & judged
    assert taught | judged == set(site_ids)
    assert len(split.train) == len(split.calibrate) == 50 - len(split.test)


def test_an_origin_without_one_side_is_refused() -> None:
    fold = Fold(origin=9, train=np.array([0]), calibrate=np.array([], dtype=np.int64), test=np.array([1]))
    with pytest.raises(DataError, match="origin 1970-01-10: 0 rows of other sites to learn from, 1 rows of held-out"):
        cold_start_folds([fold], np.array([True, True]))
