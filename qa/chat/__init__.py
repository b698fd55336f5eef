"""A conversation with the articles: follow-ups, sessions, the screen and its commands."""
