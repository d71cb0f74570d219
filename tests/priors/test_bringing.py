"""Files of other people: what is not right is refused with a sentence; pickles are opened only when a person says so."""

from __future__ import annotations

import json
import os
import pickle
import sys
from dataclasses import replace

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from distill_core.cli import main
from distill_core.datasets import load
from distill_core.errors import BadRecord, BadSetting, MissingPackage
from distill_core.methods import method_class
from distill_core.priors import check, checked, cuts_for, prior_of
from distill_core.priors.convert import convert
from distill_core.priors.shelf import adopt
from distill_core.record import priors
from tests.methods.tiny import drain, fitting, small
from tests.priors.checkpoints import AUTOENCODER, BIGGAN, Draw, autoencoder, biggan, stylegan2, stylegan3, write

DIGITS, SHAPES = "digits:size=8", "shapes:size=16,train=200,test=50"
CPU = torch.device("cpu")


def xl():
    return stylegan3(layers=4, size=8)


def even():
    """All layers of one width, so that shapes alone do not show that one is gone."""
    return stylegan3(layers=5, size=8, base=1000, cap=4)


def two():
    return stylegan2(size=8)


def without(part):
    def change(t):
        for key in [key for key in t if part in key]:
            del t[key]

    return change


@pytest.mark.parametrize(
    ("make", "data", "config", "change", "says"),
    [
        (xl, DIGITS, None, without("L1_28_8.bias"), r"lacks the tensor 'synthesis.L1_28_8.bias', \[8\]"),
        (xl, DIGITS, None, without("L1_28_8.up_filter"), "lacks the tensor 'synthesis.L1_28_8.up_filter'"),
        (even, DIGITS, None, without(".L1_"), "goes from layer L0 to L2: what is between is missing"),
        (xl, DIGITS, None, without("mapping.fc0"), "lacks the tensor 'mapping.fc0.weight'"),
        (xl, DIGITS, None, lambda t: t.put("synthesis.more", 2), "1 tensors too many for its form, such as 'synthesis.more'"),
        (xl, DIGITS, None, lambda t: t.put("synthesis.L1_28_8.weight", 8, 3, 3, 3), r"shape \[8, 3, 3, 3\]; .* must be \[8, 9"),
        (xl, DIGITS, None, lambda t: t.put("synthesis.L1_28_8.up_filter", 11), "6 taps per sample"),
        (xl, DIGITS, None, lambda t: t["mapping.fc1.bias"].fill_(torch.nan), "not finite in 'mapping.fc1.bias'"),
        (xl, "digits", None, None, r"makes images of 1×8×8, but digits has 1×16×16.*NAME:size=8"),
        (xl, "shapes:size=8,train=200,test=50", None, None, "makes images of 1×8×8, but shapes.* has 3×8×8"),
        (two, DIGITS, None, without("embed.bias"), r"lacks the tensor 'mapping.embed.bias', \[7\]"),
        (xl, DIGITS, None, without("embed_proj.weight"), r"holds 'mapping.w_avg' with shape \[10, 7\]"),
        (two, DIGITS, None, without("noise_const"), r"lacks the tensor 'synthesis.b4.conv1.noise_const', \[4, 4\]"),
        (two, DIGITS, None, without("synthesis.b8"), "has blocks b4; b4, b8, b16"),
        (two, DIGITS, None, lambda t: t.put("synthesis.b8.skip.weight", 1), "1 tensors too many"),
        (two, DIGITS, None, lambda t: t["synthesis.b4.const"].fill_(torch.inf), "not finite in 'synthesis.b4.const'"),
        (biggan, SHAPES, None, None, "BigGAN-deep without layers, .*config.json into the same folder"),
        (biggan, SHAPES, {**BIGGAN, "layers": BIGGAN["layers"][1:]}, None, r"conv_3.weight_orig' with shape \[128, .* must be \[64"),
        (biggan, SHAPES, BIGGAN, without("gamma"), "lacks the tensor 'generator.layers.3.gamma'"),
        (biggan, DIGITS, BIGGAN, None, "makes images of 3×16×16, but digits.* has 1×8×8"),
        (biggan, SHAPES, BIGGAN, lambda t: t["embeddings.weight"].fill_(torch.nan), "not finite in 'embeddings.weight'"),
        (autoencoder, DIGITS, None, None, "without the config.json of an AutoencoderKL"),
        (autoencoder, DIGITS, AUTOENCODER, without("decoder.conv_out.bias"), "lacks the tensor 'decoder.conv_out.bias'"),
        (autoencoder, DIGITS, AUTOENCODER, lambda t: t.put("decoder.more", 1), "too many .* 'decoder.more'"),
        (autoencoder, SHAPES, AUTOENCODER, None, "makes images of 1×16×16, but shapes.* has 3×16×16"),
        (autoencoder, "shapes:size=18,train=200,test=50", AUTOENCODER, None, "makes images of 4, 8, 12, … pixels, not of 18"),
        (lambda: Draw() | {"conv1.weight": torch.ones(1)}, DIGITS, None, None, "no generator that can be read: it has conv1.weight"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_right_is_refused(make, data, config, change, says, tmp_path):
    if make is autoencoder:
        pytest.importorskip("diffusers")
    tensors = make()
    if change:
        change(tensors)
    with pytest.raises((BadRecord, BadSetting), match=says):
        adopt(write(tensors, tmp_path, config), load(data))


def test_classes_sizes_and_layers_that_there_are_not(tmp_path):
    real = load(DIGITS)
    path = write(stylegan3(layers=4, size=8, classes=12), tmp_path)
    for classes, says in (
        (None, "makes 12 classes, but digits.* has 10. Say which .* --classes 0,217,482"),
        ([0, 1], "names 2 classes, but digits.* has 10"),
        ([*range(9), 12], "has no class 12: they go from 0 to 11"),
    ):
        with pytest.raises(BadSetting, match=says):
            adopt(path, real, classes=classes)
    with pytest.raises(BadSetting, match="knows no classes"):
        adopt(write(stylegan2(size=8, classes=0), tmp_path / "u"), real, classes=[0] * 10)
    with pytest.raises(BadRecord, match=r"said to be biggan, but .* stylegan-xl"):
        adopt(path, real, form="biggan")
    with pytest.raises(BadSetting, match="truncation is BigGAN's"):
        adopt(path, real, classes=[*range(10)], truncation=0.4)
    with pytest.raises(BadSetting, match="choose k/50"):
        adopt(write(biggan(), tmp_path / "b", BIGGAN), load(SHAPES), truncation=0.41)
    use = adopt(write(xl(), tmp_path / "x"), real)
    with pytest.raises(BadSetting, match=r"makes images of 1×8×8, but the data set has 1×16×16"):
        cuts_for(use, 1, 16)
    for spec, says in (
        (use.replace("stylegan-xl", "biggan"), "is not biggan. Write stylegan-xl@"),
        ("stylegan2@0123456789abcdef", "no imported generator 0123456789abcdef"),
    ):
        with pytest.raises(BadSetting, match=says):
            cuts_for(spec, 1, 8)
    for spec, says in (("biggan", "names no file"), (f"{use.replace('@', ':width=3@')}", "no option 'width'")):
        with pytest.raises(BadSetting, match=says):
            checked(spec)
    method = small(method_class("glad"), prior=use, layer="layer9")
    assert "There are latent, layer1, layer2, layer3, layer4, pixels" in method.why_not(
        fitting(small(method_class("dm")), data=DIGITS)
    )
    assert "has 1×16×16" in small(method_class("glad"), prior=use).why_not(
        fitting(small(method_class("dm")), data="digits")
    )
    with pytest.raises(BadRecord, match="Import it again with --data"):
        check(use, replace(real, classes=tuple("abcdefghij")))
    with pytest.raises(BadRecord, match="Import it again with --data"):
        drain(prior_of(use, replace(real, classes=tuple("abcdefghij")), 0, CPU))


@pytest.mark.parametrize(
    ("make", "config", "data"), [(xl, None, DIGITS), (biggan, BIGGAN, SHAPES), (autoencoder, AUTOENCODER, DIGITS)]
)
def test_a_file_of_the_cache_can_be_carried_to_another_home(make, config, data, tmp_path, home, monkeypatch):
    if make is autoencoder:
        pytest.importorskip("diffusers")
    real, chosen = load(data), [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    more = {"truncation": 0.4} if make is biggan else {}
    use = adopt(write(make(), tmp_path, config), real, classes=None if make is autoencoder else chosen, **more)
    (kept,) = (home / "cache").glob("prior-*.safetensors")
    monkeypatch.setenv("DISTILL_STUDIO_HOME", str(tmp_path / "other"))
    again = adopt(kept, real)
    first, second = (t for t in (load_file(kept), load_file(next((tmp_path / "other" / "cache").glob("prior-*")))))
    assert (
        all(torch.equal(first[key], second[key]) for key in first) and again.partition("@")[0] == use.partition("@")[0]
    )
    if make is autoencoder:
        with pytest.raises(BadRecord, match="holds latents of digits"):
            adopt(kept, replace(real, classes=tuple("abcdefghij")))
    else:
        assert drain(prior_of(again, real, 0, CPU))[1].which.tolist() == chosen


def test_a_header_that_was_tampered_with_is_refused(tmp_path, home):
    use = adopt(write(xl(), tmp_path), load(DIGITS))
    (path,) = (home / "cache").glob("prior-*.safetensors")
    tensors = load_file(path)
    with safe_open(str(path), framework="pt") as file:
        about = json.loads(file.metadata()["prior"])
    for change, says in (
        ({"cuts": about["cuts"][:-1]}, "says other layers than its tensors"),
        ({"which": [99] * 10}, "has no class 99"),
        ({"size": None}, "says nothing of its"),
    ):
        save_file(tensors, path, {"prior": json.dumps({**about, **change})})
        with pytest.raises((BadRecord, BadSetting), match=says):
            drain(prior_of(use, load(DIGITS), 0, CPU))


def test_without_the_library_the_pip_line_is_said(tmp_path, monkeypatch):
    pytest.importorskip("diffusers")
    path = write(autoencoder(), tmp_path, AUTOENCODER)
    monkeypatch.setitem(sys.modules, "diffusers", None)
    with pytest.raises(MissingPackage, match=r'pip install "distill-studio\[priors\]"'):
        adopt(path, load(DIGITS))


def test_old_names_and_half_precision_are_understood(tmp_path):
    pytest.importorskip("diffusers")
    real, tensors = load(DIGITS), autoencoder()
    names = {".to_q.": ".query.", ".to_k.": ".key.", ".to_v.": ".value.", ".to_out.0.": ".proj_attn."}

    def old(key):
        for new, was in names.items():
            key = key.replace(new, was)
        return key

    used = [
        adopt(write(t, tmp_path / str(k), AUTOENCODER), real)
        for k, t in enumerate((tensors, {old(k): t for k, t in tensors.items()}))
    ]
    first, second = (drain(prior_of(use, real, 0, CPU))[1] for use in used)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    half = adopt(write({k: t.half() for k, t in xl().items()}, tmp_path / "half"), real)
    prior = drain(prior_of(half, real, 0, CPU))[1]
    assert prior(prior.sample(1, torch.Generator()), torch.zeros(1, dtype=torch.int64)).dtype == torch.float32


class Touch:
    """Leaves a mark when it is unpickled."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_a_pickle_is_not_opened_unless_somebody_says_so(tmp_path):
    mark, path, out = tmp_path / "opened", tmp_path / "net.pkl", tmp_path / "net.safetensors"
    path.write_bytes(pickle.dumps({"G_ema": Touch(mark)}))
    with pytest.raises(BadRecord, match=r"can run code .* prior convert net.pkl net.safetensors"):
        adopt(path, load(DIGITS))
    with pytest.raises(
        BadSetting, match=r"A pickle is a program.*Nothing was opened(.|\n)*--trust-the-pickle --code FOLDER"
    ):
        convert(path, out)
    torch.save({"a": Touch(mark)}, tmp_path / "net.pt")
    with pytest.raises(BadRecord, match="holds more than tensors"):
        convert(tmp_path / "net.pt", out, trusted=True)
    assert not mark.exists() and not out.exists()
    with pytest.raises(BadRecord, match="holds no network G_ema"):
        convert(path, out, trusted=True)
    assert mark.exists()


CODE = """
import torch
class Net(torch.nn.Module):
    pass
"""


def test_a_network_in_a_pickle_is_converted_with_its_authors_code(tmp_path, monkeypatch):
    folder, path, out = tmp_path / "checkout", tmp_path / "net.pkl", tmp_path / "net.safetensors"
    folder.mkdir()
    (folder / "authors_net.py").write_text(CODE)
    monkeypatch.syspath_prepend(str(folder))
    import authors_net  # type: ignore[import-not-found]

    network, tensors = authors_net.Net(), xl()
    for key, tensor in tensors.items():
        *way, last = key.split(".")
        at = network
        for one in way:
            if not hasattr(at, one):
                setattr(at, one, authors_net.Net())
            at = getattr(at, one)
        at.register_buffer(last, tensor)
    path.write_bytes(pickle.dumps({"G": None, "G_ema": network}))
    monkeypatch.undo()
    monkeypatch.delitem(sys.modules, "authors_net")
    with pytest.raises(BadRecord, match=r"needs the module 'authors_net'.*--code FOLDER"):
        convert(path, out, trusted=True)
    assert convert(path, out, trusted=True, code=folder) == len(tensors)
    assert str(folder) not in sys.path
    assert all(torch.equal(t, tensors[key]) for key, t in load_file(out).items())


@pytest.mark.parametrize("wrap", [lambda t: t, lambda t: {"state_dict": t, "step": 3}])
def test_dictionaries_of_tensors_are_converted_with_the_configuration_beside_them(wrap, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(BIGGAN))
    torch.save(wrap(dict(biggan())), tmp_path / "pytorch_model.bin")
    out = tmp_path / "other" / "big.safetensors"
    out.parent.mkdir()
    convert(tmp_path / "pytorch_model.bin", out)
    assert adopt(out, load(SHAPES)).startswith("biggan@")
    for path, says in (("none.pt", "There is no file"), ("config.json", "cannot be converted")):
        with pytest.raises((BadRecord, BadSetting), match=says):
            convert(tmp_path / path, out)
    torch.save([1, 2], tmp_path / "list.pt")
    with pytest.raises(BadRecord, match="holds list; a dictionary of tensors is wanted"):
        convert(tmp_path / "list.pt", out)
    with pytest.raises(BadSetting, match=r"must end in \.safetensors"):
        convert(tmp_path / "list.pt", tmp_path / "x.bin")


def test_from_a_terminal(tmp_path, home, capsys, monkeypatch):
    monkeypatch.setattr("distill_core.work.sitting.leave_a_core", lambda: None)

    def call(*words):
        with pytest.raises(SystemExit) as end:
            main([*words, "--json"])
        said = capsys.readouterr()
        return end.value.code or 0, json.loads(said.out)

    torch.save(dict(stylegan3(layers=4, size=8, classes=12)), tmp_path / "net.pt")
    code, said = call("prior", "convert", str(tmp_path / "net.pt"), str(tmp_path / "net.safetensors"))
    assert code == 0 and said["tensors"] == len(xl())
    words = ("prior", "import", str(tmp_path / "net.safetensors"), "--data", DIGITS, "--home", str(home))
    assert "--classes" in call(*words)[1]["error"] and call(*words, "--classes", "1,x")[0] == 2
    code, said = call(*words, "--classes", "0,1,2,3,4,5,6,7,8,11", "--form", "stylegan-xl")
    assert code == 0 and said["use"].startswith("stylegan-xl@")
    (row,) = (one for one in priors.known(home) if one["where"] == "imported")
    assert row["use"] == said["use"] and row["data"] == DIGITS
    words = ("--data", DIGITS, "--ipc", "1", "--students", "0", "--iterations", "1", "--prior", said["use"])
    code, said = call("run", "glad", *words, "--averaged", "4", "--home", str(home))
    assert code == 0 and said["state"] == "finished"
