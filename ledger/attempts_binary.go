package ledger

import (
	"encoding/binary"
	"errors"
	"math"
	"time"
)

var errAttempts = errors.New("ledger: stored attempt counter is malformed")

// The stored form of a counter without vouches: the number of failures in two bytes, then the times as big-endian Unix seconds,
// failures first. With vouches: VouchMark, a byte 2, the numbers of failures and of close matches in two bytes each, the times, then
// each vouch: the length of the partner's id in a byte, the id, the time, and the digests. With orders: OrderMark, a byte 3, the id and
// the end of the open order (both zero when there is none; the end in Unix microseconds), then the times.
const (
	// VouchMark is the first byte of a counter with vouches, and of no other: it lives for VouchMemory.
	VouchMark    = 0xff
	vouchVersion = 2
	// OrderMark is the first byte of a counter with orders, and of no other. It lives no longer than one without vouches.
	OrderMark    = 0xfe
	orderVersion = 3
	orderHead    = 2 + 16 + 8
	mostTimes    = 0xfdff
)

// MarshalBinary gives the stored form.
func (a Attempts) MarshalBinary() ([]byte, error) {
	if len(a.Failures) > mostTimes || len(a.Closes) > mostTimes {
		return nil, errAttempts
	}
	if len(a.Orders) > 0 || a.Open != (OpenOrder{}) {
		return a.marshalOrders()
	}
	out := make([]byte, 0, 6+8*(len(a.Failures)+len(a.Closes))+80*len(a.Vouches))
	if len(a.Vouches) > 0 {
		out = append(out, VouchMark, vouchVersion)
	}
	out = binary.BigEndian.AppendUint16(out, uint16(len(a.Failures))) //nolint:gosec // bounded above
	if len(a.Vouches) > 0 {
		out = binary.BigEndian.AppendUint16(out, uint16(len(a.Closes))) //nolint:gosec // bounded above
	}
	for _, times := range [2][]time.Time{a.Failures, a.Closes} {
		for _, t := range times {
			out = appendSeconds(out, t)
		}
	}
	for i := range a.Vouches {
		v := &a.Vouches[i]
		if len(v.Partner) > math.MaxUint8 {
			return nil, errAttempts
		}
		out = append(append(out, byte(len(v.Partner))), v.Partner...) //nolint:gosec // bounded above
		out = appendSeconds(out, v.At)
		for _, digest := range v.Groups {
			out = append(out, digest[:]...)
		}
	}
	return out, nil
}

func (a Attempts) marshalOrders() ([]byte, error) {
	if len(a.Failures)+len(a.Closes)+len(a.Vouches) > 0 || (a.Open.ID.IsZero() && !a.Open.Until.IsZero()) {
		return nil, errAttempts
	}
	out := make([]byte, 0, orderHead+8*len(a.Orders))
	out = append(append(out, OrderMark, orderVersion), a.Open.ID[:]...)
	var until int64
	if !a.Open.ID.IsZero() {
		until = a.Open.Until.UnixMicro()
	}
	out = binary.BigEndian.AppendUint64(out, uint64(until))
	for _, t := range a.Orders {
		out = appendSeconds(out, t)
	}
	return out, nil
}

func appendSeconds(out []byte, t time.Time) []byte {
	return binary.BigEndian.AppendUint64(out, uint64(t.Unix())) //nolint:gosec // round trips
}

// UnmarshalBinary reads the stored form.
func (a *Attempts) UnmarshalBinary(data []byte) error {
	*a = Attempts{}
	if len(data) < 2 {
		return errAttempts
	}
	if data[0] == OrderMark {
		return readOrders(a, data)
	}
	failures := int(binary.BigEndian.Uint16(data))
	if data[0] != VouchMark {
		data = data[2:]
		if len(data)%8 != 0 || failures > len(data)/8 {
			return errAttempts
		}
		readTimes(a, data, failures, len(data)/8-failures)
		return nil
	}
	if len(data) < 6 || data[1] != vouchVersion {
		return errAttempts
	}
	failures, closes := int(binary.BigEndian.Uint16(data[2:])), int(binary.BigEndian.Uint16(data[4:]))
	data = data[6:]
	if failures > mostTimes || closes > mostTimes || 8*(failures+closes) >= len(data) {
		return errAttempts
	}
	return readVouches(a, readTimes(a, data, failures, closes))
}

func readOrders(a *Attempts, data []byte) error {
	if len(data) < orderHead || len(data)%8 != orderHead%8 || data[1] != orderVersion {
		return errAttempts
	}
	id, until, times := OrderID(data[2:18]), binary.BigEndian.Uint64(data[18:]), data[orderHead:]
	if id.IsZero() && (until != 0 || len(times) == 0) {
		return errAttempts
	}
	if !id.IsZero() {
		a.Open = OpenOrder{id, time.UnixMicro(int64(until)).UTC()} //nolint:gosec // round trips
	}
	for ; len(times) > 0; times = times[8:] {
		a.Orders = append(a.Orders, seconds(times))
	}
	return nil
}

func readTimes(a *Attempts, data []byte, failures, closes int) (rest []byte) {
	for range failures {
		a.Failures, data = append(a.Failures, seconds(data)), data[8:]
	}
	for range closes {
		a.Closes, data = append(a.Closes, seconds(data)), data[8:]
	}
	return data
}

func seconds(data []byte) time.Time {
	return time.Unix(int64(binary.BigEndian.Uint64(data)), 0).UTC() //nolint:gosec // round trips
}

func readVouches(a *Attempts, data []byte) error {
	for len(data) > 0 {
		var v Vouch
		n, size := int(data[0]), 8+8*len(v.Groups)
		data = data[1:]
		if len(data) < n+size {
			return errAttempts
		}
		v.Partner, data = PartnerID(data[:n]), data[n:]
		v.At = seconds(data)
		for i := range v.Groups {
			copy(v.Groups[i][:], data[8+8*i:])
		}
		a.Vouches, data = append(a.Vouches, v), data[size:]
	}
	return nil
}
