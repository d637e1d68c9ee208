package ledger_test

import (
	"testing"

	"github.com/poruka/poruka/ledger"
)

func TestParseOrderCancel(t *testing.T) {
	order := ledger.Order{ID: ledger.OrderID{15: 7}, Bank: "vtb"}
	if id, err := ledger.ParseOrderCancel(order.CancelDetail()); err != nil || id != order.ID {
		t.Errorf("%v, %v", id, err)
	}
	for _, detail := range []string{"", "order=", order.Detail(), " " + order.CancelDetail(), order.CancelDetail() + " ", "order={" + order.ID.String() + "}"} {
		if id, err := ledger.ParseOrderCancel(detail); err == nil {
			t.Errorf("%q is the cancellation of %v", detail, id)
		}
	}
}
