package ledger

import (
	"encoding/binary"
	"errors"
)

// The forms in which engines store what has no column type of its own. Zero values are stored as nothing.

var errPacked = errors.New("ledger: stored bytes have not the form that this binary knows")

// linkSize is the length of a stored Link: Writer, Sequence, Index, Size, Previous.
const linkSize = 8 + 8 + 2 + 2 + 32

// AppendBinary appends l as engines store it.
func (l Link) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, l.Writer[:]...)
	b = binary.BigEndian.AppendUint64(b, l.Sequence)
	b = binary.BigEndian.AppendUint16(b, l.Index)
	b = binary.BigEndian.AppendUint16(b, l.Size)
	return append(b, l.Previous[:]...), nil
}

// UnmarshalBinary reads what AppendBinary has made; from nothing, the zero Link.
func (l *Link) UnmarshalBinary(b []byte) error {
	*l = Link{}
	switch len(b) {
	case 0:
		return nil
	case linkSize:
	default:
		return errPacked
	}
	copy(l.Writer[:], b)
	l.Sequence = binary.BigEndian.Uint64(b[8:])
	l.Index, l.Size = binary.BigEndian.Uint16(b[16:]), binary.BigEndian.Uint16(b[18:])
	copy(l.Previous[:], b[20:])
	return nil
}

// commitmentSize is the length of a stored Commitment: Group, Digest.
const commitmentSize = 1 + 16

// AppendCommitments appends list as engines store it.
func AppendCommitments(b []byte, list []Commitment) []byte {
	for i := range list {
		b = append(b, byte(list[i].Group))
		b = append(b, list[i].Digest[:]...)
	}
	return b
}

// ParseCommitments reads what AppendCommitments has made; from nothing, nil.
func ParseCommitments(b []byte) ([]Commitment, error) {
	if len(b)%commitmentSize != 0 {
		return nil, errPacked
	}
	if len(b) == 0 {
		return nil, nil
	}
	list := make([]Commitment, len(b)/commitmentSize)
	for i := range list {
		c := b[i*commitmentSize:]
		list[i].Group = FieldGroup(c[0])
		copy(list[i].Digest[:], c[1:])
	}
	return list, nil
}
