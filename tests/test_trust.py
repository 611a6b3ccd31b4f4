"""Whom the course trusts: what a kept model may name, load and weigh, and which files are as published."""

import hashlib
import http.server
import io
import json
import shutil
import threading
import zipfile

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tiny_module import ADDRESS, SIZE, export

from course_utils import availability, cli, labels, portable
from course_utils.cli import classifier
from course_utils.errors import CourseError, NotAvailable
from course_utils.files import course_folder
from course_utils.pretrained import HubLayer, modules

L = keras.layers
HUB = {"module": "course_utils.pretrained.layer", "class_name": "HubLayer"}
HUB["registered_name"] = "course_utils>HubLayer"
MOBILENET = ADDRESS.format("mobilenet_v2/feature_vector")
STAND_IN = "data/hub/mobilenet_v2_feature_vector"


def network(*between, side=SIZE):
    stack = [keras.Input((side, side, 3)), *between, L.GlobalAveragePooling2D(), L.Dense(2, "softmax")]
    return keras.Sequential(stack)


def kept(folder, model=None, change=None, **members):
    """An artifacts folder with ``model``, whose config went through ``change``, and other ``members``."""
    folder.mkdir(parents=True)
    (folder / "labels.json").write_text('{"kind": "single_label", "labels": ["a", "b"]}')
    portable.save(model or network(L.Identity()), folder / "model.keras")
    with zipfile.ZipFile(folder / "model.keras") as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    if change:
        config = json.loads(inside["config.json"])
        change(config)
        inside["config.json"] = json.dumps(config).encode()
    inside |= {name.replace("__", "."): content for name, content in members.items()}
    with zipfile.ZipFile(folder / "model.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in inside.items():
            archive.writestr(name, content)
    return folder


def put(entry):
    """A change of a config: ``entry`` instead of the layer after the input."""
    return lambda config: config["config"]["layers"].__setitem__(1, entry)


def layer(class_name, module="keras.layers", **config):
    entry = {"module": module, "class_name": class_name, "registered_name": None}
    return {**entry, "config": {"name": "strange", **config}}


def hub(handle, **other):
    return {**HUB, "config": {"name": "hub", "handle": handle}, **other}


def shape(*sides):
    return {"build_config": {"input_shape": [None, *sides]}}


@pytest.fixture
def untouched(monkeypatch, tmp_path):
    """Nothing is trusted yet; a list of the modules that are looked for, loaded or downloaded."""
    touched = []
    monkeypatch.setattr(modules, "_trusted", set(), raising=False)
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "hub-cache"))
    for place, name in ((modules, "resolve"), (tf.saved_model, "load"), (availability, "network_answers")):
        original = getattr(place, name)

        def noted(first, *arguments, original=original, **options):
            touched.append(first)
            return original(first, *arguments, **options)

        monkeypatch.setattr(place, name, noted)
    return touched


WITHIN = {
    "as it is": lambda entry: entry,
    "in a model in a model": lambda entry: layer(
        "Sequential", "keras", layers=[layer("Sequential", "keras", layers=[entry])]
    ),
    "in a wrapper": lambda entry: layer("TimeDistributed", layer=entry),
    "as a class of Keras": lambda entry: {**entry, "module": "keras.layers", "class_name": "Dense"},
    "under its registered name": lambda entry: {
        **entry,
        "class_name": "course_utils>HubLayer",
        "registered_name": None,
    },
    "without a module": lambda entry: {
        "class_name": "course_utils>HubLayer",
        "config": entry["config"],
    },
}


@pytest.mark.parametrize("within", WITHIN)
def test_a_model_names_only_modules_of_the_course(within, untouched, tmp_path, monkeypatch):
    export(tmp_path / "evil")
    monkeypatch.chdir(tmp_path)
    folder = kept(tmp_path / "kept", change=put(WITHIN[within](hub("evil"))))
    with pytest.raises(CourseError, match=r"names the module 'evil'.*--trust-module"):
        classifier.load(folder)
    assert untouched == []


HANDLES = [
    "gs://somebody/module",
    "HTTPS://TFHUB.DEV/google/module",
    "file:///tmp/module",
    "/tmp/evil",
    "~/x",
]
HANDLES += [
    f"{STAND_IN}/../../../evil",
    f"./{STAND_IN}",
    MOBILENET + "/",
    MOBILENET.upper(),
    "",
    None,
    [STAND_IN],
]


@pytest.mark.parametrize("handle", HANDLES)
def test_a_handle_is_the_catalogues_letter_for_letter(handle, untouched, tmp_path):
    with pytest.raises(CourseError, match="is not one of the course's"):
        classifier.load(kept(tmp_path / "kept", change=put(hub(handle))))
    assert untouched == []


def test_a_class_as_activation_reads_no_module(untouched, tmp_path):
    function = {"module": "builtins", "class_name": "function", "config": "course_utils>HubLayer"}
    activation = layer("Activation", activation=function)
    with pytest.raises(CourseError, match="is not one of the course's"):
        classifier.load(kept(tmp_path / "kept", change=put(activation)))
    assert untouched == []
    with pytest.raises(CourseError, match="named by address or folder, not by a"):
        HubLayer(keras.Input((2,), name="evil"))


def test_nothing_is_fetched_from_an_address_in_a_model(tmp_path, monkeypatch, capsys):
    asked = []

    class Server(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_GET

        def log_message(self, *_):
            pass

    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "hub"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        handle = f"http://127.0.0.1:{server.server_port}/module"
        folder = kept(tmp_path / "kept", change=put(hub(handle)))
        assert cli.main(["classify", str(folder), "a.png"]) == 2
        assert asked == [] and f"names the module '{handle}'" in capsys.readouterr().err
        # Whoever trusts it has it fetched.
        assert cli.main(["classify", str(folder), "a.png", "--trust-module", handle]) == 1
        assert asked and "could not be downloaded" in capsys.readouterr().err
        server.shutdown()


def test_a_trusted_module_classifies(untouched, tmp_path, monkeypatch, capsys):
    handle = export(tmp_path / "mine")
    model = keras.Sequential([keras.Input((SIZE, SIZE, 3)), L.Rescaling(1 / 255), HubLayer(handle)])
    model.add(L.Dense(2, activation="softmax"))
    folder = kept(tmp_path / "kept", model)
    assert classifier.load(folder).labels == ["a", "b"]  # this process made it
    monkeypatch.setattr(modules, "_trusted", set(), raising=False)  # as in a new process
    Image.new("RGB", (20, 20), "red").save(tmp_path / "a.png")
    command = ["classify", str(folder), str(tmp_path / "a.png")]
    assert cli.main(command) == 2
    assert "--trust-module" in capsys.readouterr().err
    monkeypatch.chdir(tmp_path)
    assert cli.main([*command, "--trust-module", "mine"]) == 0
    monkeypatch.setattr(modules, "_trusted", set())
    assert classifier.load(folder, trust_modules=[handle]).labels == ["a", "b"]
    monkeypatch.setattr(modules, "_trusted", set())
    assert classifier.load(folder, trust_modules=handle).labels == ["a", "b"]


def test_in_a_foreign_folder_the_course_s_own_module_is_taken(untouched, tmp_path, monkeypatch):
    export(tmp_path / STAND_IN)
    monkeypatch.chdir(tmp_path)
    assert modules.resolve(STAND_IN) == course_folder() / STAND_IN
    monkeypatch.setattr(modules, "course_folder", lambda: tmp_path / "elsewhere")
    assert modules.resolve(STAND_IN) == tmp_path / "elsewhere" / STAND_IN


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of its own, with one small stand-in; returns that stand-in's folder."""
    from course_utils import checksums

    export(tmp_path / "course" / STAND_IN)
    checksums.write(tmp_path / "course" / "data" / "hub")
    monkeypatch.setattr(modules, "course_folder", lambda: tmp_path / "course")
    return tmp_path / "course" / STAND_IN


def spoilt(folder, how):
    if how == "link":
        shutil.move(folder / "variables", folder.parent / "elsewhere")
        (folder / "variables").symlink_to(folder.parent / "elsewhere")
    elif how == "exchanged":
        shutil.rmtree(folder)
        export(folder, seed=1)
    else:
        (folder / how).parent.mkdir(exist_ok=True)
        (folder / how).write_bytes(b"more")


@pytest.mark.parametrize("how", ["exchanged", "assets/table.so", "saved_model.cpb", "link", "fingerprint.pb"])
def test_a_stand_in_with_other_files_is_not_loaded(how, course, untouched, monkeypatch):
    assert HubLayer(STAND_IN).image_shape == (SIZE, SIZE, 3)
    (course / ".DS_Store").write_bytes(b"a file manager was here")
    HubLayer(STAND_IN)
    untouched.clear()
    spoilt(course, how)
    with pytest.raises(NotAvailable, match=r"damaged or no module.*git checkout -- data/hub"):
        HubLayer(STAND_IN)
    assert str(course) not in untouched


@pytest.mark.parametrize("how", ["exchanged", "assets/table.so"])
def test_the_module_of_a_model_is_compared_before_it_is_loaded(how, untouched, tmp_path, monkeypatch):
    cached = tmp_path / "hub-cache" / hashlib.sha1(MOBILENET.encode()).hexdigest()
    export(cached)
    model = keras.Sequential([keras.Input((SIZE, SIZE, 3)), HubLayer(MOBILENET), L.Dense(2, "softmax")])
    folder = kept(tmp_path / "kept", model)
    monkeypatch.setattr(modules, "_trusted", set(), raising=False)
    assert classifier.load(folder).labels == ["a", "b"]
    # As a model that was kept before there was a checksum of the files.
    old = kept(
        tmp_path / "old", model, lambda config: config["config"]["layers"][1]["config"].pop("files", 0)
    )
    assert classifier.load(old).labels == ["a", "b"]
    untouched.clear()
    spoilt(cached, how)
    with pytest.raises(CourseError, match="has other files than the one of this model"):
        classifier.load(folder)
    assert str(cached) not in untouched


REFUSED = {
    "StringLookup": layer("StringLookup", vocabulary="/etc/hostname"),
    "IntegerLookup": layer("IntegerLookup", vocabulary="/etc/hostname"),
    "TextVectorization": layer("TextVectorization", vocabulary="/etc/hostname"),
    "TFSMLayer": layer("TFSMLayer", filepath="/tmp/module"),
    "Lambda": layer("Lambda", function="os.system"),
    "getstatusoutput": layer("getstatusoutput", "subprocess"),
    "get_file": layer("get_file", "keras.utils", origin="http://127.0.0.1/"),
    "eval": layer(
        "Activation", activation={"module": "builtins", "class_name": "function", "config": "eval"}
    ),
    "enable_unsafe_deserialization": layer("enable_unsafe_deserialization", "keras.config"),
    "a function under the name of something registered": layer(
        "Activation",
        activation={
            "module": "keras.config",
            "class_name": "function",
            "config": "enable_unsafe_deserialization",
            "registered_name": "test_trust>Halved",
        },
    ),
    "__typespec__": {**layer("__typespec__", "tensorflow"), "spec_name": "TensorSpec"},
}
REFUSED["a lookup in a wrapper"] = layer("TimeDistributed", layer=REFUSED["StringLookup"])


@pytest.mark.parametrize("what", REFUSED)
def test_what_reads_files_or_runs_code_is_refused_by_its_name(what, tmp_path):
    name = "StringLookup" if "lookup" in what else "function" if what == "eval" or " " in what else what
    with pytest.raises(CourseError, match=rf"(has a {name} layer: Python|needs {name} \(registered)"):
        classifier.load(kept(tmp_path / "kept", change=put(REFUSED[what])))


def weights(**datasets):
    """An HDF5 file; a value is a function of the file and the name."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for name, make in datasets.items():
            make(file, name)
    return buffer.getvalue()


def test_weights_elsewhere_are_refused(tmp_path):
    (tmp_path / "secret").write_bytes(b"x" * 64)
    secret = str(tmp_path / "secret")
    makers = (
        lambda file, name: file.create_dataset(name, (16,), "f4", external=[(secret, 0, 64)]),
        lambda file, name: file.__setitem__(name, h5py.ExternalLink(secret, "/x")),
        lambda file, name: file.__setitem__(name, h5py.SoftLink("/x")),
        lambda file, name: file.create_dataset(name, (2,), h5py.string_dtype()),
    )
    for number, make in enumerate(makers):
        folder = kept(tmp_path / f"{number}", model__weights__h5=weights(kernel=make))
        with pytest.raises(CourseError, match=r"Its weights (lie in other files|are links)"):
            classifier.load(folder)


def huge(file, name):
    file.create_dataset(name, (1 << 40,), "f4", chunks=(1 << 16,), compression="gzip")


def heavy(config):
    config["config"]["layers"][-1]["config"]["units"] = 20_000_000


picture = keras.Input((SIZE, SIZE, 3))
tiled = keras.Model(picture, L.Dense(2)(keras.ops.tile(L.Flatten()(picture), (10**6, 1))))
rows = L.Reshape((2**14, 3))(L.UpSampling2D(8)(picture))
attentive = keras.Model(picture, L.Dense(2)(L.GlobalAveragePooling1D()(L.Attention()([rows, rows]))))
DENSE = layer("Dense", units=1)
BOMBS = {
    "layers": ({"change": heavy}, "asks for weights of shape"),
    "shape": ({"change": put({**DENSE, **shape(8, 8, 50_000_000)})}, r"Dense of shape \[8, 8, 50000000\]"),
    "embedding": (
        {"change": put({**layer("Embedding", input_dim=10**8, output_dim=1), **shape(3)})},
        "asks for weights",
    ),
    "average": (
        {"change": put({**layer("Normalization", mean=0.0, variance=1.0), **shape(1, 1, 10**9)})},
        r"Normalization of shape \[1, 1, 1000000000\]",
    ),
    "packed": ({"model__weights__h5": bytes(30_000_000)}, "would unpack to 30,"),
    "hollow": ({"model__weights__h5": weights(kernel=huge)}, "claim to be 4,398,046,511,104 bytes"),
    "config": ({"config__json": b'{"a": "' + b"b" * 10**7 + b'"}'}, "would unpack to"),
    "deep": ({"config__json": b"[" * 100_000}, "cannot be loaded: it is damaged"),
    "array": (
        {
            "change": lambda c: c.update(
                a={"class_name": "__numpy__", "config": {"value": [""], "dtype": "U99999999"}}
            )
        },
        "no kind of number",
    ),
    "member": ({"assets__x": b"more"}, r"It holds 'assets\.x'"),
    "many": ({"change": lambda config: config.update(a=[DENSE] * 6000)}, "more than 5,000 layers"),
    "answers": ({"model": network(L.UpSampling2D(1024))}, "answer up to 805,306,368 numbers"),
    "attention": ({"model": attentive}, "answer up to 268,435,456 numbers"),
    "batch": ({"model": tiled}, "answer up to 768,000,000 numbers"),
    "input": ({"model": network(L.Identity(), side=20_000)}, r"of shape \[20000, 20000, 3\]"),
    "state": ({"change": put(layer("LSTM", units=3, stateful=True))}, "remembers earlier"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_model_takes_no_more_memory_than_its_weights(bomb, tmp_path):
    options, message = BOMBS[bomb]
    folder = kept(tmp_path / "kept", **options)
    assert (folder / "model.keras").stat().st_size < 100_000
    with pytest.raises(CourseError, match=message):
        classifier.load(folder)
    assert keras.Layer.add_weight.__name__ == "add_weight"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('["a", "' + "b" * 400_000 + '"]', r"The label 'b{40}'\.\.\. has 400,000 letters; 1,000 are allowed"),
        ('["' + "b" * 11_000_000 + '"]', "10,000,000 are allowed"),
        ("[" * 100_000, "cannot be read as JSON: RecursionError"),
        (json.dumps(["a", *map(str, range(100_000)), "a"]), "has 'a' twice"),
        (json.dumps([1] * 300_000), r"and not \[1, 1, 1, 1, 1, 1, \.\.\.\]"),
    ],
)
def test_labels_are_few_and_short(content, message, tmp_path):
    path = tmp_path / "labels.json"
    path.write_text(f'{{"kind": "single_label", "labels": {content}}}')
    with pytest.raises(CourseError, match=message) as error:
        labels.read(path)
    assert len(str(error.value)) < 1000


@keras.saving.register_keras_serializable(package="test_trust")
class Halved(L.Layer):
    def call(self, inputs):
        return inputs / 2


def test_honest_models_of_ordinary_layers_work(tmp_path):
    inputs = keras.Input((SIZE, SIZE, 3))
    maps = L.Normalization(mean=[1.0, 2, 3], variance=[1.0, 1, 4])(inputs)
    maps = L.RandomFlip()(maps) * 2 + np.ones((1, 1, 3), "float32")
    maps = L.SpectralNormalization(L.Conv2D(4, 3, activation=keras.activations.gelu))(maps[:, ::2])
    maps = keras.Sequential([L.SeparableConv2D(4, 3, depthwise_regularizer="l2"), L.BatchNormalization()])(
        maps
    )
    rows = L.TimeDistributed(L.GlobalAveragePooling1D())(Halved()(maps))
    rows = L.MultiHeadAttention(2, 3)(rows, rows)
    rows = L.Bidirectional(L.GRU(3, return_sequences=True, dtype="mixed_float16"))(rows)
    rows = L.RNN([L.LSTMCell(4), L.LSTMCell(3)])(keras.ops.where(rows > 0, rows, rows * 0.1))
    answer = L.Dense(2, "softmax", kernel_constraint="max_norm", dtype="float32")(rows)
    model = keras.Model(inputs, answer)
    rate = keras.optimizers.schedules.CosineDecay(0.1, 10)
    losses = keras.losses.sparse_categorical_crossentropy
    model.compile(keras.optimizers.AdamW(rate), losses, metrics=[keras.metrics.SparseCategoricalAccuracy()])
    model.fit(np.zeros((4, SIZE, SIZE, 3)), np.arange(4) % 2, verbose=0)
    outer = keras.Sequential([keras.Input((SIZE, SIZE, 3)), model])
    Image.new("RGB", (SIZE, SIZE), "red").save(tmp_path / "a.png")
    (answer,) = classifier.load(kept(tmp_path / "kept", outer)).classify(tmp_path / "a.png", top=2)
    red = np.broadcast_to(np.float32([255, 0, 0]), (1, SIZE, SIZE, 3))
    expected = sorted(outer(red).numpy()[0], reverse=True)
    assert np.allclose([label.probability for label in answer.labels], expected, atol=1e-4)


def test_a_loss_of_one_s_own_is_not_needed_to_classify(tmp_path):
    def own(truth, answer):
        return keras.ops.mean((truth - answer) ** 2)

    model = network(L.Identity())
    model.compile("adam", own, metrics=[own])
    assert classifier.load(kept(tmp_path / "kept", model)).labels == ["a", "b"]


def test_a_network_of_small_numbers_works(tmp_path):
    model = network(L.Conv2D(4, 3), L.Dense(4))
    model.quantize("int8")
    assert classifier.load(kept(tmp_path / "kept", model)).labels == ["a", "b"]


@pytest.mark.parametrize("version", ["9" * 5000, "x" * 200_000, "\x1b[2J", {}, None])
@pytest.mark.parametrize("deep", [True, False])
def test_hostile_versions_beside_a_damaged_model_are_harmless(version, deep, tmp_path):
    noted = json.dumps({"keras_version": version}).encode()
    folder = kept(tmp_path / "kept", config__json=b"[]", metadata__json=noted)
    versions = json.dumps({"versions": {"tensorflow": version, "python": version}})
    (folder / "metrics.json").write_text("[" * 50_000 if deep else versions)
    with pytest.raises(CourseError, match=r"cannot be loaded: it ") as error:
        classifier.load(folder)
    assert len(str(error.value)) < 1000


def test_a_large_answer_is_asked_for_one_picture_at_a_time(tmp_path):
    Image.new("RGB", (8, 8), "red").save(tmp_path / "a.png")
    judge = classifier.load(kept(tmp_path / "kept", network(L.UpSampling2D(1000), side=2)))
    assert judge._batch == 5
    assert len(list(judge.classify([tmp_path / "a.png"] * 7))) == 7
