package ledger

// Keys name what a decision needs to see. Everything a decision reads or writes must be named here.
type Keys struct {
	Entries  []EntryID
	Accounts []AccountID
	SNILS    []Index // accounts by blind index
	Phones   []Index
	Attempts []AttemptKey
}

// Add joins other into k. Doubles are allowed.
func (k *Keys) Add(other Keys) {
	k.Entries = append(k.Entries, other.Entries...)
	k.Accounts = append(k.Accounts, other.Accounts...)
	k.SNILS = append(k.SNILS, other.SNILS...)
	k.Phones = append(k.Phones, other.Phones...)
	k.Attempts = append(k.Attempts, other.Attempts...)
}

// Loaded is what an engine found under some Keys. What is not there does not exist.
type Loaded struct {
	Entries  []Entry
	Accounts []Account // each once, whatever key found it
	Attempts map[AttemptKey]Attempts
}

// Writes are what the decisions of one transaction want stored, all of it or nothing.
// An account is in Created or in Updated, never in both, and only once, in its last state.
type Writes struct {
	Entries  []Entry   // to be inserted; an id that exists is an error of the transaction
	Created  []Account // to be inserted
	Updated  []Account // to be replaced by id
	Attempts map[AttemptKey]Attempts
}

// Empty reports whether there is nothing to store.
func (w *Writes) Empty() bool {
	return len(w.Entries)+len(w.Created)+len(w.Updated)+len(w.Attempts) == 0
}

// View is the ledger as the decisions of one transaction see it: what was loaded, and over it what they have decided so far.
// It is not safe for concurrent use.
type View struct {
	loaded state
	staged state // over loaded
	trial  state // over staged, while Try runs
}

// state is one layer: what it holds hides the layers below. Its maps are made when first written to.
type state struct {
	entries  map[EntryID]Entry
	order    []EntryID
	accounts map[AccountID]Account
	touched  []AccountID
	snils    map[Index]AccountID // may be out of date: a higher layer may have changed the account
	phones   map[Index]AccountID // likewise
	attempts map[AttemptKey]Attempts
}

// NewView is called by engines.
func NewView(found Loaded) *View {
	v := &View{loaded: state{attempts: found.Attempts}}
	for _, e := range found.Entries {
		v.loaded.addEntry(e)
	}
	for _, a := range found.Accounts {
		v.loaded.putAccount(a)
	}
	return v
}

// Try runs one decision. When it returns an error, nothing of what it wrote remains.
func (v *View) Try(decide func(*View) error) error {
	err := decide(v)
	if err == nil {
		v.staged.take(v.trial)
	}
	v.trial = state{}
	return err
}

func (s *state) take(from state) {
	for _, id := range from.order {
		s.addEntry(from.entries[id])
	}
	for _, id := range from.touched {
		s.putAccount(from.accounts[id])
	}
	for key, a := range from.attempts {
		s.setAttempts(key, a)
	}
}

func (s *state) addEntry(e Entry) {
	put(&s.entries, e.ID, e)
	s.order = append(s.order, e.ID)
}

func (s *state) putAccount(a Account) {
	if _, again := s.accounts[a.ID]; !again {
		s.touched = append(s.touched, a.ID)
	}
	put(&s.accounts, a.ID, a)
	if !a.SNILS.IsZero() {
		put(&s.snils, a.SNILS, a.ID)
	}
	if !a.Phone.IsZero() {
		put(&s.phones, a.Phone, a.ID)
	}
}

func (s *state) setAttempts(key AttemptKey, a Attempts) { put(&s.attempts, key, a) }

func put[K comparable, V any](m *map[K]V, key K, value V) {
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[key] = value
}

func (v *View) layers() [3]*state { return [3]*state{&v.trial, &v.staged, &v.loaded} }

// Entry finds an entry by id.
func (v *View) Entry(id EntryID) (Entry, bool) {
	for _, s := range v.layers() {
		if e, ok := s.entries[id]; ok {
			return e, true
		}
	}
	return Entry{}, false
}

// Account finds an account by id.
func (v *View) Account(id AccountID) (Account, bool) {
	for _, s := range v.layers() {
		if a, ok := s.accounts[id]; ok {
			return a, true
		}
	}
	return Account{}, false
}

// AccountBySNILS finds the account that holds a SNILS. The zero Index finds none.
func (v *View) AccountBySNILS(index Index) (Account, bool) {
	for _, s := range v.layers() {
		if a, ok := v.Account(s.snils[index]); ok && a.SNILS == index && !index.IsZero() {
			return a, true
		}
	}
	return Account{}, false
}

// AccountByPhone finds the account that holds a verified phone. The zero Index finds none.
func (v *View) AccountByPhone(index Index) (Account, bool) {
	for _, s := range v.layers() {
		if a, ok := v.Account(s.phones[index]); ok && a.Phone == index && !index.IsZero() {
			return a, true
		}
	}
	return Account{}, false
}

// Attempts gives a counter; zero when there is none.
func (v *View) Attempts(key AttemptKey) Attempts {
	for _, s := range v.layers() {
		if a, ok := s.attempts[key]; ok {
			return a
		}
	}
	return Attempts{}
}

// AddEntry stages a new entry.
func (v *View) AddEntry(e Entry) { v.trial.addEntry(e) }

// PutAccount stages an account in its new state.
func (v *View) PutAccount(a Account) { v.trial.putAccount(a) }

// SetAttempts stages a counter.
func (v *View) SetAttempts(key AttemptKey, a Attempts) { v.trial.setAttempts(key, a) }

// Finish hands all staged entries to amend, in order, to give them what only the whole transaction can: their links and marks.
// amend may change everything but the ids. It must be called after the last decision.
func (v *View) Finish(amend func([]Entry)) {
	entries := make([]Entry, len(v.staged.order))
	for i, id := range v.staged.order {
		entries[i] = v.staged.entries[id]
	}
	amend(entries)
	for i, id := range v.staged.order {
		v.staged.entries[id] = entries[i]
	}
}

// Writes gives what the successful decisions have staged. It is called by engines.
func (v *View) Writes() Writes {
	w := Writes{Attempts: v.staged.attempts}
	for _, id := range v.staged.order {
		w.Entries = append(w.Entries, v.staged.entries[id])
	}
	for _, id := range v.staged.touched {
		if _, existed := v.loaded.accounts[id]; existed {
			w.Updated = append(w.Updated, v.staged.accounts[id])
		} else {
			w.Created = append(w.Created, v.staged.accounts[id])
		}
	}
	return w
}
