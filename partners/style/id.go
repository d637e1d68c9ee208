package style

import (
	"encoding/hex"
	"strings"
)

// uuid is an id as a UUID with hyphens.
func uuid() form {
	return form{kind: text, wants: "must be a UUID", read: func(value string) (string, bool) {
		if len(value) != 36 || value[8] != '-' || value[13] != '-' || value[18] != '-' || value[23] != '-' {
			return "", false
		}
		return fromHex(strings.ReplaceAll(value, "-", ""))
	}}
}

// hex32 is an id as 32 hexadecimal digits, the same UUID without hyphens.
func hex32() form {
	return form{kind: text, wants: "must have 32 hexadecimal digits", read: fromHex, write: func(value string) (string, bool) {
		return strings.ReplaceAll(value, "-", ""), true
	}}
}

// fromHex gives the UUID of 32 digits in lower case: an id is the same in any case.
func fromHex(value string) (string, bool) {
	if _, err := hex.DecodeString(value); err != nil || len(value) != 32 {
		return "", false
	}
	value = strings.ToLower(value)
	return value[:8] + "-" + value[8:12] + "-" + value[12:16] + "-" + value[16:20] + "-" + value[20:], true
}
