"""What the course draws: the sample sets in ``data/samples``, and the classes that the stand-ins learn from.

``kit`` has the tools, ``sets`` the four sets that lessons use, ``classes`` those of the stand-ins' training;
``data_set`` keeps a set in files.
"""
