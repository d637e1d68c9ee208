package rpc

import (
	"math"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
)

// The numbers of levels, methods, outcomes, kinds, comparisons and means are the same in the ledger and in the protos; a test
// compares their names.

// number reads an enum. The rules of the protos let only defined values come here; what is none stays none.
func number[T ~uint8, E ~int32](e E) T {
	if e < 0 || e > math.MaxUint8 {
		return math.MaxUint8
	}
	return T(e)
}

// count writes a number of things.
func count(n int) int32 {
	return int32(max(0, min(n, math.MaxInt32)))
}

// timeOf reads a time; unset is zero.
func timeOf(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}

// stamp writes a time; zero is unset.
func stamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
