"""The OpenAI conventions: the same jobs as the dual call's, asked for as OpenAI's clients do."""
