"""Build: pretrained networks, published or the course's stand-ins, and ``HubLayer`` to put one in a model."""

from course_utils.pretrained.finding import Backbone, Module, find, published, vgg19
from course_utils.pretrained.layer import HubLayer

__all__ = ["Backbone", "HubLayer", "Module", "find", "published", "vgg19"]
