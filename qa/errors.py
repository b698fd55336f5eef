"""The errors a user may see, and nothing else.

QAError
├── UsageError           wrong options or a malformed file of the user's              exit 2
├── ConfigError          a setting that is unknown or has no sensible value           exit 2
├── Missing              a file, model, key or index that is not there                exit 4
│   ├── ModelMissing     weights that have not been pulled
│   └── NotMade          another form of weights that could not be made
└── ServiceError         the model's service failed                                   exit 6
    ├── ServiceUnreachable   no route, refused, TLS failure, timeout                  retryable
    ├── ServiceOverloaded    429, 500, 502, 503, 504                                  retryable
    ├── ServiceRejected      400, 401, 403, 404: key, model name, parameters
    │   └── ContextTooLong   the prompt does not fit the model: ask with less
    ├── ReplyInvalid         empty, truncated, not JSON, wrong schema                 retryable
    └── BudgetExceeded       the next call would pass ``--budget``

Each message is one sentence that says what happened, to what, and what to do. Errors of the index
(``index.errors.IndexFailure``) are shown the same way with exit 4. Only ``qa.cli`` turns errors into exit
codes.
"""

from __future__ import annotations


class QAError(Exception):
    """Base of the errors that are shown to a user as one sentence."""


class UsageError(QAError):
    """Wrong options, or a malformed file of the user's."""


class ConfigError(UsageError):
    """A setting that is unknown or has no sensible value."""


class Missing(QAError):
    """A file, model, key or index that is not there."""


class ModelMissing(Missing):
    """Weights that have not been pulled."""

    def __init__(self, message: str, name: str) -> None:
        super().__init__(message)
        self.name = name


class NotMade(Missing):
    """Another form of pulled weights that could not be made."""


class ServiceError(QAError):
    """The model's service failed. ``retryable`` says whether asking again may help."""

    retryable = False

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ServiceUnreachable(ServiceError):
    """No route, connection refused, TLS failure or timeout."""

    retryable = True


class ServiceOverloaded(ServiceError):
    """The service said it is too busy or broken right now."""

    retryable = True


class ServiceRejected(ServiceError):
    """The service refuses this request for good."""


class ContextTooLong(ServiceRejected):
    """The prompt does not fit the model's context: the same request with less evidence may."""


class ReplyInvalid(ServiceError):
    """The reply cannot be used."""

    retryable = True


class BudgetExceeded(ServiceError):
    """The next call would pass the budget."""
