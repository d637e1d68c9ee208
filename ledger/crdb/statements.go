package crdb

// statement is one SQL statement of a decision: prepared once on each connection. Its parameters and results are binary.
type statement struct {
	name, text string
}

// statements are all that decisions and single reads say. The texts are plain enough for both servers: see dialect for the rest.
type statements struct {
	begin, savepoint, rollbackTo, release, commit, rollback, lock *statement

	accountsByID, accountsBySNILS, accountsByAny, entriesByID, attemptsByKey *statement

	vacate, raise, replace, create, record, count *statement

	raiseOne, recordOne *statement // take the same parameters and only look at the first of each

	account, accountBySNILS, entry *statement

	wholeSubjects bool // attemptsByKey takes the subjects alone, and gives all their counters

	copyAccounts string // SQL that copies accounts, in the binary form; empty where created ones are always inserted

	log logStatements

	all []*statement

	sharedPlaces bool // of the dialect
}

func newStatements(d *dialect) *statements {
	s := &statements{copyAccounts: d.copyAccounts, wholeSubjects: d.wholeSubjects, sharedPlaces: d.sharedPlaces}
	add := func(name, text string) *statement {
		st := &statement{"poruka_" + name, text}
		s.all = append(s.all, st)
		return st
	}
	s.begin = add("begin", d.begin)
	s.commit = add("commit", "COMMIT")
	s.rollback = add("rollback", "ROLLBACK")
	if d.savepoints {
		s.savepoint = add("savepoint", "SAVEPOINT cockroach_restart")
		s.rollbackTo = add("rollback_to", "ROLLBACK TO SAVEPOINT cockroach_restart")
		s.release = add("release", "RELEASE SAVEPOINT cockroach_restart")
	}
	if d.lock != "" {
		s.lock = add("lock", d.lock)
	}

	// Rows are locked in the order of their keys, so that two transactions never wait for each other.
	const accounts = "SELECT " + accountColumns + " FROM account "
	s.accountsByID = add("accounts_by_id", accounts+"WHERE id = ANY($1::UUID[]) ORDER BY id FOR UPDATE")
	s.accountsBySNILS = add("accounts_by_snils", d.accountsBySNILS)
	s.accountsByAny = add("accounts_by_any", d.accountsByAny)
	s.entriesByID = add("entries_by_id", "SELECT "+entryColumns+" FROM entry WHERE id = ANY($1::UUID[])")
	s.attemptsByKey = add("attempts_by_key", d.attempts)

	s.addWrites(add)
	s.account = add("account", accounts+"WHERE id = $1::UUID")
	s.accountBySNILS = add("account_by_snils", accounts+"WHERE snils = $1::BYTEA")
	s.entry = add("entry", "SELECT "+entryColumns+" FROM entry WHERE id = $1::UUID")
	s.log = newLogStatements(d, add)
	return s
}

func (s *statements) addWrites(add func(name, text string) *statement) {
	s.vacate = add("vacate", "UPDATE account SET snils = NULL, phone = NULL WHERE id = ANY($1::UUID[])")
	s.raise = add("raise", `UPDATE account SET level = n.level, method = n.method, version = n.version, confirmed_by = n.confirmed_by,
  confirmed_at = n.confirmed_at, confirmation = n.confirmation, registry = n.registry, registry_at = n.registry_at,
  updated_at = n.updated_at
FROM unnest($1::UUID[], $2::INT2[], $3::INT2[], $4::INT8[], $5::TEXT[], $6::TIMESTAMPTZ[], $7::UUID[], $8::INT2[],
  $9::TIMESTAMPTZ[], $10::TIMESTAMPTZ[])
  AS n(id, level, method, version, confirmed_by, confirmed_at, confirmation, registry, registry_at, updated_at)
WHERE account.id = n.id`)
	const facts = "id, level, method, version, confirmed_by, confirmed_at, confirmation, registry, registry_at, updated_at"
	const profile = "wrapped_key, box, digest, snils, inn, phone, created_at"
	const rows = ` unnest($1::UUID[], $2::INT2[], $3::INT2[], $4::INT8[], $5::TEXT[], $6::TIMESTAMPTZ[], $7::UUID[], $8::INT2[],
  $9::TIMESTAMPTZ[], $10::TIMESTAMPTZ[], $11::BYTEA[], $12::BYTEA[], $13::BYTEA[], $14::BYTEA[], $15::BYTEA[], $16::BYTEA[],
  $17::TIMESTAMPTZ[]) AS n(` + facts + ", " + profile + ")"
	s.replace = add("replace", `UPDATE account SET level = n.level, method = n.method, version = n.version, confirmed_by = n.confirmed_by,
  confirmed_at = n.confirmed_at, confirmation = n.confirmation, registry = n.registry, registry_at = n.registry_at,
  updated_at = n.updated_at, wrapped_key = n.wrapped_key, box = n.box, digest = n.digest, snils = n.snils, inn = n.inn,
  phone = n.phone, created_at = n.created_at
FROM`+rows+`
WHERE account.id = n.id`)
	s.create = add("create", "INSERT INTO account ("+facts+", "+profile+") SELECT "+facts+", "+profile+" FROM"+rows)
	// A lone confirmation is spared the machinery of sets, which costs the server more than the rows.
	s.raiseOne = add("raise_one", `UPDATE account SET level = ($2::INT2[])[1], method = ($3::INT2[])[1], version = ($4::INT8[])[1],
  confirmed_by = ($5::TEXT[])[1], confirmed_at = ($6::TIMESTAMPTZ[])[1], confirmation = ($7::UUID[])[1], registry = ($8::INT2[])[1],
  registry_at = ($9::TIMESTAMPTZ[])[1], updated_at = ($10::TIMESTAMPTZ[])[1]
WHERE id = ($1::UUID[])[1]`)
	s.recordOne = add("record_one", "INSERT INTO entry ("+entryColumns+`, ordinal) VALUES (($1::UUID[])[1], ($2::INT2[])[1],
  ($3::TEXT[])[1], ($4::BYTEA[])[1], ($5::UUID[])[1], ($6::INT2[])[1], ($7::TEXT[])[1], ($8::BYTEA[])[1], ($9::INT2[])[1],
  ($10::INT2[])[1], ($11::INT2[])[1], ($12::TEXT[])[1], ($13::TEXT[])[1], ($14::TEXT[])[1], ($15::INT2[])[1], ($16::TIMESTAMPTZ[])[1],
  ($17::TIMESTAMPTZ[])[1], ($18::BOOL[])[1], ($19::UUID[])[1], ($20::INT2[])[1], ($21::TEXT[])[1], ($22::BYTEA[])[1],
  ($23::BYTEA[])[1], ($24::BYTEA[])[1], ($25::INT8[])[1])`)
	s.record = add("record", "INSERT INTO entry ("+entryColumns+", ordinal) SELECT "+entryColumns+`, ordinal FROM
  unnest($1::UUID[], $2::INT2[], $3::TEXT[], $4::BYTEA[], $5::UUID[], $6::INT2[], $7::TEXT[], $8::BYTEA[], $9::INT2[], $10::INT2[],
  $11::INT2[], $12::TEXT[], $13::TEXT[], $14::TEXT[], $15::INT2[], $16::TIMESTAMPTZ[], $17::TIMESTAMPTZ[], $18::BOOL[], $19::UUID[],
  $20::INT2[], $21::TEXT[], $22::BYTEA[], $23::BYTEA[], $24::BYTEA[], $25::INT8[]) AS n(`+entryColumns+", ordinal)")
	s.count = add("count", `INSERT INTO attempt (subject, partner, counter, expires_at)
SELECT subject, partner, counter, expires_at FROM unnest($1::BYTEA[], $2::TEXT[], $3::BYTEA[], $4::TIMESTAMPTZ[])
  AS n(subject, partner, counter, expires_at)
ON CONFLICT (subject, partner) DO UPDATE SET counter = excluded.counter, expires_at = excluded.expires_at`)
}
