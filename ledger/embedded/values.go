package embedded

import (
	"database/sql/driver"
	"time"
)

// The zero value of Go is NULL in the file: it takes no room there, and a partial unique index does not hold it.

func id(key [16]byte) driver.Value {
	if key == [16]byte{} {
		return nil
	}
	return key[:]
}

func index(key [32]byte) driver.Value {
	if key == [32]byte{} {
		return nil
	}
	return key[:]
}

func textOrNull[T ~string](text T) driver.Value {
	if text == "" {
		return nil
	}
	return string(text)
}

func bytesOrNull(data []byte) driver.Value {
	if len(data) == 0 {
		return nil
	}
	return data
}

func timeOrNull(t time.Time) driver.Value {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

func flag(set bool) driver.Value {
	if set {
		return int64(1)
	}
	return int64(0)
}

func number[N ~uint8 | ~int64](n N) driver.Value { return int64(n) }

func (r row) int(n int) int64 {
	v, _ := r[n].(int64)
	return v
}

func (r row) small(n int) uint8 { return uint8(r.int(n)) } //nolint:gosec // stored from a uint8

func (r row) text(n int) string {
	v, _ := r[n].(string)
	return v
}

func (r row) bytes(n int) []byte {
	v, _ := r[n].([]byte)
	return v
}

func (r row) key16(n int) (key [16]byte) {
	copy(key[:], r.bytes(n))
	return key
}

func (r row) key32(n int) (key [32]byte) {
	copy(key[:], r.bytes(n))
	return key
}

func (r row) time(n int) time.Time {
	v, ok := r[n].(int64)
	if !ok {
		return time.Time{}
	}
	return time.UnixMicro(v).UTC()
}
