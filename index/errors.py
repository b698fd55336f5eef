"""What can go wrong in the index.

IndexFailure
├── NothingIndexed        there is no index, or it is empty
├── EmbeddingMismatch     the index was made with another embedding
├── IndexBusy             another process is writing
├── IndexDamaged          the folder holds something that cannot be read as an index
├── NoSuchArticle         an id or path that is not in the index
├── EmbeddingServiceFailed  the endpoint that makes the vectors failed (exit 6)
└── InputMissing          a path given to ``add`` does not exist

Each message is one sentence that says what, where and what to do.
"""

from __future__ import annotations


class IndexFailure(Exception):
    """Base of everything the index reports to a user."""


class NothingIndexed(IndexFailure):
    """There is no index, or it is empty."""


class EmbeddingMismatch(IndexFailure):
    """The index was made with another embedding than the one configured."""


class IndexBusy(IndexFailure):
    """Another process is writing to the index."""


class IndexDamaged(IndexFailure):
    """The folder holds something that cannot be read as an index."""


class NoSuchArticle(IndexFailure):
    """An id or path that is not in the index."""


class InputMissing(IndexFailure):
    """A path given to ``add`` does not exist."""


class EmbeddingServiceFailed(IndexFailure):
    """The endpoint that makes the vectors cannot be reached, refuses, or returns something else."""
