package server_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	formats "github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/gatewaytest"
	"github.com/poruka/poruka/ledger/tlog/verify"
)

// follower reads what is published of a log over REST, with none of our code but what names a key.
type follower struct {
	t        *testing.T
	web      *http.Client
	base     string
	verifier note.Verifier
}

func follow(t *testing.T, g *gatewaytest.Gateway, name string) *follower {
	t.Helper()
	web, base := g.HTTP(name)
	return &follower{t, web, base, verifierOf(t, g.Dir)}
}

// verifierOf reads the public key of the log from the line `vkey TIME`.
func verifierOf(t *testing.T, dir string) note.Verifier {
	t.Helper()
	text, err := os.ReadFile(config.Config{DataDir: dir}.LogKeys())
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if vkey, _, ok := strings.Cut(line, " "); ok && vkey != "#" {
			verifier, err := note.NewVerifier(vkey)
			if err != nil {
				t.Fatal(err)
			}
			return verifier
		}
	}
	t.Fatal("no key of the log")
	return nil
}

func keysOf(t *testing.T, dir string) verify.Keys {
	t.Helper()
	text, err := os.ReadFile(config.Config{DataDir: dir}.LogKeys())
	if err != nil {
		t.Fatal(err)
	}
	keys, err := verify.ParseKeys(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func (f *follower) get(path string) ([]byte, int) {
	f.t.Helper()
	request, err := http.NewRequestWithContext(context.WithoutCancel(f.t.Context()), http.MethodGet, f.base+"/log/"+path, http.NoBody)
	if err != nil {
		f.t.Fatal(err)
	}
	response, err := f.web.Do(request)
	if err != nil {
		f.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return body, response.StatusCode
}

// checkpoint reads the newest; nil before there is one.
func (f *follower) checkpoint() *formats.Checkpoint {
	f.t.Helper()
	text, code := f.get("checkpoint")
	if code == http.StatusNotFound {
		return nil
	}
	return parseCheckpoint(f.t, text, f.verifier)
}

func parseCheckpoint(t *testing.T, text []byte, verifier note.Verifier) *formats.Checkpoint {
	t.Helper()
	checkpoint, _, _, err := formats.ParseCheckpoint(text, verifier.Name(), verifier)
	if err != nil {
		t.Fatalf("the checkpoint: %v\n%s", err, text)
	}
	return checkpoint
}

// until waits for a checkpoint of at least so many entries.
func (f *follower) until(size int) *formats.Checkpoint {
	f.t.Helper()
	var checkpoint *formats.Checkpoint
	await(f.t, fmt.Sprintf("a checkpoint of %d entries", size), func() bool {
		checkpoint = f.checkpoint()
		return checkpoint != nil && checkpoint.Size >= uint64(size)
	})
	return checkpoint
}

// Height implements tlog.TileReader.
func (*follower) Height() int { return 8 }

// ReadTiles implements tlog.TileReader by the paths of C2SP tlog-tiles.
func (f *follower) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, t := range tiles {
		content, code := f.get(strings.Replace(t.Path(), "tile/8/", "tile/", 1))
		if code != http.StatusOK {
			return nil, fmt.Errorf("%s: HTTP %d", t.Path(), code)
		}
		data[i] = content
	}
	return data, nil
}

// SaveTiles implements tlog.TileReader.
func (*follower) SaveTiles([]tlog.Tile, [][]byte) {}

// records reads the bundles of a tree, and proves by its hash tiles that each record is in it.
func (f *follower) records(c *formats.Checkpoint) [][32]byte {
	f.t.Helper()
	var records [][32]byte
	size := int64(c.Size)
	for n := int64(0); n*256 < size; n++ {
		path := fmt.Sprintf("tile/entries/%03d", n)
		if width := size - n*256; width < 256 {
			path += fmt.Sprintf(".p/%d", width)
		}
		content, code := f.get(path)
		if code != http.StatusOK {
			f.t.Fatalf("%s: HTTP %d", path, code)
		}
		for ; len(content) >= 34; content = content[34:] {
			if content[0] != 0 || content[1] != 32 {
				f.t.Fatalf("%s: a record of %v bytes", path, content[:2])
			}
			records = append(records, [32]byte(content[2:34]))
		}
	}
	indexes := make([]int64, len(records))
	for i := range records {
		indexes[i] = tlog.StoredHashIndex(0, int64(i))
	}
	hashes, err := tlog.TileHashReader(tlog.Tree{N: size, Hash: tlog.Hash(c.Hash)}, f).ReadHashes(indexes)
	if err != nil || int64(len(records)) != size {
		f.t.Fatalf("%d records of %d: %v", len(records), size, err)
	}
	for i := range records {
		if tlog.RecordHash(records[i][:]) != hashes[i] {
			f.t.Fatalf("the record at %d is not the one in the tree", i)
		}
	}
	return records
}

// included checks a proof with code that is not ours.
func included(t *testing.T, p *porukav1.InclusionProof, verifier note.Verifier) {
	t.Helper()
	checkpoint := parseCheckpoint(t, []byte(p.GetCheckpoint()), verifier)
	leaf := rfc6962.DefaultHasher.HashLeaf(p.GetRecord())
	index, size := uint64(p.GetPosition()), uint64(p.GetTreeSize())
	err := proof.VerifyInclusion(rfc6962.DefaultHasher, index, size, leaf, p.GetHashes(), checkpoint.Hash)
	if err != nil || checkpoint.Size != size {
		t.Errorf("the proof does not hold: %v", err)
	}
}

// consistent asks for the proof that an older tree is the beginning of the newest, and checks it.
func consistent(t *testing.T, log porukav1.LogServiceClient, older *formats.Checkpoint, verifier note.Verifier) *formats.Checkpoint {
	t.Helper()
	got, err := log.ProveConsistency(t.Context(), &porukav1.ProveConsistencyRequest{FromSize: int64(older.Size)})
	if err != nil {
		t.Fatal(err)
	}
	newest := parseCheckpoint(t, []byte(got.GetCheckpoint()), verifier)
	err = proof.VerifyConsistency(rfc6962.DefaultHasher, older.Size, newest.Size, got.GetHashes(), older.Hash, newest.Hash)
	if err != nil || got.GetToSize() != int64(newest.Size) || got.GetFromSize() != int64(older.Size) {
		t.Errorf("the log of %d entries is not the beginning of that of %d: %v", older.Size, newest.Size, err)
	}
	return newest
}

// promised checks the receipt of an answer offline, and that its record stands in the log once.
func promised(t *testing.T, keys verify.Keys, answer *porukav1.Confirmation, records [][32]byte) {
	t.Helper()
	promise, err := verify.Receipt(answer.GetReceipt(), keys)
	if err != nil || "confirmations/"+promise.Entry.String() != answer.GetName() || !promise.DecidedAt.Equal(answer.GetDecideTime().AsTime()) {
		t.Errorf("the receipt of %s: %v", answer.GetName(), err)
		return
	}
	at := slices.Index(records, [32]byte(promise.Record))
	if at < 0 || slices.Contains(records[at+1:], [32]byte(promise.Record)) {
		t.Errorf("what the receipt of %s promised is not in the log once", answer.GetName())
	}
}
