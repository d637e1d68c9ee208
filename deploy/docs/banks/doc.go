// Package banks holds the guides for banks, and tests of them: what stands there about forms, reasons and persons is what the code says, and
// every example client confirms somebody.
package banks
