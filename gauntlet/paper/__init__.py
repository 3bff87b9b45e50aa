"""PDF to pages, text, tables, figures and points of vector plots; every item has an anchor on a page."""
