"""``course collect``: a data set from a folder as people have it, checked, converted, without duplicates."""

import collections
import csv
import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from course_utils.data.layout import look_into
from course_utils.data.reading import UnreadablePicture, format_of, is_picture, open_picture
from course_utils.errors import CourseError, printable, say
from course_utils.files import ensure_writable, expanded, written_whole
from course_utils.progress import progress

# Bits of 256 in which perceptual hashes of near-duplicates differ. Of 2,024 pictures from an image search 79
# pairs differed by up to 28, all but two by up to 16, and from 32 on there are different garments; a copy of
# seven tenths of the size differed by up to 12, one of JPEG quality 40 by up to 18.
ALIKE = 28
UNEVEN = 4  # times as many pictures in the largest class as in the smallest that are worth a word
QUALITY = 92
SHEET, TILE, SHOWN = 12, 96, 24  # tiles in a row of the contact sheet, their side in pixels, shown of a class
COLUMNS = ("file", "class", "what", "why", "kept_as")


def run(options):
    """Collect ``options.source`` into ``options.destination``; return 0, or 1 where a class is left empty."""
    source, destination = (
        Path(os.path.abspath(expanded(path))) for path in (options.source, options.destination)
    )
    if destination == source or destination.is_relative_to(source) or source.is_relative_to(destination):
        raise CourseError(
            f"{destination} and {source} lie in one another. Give another folder for what is collected: the "
            "pictures that you have stay as they are."
        )
    layout = look_into(source)
    ensure_writable(destination)
    rows = collect(source, destination, layout, options.least, options.largest)
    counts = _say(rows, destination)
    return int(not all(counts[name] for name in layout.classes))


def collect(source, destination, layout, least=64, largest=1024):
    """Write the usable pictures of ``source`` to ``destination/pictures/<class>/`` and return a row a file.

    ``layout`` is that of ``source`` (``layout.look_into``). A picture becomes an upright RGB JPEG whose
    longer side has at most ``largest`` pixels; one whose shorter side has fewer than ``least`` is left out.
    Of near-duplicates in one class the largest file stays; of those in several classes none, as one of their
    classes is wrong. ``report.csv`` and ``contact_sheet.jpg`` appear beside. ``source`` is only read. A
    second run does what has changed, and what somebody deleted from ``destination`` stays deleted.
    """
    earlier = _earlier(destination)
    rows = [_row(source, file, "", "left out", reason) for file, reason in layout.left_out]
    files = [(name, file) for name, found in layout.classes.items() for file in found]
    pictures = []
    with progress(len(files), "Looking") as bar, ThreadPoolExecutor(os.cpu_count()) as threads:
        for (name, file), seen in zip(
            files, threads.map(lambda pair: _examine(pair[1], least), files), strict=True
        ):
            bar.update()
            if isinstance(seen, str):
                rows.append(_row(source, file, name, "left out", seen))
            else:
                pictures.append((name, file, *seen))
    kept = []
    for name, file, problem in _duplicates(pictures, source):
        if problem:
            rows.append(_row(source, file, name, "left out", problem))
        else:
            kept.append((name, file))
    for name, file in kept:
        target = _target(source, destination, name, file, largest)
        relative = target.relative_to(destination).as_posix()
        if relative in earlier and not target.exists():
            rows.append(_row(source, file, name, "left out", "you deleted its copy", relative))
            continue
        why = _convert(file, target, largest) if not _is_fresh(file, target) else earlier.get(relative, "")
        rows.append(_row(source, file, name, "kept", why, relative))
    # What an earlier run wrote and is wanted no more; never a file that it did not write.
    for relative in set(earlier) - {row["kept_as"] for row in rows}:
        (destination / relative).unlink(missing_ok=True)
    rows.sort(key=lambda row: (row["class"], row["file"]))
    _write_report(destination / "report.csv", rows)
    _write_sheet(destination, rows)
    return rows


def _examine(file, least):
    """Return (perceptual hash as bytes, bytes of the file) of a picture, or why it cannot be used."""
    import imagehash

    try:
        picture = open_picture(file, least=(512, 512))
        if min(picture.size) < least:
            width, height = picture.size
            return f"too small: {width} x {height} pixels, at least {least} are wanted"
        bits = imagehash.phash(picture, hash_size=16).hash
    except UnreadablePicture as error:
        return error.reason if is_picture(file) else "no picture"
    return np.packbits(bits), file.stat().st_size


def _duplicates(pictures, source):
    """Yield (class, file, problem) for tuples (class, file, hash, bytes): why one is a duplicate, or None."""
    order = sorted(range(len(pictures)), key=lambda place: -pictures[place][3])  # the largest stays
    hashes = np.array([pictures[place][2] for place in order]).reshape(len(order), -1)
    first, problems = [], {}
    for rank, place in enumerate(order):
        distances = np.bitwise_count(hashes[first] ^ hashes[rank]).sum(axis=1)
        if len(first) and distances.min() <= ALIKE:
            other = order[first[int(distances.argmin())]]
            twin = printable(pictures[other][1].relative_to(source).as_posix())
            if pictures[other][0] == pictures[place][0]:
                problems[place] = f"shows the same as {twin}"
            else:
                problems[place] = f"shows the same as {twin}, in another class: one of the two is wrong"
                own = printable(pictures[place][1].relative_to(source).as_posix())
                problems[other] = f"shows the same as {own}, in another class: one of the two is wrong"
        else:
            first.append(rank)
    for place, (name, file, *_) in enumerate(pictures):
        yield name, file, problems.get(place)


def _target(source, destination, name, file, largest):
    # Two files may differ in their ending or their folder alone; the digest keeps their copies apart.
    digest = hashlib.sha256(os.fsencode(file.relative_to(source)) + b"%d" % largest).hexdigest()[:6]
    stem = printable(file.stem).encode()[:100].decode(errors="ignore").replace("\\", "_")
    return destination / "pictures" / name / f"{stem}-{digest}.jpg"


def _is_fresh(file, target):
    return target.is_file() and target.stat().st_mtime_ns == file.stat().st_mtime_ns


def _convert(file, target, largest):
    """Write a copy as JPEG, with the time of its source; return what was changed, in words."""
    changes = []
    picture = open_picture(file, least=(largest, largest))
    if max(picture.size) > largest:
        picture.thumbnail((largest, largest))
        changes.append(f"made smaller, to {picture.width} x {picture.height}")
    kind = format_of(file)
    if kind != "JPEG":
        changes.append(f"converted from {kind}")
    if file.suffix.lower() not in (".jpg", ".jpeg") and kind == "JPEG":
        changes.append(f"a JPEG in spite of its name, {printable(file.name)}")
    status = file.stat()
    with written_whole(target) as temporary:
        picture.save(temporary, quality=QUALITY)
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
    return "; ".join(changes)


def _row(source, file, name, what, why, kept_as=""):
    file = printable(file.relative_to(source).as_posix())
    return {"file": file, "class": name, "what": what, "why": why, "kept_as": kept_as}


def _earlier(destination):
    """Return what an earlier run kept or knew to be deleted: a dict of copy to remark."""
    try:
        with (destination / "report.csv").open(newline="", encoding="utf-8") as file:
            return {row["kept_as"]: row["why"] for row in csv.DictReader(file) if row.get("kept_as")}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, csv.Error, KeyError) as error:
        raise CourseError(
            f"{destination / 'report.csv'} is no report of an earlier run: {error}. Give an empty folder."
        ) from error


def _write_report(path, rows):
    with written_whole(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def _write_sheet(destination, rows):
    """Write a sheet of small pictures: of each class a row or two of what was kept."""
    from PIL import Image, ImageDraw

    classes = collections.defaultdict(list)
    for row in rows:
        if row["what"] == "kept":
            classes[row["class"]].append(destination / row["kept_as"])
    lines = []
    for name, files in classes.items():
        shown = [files[place] for place in np.linspace(0, len(files) - 1, min(SHOWN, len(files))).astype(int)]
        lines += [(name, len(files), shown[start : start + SHEET]) for start in range(0, len(shown), SHEET)]
    sheet = Image.new("RGB", (SHEET * TILE, max(1, len(lines)) * (TILE + 18)), "white")
    draw = ImageDraw.Draw(sheet)
    for line, (name, count, shown) in enumerate(lines):
        top = line * (TILE + 18)
        draw.text((4, top + 2), f"{name}: {count}", fill="black")
        for column, file in enumerate(shown):
            tile = open_picture(file, least=(TILE, TILE))
            tile.thumbnail((TILE - 4, TILE - 4))
            sheet.paste(tile, (column * TILE, top + 18))
    with written_whole(destination / "contact_sheet.jpg") as temporary:
        sheet.save(temporary, quality=85)


def _say(rows, destination):
    """Print what was kept of each class and what was left out, and return the counts of the kept."""
    counts = collections.Counter(row["class"] for row in rows if row["what"] == "kept")
    for name in dict.fromkeys(row["class"] for row in rows if row["class"]):
        out = [row for row in rows if row["class"] == name and row["what"] == "left out"]
        say(f"{name:<20} {counts[name]:>6,} kept {len(out):>6,} left out")
    reasons = collections.Counter(
        row["why"].split(":")[0].split(" as ")[0] for row in rows if row["what"] != "kept"
    )
    for reason, count in reasons.most_common():
        say(f"{count:>6,} left out: {reason}")
    if counts and max(counts.values()) > UNEVEN * min(counts.values()):
        most, least = counts.most_common()[0], counts.most_common()[-1]
        say(
            f"Uneven: {most[1]:,} of {most[0]}, {least[1]:,} of {least[0]}. A network that always says "
            f"{most[0]} is right on {most[1] / counts.total():.0%}; more pictures of {least[0]} help most."
        )
    say(f"{counts.total():,} pictures in {destination / 'pictures'}; why, in report.csv beside it.")
    return counts
