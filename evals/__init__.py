"""Gold facts, metrics, and the runner that scores answers against them."""
