package style

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
)

// Entity tags of T-Bank. Every final answer has one. A repeat may bring it back in If-Match, to be told whether what it was answered
// still stands: then 200, and 422 when the tag is stale. The tag begins with the request's id, so that the tag of another request is
// refused before anything is decided.
const (
	ifMatch  = "if-match"
	etag     = "etag"
	staleTag = "VERSION_CONFLICT" // the reason of a stale tag
)

// tagOf makes the tag of an answer: 49 characters of the 50 that the bank allows. It holds nothing of a person.
func tagOf(id string, out Answer) string {
	parts := []string{out.Name, out.Outcome, out.LevelBefore, out.LevelAfter, printTime(out.DecidedAt)}
	for _, r := range out.Reasons {
		parts = append(parts, r.Code)
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return `"` + bareID(id) + "-" + hex.EncodeToString(sum[:7]) + `"`
}

func bareID(id string) string { return strings.ReplaceAll(id, "-", "") }

// weighTag looks at a tag that a request brings.
func weighTag(tag, id string) []Field {
	switch {
	case tag == "" || tag == "*" || id == "":
		return nil
	case len(tag) > 50 || tag[0] != '"' || tag[len(tag)-1] != '"':
		return []Field{{Path: "If-Match", Reason: fieldFormat, Text: "must be one entity tag in quotation marks, of at most 50 characters"}}
	case !strings.HasPrefix(tag, `"`+bareID(id)+"-"):
		return []Field{{Path: "If-Match", Reason: staleTag, Text: "is not the tag of an answer to this request"}}
	default:
		return nil
	}
}

// tinkoffTag puts the tag on an answer, and turns the answer into a refusal when a repeat has brought a stale one. What is not final
// has no tag: it may be otherwise the next time.
func tinkoffTag(in Message, out Answer, m *Message) {
	if out.Outcome == "NOT_CHECKED" {
		return
	}
	tag := tagOf(out.RequestID, out)
	if given := in.Header[ifMatch]; out.Replayed && given != "" && given != "*" && given != tag {
		text := "is not the tag of the answer that stands"
		*m = Tinkoff().Refuse(in, Refusal{
			HTTPStatus: http.StatusConflict, Code: "FAILED_PRECONDITION", RequestID: out.RequestID, Limits: out.Limits,
			Fields: []Field{{Path: "If-Match", Reason: staleTag, Text: text}},
			Reason: Reason{
				Code: staleTag, Actor: "BANK_SYSTEM", Retry: "AFTER_FIX", TextRU: "Метка в If-Match устарела.", TextEN: "The tag in If-Match is stale.",
			},
		})
	}
	m.Header[etag] = tag
}
