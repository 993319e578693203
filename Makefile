# CGO_ENABLED=0 builds everything that ships.
export CGO_ENABLED ?= 0
# Cloud Storage is read by its JSON API, and Arrow needs no second JSON library: 13 MB less.
export GOFLAGS ?= -tags=disable_grpc_modules,arrow_json_stdlib
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK = golang.org/x/vuln/cmd/govulncheck@v1.9.0

.PHONY: run stream build test check race accuracy fuzz golden testdata notices judge bench test-e2e test-flink

# From two tables of house prices to predictions and a report.
run: build
	bin/beamline run testdata/houses/beamline.yaml

# Two days of readings of sensors, with planted faults, scored as they come and watched.
stream: build ; cd e2e && go run ./demo

build: ; go build -trimpath -ldflags '-s -w' -o bin/beamline ./cmd/beamline

test: ; go test ./...

# The long tests on real data; they skip where BEAMLINE_DATA is not set.
accuracy: ; go test -run 'Real|NIST' -count=1 -timeout 40m ./...

# The short tests under the race detector, which needs a C compiler.
race: ; CGO_ENABLED=1 go test -race -short -timeout 20m ./...

# Each fuzz target in turn, for FUZZ, in 6 GB. What a target finds it writes to testdata/fuzz
# of its package, where every test run tries it from then on.
FUZZ ?= 60s
fuzz:
	@ulimit -v 6291456; for f in $$(grep -rl --include='*_test.go' '^func Fuzz' .); do \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z]*\)(.*/\1/p' $$f); do \
			echo "$$f $$target"; go test -run XXX -fuzz "^$$target\$$" -fuzztime $(FUZZ) -fuzzminimizetime 5x -parallel 2 $$(dirname $$f) || exit 1; \
		done; done

# Write the golden run of testdata and docs/reference again; read the difference before a commit.
golden: ; go test ./cmd/beamline -run 'Golden|Reference' -count=1 -rewrite

# List the licences of what is linked, and collect their texts; after go.mod has changed.
notices: ; go run ./deploy/notices

testdata: ; go test ./internal/houses -count=1 -rewrite

# Learn again what tells slips from values of their own, from tables that are right.
judge: ; echo "{}" >internal/clean/judge.json && for i in 1 2; do go run ./bench/judge -tables "$$BEAMLINE_DATA/dgov/right" || exit 1; done
	@go run ./bench/judge -tables "$$BEAMLINE_DATA/dgov/right" -pairs "$$BEAMLINE_DATA/dirty"

# Speed, memory and error beside other tools; writes bench/results.md.
bench: build ; bench/run

# Tests against real programs: a browser, a Flink cluster in a short form, and
# servers that stand in for Cloud Storage, S3 and Dataflow. They skip where what
# they need is not there.
test-e2e: build ; cd e2e && go test -count=1 -short -p 1 -timeout 20m ./... && cd outsider && go test -count=1 ./...

# Every command on a real Flink cluster, in every worker environment, and with
# task managers, workers and networks killed under it; needs Java 17 and Maven.
test-flink: build ; cd e2e && go test -count=1 -timeout 90m -v ./flink

check:
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo 'run gofmt'; exit 1; }
	go vet ./...
	go mod tidy -diff
	go run $(STATICCHECK) ./...
	go run ./deploy/notices -check
	@said=$$(go run $(GOVULNCHECK) ./cmd/beamline 2>&1) || case "$$said" in \
		*'fetching vulnerabilities'*) echo 'the database of known vulnerabilities is not reached; none was looked for' ;; \
		*) echo "$$said"; exit 1 ;; esac
