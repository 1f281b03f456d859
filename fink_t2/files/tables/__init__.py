"""Tables of light curves: recognise the layout of a table and read its points.

``read.py`` turns a file into an Arrow table, ``known_layouts.py`` lists the layouts that are
recognised, ``recognise.py`` chooses one for a table, and ``points.py`` reads the points.
"""
