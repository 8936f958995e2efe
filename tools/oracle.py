#!/usr/bin/env python3
"""Holds the renderer against headless Chromium: `make oracle`, or tools/oracle.py [--set boxes,text,cases] [--only NAME] [--chromium-only].

Two sets of random templates and the folder of small cases come from `oracle/` of the shared folder (../shared or $TEMPLRENDER_SHARED). Chromium's
pictures and metrics are kept in target/oracle/SET-KEY, where KEY covers the scripts, the arguments, the corpora's names and Chromium's version; ours are
drawn anew. A table tells what missed and why; target/oracle/misses/ keeps `Chromium | difference x 4 | ours` of each. The exit status is 1 when a set is
under its threshold.
Needs Debian's chromium, and python3 with numpy, Pillow, jinja2 (tools/setup.sh).
"""
import argparse, concurrent.futures, glob, hashlib, json, os, re, shutil, subprocess, sys

HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SHARED = os.path.abspath(os.environ.get("TEMPLRENDER_SHARED") or os.path.join(HOME, "../shared"))
ORACLE, CORPORA, WORK = os.path.join(SHARED, "oracle"), os.path.join(SHARED, "corpora"), os.path.join(HOME, "target/oracle")
SETS = {
    "boxes": {"gen": ["--seed", "1", "--count", "60", "--features", "box,gradient,image,shadow,transform,group,border"], "wanted": {"pictures": 0.95}},
    "text": {"gen": ["--seed", "2", "--count", "60", "--features", "box,gradient,image,text,group,flex,border,fit,spans"], "wanted": {"lines": 0.97, "places": 0.95}},
    "cases": {"gen": None, "wanted": {"cases": 1.0}},
}


# Cases that use what the format does not have, each with the words that refuse it.
OUTSIDE = {
    "border-styles": "border takes the border styles none, hidden, solid, dashed, dotted and double",
    "fields-default": 'unknown name "note"',
    "let": 'unknown filter "int"',
    "place-aspect-ratio": "an image needs a definite size",
}

# ---- the templates, and Chromium's answer -------------------------------------------------------------------------------------------

def prepare(name):
    """The folder with templates/ and chromium/ of a set, made when it is not there."""
    gen = SETS[name]["gen"]
    scripts = [os.path.join(ORACLE, f) for f in ("gen_templates.py", "template_oracle.py", "cdp.py", "fonts.py")] + [__file__]
    key = hashlib.sha256(repr(gen).encode())
    for path in scripts[:-1] if gen else scripts[1:-1] + sorted(glob.glob(f"{ORACLE}/cases/*.json")):
        key.update(open(path, "rb").read())
    for folder in ("photos", "logos", "fonts"):
        for path in sorted(glob.glob(f"{CORPORA}/{folder}/**/*", recursive=True)):
            key.update(f"{os.path.relpath(path, CORPORA)} {os.path.getsize(path)}\n".encode())
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not chromium:
        sys.exit("oracle: there is no chromium (Debian's package `chromium`, or its path in $CHROMIUM)")
    key.update(subprocess.run([chromium, "--version"], capture_output=True).stdout)
    folder = os.path.join(WORK, f"{name}-{key.hexdigest()[:12]}")
    if os.path.exists(f"{folder}/done"):
        return folder
    for old in glob.glob(f"{WORK}/{name}-*"):
        shutil.rmtree(old)
    os.makedirs(f"{folder}/templates")
    source = f"{folder}/made"
    if gen:
        subprocess.run([sys.executable, f"{ORACLE}/gen_templates.py", source, *gen, "--corpora", CORPORA], check=True)
    else:
        source = f"{ORACLE}/cases"
    for path in sorted(glob.glob(f"{source}/*.json")):
        with open(path, encoding="utf-8") as f:
            document = json.load(f)
        with open(f"{folder}/templates/{os.path.basename(path)}", "w", encoding="utf-8") as f:
            json.dump(localised(document, source, f"{folder}/templates"), f, ensure_ascii=False, indent=1)
    print(f"{name}: Chromium draws", flush=True)
    run = subprocess.run([sys.executable, f"{ORACLE}/template_oracle.py", *templates(folder), "--fonts", f"{CORPORA}/fonts", "--out-dir", f"{folder}/chromium"])
    if run.returncode:
        sys.exit(f"oracle: Chromium did not draw all of {folder}/templates")
    open(f"{folder}/done", "w").close()
    return folder


def localised(value, source, target):
    """The document with each file it names copied beside it: a template may only name files of its own folder."""
    if isinstance(value, dict):
        return {k: localised(v, source, target) for k, v in value.items()}
    if isinstance(value, list):
        return [localised(v, source, target) for v in value]
    path = os.path.join(source, value) if isinstance(value, str) and len(value) < 400 else ""
    if not isinstance(value, str) or "/" not in value or not os.path.isfile(path):
        return value
    name = f"assets/{hashlib.sha256(os.path.realpath(path).encode()).hexdigest()[:8]}-{os.path.basename(path)}"
    os.makedirs(f"{target}/assets", exist_ok=True)
    shutil.copyfile(path, f"{target}/{name}")
    return name


def templates(folder):
    return [p for p in sorted(glob.glob(f"{folder}/templates/*.json")) if not p.endswith(".row.json")]


# ---- ours -------------------------------------------------------------------------------------------------------------------------

def judge(job):
    """One template in one variant: drawn, compared, told as a plain dict."""
    folder, path, variant, program = job
    name = os.path.basename(path).removesuffix(".json") + (f"@{variant}" if variant else "")
    row = path.removesuffix(".json") + ".row.json"
    png, report = f"{folder}/ours/{name}.png", f"{folder}/ours/{name}.json"
    command = [program, "render", path, "--fonts", f"{CORPORA}/fonts", "-o", png, "--report", report]
    command += ["--row", row] if os.path.exists(row) else []
    command += ["--variant", variant] if variant else []
    for old in (png, report):
        if os.path.exists(old):
            os.remove(old)
    result = {"name": name, "text": 0, "lines": 0, "places": 0, "causes": []}
    try:
        run = subprocess.run(command, capture_output=True, timeout=120, text=True)
    except subprocess.TimeoutExpired:
        return {**result, "status": "failed", "causes": ["no answer within 120 s"], **lost(folder, name)}
    said = run.stderr.strip().splitlines()
    if run.returncode:
        refused = run.returncode == 1 and ("not supported yet" in run.stderr or OUTSIDE.get(name, "\0") in run.stderr)
        return {**result, "status": "refused" if refused else "failed", "causes": [(said or [f"exit status {run.returncode}"])[-1][:160]], **lost(folder, name)}
    with open(path, encoding="utf-8") as f:
        template = json.load(f)
    with open(f"{folder}/chromium/{name}.json", encoding="utf-8") as f:
        theirs = json.load(f)
    with open(report, encoding="utf-8") as f:
        ours = json.load(f)
    measures(theirs, ours, result)
    picture(template, variant, theirs, f"{folder}/chromium/{name}.png", png, result)
    result["status"] = "passed" if not result["causes"] else "missed"
    if result["causes"]:
        side_by_side(f"{folder}/chromium/{name}.png", png, f"{WORK}/misses/{os.path.basename(folder).split('-')[0]}/{name}.png")
    return result


def lost(folder, name):
    """A picture that was not drawn still counts its text layers."""
    with open(f"{folder}/chromium/{name}.json", encoding="utf-8") as f:
        return {"text": sum("lines" in m for m in json.load(f)["layers"].values())}


def near(a, b, slack, share=0.0):
    return abs(a - b) <= slack + share * abs(b)


def measures(theirs, ours, result):
    """Lines, places, sizes and boxes against Chromium's."""
    got = ours.get("layers", {})
    for ident, want in theirs["layers"].items():
        if ident in theirs.get("uncovered", {}):
            continue
        have, causes = got.get(ident), []
        text = "lines" in want
        result["text"] += text
        if have is None:
            result["causes"].append(f"{ident}: not in the report")
            continue
        (x, y, w, h), (x1, y1, w1, h1) = have["box"], want["box"]
        if not (near(x, x1, 0.5, 0.002) and near(w, w1, 0.5, 0.002) and near(y, y1, 1) and near(h, h1, 1)):
            causes.append(f"{ident}: box {have['box']}, Chromium {want['box']}")
        if text:
            mine, other = have.get("lines", []), want["lines"]
            if [l["text"] for l in mine] != [l["text"] for l in other]:
                k = next((k for k, (a, b) in enumerate(zip(mine, other)) if a["text"] != b["text"]), min(len(mine), len(other)))
                show = lambda ls: repr(ls[k]["text"][:40]) if k < len(ls) else "none"
                causes.insert(0, f"{ident}: line {k} {show(mine)}, Chromium {show(other)}")
            else:
                result["lines"] += 1
                if not near(have.get("font-size", -1), want["font-size"], 0.01):
                    causes.insert(0, f"{ident}: font-size {have.get('font-size')}, Chromium {want['font-size']}")
                for a, b in zip(mine, other):
                    off = [f"{k} {a[k]:g}, Chromium {b[k]:g}" for k, slack, share in (("x", 0.5, 0.002), ("width", 0.5, 0.002), ("y", 1, 0)) if not near(a[k], b[k], slack, share)]
                    if off:
                        causes.append(f"{ident}: {b['text'][:16]!r} {'; '.join(off)}")
                        break
                result["places"] += not causes
        result["causes"] += causes
    extra = sorted(set(got) - set(theirs["layers"]))
    if extra:
        result["causes"].append(f"drawn here only: {', '.join(extra[:4])}")


def picture(template, variant, theirs, chromium, png, result):
    """The thresholds between two correct renderers: flat areas outside pictures and texts, the whole picture, each text's box."""
    import numpy as np
    from compare import compare, flat, load, luma, ssim
    a, b = load(chromium), load(png)
    whole = compare(a, b)
    result["picture"] = whole
    if "error" in whole:
        result["causes"].append(whole["error"])
        return
    kinds = layer_kinds(template)
    skip, has_picture, has_text = np.zeros(a.shape[:2], bool), False, False
    for ident, m in theirs["layers"].items():
        kind, moved = kinds.get(ident) or kinds.get(re.sub(r"\[\d+\]$", "", ident.split(".")[-1]), ("", False))
        if kind == "picture" or "lines" in m:
            has_picture, has_text = has_picture or kind == "picture", has_text or "lines" in m
            window = reach(m["box"], moved, a.shape)
            skip[window] = True
            if "lines" in m and not moved and m["lines"]:
                x, y = luma(a, 255.0)[window], luma(b, 255.0)[window]
                if min(x.shape, default=0) >= 8 and ssim(x, y) < 0.95:
                    result["causes"].append(f"{ident}: ssim {ssim(x, y):.3f} on the text's box")
    worst = np.abs(a - b).max(-1)
    worst[skip | ~(flat(a) & flat(b))] = 0
    edge, limit = float(worst.max(initial=0)), 6 if soft(template) else 2
    if edge > limit:
        y, x = divmod(int(worst.argmax()), worst.shape[1])
        under = [i for i, m in theirs["layers"].items() if m["box"][0] <= x < m["box"][0] + m["box"][2] and m["box"][1] <= y < m["box"][1] + m["box"][3]]
        result["causes"].append(f"edge_max {edge:.0f} (at most {limit}) at {x},{y}, {(worst > limit).mean():.2%} of the picture, in {under[-1] if under else 'the background'}")
    least = 0.95 if has_text else 0.98 if has_picture else 0.995
    if whole["ssim"] < least:
        result["causes"].append(f"ssim {whole['ssim']:.4f} (at least {least})")
    if has_picture and not has_text and whole["mean"] > 3:
        result["causes"].append(f"mean {whole['mean']:.2f} (at most 3)")
    if not has_picture and not has_text and whole["p32"] > 0.01:
        result["causes"].append(f"{whole['p32']:.2%} of the pixels differ by more than 32 (at most 1 %)")


def layer_kinds(template):
    """{name in the report: (kind, turned or moved by a transform)} of all layers."""
    out = {}
    def walk(layers, prefix, moved):
        for i, l in enumerate(layers):
            ident = l.get("id") or f"{prefix}layers[{i}]"
            turned = moved or "transform" in l or any("transform" in v.get("layers", {}).get(ident, {}) for v in template.get("variants", {}).values())
            shown = l.get("type") in ("image", "svg") or "asset:" in str(l.get("mask-image", ""))
            out[ident] = ("picture" if shown else l.get("type", ""), turned)
            walk(l.get("layers", []), ident + ".", turned)
            walk(l.get("choose", []), prefix, turned)
    walk(template["layers"], "", False)
    return out


def reach(box, moved, shape):
    """The pixels of a layer's box; of one that a transform turns, those of a square round it."""
    x, y, w, h = box
    if moved:
        r = 0.65 * (w * w + h * h) ** 0.5 + 16
        x, y, w, h = x + w / 2 - r, y + h / 2 - r, 2 * r, 2 * r
    cut = lambda v, top: min(max(int(v), 0), top)
    return slice(cut(y - 1, shape[0]), cut(y + h + 2, shape[0])), slice(cut(x - 1, shape[1]), cut(x + w + 2, shape[1]))


def soft(template):
    return any(f'"{k}"' in json.dumps(template) for k in ("box-shadow", "text-shadow", "filter", "backdrop-filter"))


def side_by_side(chromium, png, out):
    from PIL import Image, ImageChops
    a, b = Image.open(chromium).convert("RGBA"), Image.open(png).convert("RGBA")
    paper = lambda i: Image.alpha_composite(Image.new("RGBA", i.size, "white"), i).convert("RGB")
    a, b = paper(a), paper(b)
    if a.size == b.size:
        between = ImageChops.difference(a, b).point(lambda v: min(255, v * 4))
    else:
        between = Image.new("RGB", a.size, "magenta")
    sheet = Image.new("RGB", (a.width + between.width + b.width + 16, max(a.height, b.height)), "#808080")
    for image, x in ((a, 0), (between, a.width + 8), (b, a.width + between.width + 16)):
        sheet.paste(image, (x, 0))
    os.makedirs(os.path.dirname(out), exist_ok=True)
    sheet.save(out)


# ---- the table --------------------------------------------------------------------------------------------------------------------

def pictures_only(causes):
    """Causes that a picture has by itself, without the report."""
    return [c for c in causes if not re.search(r": (box |line |font-size |not in the report|.*Chromium )|^drawn here only", c)]


def tell(name, results):
    """Prints a set's table; true when it is above its thresholds."""
    count = len(results)
    drawn = [r for r in results if r["status"] in ("passed", "missed")]
    texts = sum(r["text"] for r in results)
    shares = {
        "pictures": sum(not pictures_only(r["causes"]) for r in drawn) / max(count, 1),
        "lines": sum(r["lines"] for r in results) / max(texts, 1),
        "places": sum(r["places"] for r in results) / max(texts, 1),
        "cases": sum(r["status"] in ("passed", "refused") for r in results) / max(count, 1),
    }
    of = {status: sum(r["status"] == status for r in results) for status in ("passed", "missed", "refused", "failed")}
    print(f"\n{name}: {count} templates, " + ", ".join(f"{n} {s}" for s, n in of.items()) + f", {texts} text layers")
    good = count > 0
    for key, share in shares.items():
        wanted = SETS[name]["wanted"].get(key)
        if wanted is not None:
            good &= share >= wanted
            print(f"  {key:9} {share:7.1%}   wanted {wanted:.0%}   {'ok' if share >= wanted else 'UNDER'}")
        elif key != "cases" and (texts or key == "pictures"):
            print(f"  {key:9} {share:7.1%}")
    order = {"failed": 0, "missed": 1, "refused": 2}
    for r in sorted((r for r in results if r["status"] != "passed"), key=lambda r: (order[r["status"]], -len(r["causes"]))):
        more = f"   (and {len(r['causes']) - 1} more)" if len(r["causes"]) > 1 else ""
        print(f"  {r['status']:8} {r['name']:32} {r['causes'][0]}{more}")
    return good


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--set", default=",".join(SETS), help="which sets: boxes, text, cases")
    ap.add_argument("--only", help="only templates whose name contains this; thresholds do not count then")
    ap.add_argument("--templrender", default=os.path.join(os.environ.get("CARGO_TARGET_DIR") or os.path.join(HOME, "target"), "ci/templrender"))
    ap.add_argument("--jobs", type=int, default=os.cpu_count())
    ap.add_argument("--chromium-only", action="store_true", help="make Chromium's side and stop")
    a = ap.parse_args()
    if not os.path.isdir(ORACLE):
        sys.exit(f"oracle: {ORACLE} is not there; set TEMPLRENDER_SHARED")
    sys.path.insert(0, ORACLE)
    names = a.set.split(",")
    if set(names) - set(SETS):
        ap.error(f"no such set: {sorted(set(names) - set(SETS))}")
    folders = {name: prepare(name) for name in names}
    if a.chromium_only:
        return 0
    if not os.access(a.templrender, os.X_OK):
        sys.exit(f"oracle: {a.templrender} is not there; cargo build --profile ci -p templrender-cli")
    shutil.rmtree(f"{WORK}/misses", ignore_errors=True)
    good, everything = True, {}
    with concurrent.futures.ProcessPoolExecutor(a.jobs) as pool:
        for name, folder in folders.items():
            os.makedirs(f"{folder}/ours", exist_ok=True)
            jobs = []
            for path in templates(folder):
                with open(path, encoding="utf-8") as f:
                    variants = [None, *json.load(f).get("variants", {})]
                jobs += [(folder, path, v, a.templrender) for v in variants if not a.only or a.only in os.path.basename(path)]
            everything[name] = list(pool.map(judge, jobs))
            good &= tell(name, everything[name])
    with open(f"{WORK}/results.json", "w", encoding="utf-8") as f:
        json.dump(everything, f, ensure_ascii=False, indent=1)
    print(f"\nside by side: {os.path.join(WORK, 'misses')}   all figures: {os.path.join(WORK, 'results.json')}")
    return 0 if good or a.only else 1


if __name__ == "__main__":
    sys.exit(main())
