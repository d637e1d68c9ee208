package match

import "github.com/poruka/poruka/ledger"

// decide weighs the fields.
func (c *comparison) decide() (ledger.Outcome, []ledger.Reason) {
	f := &c.fields
	identity := f[ledger.FieldSNILS] == ledger.Exact && f[ledger.FieldBirthDate] == ledger.Exact && f[ledger.FieldSex] == ledger.Exact
	name, paper := c.nameVerdict(), c.paperVerdict()
	innDiffers := f[ledger.FieldINN] == ledger.Different
	refused := name == ledger.Different || paper == ledger.Different || innDiffers
	number := f[ledger.FieldPassport]
	switch {
	case identity && number == ledger.Previous && !refused:
		return ledger.OutcomeCloseMatch, []ledger.Reason{ledger.ReasonPreviousPassport}
	case !identity || number != ledger.Exact:
		return ledger.OutcomeNotMatched, []ledger.Reason{ledger.ReasonNoMatchingAccount}
	case refused:
		return ledger.OutcomeNotMatched, reasons(
			when{name == ledger.Different, ledger.ReasonNameDiffers},
			when{paper == ledger.Different, ledger.ReasonDocumentDiffers},
			when{innDiffers, ledger.ReasonINNDiffers})
	case name == ledger.Close || paper == ledger.Close:
		return ledger.OutcomeCloseMatch, reasons(
			when{name == ledger.Close, ledger.ReasonNameClose},
			when{paper == ledger.Close, ledger.ReasonDocumentClose})
	default:
		return ledger.OutcomeConfirmed, nil
	}
}

type when struct {
	applies bool
	reason  ledger.Reason
}

// reasons lists the reasons that apply, the weightiest first.
func reasons(all ...when) []ledger.Reason {
	var list []ledger.Reason
	for _, one := range all {
		if one.applies {
			list = append(list, one.reason)
		}
	}
	return list
}

// nameVerdict: at most one part may be close, or the first two in each other's place.
func (c *comparison) nameVerdict() ledger.Comparison {
	closeParts := 0
	for _, part := range [...]ledger.Field{ledger.FieldFamilyName, ledger.FieldGivenName, ledger.FieldMiddleName} {
		switch c.fields[part] {
		case ledger.Exact:
		case ledger.NotCompared, ledger.Missing:
			if part != ledger.FieldMiddleName {
				return ledger.Different
			}
			if c.fields[part] == ledger.Missing {
				closeParts++
			}
		case ledger.Close:
			closeParts++
		default:
			return ledger.Different
		}
	}
	if c.swapped {
		closeParts--
	}
	switch closeParts {
	case 0:
		return ledger.Exact
	case 1:
		return ledger.Close
	default:
		return ledger.Different
	}
}

// paperVerdict: of issue date and department code one may differ. What one side lacks does not decide.
func (c *comparison) paperVerdict() ledger.Comparison {
	date := c.fields[ledger.FieldIssueDate] == ledger.Different
	code := c.fields[ledger.FieldDepartmentCode] == ledger.Different
	switch {
	case date && code:
		return ledger.Different
	case date || code:
		return ledger.Close
	default:
		return ledger.Exact
	}
}
