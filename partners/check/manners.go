package check

import (
	"strings"
	"time"
)

const (
	isoDay   = time.DateOnly
	dottedRU = "02.01.2006"
)

// oldKey is how an early form of Sberbank's writes identification.
const oldKey = "identificaton" //nolint:misspell // so the bank has it

// unknownMember is a field that no form has.
const unknownMember = "loyalty_programme"

func sberbank() manner {
	const code, series, snils = "identification.code", "identification.series", "snils.number"
	dots := dated(isoDay, "2006.01.02")
	return manner{
		names:  map[string]string{snilsPath: snils, innPath: "inn.number"},
		limits: []string{"x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset"},
		echo:   "x-introspect-rquid",
		bare:   true,
		variants: []variant{
			{id: "id-case", title: "RqUID in capital letters", edits: []edit{mend("RqUID", strings.ToUpper)}},
			{id: "dates-dotted", title: "dates as in 1980.01.01", edits: []edit{mend("birthdate", dots), mend("identification.issued_date", dots)}},
			{id: "old-key", title: "the old key " + oldKey + ", with issuedBy and issuedDate", edits: []edit{
				rename("identification.issued_by", "issuedBy"), rename("identification.issued_date", "issuedDate"), rename("identification", oldKey),
			}},
			{id: "snils-bare", title: "SNILS as 11 digits", edits: []edit{mend(snils, digits)}},
			{id: "passport-bare", title: "series and department code without blank and hyphen", edits: []edit{mend(series, digits), mend(code, digits)}},
			{id: "phone-bare", title: "phone as +7 and ten digits", edits: []edit{mend("phone_number", phone("+70000000000"))}},
			{id: "unknown-field", title: "a field that the form does not have: ignored", edits: []edit{add(unknownMember, "gold")}},
			{id: "null-issuer", title: "issued_by is null: as if it was left out", edits: []edit{set("identification.issued_by", nil)}, effect: taken},
			{id: "sex-coded-otherwise", title: "gender as a text", edits: []edit{set("gender", "female")}, effect: refusal, named: "gender"},
		},
	}
}

func tinkoff() manner {
	return manner{
		names:    map[string]string{snilsPath: "snils", innPath: "inn"},
		statuses: tinkoffStatuses(),
		tags:     true,
		variants: []variant{
			{id: "snils-masked", title: "SNILS with hyphens and a blank", edits: []edit{mend("snils", mask("000-000-000 00"))}},
			{id: "passport-split", title: "a blank between series and number in serialNumber", edits: []edit{mend("passport.serialNumber", mask("0000 000000"))}},
			{id: "unit-code-bare", title: "unitCode without its hyphen", edits: []edit{mend("passport.unitCode", digits)}},
			{id: "phone-masked", title: "phone with brackets and hyphens", edits: []edit{mend("phone_number", phone("+7 (000) 000-00-00"))}},
			{id: "citizenship-code", title: "citizenship as RUS instead of РФ", edits: []edit{set("passport.citizenship", "RUS")}},
			{id: "unknown-field", title: "a field that the form does not have: ignored", edits: []edit{add("passport.validTo", "2035-04-21"), add(unknownMember, "gold")}},
			{id: "null-issuer", title: "unitName is null: as if it was left out", edits: []edit{set("passport.unitName", nil)}, effect: taken},
			{id: "passport-short", title: "serialNumber with nine digits", edits: []edit{set("passport.serialNumber", "451099900")}, effect: refusal, named: "passport.serialNumber"},
		},
	}
}

func vtb() manner {
	iso := dated(dottedRU, isoDay)
	return manner{
		names: map[string]string{snilsPath: "client.snils", innPath: "client.inn"},
		variants: []variant{
			{id: "id-case", title: "requestId in capital letters", edits: []edit{mend("requestId", strings.ToUpper)}},
			{id: "dates-iso", title: "dates as YYYY-MM-DD", edits: []edit{mend("client.birthDate", iso), mend("client.document.issueDate", iso)}},
			{id: "snils-bare", title: "SNILS as 11 digits", edits: []edit{mend("client.snils", digits)}},
			{id: "code-bare", title: "department code without its hyphen", edits: []edit{mend("client.document.departmentCode", digits)}},
			{id: "phone-masked", title: "phone with +7, brackets and hyphens", edits: []edit{mend("client.mobile", phone("+7 (000) 000-00-00"))}},
			{id: "issuer-absent", title: "issuedBy left out", edits: []edit{drop("client.document.issuedBy")}, effect: taken},
			{id: "null-issuer", title: "issuedBy is null: refused", edits: []edit{set("client.document.issuedBy", nil)}, effect: refusal, named: "client.document.issuedBy"},
			{id: "unknown-field", title: "a field that the form does not have: refused", edits: []edit{add("client."+unknownMember, "gold")}, effect: refusal, named: "client." + unknownMember},
		},
	}
}

func pochtabank() manner {
	return manner{
		names: map[string]string{snilsPath: "Person.snils", innPath: "Person.inn"},
		variants: []variant{
			{id: "id-case", title: "MessageID in capital letters", edits: []edit{element("MessageID", strings.ToUpper)}},
			{id: "snils-bare", title: "SNILS as 11 digits", edits: []edit{element("snils", digits)}},
			{id: "code-hyphen", title: "issueId with a hyphen", edits: []edit{element("issueId", mask("000-000"))}},
			{id: "phone-bare", title: "phone as +7 and ten digits", edits: []edit{element("mobile", phone("+70000000000"))}},
			{id: "clock-schema", title: "times as XML Schema has them", edits: []edit{element("SendingTimestamp", dated3339)}},
			{id: "truth-digit", title: "true as 1", edits: []edit{element("mobileBound", always("1"))}},
			{id: "issuer-empty", title: "an empty issuedBy: as if it was left out", edits: []edit{element("issuedBy", always(""))}, effect: taken},
			{id: "dates-iso", title: "birthDate as YYYY-MM-DD: refused", edits: []edit{element("birthDate", dated(dottedRU, isoDay))}, effect: refusal, named: "Person.birthDate"},
			{id: "unknown-field", title: "an element that the form does not have: refused", edits: []edit{before("</Person>", "<"+unknownMember+">gold</"+unknownMember+">")}, effect: refusal, named: "Person." + unknownMember},
			{id: "document-type", title: "a document type before the request: refused", edits: []edit{before("<ConfirmationRequest", `<!DOCTYPE ConfirmationRequest [<!ENTITY a "a">]>`)}, effect: refusal},
		},
	}
}

// dated3339 writes a time of Moscow in whole seconds as XML Schema has it.
func dated3339(text string) string {
	moment, err := time.ParseInLocation(dottedRU+" 15:04:05", text, time.FixedZone("", 3*60*60))
	if err != nil {
		return text
	}
	return moment.UTC().Format(time.RFC3339)
}

func bspb() manner {
	return manner{
		names:  map[string]string{snilsPath: "snils", innPath: "inn"},
		limits: []string{"ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"},
		echo:   "x-fapi-interaction-id",
		variants: []variant{
			{id: "id-in-header", title: "the id in x-fapi-interaction-id alone", edits: []edit{drop("interaction_id")}},
			{id: "snils-masked", title: "SNILS with hyphens and a blank", edits: []edit{mend("snils", mask("000-000-000 00"))}},
			{id: "code-bare", title: "the issuer's code without its hyphen", edits: []edit{mend("document.issuer.code", digits)}},
			{id: "phone-masked", title: "phone with brackets and hyphens", edits: []edit{mend("phone_number", phone("+7 (000) 000-00-00"))}},
			{id: "email-absent", title: "email left out", edits: []edit{drop("email")}, effect: taken},
			{id: "dates-dotted", title: "birthdate as DD.MM.YYYY: refused", edits: []edit{mend("birthdate", dated(isoDay, dottedRU))}, effect: refusal, named: "birthdate"},
			{id: "null-issuer", title: "the issuer's name is null: refused", edits: []edit{set("document.issuer.name", nil)}, effect: refusal, named: "document.issuer.name"},
			{id: "unknown-field", title: "a field that the form does not have: refused", edits: []edit{add(unknownMember, "gold")}, effect: refusal, named: unknownMember},
			{id: "ids-differ", title: "another id in the body than in the header: refused", edits: []edit{set("interaction_id", "11111111-2222-4333-8444-555555555555")}, effect: refusal},
		},
	}
}
