package order

// Remembered is how many orders a gateway remembers pulls of.
func (s *Service) Remembered() int {
	s.pulls.mu.Lock()
	defer s.pulls.mu.Unlock()
	return len(s.pulls.orders)
}
