package verify

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/poruka/poruka/ledger"
)

// manifest is the last line of a report: see deploy/docs/report-format.md.
type manifest struct {
	Version    int    `json:"version"`
	Rows       int64  `json:"rows"`
	SHA256     string `json:"sha256"`
	From       string `json:"from"`
	To         string `json:"to"`
	Bank       string `json:"bank"`
	Outcome    string `json:"outcome"`
	Checkpoint string `json:"checkpoint"`
	Block      string `json:"block"`
	Gap        string `json:"gap"`
	Key        string `json:"key"`
	Signature  string `json:"signature"`
}

const (
	manifestVersion = 2
	manifestLabel   = "poruka/report"
	csvFooter       = `#footer,"`
	signatureName   = `,"signature":"`
)

// footerJSON gives the footer's object, if the line is a footer. isCSV is the form of the report.
func footerJSON(line []byte) (object []byte, isCSV, ok bool) {
	if quoted, isCSV := bytes.CutPrefix(line, []byte(csvFooter)); isCSV {
		quoted, ok := bytes.CutSuffix(quoted, []byte{'"'})
		object := bytes.ReplaceAll(quoted, []byte(`""`), []byte{'"'})
		return object, true, ok && bytes.Equal(bytes.ReplaceAll(object, []byte{'"'}, []byte(`""`)), quoted)
	}
	return line, false, bytes.HasPrefix(line, []byte(`{"footer":{`))
}

// parseManifest reads the object, and gives the part of it that is signed.
func parseManifest(object []byte) (m manifest, signed []byte, err error) {
	var footer struct {
		Footer *manifest `json:"footer"`
	}
	decoder := json.NewDecoder(bytes.NewReader(object))
	decoder.DisallowUnknownFields()
	if decoder.Decode(&footer) != nil || footer.Footer == nil || decoder.More() {
		return m, nil, overall("its footer is malformed")
	}
	m = *footer.Footer
	if m.Version != manifestVersion {
		return m, nil, overall("its form is of version %d, which is not known here", m.Version)
	}
	signed, ok := bytes.CutSuffix(object, []byte(signatureName+m.Signature+`"}}`))
	if !ok {
		return m, nil, overall("its footer is malformed")
	}
	return m, signed, nil
}

// overall is a finding about the report as a whole.
func overall(format string, args ...any) *Finding {
	return &Finding{Position: -1, What: fmt.Sprintf(format, args...)}
}

// signer finds who has signed the manifest.
func (m *manifest) signer(origin string, signed []byte, keys Keys) (Key, error) {
	signature, err := base64.StdEncoding.Strict().DecodeString(m.Signature)
	if err != nil || len(signature) != ed25519.SignatureSize {
		return Key{}, overall("the signature of its footer is malformed")
	}
	message := append([]byte(manifestLabel+"\n"+origin+"\n"), signed...)
	for _, k := range keys {
		if k.Name() == origin && keyText(k) == m.Key && ed25519.Verify(k.public, message, signature) {
			return k, nil
		}
	}
	return Key{}, overall("no trusted key has signed its footer, or the footer was changed")
}

func keyText(k Key) string { return fmt.Sprintf("%08x", k.KeyHash()) }

// filter is what the rows were chosen by.
func (m *manifest) filter() (f ledger.Filter, err error) {
	var isKnown bool
	if f.Outcome, isKnown = ledger.ParseOutcome(m.Outcome); !isKnown && m.Outcome != "" {
		return f, overall("the outcome of its filter is not known")
	}
	f.Partner = ledger.PartnerID(m.Bank)
	for _, end := range []struct {
		text string
		into *time.Time
	}{{m.From, &f.From}, {m.To, &f.To}} {
		if end.text == "" {
			continue
		}
		if *end.into, err = time.Parse(time.RFC3339Nano, end.text); err != nil {
			return f, overall("the times of its filter are malformed")
		}
	}
	return f, nil
}

func (m *manifest) digest() (sum [32]byte, err error) {
	if hexHash("sha256", []byte(m.SHA256), &sum) != nil {
		return sum, overall("the digest in its footer is malformed")
	}
	return sum, nil
}

// proof gives what goes behind the last row: the root of its block, and the hashes up to the end of the log.
func (m *manifest) proof() (block tlog.Hash, gap []tlog.Hash, err error) {
	if m.Block != "" && hexHash("block", []byte(m.Block), (*[32]byte)(&block)) != nil {
		return block, nil, overall("the root of the last block is malformed")
	}
	if gap, err = hashList("gap", m.Gap, nil); err != nil {
		return block, nil, overall("the hashes behind the last row are malformed")
	}
	return block, gap, nil
}
