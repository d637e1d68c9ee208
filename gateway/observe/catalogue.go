package observe

// Metric is one line of the catalogue. Names are poruka_<room>_<thing>_<unit>.
type Metric struct {
	Name    string
	Kind    Kind
	Labels  []string  // each bounded: see the package comment
	Buckets []float64 // of a histogram
	Help    string    // what it is; what a high value means
}

// Kind is how a metric moves.
type Kind string

// Kinds of metrics.
const (
	Counter   Kind = "counter"
	Gauge     Kind = "gauge"
	Histogram Kind = "histogram"
)

// Names of metrics, as the catalogue lists them.
const (
	interceptCalls    = "poruka_intercept_calls_total"
	interceptRefusals = "poruka_intercept_refusals_total"
	interceptDuration = "poruka_intercept_call_duration_seconds"
	interceptRunning  = "poruka_intercept_running_calls"
	interceptPanics   = "poruka_intercept_panics_total"

	confirmOutcomes = "poruka_confirm_outcomes_total"

	groupDecisions = "poruka_group_decisions_size"
	groupDuration  = "poruka_group_duration_seconds"
	groupWaited    = "poruka_group_waited_seconds" //nolint:gosec // a name
	groupSplits    = "poruka_group_splits_total"
	groupFailures  = "poruka_group_failures_total"
	groupWaiting   = "poruka_group_waiting_decisions" //nolint:gosec // a name

	certsExpiry     = "poruka_certs_expiry_timestamp_seconds"
	certsReloads    = "poruka_certs_reloads_total"
	certsAlarm      = "poruka_certs_revocation_alarm_state"
	certsHandshakes = "poruka_certs_handshakes_total"

	partnersReloads   = "poruka_partners_reloads_total"
	partnersSuspended = "poruka_partners_suspended_banks"

	bankCalls    = "poruka_bank_calls_total"
	bankDuration = "poruka_bank_call_duration_seconds"
	bankRunning  = "poruka_bank_running_calls"
	bankBreaker  = "poruka_bank_breaker_state"
	bankChanges  = "poruka_bank_breaker_changes_total"

	ledgerUp = "poruka_ledger_up_state"

	logSize       = "poruka_log_entries_size"
	logIntegrated = "poruka_log_integrated_total"
	logDelay      = "poruka_log_delay_seconds"
	logFailures   = "poruka_log_failures_total"
	logHalted     = "poruka_log_halted_state"
	logSigned     = "poruka_log_checkpoint_size"
	logSignedAt   = "poruka_log_signed_timestamp_seconds"
	logRefused    = "poruka_log_refused_state"
	logSealedAt   = "poruka_log_sealed_timestamp_seconds"
	logUnsealed   = "poruka_log_seal_failures_total"

	notifyTries   = "poruka_notify_tries_total"
	notifyDelay   = "poruka_notify_delay_seconds"
	notifyBehind  = "poruka_notify_waiting_size"
	notifyFailing = "poruka_notify_failing_timestamp_seconds"

	serverReady = "poruka_server_ready_state"
	serverBuild = "poruka_server_build_info"
)

// Buckets of histograms. Durations from a quarter of a millisecond to 16 s in steps of 2; sizes up to the largest group.
var (
	durations = []float64{0.00025, 0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1, 2, 4, 8, 16}
	delays    = []float64{0.25, 0.5, 1, 2, 4, 8, 16, 60, 300, 3600, 6 * 3600, 24 * 3600, 72 * 3600} // of events
	sizes     = []float64{1, 2, 4, 8, 16, 32, 64, 128, 256}
)

// catalogue holds every metric of the gateway; nothing else is registered but the collectors of Go and of the process.
var catalogue = []Metric{
	{
		Name: interceptCalls, Kind: Counter, Labels: []string{"method", "transport", "code", "caller"},
		Help: "Calls that have ended, by method, transport (grpc or rest), gRPC code and caller (a bank of the roster, or a " +
			"role). A rise of INTERNAL, UNAVAILABLE or DEADLINE_EXCEEDED is trouble of the gateway; a rise of one caller's " +
			"other codes is trouble of that caller.",
	},
	{
		Name: interceptRefusals, Kind: Counter, Labels: []string{"method", "reason"},
		Help: "Calls that were refused undecided, by reason. Many CERTIFICATE_ or ACCESS_DENIED: somebody tries doors. Many " +
			"OVERLOADED: the ledger is too slow for the load, see poruka_group_waiting_decisions.",
	},
	{
		Name: interceptDuration, Kind: Histogram, Labels: []string{"method"}, Buckets: durations,
		Help: "Time from the arrival of a call to its end, streams to their last message. High for one method: its work; high " +
			"for all: CPU or the ledger.",
	},
	{
		Name: interceptRunning, Kind: Gauge, Labels: []string{"transport"},
		Help: "Calls under way. High and rising while calls_total stands still: the ledger does not answer.",
	},
	{
		Name: interceptPanics, Kind: Counter,
		Help: "Panics caught in calls. Any is a defect: find the stack in the log by the request id.",
	},

	{
		Name: confirmOutcomes, Kind: Counter, Labels: []string{"caller", "outcome"},
		Help: "Decided confirmations, by bank and outcome. A bank whose share of NOT_MATCHED rises is guessing, or its data " +
			"have gone bad.",
	},

	{
		Name: groupDecisions, Kind: Histogram, Buckets: sizes,
		Help: "Decisions in one transaction. High under load is good; always 1 under load means that grouping does not work.",
	},
	{
		Name: groupDuration, Kind: Histogram, Buckets: durations,
		Help: "Time of one transaction with all its decisions. High: the store or its disk is slow.",
	},
	{
		Name: groupWaited, Kind: Histogram, Buckets: durations,
		Help: "Time that the decision that waited longest had waited for its transaction. High: more load than the store " +
			"takes.",
	},
	{
		Name: groupSplits, Kind: Counter,
		Help: "Transactions cut in two because one decision spoiled them. Any rate above zero is worth a look at the log.",
	},
	{
		Name: groupFailures, Kind: Counter,
		Help: "Decisions lost to the store; their callers were told UNAVAILABLE. Any rate above zero is trouble of the store.",
	},
	{
		Name: groupWaiting, Kind: Gauge, Labels: []string{"lane"},
		Help: "Decisions that wait for a transaction now, by lane: a bank of the roster, portal, or portal/import. A lane " +
			"that holds as much as is left of limits.queueLength is refused with OVERLOADED; others are not.",
	},

	{
		Name: certsExpiry, Kind: Gauge, Labels: []string{"kind", "name"},
		Help: "When a certificate or revocation list in force ends, in Unix time. Alert when less than 14 days are left, for " +
			"lists 12 hours.",
	},
	{
		Name: certsReloads, Kind: Counter, Labels: []string{"result"},
		Help: "Attempts to take new certificate files, by result (ok, bad). bad: the old files stay in force, see the log.",
	},
	{
		Name: certsAlarm, Kind: Gauge,
		Help: "1 while a revocation list is stale. Beyond its grace every caller is refused: publish a new list.",
	},
	{
		Name: certsHandshakes, Kind: Counter, Labels: []string{"kind", "result"},
		Help: "TLS handshakes, by kind (full, resumed; none when refused) and result: ok, or why there is no connection " +
			"(no_certificate, untrusted, identity, expired, revoked, revocation_unknown, connections, protocol). Many but " +
			"protocol: somebody tries doors, or a partner's certificate has ended.",
	},

	{
		Name: partnersReloads, Kind: Counter, Labels: []string{"result"},
		Help: "Attempts to take a new roster, by result (ok, bad). bad: the old roster stays in force, see the log.",
	},
	{
		Name: partnersSuspended, Kind: Gauge,
		Help: "Banks that an operator has suspended.",
	},

	{
		Name: bankCalls, Kind: Counter, Labels: []string{"bank", "outcome"},
		Help: "Calls of the gateway to a bank's own API, or to the portal's, by outcome: OK, or why there was no answer (TIMEOUT, " +
			"REFUSED, CERTIFICATE, SERVER_ERROR, MALFORMED, NO_ENDPOINT; BUSY and OPEN: nothing was sent; GIVEN_UP: the caller " +
			"went away). Repeats of a call are not counted apart.",
	},
	{
		Name: bankDuration, Kind: Histogram, Labels: []string{"bank"}, Buckets: durations,
		Help: "Time of such a call, repeats included, if anything was sent. High: that bank is slow; no other bank's calls are.",
	},
	{
		Name: bankRunning, Kind: Gauge, Labels: []string{"bank"},
		Help: "Such calls under way, seen once a second. At the bank's bound (endpoint.concurrent of the roster) more are refused with BUSY.",
	},
	{
		Name: bankBreaker, Kind: Gauge, Labels: []string{"bank"},
		Help: "Breaker of a bank's API, seen once a second: 0 closed, 1 half-open (one call is tried), 2 open (nothing is sent). " +
			"Open: ask the bank; confirmations that need no call to it go on.",
	},
	{
		Name: bankChanges, Kind: Counter, Labels: []string{"bank", "to"},
		Help: "Changes of a breaker, by the new state (CLOSED, HALF_OPEN, OPEN). Many OPEN: the bank comes and goes.",
	},

	{
		Name: ledgerUp, Kind: Gauge,
		Help: "1 while the ledger answers. 0: nothing can be decided.",
	},

	{
		Name: logSize, Kind: Gauge,
		Help: "Entries in the log, as far as this gateway has seen. It stands still while outcomes are decided: see " +
			"poruka_log_halted_state and poruka_log_failures_total of all gateways.",
	},
	{
		Name: logIntegrated, Kind: Counter,
		Help: "Entries that this gateway has put into the log. Of several gateways one works at a time, and the others " +
			"watch it.",
	},
	{
		Name: logDelay, Kind: Histogram, Buckets: durations,
		Help: "Time from the decision of the oldest entry of an advance until it was in the log. High: the store is slow, or " +
			"nobody advanced the log for a while.",
	},
	{
		Name: logFailures, Kind: Counter,
		Help: "Tries to advance the log that failed. Any lasting rate is trouble of the store; confirmations go on.",
	},
	{
		Name: logHalted, Kind: Gauge,
		Help: "1 when an entry was found that may not be in the log, or one is missed: somebody else has written to the " +
			"store. Nothing comes into the log until an operator acts; the log of the gateway names the entry.",
	},
	{
		Name: logSigned, Kind: Gauge,
		Help: "Entries that the last checkpoint of this gateway covers.",
	},
	{
		Name: logSignedAt, Kind: Gauge,
		Help: "When this gateway last found all of the log signed, in Unix time, 0 before. Alert when it is more than a " +
			"minute ago.",
	},
	{
		Name: logRefused, Kind: Gauge,
		Help: "1 while the signer refuses the log because it is not what was signed of it: a backup was restored, or entries " +
			"or tiles were changed. No checkpoint is made until an operator acts.",
	},
	{
		Name: logSealedAt, Kind: Gauge,
		Help: "End of the last hour that this gateway knows to be sealed, in Unix time, 0 before. Alert when it is more than " +
			"1 h 15 min ago while the log has entries.",
	},
	{
		Name: logUnsealed, Kind: Counter,
		Help: "Tries to seal the hours that failed. Confirmations go on, and what was missed is made up for; the log of the " +
			"gateway says why.",
	},

	{
		Name: notifyTries, Kind: Counter, Labels: []string{"receiver", "result"},
		Help: "Tries to deliver an event, by receiver (a bank of the roster, or portal) and result: DELIVERED, STATUS for an " +
			"answer from 300 to 499, or the cause as in poruka_bank_calls_total; and GIVEN_UP once for each event that was not taken in " +
			"three days. Any of the latter is to be seen to: poruka partner receivers names them.",
	},
	{
		Name: notifyDelay, Kind: Histogram, Labels: []string{"receiver"}, Buckets: delays,
		Help: "Time from a decision until its event was delivered. High for one receiver: it is slow or was down; high for " +
			"all: the log is late, see poruka_log_delay_seconds.",
	},
	{
		Name: notifyBehind, Kind: Gauge, Labels: []string{"receiver"},
		Help: "Entries of the log that a receiver is behind, told by the gateway that delivers to it. Rising: it fails, or " +
			"takes less than is decided.",
	},
	{
		Name: notifyFailing, Kind: Gauge, Labels: []string{"receiver"},
		Help: "Since when the next event of a receiver fails, in Unix time, told by the gateway that delivers to it; 0 while " +
			"it does not. Alert when it is more than an hour ago.",
	},

	{
		Name: serverReady, Kind: Gauge,
		Help: "1 while the gateway is ready for calls. 0: see /readyz.",
	},
	{
		Name: serverBuild, Kind: Gauge, Labels: []string{"version", "go"},
		Help: "Always 1; the labels tell the version of the gateway and of Go.",
	},
}

// Catalogue lists every metric of the gateway, in the order of the documentation.
func Catalogue() []Metric { return append([]Metric(nil), catalogue...) }
