package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/poruka/poruka/ledger/tlog/verify"
	"github.com/poruka/poruka/partners/check"
)

// spare is how far the clocks of a bank and a gateway may be apart.
const spare = time.Minute

// receiptsOf checks with the gateway's keys that it has given the receipts of a report, during the run. finding is empty when it has.
func (c *partnerCheckCmd) receiptsOf(report check.Report) (origin, finding string, err error) {
	keys, err := (&auditVerifyCmd{Keys: c.Keys, DataDir: c.DataDir}).trusted()
	if err != nil {
		return "", "", err
	}
	if len(report.Receipts) == 0 {
		return "", "it has no receipts", nil
	}
	for _, one := range report.Receipts {
		promise, err := verify.Receipt(one.Receipt, keys)
		switch {
		case err != nil:
			return "", fmt.Sprintf("the receipt of %q does not hold: %s", one.Name, strings.TrimPrefix(err.Error(), "verify: ")), nil
		case one.Name != "confirmations/"+promise.Entry.String():
			return "", fmt.Sprintf("the receipt of %q is another's", one.Name), nil
		case promise.DecidedAt.Before(report.Began.Add(-spare)) || promise.DecidedAt.After(report.Ended.Add(spare)):
			return "", fmt.Sprintf("the receipt of %q is not of this run", one.Name), nil
		}
		origin = promise.Origin
	}
	return origin, "", nil
}
