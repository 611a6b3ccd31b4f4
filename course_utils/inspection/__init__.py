"""Judge: a look inside a network: what its layers answer to a picture, where the evidence for a class lies.

Every function takes a Keras model as it is: Sequential or functional, with models inside it, with one output
or several, with scaling inside. Nothing in the model changes. ``images`` are a batch [n, height, width,
channels] with the pixel values that the model takes.
"""

from course_utils.inspection.backbone import spatial_backbone
from course_utils.inspection.class_maps import ClassMaps, class_activation_map, grad_cam
from course_utils.inspection.patterns import Patterns, patterns
from course_utils.inspection.recording import activations
