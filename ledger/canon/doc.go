// Package canon gives entries their canonical form, and the record that the log holds of each.
//
// Promise: one entry has one form, two entries that differ have different forms, and a form never changes: what is new gets a
// new version. The form is written down byte for byte in deploy/docs/canonical-form.md, with examples in testdata.
//
// Powers: Facts and Rest are the two halves of the form; Record is the digest of both. Whoever has the facts and only the
// digest of the rest, as a report does, computes the record with RecordOf.
//
// Limits: it is what the writer and the verifiers of the log share, and all they share. It judges nothing: what it is given
// may be nonsense, and gets a record all the same.
package canon
