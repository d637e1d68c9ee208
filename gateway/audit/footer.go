package audit

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/poruka/poruka/ledger/tlog"
)

// Version of the form of reports.
const Version = 2

// Footer is the last line of a report: its manifest.
type Footer struct {
	Version    int    `json:"version"`
	Rows       int64  `json:"rows"`
	SHA256     string `json:"sha256"` // of every byte before the footer, lower-case hexadecimal
	From       string `json:"from"`   // the filter; parts that choose everything are empty
	To         string `json:"to"`
	Bank       string `json:"bank"`
	Outcome    string `json:"outcome"`
	Checkpoint string `json:"checkpoint"` // the signed text: which log, how long, which root
	Block      string `json:"block"`      // root of the block of the last row, hexadecimal; empty without rows
	Gap        string `json:"gap"`        // hashes that cover the positions behind the last row, base64, joined by `;`
	Key        string `json:"key"`        // hash of the key that has signed the footer, hexadecimal
	Signature  string `json:"signature"`  // of everything in the footer before it, base64
}

// LogSize is the size of the log that the report is about; 0 when the footer has no checkpoint. Nothing vouches for it before the
// report is verified.
func (f *Footer) LogSize() int64 {
	lines := strings.SplitN(f.Checkpoint, "\n", 3)
	if len(lines) < 3 {
		return 0
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return 0
	}
	return size
}

// jsonFooter is the footer's object.
type jsonFooter struct {
	Footer *Footer `json:"footer"`
}

const (
	csvFooter      = `#footer,"`
	signatureBegin = `,"signature":"`
	// manifestLabel begins what is signed, so that a manifest is never a checkpoint or a receipt.
	manifestLabel = "poruka/report"
)

// sign signs the footer with everything in it but the signature.
func (f *Footer) sign(key *tlog.Key) error {
	f.Key, f.Signature = fmt.Sprintf("%08x", key.KeyHash()), ""
	object := appendValue(nil, jsonFooter{f})
	signed := object[:bytes.LastIndex(object, []byte(signatureBegin))]
	signature, err := key.Sign(append([]byte(manifestLabel+"\n"+key.Origin()+"\n"), signed...))
	f.Signature = base64.StdEncoding.EncodeToString(signature)
	return err
}

// append writes the line. In CSV it is a row of two cells.
func (f *Footer) append(dst []byte, format Format) []byte {
	object := appendValue(nil, jsonFooter{f})
	if format == CSV {
		dst = append(dst, csvFooter...)
		dst = append(dst, bytes.ReplaceAll(object, []byte{'"'}, []byte(`""`))...)
		return append(dst, "\"\n"...)
	}
	return append(append(dst, object...), '\n')
}
