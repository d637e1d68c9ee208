package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"

	porukav1 "github.com/poruka/poruka/api/poruka/v1"
)

func (g *fakeGateway) EraseAccount(_ context.Context, r *porukav1.EraseAccountRequest) (*porukav1.EraseAccountResponse, error) {
	if r.GetId() != knownAccount {
		return nil, notFound("ACCOUNT_NOT_FOUND", "There is no such account.")
	}
	return &porukav1.EraseAccountResponse{Act: &porukav1.ErasureAct{
		Account: "accounts/" + knownAccount, Ground: r.GetGround(), WrappingKey: "2718281828", RecordsKept: 3,
		Record: &porukav1.Confirmation{
			Name: "confirmations/" + knownAccount, RequestId: r.GetRequestId(), DecideTime: decided,
			LevelBefore: porukav1.Account_CONFIRMED, LevelAfter: porukav1.Account_ERASED, Kind: porukav1.Confirmation_ERASURE,
		},
	}}, nil
}

const eraseRequest = "7b0c1e9e-6a5f-4a52-9f0c-000000000001"

func TestAccountsErase(t *testing.T) {
	data := "--data-dir=" + startGateway(t, &fakeGateway{})
	folder := t.TempDir()
	erase := func(more ...string) result {
		args := []string{"accounts", "erase", knownAccount, data, "--ground", "person-asked", "--request-id", eraseRequest}
		return command{t: t}.run(append(args, more...)...)
	}
	erase().want(t, exitDone, "ground        PERSON_ASKED", "")
	erase("--json").want(t, exitDone, `"recordsKept":"3"`, "")
	command{t: t}.run("accounts", "erase", knownAccount, data, "--ground", "ordered").want(t, exitDone, "ORDERED", "--request-id")
	command{t: t}.run("accounts", "erase", eraseRequest, data, "--ground", "ordered").want(t, exitNo, "", "no such account")
	erase("--act", filepath.Join(folder, "act.doc")).want(t, exitUsage, "", "must end with .json or .pdf")

	act := filepath.Join(folder, "act.json")
	erase("--act", act).want(t, exitDone, "PERSON_ASKED", "")
	content, err := os.ReadFile(act)
	var read map[string]any
	if err != nil || json.Unmarshal(content, &read) != nil || read["account"] != "accounts/"+knownAccount || read["wrappingKey"] != "2718281828" {
		t.Errorf("%s, %v", content, err)
	}
	erase("--act", act).want(t, exitUsage, "", "nothing was erased")

	erase("--act", filepath.Join(folder, "a.pdf")).want(t, exitDone, "", "")
	erase("--act", filepath.Join(folder, "b.PDF")).want(t, exitDone, "", "")
	a, errA := os.ReadFile(filepath.Join(folder, "a.pdf"))
	b, errB := os.ReadFile(filepath.Join(folder, "b.PDF"))
	if errA != nil || errB != nil || !bytes.HasPrefix(a, []byte("%PDF-")) || !bytes.Equal(a, b) {
		t.Errorf("two files of one act: %d and %d bytes, %v, %v", len(a), len(b), errA, errB)
	}
}

// Every letter of an act must be in the fonts: a missing one is drawn as an empty box.
func TestTheFontsOfAnActHaveItsLetters(t *testing.T) {
	text := whatIsDestroyed + whatStays + "Акт об уничтожении персональных данных Ответственный"
	for _, line := range actLines(&porukav1.ErasureAct{}) {
		text += line.ru
	}
	for _, ground := range groundsInRussian {
		text += ground
	}
	for name, font := range map[string][]byte{"regular": goregular.TTF, "bold": gobold.TTF} {
		parsed, err := sfnt.Parse(font)
		if err != nil {
			t.Fatal(err)
		}
		for _, letter := range text {
			if glyph, err := parsed.GlyphIndex(&sfnt.Buffer{}, letter); err != nil || glyph == 0 {
				t.Errorf("%s lacks %q: %v", name, letter, err)
			}
		}
	}
}
