"""What mechanisms cost: pure broadcasting numpy functions by family, and a catalogue of them as data.

Each primitive is one function of arrays that returns a named tuple. `mechanisms.catalogue.catalogue()` lists them with
units, domain and source. Needs numpy alone; nothing is imported here, so that a caller loads only the family it uses.
"""
