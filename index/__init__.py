"""Articles in, passages out; knows nothing of language models."""
