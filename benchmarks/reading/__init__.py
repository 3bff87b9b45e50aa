"""How well papers are read: text, tables and plots, beside what a person sees on the pages."""
