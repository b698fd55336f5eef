"""Briefs: a topic, or some articles, as a structured page that is cited in every line."""
