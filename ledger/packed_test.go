package ledger

import (
	"bytes"
	"testing"
)

func TestALinkIsStoredInOrder(t *testing.T) {
	l := Link{Writer: [8]byte{1}, Sequence: 2, Index: 3, Size: 4, Previous: [32]byte{31: 5}}
	got, err := l.AppendBinary([]byte{9})
	want := make([]byte, 1+linkSize)
	want[0], want[1], want[16], want[18], want[20], want[52] = 9, 1, 2, 3, 4, 5
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %x, %v\nwant %x", got, err, want)
	}
}

func FuzzStoredLink(f *testing.F) {
	f.Add([]byte{})
	f.Add(make([]byte, linkSize))
	f.Add(bytes.Repeat([]byte{0xff}, linkSize))
	f.Add(make([]byte, linkSize+1))
	f.Fuzz(func(t *testing.T, data []byte) {
		l := Link{Index: 7}
		err := l.UnmarshalBinary(data)
		if (err == nil) != (len(data) == 0 || len(data) == linkSize) {
			t.Fatalf("%d bytes: %v", len(data), err)
		}
		if again, _ := l.AppendBinary(nil); err == nil && len(data) > 0 && !bytes.Equal(again, data) {
			t.Errorf("%x came back as %x", data, again)
		}
		if len(data) != linkSize && l != (Link{}) {
			t.Errorf("%d bytes gave %+v", len(data), l)
		}
	})
}

func FuzzStoredCommitments(f *testing.F) {
	f.Add([]byte{})
	f.Add(make([]byte, commitmentSize))
	f.Add(bytes.Repeat([]byte{1}, 6*commitmentSize))
	f.Add(make([]byte, commitmentSize-1))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := ParseCommitments(data)
		if (err == nil) != (len(data)%commitmentSize == 0) || (len(data) == 0) != (err == nil && list == nil) {
			t.Fatalf("%d bytes: %v, %v", len(data), list, err)
		}
		if again := AppendCommitments(nil, list); err == nil && !bytes.Equal(again, data) {
			t.Errorf("%x came back as %x", data, again)
		}
	})
}
