package server

import "testing"

func TestSmallGroupsHaveMoreWriters(t *testing.T) {
	for groupSize, want := range map[int]int{1: 12, 10: 12, 32: 4, 64: 2, 500: 2} {
		if got := serverWriters(groupSize); got != want {
			t.Errorf("groups of %d: %d writers, want %d", groupSize, got, want)
		}
	}
}
