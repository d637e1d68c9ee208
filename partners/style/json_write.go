package style

import "unicode/utf8"

// write writes a tree as JSON without blanks; JSON documents have no name.
func (jsonSyntax) write(_ string, n node) []byte { return appendJSON(nil, n) }

func appendJSON(dst []byte, n node) []byte {
	switch n.kind {
	case text:
		return appendJSONText(dst, n.text)
	case number, truth:
		return append(dst, n.text...)
	case object, list:
		return appendJSONMembers(dst, n)
	default:
		return append(dst, "null"...)
	}
}

func appendJSONMembers(dst []byte, n node) []byte {
	begin, end := byte('{'), byte('}')
	if n.kind == list {
		begin, end = '[', ']'
	}
	dst = append(dst, begin)
	for i, m := range n.members {
		if i > 0 {
			dst = append(dst, ',')
		}
		if n.kind == object {
			dst = append(appendJSONText(dst, m.name), ':')
		}
		dst = appendJSON(dst, m.node)
	}
	return append(dst, end)
}

func appendJSONText(dst []byte, value string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, r := range value {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < ' ' || r == 0x7F || r == 0x2028 || r == 0x2029:
			dst = append(dst, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}
