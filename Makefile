# CGO_ENABLED=0 builds everything that ships.
export CGO_ENABLED ?= 0
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: build test check race accuracy

build: ; go build -trimpath -ldflags '-s -w' -o bin/beamline ./cmd/beamline

test: ; go test ./...

# The long tests on real data; they skip where BEAMLINE_DATA is not set.
accuracy: ; go test -run 'Real|NIST' -count=1 ./...

race: ; CGO_ENABLED=1 go test -race -short ./...

check:
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo 'run gofmt'; exit 1; }
	go vet ./...
	go mod tidy -diff
	go run $(STATICCHECK) ./...
