"""Errors of the scorer: each message says what is wrong, the value got, what is allowed and what to do."""


class RiskmlError(Exception):
    """Base of every error that riskml raises on purpose; its text is meant to be read by the user."""


class ArtifactError(RiskmlError):
    """The artifact is damaged, of an unknown format, or lies about its content. It is never used in part."""


class InputError(RiskmlError):
    """The site, an event or a feature row handed to the scorer is not usable."""
