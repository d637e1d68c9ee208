package roster

import (
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/poruka/poruka/ledger/person"
	"github.com/poruka/poruka/partners"
	"github.com/poruka/poruka/partners/signature"
)

// keys reads the keys with which a bank signs, from all its files.
func (k Known) keys(o object, style Style) []signature.Key {
	if !o.has("signature") {
		o.check("signature", style.Algorithm == "" || o.node.Kind != yaml.MappingNode, "is missing: the bank's dialect is signed")
		return nil
	}
	s := o.w.object(o.value("signature"), o.path, "keys")
	s.prefix = "signature."
	var all []signature.Key
	seen := map[string]bool{}
	for _, node := range s.list("keys") {
		file := o.w.object(node, o.path, "file", "validFrom", "validUntil")
		file.prefix = "signature.keys."
		for _, key := range k.file(file) {
			file.check("file", !seen[key.ID], "holds the key %q, which another file holds too", key.ID)
			seen[key.ID] = true
			misfit := style.misfit(key)
			file.check("file", misfit == "", "the key %q %s", key.ID, misfit)
			all = append(all, key)
		}
	}
	return all
}

// file reads one file of keys. They are valid on the days that the roster says, and a certificate only as long as it says as well.
func (k Known) file(o object) []signature.Key {
	name := o.text("file")
	from, until := o.date("validFrom", false), o.date("validUntil", false)
	o.check("validUntil", from.IsZero() || until.IsZero() || !until.Before(from), "must not be before validFrom")
	if name == "" || k.Read == nil {
		return nil
	}
	content, err := k.Read(name)
	if err != nil {
		o.check("file", false, "cannot be read: %v", err)
		return nil
	}
	keys, err := signature.ParseKeys(content)
	if err != nil {
		o.check("file", false, "%s: %v", name, err)
		return nil
	}
	for i := range keys {
		keys[i] = within(keys[i], from, until)
		o.check("file", keys[i].NotAfter.IsZero() || !keys[i].NotAfter.Before(keys[i].NotBefore),
			"the certificate %s in %s is not valid on any of these days", keys[i].ID, name)
	}
	return keys
}

// within narrows the time in which a key is valid to whole days in Moscow.
func within(key signature.Key, from, until person.Date) signature.Key {
	if !from.IsZero() {
		if begin := midnight(from); begin.After(key.NotBefore) {
			key.NotBefore = begin
		}
	}
	if !until.IsZero() {
		if end := midnight(until).AddDate(0, 0, 1).Add(-time.Nanosecond); key.NotAfter.IsZero() || end.Before(key.NotAfter) {
			key.NotAfter = end
		}
	}
	return key
}

func midnight(day person.Date) time.Time {
	begin, err := time.ParseInLocation(time.DateOnly, day.ISO(), partners.Moscow())
	if err != nil {
		panic("roster: " + err.Error()) // a Date is a day
	}
	return begin
}
