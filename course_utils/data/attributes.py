"""Load pictures that answer several questions, such as colour and garment, from folders or a label file."""

import contextlib
import os
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from course_utils import availability
from course_utils.data import folders, label_files, layout, tfds_sets
from course_utils.data.pictures import Contents, Pictures, as_dataset
from course_utils.data.splitting import check_seed, check_share, rare_classes, split_apart, to_hold_out
from course_utils.errors import CourseError, NotAvailable, say
from course_utils.files import expanded

NAME = "fashion_attributes"


@dataclass(frozen=True, repr=False)
class AttributePictures(Pictures):
    """``Pictures`` whose classes are combinations of answers, such as ``red_dress``.

    ``questions`` is a dict of question, such as "color", to its answers, sorted; ``answers`` a dict of
    question to the answer of each class, as a position: an array [number of classes]. ``unseen`` is a
    dataset like the other three, of the combinations that ``train`` has no picture of (None without any).
    """

    questions: dict = field(kw_only=True)
    answers: dict = field(kw_only=True)
    unseen: Any = field(kw_only=True, default=None)

    @property
    def class_labels(self):
        """The labels of each class: its answers in words, such as ``["red", "dress"]``.

        An answer to more than one question, such as "yes", comes with its question: "striped yes".
        """
        shared = Counter(answer for answers in self.questions.values() for answer in answers)
        names = {
            question: [f"{question} {answer}" if shared[answer] > 1 else answer for answer in answers]
            for question, answers in self.questions.items()
        }
        rows = zip(*self.answers.values(), strict=True)
        return [[names[q][place] for q, place in zip(names, row, strict=True)] for row in rows]


def load_attributes(
    source="auto", held_out="", validation=0.1, test=0.2, size=96, seed=0, near_duplicates_together=True
):
    """Load pictures with several labels each as ``AttributePictures`` and say in one line which were taken.

    ``source`` is a folder, with subfolders ``<colour>_<garment>`` that answer "color" and "category" or with
    a label file (see ``label_files.look_into``); ``"sample"``; or ``"auto"``: the folder where TensorFlow
    Datasets looks for a set of this name that people bring themselves, if it is there, else the sample.

    ``test`` is the share (0 to 1, exclusive) of every combination that is kept for the end, ``validation``
    the share of the rest to steer by, both chosen by ``seed``, with near-duplicates on one side (unless
    ``near_duplicates_together`` is False). Combinations too rare for that are only trained on. ``held_out``,
    such as ``"blue_jeans"``, is for ``unseen`` alone; ``"auto"`` chooses one if ``unseen`` would be empty.

    Pictures are squashed to ``size`` x ``size`` RGB pixels. Raises CourseError for a folder that is missing
    or built in another way, a ``held_out`` that is not there or alone has an answer, and shares outside
    (0, 1) or too small for these pictures.
    """
    choice, rows, only_trained = divided(
        source, held_out, validation, test, size, seed, near_duplicates_together
    )
    contents, answers_of, _ = choice.value
    names = contents.class_names
    availability.announce(NAME, choice.taken, choice.why)
    if only_trained:
        say(f"Too rare to be judged by, so all of their pictures train: {', '.join(only_trained)}.")
    questions = {
        question: sorted({answers[question] for answers in answers_of.values()})
        for question in answers_of[names[0]]
    }
    return AttributePictures(
        name=NAME,
        source=choice.taken,
        why=choice.why,
        class_names=names,
        shape=contents.shape,
        counts={part: len(chosen) for part, chosen in rows.items()},
        skipped=contents.skipped,
        near_duplicates=contents.near_duplicates,
        questions=questions,
        answers={
            question: np.array([words.index(answers_of[name][question]) for name in names])
            for question, words in questions.items()
        },
        **{part: contents.dataset(chosen) for part, chosen in rows.items()},
    )


def divided(
    source="auto", held_out="", validation=0.1, test=0.2, size=96, seed=0, near_duplicates_together=True
):
    """Do what ``load_attributes`` does up to the split, without TensorFlow for a folder.

    Return an ``availability.Choice`` with the ``Contents``, the classes' answers and what is for ``unseen``
    in any case, then the rows of each part and the list of those classes that are too rare to be judged by.
    """
    check_seed(seed)
    check_share("validation", validation)
    check_share("test", test)
    if type(size) is not int or size < 1:
        raise CourseError(f"size = {size!r} is not a number of pixels, such as 96.")
    choice = _choose(source, size, held_out)
    contents, answers_of, never = choice.value
    shares, rare = (validation, test, seed), rare_classes(contents, validation * (1 - test))
    *possible, last = to_hold_out(held_out, answers_of, never, rare)
    for held in possible:
        with contextlib.suppress(CourseError):  # what is left cannot be split, or what is held out is in it
            return choice, *split_apart(contents, shares, [*never, *held], rare, near_duplicates_together)
    return choice, *split_apart(contents, shares, [*never, *last], rare, near_duplicates_together)


def look_into(path):
    """Return the ``Layout`` of a folder and the answers of each class: a dict of name to {question: answer}.

    Raises CourseError as ``label_files.look_into`` where the folder has a label file; else as
    ``layout.look_into``, and for subfolders that are not named ``<colour>_<garment>``.
    """
    if table := label_files.find(Path(os.path.abspath(expanded(path)))):
        return label_files.look_into(table)
    found = layout.look_into(path)
    return found, _colours_and_garments(found.classes)


def brought_folder():
    """Return where ``"auto"`` looks: the folder for sets that people bring themselves, as TFDS has it."""
    return expanded(tfds_sets.quiet_tfds().core.constants.DATA_DIR) / "downloads" / "manual" / NAME


def _choose(source, size, held_out):
    """Return a ``Choice`` whose value is (Contents, combinations that are for ``unseen`` alone)."""
    if source == "tfds":
        raise CourseError(
            'DATA = "tfds" has no colours and garments: TensorFlow Datasets offers no such set. Give a '
            'folder with subfolders like red_dress, or "sample" for the drawings that come with the course.'
        )
    if folders.is_folder(source):
        return availability.Choice(_read_folder(source, size, held_out), "folder", f"from {source}")
    brought, sample = partial(_read_brought, size, held_out), partial(_read_sample, size)
    choice = availability.choose("DATA", source, brought, sample)
    return choice._replace(taken="folder") if choice.taken == "tfds" else choice


def _read_brought(size, held_out):
    folder = brought_folder()
    if not os.path.isdir(folder):
        raise NotAvailable(f"there is no folder {folder}; your own goes into DATA.")
    return _read_folder(folder, size, held_out), f"from {folder}"


def _read_folder(path, size, held_out):
    found, answers_of = look_into(path)
    to_hold_out(held_out, answers_of)  # what is wrong with it is told before anything is read
    return folders.read(path, (size, size), layout=found), answers_of, []


def _read_sample(size):
    from PIL import Image

    builder = tfds_sets.sample(NAME)
    parts = [tfds_sets.columns(builder, part) for part in ("train", "unseen")]
    images, labels = (np.concatenate(part) for part in zip(*parts, strict=True))
    if images.shape[1] != size:
        resized = [Image.fromarray(image).resize((size, size), Image.Resampling.BILINEAR) for image in images]
        images = np.stack([np.asarray(image) for image in resized])
    names = builder.info.features["label"].names
    each = np.arange(len(labels))  # no two drawings are near-duplicates
    contents = Contents(names, images.shape[1:], labels, partial(as_dataset, images, labels), groups=each)
    return contents, _colours_and_garments(names), [names[label] for label in np.unique(parts[1][1])]


def _colours_and_garments(names):
    answers_of = {}
    for name in names:
        color, _, category = name.partition("_")
        if not color or not category or "_" in category:
            raise CourseError(
                f"The folder {name!r} is not named <colour>_<garment>, with one underscore between the two, "
                "such as red_dress or dark-blue_jeans. Rename it."
            )
        answers_of[name] = {"color": color, "category": category}
    colors, categories = (
        {answers[question] for answers in answers_of.values()} for question in ("color", "category")
    )
    if both := colors & categories:
        raise CourseError(
            f"{min(both)!r} is a colour and a garment; rename folders so that it is one of them."
        )
    return answers_of
