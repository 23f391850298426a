"""`make bench`: what Patrol's own work costs beside the bare tools, as ratios within one run. Never part of `make test`."""
