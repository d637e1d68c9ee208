package wire

import (
	"strconv"
	"strings"

	"github.com/poruka/poruka/gateway/fault"
)

// Language is a language of the texts for people.
type Language uint8

// Languages of the catalogue. English is what a caller that does not ask gets.
const (
	English Language = iota
	Russian
)

// String gives the tag of BCP 47.
func (l Language) String() string {
	if l == Russian {
		return "ru"
	}
	return "en"
}

// TextOf gives the public text of a reason.
func TextOf(reason fault.Reason, lang Language) string {
	text := ReasonOf(string(reason)).GetText()
	if lang == Russian {
		return text.GetRu()
	}
	return text.GetEn()
}

// longestAcceptLanguage bounds the work on a header; what a browser sends is far shorter.
const longestAcceptLanguage = 256

// LanguageOf chooses by the value of an Accept-Language header (RFC 9110, 12.5.4): the wanted one of the two languages with the
// greater weight, the first of equals; English when neither is wanted or the header is malformed.
func LanguageOf(acceptLanguage string) Language {
	if acceptLanguage == "" || len(acceptLanguage) > longestAcceptLanguage {
		return English
	}
	best, weight := English, 0.0
	for part := range strings.SplitSeq(acceptLanguage, ",") {
		tag, parameters, _ := strings.Cut(part, ";")
		lang, ok := languageOfTag(strings.TrimSpace(tag))
		if q := quality(parameters); ok && q > weight {
			best, weight = lang, q
		}
	}
	return best
}

func languageOfTag(tag string) (Language, bool) {
	primary, _, _ := strings.Cut(tag, "-")
	switch strings.ToLower(primary) {
	case "ru":
		return Russian, true
	case "en", "*":
		return English, true
	default:
		return English, false
	}
}

// quality reads `q=0.5`; nothing means 1, nonsense 0.
func quality(parameters string) float64 {
	value, ok := strings.CutPrefix(strings.TrimSpace(parameters), "q=")
	if !ok {
		return 1
	}
	q, err := strconv.ParseFloat(value, 64)
	if err != nil || !(q >= 0 && q <= 1) {
		return 0
	}
	return q
}
