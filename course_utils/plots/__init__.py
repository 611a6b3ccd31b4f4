"""Look and judge: the figures of the lessons.

Every function returns a ``CourseFigure``. As the last expression of a notebook cell it shows once, with
alternative text (``figure.alt``); ``figure.savefig(path)`` writes it to a file.
"""

from course_utils.plots.curves import histories, precision_recall, threshold_scores
from course_utils.plots.dataset import class_balance, grid, scatter
from course_utils.plots.diagram import network_diagram
from course_utils.plots.evaluation import (
    confusion_matrix,
    label_predictions,
    most_confident_mistakes,
    output_predictions,
    predictions,
    top_labels,
)
from course_utils.plots.maps import feature_maps, heat_maps
from course_utils.plots.style import use_source, use_weights
