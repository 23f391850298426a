"""The desk's pages for people, one module a page; each brings a router, `create_app` puts them together."""
