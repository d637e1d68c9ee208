// Package authority is the private CA: a folder with a root that can be taken offline, an intermediate that issues, and an index.
//
// Promise: every certificate stands in the index before anybody holds it; a client certificate carries exactly one identity
// and can be used by a client alone, a gateway's carries host names and can be used by a server alone; no certificate can name
// another trust domain than the CA's own; private keys are readable by their owner alone; a file is replaced whole or not at all.
//
// Powers: it writes into its folder, and where it is told to put certificates and lists. Several processes may use one folder
// at the same time. The root's key is needed by Init alone: afterwards, move root-key.pem away and keep it safe.
//
// Limits: it keeps no private key of those whom it issues to. It does not replace its own intermediate; before that expires,
// after three years, make a new CA beside it and let gateways trust both roots for a while.
package authority
