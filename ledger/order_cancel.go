package ledger

import "strings"

// ParseOrderCancel reads the Detail of an entry of KindOrderCancel: which order it took back.
func ParseOrderCancel(detail string) (OrderID, error) {
	text, named := strings.CutPrefix(detail, detailOrder)
	id, err := ParseOrderID(text)
	if !named || err != nil || (Order{ID: id}).CancelDetail() != detail {
		return OrderID{}, errOrder
	}
	return id, nil
}
