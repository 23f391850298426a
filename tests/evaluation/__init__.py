"""The evaluation that anyone can repeat (`make evaluate`): the project's own labelled listings, and corpora beside it."""
