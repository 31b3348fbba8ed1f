"""Planning: which sites to visit in a period, drawn or ranked: floor, caps, random share, known probabilities."""

from riskml.planning.draw import Draw, draw, draw_ranked
from riskml.planning.period import Period, period_of
from riskml.planning.plan import Plan, plan

__all__ = ["Draw", "Period", "Plan", "draw", "draw_ranked", "period_of", "plan"]
