"""The networks of the stand-ins in ``data/hub`` and their training, for ``pretrain_stand_ins.py``."""
