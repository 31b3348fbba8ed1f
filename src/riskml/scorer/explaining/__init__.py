"""Why a score is what it is: exact Shapley values, and what officers are told of them."""
