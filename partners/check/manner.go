package check

import (
	"net/http"
	"strings"
)

// manner is what a run must know of a dialect beside what the Dialect itself can do: how else the bank may write, and what it must
// never.
type manner struct {
	names    map[string]string // the bank's own names of fields, by their paths in the native API
	statuses map[string]int    // HTTP statuses by reason, where the bank's form has another than the native API
	limits   []string          // headers in which the bank is told how much it may send; the same stand beside every answer
	echo     string            // header in which an id is given back; empty: there is none
	bare     bool              // ids are written without hyphens
	tags     bool              // answers bear entity tags
	variants []variant
}

// variant is another way to write one request.
type variant struct {
	id, title string
	edits     []edit
	effect    effect
	named     string // the bank's name of the field that is refused
}

// effect is what the other way of writing does.
type effect int

const (
	same    effect = iota // it is the same request: under the same id the first answer is given again
	taken                 // it is another request, and a good one
	refusal               // it is refused with the name of the field
)

// status is the HTTP status of a refusal in the bank's form.
func (m manner) status(w want) int {
	if own, ok := m.statuses[w.reason]; ok {
		return own
	}
	return w.status
}

// field is the bank's own name of a field.
func (m manner) field(path string) string { return m.names[path] }

// written is an id as the bank writes it.
func (m manner) written(id string) string {
	if m.bare {
		return strings.ReplaceAll(id, "-", "")
	}
	return id
}

// mannerOf is the manner of a dialect; of one that nobody here knows, that of the native API.
func mannerOf(dialect string) manner {
	switch dialect {
	case "sberbank":
		return sberbank()
	case "tinkoff":
		return tinkoff()
	case "vtb":
		return vtb()
	case "pochtabank":
		return pochtabank()
	case "bspb":
		return bspb()
	default:
		return manner{}
	}
}

// Paths of fields in the native API.
const (
	snilsPath = "person.snils"
	innPath   = "person.inn"
)

func tinkoffStatuses() map[string]int {
	return map[string]int{
		"REQUEST_ID_REUSED": http.StatusUnprocessableEntity, "VERSION_CONFLICT": http.StatusUnprocessableEntity,
		"SUBJECT_BUSY": http.StatusTooManyRequests, "REQUEST_TOO_LARGE": http.StatusBadRequest,
		"LEDGER_UNAVAILABLE": http.StatusInternalServerError, "OUTCOME_UNKNOWN": http.StatusInternalServerError,
	}
}
